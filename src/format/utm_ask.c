/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests.  The order of checks is that of EXCHANGE's interface: it decides which of several faults is told. */
#include "core/sort.h"
#include "format/feed.h"
#include "format/utm_int.h"

#define MINUTE_US   INT64_C(60000000)
#define DAY_US      (24 * 60 * MINUTE_US)
#define SKEW_US     (5 * MINUTE_US) /* how far a client's clock may be off */
#define VERSION_MAX 128             /* bytes of an OVN or version */

/* What the extents of a form are, and must have. */
enum {
	LIST = 1,     /* an array of volumes */
	TIMES = 2,    /* both, in each */
	BAND = 4,     /* both altitudes, in each */
	NOT_OVER = 8, /* the whole does not end in the past */
	WINDOW = 16,  /* with times that are not given and rules of its own */
	DAY_MOST = 32 /* that window is no longer than a day, and a day where no end is given */
};

static const struct form {
	enum dcf_utm_dialect dialect;
	const char *member, *prefix;
	const char *noun; /* of what has a window */
	unsigned too_large, has;
} forms[DCF_UTM_FORM_COUNT] = {
	[DCF_UTM_INTENT_PUT] = { DCF_UTM_F3548, "extents", "Invalid extents: ", NULL, 400, LIST | TIMES | BAND | NOT_OVER },
	[DCF_UTM_CONSTRAINT_PUT] = { DCF_UTM_F3548, "extents", "Invalid extents: ", NULL, 400, LIST | TIMES | NOT_OVER },
	[DCF_UTM_SUBSCRIPTION_PUT] = { DCF_UTM_F3548, "extents", "Invalid extents: ", "Subscription", 400, WINDOW | DAY_MOST },
	[DCF_UTM_INTENT_QUERY] = { DCF_UTM_F3548, "area_of_interest", "Error parsing geometry: ", NULL, 400, 0 },
	[DCF_UTM_CONSTRAINT_QUERY] = { DCF_UTM_F3548, "area_of_interest", "Error parsing geometry: ", NULL, 413, 0 },
	[DCF_UTM_SUBSCRIPTION_QUERY] = { DCF_UTM_F3548, "area_of_interest", "Error parsing geometry: ", NULL, 413, 0 },
	[DCF_UTM_ISA_PUT_V1] = { DCF_UTM_F3411_19, "extents",
				 "Missing or malformed required extents: ", "IdentificationServiceArea", 400, WINDOW },
	[DCF_UTM_ISA_PUT_V2] = { DCF_UTM_F3411_22A, "extents", "Error parsing Volume4D: ", "IdentificationServiceArea", 400,
				 WINDOW },
	[DCF_UTM_RID_SUBSCRIPTION_PUT_V1] = { DCF_UTM_F3411_19, "extents", "Missing or malformed required extents: ",
					      "Subscription", 400, WINDOW | DAY_MOST },
	[DCF_UTM_RID_SUBSCRIPTION_PUT_V2] = { DCF_UTM_F3411_22A, "extents", "Error parsing Volume4D: ", "Subscription", 400,
					      WINDOW | DAY_MOST },
};

struct asking {
	struct dcf_utm_reader r;
	const struct form *form;
	const struct dcf_utm_rules *rules;
	struct dcf_utm_ask *ask;
	struct dcf_jval body;
};

/* --- the text --------------------------------------------------------------------------------------------- */

static bool refuse_text(struct asking *a, struct dcf_span text, const char *expected)
{
	char found[120];
	struct dcf_utm_sentence s = { found, 0, sizeof found };
	struct dcf_jfault fault;

	if (dcf_jfault(text, &fault)) {
		dcf_utm_say(&s, "something else at byte ");
		dcf_utm_say_number(&s, (int64_t)fault.at);
		expected = fault.expected;
	}
	return dcf_utm_refuse(&a->r, 400, "", "Malformed body", NULL, s.len ? found : NULL, expected);
}

static bool parse(struct asking *a, struct dcf_span body, struct dcf_jdoc *doc)
{
	struct dcf_jscratch scratch = { .from = a->r.arena->from };
	char *text = dcf_arena_get(a->r.scratch, body.len + DCF_FEED_SLACK);
	const char *why;
	enum dcf_status s;

	if (!text)
		return dcf_utm_no_memory(&a->r);
	if (body.len)
		memcpy(text, body.p, body.len);
	memset(text + body.len, 0, DCF_FEED_SLACK);
	s = dcf_jparse(doc, text, body.len, &why);
	if (s == DCF_E_NOMEM)
		return dcf_utm_no_memory(&a->r);
	if (s == DCF_E_RANGE)
		return refuse_text(a, body, "numbers within 64 bits");
	if (s != DCF_OK)
		return refuse_text(a, body, "a JSON object");
	a->body = dcf_jroot(doc);
	if (dcf_jkind(a->body) != DCF_J_OBJECT)
		return dcf_utm_refuse_value(&a->r, "", "Malformed body", NULL, a->body, "a JSON object");
	s = dcf_jlast(doc, &scratch);
	dcf_jscratch_free(&scratch);
	return s == DCF_OK || dcf_utm_no_memory(&a->r);
}

/* --- single values ---------------------------------------------------------------------------------------- */

static bool keep(struct asking *a, struct dcf_span s, struct dcf_span *out)
{
	*out = dcf_arena_copy(a->r.arena, s);
	return out->p || dcf_utm_no_memory(&a->r);
}

static bool begins_with(struct dcf_span s, const char *lower)
{
	size_t n = strlen(lower);

	if (s.len <= n)
		return false;
	for (size_t i = 0; i < n; i++)
		if ((s.p[i] >= 'A' && s.p[i] <= 'Z' ? s.p[i] - 'A' + 'a' : s.p[i]) != lower[i])
			return false;
	return true;
}

static bool plain(struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool read_url(struct asking *a, const struct dcf_utm_at *at, struct dcf_jval v, struct dcf_span *out)
{
	bool http = a->rules->allow_http;
	const char *expected = http ? "an https or http URL" : "an https URL";
	struct dcf_span s;

	if (dcf_jnone(v) || dcf_jis(v, ""))
		return dcf_utm_refuse_value(&a->r, "", "Missing required USS base URL", at, v, expected);
	if (dcf_jkind(v) != DCF_J_STRING)
		return dcf_utm_refuse_value(&a->r, "", "Invalid URL", at, v, expected);
	s = dcf_jstring(v);
	if (!begins_with(s, "https://") && !(http && begins_with(s, "http://")))
		return dcf_utm_refuse_value(&a->r, "",
					    begins_with(s, "http://") ? "URL must use TLS" : "URL must support https scheme",
					    at, v, expected);
	if (s.len > DCF_UTM_URL_MAX || !plain(s))
		return dcf_utm_refuse(&a->r, 400, "", "Invalid URL", at, NULL, "at most 4,096 bytes, no blanks");
	return keep(a, s, out);
}

static bool read_bool(struct asking *a, const struct dcf_utm_at *at, struct dcf_jval v, bool *out)
{
	*out = dcf_jkind(v) == DCF_J_TRUE;
	return *out || dcf_jnone(v) || dcf_jkind(v) == DCF_J_FALSE ||
	       dcf_utm_refuse_value(&a->r, "", "Not a boolean", at, v, "true or false");
}

/* --- extents ---------------------------------------------------------------------------------------------- */

static bool has_bounds(struct asking *a, const struct dcf_utm_at *at, const struct dcf_utm_volume *v)
{
	const struct dcf_utm_at *space = DCF_UTM_AT(at, "volume");
	unsigned has = a->form->has;
	const char *p = a->r.prefix;

	if ((has & TIMES) && v->start_us == DCF_UTM_SINCE_EVER)
		return dcf_utm_refuse(&a->r, 400, p, "Missing start time", DCF_UTM_AT(at, "time_start"), "nothing", "a time");
	if ((has & TIMES) && v->end_us == DCF_UTM_FOR_EVER)
		return dcf_utm_refuse(&a->r, 400, p, "Missing end time", DCF_UTM_AT(at, "time_end"), "nothing", "a time");
	if ((has & BAND) && v->lower_e4 == DCF_UTM_NO_LOWER)
		return dcf_utm_refuse(&a->r, 400, p, "Missing lower altitude", DCF_UTM_AT(space, "altitude_lower"), "nothing",
				      "an altitude");
	if ((has & BAND) && v->upper_e4 == DCF_UTM_NO_UPPER)
		return dcf_utm_refuse(&a->r, 400, p, "Missing upper altitude", DCF_UTM_AT(space, "altitude_upper"), "nothing",
				      "an altitude");
	return true;
}

static bool read_list(struct asking *a, const struct dcf_utm_at *at, struct dcf_jval v)
{
	struct dcf_utm_extents *e = &a->ask->extents;
	struct dcf_jwalk it = dcf_jwalk(v);
	size_t n = dcf_jcount(v);
	struct dcf_jval one;

	if (dcf_jkind(v) != DCF_J_ARRAY || n == 0)
		return dcf_utm_refuse_value(&a->r, a->r.prefix, "Missing extents", at, v, "an array of one volume at least");
	if (n > DCF_UTM_VOLUMES_MAX)
		return dcf_utm_refuse(&a->r, 400, a->r.prefix, "Too many volumes", at, NULL, "at most 10,000");
	e->volume = dcf_arena_get(a->r.arena, n * sizeof *e->volume);
	if (!e->volume)
		return dcf_utm_no_memory(&a->r);
	for (; dcf_jnext(&it, &one); e->count++)
		if (!dcf_utm_volume(&a->r, DCF_UTM_INDEX(at, e->count), one, &e->volume[e->count]) ||
		    !has_bounds(a, DCF_UTM_INDEX(at, e->count), &e->volume[e->count]))
			return false;
	return true;
}

/* A subscription need not say where it is: it is told of nothing, as one whose volume has no outline. */
static bool nowhere(struct asking *a)
{
	struct dcf_utm_extents *e = &a->ask->extents;

	e->volume = dcf_arena_get(a->r.arena, sizeof *e->volume);
	if (!e->volume)
		return dcf_utm_no_memory(&a->r);
	*e->volume = (struct dcf_utm_volume){ .footprint = { .shape = DCF_SHAPE_COUNT },
					      .start_us = DCF_UTM_SINCE_EVER,
					      .end_us = DCF_UTM_FOR_EVER,
					      .lower_e4 = DCF_UTM_NO_LOWER,
					      .upper_e4 = DCF_UTM_NO_UPPER };
	e->count = 1;
	return true;
}

static bool read_single(struct asking *a, const struct dcf_utm_at *at, struct dcf_jval v)
{
	struct dcf_utm_extents *e = &a->ask->extents;

	if (dcf_jnone(v) && a->r.form == DCF_UTM_SUBSCRIPTION_PUT)
		return nowhere(a);
	if (dcf_jnone(v))
		/* what clients of one standard and of the other look for */
		return dcf_utm_refuse(&a->r, 400, a->r.prefix,
				      a->form->dialect == DCF_UTM_F3411_22A ? "Missing or malformed required extents"
									    : "Missing volume",
				      at, "nothing", "a Volume4D");
	e->volume = dcf_arena_get(a->r.arena, sizeof *e->volume);
	if (!e->volume)
		return dcf_utm_no_memory(&a->r);
	e->count = 1;
	return dcf_utm_volume(&a->r, at, v, e->volume);
}

const char *dcf_utm_window_fault(enum dcf_utm_form form, int64_t start_us, int64_t end_us)
{
	unsigned has = forms[form].has;

	if (!(has & WINDOW))
		return NULL;
	if (end_us < start_us)
		return has & DAY_MOST ? "Subscription time_end must be after time_start"
				      : "IdentificationServiceArea time_end must be after time_start";
	/* no overflow: an end for ever is behind every start */
	if ((has & DAY_MOST) && (start_us == DCF_UTM_SINCE_EVER || end_us == DCF_UTM_FOR_EVER || end_us - start_us > DAY_US))
		return "Subscription window exceeds 24 hours";
	return NULL;
}

static bool refuse_window(struct asking *a, const struct dcf_utm_at *at, const char *what, const char *found,
			  const char *expected)
{
	char text[80];
	struct dcf_utm_sentence s = { text, 0, sizeof text };

	dcf_utm_say(&s, a->form->noun);
	dcf_utm_say(&s, what);
	return dcf_utm_refuse(&a->r, 400, "", text, at, found, expected);
}

/* The one window of a subscription or an identification service area. */
static bool settle_window(struct asking *a, const struct dcf_utm_at *at)
{
	struct dcf_utm_volume *v = a->ask->extents.volume;
	bool start = v->start_us != DCF_UTM_SINCE_EVER, end = v->end_us != DCF_UTM_FOR_EVER, update = a->rules->update;
	const char *why;

	a->ask->late_start = start && a->rules->now_us - v->start_us > SKEW_US;
	if (a->ask->late_start && !update)
		return refuse_window(a, DCF_UTM_AT(at, "time_start"), " time_start must not be in the past",
				     "more than 5 minutes ago", "now or later");
	if (!end && !update && !(a->form->has & DAY_MOST))
		return refuse_window(a, DCF_UTM_AT(at, "time_end"), " must have an time_end", "nothing", "a time");
	a->ask->keep_start = update && !start;
	a->ask->keep_end = update && !end;
	if (update && !(start && end))
		return true;
	if (!start)
		v->start_us = a->rules->now_us;
	if (!end)
		v->end_us = v->start_us + DAY_US;
	why = dcf_utm_window_fault(a->r.form, v->start_us, v->end_us);
	return !why || dcf_utm_refuse(&a->r, 400, "", why, at, NULL, NULL);
}

static bool read_extents(struct asking *a)
{
	const struct dcf_utm_at *at = DCF_UTM_AT(NULL, a->form->member);
	struct dcf_jval v = dcf_jget(a->body, a->form->member);
	struct dcf_utm_extents *e = &a->ask->extents;

	if (!(a->form->has & LIST ? read_list(a, at, v) : read_single(a, at, v)))
		return false;
	if (((a->form->has & WINDOW) && !settle_window(a, at)) || !dcf_utm_spread(&a->r, at, e))
		return false;
	dcf_utm_hull(e);
	return !(a->form->has & NOT_OVER) || e->end_us >= a->rules->now_us ||
	       dcf_utm_refuse(&a->r, 400, a->r.prefix, "End time may not be in the past", at, NULL,
			      "a time_end that is still to come");
}

/* --- intents ---------------------------------------------------------------------------------------------- */

static bool read_id(struct asking *a, const char *member, int version, const char *what, const char *expected,
		    struct dcf_uuid *out)
{
	struct dcf_jval v = dcf_jget(a->body, member);

	if (dcf_jnone(v))
		return true;
	return (dcf_jkind(v) == DCF_J_STRING && dcf_uuid_read(dcf_jstring(v), version, out)) ||
	       dcf_utm_refuse_value(&a->r, "", what, DCF_UTM_AT(NULL, member), v, expected);
}

static bool read_subscription(struct asking *a)
{
	struct dcf_jval given = dcf_jget(a->body, "subscription_id"), made = dcf_jget(a->body, "new_subscription");
	const struct dcf_utm_at *at = DCF_UTM_AT(NULL, "new_subscription");

	/* an empty one is none; that which references without one show does not exist, and is refused as such */
	if (!dcf_jis(given, "") && !read_id(a, "subscription_id", 4, "Invalid ID format for Subscription ID",
					    "a UUID of version 4", &a->ask->subscription))
		return false;
	if (dcf_jnone(made))
		return true;
	if (dcf_jkind(made) != DCF_J_OBJECT)
		return dcf_utm_refuse_value(&a->r, "", "Invalid new_subscription", at, made, "an object");
	if (!read_url(a, DCF_UTM_AT(at, "uss_base_url"), dcf_jget(made, "uss_base_url"), &a->ask->new_url) ||
	    !read_bool(a, DCF_UTM_AT(at, "notify_for_constraints"), dcf_jget(made, "notify_for_constraints"),
		       &a->ask->new_for_constraints))
		return false;
	a->ask->has_new_subscription = true;
	return dcf_jnone(given) ||
	       dcf_utm_refuse(&a->r, 400, "", "Cannot provide both a Subscription ID and request an implicit subscription",
			      NULL, "/subscription_id and /new_subscription", "one of them");
}

static bool read_state(struct asking *a)
{
	struct dcf_jval v = dcf_jget(a->body, "state");

	for (unsigned i = 0; i < DCF_UTM_STATE_COUNT; i++) {
		if (dcf_jis(v, dcf_utm_state_name(i))) {
			a->ask->state = (uint8_t)i;
			return true;
		}
	}
	return dcf_utm_refuse_value(&a->r, "", "Invalid OperationalIntent state", DCF_UTM_AT(NULL, "state"), v,
				    "Accepted, Activated, Nonconforming or Contingent");
}

static bool read_suffix(struct asking *a)
{
	int64_t off;

	struct dcf_jval v = dcf_jget(a->body, "requested_ovn_suffix");

	if (dcf_jnone(v))
		return true;
	/* Whoever asks for it makes the OVN too, letter by letter: another way to write it would be another OVN. */
	if (dcf_jkind(v) != DCF_J_STRING || dcf_jstring(v).len != DCF_UUID_TEXT ||
	    !dcf_uuid_read(dcf_jstring(v), 7, &a->ask->suffix))
		return dcf_utm_refuse_value(&a->r, "", "Invalid requested OVN suffix", DCF_UTM_AT(NULL, "requested_ovn_suffix"),
					    v, "a UUID of version 7, hyphenated");
	a->ask->suffix_text = dcf_arena_copy(a->r.arena, dcf_jstring(v));
	if (!a->ask->suffix_text.p)
		return dcf_utm_no_memory(&a->r);
	off = a->rules->now_us - dcf_uuid_time_us(&a->ask->suffix);
	return (off >= -SKEW_US && off <= SKEW_US) ||
	       dcf_utm_refuse(&a->r, 400, "", "Invalid requested OVN suffix", DCF_UTM_AT(NULL, "requested_ovn_suffix"),
			      off > 0 ? "a time too long ago" : "a time too far ahead",
			      "a UUID of version 7 made within 5 minutes of now");
}

static int compare_ovns(const void *ctx, const void *i, const void *j)
{
	(void)ctx;
	return dcf_span_cmp(*(const struct dcf_span *)i, *(const struct dcf_span *)j);
}

static bool sort_key(struct asking *a)
{
	struct dcf_span *key = a->ask->key;
	size_t n = a->ask->key_count, kept = 0;

	if (dcf_sort(a->r.arena->from, key, n, sizeof *key, compare_ovns, NULL) != DCF_OK)
		return dcf_utm_no_memory(&a->r);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !dcf_span_eq(key[i], key[kept - 1]))
			key[kept++] = key[i];
	a->ask->key_count = kept;
	return true;
}

static bool read_key(struct asking *a)
{
	const struct dcf_utm_at *at = DCF_UTM_AT(NULL, "key");
	struct dcf_jval v = dcf_jget(a->body, "key"), one;
	struct dcf_jwalk it = dcf_jwalk(v);
	size_t n = dcf_jcount(v);

	if (dcf_jnone(v))
		return true;
	if (dcf_jkind(v) != DCF_J_ARRAY)
		return dcf_utm_refuse_value(&a->r, "", "Invalid key", at, v, "an array of OVNs");
	if (n > DCF_UTM_KEY_MAX)
		return dcf_utm_refuse(&a->r, 400, "", "Invalid key", at, NULL, "at most 250,000 OVNs");
	a->ask->key = dcf_arena_get(a->r.arena, (n ? n : 1) * sizeof *a->ask->key);
	if (!a->ask->key)
		return dcf_utm_no_memory(&a->r);
	for (size_t i = 0; dcf_jnext(&it, &one); i++) {
		if (dcf_jkind(one) != DCF_J_STRING)
			return dcf_utm_refuse_value(&a->r, "", "Invalid key", DCF_UTM_INDEX(at, i), one, "an OVN");
		/* what no OVN can be is one too many, which is allowed */
		if (dcf_jstring(one).len == 0 || dcf_jstring(one).len > VERSION_MAX)
			continue;
		if (!keep(a, dcf_jstring(one), &a->ask->key[a->ask->key_count++]))
			return false;
	}
	return sort_key(a);
}

static bool refuse_state(struct asking *a, const char *what, const char *expected)
{
	return dcf_utm_refuse(&a->r, 400, "", what, DCF_UTM_AT(NULL, "state"), dcf_utm_state_name(a->ask->state), expected);
}

static bool read_intent(struct asking *a)
{
	struct dcf_utm_ask *ask = a->ask;

	if (!read_url(a, DCF_UTM_AT(NULL, "uss_base_url"), dcf_jget(a->body, "uss_base_url"), &ask->url) ||
	    !read_subscription(a) || !read_state(a) || !read_extents(a))
		return false;
	if (!a->rules->update && ask->state != DCF_UTM_ACCEPTED)
		return refuse_state(a, "Invalid state for initial version", "Accepted");
	if (!read_suffix(a))
		return false;
	if (ask->state != DCF_UTM_ACCEPTED && dcf_uuid_is_zero(&ask->subscription) && !ask->has_new_subscription)
		return refuse_state(a,
				    "State requires either a subscription ID or information to create an implicit subscription",
				    "subscription_id or new_subscription");
	return read_key(a);
}

/* --- the other forms -------------------------------------------------------------------------------------- */

static bool read_base_and_extents(struct asking *a)
{
	return read_url(a, DCF_UTM_AT(NULL, "uss_base_url"), dcf_jget(a->body, "uss_base_url"), &a->ask->url) &&
	       read_extents(a);
}

static bool read_subscription_put(struct asking *a)
{
	struct dcf_utm_ask *ask = a->ask;

	if (!read_base_and_extents(a) ||
	    !read_bool(a, DCF_UTM_AT(NULL, "notify_for_operational_intents"),
		       dcf_jget(a->body, "notify_for_operational_intents"), &ask->for_intents) ||
	    !read_bool(a, DCF_UTM_AT(NULL, "notify_for_constraints"), dcf_jget(a->body, "notify_for_constraints"),
		       &ask->for_constraints))
		return false;
	return ask->for_intents || ask->for_constraints ||
	       dcf_utm_refuse(&a->r, 400, "", "No notification triggers requested for Subscription", NULL, NULL,
			      "/notify_for_operational_intents or /notify_for_constraints true");
}

static bool read_isa_v1(struct asking *a)
{
	return read_url(a, DCF_UTM_AT(NULL, "flights_url"), dcf_jget(a->body, "flights_url"), &a->ask->url) && read_extents(a);
}

static bool read_rid_subscription_v1(struct asking *a)
{
	static const char member[] = "identification_service_area_url";
	const struct dcf_utm_at *at = DCF_UTM_AT(NULL, "callbacks");
	struct dcf_jval v = dcf_jget(a->body, "callbacks");

	if (dcf_jkind(v) != DCF_J_OBJECT)
		return dcf_utm_refuse_value(&a->r, "", "Missing required callbacks", at, v,
					    "an object with identification_service_area_url");
	return read_url(a, DCF_UTM_AT(at, member), dcf_jget(v, member), &a->ask->url) && read_extents(a);
}

/* Any case; an empty one is unknown. */
static bool availability_of(struct dcf_span s, uint8_t *out)
{
	for (unsigned i = 0; i < DCF_UTM_AVAILABILITY_COUNT; i++) {
		const char *name = dcf_utm_availability_name(i);
		size_t n = strlen(name), k = 0;

		if (s.len != n)
			continue;
		while (k < n && (s.p[k] | 0x20) == (name[k] | 0x20))
			k++;
		if (k == n) {
			*out = (uint8_t)i;
			return true;
		}
	}
	*out = DCF_UTM_UNKNOWN;
	return s.len == 0;
}

static bool read_availability(struct asking *a)
{
	struct dcf_jval v = dcf_jget(a->body, "availability"), old = dcf_jget(a->body, "old_version");
	struct dcf_span given = dcf_jkind(v) == DCF_J_STRING ? dcf_jstring(v) : DCF_SPAN("");

	if ((!dcf_jnone(v) && dcf_jkind(v) != DCF_J_STRING) || !availability_of(given, &a->ask->availability))
		return dcf_utm_refuse_value(&a->r, "", "Invalid availability state", DCF_UTM_AT(NULL, "availability"), v,
					    "Unknown, Normal or Down");
	if (!dcf_jnone(old) && (dcf_jkind(old) != DCF_J_STRING || dcf_jstring(old).len > DCF_UTM_URL_MAX))
		return dcf_utm_refuse_value(&a->r, "", "Invalid old_version", DCF_UTM_AT(NULL, "old_version"), old,
					    "the version that stands, or nothing");
	return keep(a, dcf_jnone(old) ? DCF_SPAN("") : dcf_jstring(old), &a->ask->old_version);
}

enum dcf_status dcf_utm_ask_read(struct dcf_span body, enum dcf_utm_form form, const struct dcf_utm_rules *rules,
				 struct dcf_jdoc *doc, struct dcf_arena *arena, struct dcf_utm_ask *ask,
				 struct dcf_utm_fault *fault)
{
	static bool (*const readers[DCF_UTM_FORM_COUNT])(struct asking * a) = {
		[DCF_UTM_INTENT_PUT] = read_intent,
		[DCF_UTM_CONSTRAINT_PUT] = read_base_and_extents,
		[DCF_UTM_SUBSCRIPTION_PUT] = read_subscription_put,
		[DCF_UTM_INTENT_QUERY] = read_extents,
		[DCF_UTM_CONSTRAINT_QUERY] = read_extents,
		[DCF_UTM_SUBSCRIPTION_QUERY] = read_extents,
		[DCF_UTM_AVAILABILITY_PUT] = read_availability,
		[DCF_UTM_ISA_PUT_V1] = read_isa_v1,
		[DCF_UTM_ISA_PUT_V2] = read_base_and_extents,
		[DCF_UTM_RID_SUBSCRIPTION_PUT_V1] = read_rid_subscription_v1,
		[DCF_UTM_RID_SUBSCRIPTION_PUT_V2] = read_base_and_extents,
	};
	const struct form *f = &forms[form];
	struct dcf_arena scratch = { .from = arena->from };
	struct asking a = { .r = { .form = form,
				   .dialect = f->dialect,
				   .prefix = f->prefix,
				   .too_large = f->too_large,
				   .arena = arena,
				   .scratch = &scratch,
				   .fault = fault },
			    .form = f,
			    .rules = rules,
			    .ask = ask };

	*ask = (struct dcf_utm_ask){ .has_new_subscription = false };
	*fault = (struct dcf_utm_fault){ .status = 0 };
	dcf_utm_hull(&ask->extents);
	if (parse(&a, body, doc))
		(void)readers[form](&a);
	dcf_arena_free(&scratch);
	return a.r.status;
}

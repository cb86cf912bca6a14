/* SPDX-License-Identifier: Apache-2.0 */
/* message_page.c - the rows of a page: head, what is said, check-words, volumes, foot. */
#include "core/time.h"
#include "crypto/text.h"
#include "domain/message_page_int.h"
#include "domain/notice_object.h"
#include "format/json_members.h"

enum { SLACK = 64, ITEMS_MAX = 6, TEXT_LINES = 4 };

/* --- zones ------------------------------------------------------------------------------------------------ */

static bool two_digits(const char *p, int most, int *out)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return false;
	*out = (p[0] - '0') * 10 + (p[1] - '0');
	return *out <= most;
}

/* "+03:00", "-05:00" or "Z", in its quotes. */
static bool read_zone(struct dcf_span raw, int16_t *east_min)
{
	int h, m;

	*east_min = 0;
	if (dcf_span_eq(raw, DCF_SPAN("\"Z\"")))
		return true;
	if (raw.len != 8 || (raw.p[1] != '+' && raw.p[1] != '-') || raw.p[4] != ':' || !two_digits(raw.p + 2, 14, &h) ||
	    !two_digits(raw.p + 5, 59, &m))
		return false;
	*east_min = (int16_t)(raw.p[1] == '-' ? -(h * 60 + m) : h * 60 + m);
	return true;
}

static void party_zone(struct dcf_page_rows *r, struct dcf_span id)
{
	const struct dcf_plan *plan = r->page->places;
	struct dcf_span name = { NULL, 0 }, raw = { NULL, 0 };
	uint32_t i = 0;

	while (plan && i < plan->party_count && !dcf_span_eq(plan->parties[i].id, id))
		i++;
	if (plan && i < plan->party_count) {
		struct dcf_json_members it = dcf_json_members_of(plan->parties[i].others);
		struct dcf_page_zone zone = { .party = id };

		while (dcf_json_members_next(&it, &name, &raw))
			if (dcf_span_eq(name, DCF_SPAN("zone")))
				break;
		if (dcf_span_eq(name, DCF_SPAN("zone")) && read_zone(raw, &zone.east_min))
			r->zone[r->zone_count++] = zone;
	}
}

static void take_zones(struct dcf_page_rows *r)
{
	while (r->zone_count < r->page->zone_count && r->zone_count < DCF_PAGE_ZONES_MAX) {
		r->zone[r->zone_count] = r->page->zone[r->zone_count];
		r->zone_count++;
	}
	if (r->zone_count)
		return;
	party_zone(r, r->page->message->from);
	party_zone(r, r->page->message->to);
}

/* --- head ------------------------------------------------------------------------------------------------- */

/* Parties between commas, as many as two lines hold. */
static void label_row(struct dcf_page_rows *r)
{
	struct dcf_span to = r->page->message->releasable_to;
	const char *comma;

	dcf_buf_z(&r->text, to.len ? "RELEASABLE TO THE RECIPIENT AND " : "RELEASABLE TO THE RECIPIENT ONLY");
	while (to.len && (comma = memchr(to.p, ',', to.len)) != NULL) {
		size_t n = (size_t)(comma - to.p);

		dcf_page_plain(&r->text, (struct dcf_span){ to.p, n });
		dcf_buf_z(&r->text, ", ");
		to = (struct dcf_span){ comma + 1, to.len - n - 1 };
	}
	dcf_page_plain(&r->text, to);
	(void)dcf_page_row(r, DCF_ROW_BANNER, "", DCF_ENGLISH, 2);
}

static void time_rows(struct dcf_page_rows *r, const char *key, int64_t us)
{
	dcf_page_time(r, us);
	dcf_buf_z(&r->text, "   ");
	dcf_time_put(&r->text, us, us % 1000000 ? DCF_TIME_US : DCF_TIME_S);
	(void)dcf_page_row(r, DCF_ROW_PAIR, key, DCF_ENGLISH, 2);
	if (r->zone_count == 0)
		return;
	dcf_page_local(r, us);
	(void)dcf_page_row(r, DCF_ROW_PAIR, "  local", DCF_ENGLISH, 2);
}

static void hash_row(struct dcf_page_rows *r)
{
	char hex[2 * DCF_HASH_BYTES];

	(void)dcf_text_write(DCF_TEXT_HEX, hex, r->page->hash.b, sizeof r->page->hash.b);
	for (size_t i = 0; i < sizeof hex; i += 8) {
		dcf_buf_z(&r->text, i ? " " : "");
		dcf_buf_put(&r->text, hex + i, 8);
	}
	(void)dcf_page_row(r, DCF_ROW_PAIR, "hash", DCF_ENGLISH, 2);
}

static void head_rows(struct dcf_page_rows *r)
{
	const struct dcf_message *m = r->page->message;
	const struct dcf_verb_row *verb = dcf_verb_row((enum dcf_verb)m->verb);

	if (m->exercise)
		dcf_page_coded(r, DCF_ROW_BANNER, "", DCF_CODED_GENERAL, DCF_SPAN("exercise"));
	label_row(r);
	dcf_page_coded(r, DCF_ROW_HEAD, "", DCF_CODED_PRECEDENCE,
		       dcf_span_of(dcf_precedence_name((enum dcf_precedence)m->precedence)));
	dcf_page_plain(&r->text, m->from);
	if (m->role.len) {
		dcf_buf_z(&r->text, ", ");
		dcf_page_plain(&r->text, m->role);
	}
	(void)dcf_page_row(r, DCF_ROW_PAIR, "FROM", DCF_ENGLISH, 3);
	dcf_page_plain(&r->text, m->to);
	(void)dcf_page_row(r, DCF_ROW_PAIR, "TO", DCF_ENGLISH, 2);
	dcf_buf_z(&r->text, "number ");
	dcf_buf_i64(&r->text, (int64_t)m->n);
	dcf_buf_z(&r->text, ", ");
	dcf_buf_z(&r->text, dcf_machine_name((enum dcf_machine_kind)verb->machine));
	dcf_buf_char(&r->text, ' ');
	dcf_buf_z(&r->text, verb->name);
	(void)dcf_page_row(r, DCF_ROW_PAIR, "MESSAGE", DCF_ENGLISH, 1);
	if (m->object.len) {
		dcf_page_plain(&r->text, m->object);
		dcf_buf_z(&r->text, ", version ");
		dcf_buf_i64(&r->text, m->version);
		(void)dcf_page_row(r, DCF_ROW_PAIR, "ABOUT", DCF_ENGLISH, 2);
	}
	time_rows(r, "SENT", m->at_us);
	if (r->page->received_us != DCF_TIME_NONE)
		time_rows(r, "RECEIVED", r->page->received_us);
	hash_row(r);
}

/* --- what is said ----------------------------------------------------------------------------------------- */

enum said_as { AS_CODE, AS_TEXT, AS_TIME, AS_LIST, AS_ITEMS, AS_FLAG, AS_NUMBER, AS_HIDDEN };

/* Members of bodies; what a member is a code of may depend on the verb. */
static const struct {
	const char *member, *key;
	enum said_as as;
	enum dcf_coded_group group; /* of codes */
} members[] = {
	{ "reason", "reason", AS_CODE, DCF_CODED_CHALLENGE },
	{ "about", "about", AS_CODE, DCF_CODED_ABOUT },
	{ "missing", "missing", AS_LIST, DCF_CODED_MISSING },
	{ "answer", "answer", AS_CODE, DCF_CODED_ANSWER },
	{ "type", "type", AS_CODE, DCF_CODED_REPORT },
	{ "class", "class", AS_TEXT, DCF_CODED_GENERAL },
	{ "refused", "refused", AS_FLAG, DCF_CODED_GENERAL },
	{ "words", "read back", AS_TEXT, DCF_CODED_GENERAL },
	{ "ref", "refers to", AS_TEXT, DCF_CODED_GENERAL },
	{ "operation", "operation", AS_TEXT, DCF_CODED_GENERAL },
	{ "acm", "kind", AS_TEXT, DCF_CODED_GENERAL },
	{ "to", "passed to", AS_LIST, DCF_CODED_GENERAL },
	{ "articles", "articles", AS_LIST, DCF_CODED_GENERAL },
	{ "from", "from", AS_TIME, DCF_CODED_GENERAL },
	{ "at", "at", AS_TIME, DCF_CODED_GENERAL },
	{ "received", "received", AS_TIME, DCF_CODED_GENERAL },
	{ "agenda", "agenda", AS_LIST, DCF_CODED_GENERAL },
	{ "items", "item", AS_ITEMS, DCF_CODED_READOUT },
	{ "number", "check", AS_NUMBER, DCF_CODED_GENERAL },
	{ "head", "head", AS_TEXT, DCF_CODED_GENERAL },
	{ "level", "level", AS_TEXT, DCF_CODED_GENERAL },
	{ "result", "result", AS_TEXT, DCF_CODED_GENERAL },
	{ "text", "text", AS_TEXT, DCF_CODED_GENERAL },
	{ "note", "note", AS_TEXT, DCF_CODED_GENERAL },
	{ "object", "", AS_HIDDEN, DCF_CODED_GENERAL }, /* its volumes come below */
	{ "pad", "", AS_HIDDEN, DCF_CODED_GENERAL },
};
enum { MEMBERS = sizeof members / sizeof *members };

static enum dcf_coded_group group_of(const struct dcf_page_rows *r, size_t m)
{
	if (strcmp(members[m].member, "reason") == 0 && r->page->message->verb == DCF_VERB_CEASE)
		return DCF_CODED_CEASE;
	if (strcmp(members[m].member, "reason") == 0 && r->page->message->verb == DCF_VERB_DECLINE)
		return DCF_CODED_DECLINE;
	return members[m].group;
}

static void put_scalar(struct dcf_buf *out, struct dcf_jval v)
{
	int64_t n;

	switch (dcf_jkind(v)) {
	case DCF_J_STRING:
		dcf_page_plain(out, dcf_jstring(v));
		break;
	case DCF_J_I64:
		memcpy(&n, &v.doc->tape[v.at + 1], sizeof n);
		dcf_buf_i64(out, n);
		break;
	case DCF_J_TRUE:
	case DCF_J_FALSE:
		dcf_buf_z(out, dcf_jkind(v) == DCF_J_TRUE ? "yes" : "no");
		break;
	case DCF_J_NULL:
		dcf_buf_z(out, "nothing");
		break;
	default:
		dcf_buf_z(out, "(not shown)");
		break;
	}
}

/* A text, or texts by language. */
static void text_rows(struct dcf_page_rows *r, const char *key, struct dcf_jval v)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_span language;
	struct dcf_jval one;

	if (dcf_jkind(v) != DCF_J_OBJECT) {
		put_scalar(&r->text, v);
		(void)dcf_page_row(r, DCF_ROW_PAIR, key, DCF_ENGLISH, TEXT_LINES);
		return;
	}
	for (size_t i = 0; i < ITEMS_MAX && dcf_jmember(&it, &language, &one); i++) {
		dcf_page_plain(&r->text, language);
		dcf_buf_z(&r->text, ": ");
		put_scalar(&r->text, one);
		(void)dcf_page_row(r, DCF_ROW_PAIR, i ? "" : key, DCF_ENGLISH, TEXT_LINES);
	}
}

static void list_rows(struct dcf_page_rows *r, size_t m, struct dcf_jval v)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one;
	bool coded = members[m].group != DCF_CODED_GENERAL;

	for (size_t i = 0; dcf_jnext(&it, &one) && (!coded || i < ITEMS_MAX); i++) {
		if (coded && dcf_jkind(one) == DCF_J_STRING) {
			dcf_page_coded(r, DCF_ROW_PAIR, i ? "" : members[m].key, members[m].group, dcf_jstring(one));
			continue;
		}
		dcf_buf_z(&r->text, i ? ", " : "");
		put_scalar(&r->text, one);
	}
	if (r->text.len)
		(void)dcf_page_row(r, DCF_ROW_PAIR, members[m].key, DCF_ENGLISH, TEXT_LINES);
}

/* Items of a read-out: the code, then the text. */
static void item_rows(struct dcf_page_rows *r, size_t m, struct dcf_jval v)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one;
	size_t total = dcf_jcount(v);

	for (size_t i = 0; i < ITEMS_MAX && dcf_jnext(&it, &one); i++) {
		struct dcf_jval kind = dcf_jget(one, "kind");

		if (dcf_jkind(kind) == DCF_J_STRING)
			dcf_page_coded(r, DCF_ROW_PAIR, members[m].key, members[m].group, dcf_jstring(kind));
		put_scalar(&r->text, dcf_jget(one, "text"));
		(void)dcf_page_row(r, DCF_ROW_PAIR, "", DCF_ENGLISH, 2);
	}
	if (total > ITEMS_MAX) {
		dcf_buf_z(&r->text, "items that are not on this page: ");
		dcf_buf_i64(&r->text, (int64_t)(total - ITEMS_MAX));
		(void)dcf_page_row(r, DCF_ROW_PAIR, "", DCF_ENGLISH, 1);
	}
}

static void member_rows(struct dcf_page_rows *r, size_t m, struct dcf_jval v)
{
	int64_t us;

	switch (members[m].as) {
	case AS_CODE:
		if (dcf_jkind(v) == DCF_J_STRING)
			dcf_page_coded(r, DCF_ROW_PAIR, members[m].key, group_of(r, m), dcf_jstring(v));
		else
			text_rows(r, members[m].key, v);
		break;
	case AS_TIME:
		if (dcf_jkind(v) == DCF_J_I64) {
			memcpy(&us, &v.doc->tape[v.at + 1], sizeof us);
			time_rows(r, members[m].key, us);
			break;
		}
		text_rows(r, members[m].key, v);
		break;
	case AS_LIST:
		list_rows(r, m, v);
		break;
	case AS_ITEMS:
		item_rows(r, m, v);
		break;
	case AS_TEXT:
	case AS_FLAG:
	case AS_NUMBER:
		text_rows(r, members[m].key, v);
		break;
	case AS_HIDDEN:
		break;
	}
}

static void said_rows(struct dcf_page_rows *r, struct dcf_jval body)
{
	struct dcf_jwalk it = dcf_jwalk(body);
	struct dcf_span name;
	struct dcf_jval v;
	size_t unknown = 0;

	/* In the order of the table, the most telling first; then what is not known is counted. */
	for (size_t m = 0; m < MEMBERS; m++)
		if (dcf_jkind(v = dcf_jget(body, members[m].member)) != DCF_J_ABSENT)
			member_rows(r, m, v);
	while (dcf_jmember(&it, &name, &v)) {
		size_t m = 0;

		while (m < MEMBERS && !dcf_span_eq(dcf_span_of(members[m].member), name))
			m++;
		unknown += m == MEMBERS;
	}
	if (unknown) {
		dcf_buf_z(&r->text, "members that are not known and not shown: ");
		dcf_buf_i64(&r->text, (int64_t)unknown);
		(void)dcf_page_row(r, DCF_ROW_PAIR, "", DCF_ENGLISH, 1);
	}
}

/* "notification acknowledge" as a sentence. */
static void verb_rows(struct dcf_page_rows *r)
{
	const struct dcf_verb_row *verb = dcf_verb_row((enum dcf_verb)r->page->message->verb);
	struct dcf_buf code = { .from = r->arena.from };

	dcf_buf_z(&code, dcf_machine_name((enum dcf_machine_kind)verb->machine));
	dcf_buf_char(&code, ' ');
	dcf_buf_z(&code, verb->name);
	if (code.failed)
		r->status = DCF_E_NOMEM;
	else
		dcf_page_coded(r, DCF_ROW_NOTE, "", DCF_CODED_VERB, dcf_buf_as_span(&code));
	dcf_buf_free(&code);
}

/* --- check-words and foot --------------------------------------------------------------------------------- */

static void words_rows(struct dcf_page_rows *r, struct dcf_span object)
{
	char words[DCF_CHECK_WORDS_MAX];
	struct dcf_span shown = r->page->words;

	if (object.len) {
		dcf_check_words_of(object, words);
		shown = dcf_span_of(words);
	}
	if (shown.len != DCF_CHECK_WORDS_MAX - 1)
		return;
	dcf_page_coded(r, DCF_ROW_NOTE, "", DCF_CODED_GENERAL, DCF_SPAN("read_these"));
	dcf_page_plain(&r->text, shown);
	(void)dcf_page_row(r, DCF_ROW_WORDS, "", DCF_ENGLISH, 1);
	(void)dcf_page_row_z(r, DCF_ROW_RULE, "", "");
}

static void foot_rows(struct dcf_page_rows *r)
{
	if (r->dropped) {
		dcf_buf_z(&r->text, "Rows that do not fit on this page: ");
		dcf_buf_i64(&r->text, (int64_t)r->dropped);
		(void)dcf_page_row(r, DCF_ROW_NOTE, "", DCF_ENGLISH, 1);
	}
	(void)dcf_page_row_z(r, DCF_ROW_RULE, "", "");
	dcf_page_coded(r, DCF_ROW_NOTE, "", DCF_CODED_GENERAL, DCF_SPAN("receipt_is_not_agreement"));
	if (r->page->message->exercise)
		dcf_page_coded(r, DCF_ROW_BANNER, "", DCF_CODED_GENERAL, DCF_SPAN("exercise"));
}

/* How the object stands in the body: its canonical bytes. */
static struct dcf_span object_of(struct dcf_span body)
{
	struct dcf_json_members it = dcf_json_members_of(body);
	struct dcf_span name, value;

	while (dcf_json_members_next(&it, &name, &value))
		if (dcf_span_eq(name, DCF_SPAN("object")))
			return value;
	return (struct dcf_span){ NULL, 0 };
}

static enum dcf_status parse_body(struct dcf_page_rows *r)
{
	struct dcf_span body = r->page->message->body.len ? r->page->message->body : DCF_SPAN("{}");
	char *copy = dcf_arena_get(&r->arena, body.len + SLACK);
	const char *why;
	enum dcf_status s;

	if (!copy)
		return DCF_E_NOMEM;
	memcpy(copy, body.p, body.len);
	memset(copy + body.len, 0, SLACK);
	s = dcf_jparse(&r->doc, copy, body.len, &why);
	if (s == DCF_OK && dcf_jkind(dcf_jroot(&r->doc)) != DCF_J_OBJECT)
		s = DCF_E_SYNTAX;
	return s == DCF_OK || s == DCF_E_NOMEM ? s : DCF_E_SYNTAX;
}

enum dcf_status dcf_page_rows_make(struct dcf_page_rows *r)
{
	const struct dcf_message *m = r->page->message;
	size_t two = r->page->language != DCF_ENGLISH ? 1 : 0;
	struct dcf_jval object;

	r->status = parse_body(r);
	if (r->status != DCF_OK)
		return r->status;
	/* The foot: what was dropped, rule, sentence, banner. */
	r->kept = 3 + two * 2 + (m->exercise ? 1 + two : 0);
	take_zones(r);
	head_rows(r);
	(void)dcf_page_row_z(r, DCF_ROW_RULE, "", "");
	verb_rows(r);
	/* Check-words first: they must be there whatever else is said. */
	words_rows(r, object_of(m->body));
	object = dcf_jget(dcf_jroot(&r->doc), "object");
	said_rows(r, dcf_jroot(&r->doc));
	if (dcf_jkind(object) != DCF_J_ABSENT)
		dcf_page_volumes(r, object);
	r->kept = 0;
	foot_rows(r);
	return r->status;
}

void dcf_page_rows_free(struct dcf_page_rows *r)
{
	dcf_arena_free(&r->arena);
	dcf_buf_free(&r->text);
	dcf_jfree(&r->doc);
}

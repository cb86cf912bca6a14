/* SPDX-License-Identifier: Apache-2.0 */
/* api_dss_meet.c - what a caller learns beside the standard's answer: which of its volumes really meet which of others', when,
 * in which levels, and by how much.  What is relevant by F3548 is found by the bounds of whole entities, so much of what a key
 * must hold meets nothing.
 *
 * "deconflict": {
 *   "summary": "2 of the 3 volumes asked for meet 1 of 4 relevant entities",
 *   "relevant": 4, "looked_at": 4, "meet": 1,
 *   "entities": [ { "id", "kind", "manager", "pairs": [ { "volume", "their_volume", "time_start", "time_end", "lower_m",
 * "upper_m", "overlap_m" } ], "pairs_found", "text" } ], "options": { "method": "POST", "href":
 * "/exchange/v1/options?entityid=ID", "body": "that of this request" } } */
#include "node/api_dss.h"

/* How much of it is worked out and told: much where a change was refused, and a little where all is well and many more are to
 * come. */
struct bounds {
	uint64_t work;          /* points of one volume times points of another, over all pairs that are compared */
	size_t entities, pairs; /* that are looked at; of one entity that are shown */
};
static const struct bounds refused_bounds = { 200000, 20, 10 }, fine_bounds = { 5000, 5, 3 };
/* Among more nothing is looked at where all is well. */
enum { RELEVANT_MOST = 100 };

struct meetings {
	struct dcf_json *j;
	const struct dcf_entity *e;
	size_t pairs, most;
	int64_t start_us, end_us, lower_e4, upper_e4; /* hull of all pairs */
	double overlap_m;
};

static void put_bound(struct dcf_json *j, const char *name, int64_t e4)
{
	if (e4 == DCF_UTM_NO_LOWER || e4 == DCF_UTM_NO_UPPER)
		return;
	dcf_json_key(j, name);
	dcf_json_fixed(j, e4, 4);
}

static void put_moment(struct dcf_json *j, const char *name, int64_t us)
{
	if (us == DCF_UTM_SINCE_EVER || us == DCF_UTM_FOR_EVER)
		return;
	dcf_json_key(j, name);
	dcf_utm_put_time(j, us, true);
}

static const char *kind_of(const struct dcf_entity *e)
{
	return e->kind == DCF_ENTITY_CONSTRAINT ? "constraint" : "operational_intent";
}

static void begin_entity(struct meetings *m)
{
	dcf_json_begin(m->j, '{');
	dcf_json_key(m->j, "id");
	dcf_utm_put_id(m->j, &m->e->id);
	dcf_json_key(m->j, "kind");
	dcf_json_z(m->j, kind_of(m->e));
	dcf_json_key(m->j, "manager");
	dcf_json_string(m->j, m->e->manager->name);
	dcf_json_key(m->j, "pairs");
	dcf_json_begin(m->j, '[');
}

static enum dcf_status take(void *ctx, const struct dcf_entity_meeting *p)
{
	struct meetings *m = ctx;

	if (m->pairs++ == 0) {
		begin_entity(m);
		m->start_us = p->start_us;
		m->end_us = p->end_us;
		m->lower_e4 = p->lower_e4;
		m->upper_e4 = p->upper_e4;
	}
	m->start_us = p->start_us < m->start_us ? p->start_us : m->start_us;
	m->end_us = p->end_us > m->end_us ? p->end_us : m->end_us;
	m->lower_e4 = p->lower_e4 < m->lower_e4 ? p->lower_e4 : m->lower_e4;
	m->upper_e4 = p->upper_e4 > m->upper_e4 ? p->upper_e4 : m->upper_e4;
	m->overlap_m = p->overlap_m > m->overlap_m ? p->overlap_m : m->overlap_m;
	if (m->pairs > m->most)
		return DCF_OK;
	dcf_json_begin(m->j, '{');
	dcf_json_key(m->j, "volume");
	dcf_json_i64(m->j, p->volume[0]);
	dcf_json_key(m->j, "their_volume");
	dcf_json_i64(m->j, p->volume[1]);
	put_moment(m->j, "time_start", p->start_us);
	put_moment(m->j, "time_end", p->end_us);
	put_bound(m->j, "lower_m", p->lower_e4);
	put_bound(m->j, "upper_m", p->upper_e4);
	dcf_json_key(m->j, "overlap_m");
	dcf_json_fixed(m->j, (int64_t)(p->overlap_m * 10 + 0.5), 1);
	dcf_json_end(m->j, '}');
	return m->j->out->failed ? DCF_E_NOMEM : DCF_OK;
}

/* As people write it: without a fraction that is zero. */
static void say_time(struct dcf_buf *out, const char *before, int64_t us)
{
	struct dcf_buf text = { .from = out->from };
	struct dcf_json bare = { .out = &text };
	size_t n;

	if (us == DCF_UTM_SINCE_EVER || us == DCF_UTM_FOR_EVER)
		return;
	dcf_utm_put_time(&bare, us, true);
	out->failed |= text.failed;
	/* "2026-01-01T00:00:00.000000Z", in the quotes of JSON */
	n = text.len;
	if (n > 2 && us % 1000000 == 0 && memchr(text.p, '.', n))
		n = (size_t)((const char *)memchr(text.p, '.', n) - text.p);
	else
		n = n > 2 ? n - 2 : 0;
	dcf_buf_z(out, before);
	dcf_buf_put(out, text.p ? text.p + 1 : "", n ? n - 1 : 0);
	dcf_buf_char(out, 'Z');
	dcf_buf_free(&text);
}

static void say_levels(struct dcf_buf *out, int64_t lower_e4, int64_t upper_e4)
{
	if (lower_e4 == DCF_UTM_NO_LOWER && upper_e4 == DCF_UTM_NO_UPPER)
		return;
	dcf_buf_z(out, lower_e4 == DCF_UTM_NO_LOWER ? ", below " : upper_e4 == DCF_UTM_NO_UPPER ? ", above " : ", between ");
	if (lower_e4 != DCF_UTM_NO_LOWER)
		dcf_buf_fixed(out, lower_e4, 4);
	if (lower_e4 != DCF_UTM_NO_LOWER && upper_e4 != DCF_UTM_NO_UPPER)
		dcf_buf_z(out, " and ");
	if (upper_e4 != DCF_UTM_NO_UPPER)
		dcf_buf_fixed(out, upper_e4, 4);
	dcf_buf_z(out, " m above the ellipsoid");
}

static void put_sentence(struct meetings *m)
{
	struct dcf_buf text = { .from = m->j->out->from };

	dcf_buf_z(&text, m->e->kind == DCF_ENTITY_CONSTRAINT ? "Meets the constraint of " : "Meets the operational intent of ");
	dcf_buf_span(&text, m->e->manager->name);
	say_time(&text, " from ", m->start_us);
	say_time(&text, " until ", m->end_us);
	say_levels(&text, m->lower_e4, m->upper_e4);
	if (m->overlap_m > 0) {
		dcf_buf_z(&text, ", sideways by up to ");
		dcf_buf_fixed(&text, (int64_t)(m->overlap_m * 10 + 0.5), 1);
		dcf_buf_z(&text, " m.");
	} else {
		dcf_buf_z(&text, "; the two touch.");
	}
	dcf_json_key(m->j, "text");
	dcf_json_string(m->j, dcf_buf_as_span(&text));
	m->j->out->failed |= text.failed;
	dcf_buf_free(&text);
}

static void end_entity(struct meetings *m)
{
	dcf_json_end(m->j, ']');
	dcf_json_key(m->j, "pairs_found");
	dcf_json_i64(m->j, (int64_t)m->pairs);
	put_sentence(m);
	dcf_json_end(m->j, '}');
}

static void put_summary(struct dcf_json *j, size_t relevant, size_t looked_at, size_t meet, bool refused)
{
	struct dcf_buf text = { .from = j->out->from };

	dcf_buf_i64(&text, (int64_t)meet);
	dcf_buf_z(&text, looked_at == 1 ? " of 1 entity" : " of ");
	if (looked_at != 1) {
		dcf_buf_i64(&text, (int64_t)looked_at);
		dcf_buf_z(&text, " entities");
	}
	dcf_buf_z(&text, refused ? " whose OVN the key lacks" : " in relevance");
	dcf_buf_z(&text, meet == 1 ? " really meets a volume of this one" : " really meet a volume of this one");
	if (looked_at < relevant)
		dcf_buf_z(&text, "; more are relevant and were not looked at");
	dcf_json_key(j, "summary");
	dcf_json_string(j, dcf_buf_as_span(&text));
	dcf_json_key(j, "relevant");
	dcf_json_i64(j, (int64_t)relevant);
	dcf_json_key(j, "looked_at");
	dcf_json_i64(j, (int64_t)looked_at);
	dcf_json_key(j, "meet");
	dcf_json_i64(j, (int64_t)meet);
	j->out->failed |= text.failed;
	dcf_buf_free(&text);
}

/* Where to ask for ways out. */
static void put_link(struct dcf_json *j, const struct dcf_exchange_change *c)
{
	static const char path[] = "/exchange/v1/options?entityid=";
	char href[sizeof path - 1 + DCF_UUID_TEXT];

	memcpy(href, path, sizeof path - 1);
	dcf_uuid_write(&c->ask.id, href + sizeof path - 1);
	dcf_json_key(j, "options");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "method");
	dcf_json_z(j, "POST");
	dcf_json_key(j, "href");
	dcf_json_string(j, (struct dcf_span){ href, sizeof href });
	dcf_json_key(j, "body");
	dcf_json_z(j, "that of this request");
	dcf_json_end(j, '}');
}

static uint64_t points_of(const struct dcf_utm_extents *e)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < e->count; i++)
		n += e->volume[i].footprint.point_count + 1;
	return n;
}

void dcf_dss_put_meetings(struct dcf_json *j, struct dcf_exchange_change *c, const struct dcf_entity *const *list, size_t count,
			  bool refused)
{
	const struct bounds *most = refused ? &refused_bounds : &fine_bounds;
	uint64_t own = points_of(&c->said.extents), left = most->work;
	size_t looked_at = 0, meet = 0;

	if (c->api->config->exchange.strict)
		return;
	dcf_json_key(j, "deconflict");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "entities");
	dcf_json_begin(j, '[');
	for (size_t i = 0; i < count && looked_at < most->entities; i++) {
		struct meetings m = { .j = j, .e = list[i], .most = most->pairs };
		uint64_t work = own * points_of(&list[i]->extents);

		if (work > left)
			continue;
		left -= work;
		looked_at++;
		if (dcf_entities_meet(&c->said.extents, &list[i]->extents, &c->api->heap, take, &m) != DCF_OK)
			j->out->failed = true;
		if (m.pairs)
			end_entity(&m);
		meet += m.pairs > 0;
	}
	dcf_json_end(j, ']');
	put_summary(j, count, looked_at, meet, refused);
	if (meet && c->ask.kind == DCF_ENTITY_INTENT)
		put_link(j, c);
	dcf_json_end(j, '}');
}

/* Every intent that is relevant now, but for the entity itself.  DCF_E_RANGE: more than are looked at. */
static enum dcf_status gather(struct dcf_exchange_change *c, struct dcf_entity_list *list)
{
	enum dcf_status s = dcf_exchange_search(dcf_state_exchange(c->api->state), DCF_ENTITY_INTENT, &c->said.extents,
						(struct dcf_span){ NULL, 0 }, list);
	size_t n = 0;

	if (s != DCF_OK)
		return s;
	for (size_t i = 0; i < list->count; i++) {
		/* Ids are of one kind: a constraint may have the id of an intent. */
		if (c->ask.kind == DCF_ENTITY_INTENT && dcf_uuid_eq(&list->at[i]->id, &c->ask.id))
			dcf_entity_drop(list->at[i]);
		else
			list->at[n++] = list->at[i];
	}
	list->count = n;
	return DCF_OK;
}

static void put_too_many(struct dcf_json *j)
{
	dcf_json_key(j, "deconflict");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "summary");
	dcf_json_z(j, "more than 100 entities are relevant: what meets was not looked at");
	dcf_json_end(j, '}');
}
_Static_assert(RELEVANT_MOST == 100, "the sentence says how many");

void dcf_dss_put_neighbours(struct dcf_json *j, struct dcf_exchange_change *c)
{
	struct dcf_entity_list list = { .from = &c->api->heap, .most = RELEVANT_MOST };
	enum dcf_status s;

	if (c->api->config->exchange.strict)
		return;
	/* It was written; that memory is short now must not make it look otherwise. */
	s = gather(c, &list);
	if (s == DCF_OK)
		dcf_dss_put_meetings(j, c, list.at, list.count, false);
	else if (s == DCF_E_RANGE)
		put_too_many(j);
	dcf_entity_list_free(&list);
}

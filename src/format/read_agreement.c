/* SPDX-License-Identifier: Apache-2.0 */
/* read_agreement.c - the rules of an agreement.  Read in the scope of the input: a rule that cannot be understood
 * refuses the file, since minima left out would hide conflicts.
 *
 * The same agreement is often in several files: a rule equal to one that is there already is not added again. */
#include "format/json_members.h"
#include "format/read_limits.h"

#define MINUTE_US   60e6
#define MINUTES_MAX 5256000.0 /* ten years */
#define SECONDS_MAX 1e9
#define RULES_MAX   10000 /* each is compared with all before it */

/* An optional string member; "" when not given. */
static struct dcf_span text_member(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, const char *name)
{
	struct dcf_jval member = dcf_jget(v, name);
	struct dcf_span s = DCF_SPAN("");

	if (!dcf_jnone(member) && dcf_get_string(r, DCF_AT(at, name), member, &s))
		s = dcf_reader_keep(r, s);
	return s;
}

/* An array of names, or nothing. */
static void get_parties(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, size_t least, uint32_t **parties,
			uint32_t *count)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one;
	struct dcf_span name;

	*parties = NULL;
	*count = 0;
	if (dcf_jnone(v))
		return;
	if (dcf_jkind(v) != DCF_J_ARRAY || dcf_jcount(v) < least) {
		dcf_refuse_found(r, at, v, least == 2 ? "an array of two or more parties" : "an array of parties");
		return;
	}
	*parties = dcf_reader_get(r, dcf_jcount(v) * sizeof **parties);
	for (size_t i = 0; r->status == DCF_OK && dcf_jnext(&it, &one); i++)
		if (dcf_get_string(r, DCF_AT_INDEX(at, i), one, &name) &&
		    dcf_reader_ok(r, dcf_plan_party(r->plan, name, &(*parties)[i])))
			*count += 1;
}

static bool is_object(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v)
{
	if (dcf_jkind(v) != DCF_J_OBJECT)
		dcf_refuse_found(r, at, v, "an object");
	return dcf_jkind(v) == DCF_J_OBJECT;
}

/* Room for one more rule at the end of an array of the plan; NULL sets r->status. */
static void *more(struct dcf_reader *r, void *array, size_t *cap, size_t count, size_t size)
{
	return dcf_reader_ok(r, dcf_grow(r->plan->arena.from, &array, cap, count + 1, size)) ? array : NULL;
}

/* --- separation ----------------------------------------------------------------------------------- */

static bool same_separation(const struct dcf_separation_rule *a, const struct dcf_separation_rule *b)
{
	if (a->party_count != b->party_count || a->lateral_m != b->lateral_m || a->vertical_e4 != b->vertical_e4 ||
	    a->max_dwell_us != b->max_dwell_us || !dcf_span_eq(a->article, b->article))
		return false;
	return a->party_count == 0 || memcmp(a->parties, b->parties, a->party_count * sizeof *a->parties) == 0;
}

static void add_separation(struct dcf_reader *r, const struct dcf_separation_rule *rule)
{
	struct dcf_agreement *a = &r->plan->agreement;
	struct dcf_separation_rule *grown;

	for (size_t i = 0; i < a->separation_count; i++)
		if (same_separation(&a->separation[i], rule))
			return;
	grown = more(r, a->separation, &a->separation_cap, a->separation_count, sizeof *rule);
	if (grown) {
		a->separation = grown;
		a->separation[a->separation_count++] = *rule;
	}
}

static void read_separation(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v)
{
	static const struct dcf_span known[] = { DCF_NAME("parties"), DCF_NAME("lateral"), DCF_NAME("vertical"),
						 DCF_NAME("max_dwell_s"), DCF_NAME("article") };
	struct dcf_separation_rule rule = { .max_dwell_us = DCF_NO_LIMIT };
	struct dcf_jval lateral = dcf_jget(v, "lateral"), vertical = dcf_jget(v, "vertical"),
			dwell = dcf_jget(v, "max_dwell_s");
	double s;

	if (!is_object(r, at, v))
		return;
	get_parties(r, DCF_AT(at, "parties"), dcf_jget(v, "parties"), 2, &rule.parties, &rule.party_count);
	if (dcf_jnone(lateral) && dcf_jnone(vertical))
		dcf_refuse(r, at, "found neither lateral nor vertical, expected a minimum");
	if (!dcf_jnone(lateral))
		(void)dcf_get_length(r, DCF_AT(at, "lateral"), lateral, false, &rule.lateral_m);
	if (!dcf_jnone(vertical))
		(void)dcf_get_height(r, DCF_AT(at, "vertical"), vertical, &rule.vertical_e4);
	/* Rounded down: the shorter limit counts more as conflict. */
	if (!dcf_jnone(dwell) &&
	    dcf_get_number(r, DCF_AT(at, "max_dwell_s"), dwell, 0, SECONDS_MAX, "seconds from 0 to 1e9", &s))
		rule.max_dwell_us = (int64_t)(s * 1e6);
	rule.article = text_member(r, at, v, "article");
	rule.others = dcf_get_others(r, v, r->raw, known, sizeof known / sizeof *known);
	if (r->status == DCF_OK)
		add_separation(r, &rule);
}

/* --- notice --------------------------------------------------------------------------------------- */

static bool get_minutes(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, int64_t *us)
{
	double minutes;

	if (!dcf_get_number(r, at, v, 0, MINUTES_MAX, "minutes from 0 to 5256000", &minutes))
		return false;
	minutes *= MINUTE_US;
	*us = (int64_t)minutes;
	*us += (double)*us < minutes;
	return true;
}

static void add_notice(struct dcf_reader *r, const struct dcf_notice_rule *rule)
{
	struct dcf_agreement *a = &r->plan->agreement;
	struct dcf_notice_rule *grown;

	for (size_t i = 0; i < a->notice_count; i++) {
		const struct dcf_notice_rule *b = &a->notice[i];

		if (b->need_us == rule->need_us && dcf_span_eq(b->acm, rule->acm) && dcf_span_eq(b->article, rule->article))
			return;
	}
	grown = more(r, a->notice, &a->notice_cap, a->notice_count, sizeof *rule);
	if (grown) {
		a->notice = grown;
		a->notice[a->notice_count++] = *rule;
	}
}

static void read_notice_of(struct dcf_reader *r, const struct dcf_step *at, struct dcf_span acm, struct dcf_jval v,
			   struct dcf_span article)
{
	struct dcf_notice_rule rule = { .acm = dcf_reader_keep(r, acm), .article = article };

	if (get_minutes(r, at, v, &rule.need_us) && r->status == DCF_OK)
		add_notice(r, &rule);
}

/* Minutes, or an object of minutes by acm; its member `article`, a string, is the article of all of them. */
static void read_notice(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_span article)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_span acm;
	struct dcf_jval one;

	if (dcf_jnone(v))
		return;
	if (dcf_jkind(v) != DCF_J_OBJECT) {
		read_notice_of(r, at, DCF_SPAN("*"), v, article);
		return;
	}
	if (dcf_jkind(dcf_jget(v, "article")) == DCF_J_STRING)
		article = text_member(r, at, v, "article");
	if (dcf_jcount(v) > RULES_MAX)
		dcf_refuse(r, at, "found more than 10000 members, expected fewer");
	while (r->status == DCF_OK && dcf_jmember(&it, &acm, &one))
		if (!(dcf_span_eq(acm, DCF_SPAN("article")) && dcf_jkind(one) == DCF_J_STRING))
			read_notice_of(r, DCF_AT_TEXT(at, acm), acm, one, article);
}

/* --- lines ---------------------------------------------------------------------------------------- */

static bool same_line(const struct dcf_line_rule *a, const struct dcf_line_rule *b)
{
	return dcf_span_eq(a->id, b->id) && dcf_span_eq(a->article, b->article) && a->point_count == b->point_count &&
	       memcmp(a->points, b->points, a->point_count * sizeof *a->points) == 0 && a->left == b->left &&
	       a->right == b->right && a->buffer_m == b->buffer_m && a->crossing_notice_us == b->crossing_notice_us;
}

static void add_line(struct dcf_reader *r, const struct dcf_line_rule *rule)
{
	struct dcf_agreement *a = &r->plan->agreement;
	struct dcf_line_rule *grown;

	for (size_t i = 0; i < a->line_count; i++)
		if (same_line(&a->lines[i], rule))
			return;
	grown = more(r, a->lines, &a->line_cap, a->line_count, sizeof *rule);
	if (grown) {
		a->lines = grown;
		a->lines[a->line_count++] = *rule;
	}
}

static uint32_t side(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v)
{
	struct dcf_span name;
	uint32_t party = DCF_NONE;

	if (!dcf_jnone(v) && dcf_get_string(r, at, v, &name))
		(void)dcf_reader_ok(r, dcf_plan_party(r->plan, name, &party));
	return party;
}

/* The pointer of a rule, kept for the reports. */
static struct dcf_span where_of(struct dcf_reader *r, const char *list, size_t index)
{
	struct dcf_span where;

	r->path.len = 0;
	dcf_buf_span(&r->path, r->prefix);
	dcf_buf_z(&r->path, "/agreement/");
	dcf_buf_z(&r->path, list);
	dcf_buf_char(&r->path, '/');
	dcf_buf_i64(&r->path, (int64_t)index);
	where = dcf_reader_keep(r, dcf_buf_as_span(&r->path));
	if (r->path.failed)
		r->status = DCF_E_NOMEM;
	return where;
}

static void read_line(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v)
{
	static const struct dcf_span known[] = { DCF_NAME("id"),     DCF_NAME("coordinates"), DCF_NAME("left"),
						 DCF_NAME("right"),  DCF_NAME("buffer"),      DCF_NAME("crossing_notice_min"),
						 DCF_NAME("article") };
	struct dcf_line_rule rule = { .crossing_notice_us = -1 };
	struct dcf_jval buffer = dcf_jget(v, "buffer"), notice = dcf_jget(v, "crossing_notice_min");

	if (!is_object(r, at, v))
		return;
	rule.id = text_member(r, at, v, "id");
	rule.article = text_member(r, at, v, "article");
	(void)dcf_get_line(r, DCF_AT(at, "coordinates"), dcf_jget(v, "coordinates"), false, &rule.points, &rule.point_count);
	if (r->status == DCF_OK && rule.point_count < 2)
		dcf_refuse(r, DCF_AT(at, "coordinates"), "found one position repeated, expected a line");
	rule.left = side(r, DCF_AT(at, "left"), dcf_jget(v, "left"));
	rule.right = side(r, DCF_AT(at, "right"), dcf_jget(v, "right"));
	if (rule.left == DCF_NONE && rule.right == DCF_NONE)
		dcf_refuse(r, at, "found neither left nor right, expected a party");
	if (!dcf_jnone(buffer))
		(void)dcf_get_length(r, DCF_AT(at, "buffer"), buffer, false, &rule.buffer_m);
	if (!dcf_jnone(notice))
		(void)get_minutes(r, DCF_AT(at, "crossing_notice_min"), notice, &rule.crossing_notice_us);
	rule.where = where_of(r, "lines", at->index);
	rule.others = dcf_get_others(r, v, r->raw, known, sizeof known / sizeof *known);
	if (r->status == DCF_OK)
		add_line(r, &rule);
}

/* --- areas ---------------------------------------------------------------------------------------- */

static const char *const area_rules[] = {
	[DCF_AREA_NO_ENTRY] = "no_entry",
	[DCF_AREA_ASK_FIRST] = "ask_first",
	[DCF_AREA_CONTACT] = "contact",
};

/* A member that may stand in the feature or in its properties; foreign members of RFC 7946 may do either. */
static struct dcf_jval either(struct dcf_jval feature, const char *name, const struct dcf_step *at,
			      const struct dcf_step *properties, const struct dcf_step **found_at)
{
	struct dcf_jval inside = dcf_jget(dcf_jget(feature, "properties"), name);

	*found_at = dcf_jnone(inside) ? at : properties;
	return dcf_jnone(inside) ? dcf_jget(feature, name) : inside;
}

static bool same_area(const struct dcf_area_rule *a, const struct dcf_area_rule *b)
{
	const struct dcf_feature *v = a->volume, *w = b->volume;

	if (!dcf_span_eq(a->id, b->id) || !dcf_span_eq(a->article, b->article) || a->kind != b->kind ||
	    a->party_count != b->party_count ||
	    (a->party_count && memcmp(a->parties, b->parties, a->party_count * sizeof *a->parties) != 0))
		return false;
	return v->shape == w->shape && v->edges == w->edges && v->start_us == w->start_us && v->end_us == w->end_us &&
	       v->lower.e4 == w->lower.e4 && v->lower.ref == w->lower.ref && v->upper.e4 == w->upper.e4 &&
	       v->upper.ref == w->upper.ref && v->upper.unlimited == w->upper.unlimited && v->radius_m == w->radius_m &&
	       v->point_count == w->point_count && v->ring_count == w->ring_count &&
	       memcmp(v->points, w->points, v->point_count * sizeof *v->points) == 0;
}

static void add_area(struct dcf_reader *r, const struct dcf_area_rule *rule)
{
	struct dcf_agreement *a = &r->plan->agreement;
	struct dcf_area_rule *grown;

	for (size_t i = 0; i < a->area_count; i++)
		if (same_area(&a->areas[i], rule))
			return;
	grown = more(r, a->areas, &a->area_cap, a->area_count, sizeof *rule);
	if (grown) {
		a->areas = grown;
		a->areas[a->area_count++] = *rule;
	}
}

/* Members beside the area's own, in the feature and in its properties. */
static void get_area_others(struct dcf_reader *r, struct dcf_jval v, struct dcf_feature *f)
{
	static const struct dcf_span known[] = { DCF_NAME("type"),       DCF_NAME("id"),      DCF_NAME("geometry"),
						 DCF_NAME("properties"), DCF_NAME("bbox"),    DCF_NAME("edges"),
						 DCF_NAME("rule"),       DCF_NAME("parties"), DCF_NAME("article"),
						 DCF_NAME("shape"),      DCF_NAME("radius"),  DCF_NAME("half_width"),
						 DCF_NAME("lower"),      DCF_NAME("upper"),   DCF_NAME("start"),
						 DCF_NAME("end") };
	enum { OUTER = 9, INNER = 5 /* from here on, of the properties */ };

	f->others = dcf_get_others(r, v, r->raw, known, OUTER);
	f->properties_json = dcf_get_others(r, dcf_jget(v, "properties"), dcf_raw_member(v, r->raw, "properties"),
					    known + INNER, sizeof known / sizeof *known - INNER);
}

static void read_area(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v)
{
	struct dcf_area_rule rule = { .volume = dcf_reader_get(r, sizeof *rule.volume) };
	const struct dcf_step *inside = DCF_AT(at, "properties"), *found;
	struct dcf_jval member;
	unsigned kind = 0;

	if (!rule.volume || !is_object(r, at, v) || !dcf_read_volume(r, at, v, rule.volume))
		return;
	member = either(v, "rule", at, inside, &found);
	(void)dcf_get_word(r, DCF_AT(found, "rule"), member, area_rules, 3, "no_entry, ask_first or contact", &kind);
	member = either(v, "parties", at, inside, &found);
	get_parties(r, DCF_AT(found, "parties"), member, 1, &rule.parties, &rule.party_count);
	member = either(v, "article", at, inside, &found);
	if (!dcf_jnone(member) && dcf_get_string(r, DCF_AT(found, "article"), member, &rule.article))
		rule.article = dcf_reader_keep(r, rule.article);
	else
		rule.article = DCF_SPAN("");
	rule.kind = (uint8_t)kind;
	rule.id = rule.volume->id;
	rule.volume->where = where_of(r, "areas", at->index);
	get_area_others(r, v, rule.volume);
	if (r->status == DCF_OK)
		add_area(r, &rule);
}

/* --- the whole ------------------------------------------------------------------------------------ */

typedef void rule_fn(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v);

static void read_list(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_span raw, rule_fn *read)
{
	struct dcf_json_members m = dcf_json_elements_of(raw);
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval one;

	if (dcf_jnone(v))
		return;
	if (dcf_jkind(v) != DCF_J_ARRAY)
		dcf_refuse_found(r, at, v, "an array");
	else if (dcf_jcount(v) > RULES_MAX)
		dcf_refuse(r, at, "found more than 10000 rules, expected fewer");
	for (size_t i = 0; r->status == DCF_OK && dcf_jnext(&it, &one); i++) {
		if (!dcf_json_elements_next(&m, &r->raw))
			r->raw = DCF_SPAN("");
		read(r, DCF_AT_INDEX(at, i), one);
	}
}

static void read_lists(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_span raw)
{
	static const struct {
		const char *name;
		rule_fn *read;
	} lists[] = { { "separation", read_separation }, { "lines", read_line }, { "areas", read_area } };

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		read_list(r, DCF_AT(at, lists[i].name), dcf_jget(v, lists[i].name), dcf_raw_member(v, raw, lists[i].name),
			  lists[i].read);
}

void dcf_read_agreement(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval v, struct dcf_span raw)
{
	static const struct dcf_span known[] = { DCF_NAME("id"),         DCF_NAME("status"),     DCF_NAME("notice_article"),
						 DCF_NAME("separation"), DCF_NAME("notice_min"), DCF_NAME("lines"),
						 DCF_NAME("areas"),      DCF_NAME("costs") };
	struct dcf_agreement *a = &r->plan->agreement;
	struct dcf_span id, status, article;

	if (dcf_jnone(v) || !is_object(r, at, v))
		return;
	id = text_member(r, at, v, "id");
	status = text_member(r, at, v, "status");
	article = text_member(r, at, v, "notice_article");
	if (!a->id.len && !a->status.len) {
		a->id = id;
		a->status = status;
	} else if (!dcf_span_eq(a->id, id)) {
		dcf_warn(r, "agreement", "a second agreement under another id: the rules of both hold");
	}
	read_notice(r, DCF_AT(at, "notice_min"), dcf_jget(v, "notice_min"), article);
	read_lists(r, at, v, raw);
	dcf_read_costs(r, DCF_AT(at, "costs"), dcf_jget(v, "costs"));
	dcf_join_others(r, &a->others, dcf_get_others(r, v, raw, known, sizeof known / sizeof *known));
}

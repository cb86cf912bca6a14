/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_notice.h"
#include "base/json_writer.h"
#include "domain/declare.h"
#include "domain/text_source.h"
#include "store/log.h"

/* --- out of the record ------------------------------------------------------------------------------- */

struct reading {
	struct dcf_jdoc *doc;
	struct dcf_arena *arena;
	struct dcf_message *out;
	bool found;
};

static enum dcf_status take_entry(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct reading *r = ctx;
	struct dcf_entry_head head;
	struct dcf_span text, note;
	const char *why;
	enum dcf_status s;

	(void)position;
	if (entry->erased)
		return DCF_OK;
	s = dcf_entry_read(entry->content, r->doc, r->arena, &head, &why);
	if (s != DCF_OK)
		return s == DCF_E_NOMEM ? s : DCF_E_CORRUPT;
	if (head.kind != DCF_ENTRY_LINE_OUT && head.kind != DCF_ENTRY_LINE_IN)
		return DCF_E_CORRUPT;
	note = dcf_arena_copy(r->arena, head.body);
	if (!note.p)
		return DCF_E_NOMEM;
	s = dcf_message_reopen(note, r->doc, r->arena, &text, r->out);
	r->found = s == DCF_OK;
	return s == DCF_OK || s == DCF_E_NOMEM ? s : DCF_E_CORRUPT;
}

enum dcf_status dcf_line_message_of(struct dcf_store *store, uint64_t position, struct dcf_jdoc *doc, struct dcf_arena *arena,
				    struct dcf_message *out)
{
	struct reading r = { doc, arena, out, false };
	struct dcf_store_error err;
	enum dcf_status s = dcf_log_read(store, position, 1, take_entry, &r, &err);

	return s == DCF_OK && !r.found ? DCF_E_NOT_FOUND : s;
}

/* --- what it lacks ----------------------------------------------------------------------------------- */

static bool has(struct dcf_jval v, const char *name)
{
	return !dcf_jnone(dcf_jget(v, name));
}

static bool has_list(struct dcf_jval v, const char *name)
{
	return dcf_jcount(dcf_jget(v, name)) > 0;
}

enum { GEOMETRY = 1, BAND = 2, WINDOW = 4, WHY_MOST = 1000 };

/* A trajectory says place, level and time at once. */
static unsigned missing_of_volume(struct dcf_jval v)
{
	unsigned missing = 0;

	if (has_list(v, "waypoints"))
		return 0;
	if (!has_list(v, "points") && !has_list(v, "rings"))
		missing |= GEOMETRY;
	if (!has(v, "lower") || !has(v, "upper"))
		missing |= BAND;
	if (!has(v, "start") || !has(v, "end"))
		missing |= WINDOW;
	return missing;
}

static unsigned missing_of(struct dcf_jval volumes)
{
	struct dcf_jwalk it = dcf_jwalk(volumes);
	unsigned missing = dcf_jcount(volumes) ? 0 : GEOMETRY | BAND | WINDOW;
	struct dcf_jval v;

	while (dcf_jnext(&it, &v))
		missing |= missing_of_volume(v);
	return missing;
}

static void put_ask(unsigned missing, struct dcf_span ref, struct dcf_span text, struct dcf_buf *out)
{
	static const char *const name[] = { "geometry", "band", "window" };
	struct dcf_json j = { .out = out };

	dcf_json_begin_inline(&j, '{');
	dcf_json_key(&j, "about");
	dcf_json_z(&j, "notice");
	if (missing) {
		dcf_json_key(&j, "missing");
		dcf_json_begin_inline(&j, '[');
		for (unsigned i = 0; i < 3; i++)
			if (missing >> i & 1)
				dcf_json_z(&j, name[i]);
		dcf_json_end(&j, ']');
	}
	dcf_json_key(&j, "ref");
	dcf_json_string(&j, ref);
	if (text.len) {
		dcf_json_key(&j, "text");
		dcf_json_string(&j, text);
	}
	dcf_json_end(&j, '}');
}

enum dcf_status dcf_line_ask_put(const struct dcf_message *notice, struct dcf_jdoc *doc, const struct dcf_alloc *a,
				 struct dcf_buf *out)
{
	struct dcf_buf text = { .from = a }, why = { .from = a };
	struct dcf_plan plan;
	struct dcf_jval object;
	const char *said;
	enum dcf_status s;

	dcf_plan_init(&plan, a);
	dcf_buf_span(&text, notice->body);
	dcf_buf_fill(&text, ' ', DCF_JSON_SLACK);
	s = text.failed ? DCF_E_NOMEM : dcf_jparse(doc, text.p, notice->body.len, &said);
	if (s == DCF_OK) {
		object = dcf_jget(dcf_jroot(doc), "object");
		if (dcf_notice_object_read(object, &plan, notice->from, notice->object, &why) == DCF_E_NOMEM || why.failed)
			s = DCF_E_NOMEM;
		if (why.len && why.p[why.len - 1] == '\n')
			why.len--;
		if (why.len > WHY_MOST)
			why.len = WHY_MOST; /* coded forms: ASCII */
		if (s == DCF_OK)
			put_ask(missing_of(dcf_jget(object, "volumes")), notice->object, dcf_buf_as_span(&why), out);
	}
	dcf_plan_free(&plan);
	dcf_buf_free(&why);
	dcf_buf_free(&text);
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}

/* --- as an operation --------------------------------------------------------------------------------- */

static void put_known_party(struct dcf_json *j, const struct dcf_plan *plan, struct dcf_span party, struct dcf_span sender)
{
	if (!dcf_span_eq(party, sender) && dcf_plan_find_party(plan, party) != DCF_NONE)
		dcf_json_string(j, party);
}

/* {"label":{"releasable_to":["OURS"]},"line":{"object":ID,"version":n}}: who may know of it here, and where it comes from. */
static void put_properties(struct dcf_buf *out, const struct dcf_plan *plan, const struct dcf_message *m,
			   struct dcf_span our_party)
{
	struct dcf_json j = { .out = out };
	struct dcf_span rest = m->releasable_to;

	dcf_json_begin_inline(&j, '{');
	dcf_json_key(&j, "label");
	dcf_json_begin_inline(&j, '{');
	dcf_json_key(&j, "releasable_to");
	dcf_json_begin_inline(&j, '[');
	dcf_json_string(&j, our_party);
	while (rest.len) {
		const char *comma = memchr(rest.p, ',', rest.len);
		size_t n = comma ? (size_t)(comma - rest.p) : rest.len;
		struct dcf_span party = { rest.p, n };

		if (!dcf_span_eq(party, our_party))
			put_known_party(&j, plan, party, m->from);
		rest = comma ? (struct dcf_span){ comma + 1, rest.len - n - 1 } : (struct dcf_span){ NULL, 0 };
	}
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	dcf_json_key(&j, "line");
	dcf_json_begin_inline(&j, '{');
	dcf_json_key(&j, "object");
	dcf_json_string(&j, m->object);
	dcf_json_key(&j, "version");
	dcf_json_i64(&j, m->version);
	dcf_json_end(&j, '}');
	dcf_json_end(&j, '}');
}

static void say(struct dcf_buf *why, const char *text)
{
	if (why) {
		dcf_buf_z(why, text);
		dcf_buf_char(why, '\n');
	}
}

/* The volumes of the body's object in `plan`, with kind, label and origin. */
static enum dcf_status read_volumes(struct dcf_plan *plan, const struct dcf_message *m, struct dcf_span id,
				    struct dcf_span our_party, const struct dcf_alloc *a, struct dcf_buf *why)
{
	struct dcf_buf text = { .from = a }, properties = { .from = a };
	struct dcf_jdoc doc = { 0 };
	struct dcf_jval acm;
	const char *said;
	enum dcf_status s;

	dcf_buf_span(&text, m->body);
	dcf_buf_fill(&text, ' ', DCF_JSON_SLACK);
	s = text.failed ? DCF_E_NOMEM : dcf_jparse(&doc, text.p, m->body.len, &said);
	s = s == DCF_OK ? dcf_notice_object_read(dcf_jget(dcf_jroot(&doc), "object"), plan, m->from, id, why) : s;
	if (s == DCF_OK) {
		struct dcf_span kept, kind = { NULL, 0 };

		put_properties(&properties, plan, m, our_party);
		kept = dcf_arena_copy(&plan->arena, dcf_buf_as_span(&properties));
		acm = dcf_jget(dcf_jroot(&doc), "acm");
		if (dcf_jkind(acm) == DCF_J_STRING)
			kind = dcf_arena_copy(&plan->arena, dcf_jstring(acm));
		s = properties.failed || !kept.p ? DCF_E_NOMEM : DCF_OK;
		for (size_t i = 0; s == DCF_OK && i < plan->feature_count; i++) {
			plan->features[i].properties_json = kept;
			plan->features[i].acm = kind;
		}
	}
	dcf_jfree(&doc);
	dcf_buf_free(&properties);
	dcf_buf_free(&text);
	return s;
}

static enum dcf_status write_text(const struct dcf_plan *plan, const struct dcf_alloc *a, struct dcf_buf *text)
{
	struct dcf_arena arena = { .from = a };
	uint32_t *first, *of;
	enum dcf_status s = dcf_plan_group(plan, &arena, &first, &of);

	if (s == DCF_OK)
		dcf_declare_write(plan, of + first[0], first[1] - first[0], text);
	dcf_arena_free(&arena);
	return s == DCF_OK && text->failed ? DCF_E_NOMEM : s;
}

/* As a declaration is: what stands in the entry is what the operation is made of. */
static enum dcf_status make(const struct dcf_frame *frame, const struct dcf_alloc *a, struct dcf_span text, struct dcf_op **op,
			    struct dcf_buf *why)
{
	struct dcf_plan kept = { 0 };
	const char *said = "a shape that cannot be";
	uint32_t which;
	enum dcf_status s = dcf_declare_read(frame, DCF_SPAN("notice"), text, a, &kept);

	*op = NULL;
	if (s == DCF_OK && kept.operation_count != 1)
		s = DCF_E_REFUSED;
	s = s == DCF_OK ? dcf_ops_make(&kept, a, op) : s;
	if (s == DCF_E_REFUSED)
		for (size_t i = 0; i < kept.remark_count && why; i++)
			if (kept.remarks[i].refused) {
				dcf_buf_span(why, kept.remarks[i].text);
				dcf_buf_char(why, '\n');
			}
	if (s == DCF_OK && *op)
		s = dcf_live_validate(a, (*op)->live.features, (*op)->live.feature_count, &which, &said);
	if (s != DCF_OK && *op) {
		say(why, said);
		dcf_op_drop(*op);
		*op = NULL;
	}
	dcf_plan_free(&kept);
	return s == DCF_OK && !*op ? DCF_E_REFUSED : s;
}

enum dcf_status dcf_line_operation_of(const struct dcf_frame *frame, const struct dcf_message *m, struct dcf_span id,
				      struct dcf_span our_party, const struct dcf_alloc *a, struct dcf_buf *text,
				      struct dcf_op **op, struct dcf_buf *why)
{
	struct dcf_plan plan;
	size_t before = text->len;
	enum dcf_status s;

	*op = NULL;
	if (dcf_plan_find_party(&frame->plan, m->from) == DCF_NONE ||
	    dcf_plan_find_party(&frame->plan, our_party) == DCF_NONE) {
		say(why, "no such party at this node");
		return DCF_E_REFUSED;
	}
	s = dcf_plan_like(&frame->plan, a, &plan);
	s = s == DCF_OK ? read_volumes(&plan, m, id, our_party, a, why) : s;
	if (s == DCF_OK && (plan.operation_count != 1 || plan.feature_count == 0)) {
		say(why, "no volume");
		s = DCF_E_REFUSED;
	}
	s = s == DCF_OK ? write_text(&plan, a, text) : s;
	s = s == DCF_OK ? make(frame, a, (struct dcf_span){ text->p + before, text->len - before }, op, why) : s;
	dcf_plan_free(&plan);
	return s == DCF_E_SYNTAX ? DCF_E_REFUSED : s;
}

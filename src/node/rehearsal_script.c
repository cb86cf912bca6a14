/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rehearsal_int.h"
#include "core/time.h"
#include "domain/text_source.h"
#include "format/json_members.h"
#include "node/read_file.h"

#include <stdarg.h>
#include <stdio.h>

enum { PLAN_MOST = 16 << 20, SCRIPT_MOST = 4 << 20, TEXT_MOST = 4096 };

enum dcf_status dcf_stage_wrong(struct dcf_stage *st, size_t step, const char *format, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	if (step)
		return dcf_node_fail(st->err, DCF_E_SYNTAX, "%s: step %zu: %s", st->o->name, step, text);
	return dcf_node_fail(st->err, DCF_E_SYNTAX, "%s: %s", st->o->name, text);
}

const char *dcf_stage_text(struct dcf_stage *st, struct dcf_jval v)
{
	struct dcf_span s;
	char *copy;

	if (dcf_jkind(v) != DCF_J_STRING)
		return NULL;
	s = dcf_jstring(v);
	if (s.len > TEXT_MOST || (s.len && memchr(s.p, 0, s.len)))
		return NULL;
	copy = dcf_arena_get(&st->arena, s.len + 1);
	if (!copy)
		return NULL;
	memcpy(copy, s.p, s.len);
	copy[s.len] = 0;
	return copy;
}

bool dcf_stage_time(struct dcf_jval v, int64_t *time_us)
{
	return dcf_jkind(v) == DCF_J_STRING && dcf_time_parse(dcf_jstring(v), false, time_us) == NULL;
}

/* --- the operations file, as text ---------------------------------------------------------------------- */

static struct dcf_span member_of(struct dcf_span object, const char *wanted)
{
	struct dcf_json_members m = dcf_json_members_of(object);
	struct dcf_span name, value;

	while (dcf_json_members_next(&m, &name, &value))
		if (dcf_span_eq(name, dcf_span_of(wanted)))
			return value;
	return (struct dcf_span){ NULL, 0 };
}

/* A string without escapes; ids have none. */
static struct dcf_span text_of(struct dcf_span object, const char *wanted)
{
	struct dcf_span v = member_of(object, wanted);

	if (v.len < 2 || v.p[0] != '"' || memchr(v.p, '\\', v.len))
		return (struct dcf_span){ NULL, 0 };
	return (struct dcf_span){ v.p + 1, v.len - 2 };
}

static bool element(const struct dcf_stage *st, const char *list, size_t i, struct dcf_span *out)
{
	struct dcf_json_members m = dcf_json_elements_of(member_of(dcf_buf_as_span(&st->plan), list));

	do
		if (!dcf_json_elements_next(&m, out))
			return false;
	while (i-- > 0);
	return true;
}

bool dcf_stage_party(const struct dcf_stage *st, size_t i, struct dcf_span *id, struct dcf_span *object)
{
	if (!element(st, "parties", i, object))
		return false;
	*id = text_of(*object, "id");
	return true;
}

bool dcf_stage_feature(const struct dcf_stage *st, size_t i, struct dcf_span *party, struct dcf_span *operation,
		       struct dcf_span *feature)
{
	struct dcf_span properties;

	if (!element(st, "features", i, feature))
		return false;
	properties = member_of(*feature, "properties");
	*party = text_of(properties, "party");
	*operation = text_of(properties, "operation");
	if (!operation->p)
		*operation = text_of(*feature, "id");
	return true;
}

bool dcf_stage_operation(const struct dcf_stage *st, struct dcf_span party, struct dcf_span operation, struct dcf_buf *out)
{
	struct dcf_span p, o, feature;
	size_t before = out->len;

	for (size_t i = 0; dcf_stage_feature(st, i, &p, &o, &feature); i++)
		if (dcf_span_eq(p, party) && dcf_span_eq(o, operation)) {
			dcf_put_json_compact(out, feature);
			dcf_buf_char(out, '\n');
		}
	return out->len > before;
}

/* Everything but parties and features is the airspace that both nodes load. */
static void cut_airspace(struct dcf_stage *st)
{
	struct dcf_json_members m = dcf_json_members_of(dcf_buf_as_span(&st->plan));
	struct dcf_span name, value;
	bool first = true;

	dcf_buf_char(&st->airspace, '{');
	while (dcf_json_members_next(&m, &name, &value)) {
		if (dcf_span_eq(name, DCF_SPAN("parties")) || dcf_span_eq(name, DCF_SPAN("features")))
			continue;
		dcf_buf_z(&st->airspace, first ? "\"" : ",\"");
		dcf_buf_span(&st->airspace, name);
		dcf_buf_z(&st->airspace, "\":");
		dcf_put_json_compact(&st->airspace, value);
		first = false;
	}
	dcf_buf_z(&st->airspace, first ? "\"features\":[]}" : ",\"features\":[]}");
}

static enum dcf_status read_plan(struct dcf_stage *st, const char *name)
{
	struct dcf_jdoc doc = { 0 };
	char path[1000];
	const char *said = "";
	size_t len;
	enum dcf_status s;

	snprintf(path, sizeof path, "%s/%s", st->o->folder, name);
	s = dcf_node_read_file(path, PLAN_MOST, &st->plan, st->err);
	if (s != DCF_OK && s != DCF_E_NOMEM)
		return st->err->code = DCF_E_SYNTAX; /* bad input, as a script would be */
	if (s != DCF_OK)
		return s;
	len = st->plan.len;
	dcf_buf_fill(&st->plan, ' ', DCF_JSON_SLACK);
	if (st->plan.failed)
		return DCF_E_NOMEM;
	st->plan.len = len;
	s = dcf_jparse(&doc, st->plan.p, len, &said);
	dcf_jfree(&doc);
	if (s == DCF_E_NOMEM)
		return s;
	if (s != DCF_OK)
		return dcf_stage_wrong(st, 0, "plan: %s: %s", name, said);
	cut_airspace(st);
	return st->airspace.failed ? DCF_E_NOMEM : DCF_OK;
}

/* --- the script ------------------------------------------------------------------------------------------ */

enum dcf_status dcf_stage_only_known(struct dcf_stage *st, size_t step, struct dcf_jval v, const char *const *known,
				     size_t count)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_span name;
	struct dcf_jval value;

	while (dcf_jmember(&it, &name, &value)) {
		size_t i = 0;

		while (i < count && !dcf_span_eq(name, dcf_span_of(known[i])))
			i++;
		if (i == count)
			return dcf_stage_wrong(st, step, "found \"%.*s\", which no %s has", (int)name.len, name.p,
					       step ? "step" : "script");
	}
	return DCF_OK;
}

static enum dcf_status only_known(struct dcf_stage *st, struct dcf_jval v)
{
	static const char *const known[] = {
		"deconflict_rehearsal", "title", "story", "plan", "sides", "begin", "end", "steps"
	};

	return dcf_stage_only_known(st, 0, v, known, sizeof known / sizeof *known);
}

static enum dcf_status read_sides(struct dcf_stage *st)
{
	struct dcf_jwalk it = dcf_jwalk(dcf_jget(st->root, "sides"));
	struct dcf_span id, object;
	struct dcf_jval v;
	size_t n = 0;

	for (; dcf_jnext(&it, &v); n++) {
		bool known = false;

		if (n == 2 || !(st->actor[n].party = dcf_stage_text(st, v)))
			return dcf_stage_wrong(st, 0, "sides: expected the ids of two parties");
		for (size_t i = 0; !known && dcf_stage_party(st, i, &id, &object); i++)
			known = dcf_span_eq(id, dcf_span_of(st->actor[n].party));
		if (!known)
			return dcf_stage_wrong(st, 0, "sides: %s is no party of the plan", st->actor[n].party);
	}
	if (n != 2 || strcmp(st->actor[0].party, st->actor[1].party) == 0)
		return dcf_stage_wrong(st, 0, "sides: expected the ids of two parties");
	return DCF_OK;
}

enum dcf_status dcf_stage_read(struct dcf_stage *st)
{
	struct dcf_buf text = { .from = st->o->from };
	const char *plan, *said = "";
	int64_t version = 0;
	enum dcf_status s;

	if (st->o->script.len > SCRIPT_MOST)
		return dcf_stage_wrong(st, 0, "more than 4 MiB");
	dcf_buf_span(&text, st->o->script);
	dcf_buf_fill(&text, ' ', DCF_JSON_SLACK);
	s = text.failed ? DCF_E_NOMEM : dcf_jparse(&st->doc, text.p, st->o->script.len, &said);
	dcf_buf_free(&text);
	if (s != DCF_OK)
		return s == DCF_E_NOMEM ? s : dcf_stage_wrong(st, 0, "%s", said);
	st->root = dcf_jroot(&st->doc);
	if (dcf_jkind(dcf_jget(st->root, "deconflict_rehearsal")) == DCF_J_I64)
		memcpy(&version, &st->doc.tape[dcf_jget(st->root, "deconflict_rehearsal").at + 1], sizeof version);
	if (version != 1)
		return dcf_stage_wrong(st, 0, "expected \"deconflict_rehearsal\": 1");
	s = only_known(st, st->root);
	plan = dcf_stage_text(st, dcf_jget(st->root, "plan"));
	if (s == DCF_OK && (!plan || strchr(plan, '/')))
		s = dcf_stage_wrong(st, 0, "plan: expected the name of an operations file beside the script");
	s = s == DCF_OK ? read_plan(st, plan) : s;
	s = s == DCF_OK ? read_sides(st) : s;
	if (s == DCF_OK && !dcf_stage_time(dcf_jget(st->root, "begin"), &st->begin_us))
		s = dcf_stage_wrong(st, 0, "begin: expected a time with its zone");
	if (s == DCF_OK && dcf_jkind(dcf_jget(st->root, "steps")) != DCF_J_ARRAY)
		s = dcf_stage_wrong(st, 0, "steps: expected a list");
	return s;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/exchange.h"
#include "domain/frame.h"
#include "domain/text_source.h"
#include "format/json.h"

#include <stdio.h>

static void say(struct dcf_buf *why, struct dcf_span where, const char *text)
{
	if (!why)
		return;
	dcf_buf_span(why, where);
	dcf_buf_z(why, where.len ? ": " : "");
	dcf_buf_z(why, text);
	dcf_buf_char(why, '\n');
}

static void say_remarks(struct dcf_buf *why, const struct dcf_plan *plan)
{
	for (size_t i = 0; i < plan->remark_count && why; i++) {
		if (!plan->remarks[i].refused)
			continue;
		dcf_buf_span(why, plan->remarks[i].where);
		dcf_buf_z(why, ": ");
		dcf_buf_span(why, plan->remarks[i].text);
		dcf_buf_char(why, '\n');
	}
}

/* An operations file that only lists the parties. */
static enum dcf_status read_parties(struct dcf_frame *f, size_t party_count, struct dcf_buf *why)
{
	struct dcf_buf text = { .from = f->from };
	enum dcf_status s;

	dcf_buf_z(&text, "{\"type\":\"FeatureCollection\",\"deconflict\":1,\"parties\":[");
	for (size_t i = 0; i < party_count; i++) {
		dcf_buf_z(&text, i ? ",\n" : "\n");
		dcf_buf_span(&text, f->party[i].text);
	}
	dcf_buf_z(&text, "],\"features\":[]}");
	s = text.failed ? DCF_E_NOMEM : dcf_read_text_into(&f->plan, DCF_SPAN("party"), dcf_buf_as_span(&text));
	dcf_buf_free(&text);
	if (s == DCF_E_NOMEM)
		return s;
	if (s != DCF_OK || dcf_plan_any_refused(&f->plan)) {
		say_remarks(why, &f->plan);
		return DCF_E_REFUSED;
	}
	if (f->plan.party_count != party_count) {
		say(why, DCF_SPAN("party"), "found two parties of one id, or one without, expected one each");
		return DCF_E_REFUSED;
	}
	return DCF_OK;
}

/* --- members that no reader of files knows -------------------------------------------------------------- */

/* A text of the frame as JSON; `padded` holds it while `doc` is used. */
struct opened {
	struct dcf_jdoc doc;
	struct dcf_buf padded;
};

static enum dcf_status open_text(struct opened *o, struct dcf_span text, const struct dcf_alloc *a, struct dcf_jval *root)
{
	const char *why;
	enum dcf_status s;

	*o = (struct opened){ .padded = { .from = a } };
	*root = (struct dcf_jval){ NULL, 0 };
	dcf_buf_span(&o->padded, text);
	dcf_buf_fill(&o->padded, ' ', DCF_JSON_SLACK);
	s = o->padded.failed ? DCF_E_NOMEM : dcf_jparse(&o->doc, o->padded.p, text.len, &why);
	if (s == DCF_OK && dcf_jkind(dcf_jroot(&o->doc)) == DCF_J_OBJECT)
		*root = dcf_jroot(&o->doc);
	return s == DCF_E_NOMEM ? s : DCF_OK;
}

static void close_text(struct opened *o)
{
	dcf_jfree(&o->doc);
	dcf_buf_free(&o->padded);
}

/* {"value": 5, "unit": "km"} in metres; 0 when it is none. */
static double length_of(struct dcf_jval v)
{
	static const struct {
		const char *unit;
		double metres;
	} units[] = { { "m", 1 }, { "km", 1000 }, { "NM", 1852 }, { "ft", 0.3048 } };
	double n;

	if (dcf_jkind(v) != DCF_J_OBJECT || !dcf_jdouble(dcf_jget(v, "value"), &n))
		return 0;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (dcf_jis(dcf_jget(v, "unit"), units[i].unit))
			return n * units[i].metres;
	return 0;
}

/* False for what is no disclosure; then *what is the nearest that tells no more than it may have meant. */
static bool disclosure_of(struct dcf_jval v, enum dcf_disclosure *what, double *step_m)
{
	double step = length_of(dcf_jget(v, "step"));

	*what = DCF_DISCLOSE_NOTHING;
	if (dcf_jnone(v) || dcf_jis(v, "none"))
		return true;
	if (dcf_jis(v, "exists") || dcf_jkind(v) == DCF_J_OBJECT)
		*what = DCF_DISCLOSE_EXISTS;
	if (dcf_jkind(v) != DCF_J_OBJECT)
		return *what == DCF_DISCLOSE_EXISTS;
	if (!(step >= DCF_STEP_LEAST_M && step <= DCF_STEP_MOST_M))
		return false;
	*what = DCF_DISCLOSE_STEP;
	*step_m = step;
	return true;
}

static struct dcf_jval disclosure_in(struct dcf_jval airspace)
{
	struct dcf_jval agreement = dcf_jget(airspace, "agreement");

	return dcf_jkind(agreement) == DCF_J_OBJECT ? dcf_jget(agreement, "disclosure") : (struct dcf_jval){ NULL, 0 };
}

static enum dcf_status read_disclosure(struct dcf_frame *f)
{
	struct opened o;
	struct dcf_jval root;
	enum dcf_status s = open_text(&o, f->airspace.text, f->from, &root);

	if (root.doc) {
		(void)disclosure_of(disclosure_in(root), &f->disclosure, &f->step_m);
		f->airspace.marked = !dcf_jnone(dcf_jget(root, "exercise"));
	}
	close_text(&o);
	return s;
}

static enum dcf_status read_people(struct dcf_frame *f, size_t i)
{
	struct opened o;
	struct dcf_jval root;
	enum dcf_status s = open_text(&o, f->party[i].text, f->from, &root);

	f->party[i].marked = root.doc && !dcf_jnone(dcf_jget(root, "exercise"));
	close_text(&o);
	return s == DCF_OK ? dcf_people_read(f->party[i].text, f->from, &f->plan.arena, &f->people[i], NULL, NULL) : s;
}

/* An object of an exercise is never taken for one of the real world, nor the other way round. */
static bool exercise_agrees(struct dcf_jval root, bool exercise)
{
	struct dcf_jval v = dcf_jget(root, "exercise");

	return dcf_jnone(v) || dcf_jkind(v) == (exercise ? DCF_J_TRUE : DCF_J_FALSE);
}

static const char *exercise_fault(bool exercise)
{
	return exercise ? "found something else than true, but this node is of an exercise"
			: "found something else than false, but this node is of no exercise";
}

static struct dcf_span pointer_to(const char *list, size_t i, char *to)
{
	return (struct dcf_span){ to, (size_t)sprintf(to, "party#/%s/%zu", list, i) };
}

/* The name by which a label releases an operation to the exchange is nobody's. */
static size_t judge_reserved(struct dcf_span id, const struct dcf_people *people, struct dcf_buf *why)
{
	static const char reserved[] =
		"found \"" DCF_EXCHANGE_NAME "\", which means the exchange with other providers, expected another id";
	char where[64];
	size_t faults = dcf_span_eq(id, DCF_SPAN(DCF_EXCHANGE_NAME));

	if (faults)
		say(why, DCF_SPAN("party#/id"), reserved);
	for (size_t i = 0; i < people->member_count; i++)
		if (dcf_span_eq(people->members[i].id, DCF_SPAN(DCF_EXCHANGE_NAME))) {
			faults++;
			say(why, pointer_to("members", i, where), reserved);
		}
	return faults;
}

/* Names that a party brings and that mean somebody else already. */
static size_t judge_names(const struct dcf_frame *frame, struct dcf_span id, const struct dcf_people *people,
			  struct dcf_buf *why)
{
	char where[64];
	size_t faults = 0;

	for (size_t p = 0; p < frame->plan.party_count; p++) {
		bool self = dcf_span_eq(frame->plan.parties[p].id, id);

		if (!self && dcf_people_member(&frame->people[p], id)) {
			faults++;
			say(why, DCF_SPAN("party#/id"), "found the id of another party's member, expected one of its own");
		}
		for (size_t i = 0; i < people->member_count; i++) {
			struct dcf_span m = people->members[i].id;
			const char *taken = dcf_span_eq(frame->plan.parties[p].id, m)
						    ? "found the id of a party, expected one of the member's own"
					    : !self && dcf_people_member(&frame->people[p], m)
						    ? "found a member of another party, expected one of this alone"
						    : NULL;

			faults += taken != NULL;
			if (taken)
				say(why, pointer_to("members", i, where), taken);
		}
	}
	return faults;
}

enum dcf_status dcf_frame_judge_party(const struct dcf_frame *frame, struct dcf_span text, bool exercise,
				      const struct dcf_alloc *a, struct dcf_buf *why)
{
	struct dcf_arena arena = { .from = a };
	struct dcf_people people;
	size_t faults = 0;
	struct opened o;
	struct dcf_jval root, id;
	enum dcf_status s = dcf_people_read(text, a, &arena, &people, &faults, why), opened;

	opened = open_text(&o, text, a, &root);
	s = s == DCF_OK ? opened : s;
	if (s == DCF_OK && root.doc) {
		id = dcf_jget(root, "id");
		if (!exercise_agrees(root, exercise)) {
			faults++;
			say(why, DCF_SPAN("party#/exercise"), exercise_fault(exercise));
		}
		if (dcf_jkind(id) == DCF_J_STRING && dcf_people_member(&people, dcf_jstring(id))) {
			faults++;
			say(why, DCF_SPAN("party#/members"), "found the party's own id, expected ids of members");
		}
		/* Places in the list are those of the text only while none was left out. */
		if (dcf_jkind(id) == DCF_J_STRING && faults == 0)
			faults += judge_reserved(dcf_jstring(id), &people, why);
		if (dcf_jkind(id) == DCF_J_STRING && faults == 0)
			faults += judge_names(frame, dcf_jstring(id), &people, why);
	}
	close_text(&o);
	dcf_arena_free(&arena);
	return s == DCF_OK && faults ? DCF_E_REFUSED : s;
}

enum dcf_status dcf_frame_judge_airspace(struct dcf_span text, bool exercise, const struct dcf_alloc *a, struct dcf_buf *why)
{
	struct opened o;
	struct dcf_jval root;
	enum dcf_disclosure what;
	double step_m;
	size_t faults = 0;
	enum dcf_status s = open_text(&o, text, a, &root);

	if (s == DCF_OK && root.doc && !exercise_agrees(root, exercise)) {
		faults++;
		say(why, DCF_SPAN("airspace#/exercise"), exercise_fault(exercise));
	}
	if (s == DCF_OK && root.doc && !disclosure_of(disclosure_in(root), &what, &step_m)) {
		faults++;
		say(why, DCF_SPAN("airspace#/agreement/disclosure"),
		    "found no disclosure, expected \"none\", \"exists\" or {\"step\": {\"value\": ..., \"unit\": ...}} of 1 m to 100 km");
	}
	close_text(&o);
	return s == DCF_OK && faults ? DCF_E_REFUSED : s;
}

bool dcf_frame_member(const struct dcf_frame *frame, struct dcf_span id)
{
	for (size_t i = 0; i < frame->plan.party_count; i++)
		if (dcf_people_member(&frame->people[i], id))
			return true;
	return false;
}

/* --- the frame ------------------------------------------------------------------------------------------ */

static enum dcf_status read_airspace(struct dcf_frame *f, size_t party_count, struct dcf_buf *why)
{
	enum dcf_status s;

	if (f->airspace.text.len == 0)
		return DCF_OK;
	s = dcf_read_text_into(&f->plan, DCF_SPAN("airspace"), f->airspace.text);
	s = s == DCF_OK ? dcf_read_finish(&f->plan) : s;
	if (s == DCF_E_NOMEM)
		return s;
	if (s != DCF_OK || dcf_plan_any_refused(&f->plan)) {
		say_remarks(why, &f->plan);
		return DCF_E_REFUSED;
	}
	if (f->plan.feature_count || f->plan.party_count != party_count) {
		say(why, DCF_SPAN("airspace"),
		    f->plan.feature_count ? "found features, expected agreement, atmosphere and places only"
					  : "found a party that is not declared, expected the parties to be made first");
		return DCF_E_REFUSED;
	}
	return read_disclosure(f);
}

static struct dcf_frame_text keep(struct dcf_frame *f, struct dcf_frame_text t)
{
	return (struct dcf_frame_text){ .text = dcf_arena_copy(&f->plan.arena, t.text), .position = t.position };
}

enum dcf_status dcf_frame_make(const struct dcf_frame_text *party, size_t party_count, struct dcf_frame_text airspace,
			       const struct dcf_alloc *a, struct dcf_frame **out, struct dcf_buf *why)
{
	struct dcf_frame *f;
	enum dcf_status s = DCF_OK;

	if (party_count > DCF_PARTIES_MAX)
		return DCF_E_LIMIT;
	f = dcf_alloc_new(a, sizeof *f);
	if (!f)
		return DCF_E_NOMEM;
	*f = (struct dcf_frame){ .from = a };
	dcf_plan_init(&f->plan, a);
	f->party = dcf_arena_get(&f->plan.arena, party_count * sizeof *f->party);
	f->people = dcf_arena_get(&f->plan.arena, party_count * sizeof *f->people);
	f->airspace = keep(f, airspace);
	if (!f->party || !f->people || !f->airspace.text.p)
		s = DCF_E_NOMEM;
	for (size_t i = 0; i < party_count && s == DCF_OK; i++) {
		f->party[i] = keep(f, party[i]);
		s = f->party[i].text.p ? read_people(f, i) : DCF_E_NOMEM;
	}
	s = s == DCF_OK ? read_parties(f, party_count, why) : s;
	s = s == DCF_OK ? read_airspace(f, party_count, why) : s;
	if (s != DCF_OK) {
		dcf_frame_free(f);
		return s;
	}
	*out = f;
	return DCF_OK;
}

void dcf_frame_free(struct dcf_frame *frame)
{
	if (!frame)
		return;
	dcf_plan_free(&frame->plan);
	dcf_alloc_free(frame->from, frame, sizeof *frame);
}

/* The id of a party's text, copied to `arena`. */
static enum dcf_status id_of(struct dcf_span text, struct dcf_arena *arena, struct dcf_span *id)
{
	struct opened o;
	struct dcf_jval root, v;
	enum dcf_status s = open_text(&o, text, arena->from, &root);

	*id = (struct dcf_span){ NULL, 0 };
	v = root.doc ? dcf_jget(root, "id") : root;
	if (s == DCF_OK && dcf_jkind(v) == DCF_J_STRING) {
		*id = dcf_arena_copy(arena, dcf_jstring(v));
		s = id->p ? DCF_OK : DCF_E_NOMEM;
	}
	close_text(&o);
	if (s == DCF_E_NOMEM)
		return s;
	return s == DCF_OK && id->len ? DCF_OK : DCF_E_REFUSED;
}

enum dcf_status dcf_frame_with_party(const struct dcf_frame *frame, struct dcf_frame_text text, const struct dcf_alloc *a,
				     struct dcf_frame **out, struct dcf_buf *why)
{
	struct dcf_arena arena = { .from = a };
	size_t n = frame->plan.party_count;
	struct dcf_frame_text *party = dcf_arena_get(&arena, (n + 1) * sizeof *party);
	struct dcf_span id;
	enum dcf_status s = party ? id_of(text.text, &arena, &id) : DCF_E_NOMEM;

	if (s == DCF_OK) {
		uint32_t at = dcf_plan_find_party(&frame->plan, id);

		if (n)
			memcpy(party, frame->party, n * sizeof *party);
		party[at == DCF_NONE ? n : at] = text;
		s = dcf_frame_make(party, n + (at == DCF_NONE), frame->airspace, a, out, why);
	} else if (s == DCF_E_REFUSED) {
		say(why, DCF_SPAN("party"), "found no JSON object with a string \"id\", expected {\"id\": \"...\", ...}");
	}
	dcf_arena_free(&arena);
	return s;
}

enum dcf_status dcf_frame_with_airspace(const struct dcf_frame *frame, struct dcf_frame_text text, const struct dcf_alloc *a,
					struct dcf_frame **out, struct dcf_buf *why)
{
	return dcf_frame_make(frame->party, frame->plan.party_count, text, a, out, why);
}

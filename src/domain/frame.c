/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/frame.h"
#include "domain/text_source.h"
#include "format/json.h"

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

static enum dcf_disclosure disclosure_of(struct dcf_jval v)
{
	return dcf_jis(v, "exists") || dcf_jkind(v) == DCF_J_OBJECT ? DCF_DISCLOSE_EXISTS : DCF_DISCLOSE_NOTHING;
}

static enum dcf_status read_disclosure(struct dcf_frame *f)
{
	struct dcf_buf text = { .from = f->from };
	struct dcf_jdoc doc = { 0 };
	const char *why;
	enum dcf_status s;

	dcf_buf_span(&text, f->airspace.text);
	dcf_buf_fill(&text, ' ', DCF_JSON_SLACK);
	s = text.failed ? DCF_E_NOMEM : dcf_jparse(&doc, text.p, f->airspace.text.len, &why);
	if (s == DCF_OK)
		f->disclosure = disclosure_of(dcf_jget(dcf_jget(dcf_jroot(&doc), "agreement"), "disclosure"));
	dcf_jfree(&doc);
	dcf_buf_free(&text);
	return s;
}

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
		    f->plan.feature_count ? "found features, expected agreement, atmosphere and places only" :
					    "found a party that is not declared, expected the parties to be made first");
		return DCF_E_REFUSED;
	}
	return read_disclosure(f);
}

static struct dcf_frame_text keep(struct dcf_frame *f, struct dcf_frame_text t)
{
	return (struct dcf_frame_text){ dcf_arena_copy(&f->plan.arena, t.text), t.position };
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
	f->airspace = keep(f, airspace);
	if (!f->party || !f->airspace.text.p)
		s = DCF_E_NOMEM;
	for (size_t i = 0; i < party_count && s == DCF_OK; i++) {
		f->party[i] = keep(f, party[i]);
		s = f->party[i].text.p ? DCF_OK : DCF_E_NOMEM;
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
	struct dcf_jdoc doc = { 0 };
	char *padded = dcf_arena_get(arena, text.len + DCF_JSON_SLACK);
	const char *why;
	enum dcf_status s;

	*id = (struct dcf_span){ NULL, 0 };
	if (!padded)
		return DCF_E_NOMEM;
	memcpy(padded, text.p, text.len);
	memset(padded + text.len, ' ', DCF_JSON_SLACK);
	s = dcf_jparse(&doc, padded, text.len, &why);
	if (s == DCF_OK && dcf_jkind(dcf_jget(dcf_jroot(&doc), "id")) == DCF_J_STRING)
		*id = dcf_arena_copy(arena, dcf_jstring(dcf_jget(dcf_jroot(&doc), "id")));
	dcf_jfree(&doc);
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

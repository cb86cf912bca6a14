/* SPDX-License-Identifier: Apache-2.0 */
/* api_refused.c - what is wrong with a request that was to change something, and where in its body. */
#define _GNU_SOURCE /* memmem */
#include "node/api_declare.h"
#include "domain/text_source.h"
#include "format/json.h"

#include <string.h>

enum { NAME_MOST = 512 };

/* "body#/features/3" with field "lower" -> "/features/3"; what has no pointer is about the whole. */
static struct dcf_span pointer_of(struct dcf_span where)
{
	const char *hash = where.len ? memchr(where.p, '#', where.len) : NULL;

	return hash ? (struct dcf_span){ hash + 1, (size_t)(where.p + where.len - hash) - 1 } : (struct dcf_span){ "", 0 };
}

/* "/parties/3/limits" without two segments -> "/limits" */
static struct dcf_span after_segments(struct dcf_span pointer, unsigned n)
{
	size_t i = 0;

	for (; i < pointer.len; i++)
		if (pointer.p[i] == '/' && n-- == 0)
			break;
	return (struct dcf_span){ pointer.p + i, pointer.len - i };
}

enum dcf_http_next dcf_api_refused(struct dcf_http_reply *reply, const struct dcf_plan *plan)
{
	enum { FAULTS = 200 };
	struct dcf_http_fault *faults = dcf_arena_get(reply->request->arena, FAULTS * sizeof *faults);
	size_t n = 0;

	for (size_t i = 0; i < plan->remark_count && faults && n < FAULTS; i++) {
		const struct dcf_remark *r = &plan->remarks[i];

		if (r->refused)
			faults[n++] = (struct dcf_http_fault){ dcf_arena_copy(reply->request->arena, pointer_of(r->where)),
							       dcf_arena_copy(reply->request->arena, r->text) };
	}
	return dcf_http_problem_at(reply, 422, "refused", DCF_SPAN("nothing was taken: part of it is not understood"), faults,
				   n);
}

enum dcf_http_next dcf_api_shape_refused(struct dcf_http_reply *reply, const struct dcf_plan *plan, size_t operation,
					 uint32_t which, const char *why)
{
	struct dcf_http_fault fault = { DCF_SPAN(""), dcf_span_of(why) };

	for (size_t i = 0; i < plan->feature_count; i++)
		if (plan->features[i].operation == operation && which-- == 0)
			fault.pointer = dcf_arena_copy(reply->request->arena, pointer_of(plan->features[i].where));
	return dcf_http_problem_at(reply, 422, "refused", DCF_SPAN("nothing was taken: a shape cannot be"), &fault, 1);
}

/* Lines "where: what" into faults; where is "airspace#/agreement/separation/0", or "party#/parties/3/limits" in a list of all.
 */
static enum dcf_http_next frame_refused(struct dcf_http_reply *reply, struct dcf_span why)
{
	enum { FAULTS = 100 };
	struct dcf_http_fault *faults = dcf_arena_get(reply->request->arena, FAULTS * sizeof *faults);
	size_t n = 0;

	why = dcf_arena_copy(reply->request->arena, why);
	while (why.len && faults && n < FAULTS) {
		const char *end = memchr(why.p, '\n', why.len), *colon;
		struct dcf_span line = { why.p, end ? (size_t)(end - why.p) : why.len };
		struct dcf_span pointer;

		why = (struct dcf_span){ why.p + line.len + (end ? 1 : 0), why.len - line.len - (end ? 1 : 0) };
		colon = line.len ? memchr(line.p, ':', line.len) : NULL;
		pointer = pointer_of((struct dcf_span){ line.p, colon ? (size_t)(colon - line.p) : 0 });
		if (pointer.len > 9 && memcmp(pointer.p, "/parties/", 9) == 0)
			pointer = after_segments(pointer, 2);
		if (colon && line.p + line.len - colon > 2)
			line = (struct dcf_span){ colon + 2, (size_t)(line.p + line.len - colon) - 2 };
		faults[n++] = (struct dcf_http_fault){ pointer, line };
	}
	return dcf_http_problem_at(reply, 422, "refused", DCF_SPAN("the text is not understood"), faults, n);
}

bool dcf_api_exercise_agrees(struct dcf_http_request *rq, struct dcf_http_reply *reply, const struct dcf_view *view)
{
	static const char member[] = "\"exercise\"";
	bool exercise = dcf_view_facts(view).exercise, agrees = true;
	struct dcf_jdoc doc = { 0 };
	struct dcf_http_fault fault = { DCF_SPAN("/exercise"),
					exercise ? DCF_SPAN("expected true, or nothing: this node is of an exercise")
						 : DCF_SPAN("expected nothing: this node is of no exercise") };
	const char *why;
	char *p;

	if (!rq->body.len || !memmem(rq->body.p, rq->body.len, member, sizeof member - 1))
		return true;
	p = dcf_arena_get(rq->arena, rq->body.len + DCF_JSON_SLACK);
	if (!p) {
		(void)dcf_http_problem(reply, 503, "memory", DCF_SPAN("out of memory"));
		return false;
	}
	memcpy(p, rq->body.p, rq->body.len);
	memset(p + rq->body.len, ' ', DCF_JSON_SLACK);
	if (dcf_jparse(&doc, p, rq->body.len, &why) == DCF_OK) {
		struct dcf_jval v = dcf_jget(dcf_jroot(&doc), "exercise");

		agrees = dcf_jnone(v) || dcf_jkind(v) == (exercise ? DCF_J_TRUE : DCF_J_FALSE);
	}
	dcf_jfree(&doc);
	if (!agrees)
		(void)dcf_http_problem_at(reply, 422, "refused",
					  DCF_SPAN("nothing was taken: an exercise and the real world must not mix"), &fault,
					  1);
	return agrees;
}

/* What the state objects to, as HTTP says it. */
static enum dcf_http_next objected(struct dcf_http_reply *reply, const struct dcf_ticket *t)
{
	static const struct {
		unsigned status;
		const char *kind, *text;
	} say[] = {
		[DCF_OBJECT_NOT_THERE] = { 404, "not-found", "no such operation stands" },
		[DCF_OBJECT_THERE] = { 409, "declared",
				       "an operation of this party and id stands already: amend it with PUT and If-Match" },
		[DCF_OBJECT_CHANGED] = { 412, "changed", "another version stands than the one named in If-Match" },
		[DCF_OBJECT_STATE] = { 409, "state", "that is no event of the state that the operation is in" },
		[DCF_OBJECT_PARTY] = { 422, "party", "no such party" },
		[DCF_OBJECT_FRAME] = { 422, "refused", "the text is not understood" },
		[DCF_OBJECT_FOUNDED] = { 409, "founded", "the record has its founding entry" },
	};

	if (t->objection == DCF_OBJECT_FRAME && t->why.len)
		return frame_refused(reply, dcf_buf_as_span(&t->why));
	return dcf_http_problem(reply, say[t->objection].status, say[t->objection].kind, dcf_span_of(say[t->objection].text));
}

bool dcf_api_ticket_fine(struct dcf_http_reply *reply, const struct dcf_ticket *t)
{
	switch (t->answer) {
	case DCF_TICKET_TAKEN:
	case DCF_TICKET_REPEATED:
		return true;
	case DCF_TICKET_OTHER:
		(void)dcf_http_problem(reply, 422, "idempotency-key",
				       DCF_SPAN("this Idempotency-Key came before with another request"));
		return false;
	case DCF_TICKET_OBJECTED:
		(void)objected(reply, t);
		return false;
	case DCF_TICKET_UNAVAILABLE:
		break;
	}
	dcf_http_reply_header(reply, "Retry-After", DCF_SPAN("1"));
	(void)dcf_http_problem(
		reply, 503, "record",
		DCF_SPAN(
			"the record cannot be written now; before asking again without an Idempotency-Key, look whether it is there all the same"));
	return false;
}

/* Can it stand in a path?  What could be declared and then neither shown nor withdrawn must not be declared. */
static bool is_segment(struct dcf_span id)
{
	bool plain = id.len > 0 && id.len <= NAME_MOST && !dcf_span_eq(id, DCF_SPAN(".")) && !dcf_span_eq(id, DCF_SPAN(".."));

	for (size_t i = 0; i < id.len; i++)
		plain &= (unsigned char)id.p[i] >= 0x20 && id.p[i] != 0x7f && id.p[i] != '/' && id.p[i] != '\\';
	return plain;
}

bool dcf_api_names_fit(struct dcf_http_reply *reply, const struct dcf_plan *plan)
{
	struct dcf_http_fault fault = {
		.detail = DCF_SPAN("found an operation's id that cannot stand in a path, expected 1 to 512 bytes without "
				   "slashes and control characters, and not dots alone")
	};

	for (size_t i = 0; i < plan->feature_count; i++) {
		if (is_segment(plan->operations[plan->features[i].operation].id))
			continue;
		fault.pointer = dcf_arena_copy(reply->request->arena, pointer_of(plan->features[i].where));
		(void)dcf_http_problem_at(reply, 422, "refused", DCF_SPAN("nothing was taken: a name cannot be"), &fault, 1);
		return false;
	}
	return true;
}

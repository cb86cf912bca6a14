/* SPDX-License-Identifier: Apache-2.0 */
/* api_line_label.c - may it go?  Labels are enforced here, before a message is signed; in doubt it stays. */
#include "node/api_line.h"
#include "domain/free_text.h"
#include "domain/text_source.h"
#include "format/notation.h"

enum { HITS_MOST = 16, TEXT_DEPTH = DCF_MESSAGE_DEPTH_MAX };

/* --- reasons ------------------------------------------------------------------------------------------ */

static struct dcf_span joined(struct dcf_arena *arena, const struct dcf_span *text, size_t n)
{
	size_t len = 0, at = 0;
	char *p;

	for (size_t i = 0; i < n; i++)
		len += text[i].len;
	p = dcf_arena_get(arena, len + 1);
	if (!p)
		return DCF_SPAN("out of memory");
	for (size_t i = 0; i < n; i++) {
		memcpy(p + at, text[i].p ? text[i].p : "", text[i].len);
		at += text[i].len;
	}
	return (struct dcf_span){ p, len };
}

static void add(struct dcf_line_reasons *r, struct dcf_line_reason row)
{
	if (!row.holds && !row.info)
		r->all = false;
	if (r->count < DCF_LINE_REASONS_MAX)
		r->row[r->count++] = row;
	else
		r->row[DCF_LINE_REASONS_MAX - 1] =
			(struct dcf_line_reason){ "more", r->all, r->all, 422,
						  DCF_SPAN("there are more reasons than are shown") };
}

void dcf_line_reason(struct dcf_line_reasons *r, const char *rule, bool holds, unsigned status, const struct dcf_span *text,
		     size_t n)
{
	add(r, (struct dcf_line_reason){ rule, holds, false, status, joined(r->arena, text, n) });
}

void dcf_line_remark(struct dcf_line_reasons *r, const char *rule, bool holds, const struct dcf_span *text, size_t n)
{
	add(r, (struct dcf_line_reason){ rule, holds, true, 0, joined(r->arena, text, n) });
}

/* --- labels ------------------------------------------------------------------------------------------- */

/* What one label says beside whom it names. */
static bool caveat_known(struct dcf_span name)
{
	return dcf_span_eq(name, DCF_SPAN("NO-FORWARD")) || dcf_span_eq(name, DCF_SPAN("NO-PUBLISH")) ||
	       dcf_span_eq(name, DCF_SPAN("TEAR"));
}

static void judge_caveat(struct dcf_span name, struct dcf_span forward, struct dcf_line_reasons *r)
{
	if (!caveat_known(name))
		DCF_REASON(r, "caveat", false, 403, DCF_SPAN("the label has the caveat "), name,
			   DCF_SPAN(", which this node does not know"));
	else if (dcf_span_eq(name, DCF_SPAN("TEAR")))
		DCF_REASON(r, "caveat", false, 403,
			   DCF_SPAN("the label has the caveat TEAR: declare what stands below the tear line as an operation of "
				    "its own, and notify that"));
	else if (dcf_span_eq(name, DCF_SPAN("NO-FORWARD")))
		DCF_REASON(r, "caveat", forward.len == 0, 403,
			   forward.len ? DCF_SPAN("the label has the caveat NO-FORWARD: the recipient may pass it on to nobody")
				       : DCF_SPAN("NO-FORWARD: the recipient may pass it on to nobody"));
	else
		DCF_REMARK(r, "caveat", true, DCF_SPAN("NO-PUBLISH: what is sent is not for the public"));
}

static void judge_caveats(struct dcf_jval label, struct dcf_span forward, struct dcf_line_reasons *r)
{
	struct dcf_jval list = dcf_jget(label, "caveats"), item;
	struct dcf_jwalk it = dcf_jwalk(list);

	if (dcf_jnone(list))
		return;
	if (dcf_jkind(list) != DCF_J_ARRAY) {
		DCF_REASON(r, "caveat", false, 403, DCF_SPAN("the label's caveats are no list"));
		return;
	}
	while (dcf_jnext(&it, &item))
		judge_caveat(dcf_jkind(item) == DCF_J_STRING ? dcf_jstring(item) : DCF_SPAN("(no text)"), forward, r);
}

static void judge_end(struct dcf_jval label, int64_t now_us, struct dcf_line_reasons *r)
{
	struct dcf_jval expires = dcf_jget(label, "expires");
	struct dcf_when when;

	if (dcf_jnone(expires))
		return;
	if (dcf_jkind(expires) != DCF_J_STRING || dcf_when_parse(dcf_jstring(expires), &when, NULL) != DCF_OK)
		DCF_REASON(r, "label", false, 403, DCF_SPAN("the label's expires is no time"));
	else if (when.us <= now_us)
		DCF_REASON(r, "label", false, 403, DCF_SPAN("the label expired at "), dcf_jstring(expires));
}

/* The next of the ids between commas. */
static bool next_id(struct dcf_span *list, struct dcf_span *id)
{
	const char *comma = list->len ? memchr(list->p, ',', list->len) : NULL;
	size_t n = comma ? (size_t)(comma - list->p) : list->len;

	if (!list->len)
		return false;
	*id = (struct dcf_span){ list->p, n };
	n += comma != NULL;
	*list = (struct dcf_span){ list->p + n, list->len - n };
	return true;
}

static bool op_released_to(const struct dcf_view *view, const struct dcf_op *op, struct dcf_span party)
{
	uint32_t index = dcf_plan_find_party(&view->frame->plan, party);

	return index != DCF_NONE && dcf_op_may_know(op, index);
}

/* Each feature has a label of its own; every one must hold. */
static enum dcf_status judge_features(struct dcf_span features, struct dcf_span forward, int64_t now_us,
				      struct dcf_line_reasons *r)
{
	struct dcf_jdoc doc = { 0 };
	enum dcf_status s = DCF_OK;

	while (features.len && s == DCF_OK) {
		const char *end = memchr(features.p, '\n', features.len);
		struct dcf_span line = { features.p, end ? (size_t)(end - features.p) : features.len };
		struct dcf_jval root, label;

		features = (struct dcf_span){ line.p + line.len + (end != NULL), features.len - line.len - (end != NULL) };
		s = dcf_line_parse(line, r->arena, &doc, &root);
		label = s == DCF_OK ? dcf_jget(dcf_jget(root, "properties"), "label") : (struct dcf_jval){ NULL, 0 };
		if (s != DCF_OK || dcf_jnone(label))
			continue;
		judge_caveats(label, forward, r);
		judge_end(label, now_us, r);
	}
	dcf_jfree(&doc);
	return s;
}

enum dcf_status dcf_line_label_judge(const struct dcf_view *view, const struct dcf_op *op, struct dcf_span features,
				     struct dcf_span peer, struct dcf_span forward, int64_t now_us, struct dcf_line_reasons *r)
{
	bool released = op_released_to(view, op, peer);
	struct dcf_span id, rest = forward;

	if (released)
		DCF_REASON(r, "label", true, 0, DCF_SPAN("the label of "), op->id, DCF_SPAN(" releases it to "), peer);
	else
		DCF_REASON(r, "label", false, 403, DCF_SPAN("the label of "), op->id, DCF_SPAN(" does not release it to "),
			   peer, DCF_SPAN(": amend the operation with releasable_to first"));
	while (next_id(&rest, &id))
		DCF_REASON(r, "forward", op_released_to(view, op, id), 403, DCF_SPAN("to be passed on to "), id,
			   op_released_to(view, op, id) ? DCF_SPAN(", as the label allows")
							: DCF_SPAN(", to whom the label does not release it"));
	return judge_features(features, forward, now_us, r);
}

static bool names(struct dcf_jval list, struct dcf_span party)
{
	struct dcf_jwalk it = dcf_jwalk(list);
	struct dcf_jval item;

	while (dcf_jkind(list) == DCF_J_ARRAY && dcf_jnext(&it, &item))
		if (dcf_jkind(item) == DCF_J_STRING && dcf_span_eq(dcf_jstring(item), party))
			return true;
	return false;
}

void dcf_line_label_of(struct dcf_jval label, struct dcf_span peer, struct dcf_span forward, int64_t now_us,
		       struct dcf_line_reasons *r)
{
	struct dcf_jval list = dcf_jget(label, "releasable_to");
	struct dcf_span id, rest = forward;

	if (names(list, peer))
		DCF_REASON(r, "label", true, 0, DCF_SPAN("the request's label releases it to "), peer);
	else
		DCF_REASON(r, "label", false, 403,
			   DCF_SPAN("what is no declared operation needs a label of the request that releases it to "), peer,
			   DCF_SPAN(": \"label\": {\"releasable_to\": [\""), peer, DCF_SPAN("\"]}"));
	while (next_id(&rest, &id))
		DCF_REASON(r, "forward", names(list, id), 403, DCF_SPAN("to be passed on to "), id,
			   names(list, id) ? DCF_SPAN(", as the label allows")
					   : DCF_SPAN(", to whom the label does not release it"));
	judge_caveats(label, forward, r);
	judge_end(label, now_us, r);
}

/* --- free text ---------------------------------------------------------------------------------------- */

/* A word of a list or an identifier, or check-words: never a sentence. */
static bool is_coded(struct dcf_span name, struct dcf_span text)
{
	static const char *const coded[] = { "operation", "acm",   "ref",  "about",  "missing", "reason",  "answer",
					     "type",      "class", "kind", "agenda", "to",      "articles" };
	bool words = dcf_span_eq(name, DCF_SPAN("words")), known = words;

	for (size_t i = 0; i < sizeof coded / sizeof *coded; i++)
		known |= dcf_span_eq(name, dcf_span_of(coded[i]));
	for (size_t i = 0; i < text.len && known; i++) {
		char c = text.p[i];

		known = words ? (c >= '0' && c <= '9') || c == ' ' || c == '-' || c == '.' : c != ' ';
	}
	return known && text.len <= DCF_OBJECT_ID_MAX;
}

/* Whose texts are looked through, and for whom. */
struct texts {
	const struct dcf_view *view;
	uint32_t ours, peer; /* parties of the frame */
	bool taken;
	struct dcf_line_reasons *r;
};

/* A name of an operation of ours that the peer may not know of: it would tell that there is one. */
static void judge_names(const struct texts *t, struct dcf_span text)
{
	static const char parts[] = " \t\r\n,;:()[]{}\"'!?";
	size_t i = 0;

	while (i < text.len && t->ours != DCF_NONE) {
		size_t n = 0;
		struct dcf_span name;
		const struct dcf_op *op;

		while (i + n < text.len && !memchr(parts, text.p[i + n], sizeof parts - 1))
			n++;
		name = (struct dcf_span){ text.p + i, n };
		i += n + 1;
		while (name.len && (name.p[name.len - 1] == '.' || name.p[name.len - 1] == '/'))
			name.len--;
		op = name.len ? dcf_view_find(t->view, t->ours, name) : NULL;
		if (op && !dcf_op_may_know(op, t->peer))
			DCF_REASON(t->r, "undisclosed", false, 403, DCF_SPAN("it names "), name,
				   DCF_SPAN(", an operation of ours that is not released to the peer"));
	}
}

static void judge_text(const struct texts *t, struct dcf_span text)
{
	struct dcf_free_text_hit hit[HITS_MOST];
	size_t n = dcf_free_text_scan(text, hit, HITS_MOST);

	if (text.len > DCF_FREE_TEXT_MAX)
		DCF_REASON(t->r, "free-text", false, 422, DCF_SPAN("a text is longer than 8,192 bytes"));
	for (size_t i = 0; i < n; i++) {
		struct dcf_span found = { text.p + hit[i].at, hit[i].len }, say = dcf_span_of(dcf_forbidden_say(hit[i].kind));

		if (t->taken)
			DCF_REMARK(t->r, "free-text", false, DCF_SPAN("found \""), found, DCF_SPAN("\": "), say,
				   DCF_SPAN("; overridden"));
		else
			DCF_REASON(t->r, "free-text", false, 422, DCF_SPAN("found \""), found, DCF_SPAN("\": "), say);
	}
}

static void judge_value(const struct texts *t, struct dcf_span name, struct dcf_jval v, unsigned depth)
{
	struct dcf_jwalk it = dcf_jwalk(v);
	struct dcf_jval item;

	if (dcf_jkind(v) == DCF_J_STRING) {
		judge_names(t, dcf_jstring(v));
		if (!is_coded(name, dcf_jstring(v)))
			judge_text(t, dcf_jstring(v));
	}
	if (depth == 0)
		return;
	if (dcf_jkind(v) == DCF_J_ARRAY)
		while (dcf_jnext(&it, &item))
			judge_value(t, name, item, depth - 1);
	if (dcf_jkind(v) == DCF_J_OBJECT)
		while (dcf_jmember(&it, &name, &item))
			judge_value(t, name, item, depth - 1);
}

void dcf_line_texts_judge(const struct dcf_view *view, struct dcf_span ours, struct dcf_span peer, struct dcf_jval body,
			  bool taken, struct dcf_line_reasons *r)
{
	struct texts t = { view, dcf_plan_find_party(&view->frame->plan, ours), dcf_plan_find_party(&view->frame->plan, peer),
			   taken, r };

	judge_value(&t, DCF_SPAN(""), body, TEXT_DEPTH);
}

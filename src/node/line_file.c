/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_file.h"
#include "base/json_writer.h"
#include "crypto/text.h"
#include "format/feed.h"
#include "node/line_frame.h"
#include "node/line_notes.h"

#define NAME "deconflict-line-file-v1"

enum { HEAD_MAX = 1024, FILE_HEAD_ROOM = 1200, PARTY_MAX = 64 };

/* The second line. */
struct head {
	uint64_t count, first;
	bool exercise;
	struct dcf_span from, to;
};

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void put_head(const struct head *h, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out };

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "count");
	dcf_json_i64(&j, (int64_t)h->count);
	if (h->exercise) {
		dcf_json_key(&j, "exercise");
		dcf_json_bool(&j, true);
	}
	dcf_json_key(&j, "first");
	dcf_json_i64(&j, (int64_t)h->first);
	dcf_json_key(&j, "from");
	dcf_json_string(&j, h->from);
	dcf_json_key(&j, "to");
	dcf_json_string(&j, h->to);
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
}

struct gather {
	struct dcf_buf *body;
	size_t room;
	uint64_t count;
};

static enum dcf_status gather_note(void *ctx, uint64_t n, struct dcf_span note)
{
	struct gather *g = ctx;

	(void)n;
	if (g->count == DCF_LINE_TAKE_MAX || (g->count && g->body->len + note.len + 8 > g->room))
		return DCF_E_LIMIT;
	dcf_line_frame_put_note(note, g->body);
	g->count++;
	return g->body->failed ? DCF_E_NOMEM : DCF_OK;
}

static enum dcf_status facts_of(struct dcf_state *state, bool *exercise)
{
	struct dcf_view view;
	enum dcf_status s = dcf_state_enter(state, &view);

	if (s != DCF_OK)
		return s;
	*exercise = dcf_view_facts(&view).exercise;
	dcf_state_leave(&view);
	return DCF_OK;
}

enum dcf_status dcf_line_file_write(struct dcf_state *state, struct dcf_store *store, const struct dcf_alloc *from,
				    uint32_t peer, uint64_t from_n, struct dcf_buf *out, uint64_t *next,
				    struct dcf_node_error *err)
{
	struct dcf_line *line = dcf_state_line(state);
	struct dcf_buf body = { .from = from };
	struct gather g = { .body = &body, .room = DCF_LINE_FILE_MAX - FILE_HEAD_ROOM };
	struct head h = { .first = from_n, .from = dcf_line_party(line) };
	struct dcf_line_peer p;
	enum dcf_status s;

	if (!dcf_line_peer_at(line, peer, &p))
		return dcf_node_fail(err, DCF_E_NOT_FOUND, "no such peer");
	if (from_n == 0 || from_n > p.out.count)
		return dcf_node_fail(err, DCF_E_NOT_FOUND, "there are %llu messages to %s: none from number %llu on",
				     (unsigned long long)p.out.count, p.party, (unsigned long long)from_n);
	h.to = dcf_span_of(p.party);
	s = facts_of(state, &h.exercise);
	s = s == DCF_OK ? dcf_line_notes(line, store, peer, false, from_n, p.out.count, gather_note, &g) : s;
	if (s == DCF_OK || s == DCF_E_LIMIT) {
		h.count = g.count;
		*next = from_n + g.count;
		dcf_buf_z(out, NAME "\n");
		put_head(&h, out);
		dcf_buf_span(out, dcf_buf_as_span(&body));
		s = out->failed ? DCF_E_NOMEM : DCF_OK;
	}
	dcf_buf_free(&body);
	return s == DCF_OK ? s : dcf_node_fail(err, s, "the messages cannot be read: %s", dcf_status_text(s));
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

struct reading {
	struct dcf_span whole, rest;
	struct dcf_arena arena;
	struct dcf_jdoc doc;
	struct dcf_span *note;
	size_t count, cap;
	const char *expected;
};

static bool take_whole(struct dcf_jval v, uint64_t *out)
{
	int64_t i;

	if (dcf_jkind(v) != DCF_J_I64)
		return false;
	memcpy(&i, &v.doc->tape[v.at + 1], sizeof i);
	*out = (uint64_t)i;
	return i >= 0;
}

static bool take_party(struct dcf_jval v, struct dcf_span *out)
{
	if (dcf_jkind(v) != DCF_J_STRING)
		return false;
	*out = dcf_jstring(v);
	return out->len > 0 && out->len <= PARTY_MAX;
}

static bool take_members(struct dcf_jval root, struct head *h)
{
	struct dcf_jval exercise = dcf_jget(root, "exercise");

	h->exercise = dcf_jkind(exercise) == DCF_J_TRUE;
	return dcf_jkind(root) == DCF_J_OBJECT && take_whole(dcf_jget(root, "count"), &h->count) &&
	       take_whole(dcf_jget(root, "first"), &h->first) && take_party(dcf_jget(root, "from"), &h->from) &&
	       take_party(dcf_jget(root, "to"), &h->to) && (h->exercise || dcf_jkind(exercise) == DCF_J_ABSENT);
}

/* As in an exchange: one text for each value and no other. */
static enum dcf_status read_head(struct reading *r, struct head *h)
{
	struct dcf_buf again = { .from = r->arena.from };
	struct dcf_span line;
	const char *fault;
	char *text;
	enum dcf_status s = DCF_E_SYNTAX;

	r->expected = "a second line of canonical JSON with count, exercise where it is one, first, from, to";
	if (!dcf_line_frame_line(&r->rest, HEAD_MAX, &line))
		return DCF_E_SYNTAX;
	text = dcf_arena_get(&r->arena, line.len + DCF_FEED_SLACK);
	if (!text)
		return DCF_E_NOMEM;
	memcpy(text, line.p, line.len);
	memset(text + line.len, 0, DCF_FEED_SLACK);
	if (dcf_jparse(&r->doc, text, line.len, &fault) != DCF_OK || !take_members(dcf_jroot(&r->doc), h))
		return DCF_E_SYNTAX;
	put_head(h, &again);
	if (again.len == line.len + 1 && memcmp(again.p, line.p, line.len) == 0)
		s = DCF_OK;
	s = again.failed ? DCF_E_NOMEM : s;
	dcf_buf_free(&again);
	return s;
}

static enum dcf_status add(struct reading *r, struct dcf_span note)
{
	void *array = r->note;
	enum dcf_status s = r->count == DCF_LINE_TAKE_MAX
				    ? DCF_E_LIMIT
				    : dcf_grow(r->arena.from, &array, &r->cap, r->count + 1, sizeof *r->note);

	r->note = array;
	if (s == DCF_OK)
		r->note[r->count++] = note;
	else
		r->expected = "at most 32768 messages in one import";
	return s;
}

/* One file from the front of what is left. */
static enum dcf_status read_one(struct reading *r, struct head *h)
{
	struct dcf_span line, note;
	enum dcf_status s;

	r->expected = "a line '" NAME "'";
	if (!dcf_line_frame_line(&r->rest, sizeof NAME, &line) || !dcf_span_eq(line, DCF_SPAN(NAME)))
		return DCF_E_SYNTAX;
	s = read_head(r, h);
	for (uint64_t i = 0; s == DCF_OK && i < h->count; i++) {
		r->expected = dcf_line_frame_next(&r->rest, &note);
		s = r->expected ? DCF_E_SYNTAX : add(r, note);
	}
	return s;
}

static enum dcf_status right_parties(const struct head *h, struct dcf_span party, const struct dcf_line_peer *p, bool exercise,
				     struct dcf_node_error *err)
{
	if (!dcf_span_eq(h->from, dcf_span_of(p->party)) || !dcf_span_eq(h->to, party))
		return dcf_node_fail(err, DCF_E_REFUSED, "found messages from %.*s to %.*s, expected from %s to %.*s",
				     (int)h->from.len, h->from.p, (int)h->to.len, h->to.p, p->party, (int)party.len, party.p);
	if (h->exercise != exercise)
		return dcf_node_fail(err, DCF_E_REFUSED, "an exercise and the real thing are never mixed");
	return DCF_OK;
}

static enum dcf_status read_all(struct reading *r, struct dcf_span party, const struct dcf_line_peer *p, bool exercise,
				struct dcf_node_error *err)
{
	enum dcf_status s = DCF_OK;

	do {
		struct head h = { .count = 0 };

		s = read_one(r, &h);
		if (s != DCF_OK)
			return dcf_node_fail(err, s, "at byte %zu: expected %s", (size_t)(r->rest.p - r->whole.p), r->expected);
		s = right_parties(&h, party, p, exercise, err);
	} while (s == DCF_OK && r->rest.len);
	return s;
}

/* The file's bytes and its list of notes, until all is taken. */
struct import {
	struct dcf_alloc from;
	struct reading reading;
	char *bytes;
	size_t size;
	void (*done)(void *ctx, const struct dcf_line_taken *taken);
	void *ctx;
};

static void free_import(struct import *im)
{
	struct dcf_alloc from = im->from;

	dcf_arena_free(&im->reading.arena);
	dcf_jfree(&im->reading.doc);
	dcf_alloc_free(&from, im->reading.note, im->reading.cap * sizeof *im->reading.note);
	dcf_alloc_free(&from, im->bytes, im->size);
	dcf_alloc_free(&from, im, sizeof *im);
}

static void import_done(void *ctx, const struct dcf_line_taken *taken)
{
	struct import *im = ctx;

	im->done(im->ctx, taken);
	free_import(im);
}

static struct import *make_import(const struct dcf_alloc *from, struct dcf_span text)
{
	struct import *im = dcf_alloc_new(from, sizeof *im);

	if (!im)
		return NULL;
	*im = (struct import){ .from = *from, .size = text.len };
	im->reading.arena.from = &im->from;
	im->bytes = dcf_alloc_new(from, text.len);
	if (!im->bytes) {
		free_import(im);
		return NULL;
	}
	memcpy(im->bytes, text.p, text.len);
	im->reading.whole = im->reading.rest = (struct dcf_span){ im->bytes, text.len };
	return im;
}

enum dcf_status dcf_line_file_take(const struct dcf_line_into *into, uint32_t peer, struct dcf_span text,
				   void (*done)(void *ctx, const struct dcf_line_taken *taken), void *ctx,
				   struct dcf_node_error *err)
{
	struct dcf_line_peer p;
	struct import *im;
	bool exercise = false;
	enum dcf_status s;

	if (!dcf_line_peer_at(dcf_state_line(into->state), peer, &p))
		return dcf_node_fail(err, DCF_E_NOT_FOUND, "no such peer");
	if (p.removed)
		return dcf_node_fail(err, DCF_E_REFUSED, "%s is not pinned any more", p.party);
	if (text.len > DCF_LINE_FILE_MAX)
		return dcf_node_fail(err, DCF_E_LIMIT, "more than 8 MiB: import one file after the other");
	im = make_import(into->from, text);
	if (!im)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	im->done = done;
	im->ctx = ctx;
	s = facts_of(into->state, &exercise);
	s = s == DCF_OK ? read_all(&im->reading, dcf_line_party(dcf_state_line(into->state)), &p, exercise, err) : s;
	if (s == DCF_OK) {
		s = dcf_line_take(into, peer, im->reading.note, im->reading.count, import_done, im);
		if (s == DCF_OK)
			return DCF_OK;
		(void)dcf_node_fail(err, s, "the messages cannot be taken: %s", dcf_status_text(s));
	}
	free_import(im);
	return s;
}

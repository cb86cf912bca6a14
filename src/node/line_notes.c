/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_notes.h"

enum { RUN_MAX = 512 }; /* entries of one read */

struct walk {
	enum dcf_status (*each)(void *ctx, uint64_t n, struct dcf_span note);
	void *ctx;
	uint64_t n; /* of the entry that comes next */
	enum dcf_status ended;
};

static enum dcf_status take_entry(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct walk *w = ctx;
	const char *end = entry->content.len ? memchr(entry->content.p, '\n', entry->content.len) : NULL;
	struct dcf_span note = { NULL, 0 };

	(void)position;
	if (end)
		note = (struct dcf_span){ end + 1, entry->content.len - (size_t)(end + 1 - entry->content.p) };
	w->ended = note.len ? w->each(w->ctx, w->n++, note) : DCF_E_CORRUPT;
	return w->ended;
}

/* How many messages from `n` on stand one behind the other in the record. */
static uint64_t run_of(struct dcf_line *line, uint32_t peer, bool incoming, uint64_t n, uint64_t to, uint64_t *first)
{
	uint64_t count = 0, position;

	while (n + count <= to && count < RUN_MAX && dcf_line_message_at(line, peer, incoming, n + count, &position)) {
		if (count == 0)
			*first = position;
		else if (position != *first + count)
			break;
		count++;
	}
	return count;
}

enum dcf_status dcf_line_notes(struct dcf_line *line, struct dcf_store *store, uint32_t peer, bool incoming, uint64_t from,
			       uint64_t to, enum dcf_status (*each)(void *ctx, uint64_t n, struct dcf_span note), void *ctx)
{
	struct walk w = { .each = each, .ctx = ctx, .n = from };
	enum dcf_status s = DCF_OK;

	while (s == DCF_OK && w.n <= to) {
		struct dcf_store_error err = { .code = DCF_OK };
		uint64_t first = 0, n = w.n, count = run_of(line, peer, incoming, n, to, &first);

		if (count == 0)
			return DCF_OK;
		s = dcf_log_read(store, first, count, take_entry, &w, &err);
		if (s == DCF_OK && w.n != n + count)
			s = DCF_E_CORRUPT;
	}
	return w.ended != DCF_OK ? w.ended : s;
}

struct dcf_span dcf_line_note_text(struct dcf_span note)
{
	struct dcf_note read;

	if (dcf_note_read(note, &read, NULL) != DCF_OK)
		return (struct dcf_span){ NULL, 0 };
	return read.text;
}

static enum dcf_status hash_note(void *ctx, uint64_t n, struct dcf_span note)
{
	struct dcf_span text = dcf_line_note_text(note);

	(void)n;
	if (text.len == 0)
		return DCF_E_CORRUPT;
	*(struct dcf_hash *)ctx = dcf_message_hash(text);
	return DCF_E_BUSY; /* one was asked for: not an error, see below */
}

enum dcf_status dcf_line_hash_of(struct dcf_line *line, struct dcf_store *store, uint32_t peer, uint64_t n,
				 struct dcf_hash *out)
{
	enum dcf_status s;

	memset(out, 0, sizeof *out);
	if (n == 0)
		return DCF_OK;
	s = dcf_line_notes(line, store, peer, false, n, n, hash_note, out);
	return s == DCF_E_BUSY ? DCF_OK : s == DCF_OK ? DCF_E_NOT_FOUND : s;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_frame.h"
#include "base/json_writer.h"
#include "crypto/text.h"
#include "format/feed.h"
#include "record/note.h"

#define NAME "deconflict-exchange-v1"

enum { PARTY_MAX = 64, WHOLE_BITS = 53 };

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void put_hash(struct dcf_json *j, const char *key, const struct dcf_hash *hash)
{
	char hex[2 * DCF_HASH_BYTES];

	dcf_json_key(j, key);
	dcf_json_string(j, (struct dcf_span){ hex, dcf_text_write(DCF_TEXT_HEX, hex, hash->b, sizeof hash->b) });
}

static void put_number(struct dcf_json *j, const char *key, uint64_t n)
{
	dcf_json_key(j, key);
	dcf_json_i64(j, (int64_t)n);
}

/* Members in the order of their names, as canonical JSON asks. */
static void put_line(const struct dcf_line_frame *f, struct dcf_buf *out)
{
	struct dcf_json j = { .out = out };

	dcf_json_begin(&j, '{');
	put_hash(&j, "agreement", &f->agreement);
	put_number(&j, "at", (uint64_t)f->at_us);
	put_number(&j, "count", f->count);
	if (f->exercise) {
		dcf_json_key(&j, "exercise");
		dcf_json_bool(&j, true);
	}
	put_number(&j, "have", f->have);
	put_hash(&j, "have_hash", &f->have_hash);
	dcf_json_key(&j, "party");
	dcf_json_string(&j, f->party);
	dcf_json_end(&j, '}');
}

void dcf_line_frame_put_head(const struct dcf_line_frame *frame, struct dcf_buf *out)
{
	dcf_buf_z(out, NAME "\n");
	put_line(frame, out);
	dcf_buf_char(out, '\n');
}

void dcf_line_frame_put_note(struct dcf_span note, struct dcf_buf *out)
{
	dcf_buf_i64(out, (int64_t)note.len);
	dcf_buf_char(out, '\n');
	dcf_buf_span(out, note);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

bool dcf_line_frame_line(struct dcf_span *rest, size_t most, struct dcf_span *line)
{
	const char *end = rest->len ? memchr(rest->p, '\n', rest->len < most ? rest->len : most) : NULL;

	if (!end)
		return false;
	*line = (struct dcf_span){ rest->p, (size_t)(end - rest->p) };
	rest->p = end + 1;
	rest->len -= line->len + 1;
	return true;
}

const char *dcf_line_frame_next(struct dcf_span *rest, struct dcf_span *note)
{
	struct dcf_span line;
	size_t n = 0;

	if (!dcf_line_frame_line(rest, 8, &line) || line.len == 0 || line.p[0] == '0')
		return "the length of a note in decimal, and the end of a line";
	for (size_t i = 0; i < line.len; i++) {
		if (line.p[i] < '0' || line.p[i] > '9')
			return "the length of a note in decimal, and the end of a line";
		n = n * 10 + (size_t)(line.p[i] - '0');
	}
	if (n > DCF_NOTE_MAX)
		return "a note of at most 262144 bytes";
	if (n > rest->len)
		return "as many bytes as the note's length says";
	*note = (struct dcf_span){ rest->p, n };
	rest->p += n;
	rest->len -= n;
	return NULL;
}

static bool take_hash(struct dcf_jval v, struct dcf_hash *out)
{
	return dcf_jkind(v) == DCF_J_STRING &&
	       dcf_text_read_exactly(DCF_TEXT_HEX, dcf_jstring(v), out->b, sizeof out->b) == DCF_OK;
}

static bool take_whole(struct dcf_jval v, uint64_t most, uint64_t *out)
{
	int64_t i;

	if (dcf_jkind(v) != DCF_J_I64)
		return false;
	memcpy(&i, &v.doc->tape[v.at + 1], sizeof i);
	*out = (uint64_t)i;
	return i >= 0 && *out <= most;
}

/* The values of the second line; a literal of what was expected when one is not there. */
static const char *take_members(struct dcf_jval root, struct dcf_line_frame *out)
{
	const uint64_t whole = (UINT64_C(1) << WHOLE_BITS) - 1;
	struct dcf_jval party = dcf_jget(root, "party"), exercise = dcf_jget(root, "exercise");
	uint64_t at, count;

	if (dcf_jkind(root) != DCF_J_OBJECT)
		return "an object";
	if (!take_hash(dcf_jget(root, "agreement"), &out->agreement))
		return "agreement: 64 hexadecimal digits";
	if (!take_whole(dcf_jget(root, "at"), whole, &at))
		return "at: microseconds since 1970, below 2^53";
	if (!take_whole(dcf_jget(root, "count"), DCF_LINE_NOTES_MAX, &count))
		return "count: at most 4096 notes";
	if (dcf_jkind(exercise) != DCF_J_ABSENT && dcf_jkind(exercise) != DCF_J_TRUE)
		return "exercise: true, or no such member";
	if (!take_whole(dcf_jget(root, "have"), whole, &out->have))
		return "have: a number of messages, below 2^53";
	if (!take_hash(dcf_jget(root, "have_hash"), &out->have_hash))
		return "have_hash: 64 hexadecimal digits";
	if (dcf_jkind(party) != DCF_J_STRING || dcf_jstring(party).len == 0 || dcf_jstring(party).len > PARTY_MAX)
		return "party: an id of 1 to 64 bytes";
	out->at_us = (int64_t)at;
	out->count = (size_t)count;
	out->exercise = dcf_jkind(exercise) == DCF_J_TRUE;
	return NULL;
}

/* Written again it must be the same bytes: so there is one text for each value, and no member more. */
static enum dcf_status same_again(struct dcf_span line, const struct dcf_line_frame *f, struct dcf_arena *arena)
{
	struct dcf_buf again = { .from = arena->from };
	enum dcf_status s;

	put_line(f, &again);
	s = again.failed ? DCF_E_NOMEM : dcf_span_eq(dcf_buf_as_span(&again), line) ? DCF_OK : DCF_E_SYNTAX;
	dcf_buf_free(&again);
	return s;
}

static enum dcf_status read_head(struct dcf_span line, struct dcf_jdoc *doc, struct dcf_arena *arena,
				 struct dcf_line_frame *out, const char **expected)
{
	char *text = dcf_arena_get(arena, line.len + DCF_FEED_SLACK);
	const char *fault;
	enum dcf_status s;

	*expected = "a line of canonical JSON with agreement, at, count, exercise where it is one, have, have_hash, party";
	if (!text)
		return DCF_E_NOMEM;
	memcpy(text, line.p, line.len);
	memset(text + line.len, 0, DCF_FEED_SLACK);
	s = dcf_jparse(doc, text, line.len, &fault);
	if (s != DCF_OK)
		return s == DCF_E_NOMEM ? s : DCF_E_SYNTAX;
	fault = take_members(dcf_jroot(doc), out);
	if (fault) {
		*expected = fault;
		return DCF_E_SYNTAX;
	}
	out->party = dcf_arena_copy(arena, dcf_jstring(dcf_jget(dcf_jroot(doc), "party")));
	return out->party.p ? same_again(line, out, arena) : DCF_E_NOMEM;
}

static enum dcf_status read_notes(struct dcf_span *rest, struct dcf_arena *arena, struct dcf_line_frame *out,
				  const char **expected)
{
	struct dcf_span *note = dcf_arena_get(arena, (out->count + 1) * sizeof *note);

	if (!note)
		return DCF_E_NOMEM;
	out->note = note;
	for (size_t i = 0; i < out->count; i++)
		if ((*expected = dcf_line_frame_next(rest, &note[i])) != NULL)
			return DCF_E_SYNTAX;
	*expected = "the end, behind as many notes as count says";
	return rest->len ? DCF_E_SYNTAX : DCF_OK;
}

enum dcf_status dcf_line_frame_read(struct dcf_span bytes, struct dcf_jdoc *doc, struct dcf_arena *arena,
				    struct dcf_line_frame *out, struct dcf_line_frame_error *error)
{
	struct dcf_span rest = bytes, line = { NULL, 0 };
	const char *expected = "at most 1048576 bytes", *at = bytes.p;
	enum dcf_status s = bytes.len > DCF_LINE_FRAME_MAX ? DCF_E_LIMIT : DCF_OK;

	*out = (struct dcf_line_frame){ .count = 0 };
	if (s == DCF_OK && (!dcf_line_frame_line(&rest, sizeof NAME, &line) || !dcf_span_eq(line, DCF_SPAN(NAME)))) {
		expected = "a first line '" NAME "'";
		s = DCF_E_SYNTAX;
	}
	if (s == DCF_OK) {
		at = rest.p;
		expected = "a second line of at most 1024 bytes";
		s = dcf_line_frame_line(&rest, DCF_LINE_HEAD_MAX, &line) ? read_head(line, doc, arena, out, &expected)
									 : DCF_E_SYNTAX;
	}
	if (s == DCF_OK) {
		s = read_notes(&rest, arena, out, &expected);
		at = rest.p;
	}
	if (s != DCF_OK) {
		*out = (struct dcf_line_frame){ .count = 0 };
		if (error)
			*error = (struct dcf_line_frame_error){ bytes.len ? (size_t)(at - bytes.p) : 0, expected };
	}
	return s;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - the head of a tree as the text of a note. */
#include "record/merkle.h"
#include "record/note.h"

#include "crypto/text.h"
#include "record/note_int.h"

enum dcf_status dcf_checkpoint_put(struct dcf_buf *out, const struct dcf_checkpoint *head)
{
	if (!dcf_key_name_ok(head->origin) || head->size > DCF_TREE_MAX || head->extension.len != 0)
		return DCF_E_RANGE;
	dcf_buf_span(out, head->origin);
	dcf_buf_char(out, '\n');
	dcf_buf_i64(out, (int64_t)head->size);
	dcf_buf_char(out, '\n');
	dcf_text_put(out, DCF_TEXT_BASE64, head->root.b, sizeof head->root.b);
	dcf_buf_char(out, '\n');
	return out->failed ? DCF_E_NOMEM : DCF_OK;
}

enum dcf_status dcf_checkpoint_sign(struct dcf_buf *out, const struct dcf_checkpoint *head, const struct dcf_signer *signers,
				    size_t count)
{
	size_t start = out->len;
	enum dcf_status s;

	if (count < 1 || count > DCF_NOTE_SIGNATURES)
		return DCF_E_RANGE;
	for (size_t i = 0; i < count; i++)
		if (!dcf_span_eq(dcf_vkey_name(&signers[i].who), head->origin))
			return DCF_E_RANGE;
	s = dcf_checkpoint_put(out, head);
	return s == DCF_OK ? dcf_note_put_signatures(out, start, signers, count) : s;
}

static enum dcf_status read_head(struct dcf_span text, struct dcf_checkpoint *out, struct dcf_note_error *error)
{
	struct dcf_lines lines = dcf_lines_of(text);
	size_t stops = dcf_note_text_stops(text);
	struct dcf_span line;
	enum dcf_status s;
	size_t at;

	if (stops != text.len)
		return dcf_note_fail(error, stops, "UTF-8 without control characters", DCF_E_SYNTAX);
	if (!dcf_lines_next(&lines, &out->origin) || out->origin.len < 1 || out->origin.len > DCF_KEY_NAME_MAX)
		return dcf_note_fail(error, 0, "a line with the origin, 1 to 255 bytes", DCF_E_SYNTAX);
	at = (size_t)(lines.p - text.p);
	s = dcf_lines_next(&lines, &line) ? dcf_decimal_read(line, &out->size) : DCF_E_SYNTAX;
	if (s != DCF_OK)
		return dcf_note_fail(error, at, "a line with a decimal size without leading zeros, below 2^63", s);
	at = (size_t)(lines.p - text.p);
	if (!dcf_lines_next(&lines, &line) ||
	    dcf_text_read_exactly(DCF_TEXT_BASE64, line, out->root.b, sizeof out->root.b) != DCF_OK)
		return dcf_note_fail(error, at, "a line with the root, 32 bytes in base64", DCF_E_SYNTAX);
	out->extension = (struct dcf_span){ lines.p, (size_t)(lines.end - lines.p) };
	while (dcf_lines_next(&lines, &line))
		if (line.len == 0)
			return dcf_note_fail(error, (size_t)(line.p - text.p), "no empty line in a checkpoint", DCF_E_SYNTAX);
	if (lines.p != lines.end)
		return dcf_note_fail(error, text.len, "a newline at the end", DCF_E_SYNTAX);
	return DCF_OK;
}

enum dcf_status dcf_checkpoint_read(struct dcf_span text, struct dcf_checkpoint *out, struct dcf_note_error *error)
{
	enum dcf_status s;

	memset(out, 0, sizeof *out);
	s = read_head(text, out, error);
	if (s != DCF_OK)
		memset(out, 0, sizeof *out);
	return s;
}

/* Keys of another name say nothing about this record, however well they signed. */
static bool names_fit(const struct dcf_vkey *keys, size_t count, struct dcf_span origin)
{
	for (size_t i = 0; i < count; i++)
		if (!dcf_span_eq(dcf_vkey_name(&keys[i]), origin))
			return false;
	return true;
}

static enum dcf_status open_head(struct dcf_span bytes, const struct dcf_vkey *keys, size_t count, struct dcf_checkpoint *out,
				 uint64_t *signed_by, struct dcf_note_error *error)
{
	struct dcf_note note;
	enum dcf_status s = dcf_note_read(bytes, &note, error);

	if (s == DCF_OK)
		s = dcf_checkpoint_read(note.text, out, error);
	if (s != DCF_OK)
		return s;
	if (!names_fit(keys, count, out->origin))
		return dcf_note_fail(error, 0, "the origin that the keys are for", DCF_E_NOT_FOUND);
	s = dcf_note_verify(&note, keys, count, signed_by);
	if (s == DCF_E_NOT_FOUND)
		return dcf_note_fail(error, note.text.len + 1, "a signature of a known key", s);
	return s == DCF_OK ? s : dcf_note_fail(error, note.text.len + 1, "signatures that verify", s);
}

enum dcf_status dcf_checkpoint_open(struct dcf_span bytes, const struct dcf_vkey *keys, size_t count,
				    struct dcf_checkpoint *out, uint64_t *signed_by, struct dcf_note_error *error)
{
	uint64_t found = 0;
	enum dcf_status s = open_head(bytes, keys, count, out, &found, error);

	if (s != DCF_OK)
		memset(out, 0, sizeof *out);
	if (signed_by)
		*signed_by = s == DCF_OK ? found : 0;
	return s;
}

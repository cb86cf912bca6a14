/* SPDX-License-Identifier: Apache-2.0 */
/* note.c - signed notes: text, an empty line, signature lines. */
#include "record/note.h"

#include "base/utf8.h"
#include "crypto/text.h"
#include "record/note_int.h"

static const char dash[] = "\xe2\x80\x94 "; /* em dash, space: how a signature line begins */

enum {
	DASH = sizeof dash - 1,
	ID_BYTES = 4,
	OURS = ID_BYTES + DCF_SIGNATURE_BYTES, /* bytes behind the name of an Ed25519 signature line */
	OURS_TEXT = (OURS + 2) / 3 * 4,
	THEIRS = 8192 /* most bytes of a signature of any kind; post-quantum ones have up to 5 kB */
};

/* --- text -------------------------------------------------------------------------------------------------------------------
 */

bool dcf_lines_next(struct dcf_lines *l, struct dcf_span *line)
{
	const char *nl = l->p < l->end ? memchr(l->p, '\n', (size_t)(l->end - l->p)) : NULL;

	if (!nl)
		return false;
	*line = (struct dcf_span){ l->p, (size_t)(nl - l->p) };
	l->p = nl + 1;
	return true;
}

enum dcf_status dcf_decimal_read(struct dcf_span text, uint64_t *v)
{
	uint64_t n = 0;

	if (text.len < 1 || (text.len > 1 && text.p[0] == '0'))
		return DCF_E_SYNTAX;
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] < '0' || text.p[i] > '9')
			return DCF_E_SYNTAX;
	for (size_t i = 0; i < text.len; i++) {
		uint64_t digit = (uint64_t)(text.p[i] - '0');

		if (n > ((uint64_t)INT64_MAX - digit) / 10)
			return DCF_E_LIMIT;
		n = n * 10 + digit;
	}
	*v = n;
	return DCF_OK;
}

size_t dcf_note_text_stops(struct dcf_span text)
{
	size_t at = 0;

	while (at < text.len) {
		size_t n = dcf_utf8_length(text.p + at, text.len - at);

		if (n == 0 || ((uint8_t)text.p[at] < 0x20 && text.p[at] != '\n'))
			break;
		at += n;
	}
	return at;
}

/* --- signing ----------------------------------------------------------------------------------------------------------------
 */

static void put_signature(struct dcf_buf *out, const struct dcf_signer *who, struct dcf_signature signature)
{
	uint8_t bytes[OURS];

	for (int i = 0; i < ID_BYTES; i++)
		bytes[i] = (uint8_t)(who->who.id >> (24 - 8 * i));
	memcpy(bytes + ID_BYTES, signature.b, sizeof signature.b);
	dcf_buf_put(out, dash, DASH);
	dcf_buf_span(out, dcf_vkey_name(&who->who));
	dcf_buf_char(out, ' ');
	dcf_text_put(out, DCF_TEXT_BASE64, bytes, sizeof bytes);
	dcf_buf_char(out, '\n');
}

enum dcf_status dcf_note_put_signatures(struct dcf_buf *out, size_t start, const struct dcf_signer *signers, size_t count)
{
	size_t length = out->len - start;

	dcf_buf_char(out, '\n');
	for (size_t i = 0; i < count && !out->failed; i++)
		put_signature(out, &signers[i], dcf_sign(signers[i].key, (struct dcf_span){ out->p + start, length }));
	return out->failed ? DCF_E_NOMEM : DCF_OK;
}

enum dcf_status dcf_note_sign(struct dcf_buf *out, struct dcf_span text, const struct dcf_signer *signers, size_t count)
{
	size_t start = out->len, lines = 1, room = DCF_KEY_NAME_MAX + OURS_TEXT + DASH + 2;

	if (count < 1 || count > DCF_NOTE_SIGNATURES || text.len > DCF_NOTE_MAX - lines - count * room)
		return DCF_E_RANGE;
	if (text.len < 1 || text.p[text.len - 1] != '\n' || dcf_note_text_stops(text) != text.len)
		return DCF_E_RANGE;
	dcf_buf_span(out, text);
	return out->failed ? DCF_E_NOMEM : dcf_note_put_signatures(out, start, signers, count);
}

/* --- reading ----------------------------------------------------------------------------------------------------------------
 */

/* Base64 of a key id and at least one byte.  Decoded in pieces of whole groups, since only the last may be padded. */
static bool read_signature(struct dcf_span base64, uint32_t *id)
{
	uint8_t bytes[THEIRS];
	size_t n = 0;

	if (base64.len > dcf_text_length(DCF_TEXT_BASE64, THEIRS) ||
	    dcf_text_read(DCF_TEXT_BASE64, base64, bytes, sizeof bytes, &n) != DCF_OK || n <= ID_BYTES)
		return false;
	*id = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
	return true;
}

/* One signature line; `at` is where it begins in the note. */
static enum dcf_status read_line(struct dcf_span line, size_t at, struct dcf_note_signature *out, struct dcf_note_error *error)
{
	const char *space;

	if (line.len < DASH || memcmp(line.p, dash, DASH) != 0)
		return dcf_note_fail(error, at, "a signature line: em dash, space, key name, space, base64", DCF_E_SYNTAX);
	line = (struct dcf_span){ line.p + DASH, line.len - DASH };
	space = line.len ? memchr(line.p, ' ', line.len) : NULL;
	out->name = (struct dcf_span){ line.p, space ? (size_t)(space - line.p) : 0 };
	if (!dcf_key_name_ok(out->name))
		return dcf_note_fail(error, at + DASH, "a key name without spaces and '+', then a space", DCF_E_SYNTAX);
	out->bytes = (struct dcf_span){ space + 1, line.len - out->name.len - 1 };
	if (!read_signature(out->bytes, &out->id))
		return dcf_note_fail(error, at + DASH + out->name.len + 1,
				     "base64 of a key id and a signature of at most 8188 bytes", DCF_E_SYNTAX);
	return DCF_OK;
}

/* Where the signature lines begin: behind the last empty line; 0 when there is none behind a line of text. */
static size_t signatures_begin(struct dcf_span bytes)
{
	for (size_t i = bytes.len; i >= 2; i--)
		if (bytes.p[i - 1] == '\n' && bytes.p[i - 2] == '\n')
			return i;
	return 0;
}

static enum dcf_status read_note(struct dcf_span bytes, struct dcf_note *out, struct dcf_note_error *error)
{
	size_t stops, begin;
	struct dcf_lines lines;
	struct dcf_span line;

	if (bytes.len > DCF_NOTE_MAX)
		return dcf_note_fail(error, DCF_NOTE_MAX, "a note of at most 262144 bytes", DCF_E_LIMIT);
	stops = dcf_note_text_stops(bytes);
	if (stops != bytes.len)
		return dcf_note_fail(error, stops, "UTF-8 without control characters", DCF_E_SYNTAX);
	if (bytes.len == 0 || bytes.p[bytes.len - 1] != '\n')
		return dcf_note_fail(error, bytes.len, "a newline at the end", DCF_E_SYNTAX);
	begin = signatures_begin(bytes);
	if (begin == 0 || begin == bytes.len)
		return dcf_note_fail(error, bytes.len, "text, an empty line and signature lines", DCF_E_SYNTAX);
	out->text = (struct dcf_span){ bytes.p, begin - 1 };
	lines = dcf_lines_of((struct dcf_span){ bytes.p + begin, bytes.len - begin });
	while (dcf_lines_next(&lines, &line)) {
		size_t at = (size_t)(line.p - bytes.p);
		enum dcf_status s;

		if (out->count == DCF_NOTE_SIGNATURES)
			return dcf_note_fail(error, at, "at most 32 signatures", DCF_E_LIMIT);
		s = read_line(line, at, &out->signature[out->count], error);
		if (s != DCF_OK)
			return s;
		out->count++;
	}
	return DCF_OK;
}

enum dcf_status dcf_note_read(struct dcf_span bytes, struct dcf_note *out, struct dcf_note_error *error)
{
	enum dcf_status s;

	memset(out, 0, sizeof *out);
	s = read_note(bytes, out, error);
	if (s != DCF_OK)
		memset(out, 0, sizeof *out);
	return s;
}

/* --- verifying --------------------------------------------------------------------------------------------------------------
 */

static bool line_holds(struct dcf_span text, const struct dcf_note_signature *line, const struct dcf_vkey *key)
{
	uint8_t bytes[OURS];
	struct dcf_signature signature;

	if (dcf_text_read_exactly(DCF_TEXT_BASE64, line->bytes, bytes, sizeof bytes) != DCF_OK)
		return false;
	memcpy(signature.b, bytes + ID_BYTES, sizeof signature.b);
	return dcf_signature_holds(&key->key, text, &signature);
}

enum dcf_status dcf_note_verify(const struct dcf_note *note, const struct dcf_vkey *keys, size_t count, uint64_t *signed_by)
{
	uint64_t found = 0;

	*signed_by = 0;
	if (count > 64)
		return DCF_E_RANGE;
	for (size_t i = 0; i < note->count; i++) {
		const struct dcf_note_signature *line = &note->signature[i];

		for (size_t k = 0; k < count; k++) {
			if (line->id != keys[k].id || !dcf_span_eq(line->name, dcf_vkey_name(&keys[k])))
				continue;
			if (!line_holds(note->text, line, &keys[k]))
				return DCF_E_REFUSED;
			found |= (uint64_t)1 << k;
		}
	}
	*signed_by = found;
	return found ? DCF_OK : DCF_E_NOT_FOUND;
}

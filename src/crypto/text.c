/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/text.h"

#include <sodium/utils.h>
#include <string.h>

/* libsodium writes a NUL behind what it writes, so text is made in pieces of this many bytes (a multiple of 3: no padding
 * between them) and copied. */
enum { PIECE = 48, PIECE_TEXT = 2 * PIECE };

size_t dcf_text_length(enum dcf_text kind, size_t n)
{
	switch (kind) {
	case DCF_TEXT_HEX:
		return 2 * n;
	case DCF_TEXT_BASE64_URL:
		return n / 3 * 4 + (n % 3 ? n % 3 + 1 : 0);
	case DCF_TEXT_BASE64:
		break;
	}
	return (n + 2) / 3 * 4;
}

size_t dcf_text_room(enum dcf_text kind, size_t length)
{
	return kind == DCF_TEXT_HEX ? length / 2 : length / 4 * 3 + length % 4;
}

static int variant(enum dcf_text kind)
{
	return kind == DCF_TEXT_BASE64_URL ? sodium_base64_VARIANT_URLSAFE_NO_PADDING : sodium_base64_VARIANT_ORIGINAL;
}

/* The text of at most PIECE bytes; its length. */
static size_t write_piece(enum dcf_text kind, char out[PIECE_TEXT + 1], const unsigned char *bytes, size_t n)
{
	if (kind == DCF_TEXT_HEX)
		(void)sodium_bin2hex(out, PIECE_TEXT + 1, bytes, n);
	else
		(void)sodium_bin2base64(out, PIECE_TEXT + 1, bytes, n, variant(kind));
	return dcf_text_length(kind, n);
}

size_t dcf_text_write(enum dcf_text kind, char *out, const void *bytes, size_t n)
{
	const unsigned char *from = bytes;
	char piece[PIECE_TEXT + 1];
	size_t at = 0;

	for (size_t done = 0; done < n; done += PIECE) {
		size_t length = write_piece(kind, piece, from + done, n - done < PIECE ? n - done : PIECE);

		memcpy(out + at, piece, length);
		at += length;
	}
	sodium_memzero(piece, sizeof piece);
	return at;
}

void dcf_text_put(struct dcf_buf *b, enum dcf_text kind, const void *bytes, size_t n)
{
	const unsigned char *from = bytes;
	char piece[PIECE_TEXT + 1];

	for (size_t done = 0; done < n && !b->failed; done += PIECE)
		dcf_buf_put(b, piece, write_piece(kind, piece, from + done, n - done < PIECE ? n - done : PIECE));
	sodium_memzero(piece, sizeof piece);
}

/* libsodium 1.0.18 takes two things too many: hexadecimal digits of both cases; and in base64, where plain char is signed, the
 * bytes 0x80 above the last two characters of the alphabet (b64_char_to_byte compares by EQ, which is made for 0..255). */
static bool has_strange_character(enum dcf_text kind, struct dcf_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((text.p[i] & 0x80) != 0 || (kind == DCF_TEXT_HEX && text.p[i] >= 'A' && text.p[i] <= 'Z'))
			return true;
	return false;
}

/* How many bytes a text of this length is for, SIZE_MAX when there is none of that length.
 * Padded base64 is counted without its padding. */
static size_t bytes_in(enum dcf_text kind, struct dcf_span text)
{
	size_t n = text.len, pad = 0;

	if (kind == DCF_TEXT_HEX)
		return n % 2 ? SIZE_MAX : n / 2;
	if (kind == DCF_TEXT_BASE64_URL)
		return n % 4 == 1 ? SIZE_MAX : n / 4 * 3 + (n % 4 ? n % 4 - 1 : 0);
	if (n % 4)
		return SIZE_MAX;
	while (pad < 2 && pad < n && text.p[n - 1 - pad] == '=')
		pad++;
	return n / 4 * 3 - pad;
}

enum dcf_status dcf_text_read(enum dcf_text kind, struct dcf_span text, void *out, size_t cap, size_t *n)
{
	size_t expected = bytes_in(kind, text), got = 0;
	int failed;

	*n = 0;
	if (expected == SIZE_MAX || has_strange_character(kind, text))
		return DCF_E_SYNTAX;
	if (expected > cap)
		return DCF_E_LIMIT;
	if (text.len == 0)
		return DCF_OK;
	/* Without a place for where it stopped, libsodium refuses what it cannot read to the end, and bits left over. */
	if (kind == DCF_TEXT_HEX)
		failed = sodium_hex2bin(out, cap, text.p, text.len, NULL, &got, NULL);
	else
		failed = sodium_base642bin(out, cap, text.p, text.len, NULL, &got, NULL, variant(kind));
	if (failed != 0 || got != expected)
		return DCF_E_SYNTAX;
	*n = got;
	return DCF_OK;
}

enum dcf_status dcf_text_read_exactly(enum dcf_text kind, struct dcf_span text, void *out, size_t n)
{
	size_t got = 0;
	enum dcf_status s;

	if (bytes_in(kind, text) != n)
		return DCF_E_SYNTAX;
	s = dcf_text_read(kind, text, out, n, &got);
	return s == DCF_OK && got != n ? DCF_E_SYNTAX : s;
}

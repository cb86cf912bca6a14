/* SPDX-License-Identifier: Apache-2.0 */
/* vkey.c - verifier keys: NAME+KEYID+BASE64(type || public key). */
#include "record/note.h"

#include "base/utf8.h"
#include "crypto/text.h"
#include "record/note_int.h"

enum {
	ED25519 = 0x01, /* the signature type of C2SP signed-note */
	ID_DIGITS = 8,
	KEY_BYTES = 1 + DCF_PUBLIC_KEY_BYTES
};

enum dcf_status dcf_note_fail(struct dcf_note_error *error, size_t at, const char *expected, enum dcf_status status)
{
	if (error)
		*error = (struct dcf_note_error){ at, expected };
	return status;
}

/* --- names ------------------------------------------------------------------------------------------------------------------
 */

static uint32_t code_point(const char *p, size_t n)
{
	static const uint8_t first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (uint8_t)p[0] & first[n];

	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((uint8_t)p[i] & 0x3f);
	return c;
}

/* The characters with the property White_Space of the Unicode Character Database (PropList.txt), which has not changed since
 * version 6.3 took U+180E out. */
static bool is_space(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} spaces[] = { { 0x09, 0x0d },     { 0x20, 0x20 },     { 0x85, 0x85 },     { 0xa0, 0xa0 },     { 0x1680, 0x1680 },
		       { 0x2000, 0x200a }, { 0x2028, 0x2029 }, { 0x202f, 0x202f }, { 0x205f, 0x205f }, { 0x3000, 0x3000 } };

	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
		if (c >= spaces[i].first && c <= spaces[i].last)
			return true;
	return false;
}

bool dcf_key_name_ok(struct dcf_span name)
{
	if (name.len < 1 || name.len > DCF_KEY_NAME_MAX)
		return false;
	for (size_t at = 0, n; at < name.len; at += n) {
		n = dcf_utf8_length(name.p + at, name.len - at);
		if (n == 0 || name.p[at] == '+' || dcf_utf8_steers(name.p + at, n) || is_space(code_point(name.p + at, n)))
			return false;
	}
	return true;
}

/* --- keys -------------------------------------------------------------------------------------------------------------------
 */

static void with_type(const struct dcf_public_key *key, uint8_t out[KEY_BYTES])
{
	out[0] = ED25519;
	memcpy(out + 1, key->b, sizeof key->b);
}

/* SHA-256(name || newline || type || public key), the first four bytes. */
static uint32_t key_id(struct dcf_span name, const struct dcf_public_key *key)
{
	uint8_t typed[KEY_BYTES];
	struct dcf_sha256 s;
	struct dcf_hash h;

	with_type(key, typed);
	dcf_sha256_begin(&s);
	dcf_sha256_put(&s, name.p, name.len);
	dcf_sha256_put(&s, "\n", 1);
	dcf_sha256_put(&s, typed, sizeof typed);
	h = dcf_sha256_end(&s);
	return (uint32_t)h.b[0] << 24 | (uint32_t)h.b[1] << 16 | (uint32_t)h.b[2] << 8 | h.b[3];
}

static void id_bytes(uint32_t id, uint8_t out[4])
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(id >> (24 - 8 * i));
}

enum dcf_status dcf_vkey_make(struct dcf_vkey *out, struct dcf_span name, const struct dcf_public_key *key)
{
	if (!dcf_key_name_ok(name))
		return DCF_E_RANGE;
	memset(out, 0, sizeof *out);
	memcpy(out->name, name.p, name.len);
	out->name_length = name.len;
	out->key = *key;
	out->id = key_id(name, key);
	return DCF_OK;
}

_Static_assert(DCF_KEY_NAME_MAX + 1 + ID_DIGITS + 1 + (KEY_BYTES + 2) / 3 * 4 < DCF_VKEY_MAX, "room for the longest vkey");

size_t dcf_vkey_write(const struct dcf_vkey *k, char out[DCF_VKEY_MAX])
{
	uint8_t id[4], typed[KEY_BYTES];
	size_t n = k->name_length;

	id_bytes(k->id, id);
	with_type(&k->key, typed);
	memcpy(out, k->name, n);
	out[n++] = '+';
	n += dcf_text_write(DCF_TEXT_HEX, out + n, id, sizeof id);
	out[n++] = '+';
	n += dcf_text_write(DCF_TEXT_BASE64, out + n, typed, sizeof typed);
	out[n] = '\0';
	return n;
}

/* The type byte of a key in base64: its first six bits are the first character and so on; -1 when that is no base64. */
static int type_of(struct dcf_span base64)
{
	uint8_t first[3];

	if (base64.len < 4 || dcf_text_read_exactly(DCF_TEXT_BASE64, (struct dcf_span){ base64.p, 4 }, first, 3) != DCF_OK)
		return -1;
	return first[0];
}

enum dcf_status dcf_vkey_read(struct dcf_span text, struct dcf_vkey *out, struct dcf_note_error *error)
{
	const char *plus = text.len ? memchr(text.p, '+', text.len) : NULL;
	struct dcf_span name = { text.p, plus ? (size_t)(plus - text.p) : 0 }, base64;
	uint8_t id[4], typed[KEY_BYTES], expected[4];
	size_t at = name.len + 1 + ID_DIGITS + 1;
	struct dcf_public_key key;
	struct dcf_vkey made;

	if (!dcf_key_name_ok(name))
		return dcf_note_fail(error, 0, "a key name without spaces and '+'", DCF_E_SYNTAX);
	if (text.len < at || plus[1 + ID_DIGITS] != '+' ||
	    dcf_text_read_exactly(DCF_TEXT_HEX, (struct dcf_span){ plus + 1, ID_DIGITS }, id, sizeof id) != DCF_OK)
		return dcf_note_fail(error, name.len + 1, "a key id of 8 hexadecimal digits and '+'", DCF_E_SYNTAX);
	base64 = (struct dcf_span){ text.p + at, text.len - at };
	if (type_of(base64) > 0 && type_of(base64) != ED25519)
		return dcf_note_fail(error, at, "a key of type 1 (Ed25519)", DCF_E_REFUSED);
	if (dcf_text_read_exactly(DCF_TEXT_BASE64, base64, typed, sizeof typed) != DCF_OK || typed[0] != ED25519)
		return dcf_note_fail(error, at, "a key type and 32 bytes of public key in base64", DCF_E_SYNTAX);
	memcpy(key.b, typed + 1, sizeof key.b);
	if (dcf_vkey_make(&made, name, &key) != DCF_OK)
		return dcf_note_fail(error, 0, "a key name without spaces and '+'", DCF_E_SYNTAX);
	id_bytes(made.id, expected);
	if (memcmp(id, expected, sizeof id) != 0)
		return dcf_note_fail(error, name.len + 1, "the key id of this name and key", DCF_E_SYNTAX);
	*out = made;
	return DCF_OK;
}

bool dcf_vkey_eq(const struct dcf_vkey *a, const struct dcf_vkey *b)
{
	return a->id == b->id && dcf_span_eq(dcf_vkey_name(a), dcf_vkey_name(b)) &&
	       memcmp(a->key.b, b->key.b, sizeof a->key.b) == 0;
}

enum dcf_status dcf_signer_make(struct dcf_signer *out, struct dcf_span name, const struct dcf_signing_key *key)
{
	enum dcf_status s = dcf_vkey_make(&out->who, name, &key->public_key);

	out->key = s == DCF_OK ? key : NULL;
	return s;
}

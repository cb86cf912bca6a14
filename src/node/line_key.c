/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_key.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/text.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <qrencode.h>
#include <stdio.h>

enum {
	DIGITS = 78,  /* of a number below 2^256 */
	CHECKED = 80, /* with the check digits */
	HEX = 64,
	DER_MAX = 64 * 1024
};

/* --- digits ------------------------------------------------------------------------------------------------------- */

/* The number's remainder by 10, and the number divided by 10. */
static unsigned divide(uint8_t number[32])
{
	unsigned rest = 0;

	for (size_t i = 0; i < 32; i++) {
		unsigned v = rest << 8 | number[i];

		number[i] = (uint8_t)(v / 10);
		rest = v % 10;
	}
	return rest;
}

/* The number times 10 and `digit` more; false when it does not fit. */
static bool multiply(uint8_t number[32], unsigned digit)
{
	unsigned carry = digit;

	for (size_t i = 32; i-- > 0;) {
		unsigned v = number[i] * 10u + carry;

		number[i] = (uint8_t)v;
		carry = v >> 8;
	}
	return carry == 0;
}

static unsigned mod97(const char *digits, size_t n)
{
	unsigned rest = 0;

	for (size_t i = 0; i < n; i++)
		rest = (rest * 10 + (unsigned)(digits[i] - '0')) % 97;
	return rest;
}

void dcf_line_key_digits(const struct dcf_public_key *key, char out[DCF_LINE_DIGITS])
{
	char digits[CHECKED];
	uint8_t number[32];
	unsigned check;

	memcpy(number, key->b, sizeof number);
	for (size_t i = DIGITS; i-- > 0;)
		digits[i] = (char)('0' + divide(number));
	digits[DIGITS] = digits[DIGITS + 1] = '0';
	check = 98 - mod97(digits, CHECKED);
	digits[DIGITS] = (char)('0' + check / 10);
	digits[DIGITS + 1] = (char)('0' + check % 10);
	for (size_t group = 0; group < 16; group++) {
		memcpy(out + 6 * group, digits + 5 * group, 5);
		out[6 * group + 5] = group < 15 ? ' ' : '\0';
	}
}

/* The characters that count, lower case, into `out`; their number, or SIZE_MAX when there are more than `cap` or one that is
 * neither. */
static size_t squeeze(struct dcf_span text, char *out, size_t cap)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '-' || c == '.' || c == ':')
			continue;
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (n == cap || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return SIZE_MAX;
		out[n++] = c;
	}
	return n;
}

static enum dcf_status read_digits(const char digits[CHECKED], struct dcf_public_key *key, const char **why)
{
	memset(key, 0, sizeof *key);
	for (size_t i = 0; i < CHECKED; i++)
		if (digits[i] > '9') {
			*why = "expected digits alone, or 64 hexadecimal digits";
			return DCF_E_SYNTAX;
		}
	*why = "the check digits say that a digit is wrong, or that two are swapped";
	if (mod97(digits, CHECKED) != 1)
		return DCF_E_SYNTAX;
	for (size_t i = 0; i < DIGITS; i++)
		if (!multiply(key->b, (unsigned)(digits[i] - '0')))
			return DCF_E_SYNTAX;
	return DCF_OK;
}

enum dcf_status dcf_line_key_read(struct dcf_span text, struct dcf_public_key *key, const char **why)
{
	char plain[CHECKED];
	size_t n = squeeze(text, plain, sizeof plain);
	enum dcf_status s = DCF_E_SYNTAX;

	*why = "expected 16 groups of five digits, or 64 hexadecimal digits";
	if (n == CHECKED)
		s = read_digits(plain, key, why);
	else if (n == HEX)
		s = dcf_text_read_exactly(DCF_TEXT_HEX, (struct dcf_span){ plain, n }, key->b, sizeof key->b);
	if (s == DCF_OK && !dcf_public_key_ok(key)) {
		*why = "this is no key that anything could be signed by";
		s = DCF_E_REFUSED;
	}
	if (s != DCF_OK)
		memset(key, 0, sizeof *key);
	return s;
}

/* --- QR code ------------------------------------------------------------------------------------------------------ */

static const struct dcf_span qr_name = { "DECONFLICT:1:", 13 };

void dcf_line_key_put_qr_text(const struct dcf_public_key *key, struct dcf_span party, struct dcf_span url, struct dcf_buf *out)
{
	dcf_buf_span(out, qr_name);
	dcf_buf_span(out, party);
	dcf_buf_char(out, ':');
	dcf_text_put(out, DCF_TEXT_HEX, key->b, sizeof key->b);
	dcf_buf_char(out, ':');
	dcf_buf_span(out, url);
}

/* A party's id may have colons in it, hex none and the url has them behind: so the key is what is found from the front, 64
 * digits between two colons. */
enum dcf_status dcf_line_key_read_qr(struct dcf_span text, struct dcf_public_key *key, struct dcf_span *party,
				     struct dcf_span *url)
{
	if (text.len < qr_name.len || memcmp(text.p, qr_name.p, qr_name.len) != 0)
		return DCF_E_SYNTAX;
	text.p += qr_name.len;
	text.len -= qr_name.len;
	for (size_t i = 1; i < text.len && text.len - i >= HEX + 2; i++) {
		struct dcf_span hex = { text.p + i + 1, HEX };

		if (text.p[i] != ':' || hex.p[HEX] != ':' ||
		    dcf_text_read_exactly(DCF_TEXT_HEX, hex, key->b, sizeof key->b) != DCF_OK)
			continue;
		*party = (struct dcf_span){ text.p, i };
		*url = (struct dcf_span){ hex.p + HEX + 1, text.len - i - HEX - 2 };
		return dcf_public_key_ok(key) ? DCF_OK : DCF_E_SYNTAX;
	}
	return DCF_E_SYNTAX;
}

static bool is_dark(const QRcode *code, int x, int y)
{
	return x >= 0 && y >= 0 && x < code->width && y < code->width && code->data[y * code->width + x] & 1;
}

/* Two rows of modules in one of text; four modules of margin all round.  Black on white by colours of its own, since a code
 * that is light on dark is not read by every telephone. */
static void put_modules(const QRcode *code, struct dcf_buf *out)
{
	static const char *const glyph[2][2] = { { " ", "\xe2\x96\x84" }, { "\xe2\x96\x80", "\xe2\x96\x88" } };

	for (int y = -4; y < code->width + 4; y += 2) {
		dcf_buf_z(out, "\x1b[30;107m");
		for (int x = -4; x < code->width + 4; x++)
			dcf_buf_z(out, glyph[is_dark(code, x, y)][is_dark(code, x, y + 1)]);
		dcf_buf_z(out, "\x1b[0m\n");
	}
}

enum dcf_status dcf_line_qr_put(struct dcf_span text, struct dcf_buf *out)
{
	QRcode *code =
		text.len <= 2000 ? QRcode_encodeData((int)text.len, (const unsigned char *)text.p, 0, QR_ECLEVEL_M) : NULL;

	if (!code)
		return text.len > 2000 ? DCF_E_LIMIT : DCF_E_NOMEM;
	put_modules(code, out);
	QRcode_free(code);
	return out->failed ? DCF_E_NOMEM : DCF_OK;
}

/* --- certificate -------------------------------------------------------------------------------------------------- */

static bool fill(X509 *x, EVP_PKEY *pkey, const struct dcf_signing_key *key)
{
	char hex[HEX + 1] = { 0 };
	uint8_t serial[8];
	const struct dcf_random random = dcf_random_system();
	X509_NAME *name = X509_get_subject_name(x);
	uint64_t number;

	dcf_text_write(DCF_TEXT_HEX, hex, key->public_key.b, sizeof key->public_key.b);
	dcf_random_fill(&random, serial, sizeof serial);
	memcpy(&number, serial, sizeof number);
	/* "No well-defined end" (RFC 5280, 4.1.2.5), and a beginning before any clock: identity is the key alone. */
	return X509_set_version(x, X509_VERSION_3) && ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), number >> 1 | 1) &&
	       ASN1_TIME_set_string_X509(X509_getm_notBefore(x), "19700102000000Z") &&
	       ASN1_TIME_set_string_X509(X509_getm_notAfter(x), "99991231235959Z") &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)hex, -1, -1, 0) &&
	       X509_set_issuer_name(x, name) && X509_set_pubkey(x, pkey) && X509_sign(x, pkey, NULL) > 0;
}

static bool take_bio(BIO *bio, struct dcf_buf *out)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);

	dcf_buf_put(out, p, n > 0 ? (size_t)n : 0);
	return n > 0 && !out->failed;
}

enum dcf_status dcf_line_certificate(const struct dcf_signing_key *key, struct dcf_buf *certificate_pem,
				     struct dcf_buf *key_pem, struct dcf_node_error *err)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed, sizeof key->seed);
	X509 *x = X509_new();
	BIO *public = BIO_new(BIO_s_mem()), *private = BIO_new(BIO_s_secmem());
	bool ok = pkey && x && public && private && fill(x, pkey, key) && PEM_write_bio_X509(public, x) &&
		  PEM_write_bio_PKCS8PrivateKey(private, pkey, NULL, NULL, 0, NULL, NULL) &&
		  take_bio(public, certificate_pem) && take_bio(private, key_pem);

	BIO_free(private);
	BIO_free(public);
	X509_free(x);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return ok ? DCF_OK : dcf_node_fail(err, DCF_E_NOMEM, "the line's certificate cannot be made");
}

bool dcf_line_certificate_key(struct dcf_span der, struct dcf_public_key *key)
{
	const unsigned char *p = (const unsigned char *)der.p, *begin = p;
	X509 *x = der.len && der.len <= DER_MAX ? d2i_X509(NULL, &p, (long)der.len) : NULL;
	EVP_PKEY *pkey = x && p == begin + der.len ? X509_get0_pubkey(x) : NULL;
	size_t n = sizeof key->b;
	bool ok = pkey && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_ED25519 && EVP_PKEY_get_raw_public_key(pkey, key->b, &n) &&
		  n == sizeof key->b;

	X509_free(x);
	ERR_clear_error();
	return ok;
}

void dcf_line_key_pin(const struct dcf_public_key *key, char out[53])
{
	/* SubjectPublicKeyInfo of an Ed25519 key (RFC 8410) is these bytes and the key. */
	static const uint8_t head[12] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
	struct dcf_sha256 sha;
	struct dcf_hash hash;

	dcf_sha256_begin(&sha);
	dcf_sha256_put(&sha, head, sizeof head);
	dcf_sha256_put(&sha, key->b, sizeof key->b);
	hash = dcf_sha256_end(&sha);
	memcpy(out, "sha256//", 8);
	out[8 + dcf_text_write(DCF_TEXT_BASE64, out + 8, hash.b, sizeof hash.b)] = '\0';
}

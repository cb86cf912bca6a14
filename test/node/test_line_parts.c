/* SPDX-License-Identifier: Apache-2.0 */
/* The link's parts that need no network: fingerprints, certificates, frames, urls.  Expected digits and pins were computed by
 * another program (Python's whole numbers and hashlib). */
#include "crypto/init.h"
#include "crypto/random.h"
#include "crypto/text.h"
#include "node/line_frame.h"
#include "node/line_key.h"
#include "node/line_link.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *hex, *digits;
} keys[] = {
	{ "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
	  "00164 14544 10429 01726 64429 60671 02087 70844 60793 04880 13272 17767 79838 46987 16402 10430" },
	{ "cd14b37f956e953194ff7fb73b3d81dcc561d61a7538094b7c3e1a643ee5f3aa",
	  "09276 07097 53111 50212 11136 78513 24815 62453 73302 32682 83657 15764 33712 55271 51571 88207" },
	{ "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	  "09740 73277 87400 41563 96675 02615 60302 23729 91571 13515 28372 78227 91867 75483 17757 72210" },
};

static struct dcf_public_key key_of(const char *hex)
{
	struct dcf_public_key key;

	CHECK(dcf_text_read_exactly(DCF_TEXT_HEX, dcf_span_of(hex), key.b, sizeof key.b) == DCF_OK);
	return key;
}

static bool reads_as(const char *text, const struct dcf_public_key *key)
{
	struct dcf_public_key read;
	const char *why = NULL;

	return dcf_line_key_read(dcf_span_of(text), &read, &why) == DCF_OK && memcmp(read.b, key->b, sizeof read.b) == 0;
}

static void fingerprints_are_those_of_another_program(void)
{
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct dcf_public_key key = key_of(keys[i].hex);
		char digits[DCF_LINE_DIGITS], text[200];

		dcf_line_key_digits(&key, digits);
		CHECK_MSG(strcmp(digits, keys[i].digits) == 0, "%s", digits);
		CHECK(reads_as(digits, &key) && reads_as(keys[i].hex, &key));
		snprintf(text, sizeof text, "  %.40s- %.30s.\n%s", digits, digits + 40, digits + 70);
		CHECK_MSG(reads_as(text, &key), "%s", text);
		snprintf(text, sizeof text, "%.8s:%.24s %s", keys[i].hex, keys[i].hex + 8, keys[i].hex + 32);
		for (char *p = text; *p; p++)
			*p = *p >= 'a' && *p <= 'f' ? (char)(*p - 'a' + 'A') : *p;
		CHECK(reads_as(text, &key));
	}
}

static void every_slip_of_the_pen_is_found(void)
{
	struct dcf_public_key key;
	const char *why;
	unsigned tried = 0;

	for (size_t at = 0; at < strlen(keys[1].digits); at++) {
		char text[DCF_LINE_DIGITS];
		size_t next = keys[1].digits[at + 1] == ' ' ? at + 2 : at + 1;

		memcpy(text, keys[1].digits, sizeof text);
		if (text[at] == ' ')
			continue;
		for (char c = '0'; c <= '9'; c++) {
			text[at] = c;
			if (c == keys[1].digits[at])
				continue;
			CHECK_MSG(dcf_line_key_read(dcf_span_of(text), &key, &why) == DCF_E_SYNTAX, "%s", text);
			tried++;
		}
		text[at] = keys[1].digits[at];
		if (next < sizeof text - 1 && text[at] != text[next]) {
			char c = text[at];

			text[at] = text[next];
			text[next] = c;
			CHECK_MSG(dcf_line_key_read(dcf_span_of(text), &key, &why) == DCF_E_SYNTAX, "%s", text);
			tried++;
		}
	}
	CHECK(tried > 780);
}

static void what_is_no_fingerprint_is_refused(void)
{
	static const struct {
		const char *text;
		enum dcf_status status;
	} bad[] = {
		{ "", DCF_E_SYNTAX },
		{ "12345", DCF_E_SYNTAX },
		{ "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b", DCF_E_SYNTAX },
		{ "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b80", DCF_E_SYNTAX },
		{ "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531bg", DCF_E_SYNTAX },
		/* a number above 2^256, with its right check digits */
		{ "99999 99999 99999 99999 99999 99999 99999 99999 99999 99999 99999 99999 99999 99999 99999 99965",
		  DCF_E_SYNTAX },
		/* points of small order, and what is no point in its one form */
		{ "0000000000000000000000000000000000000000000000000000000000000000", DCF_E_REFUSED },
		{ "0100000000000000000000000000000000000000000000000000000000000000", DCF_E_REFUSED },
		{ "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", DCF_E_REFUSED },
		{ "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", DCF_E_REFUSED },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct dcf_public_key key;
		const char *why = NULL;
		enum dcf_status s = dcf_line_key_read(dcf_span_of(bad[i].text), &key, &why);

		CHECK_MSG(s == bad[i].status && why && *why, "%s: %d", bad[i].text, (int)s);
	}
}

static void a_picture_says_the_same(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_public_key key = key_of(keys[0].hex), read;
	struct dcf_buf text = { .from = &heap }, shown = { .from = &heap };
	struct dcf_span party, url;
	size_t lines = 0;

	dcf_line_key_put_qr_text(&key, DCF_SPAN("BLUE:1"), DCF_SPAN("https://[::1]:8443"), &text);
	CHECK(text.len == strlen("DECONFLICT:1:BLUE:1:") + 64 + strlen(":https://[::1]:8443"));
	CHECK(dcf_line_key_read_qr(dcf_buf_as_span(&text), &read, &party, &url) == DCF_OK && memcmp(read.b, key.b, 32) == 0 &&
	      dcf_span_eq(party, DCF_SPAN("BLUE:1")) && dcf_span_eq(url, DCF_SPAN("https://[::1]:8443")));
	for (size_t n = 0; n < strlen("DECONFLICT:1:BLUE:1:") + 65; n++)
		CHECK(dcf_line_key_read_qr((struct dcf_span){ text.p, n }, &read, &party, &url) == DCF_E_SYNTAX);
	CHECK(dcf_line_qr_put(dcf_buf_as_span(&text), &shown) == DCF_OK);
	for (size_t i = 0; i < shown.len; i++)
		lines += shown.p[i] == '\n';
	/* A square of 37 to 49 modules with a margin of four on each side, two rows in one. */
	CHECK_MSG(lines >= 22 && lines <= 29, "%zu", lines);
	text.len = 0;
	dcf_buf_fill(&text, 'x', 2001);
	CHECK(dcf_line_qr_put(dcf_buf_as_span(&text), &shown) == DCF_E_LIMIT);
	dcf_buf_free(&text);
	dcf_buf_free(&shown);
}

/* PEM to DER, as a server would. */
static struct dcf_span der_of(struct dcf_span pem, uint8_t out[1000])
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
	char text[1000];
	size_t n = 0, len = 0;

	CHECK(pem.len > sizeof begin && memcmp(pem.p, begin, sizeof begin - 1) == 0);
	for (size_t i = sizeof begin - 1; i < pem.len && pem.p[i] != '-' && n < sizeof text; i++)
		if (pem.p[i] != '\n')
			text[n++] = pem.p[i];
	CHECK(dcf_text_read(DCF_TEXT_BASE64, (struct dcf_span){ text, n }, out, 1000, &len) == DCF_OK);
	return (struct dcf_span){ (const char *)out, len };
}

static void a_certificate_holds_the_key(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_signing_key key;
	struct dcf_public_key read, rfc = key_of(keys[2].hex);
	struct dcf_buf certificate = { .from = &heap }, secret = { .from = &heap };
	uint8_t bytes[1000];
	struct dcf_span der;
	char pin[53];

	dcf_signing_key_make(&key);
	CHECK(dcf_line_certificate(&key, &certificate, &secret, NULL) == DCF_OK);
	der = der_of(dcf_buf_as_span(&certificate), bytes);
	CHECK(dcf_line_certificate_key(der, &read) && memcmp(read.b, key.public_key.b, sizeof read.b) == 0);
	for (size_t n = 0; n < der.len; n++)
		CHECK(!dcf_line_certificate_key((struct dcf_span){ der.p, n }, &read));
	CHECK(!dcf_line_certificate_key((struct dcf_span){ der.p, der.len + 1 }, &read));
	dcf_line_key_pin(&rfc, pin);
	CHECK_MSG(strcmp(pin, "sha256//BuP9j9opu2CrWVV95h7bCuzbIxE0vjDnW0Vfjht5L6k=") == 0, "%s", pin);
	dcf_buf_free(&certificate);
	dcf_buf_free(&secret);
	dcf_signing_key_wipe(&key);
}

/* --- frames ------------------------------------------------------------------------------------------------------- */

struct reader {
	struct dcf_alloc heap;
	struct dcf_arena arena;
	struct dcf_jdoc doc;
	struct dcf_line_frame frame;
	struct dcf_line_frame_error error;
};

static enum dcf_status read_frame(struct reader *r, struct dcf_span bytes)
{
	enum dcf_status s;
	/* In a block of its own size, so that a sanitizer sees a read past its end. */
	char *copy = malloc(bytes.len ? bytes.len : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes.p, bytes.len);
	r->heap = dcf_alloc_heap();
	r->arena.from = &r->heap;
	dcf_arena_rewind(&r->arena);
	s = dcf_line_frame_read((struct dcf_span){ copy, bytes.len }, &r->doc, &r->arena, &r->frame, &r->error);
	free(copy);
	return s;
}

static struct dcf_buf sample(const struct dcf_alloc *heap, bool exercise)
{
	const struct dcf_line_frame f = { .at_us = 1442733000000000,
					  .have = 7,
					  .exercise = exercise,
					  .party = DCF_SPAN("BLUE \"1\""),
					  .count = 2,
					  .agreement = { { 0x12, 0xff } },
					  .have_hash = { { 1 } } };
	struct dcf_buf out = { .from = heap };

	dcf_line_frame_put_head(&f, &out);
	dcf_line_frame_put_note(DCF_SPAN("a note\n"), &out);
	dcf_line_frame_put_note(DCF_SPAN("n"), &out);
	return out;
}

static void a_frame_reads_back(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct reader r = { .arena = { 0 } };

	for (int exercise = 0; exercise < 2; exercise++) {
		struct dcf_buf b = sample(&heap, exercise);

		CHECK_MSG(read_frame(&r, dcf_buf_as_span(&b)) == DCF_OK, "%s", r.error.expected);
		CHECK(r.frame.at_us == 1442733000000000 && r.frame.have == 7 && r.frame.exercise == (exercise == 1) &&
		      r.frame.count == 2 && dcf_span_eq(r.frame.party, DCF_SPAN("BLUE \"1\"")) &&
		      r.frame.agreement.b[1] == 0xff && r.frame.have_hash.b[0] == 1 && r.frame.note[0].len == 7 &&
		      r.frame.note[1].len == 1);
		for (size_t n = 0; n < b.len; n++)
			CHECK_MSG(read_frame(&r, (struct dcf_span){ b.p, n }) == DCF_E_SYNTAX && r.error.expected &&
					  r.error.at <= n,
				  "%zu", n);
		dcf_buf_char(&b, 'x');
		CHECK(read_frame(&r, dcf_buf_as_span(&b)) == DCF_E_SYNTAX && r.error.at == b.len - 1);
		dcf_buf_free(&b);
	}
	dcf_arena_free(&r.arena);
	dcf_jfree(&r.doc);
}

/* Whatever is changed in the first two lines is another frame or none, never the same. */
static void a_frame_has_one_text(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct reader r = { .arena = { 0 } };
	struct dcf_buf b = sample(&heap, true), again = { .from = &heap };
	const char *second = memchr(b.p, '\n', b.len);
	size_t head = (size_t)((const char *)memchr(second + 1, '\n', b.len - (size_t)(second + 1 - b.p)) + 1 - b.p);

	for (size_t i = 0; i < head; i++)
		for (unsigned c = 1; c < 256; c += i < 23 ? 85 : 3) {
			char was = b.p[i];

			b.p[i] = (char)((unsigned char)was ^ c);
			if (read_frame(&r, dcf_buf_as_span(&b)) == DCF_OK) {
				again.len = 0;
				dcf_line_frame_put_head(&r.frame, &again);
				CHECK_MSG(again.len == head && memcmp(again.p, b.p, head) == 0, "byte %zu", i);
			}
			b.p[i] = was;
		}
	dcf_buf_free(&b);
	dcf_buf_free(&again);
	dcf_arena_free(&r.arena);
	dcf_jfree(&r.doc);
}

static void frames_are_bounded(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct reader r = { .arena = { 0 } };
	struct dcf_buf b = { .from = &heap };
	struct dcf_line_frame f = { .party = DCF_SPAN("A"), .count = DCF_LINE_NOTES_MAX + 1 };

	dcf_line_frame_put_head(&f, &b);
	CHECK(read_frame(&r, dcf_buf_as_span(&b)) == DCF_E_SYNTAX && strstr(r.error.expected, "4096"));
	b.len = 0;
	dcf_buf_fill(&b, 'x', DCF_LINE_FRAME_MAX + 1);
	CHECK(read_frame(&r, dcf_buf_as_span(&b)) == DCF_E_LIMIT);
	b.len = 0;
	f.count = 1;
	dcf_line_frame_put_head(&f, &b);
	dcf_buf_z(&b, "262145\n");
	dcf_buf_fill(&b, 'x', 262145);
	CHECK(read_frame(&r, dcf_buf_as_span(&b)) == DCF_E_SYNTAX && strstr(r.error.expected, "262144"));
	dcf_buf_free(&b);
	dcf_arena_free(&r.arena);
	dcf_jfree(&r.doc);
}

static void urls_have_host_and_port_alone(void)
{
	static const char *const good[] = { "",
					    "https://a:1",
					    "https://node.example.org:8443",
					    "https://10.0.0.1:65535",
					    "https://[::1]:443",
					    "https://a:1 https://b:2" };
	static const char *const bad[] = { "https://",
					   "https://a",
					   "http://a:1",
					   "https://a:0",
					   "https://a:65536",
					   "https://a:1/",
					   "https://a:1/x",
					   "https://u@a:1",
					   "https://a b:1",
					   " https://a:1",
					   "https://a:1 ",
					   "https://a:1  https://b:2",
					   "https://a:1 https://b:2 https://c:3",
					   "https://:1",
					   "https://a:1x",
					   "https://[::1:443",
					   "https://::1:443",
					   "HTTPS://a:1",
					   "https://a_b:1",
					   "https://a:1\nhttps://b:2",
					   "https://a:000001" };
	char text[DCF_URL_MAX + 2] = "https://";

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		CHECK_MSG(dcf_line_url_ok(dcf_span_of(good[i])), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_MSG(!dcf_line_url_ok(dcf_span_of(bad[i])), "%s", bad[i]);
	memset(text + 8, 'a', DCF_URL_MAX - 10);
	memcpy(text + DCF_URL_MAX - 2, ":1", 3);
	CHECK(dcf_line_url_ok(dcf_span_of(text)));
	memcpy(text + DCF_URL_MAX - 2, ":12", 4);
	CHECK(!dcf_line_url_ok(dcf_span_of(text)));
}

int main(void)
{
	if (dcf_crypto_init() != DCF_OK)
		return 1;
	return TAP_RUN(TAP(fingerprints_are_those_of_another_program), TAP(every_slip_of_the_pen_is_found),
		       TAP(what_is_no_fingerprint_is_refused), TAP(a_picture_says_the_same), TAP(a_certificate_holds_the_key),
		       TAP(a_frame_reads_back), TAP(a_frame_has_one_text), TAP(frames_are_bounded),
		       TAP(urls_have_host_and_port_alone));
}

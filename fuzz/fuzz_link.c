/* SPDX-License-Identifier: Apache-2.0 */
/* What comes to the link from outside: frames, and fingerprints in each of their forms.  The first byte says what the rest is:
 *     x an exchange   k a fingerprint as typed   q the text of a QR code   u a url   c a certificate (DER) */
#include "crypto/init.h"
#include "crypto/text.h"
#include "node/line_frame.h"
#include "node/line_key.h"
#include "node/line_link.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

/* What is read is written again as the same bytes. */
static void exchange(const struct dcf_alloc *a, struct dcf_span bytes)
{
	struct dcf_arena arena = { .from = a };
	struct dcf_buf again = { .from = a };
	struct dcf_jdoc doc = { 0 };
	struct dcf_line_frame frame;
	struct dcf_line_frame_error error = { 0, NULL };
	enum dcf_status s = dcf_line_frame_read(bytes, &doc, &arena, &frame, &error);

	if (s == DCF_OK) {
		dcf_line_frame_put_head(&frame, &again);
		for (size_t i = 0; i < frame.count; i++)
			dcf_line_frame_put_note(frame.note[i], &again);
		must(dcf_span_eq(dcf_buf_as_span(&again), bytes));
	} else {
		must(s != DCF_E_SYNTAX || (error.expected && error.at <= bytes.len));
		must(frame.count == 0);
	}
	dcf_buf_free(&again);
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

/* A fingerprint that is taken is shown as one that is taken again, as the same key. */
static void fingerprint(struct dcf_span text)
{
	struct dcf_public_key key, same;
	char digits[DCF_LINE_DIGITS];
	const char *why = NULL;

	if (dcf_line_key_read(text, &key, &why) != DCF_OK) {
		must(why && *why);
		return;
	}
	dcf_line_key_digits(&key, digits);
	must(dcf_line_key_read(dcf_span_of(digits), &same, &why) == DCF_OK && memcmp(key.b, same.b, sizeof key.b) == 0);
}

static void picture(const struct dcf_alloc *a, struct dcf_span text)
{
	struct dcf_buf again = { .from = a };
	struct dcf_public_key key;
	struct dcf_span party, url;

	if (dcf_line_key_read_qr(text, &key, &party, &url) == DCF_OK) {
		dcf_line_key_put_qr_text(&key, party, url, &again);
		must(dcf_span_eq(dcf_buf_as_span(&again), text));
	}
	dcf_buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_span rest = { (const char *)data + 1, size - 1 };
	struct dcf_public_key key;

	if (size == 0 || dcf_crypto_init() != DCF_OK)
		return 0;
	switch (data[0]) {
	case 'x':
		exchange(&heap, rest);
		break;
	case 'k':
		fingerprint(rest);
		break;
	case 'q':
		picture(&heap, rest);
		break;
	case 'u':
		must(!dcf_line_url_ok(rest) || rest.len <= DCF_URL_MAX);
		break;
	default:
		(void)dcf_line_certificate_key(rest, &key);
	}
	return 0;
}

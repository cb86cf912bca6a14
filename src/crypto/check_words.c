/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/check_words.h"

void dcf_check_words_of_hash(struct dcf_hash hash, char out[DCF_CHECK_WORDS_SIZE])
{
	uint64_t v = 0;

	for (int i = 0; i < 5; i++)
		v = v << 8 | hash.b[i];
	v %= 1000000000000;
	for (int i = 14; i >= 0; i--) {
		if (i % 4 == 3) {
			out[i] = ' ';
			continue;
		}
		out[i] = (char)('0' + v % 10);
		v /= 10;
	}
	out[15] = '\0';
}

void dcf_check_words(struct dcf_span canonical, char out[DCF_CHECK_WORDS_SIZE])
{
	dcf_check_words_of_hash(dcf_sha256(canonical), out);
}

bool dcf_check_words_same(struct dcf_span text, const char words[DCF_CHECK_WORDS_SIZE])
{
	size_t at = 0; /* in `words` */

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == ' ' || c == '\t' || c == '-' || c == '.' || c == ',')
			continue;
		if (at < 15 && words[at] == ' ')
			at++;
		if (at >= 15 || c != words[at])
			return false;
		at++;
	}
	return at == 15;
}

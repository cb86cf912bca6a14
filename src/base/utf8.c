/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

static int is_tail(const char *p)
{
	return ((unsigned char)*p & 0xc0) == 0x80;
}

size_t dcf_utf8_length(const char *p, size_t n)
{
	unsigned char c, d;

	if (n == 0)
		return 0;
	c = (unsigned char)p[0];
	if (c < 0x80)
		return 1;
	if (n < 2 || c < 0xc2 || c > 0xf4 || !is_tail(p + 1))
		return 0;
	d = (unsigned char)p[1];
	if (c < 0xe0)
		return 2;
	if ((c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) || n < 3 || !is_tail(p + 2))
		return 0;
	if (c < 0xf0)
		return 3;
	if ((c == 0xf0 && d < 0x90) || (c == 0xf4 && d > 0x8f) || n < 4 || !is_tail(p + 3))
		return 0;
	return 4;
}

bool dcf_utf8_steers(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;

	if (n == 1)
		return p[0] < 0x20 || p[0] == 0x7f;
	if (n == 2)
		return (p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xd8 && p[1] == 0x9c);
	if (n != 3 || p[0] != 0xe2)
		return false;
	if (p[1] == 0x80)
		return (p[2] >= 0xa8 && p[2] <= 0xae) || p[2] == 0x8e || p[2] == 0x8f;
	return p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9;
}

size_t dcf_utf8_count(struct dcf_span s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; count++) {
		size_t n = dcf_utf8_length(s.p + i, s.len - i);

		i += n ? n : 1;
	}
	return count;
}

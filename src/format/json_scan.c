/* SPDX-License-Identifier: Apache-2.0 */
#include "format/json_scan.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

size_t dcf_scan_container_plain(struct dcf_scan *s, const char *p, size_t n, enum dcf_scan_state *state)
{
	*state = DCF_SCAN_MORE;
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (s->escaped) {
			s->escaped = false;
		} else if (c == '\\') {
			s->escaped = true;
		} else if (c == '"') {
			s->in_string = !s->in_string;
		} else if (!s->in_string && (c == '{' || c == '[')) {
			if (++s->depth > s->max_depth) {
				*state = DCF_SCAN_DEEP;
				return n;
			}
		} else if (!s->in_string && (c == '}' || c == ']') && --s->depth == 0) {
			*state = DCF_SCAN_DONE;
			return i + 1;
		}
	}
	return n;
}

#ifdef __SSE2__

enum { BLOCK = 64 };

struct masks {
	uint64_t quote, backslash, open, close;
};

/* '{' and '[' differ in one bit, and so do '}' and ']': 0x7b 0x5b, 0x7d 0x5d. */
static struct masks masks_of(const char *p)
{
	const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
	const __m128i open = _mm_set1_epi8('{'), close = _mm_set1_epi8('}'), bit = _mm_set1_epi8(0x20);
	struct masks m = { 0, 0, 0, 0 };

	for (int k = 0; k < 4; k++) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * k));
		__m128i w = _mm_or_si128(v, bit);

		m.quote |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << (16 * k);
		m.backslash |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, backslash)) << (16 * k);
		m.open |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(w, open)) << (16 * k);
		m.close |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(w, close)) << (16 * k);
	}
	return m;
}

/* Bits of the bytes that a backslash before them makes ordinary. */
static uint64_t escaped_bytes(uint64_t backslash, bool *carry)
{
	uint64_t escaped = *carry, left = backslash & ~escaped;

	*carry = false;
	while (left) {
		int i = __builtin_ctzll(left);

		if (i == BLOCK - 1) {
			*carry = true;
			break;
		}
		escaped |= (uint64_t)2 << i;
		left &= ~((uint64_t)3 << i);
	}
	return escaped;
}

/* Each bit becomes the parity of itself and those below: from an opening quote to before its closing one. */
static uint64_t prefix_xor(uint64_t x)
{
	for (int k = 1; k < BLOCK; k <<= 1)
		x ^= x << k;
	return x;
}

/* Walk the brackets of one block in order; the number of bytes taken. */
static size_t walk(struct dcf_scan *s, uint64_t open, uint64_t close, enum dcf_scan_state *state)
{
	for (uint64_t both = open | close; both; both &= both - 1) {
		uint64_t bit = both & (0 - both);

		if (open & bit) {
			if (++s->depth > s->max_depth) {
				*state = DCF_SCAN_DEEP;
				return BLOCK;
			}
		} else if (--s->depth == 0) {
			*state = DCF_SCAN_DONE;
			return (size_t)__builtin_ctzll(bit) + 1;
		}
	}
	return BLOCK;
}

size_t dcf_scan_container(struct dcf_scan *s, const char *p, size_t n, enum dcf_scan_state *state)
{
	size_t i = 0;

	*state = DCF_SCAN_MORE;
	for (; n - i >= BLOCK; i += BLOCK) {
		struct masks m = masks_of(p + i);
		uint64_t in_string;
		size_t took;

		if (m.backslash | s->escaped)
			m.quote &= ~escaped_bytes(m.backslash, &s->escaped);
		in_string = prefix_xor(m.quote) ^ (0 - (uint64_t)s->in_string);
		m.open &= ~in_string;
		m.close &= ~in_string;
		s->in_string = in_string >> (BLOCK - 1);
		took = walk(s, m.open, m.close, state);
		if (*state == DCF_SCAN_DONE)
			return i + took;
		if (*state == DCF_SCAN_DEEP)
			return n;
	}
	return i + dcf_scan_container_plain(s, p + i, n - i, state);
}

#else

size_t dcf_scan_container(struct dcf_scan *s, const char *p, size_t n, enum dcf_scan_state *state)
{
	return dcf_scan_container_plain(s, p, n, state);
}

#endif

size_t dcf_scan_string(struct dcf_scan *s, const char *p, size_t n, enum dcf_scan_state *state)
{
	*state = DCF_SCAN_MORE;
	for (size_t i = 0; i < n; i++) {
		if (s->escaped) {
			s->escaped = false;
		} else if (p[i] == '\\') {
			s->escaped = true;
		} else if (p[i] == '"') {
			if (s->in_string) {
				*state = DCF_SCAN_DONE;
				return i + 1;
			}
			s->in_string = true;
		}
	}
	return n;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "format/json_scan.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

static void opened_child(struct dcf_scan *s, size_t at)
{
	if (s->children < DCF_SCAN_CHILDREN)
		s->child[s->children].from = at;
}

static void closed_child(struct dcf_scan *s, size_t after)
{
	if (s->children < DCF_SCAN_CHILDREN)
		s->child[s->children++].to = after;
}

/* A bracket at byte `at` of the value; false when the value ends with it or is too deep. */
static inline bool bracket(struct dcf_scan *s, bool open, size_t at, enum dcf_scan_state *state)
{
	if (open) {
		if (++s->depth > s->max_depth)
			*state = DCF_SCAN_DEEP;
		if (s->depth == 2)
			opened_child(s, at);
	} else {
		if (--s->depth == 0)
			*state = DCF_SCAN_DONE;
		if (s->depth == 1)
			closed_child(s, at + 1);
	}
	return *state == DCF_SCAN_MORE;
}

size_t dcf_scan_container_plain(struct dcf_scan *s, const char *p, size_t n, enum dcf_scan_state *state)
{
	*state = DCF_SCAN_MORE;
	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		bool escaped = s->escaped;

		s->escaped = c == '\\' && !escaped;
		if (c == '"' && !escaped)
			s->in_string = !s->in_string;
		if (s->in_string || !(c == '{' || c == '[' || c == '}' || c == ']'))
			continue;
		if (!bracket(s, c == '{' || c == '[', s->taken + i, state)) {
			s->taken += i + 1;
			return *state == DCF_SCAN_DONE ? i + 1 : n;
		}
	}
	s->taken += n;
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
		size_t i = (size_t)__builtin_ctzll(both);

		if (!bracket(s, open >> i & 1, s->taken + i, state))
			return i + 1;
	}
	return BLOCK;
}

/* Number of bits; the instruction for it is not in every x86-64. */
static uint32_t bits(uint64_t x)
{
	x -= x >> 1 & 0x5555555555555555u;
	x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
	return (uint32_t)(x * 0x0101010101010101u >> 56);
}

size_t dcf_scan_container(struct dcf_scan *s, const char *p, size_t n, enum dcf_scan_state *state)
{
	size_t i = 0;

	*state = DCF_SCAN_MORE;
	for (; n - i >= BLOCK; i += BLOCK) {
		struct masks m = masks_of(p + i);
		uint64_t in_string;
		size_t took;
		uint32_t opened, closed;

		if (m.backslash | s->escaped)
			m.quote &= ~escaped_bytes(m.backslash, &s->escaped);
		in_string = prefix_xor(m.quote) ^ (0 - (uint64_t)s->in_string);
		m.open &= ~in_string;
		m.close &= ~in_string;
		s->in_string = in_string >> (BLOCK - 1);
		opened = bits(m.open);
		closed = bits(m.close);
		/* In whatever order they come, none of them begins or ends a child, and none is too deep. */
		if (s->depth > closed + 1 && opened <= s->max_depth - s->depth) {
			s->depth += opened - closed;
			s->taken += BLOCK;
			continue;
		}
		took = walk(s, m.open, m.close, state);
		s->taken += took;
		if (*state != DCF_SCAN_MORE)
			return *state == DCF_SCAN_DONE ? i + took : n;
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

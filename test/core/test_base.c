/* SPDX-License-Identifier: Apache-2.0 */
/* test_base.c - arena, growing arrays, decimal printing, JSON out, UTF-8, whose turn comes next. */
#include "base/due.h"
#include "base/json_writer.h"
#include "base/utf8.h"
#include "oracle/random.h"
#include "tap.h"
#include <stdlib.h>
#include <string.h>

static struct dcf_alloc heap;

static bool is(const struct dcf_buf *b, const char *z)
{
	return b->len == strlen(z) && memcmp(b->p, z, b->len) == 0;
}

static void fixed_numbers_are_exact(void)
{
	static const struct {
		int64_t v;
		int decimals;
		const char *text, *full;
	} want[] = {
		{ 346300, 3, "346.3", "346.300" },
		{ -5, 1, "-0.5", "-0.5" },
		{ 20, 1, "2", "2.0" },
		{ 0, 3, "0", "0.000" },
		{ -1, 3, "-0.001", "-0.001" },
		{ 7, 0, "7", "7" },
		{ INT64_MIN, 0, "-9223372036854775808", "-9223372036854775808" },
		{ INT64_MAX, 18, "9.223372036854775807", "9.223372036854775807" },
		{ INT64_MIN, 18, "-9.223372036854775808", "-9.223372036854775808" },
		{ -1200, 2, "-12", "-12.00" },
	};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct dcf_buf b = { .from = &heap };

		dcf_buf_fixed(&b, want[i].v, want[i].decimals);
		CHECK_MSG(is(&b, want[i].text), "%.*s, not %s", (int)b.len, b.p, want[i].text);
		b.len = 0;
		dcf_buf_fixed_full(&b, want[i].v, want[i].decimals);
		CHECK_MSG(is(&b, want[i].full), "%.*s, not %s", (int)b.len, b.p, want[i].full);
		dcf_buf_free(&b);
	}
}

static void json_is_well_formed_whatever_goes_in(void)
{
	struct dcf_buf b = { .from = &heap };
	struct dcf_json j = { .out = &b };

	dcf_json_begin(&j, '{');
	dcf_json_key(&j, "a\"");
	dcf_json_string(&j, DCF_SPAN("\x01\n\t\\/\"\xff\xc3\xa9\xed\xa0\x80"));
	dcf_json_key(&j, "list");
	dcf_json_begin(&j, '[');
	dcf_json_i64(&j, -3);
	dcf_json_fixed(&j, 15, 1);
	dcf_json_bool(&j, true);
	dcf_json_null(&j);
	dcf_json_raw(&j, DCF_SPAN("{\"x\":1}"));
	dcf_json_begin(&j, '{');
	dcf_json_end(&j, '}');
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	CHECK_MSG(is(&b, "{\"a\\\"\":\"\\u0001\\n\\t\\\\/"
			 "\\\"\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"list\":[-3,1.5,true,null,"
			 "{\"x\":1},{}]}"),
		  "%.*s", (int)b.len, b.p);
	dcf_buf_free(&b);
}

static void utf8_follows_the_standard(void)
{
	static const struct {
		const char *bytes;
		size_t n, length;
	} want[] = {
		{ "a", 1, 1 },
		{ "\xc3\xa9", 2, 2 },
		{ "\xe2\x82\xac", 3, 3 },
		{ "\xf0\x9f\x9b\xa9", 4, 4 },
		{ "\xf4\x8f\xbf\xbf", 4, 4 },
		{ "\xc3", 1, 0 },
		{ "\xc0\xaf", 2, 0 },
		{ "\xe0\x80\xaf", 3, 0 },
		{ "\xed\xa0\x80", 3, 0 },
		{ "\xf4\x90\x80\x80", 4, 0 },
		{ "\x80", 1, 0 },
		{ "\xff", 1, 0 },
		{ "\xf8\x88\x80\x80\x80", 5, 0 },
		{ "", 0, 0 },
		{ "\xe2\x82", 2, 0 },
		{ "\xc3\x28", 2, 0 },
	};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		CHECK_MSG(dcf_utf8_length(want[i].bytes, want[i].n) == want[i].length, "row %zu", i);
	CHECK(dcf_utf8_count(DCF_SPAN("a\xc3\xa9\xff"
				      "b")) == 4);
}

/* Every character of Unicode, against the list of those that are not shown but steer. */
static void what_steers_a_screen_is_known(void)
{
	for (uint32_t u = 0; u < 0x110000; u++) {
		char p[4] = { (char)u, 0, 0, 0 };
		size_t n = u < 0x80 ? 1 : u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
		bool steers = u < 0x20 || (u >= 0x7f && u < 0xa0) || u == 0x61c || u == 0x200e || u == 0x200f ||
			      (u >= 0x2028 && u <= 0x202e) || (u >= 0x2066 && u <= 0x2069);

		if (u >= 0xd800 && u < 0xe000)
			continue;
		for (size_t i = n; n > 1 && i-- > 1;)
			p[i] = (char)(0x80 | (u >> 6 * (n - 1 - i) & 0x3f));
		if (n > 1)
			p[0] = (char)((n == 2 ? 0xc0u : n == 3 ? 0xe0u : 0xf0u) | u >> 6 * (n - 1));
		CHECK(dcf_utf8_length(p, n) == n);
		CHECK_MSG(dcf_utf8_steers(p, n) == steers, "U+%04X", (unsigned)u);
	}
}

/* What the arena handed out stays whole whatever comes later. */
static void arenas_hand_out_pieces_that_stay(void)
{
	struct dcf_arena arena = { .from = &heap };
	struct dcf_ora_random r = { 21 };
	static struct {
		unsigned char *p;
		size_t n;
	} piece[2000];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2000; i++) {
			piece[i].n = dcf_ora_below(&r, i % 100 ? 500 : 200000);
			piece[i].p = dcf_arena_get(&arena, piece[i].n);
			CHECK(piece[i].p && (uintptr_t)piece[i].p % 16 == 0);
			memset(piece[i].p, i & 255, piece[i].n);
		}
		for (int i = 0; i < 2000; i++)
			for (size_t k = 0; k < piece[i].n; k += 61)
				CHECK(piece[i].p[k] == (i & 255));
		dcf_arena_rewind(&arena);
	}
	CHECK(dcf_arena_get(&arena, SIZE_MAX - 5) == NULL);
	{
		struct dcf_span copy = dcf_arena_copy(&arena, DCF_SPAN("name"));

		CHECK(copy.len == 4 && strcmp(copy.p, "name") == 0);
	}
	dcf_arena_free(&arena);
	CHECK(arena.last == NULL && arena.used == 0);
}

static void arrays_grow_or_stay(void)
{
	void *array = NULL;
	size_t cap = 0;

	CHECK(dcf_grow(&heap, &array, &cap, 3, 8) == DCF_OK && array && cap >= 3);
	memset(array, 7, 3 * 8);
	CHECK(dcf_grow(&heap, &array, &cap, 1000, 8) == DCF_OK && cap >= 1000 && ((unsigned char *)array)[23] == 7);
	CHECK(dcf_grow(&heap, &array, &cap, SIZE_MAX / 4, 8) == DCF_E_NOMEM && cap >= 1000 && cap < 5000);
	dcf_alloc_free(&heap, array, cap * 8);
}

static void spans_sort_as_bytes(void)
{
	CHECK(dcf_span_cmp(DCF_SPAN("a"), DCF_SPAN("ab")) < 0 && dcf_span_cmp(DCF_SPAN("b"), DCF_SPAN("ab")) > 0);
	CHECK(dcf_span_cmp(DCF_SPAN("\xff"), DCF_SPAN("a")) > 0 && dcf_span_cmp(DCF_SPAN(""), DCF_SPAN("")) == 0);
	CHECK(dcf_span_eq(dcf_span_of(NULL), DCF_SPAN("")) && !dcf_span_eq(DCF_SPAN("a"), DCF_SPAN("b")));
}

struct thing {
	int64_t us;
	uint64_t then;
	struct dcf_due due;
};
enum { THINGS = 300 };

/* Is the first what a look at all finds, and is everything that is in the queue where it says? */
static bool queue_is_right(const struct dcf_due_queue *q, const struct thing *things)
{
	const struct thing *first = NULL;
	size_t in = 0;

	for (const struct thing *t = things; t < things + THINGS; t++) {
		if (!dcf_due_is(&t->due))
			continue;
		in++;
		if (q->at[t->due.place - 1].who != &t->due || dcf_due_us(q, &t->due) != t->us)
			return false;
		if (!first || t->us < first->us || (t->us == first->us && t->then < first->then))
			first = t;
	}
	return in == q->count && (!first || DCF_DUE_OF(q->at[0].who, const struct thing, due) == first);
}

static void what_is_due_comes_first(void)
{
	struct dcf_ora_random r = { 1 };
	struct dcf_due_queue q = { 0 };
	static struct thing things[THINGS];
	bool right = true;

	for (int i = 0; i < 20000; i++) {
		struct thing *t = &things[dcf_ora_below(&r, THINGS)];

		if (dcf_ora_u64(&r) % 3 == 0) {
			dcf_due_drop(&q, &t->due);
		} else {
			t->us = (int64_t)(dcf_ora_u64(&r) % 50) - 25;
			t->then = dcf_ora_u64(&r) % 10 * THINGS + (uint64_t)(t - things);
			CHECK(dcf_due_put(&q, &heap, &t->due, t->us, t->then) == DCF_OK);
		}
		right = right && (i % 20 || queue_is_right(&q, things));
	}
	CHECK(right);
	while (q.count) {
		right = right && queue_is_right(&q, things);
		dcf_due_drop(&q, q.at[0].who);
	}
	CHECK(right && queue_is_right(&q, things));
	CHECK(dcf_due_room(&q, &heap, UINT32_MAX) == DCF_E_LIMIT);
	dcf_due_free(&q, &heap);
}

int main(void)
{
	heap = dcf_alloc_heap();
	return TAP_RUN(TAP(fixed_numbers_are_exact), TAP(json_is_well_formed_whatever_goes_in), TAP(utf8_follows_the_standard),
		       TAP(what_steers_a_screen_is_known), TAP(arenas_hand_out_pieces_that_stay), TAP(arrays_grow_or_stay),
		       TAP(spans_sort_as_bytes), TAP(what_is_due_comes_first));
}

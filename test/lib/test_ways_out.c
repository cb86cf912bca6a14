/* SPDX-License-Identifier: Apache-2.0 */
/* Ways out through the public headers: the first scenario, limits of what may be asked, memory that runs out. */
#include <deconflict/deconflict.h>

#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *example;
static size_t example_len;

/* Two circles that meet; the second party keeps a third from the first. */
static const char world[] =
	"{\"type\": \"FeatureCollection\", \"deconflict\": 1, \"features\": ["
	"{\"type\": \"Feature\", \"id\": \"A1\", \"geometry\": {\"type\": \"Point\", \"coordinates\": [36, 35]}, "
	"\"properties\": {\"party\": \"A\","
	"\"shape\": \"circle\", \"radius\": {\"value\": 5, \"unit\": \"km\"}, \"lower\": {\"value\": 100, \"unit\": \"FL\"},"
	"\"upper\": {\"value\": 120, \"unit\": \"FL\"}, \"start\": \"2015-09-20T06:00:00Z\", \"end\": "
	"\"2015-09-20T07:00:00Z\"}},"
	"{\"type\": \"Feature\", \"id\": \"B1\", \"geometry\": {\"type\": \"Point\", \"coordinates\": [36, 35]}, "
	"\"properties\": {\"party\": \"B\","
	"\"limits\": {\"movable\": false}, \"shape\": \"circle\", \"radius\": {\"value\": 5, \"unit\": \"km\"}, \"lower\": "
	"{\"value\": 100, \"unit\": \"FL\"},"
	"\"upper\": {\"value\": 120, \"unit\": \"FL\"}, \"start\": \"2015-09-20T06:30:00Z\", \"end\": "
	"\"2015-09-20T07:30:00Z\"}},"
	"{\"type\": \"Feature\", \"id\": \"B2\", \"geometry\": {\"type\": \"Point\", \"coordinates\": [36, 35]}, "
	"\"properties\": {\"party\": \"B\","
	"\"disclosed_to\": [], \"shape\": \"circle\", \"radius\": {\"value\": 5, \"unit\": \"km\"}, \"lower\": {\"value\": "
	"100, \"unit\": \"FL\"},"
	"\"upper\": {\"value\": 120, \"unit\": \"FL\"}, \"start\": \"2015-09-20T05:00:00Z\", \"end\": "
	"\"2015-09-20T05:50:00Z\"}}]}";

struct text {
	char *p;
	size_t len;
};

static int append(void *ctx, const void *bytes, size_t n)
{
	struct text *t = ctx;
	char *p = realloc(t->p, t->len + n + 1);

	if (!p)
		return 1;
	t->p = p;
	memcpy(t->p + t->len, bytes, n);
	t->len += n;
	t->p[t->len] = 0;
	return 0;
}

static int stop_at_once(void *ctx, const void *bytes, size_t n)
{
	(void)ctx;
	(void)bytes;
	(void)n;
	return 1;
}

static struct dcf_operations *read_text(const struct dcf_alloc *a, const char *text, size_t n)
{
	struct dcf_operations *ops = NULL;

	CHECK(dcf_operations_new(a, &ops) == DCF_OK);
	CHECK(dcf_operations_read_bytes(ops, "t.geojson", NULL, text, n) == DCF_OK);
	CHECK(dcf_operations_finish(ops) == DCF_OK);
	return ops;
}

static bool is(struct dcf_text t, const char *z)
{
	return t.len == strlen(z) && memcmp(t.p ? t.p : "", z, t.len) == 0;
}

static bool has_words(const struct dcf_ways_out *ways, const char *wanted)
{
	char words[500];

	for (size_t i = 0; dcf_ways_out_words(ways, i, words, sizeof words, NULL) == DCF_OK; i++)
		if (strcmp(words, wanted) == 0)
			return true;
	return false;
}

/* --- what is found -------------------------------------------------------------------------------- */

static void the_bomber_can_wait_or_climb(void)
{
	struct dcf_operations *ops = read_text(NULL, example, example_len);
	struct dcf_wish wish = dcf_wish_usual();
	struct dcf_ways_out *ways = NULL;
	struct dcf_ways_out_counts n;
	struct dcf_way_out_of of;
	struct dcf_way_out first, o;
	size_t at;

	wish.move = "US-B1-01";
	CHECK(dcf_find_ways_out(ops, &wish, &ways) == DCF_OK);
	n = dcf_ways_out_count(ways);
	CHECK(n.conflicts == 1 && n.options >= 4 && n.unresolved == 0 && n.refused == 0 && !n.stopped);
	CHECK(has_words(ways, "US-B1-01 96 min 12 s later") && has_words(ways, "US-B1-01 89 min 35 s earlier"));
	CHECK(has_words(ways, "US-B1-01 at FL240 instead of FL290") && has_words(ways, "US-B1-01 at FL390 instead of FL290"));
	CHECK(!has_words(ways, "US-B1-01 at FL250 instead of FL290"));
	CHECK(dcf_ways_out_conflict(ways, 0, &of) == DCF_OK && of.options == n.options);
	CHECK(is(of.a_party, "CO") && is(of.a_operation, "US-B1-01") && is(of.b_party, "RU") &&
	      is(of.b_operation, "RU-AIRLIFT-01"));
	CHECK(dcf_ways_out_best(ways, 0, 0, &at) == DCF_OK && dcf_ways_out_option(ways, at, &first) == DCF_OK);
	for (size_t i = 0; i < of.options; i++) {
		CHECK(dcf_ways_out_best(ways, 0, i, &at) == DCF_OK && dcf_ways_out_option(ways, at, &o) == DCF_OK);
		CHECK(o.cost >= first.cost && o.resolves == 1 && is(o.operation, "US-B1-01") && o.also_operation.len == 0);
	}
	CHECK(dcf_ways_out_best(ways, 0, of.options, &at) == DCF_E_RANGE && dcf_ways_out_best(ways, 1, 0, &at) == DCF_E_RANGE);
	CHECK(dcf_ways_out_option(ways, n.options, &o) == DCF_E_RANGE && dcf_ways_out_conflict(ways, 1, &of) == DCF_E_RANGE);
	dcf_ways_out_free(ways);
	dcf_ways_out_free(NULL);
	dcf_operations_free(ops);
}

/* Read again, the plan after the changes has no conflict. */
static void a_whole_plan_has_no_conflict(void)
{
	struct dcf_operations *ops = read_text(NULL, example, example_len), *after;
	struct dcf_wish wish = dcf_wish_usual();
	struct dcf_question q = dcf_question_usual();
	struct dcf_ways_out *ways = NULL;
	struct dcf_answer *answer = NULL;
	struct text plan = { 0 }, json = { 0 };

	wish.whole = true;
	CHECK(dcf_find_ways_out(ops, &wish, &ways) == DCF_OK);
	CHECK(dcf_ways_out_count(ways).options >= 1 && dcf_ways_out_count(ways).unresolved == 0);
	CHECK(dcf_ways_out_changed(ways, 0, append, &plan) == DCF_OK &&
	      dcf_ways_out_changed(ways, 1, append, &plan) == DCF_E_RANGE);
	CHECK(dcf_ways_out_json(ways, append, &json) == DCF_OK && strstr(json.p, "\"conflicts_after\": 0"));
	CHECK(dcf_ways_out_json(ways, stop_at_once, NULL) == DCF_E_IO);
	after = read_text(NULL, plan.p, plan.len);
	CHECK(dcf_check_operations(after, &q, &answer) == DCF_OK && dcf_answer_count(answer).pairs[DCF_PAIRS_CONFLICTS] == 0);
	dcf_answer_free(answer);
	dcf_operations_free(after);
	free(plan.p);
	free(json.p);
	dcf_ways_out_free(ways);
	dcf_operations_free(ops);
}

static void a_reader_hears_of_nothing_hidden(void)
{
	struct dcf_operations *ops = read_text(NULL, world, sizeof world - 1);
	struct dcf_wish wish = dcf_wish_usual();
	struct dcf_ways_out *ways = NULL;
	struct text json = { 0 }, plan = { 0 };

	wish.reader = "A";
	CHECK(dcf_find_ways_out(ops, &wish, &ways) == DCF_OK && dcf_ways_out_count(ways).options > 0);
	CHECK(dcf_ways_out_json(ways, append, &json) == DCF_OK && dcf_ways_out_changed(ways, 0, append, &plan) == DCF_OK);
	CHECK(!strstr(json.p, "B2") && !strstr(plan.p, "B2") && strstr(plan.p, "B1"));
	dcf_ways_out_free(ways);
	wish.move = "B2";
	CHECK(dcf_find_ways_out(ops, &wish, &ways) == DCF_E_NOT_FOUND && !ways);
	free(json.p);
	free(plan.p);
	dcf_operations_free(ops);
}

static bool at_once(void *ctx)
{
	++*(unsigned *)ctx;
	return true;
}

static void what_cannot_be_is_said(void)
{
	struct dcf_operations *ops = read_text(NULL, world, sizeof world - 1);
	struct dcf_wish wish = dcf_wish_usual();
	struct dcf_ways_out *ways = NULL;
	struct dcf_no_way_out none;
	char notice[1000];
	unsigned asked = 0;
	size_t need = 0;

	wish.move = "B1";
	CHECK(dcf_find_ways_out(ops, &wish, &ways) == DCF_OK && dcf_ways_out_count(ways).unresolved == 1);
	CHECK(dcf_ways_out_unresolved(ways, 0, &none) == DCF_OK && is(none.a_party, "A") && is(none.b_operation, "B1") &&
	      none.why.len > 0);
	CHECK(dcf_ways_out_unresolved(ways, 1, &none) == DCF_E_RANGE);
	CHECK(dcf_ways_out_changed(ways, 0, stop_at_once, NULL) == DCF_E_RANGE);
	dcf_ways_out_free(ways);
	wish.move = NULL;
	wish.stop = at_once;
	wish.stop_ctx = &asked;
	CHECK(dcf_find_ways_out(ops, &wish, &ways) == DCF_OK && dcf_ways_out_count(ways).stopped && asked > 0);
	CHECK(dcf_ways_out_notice(ways, notice, 10, &need) == DCF_E_LIMIT && need > 100 && need <= sizeof notice);
	CHECK(dcf_ways_out_notice(ways, notice, sizeof notice, NULL) == DCF_OK && strstr(notice, "Time was up"));
	dcf_ways_out_free(ways);
	dcf_operations_free(ops);
}

/* --- what may be asked ---------------------------------------------------------------------------- */

static enum dcf_status ask(const struct dcf_operations *ops, struct dcf_wish wish)
{
	struct dcf_ways_out *ways = NULL;
	enum dcf_status s = dcf_find_ways_out(ops, &wish, &ways);

	CHECK((s == DCF_OK) == (ways != NULL));
	dcf_ways_out_free(ways);
	return s;
}

static void wishes_have_bounds(void)
{
	struct dcf_operations *ops = read_text(NULL, world, sizeof world - 1), *open_ = NULL;
	const double bad_share[] = { 0, -1, 1.1, NAN }, bad_length[] = { -1, 1e7, NAN, INFINITY };
	struct dcf_wish w = dcf_wish_usual();

	CHECK(ask(ops, w) == DCF_OK);
	for (size_t i = 0; i < 4; i++) {
		w = dcf_wish_usual();
		w.max_share = bad_share[i];
		CHECK_MSG(ask(ops, w) == DCF_E_RANGE, "share %zu", i);
		w = dcf_wish_usual();
		w.margin_m = bad_length[i];
		CHECK_MSG(ask(ops, w) == DCF_E_RANGE, "margin %zu", i);
		w = dcf_wish_usual();
		w.cost_delay_s = i ? bad_length[i] * 1e3 : NAN;
		CHECK_MSG(ask(ops, w) == DCF_E_RANGE, "cost %zu", i);
	}
	w = dcf_wish_usual();
	w.max_options = 101;
	CHECK(ask(ops, w) == DCF_E_RANGE);
	w = dcf_wish_usual();
	w.question.vertical_e4 = -1;
	CHECK(ask(ops, w) == DCF_E_RANGE);
	w = dcf_wish_usual();
	w.move = "nobody";
	CHECK(ask(ops, w) == DCF_E_NOT_FOUND);
	w = dcf_wish_usual();
	w.reader = "nobody";
	CHECK(ask(ops, w) == DCF_E_NOT_FOUND);
	w.reader = "A";
	w.whole = true;
	CHECK(ask(ops, w) == DCF_E_USAGE);
	CHECK(dcf_operations_new(NULL, &open_) == DCF_OK);
	CHECK(ask(open_, dcf_wish_usual()) == DCF_E_USAGE);
	dcf_operations_free(open_);
	dcf_operations_free(ops);
}

/* --- memory --------------------------------------------------------------------------------------- */

struct counting {
	size_t calls, fail_at;
	long blocks;
};

static void *count_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct counting *c = ctx;

	(void)old_size;
	if (new_size == 0) {
		c->blocks -= p != NULL;
		free(p);
		return NULL;
	}
	if (++c->calls == c->fail_at)
		return NULL;
	c->blocks += p == NULL;
	return realloc(p, new_size);
}

static void any_allocation_may_fail(void)
{
	for (int whole = 0; whole < 2; whole++) {
		struct counting c = { 0 };
		const struct dcf_alloc a = { count_resize, &c };
		struct dcf_operations *ops = read_text(&a, world, sizeof world - 1);
		struct dcf_wish wish = dcf_wish_usual();
		long before = c.blocks;
		enum dcf_status s = DCF_E_NOMEM;

		wish.whole = whole;
		for (size_t n = 1; s != DCF_OK && n < 100000; n++) {
			struct dcf_ways_out *ways = NULL;

			c.calls = 0;
			c.fail_at = n;
			s = dcf_find_ways_out(ops, &wish, &ways);
			CHECK_MSG(s == DCF_OK || s == DCF_E_NOMEM, "allocation %zu: %s", n, dcf_status_text(s));
			CHECK_MSG(s != DCF_OK || c.calls < n, "allocation %zu failed unseen", n);
			dcf_ways_out_free(ways);
			CHECK_MSG(c.blocks == before, "allocation %zu: %ld blocks left", n, c.blocks - before);
		}
		CHECK(s == DCF_OK && c.calls > 20);
		c.fail_at = 0;
		dcf_operations_free(ops);
		CHECK(c.blocks == 0);
	}
}

static bool load(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t cap = 1 << 20;

	example = f ? malloc(cap) : NULL;
	if (example)
		example_len = fread(example, 1, cap, f);
	if (f)
		fclose(f);
	return example_len > 0 && example_len < cap;
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 2 || !load(argv[1])) {
		printf("Bail out! no example\n");
		return 1;
	}
	status = TAP_RUN(TAP(the_bomber_can_wait_or_climb), TAP(a_whole_plan_has_no_conflict),
			 TAP(a_reader_hears_of_nothing_hidden), TAP(what_cannot_be_is_said), TAP(wishes_have_bounds),
			 TAP(any_allocation_may_fail));
	free(example);
	return status;
}

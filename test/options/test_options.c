/* SPDX-License-Identifier: Apache-2.0 */
/* test_options.c - ways out whose answers are worked by hand: limits, protection, disclosure, rules, the own party. */
#include "options/options.h"
#include "read_fixture.h"
#include "tap.h"
#include <stdio.h>
#include <string.h>

static struct dcf_alloc heap;

/* X is a disc of 10 km at 0N 0E, FL100-FL200, 10:00 to 11:00; Y one at 0N 0.1E (11 km east), FL150-FL180, 10:30 to 12:00.
 * No minima but bands that share a level are in conflict, so:
 *   X later by 2 h, earlier by 30 min; up to FL190 (9,000 ft), down to FL040 (FL050 would end at FL150);
 *   Y later by 30 min, earlier by 2 h; up to FL210, down to FL060 (FL070 would end at FL100). */
#define X_DISC "\"geometry\":{\"type\":\"Point\",\"coordinates\":[0,0]}"
#define Y_DISC "\"geometry\":{\"type\":\"Point\",\"coordinates\":[0.1,0]}"
#define BAND(low, high)                                                                                                        \
	"\"radius\":{\"value\":10,\"unit\":\"km\"},\"lower\":{\"value\":" #low ",\"unit\":\"FL\"},\"upper\":{\"value\":" #high \
	",\"unit\":\"FL\"}"
#define DAY        "2026-03-01T"
#define FROM(a, b) "\"start\":\"" DAY a "Z\",\"end\":\"" DAY b "Z\""
#define FEATURE(id, party, disc, rest)                                                                                         \
	"{\"type\":\"Feature\",\"id\":\"" id "\"," disc ",\"properties\":{\"party\":\"" party "\",\"shape\":\"circle\"," rest  \
	"}}"
#define X(more)                    FEATURE("x", "X", X_DISC, BAND(100, 200) "," FROM("10:00:00", "11:00:00") more)
#define Y(more)                    FEATURE("y", "Y", Y_DISC, BAND(150, 180) "," FROM("10:30:00", "12:00:00") more)
#define FILE_OF(members, features) "{\"type\":\"FeatureCollection\",\"deconflict\":1," members "\"features\":[" features "]}"

struct answer {
	struct dcf_plan plan;
	struct dcf_check_options question;
	struct dcf_result check;
	struct dcf_options_result found;
	struct dcf_ask ask;
};

static bool open_world(struct answer *a, const char *text)
{
	struct memory_source m = { .p = text, .len = strlen(text), .fail_at = SIZE_MAX };
	struct dcf_source source = memory_source(&m);
	struct dcf_read_options options = { DCF_SPAN("world"), DCF_SPAN("") };
	bool ok;

	*a = (struct answer){ .question = { .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = DCF_NONE } };
	dcf_plan_init(&a->plan, &heap);
	ok = dcf_read_plan(&a->plan, &options, &source) == DCF_OK && dcf_read_finish(&a->plan) == DCF_OK &&
	     dcf_check(&a->plan, &a->question, &heap, &a->check) == DCF_OK;
	for (size_t i = 0; i < a->plan.remark_count; i++)
		CHECK_MSG(!a->plan.remarks[i].refused, "%.*s", (int)a->plan.remarks[i].text.len, a->plan.remarks[i].text.p);
	a->ask = dcf_ask_usual(&a->plan);
	CHECK(ok);
	return ok;
}

static bool find(struct answer *a, uint32_t move)
{
	bool ok = dcf_options_find(&a->plan, &a->question, &a->check, &a->ask, move, &heap, &a->found) == DCF_OK;

	CHECK(ok);
	return ok;
}

static void close_world(struct answer *a)
{
	dcf_options_free(&a->found);
	dcf_result_free(&a->check);
	dcf_plan_free(&a->plan);
}

static uint32_t operation(const struct answer *a, const char *name)
{
	uint32_t o = DCF_NONE;

	CHECK_MSG(dcf_plan_resolve(&a->plan, dcf_span_of(name), &o) == DCF_OK, "%s", name);
	return o;
}

static bool moves(const struct answer *a, const struct dcf_option *o, const char *name)
{
	return dcf_span_eq(a->plan.operations[o->moved[0].operation].id, dcf_span_of(name));
}

/* Seconds of the only shift of that kind offered for `name`; 0 when there is none. */
static long long shift_s(const struct answer *a, const char *name, uint8_t kind)
{
	long long s = 0;

	for (size_t i = 0; i < a->found.option_count; i++) {
		const struct dcf_option *o = &a->found.options[i];

		if (o->kind != kind || !moves(a, o, name))
			continue;
		CHECK_MSG(s == 0, "%s has two options of kind %d", name, kind);
		s = o->moved[0].change[0].shift_us / 1000000;
	}
	return s;
}

/* Feet of the lift offered for `name`, up or down; 0 when there is none. */
static long long lift_ft(const struct answer *a, const char *name, bool up)
{
	long long ft = 0;

	for (size_t i = 0; i < a->found.option_count; i++) {
		const struct dcf_option *o = &a->found.options[i];
		int64_t e4 = o->moved[0].change[0].lift_e4;

		if (o->kind == DCF_OPTION_ALTITUDE && moves(a, o, name) && (up ? e4 > 0 : e4 < 0))
			ft = e4 / DCF_FT_E4;
	}
	return ft;
}

static void least_changes_of_both_sides(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("", X("") "," Y(""))) && find(&a, DCF_NONE)) {
		CHECK(a.found.conflict_count == 1 && a.found.unresolved_count == 0);
		CHECK_MSG(shift_s(&a, "x", DCF_OPTION_DELAY) == 7200, "%lld", shift_s(&a, "x", DCF_OPTION_DELAY));
		CHECK(shift_s(&a, "x", DCF_OPTION_ADVANCE) == -1800);
		CHECK(shift_s(&a, "y", DCF_OPTION_DELAY) == 1800);
		CHECK(shift_s(&a, "y", DCF_OPTION_ADVANCE) == -7200);
		CHECK_MSG(lift_ft(&a, "x", true) == 9000, "%lld", lift_ft(&a, "x", true));
		CHECK_MSG(lift_ft(&a, "x", false) == -6000, "%lld", lift_ft(&a, "x", false));
		CHECK_MSG(lift_ft(&a, "y", true) == 6000, "%lld", lift_ft(&a, "y", true));
		CHECK_MSG(lift_ft(&a, "y", false) == -9000, "%lld", lift_ft(&a, "y", false));
	}
	close_world(&a);
}

static void cheapest_first(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("", X("") "," Y(""))) && find(&a, DCF_NONE)) {
		const struct dcf_conflict_options *c = &a.found.conflicts[0];

		for (uint32_t i = 1; i < c->count; i++)
			CHECK(a.found.options[a.found.order[c->first + i - 1]].cost.total <=
			      a.found.options[a.found.order[c->first + i]].cost.total);
	}
	close_world(&a);
}

static void one_side_only(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("", X("") "," Y(""))) && find(&a, operation(&a, "y")))
		for (size_t i = 0; i < a.found.option_count; i++)
			CHECK(moves(&a, &a.found.options[i], "y") && a.found.options[i].moved_count == 1);
	CHECK(a.found.option_count > 0);
	close_world(&a);
}

static void limits_of_party_and_operation(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("\"parties\":[{\"id\":\"X\",\"limits\":{\"max_delay_s\":7199,\"max_advance_s\":1800}}],",
				   X(",\"limits\":{\"highest\":{\"value\":280,\"unit\":\"FL\"}}") "," Y(
					   ",\"limits\":{\"movable\":false}"))) &&
	    find(&a, DCF_NONE)) {
		CHECK(shift_s(&a, "x", DCF_OPTION_DELAY) == 0);
		CHECK(shift_s(&a, "x", DCF_OPTION_ADVANCE) == -1800);
		CHECK(lift_ft(&a, "x", true) == 0); /* FL190-FL290 is above FL280 */
		CHECK(lift_ft(&a, "x", false) == -6000);
		for (size_t i = 0; i < a.found.option_count; i++)
			CHECK(moves(&a, &a.found.options[i], "x") && a.found.options[i].moved_count == 1);
	}
	close_world(&a);
}

static void nobody_may_move(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("\"parties\":[{\"id\":\"X\",\"limits\":{\"movable\":false}}],",
				   X("") "," Y(",\"limits\":{\"movable\":false}"))) &&
	    find(&a, DCF_NONE)) {
		CHECK(a.found.option_count == 0 && a.found.unresolved_count == 1);
		CHECK(strcmp(a.found.unresolved[0].why.p, "x may not be moved; y may not be moved") == 0);
	}
	close_world(&a);
}

static void protected_ones_are_asked_last(void)
{
	struct answer a;
	bool seen = false;

	if (open_world(&a, FILE_OF("", X("") "," Y(",\"protected\":true"))) && find(&a, DCF_NONE)) {
		const struct dcf_conflict_options *c = &a.found.conflicts[0];

		for (uint32_t i = 0; i < c->count; i++) {
			const struct dcf_option *o = &a.found.options[a.found.order[c->first + i]];
			bool of_y = moves(&a, o, "y") || (o->moved_count > 1);

			CHECK(o->is_protected == of_y);
			CHECK(!seen || o->is_protected);
			seen |= o->is_protected;
		}
		CHECK(seen);
	}
	close_world(&a);
}

/* Z of party Y stands where X would go up to: FL190-FL300 at the same place and time. */
#define Z(more) FEATURE("z", "Y", X_DISC, BAND(205, 300) "," FROM("10:00:00", "11:00:00") more)

static void every_other_operation_counts(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("", X("") "," Y("") "," Z(""))) && find(&a, DCF_NONE)) {
		CHECK_MSG(lift_ft(&a, "x", true) == 21000, "%lld", lift_ft(&a, "x", true)); /* FL310, above z */
		/* y up would be free of x at FL210, and z is its own: FL210-FL240 meets it, FL310 does not */
		CHECK_MSG(lift_ft(&a, "y", true) == 16000, "%lld", lift_ft(&a, "y", true));
	}
	close_world(&a);
}

static void what_the_reader_may_not_know(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("", X("") "," Y("") "," Z(",\"disclosed_to\":[\"W\"]")))) {
		a.ask.reader = dcf_plan_find_party(&a.plan, DCF_SPAN("X"));
		if (find(&a, DCF_NONE)) {
			/* FL190 would do as far as X knows, but z is there; FL310 would tell of z */
			CHECK_MSG(lift_ft(&a, "x", true) == 0, "%lld", lift_ft(&a, "x", true));
			CHECK(lift_ft(&a, "x", false) == -6000);
			for (size_t i = 0; i < a.found.option_count; i++)
				for (uint32_t k = 0; k < a.found.options[i].internal_count; k++)
					CHECK(a.found.options[i].internal[k].a != operation(&a, "z"));
		}
	}
	close_world(&a);
}

static void hidden_conflicts_are_not_listed(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("", X("") "," Y(",\"disclosed_to\":[\"W\"]")))) {
		a.ask.reader = dcf_plan_find_party(&a.plan, DCF_SPAN("X"));
		CHECK(a.check.conflict_count == 1);
		if (find(&a, DCF_NONE))
			CHECK(a.found.conflict_count == 0 && a.found.option_count == 0 && a.found.unresolved_count == 0);
	}
	close_world(&a);
}

/* Notice of 60 min was given 70 min before the start: 30 min earlier would leave 40. */
static void notice_is_kept(void)
{
	struct answer a;

	if (open_world(&a,
		       FILE_OF("\"agreement\":{\"id\":\"t\",\"notice_min\":60},",
			       X(",\"received\":\"2026-03-01T08:50:00Z\"") "," Y(",\"received\":\"2026-03-01T08:00:00Z\""))) &&
	    find(&a, DCF_NONE)) {
		CHECK_MSG(shift_s(&a, "x", DCF_OPTION_ADVANCE) == 0, "%lld", shift_s(&a, "x", DCF_OPTION_ADVANCE));
		CHECK(shift_s(&a, "x", DCF_OPTION_DELAY) == 7200);
		/* y: 150 min of notice, 2 h earlier would leave 30 */
		CHECK(shift_s(&a, "y", DCF_OPTION_ADVANCE) == 0);
	}
	close_world(&a);
}

/* An area that x may not enter from 12:30 to 20:00: two hours later it would, ten hours later it is free again. */
static void areas_are_kept(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("\"agreement\":{\"id\":\"t\",\"areas\":[" FEATURE(
					   "keep-out", "Y", X_DISC,
					   "\"rule\":\"no_entry\"," BAND(0, 300) "," FROM("12:30:00", "20:00:00")) "]},",
				   X("") "," Y(""))) &&
	    find(&a, DCF_NONE)) {
		CHECK(a.plan.agreement.area_count == 1);
		CHECK_MSG(shift_s(&a, "x", DCF_OPTION_DELAY) == 36000, "%lld", shift_s(&a, "x", DCF_OPTION_DELAY));
		CHECK(shift_s(&a, "x", DCF_OPTION_ADVANCE) == -1800);
	}
	close_world(&a);
}

/* Already in the area for its last half hour as declared, x may stay there no longer: at 12:00 it would for the whole hour, and
 * does for half of it again from 14:30 on. */
static void a_stay_in_an_area_grows_no_longer(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("\"agreement\":{\"id\":\"t\",\"areas\":[" FEATURE(
					   "keep-out", "Y", X_DISC,
					   "\"rule\":\"no_entry\"," BAND(0, 300) "," FROM("10:30:00", "15:00:00")) "]},",
				   X("") "," Y(""))) &&
	    find(&a, DCF_NONE)) {
		CHECK_MSG(shift_s(&a, "x", DCF_OPTION_DELAY) == 16200, "%lld", shift_s(&a, "x", DCF_OPTION_DELAY));
		CHECK(shift_s(&a, "x", DCF_OPTION_ADVANCE) == -1800);
	}
	close_world(&a);
}

/* V of X's own party shares the last half hour with x as declared; from 12:00 on it would be the whole hour, until x begins
 * at 14:30. */
#define V       FEATURE("v", "X", X_DISC, BAND(100, 200) "," FROM("10:30:00", "15:00:00") ",\"limits\":{\"movable\":false}")
#define Y_SHORT FEATURE("y", "Y", Y_DISC, BAND(210, 280) "," FROM("10:30:00", "12:00:00"))
#define X_TALL  FEATURE("x", "X", X_DISC, BAND(100, 220) "," FROM("10:00:00", "11:00:00"))

static void an_own_conflict_grows_no_longer(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("", X_TALL "," V "," Y_SHORT)) && find(&a, DCF_NONE)) {
		CHECK_MSG(shift_s(&a, "x", DCF_OPTION_DELAY) == 16200, "%lld", shift_s(&a, "x", DCF_OPTION_DELAY));
		CHECK(shift_s(&a, "x", DCF_OPTION_ADVANCE) == -1800);
	}
	close_world(&a);
}

/* w of X's own party is where x would go down to: made new, that is no option; already there, it may stay. */
#define W(from, to) FEATURE("w", "X", X_DISC, BAND(60, 80) "," FROM(from, to))

static void own_party_is_not_hurt(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("", X("") "," Y("") "," W("10:00:00", "11:00:00"))) && find(&a, DCF_NONE))
		CHECK_MSG(lift_ft(&a, "x", false) == 0, "%lld",
			  lift_ft(&a, "x", false)); /* lower than FL060 it would be below 0 */
	close_world(&a);
	if (open_world(&a, FILE_OF("", X("") "," Y("") "," W("11:00:00", "12:00:00"))) && find(&a, DCF_NONE))
		CHECK(lift_ft(&a, "x", false) == -6000);
	close_world(&a);
}

static bool at_once(void *ctx)
{
	(void)ctx;
	return true;
}

static void time_runs_out(void)
{
	struct answer a;

	if (open_world(&a, FILE_OF("", X("") "," Y("")))) {
		a.ask.stop = at_once;
		if (find(&a, DCF_NONE))
			CHECK(a.found.stopped && a.found.option_count == 0 && a.found.unresolved_count == 1);
	}
	close_world(&a);
}

/* Every allocation in turn fails, once and for good: nothing leaks, nothing crashes. */
static void memory_runs_out(void)
{
	struct answer a;
	enum dcf_status s = DCF_E_NOMEM;

	if (open_world(&a, FILE_OF("", X("") "," Y("") "," Z(""))))
		for (size_t n = 1; s == DCF_E_NOMEM && n < 100000; n++) {
			struct failing_heap f = { .fail_at = n };
			struct dcf_alloc failing = failing_heap(&f);
			struct dcf_options_result r = { 0 };

			s = dcf_options_find(&a.plan, &a.question, &a.check, &a.ask, DCF_NONE, &failing, &r);
			CHECK(s == DCF_OK || s == DCF_E_NOMEM);
			if (s == DCF_OK)
				dcf_options_free(&r);
			CHECK_MSG(f.in_use == 0, "%lld bytes left after failure %zu", (long long)f.in_use, n);
		}
	CHECK(s == DCF_OK);
	close_world(&a);
}

int main(void)
{
	heap = dcf_alloc_heap();
	return TAP_RUN(TAP(least_changes_of_both_sides), TAP(cheapest_first), TAP(one_side_only),
		       TAP(limits_of_party_and_operation), TAP(nobody_may_move), TAP(protected_ones_are_asked_last),
		       TAP(every_other_operation_counts), TAP(what_the_reader_may_not_know),
		       TAP(hidden_conflicts_are_not_listed), TAP(notice_is_kept), TAP(areas_are_kept),
		       TAP(a_stay_in_an_area_grows_no_longer), TAP(an_own_conflict_grows_no_longer), TAP(own_party_is_not_hurt),
		       TAP(time_runs_out), TAP(memory_runs_out));
}

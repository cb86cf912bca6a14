/* SPDX-License-Identifier: Apache-2.0 */
/* test_whole_cases.c - plans for everyone where the answer is known by hand, and at the edges: nothing to do, nobody who
 * may move, a thousand operations in one place, shares, time that is up, memory that runs out. */
#include "oracle/random.h"
#include "options/whole.h"
#include "sanitized.h"
#include "tap.h"
#include "wide.h"
#include <stdlib.h>
#include <string.h>

#define T0   (INT64_C(1442707200) * 1000000)
#define HOUR INT64_C(3600000000)

struct scene {
	struct dcf_alloc heap;
	struct dcf_plan plan;
	struct dcf_check_options question;
	struct dcf_result check;
	struct dcf_whole_ask ask;
	struct dcf_whole_result result;
	enum dcf_status status;
};

static void open_scene(struct scene *s, double lateral_m, int64_t vertical_ft)
{
	*s = (struct scene){ .heap = dcf_alloc_heap() };
	dcf_plan_init(&s->plan, &s->heap);
	s->question = (struct dcf_check_options){ .lateral_m = lateral_m,
						  .vertical_e4 = vertical_ft * DCF_FT_E4,
						  .max_dwell_us = DCF_NO_LIMIT,
						  .for_party = DCF_NONE,
						  .only_operation = DCF_NONE };
}

static void close_scene(struct scene *s)
{
	dcf_whole_free(&s->result);
	dcf_result_free(&s->check);
	dcf_plan_free(&s->plan);
}

static struct dcf_span name_of(char text[16], const char *letter, unsigned number)
{
	return (struct dcf_span){ text, (size_t)snprintf(text, 16, "%s%05u", letter, number) };
}

/* A disc of 2 km about (lat, lon) in degrees, from `begin` hours for `hours`, between two flight levels. */
static uint32_t add_disc(struct scene *s, unsigned party, double lat, double lon, double begin, double hours, int low_fl,
			 int high_fl)
{
	struct dcf_feature f = { .shape = DCF_CIRCLE,
				 .where = DCF_SPAN("scene"),
				 .acm = DCF_SPAN(""),
				 .radius_m = 2000,
				 .sent_us = DCF_TIME_NONE,
				 .received_us = DCF_TIME_NONE,
				 .point_count = 1 };
	char text[16];

	f.start_us = T0 + (int64_t)(begin * 3600e6);
	f.end_us = f.start_us + (int64_t)(hours * 3600e6);
	f.lower = (struct dcf_altitude){ .e4 = low_fl * DCF_FL_E4, .ref = DCF_REF_STD, .unit = DCF_UNIT_FL };
	f.upper = (struct dcf_altitude){ .e4 = high_fl * DCF_FL_E4, .ref = DCF_REF_STD, .unit = DCF_UNIT_FL };
	f.points = dcf_arena_get(&s->plan.arena, sizeof *f.points);
	f.points[0] = (struct dcf_latlon){ (int32_t)(lat * 1e7), (int32_t)(lon * 1e7) };
	s->status = dcf_plan_party(&s->plan, name_of(text, "P", party), &f.party);
	if (s->status == DCF_OK)
		s->status = dcf_plan_operation(&s->plan, f.party, name_of(text, "O", (unsigned)s->plan.operation_count),
					       &f.operation);
	f.id = s->plan.operations[f.operation].id;
	if (s->status == DCF_OK)
		s->status = dcf_plan_add_feature(&s->plan, &f);
	return f.operation;
}

static void find(struct scene *s)
{
	if (!(s->ask.max_share > 0))
		s->ask = (struct dcf_whole_ask){ .ask = dcf_ask_usual(&s->plan), .seed = 7, .max_share = 1 };
	dcf_result_free(&s->check);
	dcf_whole_free(&s->result);
	s->check = (struct dcf_result){ .from = NULL };
	s->status = dcf_check(&s->plan, &s->question, &s->heap, &s->check);
	CHECK(s->status == DCF_OK);
	s->status = dcf_whole_find(&s->plan, &s->question, &s->check, &s->ask, &s->heap, &s->result);
	CHECK_MSG(s->status == DCF_OK, "status %d", (int)s->status);
}

/* What CHECK's brute engine finds in the plan as it is after the moves. */
static size_t conflicts_after(struct scene *s)
{
	struct dcf_check_options o = s->question;
	struct dcf_result r = { .from = NULL };
	struct dcf_plan changed;
	size_t n = SIZE_MAX;

	o.engine = DCF_ENGINE_BRUTE;
	if (dcf_plan_changed(&s->plan, s->result.moved, s->result.moved_count, &s->heap, &changed) == DCF_OK &&
	    dcf_check(&changed, &o, &s->heap, &r) == DCF_OK)
		n = r.conflict_count;
	dcf_result_free(&r);
	dcf_plan_changed_free(&changed, &s->heap);
	return n;
}

static void nothing_to_do(void)
{
	struct scene s;

	open_scene(&s, 0, 0);
	find(&s);
	CHECK(s.result.moved_count == 0 && s.result.conflicts_before == 0 && s.result.share_kept);
	close_scene(&s);
	open_scene(&s, 0, 0);
	add_disc(&s, 0, 40, 10, 0, 1, 200, 210);
	add_disc(&s, 1, 41, 10, 0, 1, 200, 210);
	find(&s);
	CHECK(s.result.moved_count == 0 && s.result.conflicts_before == 0 && s.result.conflicts_after == 0);
	CHECK(s.result.unresolved_count == 0 && s.result.steps == 0 && !s.result.stopped);
	CHECK(!(s.result.total.total > 0) && !(s.result.lower_bound > 0) && s.result.share_kept);
	close_scene(&s);
}

/* Two discs in one place: 00:00-01:00 and 00:50-01:50, FL200-210 and FL205-215.  In time: 600 s apart, cost 600.
 * In level: one up to FL220 (20 levels of 100 ft above FL200: 2,000 ft, 200), or the other down to FL190 (1,500 ft, 150, next
 * usable levels are thousands: FL200 - band 205..215 to 190..200 shares FL200, so FL180: 2,500 ft); the first
 * down by 1,000 ft (FL190-200 is clear of FL205): 100. */
static void by_hand(void)
{
	struct scene s;

	open_scene(&s, 0, 0);
	add_disc(&s, 0, 40, 10, 0, 1, 200, 210);
	add_disc(&s, 1, 40, 10, 5 / 6.0, 1, 205, 215);
	find(&s);
	CHECK(s.result.moved_count == 1 && s.result.moved[0].operation == 0 && s.result.moved[0].change_count == 1);
	CHECK(s.result.moved[0].change[0].how == DCF_CHANGE_LIFT && s.result.moved[0].change[0].lift_e4 == -1000 * DCF_FT_E4);
	CHECK_MSG(s.result.total.total > 99.9999 && s.result.total.total < 100.0001, "%.6f", s.result.total.total);
	/* from FL200 up to FL205 are 500 ft; beneath it, nothing is met sideways or at another time */
	CHECK(s.result.margin && s.result.margin[0].vertical_ft > 499.8 && s.result.margin[0].vertical_ft < 500.01);
	CHECK(s.result.margin && s.result.margin[0].lateral_m < 0 && s.result.margin[0].time_s < 0);
	CHECK_MSG(s.result.lower_bound > 99.99 && s.result.lower_bound <= s.result.total.total, "%.6f", s.result.lower_bound);
	CHECK(s.result.conflicts_before == 1 && s.result.conflicts_after == 0 && conflicts_after(&s) == 0);
	/* with levels ten times as dear, time is cheaper: 600 s, since windows that touch share nothing */
	s.ask.ask.costs.altitude_ft = 1;
	find(&s);
	CHECK_MSG(s.result.total.delay_s > 599.9 && s.result.total.delay_s < 600.1, "%.6f", s.result.total.delay_s);
	CHECK(conflicts_after(&s) == 0);
	close_scene(&s);
}

/* One that may not move, one that is protected: the third way is taken, dear as it is. */
static void asked_last(void)
{
	struct scene s;
	uint32_t a, b;

	open_scene(&s, 0, 0);
	a = add_disc(&s, 0, 40, 10, 0, 1, 200, 210);
	b = add_disc(&s, 1, 40, 10, 5 / 6.0, 1, 205, 215);
	s.plan.features[0].is_protected = true;
	find(&s);
	CHECK(s.result.moved_count == 1 && s.result.moved[0].operation == b && conflicts_after(&s) == 0);
	s.plan.operations[b].limits.fixed = true;
	find(&s);
	CHECK(s.result.moved_count == 1 && s.result.moved[0].operation == a && conflicts_after(&s) == 0);
	s.plan.operations[a].limits.fixed = true;
	find(&s);
	CHECK(s.result.moved_count == 0 && s.result.conflicts_after == 1 && s.result.unresolved_count == 1);
	CHECK(s.result.unresolved_count == 1 && strstr(s.result.unresolved[0].why.p, "O00000 may not be moved") != NULL);
	CHECK(s.result.unresolved_count == 1 && s.result.unresolved[0].a == a && s.result.unresolved[0].b == b);
	CHECK(!(s.result.lower_bound > 0));
	close_scene(&s);
}

/* Limits that leave no room: the conflict stays and is named with what was tried. */
static void no_room(void)
{
	struct scene s;

	open_scene(&s, 0, 0);
	add_disc(&s, 0, 40, 10, 0, 1, 200, 210);
	add_disc(&s, 1, 40, 10, 0, 1, 200, 210);
	s.ask = (struct dcf_whole_ask){ .ask = dcf_ask_usual(&s.plan), .max_share = 1 };
	s.ask.ask.limits.max_delay_us = 29 * 60 * INT64_C(1000000);
	s.ask.ask.limits.max_advance_us = 30 * 60 * INT64_C(1000000);
	s.ask.ask.limits.lowest_e4 = s.ask.ask.limits.highest_e4 = 200 * DCF_FL_E4;
	s.ask.ask.limits.max_detour_m = 0;
	find(&s);
	CHECK(s.result.moved_count == 0 && s.result.unresolved_count == 1);
	CHECK_MSG(s.result.unresolved_count == 1 &&
			  strstr(s.result.unresolved[0].why.p,
				 "no time from 30 min earlier to 29 min later is free at 1 level") != NULL,
		  "%s", s.result.unresolved_count ? s.result.unresolved[0].why.p : "");
	/* half an hour either way is enough for both together, never for one alone: one goes, then the other */
	s.ask.ask.limits.max_delay_us = 30 * 60 * INT64_C(1000000);
	find(&s);
	CHECK_MSG(conflicts_after(&s) == s.result.conflicts_after, "%zu", s.result.conflicts_after);
	CHECK_MSG(s.result.conflicts_after == 0 && s.result.moved_count == 2, "%zu left", s.result.conflicts_after);
	close_scene(&s);
}

/* A thousand operations (WIDE) of twenty parties in one place and hour: some 59 levels and 49 hours have room for all.
 * Without it 400, and fewer where every access to memory is watched. */
static unsigned many(void)
{
	if (DCF_SANITIZED)
		return 200;
	return wide() ? 1000 : 400;
}

static void all_in_one_place(void)
{
	struct scene s;
	double per_party = 0;
	size_t n = many();

	open_scene(&s, 0, 0);
	for (unsigned i = 0; i < n; i++)
		add_disc(&s, i % 20, 40, 10, 0, 1, 200, 205);
	s.ask = (struct dcf_whole_ask){ .ask = dcf_ask_usual(&s.plan), .seed = 3, .effort = 500, .max_share = 1 };
	find(&s);
	CHECK_MSG(s.result.conflicts_before == n * (n - n / 20) / 2, "%zu", s.result.conflicts_before);
	CHECK_MSG(s.result.conflicts_after == 0, "%zu left", s.result.conflicts_after);
	CHECK(conflicts_after(&s) == s.result.conflicts_after);
	CHECK(s.result.margin != NULL);
	CHECK(s.result.moved_count >= n - n / 20 && s.result.lower_bound <= s.result.total.total);
	for (size_t p = 0; p < s.plan.party_count; p++)
		per_party += s.result.burden[p].cost;
	CHECK(per_party > s.result.total.total * 0.999999 && per_party < s.result.total.total * 1.000001);
	close_scene(&s);
	/* with room for fifteen (three levels, five hours) of twenty parties the rest stay, each named */
	open_scene(&s, 0, 0);
	for (unsigned i = 0; i < 60; i++)
		add_disc(&s, i % 20, 40, 10, 0, 1, 200, 205);
	s.ask = (struct dcf_whole_ask){ .ask = dcf_ask_usual(&s.plan), .seed = 3, .effort = 500, .max_share = 1 };
	s.ask.ask.limits.max_delay_us = s.ask.ask.limits.max_advance_us = 2 * HOUR;
	s.ask.ask.limits.lowest_e4 = 190 * DCF_FL_E4;
	s.ask.ask.limits.highest_e4 = 215 * DCF_FL_E4;
	s.ask.ask.limits.max_detour_m = 0;
	find(&s);
	CHECK_MSG(s.result.conflicts_after > 0 && s.result.conflicts_after < s.result.conflicts_before, "%zu of %zu left",
		  s.result.conflicts_after, s.result.conflicts_before);
	CHECK(conflicts_after(&s) == s.result.conflicts_after && s.result.unresolved_count == s.result.conflicts_after);
	close_scene(&s);
}

/* Ten pairs of which the first party's side is always the cheaper to move; it shall not carry more than six tenths. */
static void shares_are_bounded(void)
{
	struct scene s;

	open_scene(&s, 0, 0);
	for (int i = 0; i < 10; i++) {
		add_disc(&s, 0, 40 + i, 10, 0, 1, 200, 210);
		add_disc(&s, 1, 40 + i, 10, 5 / 6.0, 1, 205, 215);
	}
	find(&s);
	CHECK(s.result.conflicts_after == 0 && s.result.burden[0].share > 0.999 && s.result.burden[0].moved == 10);
	s.ask.max_share = 0.6;
	find(&s);
	CHECK(s.result.conflicts_after == 0 && conflicts_after(&s) == 0);
	CHECK_MSG(s.result.share_kept && s.result.burden[0].share <= 0.6 && s.result.burden[1].share <= 0.6, "%.3f and %.3f",
		  s.result.burden[0].share, s.result.burden[1].share);
	/* what cannot be kept is said */
	for (size_t i = 1; i < s.plan.operation_count; i += 2)
		s.plan.operations[i].limits.fixed = true;
	find(&s);
	CHECK(s.result.conflicts_after == 0 && !s.result.share_kept && s.result.burden[1].moved == 0);
	close_scene(&s);
}

static bool stop_after(void *ctx)
{
	int *left = ctx;

	return --*left < 0;
}

static void random_flights(struct scene *s, unsigned n)
{
	struct dcf_ora_random r = { 11 };

	for (unsigned i = 0; i < n; i++) {
		double lat = dcf_ora_uniform(&r, 40, 40.2), lon = dcf_ora_uniform(&r, 10, 10.2), at = dcf_ora_uniform(&r, 0, 6);
		int fl = 100 + 10 * (int)dcf_ora_below(&r, 4);

		add_disc(s, i % 4, lat, lon, at, 0.5, fl, fl + 5);
	}
}

/* Whenever time is up there is a plan, and what it leaves is said. */
static void time_is_up(void)
{
	struct scene s;
	size_t before = 0;
	double cost = 0;

	open_scene(&s, 9260, 1000);
	random_flights(&s, 60);
	s.ask = (struct dcf_whole_ask){ .ask = dcf_ask_usual(&s.plan), .seed = 1, .max_share = 1 };
	for (int after = 0; after < 2000; after = after * 2 + 1) {
		int left = after;

		s.ask.ask.stop = stop_after;
		s.ask.ask.stop_ctx = &left;
		find(&s);
		/* asked often enough while it looks, places and improves; in the end there is time for all */
		CHECK(s.result.stopped || after > 200);
		CHECK(!s.result.stopped || !s.result.margin);
		CHECK(conflicts_after(&s) == s.result.conflicts_after);
		CHECK(s.result.unresolved_count == s.result.conflicts_after);
		CHECK(after > 0 || (s.result.moved_count == 0 && s.result.conflicts_after == s.result.conflicts_before));
		CHECK(after == 0 || s.result.conflicts_after <= before);
		CHECK(s.result.conflicts_after > 0 || !(cost > 0) || s.result.total.total <= cost);
		before = s.result.conflicts_after;
		cost = before ? 0 : s.result.total.total;
	}
	CHECK(before == 0);
	close_scene(&s);
}

/* The reader may not know of one: it is kept clear of, never moved, never named. */
static void hidden_from_the_reader(void)
{
	struct scene s;
	uint32_t a, b, c;

	open_scene(&s, 0, 0);
	a = add_disc(&s, 0, 40, 10, 0, 1, 200, 205);
	b = add_disc(&s, 1, 40, 10, 0, 1, 200, 205);
	c = add_disc(&s, 2, 40, 10, 0, 1, 190, 195);
	s.plan.operations[c].disclosed_to = dcf_arena_get(&s.plan.arena, sizeof(uint32_t));
	s.plan.operations[c].disclosed_to[0] = 1;
	s.plan.operations[c].disclosed_count = 1;
	s.ask = (struct dcf_whole_ask){ .ask = dcf_ask_usual(&s.plan), .seed = 1, .max_share = 1 };
	s.ask.ask.reader = s.plan.operations[a].party;
	find(&s);
	CHECK(s.result.conflicts_before == 1 && s.result.conflicts_after == 0 && conflicts_after(&s) == 0);
	CHECK(s.result.moved_count == 1 && s.result.moved[0].change[0].lift_e4 == 1000 * DCF_FT_E4);
	for (size_t i = 0; i < s.result.moved_count; i++)
		CHECK(s.result.moved[i].operation == a || s.result.moved[i].operation == b);
	close_scene(&s);
}

/* ---- memory ---- */

struct scarce {
	struct dcf_alloc heap;
	long left;
	size_t live;
};

static void *scarce_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct scarce *m = ctx;
	void *q;

	if (new_size && m->left-- <= 0)
		return NULL;
	q = m->heap.resize(m->heap.ctx, p, old_size, new_size);
	if (q || !new_size)
		m->live += new_size - (p ? old_size : 0);
	return q;
}

static void memory_runs_out(void)
{
	struct scene s;
	enum dcf_status status = DCF_E_NOMEM;
	long n = 0;

	open_scene(&s, 9260, 1000);
	random_flights(&s, 12);
	s.ask = (struct dcf_whole_ask){ .ask = dcf_ask_usual(&s.plan), .seed = 1, .effort = 50, .max_share = 0.4 };
	CHECK(dcf_check(&s.plan, &s.question, &s.heap, &s.check) == DCF_OK && s.check.conflict_count > 0);
	for (; status == DCF_E_NOMEM && n < 100000; n += 1 + n / (DCF_SANITIZED ? 100 : 400)) {
		struct scarce m = { s.heap, n, 0 };
		struct dcf_alloc a = { scarce_resize, &m };
		struct dcf_whole_result r = { .from = NULL };

		status = dcf_whole_find(&s.plan, &s.question, &s.check, &s.ask, &a, &r);
		dcf_whole_free(&r);
		CHECK_MSG(m.live == 0, "%zu bytes leak when allocation %ld fails", m.live, n);
	}
	CHECK_MSG(status == DCF_OK && n > 20, "status %d after %ld", (int)status, n);
	close_scene(&s);
}

int main(void)
{
	return TAP_RUN(TAP(nothing_to_do), TAP(by_hand), TAP(asked_last), TAP(no_room), TAP(all_in_one_place),
		       TAP(shares_are_bounded), TAP(time_is_up), TAP(hidden_from_the_reader), TAP(memory_runs_out));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test_whole_margin.c - the room that a whole plan says each of its moves leaves, on random and adversarial worlds.
 *
 *     test_whole_margin [--worlds N] [--seed S] [--first K] [--family NAME]
 *
 * Found again without the code under test, by asking CHECK's brute engine of the changed plan: with minima wider by a
 * little less than the room nothing is within them, with a little more something is; shifted either way within the room
 * there is no conflict, and beyond it there is one. */
#include "options/whole.h"
#include "oracle/random.h"
#include "oracle/world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As far as is looked. */
#define FAR_M  50000.0
#define FAR_FT 20000.0
#define FAR_S  21600.0
/* How much earlier, and how much later than told there may be a conflict: steps of rounding; what is in doubt between two
 * shapes (at most 1 m, or 1e-5); ends of shifts of moving tracks. */
static const struct {
	double early, late;
} slack[3] = { { 0.05, 1.5 }, { 0.05, 0.3 }, { 0.05, 2 } };

static struct {
	size_t worlds, moves, sides[3], none[3], wrong;
} tally;

struct trial {
	struct dcf_ora_world w;
	struct dcf_plan changed;
	const struct dcf_moved *moved;
	uint64_t number;
};

/* Shifts that are tried beyond the room: what is met in passing is met for a moment only. */
enum { LATER = 10 };

static const char *const axis_name[3] = { "to the side", "in level", "in time" };

static void complain(const struct trial *t, int axis, double room, double at, const char *what)
{
	tally.wrong++;
	printf("# world %llu, family %s, operation %u: room %s %.4f, at %.4f %s\n", (unsigned long long)t->number, t->w.family,
	       (unsigned)t->moved->operation, axis_name[axis], room, at, what);
}

/* Is the moved operation in conflict with another party's, in this plan and with these minima? */
static bool meets(const struct trial *t, const struct dcf_plan *plan, double more_m, int64_t more_e4)
{
	struct dcf_check_options o = t->w.options;
	struct dcf_result r = { 0 };
	bool yes = false;

	o.engine = DCF_ENGINE_BRUTE;
	o.for_party = DCF_NONE;
	o.only_operation = t->moved->operation;
	o.lateral_m += more_m;
	o.vertical_e4 += more_e4;
	if (dcf_check(plan, &o, &t->w.heap, &r) != DCF_OK)
		complain(t, 0, more_m, (double)more_e4, "no check");
	for (size_t i = 0; i < r.conflict_count; i++)
		yes = yes || (!r.conflicts[i].internal && r.conflicts[i].class != DCF_CLASS_ADVISORY);
	dcf_result_free(&r);
	return yes;
}

/* The changed plan once more, with the moved operation later by `s` seconds. */
static bool meets_later(const struct trial *t, double s)
{
	struct dcf_moved moved = *t->moved;
	struct dcf_plan later;
	int64_t us = (int64_t)(s * 1e6);
	bool yes = true;

	moved.features = calloc(moved.feature_count + 1, sizeof *moved.features);
	for (uint32_t i = 0; i < moved.feature_count; i++) {
		struct dcf_feature *f = &moved.features[i];

		*f = t->moved->features[i];
		f->start_us += us;
		f->end_us += us;
		if (f->shape != DCF_TRAJECTORY)
			continue;
		f->waypoints = malloc(f->point_count * sizeof *f->waypoints);
		memcpy(f->waypoints, t->moved->features[i].waypoints, f->point_count * sizeof *f->waypoints);
		for (uint32_t k = 0; k < f->point_count; k++)
			f->waypoints[k].time_us += us;
	}
	if (dcf_plan_changed(&t->changed, &moved, 1, &t->w.heap, &later) == DCF_OK) {
		yes = meets(t, &later, 0, 0);
		dcf_plan_changed_free(&later, &t->w.heap);
	}
	for (uint32_t i = 0; i < moved.feature_count; i++)
		if (moved.features[i].shape == DCF_TRAJECTORY)
			free(moved.features[i].waypoints);
	free(moved.features);
	return yes;
}

static bool taken(const struct trial *t, int axis, double d)
{
	if (axis == 0)
		return meets(t, &t->changed, d, 0);
	if (axis == 1)
		return meets(t, &t->changed, 0, (int64_t)(d * DCF_FT_E4));
	return meets_later(t, d) || meets_later(t, -d);
}

/* `room` below 0: nothing within `far`. */
static void judge_axis(const struct trial *t, int axis, double room, double far)
{
	double within = room < 0 ? far : room;
	/* shifts of tracks that graze each other about a pole are forbidden a little too widely, which is on the safe side */
	bool met = room < 0 || (axis == 2 && strstr(t->w.family, "pole"));

	tally.sides[axis]++;
	tally.none[axis] += room < 0;
	/* several places on the way: in time what is met may be passed again */
	for (int k = 1; k <= (axis == 2 ? 4 : 1); k++) {
		double at = (within - slack[axis].early) * k / (axis == 2 ? 4 : 1);

		if (at > 0 && taken(t, axis, at))
			complain(t, axis, room, at, "there is a conflict already");
	}
	for (int k = 1; k <= (axis == 2 ? LATER : 1); k++)
		met = met || taken(t, axis, room + slack[axis].late * k / (axis == 2 ? LATER : 1));
	if (!met)
		complain(t, axis, room, room + slack[axis].late, "there is no conflict yet");
}

static void judge(struct trial *t, const struct dcf_whole_result *r)
{
	if (r->moved_count && !r->margin) {
		tally.wrong++;
		printf("# world %llu: no margins\n", (unsigned long long)t->number);
		return;
	}
	if (dcf_plan_changed(&t->w.plan, r->moved, r->moved_count, &t->w.heap, &t->changed) != DCF_OK) {
		tally.wrong++;
		return;
	}
	for (size_t i = 0; i < r->moved_count; i++) {
		t->moved = &r->moved[i];
		judge_axis(t, 0, r->margin[i].lateral_m, FAR_M);
		judge_axis(t, 1, r->margin[i].vertical_ft, FAR_FT);
		judge_axis(t, 2, r->margin[i].time_s, FAR_S);
		tally.moves++;
	}
	dcf_plan_changed_free(&t->changed, &t->w.heap);
}

static void run_world(uint64_t seed, uint64_t number, const char *family)
{
	struct trial t = { .number = number };
	struct dcf_ora_scale scale = { 2, 7 };
	struct dcf_whole_result result = { 0 };
	struct dcf_result check = { 0 };
	struct dcf_whole_ask ask;

	if (!dcf_ora_world_make(&t.w, seed, number, scale, family))
		return;
	/* minima of two parties stand for those of the question, which are made wider here */
	t.w.plan.agreement.separation_count = 0;
	t.w.options.only_operation = t.w.options.for_party = DCF_NONE;
	ask = (struct dcf_whole_ask){ .ask = dcf_ask_usual(&t.w.plan), .seed = number, .effort = 100, .max_share = 1 };
	tally.worlds++;
	if (dcf_check(&t.w.plan, &t.w.options, &t.w.heap, &check) != DCF_OK ||
	    dcf_whole_find(&t.w.plan, &t.w.options, &check, &ask, &t.w.heap, &result) != DCF_OK) {
		tally.wrong++;
		printf("# world %llu fails\n", (unsigned long long)number);
	} else {
		judge(&t, &result);
	}
	dcf_whole_free(&result);
	dcf_result_free(&check);
	dcf_ora_world_free(&t.w);
}

int main(int argc, char **argv)
{
	uint64_t worlds = 300, seed = 20150920, first = 0;
	const char *family = NULL;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--worlds") == 0)
			worlds = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--first") == 0)
			first = strtoull(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--family") == 0)
			family = argv[i + 1];
		else
			return 2;
	}
	for (uint64_t k = 0; k < worlds; k++)
		run_world(seed, first + k, family);
	printf("# %zu worlds, %zu moves", tally.worlds, tally.moves);
	for (int axis = 0; axis < 3; axis++) {
		printf("; %s: %zu, of these without bound %zu", axis_name[axis], tally.sides[axis], tally.none[axis]);
		/* a test that meets nothing says nothing */
		tally.wrong += worlds >= 50 && (tally.none[axis] == 0 || tally.none[axis] == tally.sides[axis]);
	}
	printf("\n%sok 1 - room in whole plans of random worlds\n1..1\n", tally.wrong ? "not " : "");
	return tally.wrong ? 1 : 0;
}

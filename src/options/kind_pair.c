/* SPDX-License-Identifier: Apache-2.0 */
/* Two changes of one operation where no single one does: another level or a parallel, and the least shift that is free there.
 */
#include "options/desk_int.h"
#include "options/kind_int.h"

enum { LEVELS = 4, OFFERS = 14, ENOUGH = 2, MOST = 64 };

/* A first change and the shift that goes with it. */
struct couple {
	struct dcf_change change[2];
	uint8_t kind; /* of the first */
	double cost;
};

struct couples {
	struct couple at[MOST];
	int count;
};

static void put(struct dcf_desk *desk, struct couples *all, const struct dcf_change *first, uint8_t kind, int64_t shift_us)
{
	const struct dcf_costs *w = &dcf_desk_ask(desk)->costs;
	struct couple p = { .change = { *first, { .how = DCF_CHANGE_SHIFT, .shift_us = shift_us } }, .kind = kind };
	int i;

	if (all->count == MOST)
		return;
	p.cost = dcf_cost_sum(dcf_change_cost(&p.change[0], w), dcf_change_cost(&p.change[1], w)).total;
	/* the cheapest first, of equals the one found first */
	for (i = all->count++; i > 0 && all->at[i - 1].cost > p.cost; i--)
		all->at[i] = all->at[i - 1];
	all->at[i] = p;
}

/* The least shifts either way that are free after the first change. */
static enum dcf_status with_shifts(struct dcf_desk *desk, const struct dcf_case *c, struct dcf_change *first, uint8_t kind,
				   struct couples *all)
{
	struct dcf_set shifts = { .from = desk->from };
	struct dcf_features next;
	int64_t shift;
	enum dcf_status s = dcf_change_apply(&c->features, first, dcf_desk_arena(desk), &next);

	if (s == DCF_OK)
		s = dcf_case_shifts(desk, next.at, next.count, -c->limits.max_advance_us, c->limits.max_delay_us, &shifts);
	for (int later = 0; later < 2 && s == DCF_OK; later++) {
		int64_t limit = later ? c->limits.max_delay_us : c->limits.max_advance_us;

		if (dcf_next_free_shift(&shifts, later, 0, limit, &shift))
			put(desk, all, first, kind, shift);
	}
	dcf_set_free(&shifts);
	return s == DCF_E_RANGE || s == DCF_E_REFUSED || s == DCF_E_LIMIT ? DCF_OK : s;
}

static enum dcf_status try_levels(struct dcf_desk *desk, const struct dcf_case *c, bool up, struct couples *all)
{
	struct dcf_altitude level;
	enum dcf_status s = DCF_OK;
	int64_t e4;

	if (!dcf_change_level(&c->features, &level))
		return DCF_OK;
	e4 = level.e4;
	for (int i = 0; i < LEVELS && s == DCF_OK && !dcf_desk_stopped(desk); i++) {
		struct dcf_change lift = { .how = DCF_CHANGE_LIFT };

		e4 = dcf_level_next(level, dcf_desk_ask(desk)->level_step_e4, e4, up);
		if (up ? e4 > c->limits.highest_e4 : e4 < c->limits.lowest_e4)
			break;
		lift.lift_e4 = e4 - level.e4;
		s = with_shifts(desk, c, &lift, DCF_OPTION_ALTITUDE, all);
	}
	return s;
}

static bool all_lines(const struct dcf_features *f)
{
	bool yes = f->count > 0;

	for (uint32_t i = 0; i < f->count; i++)
		yes = yes && (f->at[i].shape == DCF_CORRIDOR || f->at[i].shape == DCF_TRAJECTORY);
	return yes;
}

static enum dcf_status try_parallels(struct dcf_desk *desk, const struct dcf_case *c, struct couples *all)
{
	static const double aside_m[] = { 5000, -5000, 10000, -10000, 20000, -20000 };
	enum dcf_status s = DCF_OK;

	for (size_t i = 0;
	     i < sizeof aside_m / sizeof *aside_m && all_lines(&c->features) && s == DCF_OK && !dcf_desk_stopped(desk); i++) {
		struct dcf_change offset = { .how = DCF_CHANGE_OFFSET, .distance_m = aside_m[i] };

		s = with_shifts(desk, c, &offset, DCF_OPTION_REROUTE, all);
	}
	return s;
}

enum dcf_status dcf_propose_combined(struct dcf_desk *desk, const struct dcf_case *c)
{
	struct couples all = { .count = 0 };
	enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;
	enum dcf_status s;
	int accepted = 0;

	if ((s = try_levels(desk, c, false, &all)) != DCF_OK || (s = try_levels(desk, c, true, &all)) != DCF_OK ||
	    (s = try_parallels(desk, c, &all)) != DCF_OK)
		return s;
	for (int i = 0; i < all.count && i < OFFERS && accepted < ENOUGH && s == DCF_OK && verdict != DCF_VERDICT_STOPPED;
	     i++) {
		struct dcf_proposal p = { .kind = DCF_OPTION_COMBINED, .moved_count = 1 };

		p.moved[0] = (struct dcf_moved){ .operation = c->operation, .kind = all.at[i].kind, .change_count = 2 };
		p.moved[0].change[0] = all.at[i].change[0];
		p.moved[0].change[1] = all.at[i].change[1];
		s = dcf_desk_offer(desk, &p, &verdict, NULL);
		accepted += dcf_settled(verdict);
	}
	return s;
}

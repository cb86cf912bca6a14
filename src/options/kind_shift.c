/* SPDX-License-Identifier: Apache-2.0 */
/* Later or earlier as a whole: from the exact set of forbidden shifts. */
#include "options/desk_int.h"

enum { SECOND_US = 1000000, GAPS_MAX = 32, INWARD_MAX = 60 };

/* Whole seconds, not nearer to 0 than x. */
static int64_t seconds_up(double x)
{
	int64_t s = (int64_t)(x / SECOND_US);

	while ((double)s * SECOND_US < x)
		s++;
	return s * SECOND_US;
}

bool dcf_next_free_shift(const struct dcf_set *shifts, bool later, int64_t beyond_us, int64_t limit_us, int64_t *shift_us)
{
	int64_t at = beyond_us + SECOND_US - beyond_us % SECOND_US;
	size_t n = shifts->count;

	/* in the direction asked for, sizes grow: an interval is [near, far] in that sense */
	for (size_t i = 0; i < n; i++) {
		const struct dcf_range *r = &shifts->at[later ? i : n - 1 - i];
		double near = later ? r->low : -r->high, far = later ? r->high : -r->low;

		if ((double)at <= near)
			break;
		if ((double)at < far)
			at = seconds_up(far);
	}
	*shift_us = later ? at : -at;
	return at <= limit_us;
}

static enum dcf_status offer_shift(struct dcf_desk *desk, const struct dcf_case *c, uint8_t kind, int64_t shift_us,
				   enum dcf_verdict *verdict)
{
	struct dcf_proposal p = { .kind = kind, .moved_count = 1 };

	p.moved[0] = (struct dcf_moved){ .operation = c->operation, .kind = kind, .change_count = 1 };
	p.moved[0].change[0] = (struct dcf_change){ .how = DCF_CHANGE_SHIFT, .shift_us = shift_us };
	return dcf_desk_offer(desk, &p, verdict, NULL);
}

/* The set may forbid a little too much (heights over the ground, reaches beyond 50 km): come nearer while CHECK
 * finds nothing. */
static enum dcf_status come_nearer(struct dcf_desk *desk, const struct dcf_case *c, uint8_t kind, int64_t shift_us)
{
	int64_t step = shift_us > 0 ? -SECOND_US : SECOND_US;
	enum dcf_verdict verdict = DCF_VERDICT_ACCEPTED;
	enum dcf_status s = DCF_OK;

	for (int i = 0; i < INWARD_MAX && s == DCF_OK && verdict == DCF_VERDICT_ACCEPTED && shift_us + step != 0; i++) {
		shift_us += step;
		s = offer_shift(desk, c, kind, shift_us, &verdict);
	}
	return s;
}

/* In a gap that begins with a shift that lengthens a conflict inside the own party, another may not: between the first
 * and the gap's end, by halving.  (Where the length of such a conflict rises and falls again within the gap, not
 * always the least.) */
static enum dcf_status search_gap(struct dcf_desk *desk, const struct dcf_case *c, uint8_t kind, int64_t first_us, int64_t last_us,
				  enum dcf_verdict *verdict)
{
	int64_t bad = first_us / SECOND_US, good = last_us / SECOND_US;
	enum dcf_status s = DCF_OK;

	if (good == bad)
		return s;
	s = offer_shift(desk, c, kind, good * SECOND_US, verdict);
	if (s != DCF_OK || *verdict != DCF_VERDICT_ACCEPTED)
		return s;
	while (s == DCF_OK && (good > bad ? good - bad : bad - good) > 1) {
		int64_t middle = bad + (good - bad) / 2;
		enum dcf_verdict v;

		s = offer_shift(desk, c, kind, middle * SECOND_US, &v);
		*(v == DCF_VERDICT_ACCEPTED ? &good : &bad) = middle;
	}
	return s;
}

/* On to the next forbidden interval; false where there is none. */
static bool leave_gap(const struct dcf_set *shifts, bool later, int64_t *beyond_us)
{
	for (size_t i = 0; i < shifts->count; i++) {
		const struct dcf_range *r = &shifts->at[later ? i : shifts->count - 1 - i];
		double near = later ? r->low : -r->high;

		if (near >= (double)*beyond_us) {
			*beyond_us = (int64_t)near + 1;
			return true;
		}
	}
	return false;
}

static enum dcf_status propose(struct dcf_desk *desk, const struct dcf_case *c, uint8_t kind)
{
	bool later = kind == DCF_OPTION_DELAY;
	int64_t limit = later ? c->limits.max_delay_us : c->limits.max_advance_us, beyond = 0, shift;
	enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;
	enum dcf_status s = DCF_OK;

	for (int i = 0; i < GAPS_MAX && s == DCF_OK && dcf_next_free_shift(c->shifts, later, beyond, limit, &shift); i++) {
		s = offer_shift(desk, c, kind, shift, &verdict);
		if (verdict == DCF_VERDICT_ACCEPTED)
			return s == DCF_OK ? come_nearer(desk, c, kind, shift) : s;
		if (verdict != DCF_VERDICT_CONFLICT && verdict != DCF_VERDICT_INTERNAL && verdict != DCF_VERDICT_RULE)
			break;
		beyond = later ? shift : -shift;
		if (verdict == DCF_VERDICT_INTERNAL) {
			int64_t end = beyond;

			if (!leave_gap(c->shifts, later, &end))
				end = limit;
			end -= end % SECOND_US;
			s = search_gap(desk, c, kind, shift, later ? end : -end, &verdict);
			if (verdict == DCF_VERDICT_ACCEPTED)
				return s;
		}
		/* rounding is a second's affair; what else is in the way lasts as long as this gap */
		if (verdict != DCF_VERDICT_CONFLICT && !leave_gap(c->shifts, later, &beyond))
			break;
	}
	return s;
}

enum dcf_status dcf_propose_delay(struct dcf_desk *desk, const struct dcf_case *c)
{
	return propose(desk, c, DCF_OPTION_DELAY);
}

enum dcf_status dcf_propose_advance(struct dcf_desk *desk, const struct dcf_case *c)
{
	return propose(desk, c, DCF_OPTION_ADVANCE);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Later or earlier as a whole: from the exact set of forbidden shifts. */
#include "options/desk_int.h"

enum { SECOND_US = 1000000, INWARD_MAX = 60 };

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

/* The set may forbid a little too much (reaches beyond 50 km): come nearer while CHECK
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

/* Verify a shift without offering it: what is tried for every second of a gap leaves nothing behind. */
static enum dcf_status try_shift(struct dcf_desk *desk, const struct dcf_case *c, int64_t shift_us, struct dcf_arena *made,
				 enum dcf_verdict *verdict)
{
	struct dcf_change change = { .how = DCF_CHANGE_SHIFT, .shift_us = shift_us };
	struct dcf_moved m = { .operation = c->operation };
	struct dcf_features f;
	uint32_t who;
	enum dcf_status s;

	dcf_arena_rewind(made);
	*verdict = DCF_VERDICT_NO_SENSE;
	s = dcf_change_apply(&c->features, &change, made, &f);
	if (s != DCF_OK)
		return s == DCF_E_RANGE ? DCF_OK : s;
	m.features = f.at;
	m.feature_count = f.count;
	return dcf_verify(&desk->verifier, &m, 1, verdict, &who);
}

static int64_t seconds_on(const struct dcf_desk *desk, enum dcf_verdict verdict)
{
	int64_t us = verdict == DCF_VERDICT_INTERNAL ? desk->verifier.internal_for_us : 0;

	return us > SECOND_US ? (us + SECOND_US - 1) / SECOND_US : 1;
}

/* A gap may begin with shifts that lengthen a conflict inside the own party, or a stay in an area: how long these are goes
 * up and down with the shift.  So second after second, but for those that cannot do; the first that holds is offered. */
static enum dcf_status search_gap(struct dcf_desk *desk, const struct dcf_case *c, uint8_t kind, int64_t first_us,
				  int64_t last_us, enum dcf_verdict *verdict)
{
	int64_t sign = first_us < 0 ? -1 : 1, at = sign * first_us / SECOND_US, end = sign * last_us / SECOND_US;
	struct dcf_arena made = { .from = desk->from };
	enum dcf_verdict v = *verdict;
	enum dcf_status s = DCF_OK;

	for (at += seconds_on(desk, v); at <= end && s == DCF_OK; at += seconds_on(desk, v)) {
		if (dcf_desk_stopped(desk)) {
			*verdict = DCF_VERDICT_STOPPED;
			break;
		}
		s = try_shift(desk, c, sign * at * SECOND_US, &made, &v);
		if (s == DCF_OK && (v == DCF_VERDICT_ACCEPTED || v == DCF_VERDICT_HIDDEN)) {
			s = offer_shift(desk, c, kind, sign * at * SECOND_US, verdict);
			break;
		}
	}
	dcf_arena_free(&made);
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

static bool is_notice(uint8_t rule)
{
	return rule == DCF_BREACH_NOTICE || rule == DCF_BREACH_CROSSING_NOTICE;
}

/* Is there sense in looking further on? */
static bool may_go_on(enum dcf_verdict verdict)
{
	return verdict == DCF_VERDICT_CONFLICT || verdict == DCF_VERDICT_INTERNAL || verdict == DCF_VERDICT_RULE;
}

static enum dcf_status propose(struct dcf_desk *desk, const struct dcf_case *c, uint8_t kind)
{
	bool later = kind == DCF_OPTION_DELAY;
	int64_t limit = later ? c->limits.max_delay_us : c->limits.max_advance_us, beyond = 0, shift;
	enum dcf_verdict verdict = DCF_VERDICT_CONFLICT;
	enum dcf_status s = DCF_OK;

	while (s == DCF_OK && dcf_next_free_shift(c->shifts, later, beyond, limit, &shift)) {
		int64_t end;
		bool more;

		s = offer_shift(desk, c, kind, shift, &verdict);
		if (verdict == DCF_VERDICT_ACCEPTED)
			return s == DCF_OK ? come_nearer(desk, c, kind, shift) : s;
		if (!may_go_on(verdict))
			break;
		beyond = later ? shift : -shift;
		/* rounding is a second's affair */
		if (verdict == DCF_VERDICT_CONFLICT)
			continue;
		/* the earlier, the less notice */
		if (!later && verdict == DCF_VERDICT_RULE && is_notice(desk->verifier.worse_rule))
			break;
		more = leave_gap(c->shifts, later, &beyond);
		end = (more && beyond < limit ? beyond : limit) / SECOND_US * SECOND_US;
		s = search_gap(desk, c, kind, shift, later ? end : -end, &verdict);
		if (!more || !may_go_on(verdict))
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

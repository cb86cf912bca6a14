/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the accepted options are worth showing, and in what order. */
#include "core/num.h"
#include "options/desk_int.h"

/* What an option asks for, apart by direction: later and earlier are different things to a planner. */
enum respect { LATER, EARLIER, HIGHER, LOWER, ASIDE, FURTHER, GIVEN_UP, BAND, RESPECTS };

static void add_change(const struct dcf_change *c, double v[RESPECTS])
{
	double ft = (double)(c->to.e4 - c->from.e4) / DCF_FT_E4;

	switch (c->how) {
	case DCF_CHANGE_SHIFT:
	case DCF_CHANGE_SPEED:
	case DCF_CHANGE_HOLD:
		v[c->shift_us < 0 ? EARLIER : LATER] += dcf_fabs((double)c->shift_us) / 1e6;
		break;
	case DCF_CHANGE_LIFT:
		v[c->lift_e4 < 0 ? LOWER : HIGHER] += dcf_fabs((double)c->lift_e4) / DCF_FT_E4;
		break;
	case DCF_CHANGE_FLOOR:
	case DCF_CHANGE_CEILING:
		v[BAND] += dcf_fabs(ft);
		break;
	case DCF_CHANGE_BEGIN:
	case DCF_CHANGE_END:
	case DCF_CHANGE_SPLIT:
		v[GIVEN_UP] += dcf_change_cost(c, &(struct dcf_costs){ 1, 0, 0, true }).delay_s;
		break;
	case DCF_CHANGE_SHRINK:
		v[BAND] += dcf_fabs(c->distance_m);
		break;
	case DCF_CHANGE_DOGLEG:
		/* how far aside it leads is no matter of its own: a parallel as near is aside all the way */
		v[FURTHER] += c->extra_m > 0 ? c->extra_m : 0;
		break;
	default:
		v[ASIDE] += dcf_fabs(c->distance_m);
		v[FURTHER] += c->extra_m > 0 ? c->extra_m : 0;
	}
}

static void respects_of(const struct dcf_option *o, double v[RESPECTS])
{
	for (int i = 0; i < RESPECTS; i++)
		v[i] = 0;
	for (uint32_t m = 0; m < o->moved_count; m++)
		for (uint32_t i = 0; i < o->moved[m].change_count; i++)
			add_change(&o->moved[m].change[i], v);
}

static bool moves_the_same(const struct dcf_option *a, const struct dcf_option *b)
{
	if (a->moved_count != b->moved_count)
		return false;
	for (uint32_t i = 0; i < a->moved_count; i++)
		if (a->moved[i].operation != b->moved[i].operation)
			return false;
	return true;
}

/* Is `a` as good as `b` in every respect, and better in one (or first among equals)?  Only options of one kind are compared,
 * and pairs of changes with single ones: a hold and a delay of the same length are different things. */
static bool dominates(const struct dcf_option *a, const struct dcf_option *b, bool first)
{
	double x[RESPECTS], y[RESPECTS];
	bool better = first;

	if (!moves_the_same(a, b) || (a->kind != b->kind && b->kind != DCF_OPTION_COMBINED))
		return false;
	respects_of(a, x);
	respects_of(b, y);
	for (int i = 0; i < RESPECTS; i++) {
		if (x[i] > y[i])
			return false;
		better |= x[i] < y[i];
	}
	return better;
}

static int by_number(double a, double b)
{
	return a < b ? -1 : a > b;
}

int dcf_option_compare(const struct dcf_standing *st, const struct dcf_option *a, const struct dcf_option *b)
{
	double x[RESPECTS], y[RESPECTS];
	int c;

	if (a->is_protected != b->is_protected)
		return a->is_protected ? 1 : -1;
	c = by_number(a->order_cost, b->order_cost);
	if (c == 0 && a->kind != b->kind)
		c = a->kind < b->kind ? -1 : 1;
	for (uint32_t i = 0; c == 0 && i < a->moved_count && i < b->moved_count; i++)
		c = by_number(st->rank[a->moved[i].operation], st->rank[b->moved[i].operation]);
	respects_of(a, x);
	respects_of(b, y);
	for (int i = 0; c == 0 && i < RESPECTS; i++)
		c = by_number(x[i], y[i]);
	for (uint32_t i = 0; c == 0 && i < a->moved[0].change_count && i < b->moved[0].change_count; i++)
		c = by_number(a->moved[0].change[i].distance_m, b->moved[0].change[i].distance_m);
	return c;
}

/* How many of a kind a planner wants to hear: two sides of each. */
enum { OF_A_KIND = 2 };

void dcf_rank(struct dcf_desk *desk)
{
	struct dcf_option *o = desk->options;
	size_t n = 0, of_kind[DCF_OPTION_KINDS] = { 0 };

	for (size_t i = 0; i < desk->option_count; i++) {
		bool worse = false;

		for (size_t k = 0; k < desk->option_count && !worse; k++)
			worse = k != i && dominates(&o[k], &o[i], k < i);
		o[i].order_cost = worse ? -1 : o[i].cost.total;
	}
	for (size_t i = 0; i < desk->option_count; i++)
		if (o[i].order_cost >= 0)
			o[n++] = o[i];
	for (size_t i = 1; i < n; i++) /* few: by insertion */
		for (size_t k = i; k > 0 && dcf_option_compare(desk->st, &o[k - 1], &o[k]) > 0; k--) {
			struct dcf_option t = o[k];

			o[k] = o[k - 1];
			o[k - 1] = t;
		}
	desk->option_count = 0;
	for (size_t i = 0; i < n; i++)
		if (of_kind[o[i].kind]++ < OF_A_KIND || o[i].kind == DCF_OPTION_JOINT)
			o[desk->option_count++] = o[i];
}

int dcf_pair_compare(const void *ctx, const void *x, const void *y)
{
	const struct dcf_standing *st = ctx;
	const struct dcf_pair_of_operations *a = x, *b = y;

	if (a->a != b->a)
		return st->rank[a->a] < st->rank[b->a] ? -1 : 1;
	return a->b == b->b ? 0 : st->rank[a->b] < st->rank[b->b] ? -1 : 1;
}

struct dcf_pair_of_operations dcf_pair_ordered(const struct dcf_standing *st, uint32_t a, uint32_t b)
{
	return st->rank[a] < st->rank[b] ? (struct dcf_pair_of_operations){ a, b } : (struct dcf_pair_of_operations){ b, a };
}

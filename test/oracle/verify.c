/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c - pairs of operations: minima, classes, hulls, order. */
#include "oracle/verify_int.h"
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

double dcf_ora_tolerance(double distance)
{
	return fmax(1, 1e-5 * distance);
}

void dcf_ora_wrong(struct dcf_ora_verifier *v, const char *format, ...)
{
	va_list args;

	v->wrong++;
	va_start(args, format);
	fputs("# ", v->out);
	vfprintf(v->out, format, args);
	fputc('\n', v->out);
	va_end(args);
}

static uint32_t named(const struct dcf_separation_rule *r, uint32_t party)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < r->party_count; i++)
		n += r->parties[i] == party;
	return n;
}

static bool holds(const struct dcf_separation_rule *r, uint32_t p, uint32_t q)
{
	if (p == q)
		return named(r, p) >= 2;
	return !r->party_count || (named(r, p) && named(r, q));
}

bool dcf_ora_minima_of(const struct dcf_plan *plan, const struct dcf_check_options *options, uint32_t a, uint32_t b,
		       struct dcf_ora_minima *m)
{
	uint32_t p = plan->operations[a].party, q = plan->operations[b].party;
	bool other = p != q;

	*m = (struct dcf_ora_minima){ other ? options->lateral_m : 0, other ? options->vertical_e4 : 0,
				      other ? options->max_dwell_us : DCF_NO_LIMIT };
	for (size_t i = 0; i < plan->agreement.separation_count; i++) {
		const struct dcf_separation_rule *r = &plan->agreement.separation[i];

		if (!holds(r, p, q))
			continue;
		m->lateral = fmax(m->lateral, r->lateral_m);
		m->vertical = r->vertical_e4 > m->vertical ? r->vertical_e4 : m->vertical;
		m->dwell = r->max_dwell_us < m->dwell ? r->max_dwell_us : m->dwell;
	}
	if (options->only_operation != DCF_NONE && options->only_operation != a && options->only_operation != b)
		return false;
	return other || options->for_party == p;
}

static int compare_operations(const struct dcf_plan *plan, uint32_t a, uint32_t b)
{
	const struct dcf_operation *x = &plan->operations[a], *y = &plan->operations[b];
	int c = dcf_span_cmp(plan->parties[x->party].id, plan->parties[y->party].id);

	return c ? c : dcf_span_cmp(x->id, y->id);
}

static const struct dcf_conflict *find(struct dcf_ora_verifier *v, uint32_t a, uint32_t b)
{
	const struct dcf_conflict *found = NULL;

	for (size_t i = 0; i < v->result->conflict_count; i++) {
		const struct dcf_conflict *c = &v->result->conflicts[i];

		if (c->a != a || c->b != b)
			continue;
		if (found)
			dcf_ora_wrong(v, "operations %u and %u are reported twice", a, b);
		found = c;
	}
	return found;
}

static int by_start(const void *x, const void *y)
{
	const struct dcf_interval *i = x, *j = y;

	return (i->start_us > j->start_us) - (i->start_us < j->start_us);
}

static int64_t dwell(const struct dcf_interval *from, size_t count)
{
	struct dcf_interval *s = malloc((count + 1) * sizeof *s);
	int64_t sum = 0, until = INT64_MIN;

	if (!s)
		abort();
	for (size_t i = 0; i < count; i++)
		s[i] = from[i];
	qsort(s, count, sizeof *s, by_start);
	for (size_t i = 0; i < count; i++) {
		int64_t start = s[i].start_us > until ? s[i].start_us : until;

		if (s[i].end_us > start)
			sum += s[i].end_us - start;
		until = s[i].end_us > until ? s[i].end_us : until;
	}
	free(s);
	return sum;
}

static bool advises(const struct dcf_plan *plan, uint32_t operation)
{
	for (size_t i = 0; i < plan->feature_count; i++)
		if (plan->features[i].operation == operation && plan->features[i].advisory)
			return true;
	return false;
}

#define EXPECT(v, c, what, condition)                                                                                          \
	do {                                                                                                                   \
		if (!(condition))                                                                                              \
			dcf_ora_wrong(v, "operations %u and %u: %s", (c)->a, (c)->b, what);                                    \
	} while (0)

/* By start, then by the ids of the features (files in another order give the same list), then by index. */
static int compare_intervals(const struct dcf_plan *plan, const struct dcf_interval *x, const struct dcf_interval *y)
{
	const struct dcf_feature *f = plan->features;
	int c = (x->start_us > y->start_us) - (x->start_us < y->start_us);

	c = c ? c : dcf_span_cmp(f[x->a_feature].id, f[y->a_feature].id);
	c = c ? c : dcf_span_cmp(f[x->b_feature].id, f[y->b_feature].id);
	c = c ? c : (x->a_feature > y->a_feature) - (x->a_feature < y->a_feature);
	return c ? c : (x->b_feature > y->b_feature) - (x->b_feature < y->b_feature);
}

static void check_intervals(struct dcf_ora_verifier *v, const struct dcf_conflict *c, bool *overlap)
{
	const struct dcf_interval *i = v->result->intervals + c->first_interval;
	int64_t end = INT64_MIN;

	for (size_t k = 0; k < c->interval_count; k++) {
		const struct dcf_feature *f = v->plan->features;

		EXPECT(v, c, "an interval names a feature of another operation",
		       f[i[k].a_feature].operation == c->a && f[i[k].b_feature].operation == c->b);
		EXPECT(v, c, "intervals are not sorted", !k || compare_intervals(v->plan, &i[k - 1], &i[k]) < 0);
		end = i[k].end_us > end ? i[k].end_us : end;
		*overlap = *overlap || i[k].class == DCF_CLASS_OVERLAP;
	}
	EXPECT(v, c, "start and end are not the hull of the intervals", c->start_us == i[0].start_us && c->end_us == end);
	EXPECT(v, c, "features are not those of the first interval",
	       c->a_feature == i[0].a_feature && c->b_feature == i[0].b_feature);
	EXPECT(v, c, "dwell is not the length of the union", c->dwell_us == dwell(i, c->interval_count));
}

static void check_values(struct dcf_ora_verifier *v, const struct dcf_ora_tally *t)
{
	const struct dcf_conflict *c = t->c;
	double gap = (double)c->lateral_gap_dm / 10, tol = t->gap_doubt;
	long double low = (long double)c->vertical_gap_dft[0];

	if (!(gap <= t->gap + tol && gap >= t->gap - tol - 0.1))
		dcf_ora_wrong(v, "operations %u and %u: lateral gap %.1f, should be %.4f", c->a, c->b, gap, t->gap);
	if (!t->ground && !(low >= floorl(t->low_may / 304.8L) - 1 && low <= floorl(t->low_must / 304.8L) + 1))
		dcf_ora_wrong(v, "operations %u and %u: vertical gap %.1Lf ft, should be %.4Lf", c->a, c->b, low / 10,
			      t->low_must / 3048);
	EXPECT(v, c, "vertical gap is not an interval", c->vertical_gap_dft[0] <= c->vertical_gap_dft[1]);
	EXPECT(v, c, "minima", c->minimum_lateral_m == t->min.lateral && c->minimum_vertical_e4 == t->min.vertical);
	if (!t->closest_ok)
		dcf_ora_wrong(v, "operations %u and %u: the closest point is %.2f m from the two, the gap %.1f m", c->a, c->b,
			      t->closest_off, gap);
	EXPECT(v, c, "touch although the insides meet", !(c->touch && t->inner_sure));
	EXPECT(v, c, "no touch although only boundaries meet", c->touch || !c->has_overlap || t->inner_maybe);
	EXPECT(v, c, "no overlap at overlap_start", !c->has_overlap || t->start_seen);
	EXPECT(v, c, "no overlap at overlap_end", !c->has_overlap || t->end_seen);
}

static void check_conflict(struct dcf_ora_verifier *v, const struct dcf_ora_tally *t)
{
	const struct dcf_conflict *c = t->c;
	bool overlap = false;
	int class;

	EXPECT(v, c, "no intervals", c->interval_count > 0);
	if (!c->interval_count)
		return;
	check_intervals(v, c, &overlap);
	EXPECT(v, c, "has_overlap is not what the intervals say", c->has_overlap == overlap);
	class = advises(v->plan, c->a) || advises(v->plan, c->b)              ? DCF_CLASS_ADVISORY
		: overlap                                                     ? DCF_CLASS_OVERLAP
		: t->min.dwell != DCF_NO_LIMIT && c->dwell_us <= t->min.dwell ? DCF_CLASS_BRIEF
									      : DCF_CLASS_SEPARATION;
	if (c->class != class)
		dcf_ora_wrong(v, "operations %u and %u: class %d, should be %d", c->a, c->b, c->class, class);
	EXPECT(v, c, "internal", c->internal == (v->plan->operations[c->a].party == v->plan->operations[c->b].party));
	check_values(v, t);
}

static void check_operations(struct dcf_ora_verifier *v, uint32_t a, uint32_t b)
{
	const struct dcf_plan *plan = v->plan;
	struct dcf_ora_tally t = { .gap = 1e30, .low_must = 1e30L, .low_may = 1e30L };

	if (compare_operations(plan, a, b) > 0) {
		uint32_t x = a;

		a = b;
		b = x;
	}
	t.c = find(v, a, b);
	if (!dcf_ora_minima_of(plan, v->options, a, b, &t.min)) {
		if (t.c)
			dcf_ora_wrong(v, "operations %u and %u must not be reported", a, b);
		return;
	}
	for (uint32_t i = 0; i < plan->feature_count; i++)
		for (uint32_t j = 0; plan->features[i].operation == a && j < plan->feature_count; j++)
			if (plan->features[j].operation == b)
				dcf_ora_verify_features(v, &t, i, j);
	if (t.c)
		check_conflict(v, &t);
}

static void check_order(struct dcf_ora_verifier *v)
{
	const struct dcf_conflict *c = v->result->conflicts;

	for (size_t i = 0; i + 1 < v->result->conflict_count; i++) {
		int order = (c[i].start_us > c[i + 1].start_us) - (c[i].start_us < c[i + 1].start_us);

		order = order ? order : compare_operations(v->plan, c[i].a, c[i + 1].a);
		order = order ? order : compare_operations(v->plan, c[i].b, c[i + 1].b);
		EXPECT(v, &c[i], "conflicts are not sorted", order < 0);
	}
	for (size_t i = 0; i < v->result->conflict_count; i++)
		EXPECT(v, &c[i], "a does not sort before b", compare_operations(v->plan, c[i].a, c[i].b) < 0);
}

size_t dcf_ora_verify(const struct dcf_plan *plan, const struct dcf_check_options *options, const struct dcf_result *result,
		      FILE *out)
{
	struct dcf_ora_verifier v = { .plan = plan, .options = options, .result = result, .out = out };

	v.must = dcf_ora_offsets_of(&plan->atmosphere, DCF_ORA_MUST);
	v.may = dcf_ora_offsets_of(&plan->atmosphere, DCF_ORA_MAY);
	v.body = calloc(plan->feature_count + 1, sizeof *v.body);
	if (!v.body)
		abort();
	for (size_t i = 0; i < plan->feature_count; i++)
		dcf_ora_body_init(&v.body[i], &plan->features[i]);
	if (result->refused_features)
		dcf_ora_wrong(&v, "%zu features were refused", result->refused_features);
	check_order(&v);
	for (uint32_t a = 0; a < plan->operation_count; a++)
		for (uint32_t b = a + 1; b < plan->operation_count; b++)
			check_operations(&v, a, b);
	for (size_t i = 0; i < plan->feature_count; i++)
		dcf_ora_body_free(&v.body[i]);
	free(v.body);
	return v.wrong;
}

#define SAME(field)                                                                                                            \
	do {                                                                                                                   \
		if (x->conflicts[i].field != y->conflicts[i].field) {                                                          \
			fprintf(out, "# conflict %zu: %s differs\n", i, #field);                                               \
			return false;                                                                                          \
		}                                                                                                              \
	} while (0)

static bool same_conflict(const struct dcf_result *x, const struct dcf_result *y, size_t i, FILE *out)
{
	SAME(a);
	SAME(b);
	SAME(a_feature);
	SAME(b_feature);
	SAME(class);
	SAME(internal);
	SAME(touch);
	SAME(has_overlap);
	SAME(start_us);
	SAME(end_us);
	SAME(dwell_us);
	SAME(lateral_gap_dm);
	SAME(vertical_gap_dft[0]);
	SAME(vertical_gap_dft[1]);
	SAME(closest_time_us);
	SAME(closest.lat_e7);
	SAME(closest.lon_e7);
	SAME(minimum_lateral_m);
	SAME(minimum_vertical_e4);
	SAME(first_interval);
	SAME(interval_count);
	if (x->conflicts[i].has_overlap) {
		SAME(overlap_start_us);
		SAME(overlap_end_us);
	}
	return dcf_span_eq(x->conflicts[i].article, y->conflicts[i].article);
}

bool dcf_ora_same(const struct dcf_result *x, const struct dcf_result *y, FILE *out)
{
	if (x->conflict_count != y->conflict_count || x->interval_count != y->interval_count) {
		fprintf(out, "# %zu conflicts, %zu intervals against %zu, %zu\n", x->conflict_count, x->interval_count,
			y->conflict_count, y->interval_count);
		return false;
	}
	for (size_t i = 0; i < x->conflict_count; i++)
		if (!same_conflict(x, y, i, out))
			return false;
	for (size_t i = 0; i < x->interval_count; i++) {
		const struct dcf_interval *p = &x->intervals[i], *q = &y->intervals[i];

		if (p->start_us != q->start_us || p->end_us != q->end_us || p->class != q->class ||
		    p->a_feature != q->a_feature || p->b_feature != q->b_feature) {
			fprintf(out, "# interval %zu differs\n", i);
			return false;
		}
	}
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* rules.c - FORMAT.md "The agreement's rules", decided by halving and by PROJ. */
#include "oracle/rules.h"
#include "oracle/geo_int.h"
#include "oracle/verify_int.h"
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#define PROLONGED_M 3000e3
#define SLACK_US    100000 /* what ends may be off beyond the tolerance of the distance */

/* --- lines ---------------------------------------------------------------------------------------- */

static struct dcf_latlon beyond(struct dcf_latlon from, struct dcf_latlon to)
{
	struct dcf_ora_point p = dcf_ora_of(from), q = dcf_ora_of(to);
	double azimuth;

	geod_inverse(dcf_ora_wgs84(), p.lat, p.lon, q.lat, q.lon, NULL, NULL, &azimuth);
	return dcf_ora_round(dcf_ora_go(q, azimuth, PROLONGED_M));
}

void dcf_ora_line_init(struct dcf_ora_line *line, const struct dcf_line_rule *rule)
{
	uint32_t n = rule->point_count;
	struct dcf_latlon *at = calloc(n + 2, sizeof *at);
	struct dcf_feature f = { .shape = DCF_CORRIDOR, .points = at, .point_count = n + 2 };

	if (!at)
		abort();
	at[0] = beyond(rule->points[1], rule->points[0]);
	memcpy(at + 1, rule->points, n * sizeof *at);
	at[n + 1] = beyond(rule->points[n - 2], rule->points[n - 1]);
	*line = (struct dcf_ora_line){ rule, dcf_ora_shape_of(&f) };
	free(at);
	for (size_t i = 0; i < line->shape.chain[0].count; i++)
		dcf_ora_ready(&line->shape.chain[0].piece[i]);
}

void dcf_ora_line_free(struct dcf_ora_line *line)
{
	dcf_ora_shape_free(&line->shape);
}

static double reverse_azimuth(const struct dcf_ora_piece *e)
{
	double azimuth;

	geod_inverse(dcf_ora_wgs84(), e->a.lat, e->a.lon, e->b.lat, e->b.lon, NULL, NULL, &azimuth);
	return azimuth;
}

double dcf_ora_line_signed(const struct dcf_ora_line *line, const struct dcf_ora_point *p)
{
	struct dcf_ora_chain *c = &line->shape.chain[0];
	double best = dcf_ora_signed(&line->shape, p);
	struct dcf_ora_piece *last = NULL;
	int sides = 0; /* bit 0: right of a nearest piece, bit 1: left of one */

	for (size_t i = 0; i < c->count; i++) {
		struct dcf_ora_piece *e = &c->piece[i];
		double near = fmin(dcf_ora_chord(p->x, e->a.x), dcf_ora_chord(p->x, e->b.x));

		if (near - e->len > best + 1 || dcf_ora_piece_distance(e, p) > best + 1e-3)
			continue;
		sides |= dcf_ora_piece_offset(e, p) > 0 ? 1 : 2;
		if (sides == 3) /* a corner sharper than a right angle: p lies outside of the bend */
			sides = remainder(e->azi - reverse_azimuth(last), 360) > 0 ? 2 : 1;
		last = e;
	}
	return sides == 1 ? -best : best;
}

/* How far the disc of radius r around p comes over: surely at least `low`, at most `high`. */
struct reach {
	double low, high;
};

struct question {
	const struct dcf_ora_line *line;
	double r, limit, tol;
	bool left;
	int *budget; /* distances still to be looked at before what is not known yet is called a doubt */
};

enum { BUDGET = 8000 }; /* only who flies along the limit for long comes to its end */

static double over(const struct question *q, const struct dcf_ora_point *p)
{
	double d = dcf_ora_line_signed(q->line, p);

	--*q->budget;
	return q->left ? d : -d;
}

static double over_at(const struct question *q, struct dcf_ora_point p, double azimuth)
{
	struct dcf_ora_point at = dcf_ora_go(p, azimuth, q->r);

	return over(q, &at);
}

/* Around p at the radius, then finer around the best: bends make the line's distance no plane. */
static double farthest_around(const struct question *q, struct dcf_ora_point p)
{
	double best = -INFINITY, azimuth = 0, step = 20;

	for (int k = 0; k < 18; k++) {
		double d = over_at(q, p, 20 * k);

		if (d > best) {
			best = d;
			azimuth = 20 * k;
		}
	}
	while (step > 0.05) {
		double a = over_at(q, p, azimuth - step / 2), b = over_at(q, p, azimuth + step / 2);

		if (fmax(a, b) > best) {
			best = fmax(a, b);
			azimuth += a > b ? -step / 2 : step / 2;
		}
		step /= 2;
	}
	return best;
}

static struct reach reach_of(const struct question *q, struct dcf_ora_point p)
{
	double d = over(q, &p);
	struct reach r = { d, d + q->r };

	if (q->r > 0 && r.high >= q->limit - q->tol)
		r.low = fmax(d, farthest_around(q, p));
	else if (q->r > 0)
		r.low = r.high;
	return r;
}

enum state { NOT_OVER, DOUBT, OVER };

/* What holds everywhere between two points `length` apart, if anything does; -1: halve. */
static int between(const struct question *q, struct reach a, struct reach b, double length)
{
	double sure = 2 * (q->limit + q->tol), may = 2 * (q->limit - q->tol);

	if (a.high + b.high + length < may)
		return NOT_OVER;
	if (a.low + b.low - length > sure)
		return OVER;
	if (a.high + b.high - length > may && a.low + b.low + length < sure)
		return DOUBT;
	return length < 0.3 || *q->budget < 0 ? DOUBT : -1;
}

static enum state part_over(const struct question *q, const struct dcf_ora_piece *e, double s0, double s1, struct reach a,
			    struct reach b)
{
	int whole = between(q, a, b, s1 - s0);
	struct reach m;
	enum state left, right;

	if (a.low > q->limit + q->tol || b.low > q->limit + q->tol)
		return OVER;
	if (whole >= 0)
		return (enum state)whole;
	m = reach_of(q, dcf_ora_go(e->a, e->azi, (s0 + s1) / 2));
	left = part_over(q, e, s0, (s0 + s1) / 2, a, m);
	right = left == OVER ? OVER : part_over(q, e, (s0 + s1) / 2, s1, m, b);
	return left > right ? left : right;
}

static enum state volume_over(const struct question *q, const struct dcf_ora_shape *s)
{
	enum state best = NOT_OVER;

	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < s->chain[i].count && best != OVER; k++) {
			struct dcf_ora_piece *e = &s->chain[i].piece[k];
			enum state one;

			dcf_ora_ready(e);
			one = part_over(q, e, 0, e->len, reach_of(q, e->a), reach_of(q, e->b));
			best = one > best ? one : best;
		}
	return best;
}

static double farthest_part(const struct question *q, const struct dcf_ora_piece *e, double s0, double s1, double a, double b,
			    double best)
{
	double m;

	best = fmax(best, fmax(a, b));
	if ((a + b + s1 - s0) / 2 < best + 0.05)
		return best;
	{
		struct dcf_ora_point p = dcf_ora_go(e->a, e->azi, (s0 + s1) / 2);

		m = over(q, &p);
	}
	best = farthest_part(q, e, s0, (s0 + s1) / 2, a, m, best);
	return farthest_part(q, e, (s0 + s1) / 2, s1, m, b, best);
}

double dcf_ora_line_farthest(const struct dcf_ora_line *line, const struct dcf_feature *f, bool left)
{
	int uncounted = 0;
	struct question q = { .line = line, .left = left, .budget = &uncounted };
	struct dcf_ora_shape s = dcf_ora_shape_of(f);
	double best = -INFINITY;

	for (size_t i = 0; i < s.count; i++)
		for (size_t k = 0; k < s.chain[i].count; k++) {
			struct dcf_ora_piece *e = &s.chain[i].piece[k];

			dcf_ora_ready(e);
			best = farthest_part(&q, e, 0, e->len, over(&q, &e->a), over(&q, &e->b), best);
		}
	dcf_ora_shape_free(&s);
	return best;
}

/* --- flights over a line -------------------------------------------------------------------------- */

/* [from, to] in microseconds since 1970. */
struct cell {
	long double from, to;
	enum state state;
};

struct cells {
	struct cell *at;
	size_t count, cap;
};

static void add_cell(struct cells *c, long double from, long double to, enum state state)
{
	if (c->count && c->at[c->count - 1].state == state) {
		c->at[c->count - 1].to = to;
		return;
	}
	if (c->count == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 32;
		c->at = realloc(c->at, c->cap * sizeof *c->at);
		if (!c->at)
			abort();
	}
	c->at[c->count++] = (struct cell){ from, to, state };
}

static void leg_over(const struct question *q, const struct dcf_ora_body *body, uint32_t leg, struct cell part, struct reach a,
		     struct reach b, struct cells *out)
{
	int whole = between(q, a, b, body->speed[leg] * (double)(part.to - part.from));
	long double mid = (part.from + part.to) / 2;
	struct reach m;

	if (whole >= 0 || part.to - part.from < 1) {
		add_cell(out, part.from, part.to, whole >= 0 ? (enum state)whole : DOUBT);
		return;
	}
	m = reach_of(q, dcf_ora_place(body, leg, mid));
	leg_over(q, body, leg, (struct cell){ part.from, mid, DOUBT }, a, m, out);
	leg_over(q, body, leg, (struct cell){ mid, part.to, DOUBT }, m, b, out);
}

static void feature_over(const struct question *q, struct dcf_ora_body *body, struct cells *out)
{
	const struct dcf_feature *f = body->f;

	out->count = 0;
	if (f->shape != DCF_TRAJECTORY) {
		add_cell(out, (long double)f->start_us, (long double)f->end_us, volume_over(q, &body->shape));
		return;
	}
	for (uint32_t i = 0; i + 1 < f->point_count; i++) {
		struct cell part = { (long double)f->waypoints[i].time_us, (long double)f->waypoints[i + 1].time_us, DOUBT };

		leg_over(q, body, i, part, reach_of(q, dcf_ora_place(body, i, part.from)),
			 reach_of(q, dcf_ora_place(body, i, part.to)), out);
	}
}

/* --- what was said about one feature -------------------------------------------------------------- */

struct judge {
	const struct dcf_plan *plan;
	const struct dcf_feature *f;
	const struct dcf_result *result;
	struct dcf_ora_rules_seen *seen;
	struct dcf_ora_body body;
	struct cells cells;
	size_t sure_unknown, sure_sent, may_warn; /* warnings that must, or may, be there */
	FILE *out;
	size_t wrong;
};

__attribute__((format(printf, 2, 3))) static void wrong(struct judge *j, const char *format, ...)
{
	va_list args;

	j->wrong++;
	fputs("# ", j->out);
	va_start(args, format);
	vfprintf(j->out, format, args);
	va_end(args);
	fputc('\n', j->out);
}

static double seconds(const struct judge *j, long double t)
{
	return (double)((t - (long double)j->f->start_us) / 1e6L);
}

/* Is the state (or, `other`, any state but it) found in [from, to] for longer than the slack? */
static bool found(const struct cells *c, enum state state, bool other, long double from, long double to, long double slack)
{
	for (size_t i = 0; i < c->count; i++)
		if ((c->at[i].state == state) != other && fminl(to, c->at[i].to) - fmaxl(from, c->at[i].from) > slack)
			return true;
	return false;
}

/* When notice of the feature was given; false when nobody says. */
static bool given(const struct dcf_feature *f, int64_t *at)
{
	*at = f->received_us != DCF_TIME_NONE ? f->received_us : f->sent_us;
	return *at != DCF_TIME_NONE;
}

static bool of_line(const struct dcf_breach *b, const struct dcf_line_rule *rule)
{
	return b->rule == DCF_BREACH_CROSSING_NOTICE && dcf_span_eq(b->line, rule->id);
}

static void reported_crossing(struct judge *j, const struct dcf_line_rule *rule, const struct dcf_breach *b)
{
	long double from = (long double)b->start_us, to = (long double)b->end_us;
	int64_t at;

	if (!given(j->f, &at) || !b->has_minutes || b->have_us != b->start_us - at || b->need_us != rule->crossing_notice_us ||
	    b->have_us >= b->need_us || !dcf_span_eq(b->article, rule->article))
		wrong(j, "line %.*s: notice of %lld us for %lld us", (int)rule->id.len, rule->id.p, (long long)b->have_us,
		      (long long)b->need_us);
	if (b->start_us < j->f->start_us || b->end_us > j->f->end_us || b->start_us >= b->end_us)
		wrong(j, "line: a stretch outside of the feature's window");
	if (j->f->shape != DCF_TRAJECTORY && (b->start_us != j->f->start_us || b->end_us != j->f->end_us))
		wrong(j, "line: a volume crosses in a part of its window");
	if (found(&j->cells, NOT_OVER, false, from, to, SLACK_US))
		wrong(j, "line %.*s: extra: not over in %.6f..%.6f s", (int)rule->id.len, rule->id.p, seconds(j, from),
		      seconds(j, to));
	if (b->start_us > j->f->start_us && !found(&j->cells, OVER, true, from - SLACK_US, from + SLACK_US, 0))
		wrong(j, "line: over long before %.6f s", seconds(j, from));
	if (b->end_us < j->f->end_us && !found(&j->cells, OVER, true, to - SLACK_US, to + SLACK_US, 0))
		wrong(j, "line: over long after %.6f s", seconds(j, to));
}

/* The stretch in which the feature is surely over is reported whole, or notice was given in time. */
static void sure_crossing(struct judge *j, const struct dcf_line_rule *rule, const struct cell *c, long double earliest)
{
	bool any = false, whole = false;
	int64_t at;

	if (c->to - c->from <= 2 * SLACK_US && j->f->shape == DCF_TRAJECTORY)
		return;
	for (size_t i = 0; i < j->result->breach_count; i++) {
		const struct dcf_breach *b = &j->result->breaches[i];

		if (!of_line(b, rule))
			continue;
		any |= fminl(c->to, (long double)b->end_us) - fmaxl(c->from, (long double)b->start_us) > SLACK_US;
		whole |= (long double)b->start_us <= c->from + SLACK_US && (long double)b->end_us >= c->to - SLACK_US;
	}
	j->seen->crossings++;
	if (!given(j->f, &at)) {
		j->sure_unknown++;
		return;
	}
	if (any != whole || (!whole && c->from - (long double)at + SLACK_US < (long double)rule->crossing_notice_us))
		wrong(j, "line %.*s: missed: over in %.6f..%.6f s, %s", (int)rule->id.len, rule->id.p, seconds(j, c->from),
		      seconds(j, c->to), any ? "reported in part" : "not reported");
	if (!any)
		j->seen->kept++;
	if (j->f->received_us == DCF_TIME_NONE && earliest - (long double)at - SLACK_US > (long double)rule->crossing_notice_us)
		j->sure_sent++;
}

static void judge_line(struct judge *j, const struct dcf_line_rule *rule)
{
	struct question q = { .r = j->f->shape == DCF_POLYGON ? 0 : j->f->radius_m, .limit = rule->buffer_m };
	bool bound = rule->crossing_notice_us >= 0 && rule->left != rule->right &&
		     (j->f->party == rule->left || j->f->party == rule->right);
	struct dcf_ora_line line;
	size_t reported = 0, sure = 0;
	int budget = BUDGET;

	q.budget = &budget;
	j->cells.count = 0;
	if (bound) {
		dcf_ora_line_init(&line, rule);
		q.line = &line;
		q.left = j->f->party == rule->right;
		q.tol = fmax(1, 1e-5 * (q.limit + q.r)) + 0.01;
		feature_over(&q, &j->body, &j->cells);
		dcf_ora_line_free(&line);
		j->seen->budgets += budget < 0;
	}
	for (size_t i = 0; i < j->result->breach_count; i++)
		if (of_line(&j->result->breaches[i], rule)) {
			reported++;
			if (bound)
				reported_crossing(j, rule, &j->result->breaches[i]);
			else
				wrong(j, "line: a breach by somebody it does not bind");
		}
	for (size_t i = 0; i < j->cells.count; i++) {
		const struct cell *c = &j->cells.at[i];

		/* in doubt it may come and go: a flight cannot do so more than once a second for long */
		j->may_warn += c->state == NOT_OVER ? 0 : c->state == OVER ? 1 : 1 + (size_t)((c->to - c->from) / 1e6L);
		j->seen->doubts += c->state == DOUBT && j->f->shape != DCF_TRAJECTORY;
		if (c->state == OVER) {
			sure_crossing(j, rule, c, i && c[-1].state == DOUBT ? c[-1].from : c->from);
			sure++;
			*(j->f->shape == DCF_TRAJECTORY ? &j->seen->flights : &j->seen->volumes) += 1;
		}
	}
	j->seen->several += sure > 1 && reported > 1;
}

static size_t warnings(const struct dcf_result *r, const char *begins)
{
	size_t n = 0, len = strlen(begins);

	for (size_t i = 0; i < r->remark_count; i++)
		n += !r->remarks[i].refused && r->remarks[i].text.len >= len && memcmp(r->remarks[i].text.p, begins, len) == 0;
	return n;
}

static void judge_warnings(struct judge *j)
{
	size_t unknown = warnings(j->result, "crossing_notice_min cannot be evaluated");
	size_t sent = warnings(j->result, "crossing_notice_min cannot be shown"), both = 0;
	int64_t at;
	bool any = given(j->f, &at), received = j->f->received_us != DCF_TIME_NONE;

	if (any && unknown)
		wrong(j, "line: a warning that no time of notice is known");
	if (!any && (unknown < j->sure_unknown || unknown > j->may_warn))
		wrong(j, "line: %zu warnings without a time of notice, expected %zu to %zu", unknown, j->sure_unknown,
		      j->may_warn);
	if ((!any || received) && sent)
		wrong(j, "line: a warning about a time of sending");
	if (any && !received && (sent < j->sure_sent || sent > j->may_warn))
		wrong(j, "line: %zu warnings about a time of sending, expected %zu to %zu", sent, j->sure_sent, j->may_warn);
	for (size_t i = 0; i < j->plan->agreement.line_count; i++) {
		const struct dcf_line_rule *l = &j->plan->agreement.lines[i];

		both += l->left == l->right && l->crossing_notice_us >= 0;
	}
	if (warnings(j->result, "a line with the same party on both sides") != both)
		wrong(j, "line: %zu have one party on both sides, and it is not said", both);
	j->seen->unknown += unknown > 0;
	j->seen->sent += sent > 0;
}

/* --- areas ---------------------------------------------------------------------------------------- */

/* Two features, of which the second stands for the area: the judge of conflicts with both minima 0. */
static void judge_stretches(struct judge *j, const struct dcf_area_rule *rule, const struct dcf_interval *stretch, size_t n)
{
	struct dcf_feature both[2] = { *j->f, *rule->volume };
	struct dcf_plan plan = { .features = both, .feature_count = 2 };
	struct dcf_result result = { .intervals = (struct dcf_interval *)(uintptr_t)stretch, .interval_count = n };
	struct dcf_conflict c = { .class = DCF_CLASS_OVERLAP, .interval_count = n };
	struct dcf_ora_verifier v = { .plan = &plan, .result = &result, .out = j->out };
	struct dcf_ora_body body[2];
	struct dcf_ora_tally t = { .c = n ? &c : NULL, .gap = 1e30, .low_must = 1e30L, .low_may = 1e30L };

	if (both[1].start_us == DCF_TIME_NONE)
		both[1].start_us = both[0].start_us;
	if (both[1].end_us == DCF_TIME_NONE)
		both[1].end_us = both[0].end_us;
	v.must = dcf_ora_offsets_of(&j->plan->atmosphere, DCF_ORA_MUST);
	v.may = dcf_ora_offsets_of(&j->plan->atmosphere, DCF_ORA_MAY);
	v.body = body;
	for (int k = 0; k < 2; k++)
		dcf_ora_body_init(&body[k], &both[k]);
	dcf_ora_verify_features(&v, &t, 0, 1);
	for (int k = 0; k < 2; k++)
		dcf_ora_body_free(&body[k]);
	j->wrong += v.wrong;
}

static void judge_area(struct judge *j, const struct dcf_area_rule *rule)
{
	static const uint8_t rule_of[] = { [DCF_AREA_CONTACT] = DCF_BREACH_CONTACT,
					   [DCF_AREA_NO_ENTRY] = DCF_BREACH_NO_ENTRY,
					   [DCF_AREA_ASK_FIRST] = DCF_BREACH_ASK_FIRST };
	struct dcf_interval *stretch = calloc(j->result->breach_count + 1, sizeof *stretch);
	bool bound = rule->party_count == 0;
	size_t n = 0;

	if (!stretch)
		abort();
	for (uint32_t i = 0; i < rule->party_count; i++)
		bound |= rule->parties[i] == j->f->party;
	for (size_t i = 0; i < j->result->breach_count; i++) {
		const struct dcf_breach *b = &j->result->breaches[i];

		if (!dcf_span_eq(b->area, rule->id))
			continue;
		if (b->rule != rule_of[rule->kind] || !dcf_span_eq(b->article, rule->article) || b->has_minutes || b->line.len)
			wrong(j, "area: the breach names another rule");
		stretch[n++] = (struct dcf_interval){ b->start_us, b->end_us, DCF_CLASS_OVERLAP, 0, 1 };
	}
	j->seen->entries += n;
	if (bound)
		judge_stretches(j, rule, stretch, n);
	else if (n)
		wrong(j, "area: an entry by somebody it does not bind");
	free(stretch);
}

size_t dcf_ora_rules_one(const struct dcf_plan *plan, const struct dcf_result *result, struct dcf_ora_rules_seen *seen,
			 FILE *out)
{
	struct judge j = { .plan = plan, .f = &plan->features[0], .result = result, .seen = seen, .out = out };

	dcf_ora_body_init(&j.body, j.f);
	for (size_t i = 0; i < plan->agreement.line_count; i++)
		judge_line(&j, &plan->agreement.lines[i]);
	judge_warnings(&j);
	for (size_t i = 0; i < plan->agreement.area_count; i++)
		judge_area(&j, &plan->agreement.areas[i]);
	dcf_ora_body_free(&j.body);
	free(j.cells.at);
	return j.wrong;
}

/* --- notice before the start ---------------------------------------------------------------------- */

static bool is_rest(struct dcf_span acm)
{
	return acm.len == 0 || (acm.len == 1 && acm.p[0] == '*');
}

static const struct dcf_notice_rule *rule_for(const struct dcf_agreement *g, struct dcf_span acm)
{
	const struct dcf_notice_rule *best = NULL;

	for (int rest = 0; rest < 2 && !best; rest++)
		for (size_t i = 0; i < g->notice_count; i++) {
			const struct dcf_notice_rule *n = &g->notice[i];
			bool fits = rest ? is_rest(n->acm) : !is_rest(n->acm) && dcf_span_eq(n->acm, acm);

			if (fits && (!best || n->need_us > best->need_us))
				best = n;
		}
	return best;
}

/* The first time among the operation's features, by `received` or by `sent`. */
static int64_t first_of(const struct dcf_plan *plan, uint32_t operation, bool received)
{
	int64_t first = DCF_TIME_NONE;

	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct dcf_feature *f = &plan->features[i];
		int64_t t = received ? f->received_us : f->sent_us;

		if (f->operation == operation && t != DCF_TIME_NONE && (first == DCF_TIME_NONE || t < first))
			first = t;
	}
	return first;
}

static bool reported_notice(const struct dcf_result *r, uint32_t operation, size_t *n, const struct dcf_breach **b)
{
	*n = 0;
	for (size_t i = 0; i < r->breach_count; i++)
		if (r->breaches[i].rule == DCF_BREACH_NOTICE && r->breaches[i].operation == operation) {
			*b = &r->breaches[i];
			++*n;
		}
	return *n > 0;
}

size_t dcf_ora_rules_notice(const struct dcf_plan *plan, const struct dcf_result *result, FILE *out)
{
	size_t bad = 0, unknown = 0, only_sent = 0;

	for (uint32_t o = 0; o < plan->operation_count; o++) {
		int64_t received = first_of(plan, o, true), sent = first_of(plan, o, false), worst = 0;
		const struct dcf_breach *b = NULL;
		bool right = false;
		size_t n;

		for (size_t i = 0; i < plan->feature_count; i++) {
			const struct dcf_feature *f = &plan->features[i];
			const struct dcf_notice_rule *rule = rule_for(&plan->agreement, f->acm);
			int64_t by = received != DCF_TIME_NONE ? received : sent;

			if (f->operation != o || !rule)
				continue;
			if (by == DCF_TIME_NONE)
				unknown++;
			else if (rule->need_us - (f->start_us - by) > worst)
				worst = rule->need_us - (f->start_us - by);
			else if (f->start_us - by >= rule->need_us)
				only_sent += received == DCF_TIME_NONE;
		}
		if (reported_notice(result, o, &n, &b) != (worst > 0) || n > 1) {
			fprintf(out, "# notice: operation %u falls short by %lld us, %zu breaches\n", o, (long long)worst, n);
			bad++;
			continue;
		}
		for (size_t i = 0; b && i < plan->feature_count; i++) {
			const struct dcf_feature *f = &plan->features[i];
			const struct dcf_notice_rule *rule = rule_for(&plan->agreement, f->acm);

			right |= f->operation == o && rule && b->need_us == rule->need_us && b->need_us - b->have_us == worst &&
				 b->have_us == f->start_us - (received != DCF_TIME_NONE ? received : sent) && b->has_minutes &&
				 dcf_span_eq(b->article, rule->article) && b->start_us == DCF_TIME_NONE;
		}
		if (b && !right) {
			fprintf(out, "# notice: operation %u: have %lld, need %lld, the worst falls short by %lld us\n", o,
				(long long)b->have_us, (long long)b->need_us, (long long)worst);
			bad++;
		}
	}
	if (warnings(result, "notice_min cannot be evaluated") != unknown ||
	    warnings(result, "notice_min cannot be shown") != only_sent) {
		fprintf(out, "# notice: expected %zu warnings without a time and %zu of a time of sending\n", unknown,
			only_sent);
		bad++;
	}
	return bad;
}

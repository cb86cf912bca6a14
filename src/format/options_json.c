/* SPDX-License-Identifier: Apache-2.0 */
#include "format/options_json.h"
#include "core/num.h"
#include "core/sort.h"
#include "core/time.h"
#include "format/geojson_parts.h"
#include "format/put_number.h"

struct writer {
	struct dcf_json j;
	const struct dcf_options_answer *answer;
	const struct dcf_plan *plan;
};

static struct dcf_span party_of(const struct writer *w, uint32_t operation)
{
	return w->plan->parties[w->plan->operations[operation].party].id;
}

static struct dcf_span id_of(const struct writer *w, uint32_t operation)
{
	return w->plan->operations[operation].id;
}

/* To the nearest 10^-decimals. */
static void number(struct writer *w, const char *name, double v, int decimals)
{
	static const double scale[] = { 1, 10, 100, 1000, 1e4, 1e5, 1e6 };

	dcf_json_key(&w->j, name);
	dcf_json_fixed(&w->j, (int64_t)dcf_floor(v * scale[decimals] + 0.5), decimals);
}

static void word(struct writer *w, const char *name, const char *value)
{
	dcf_json_key(&w->j, name);
	dcf_json_z(&w->j, value);
}

static void time_member(struct writer *w, const char *name, int64_t time_us)
{
	dcf_json_key(&w->j, name);
	dcf_json_time(&w->j, time_us);
}

static void seconds(struct writer *w, const char *name, int64_t us)
{
	dcf_json_key(&w->j, name);
	dcf_json_fixed(&w->j, us, 6);
}

/* --- changes -------------------------------------------------------------------------------------- */

static void level(struct writer *w, const char *name, struct dcf_altitude a)
{
	dcf_json_key(&w->j, name);
	dcf_json_altitude(&w->j, a, DCF_LEAN_NEAREST);
}

static void put_shift(struct writer *w, const struct dcf_change *c)
{
	seconds(w, "shift_s", c->shift_us);
}

static void put_lift(struct writer *w, const struct dcf_change *c)
{
	dcf_json_key(&w->j, "lift_ft");
	dcf_json_raw(&w->j, DCF_SPAN(""));
	dcf_put_ratio(w->j.out, c->lift_e4, DCF_FT_E4, DCF_LEAN_NEAREST);
	level(w, "from", c->from);
	level(w, "to", c->to);
}

static void put_speed(struct writer *w, const struct dcf_change *c)
{
	number(w, "factor", c->factor, 6);
	seconds(w, "shift_s", c->shift_us);
}

static void put_offset(struct writer *w, const struct dcf_change *c)
{
	number(w, "offset_m", c->distance_m < 0 ? -c->distance_m : c->distance_m, 1);
	word(w, "side", c->distance_m < 0 ? "left" : "right");
}

static void put_dogleg(struct writer *w, const struct dcf_change *c)
{
	const struct dcf_latlon via[] = { c->at, c->at2 };

	dcf_json_key(&w->j, "via");
	dcf_json_raw(&w->j, DCF_SPAN(""));
	dcf_put_positions(w->j.out, via, 2, false);
	number(w, "aside_m", c->distance_m < 0 ? -c->distance_m : c->distance_m, 1);
	word(w, "side", c->distance_m < 0 ? "left" : "right");
	number(w, "extra_m", c->extra_m, 1);
}

static void put_move(struct writer *w, const struct dcf_change *c)
{
	number(w, "distance_m", c->distance_m, 1);
	number(w, "bearing_deg", c->bearing_deg, 1);
}

static void put_shrink(struct writer *w, const struct dcf_change *c)
{
	number(w, "shrink_m", c->distance_m, 1);
}

static void put_floor(struct writer *w, const struct dcf_change *c)
{
	level(w, "lower", c->to);
}

static void put_ceiling(struct writer *w, const struct dcf_change *c)
{
	level(w, "upper", c->to);
}

static void put_begin(struct writer *w, const struct dcf_change *c)
{
	time_member(w, "start", c->from_us);
}

static void put_end(struct writer *w, const struct dcf_change *c)
{
	time_member(w, "end", c->to_us);
}

static void put_split(struct writer *w, const struct dcf_change *c)
{
	time_member(w, "from", c->from_us);
	time_member(w, "to", c->to_us);
}

static void put_hold(struct writer *w, const struct dcf_change *c)
{
	struct dcf_latlon at = c->at;

	dcf_json_key(&w->j, "at");
	dcf_json_begin_inline(&w->j, '[');
	dcf_json_fixed(&w->j, at.lon_e7, 7);
	dcf_json_fixed(&w->j, at.lat_e7, 7);
	dcf_json_end(&w->j, ']');
	time_member(w, "from", c->from_us);
	seconds(w, "hold_s", c->shift_us);
}

static void (*const put_change[DCF_CHANGES])(struct writer *w, const struct dcf_change *c) = {
	[DCF_CHANGE_SHIFT] = put_shift,   [DCF_CHANGE_LIFT] = put_lift,     [DCF_CHANGE_SPEED] = put_speed,
	[DCF_CHANGE_OFFSET] = put_offset, [DCF_CHANGE_DOGLEG] = put_dogleg, [DCF_CHANGE_MOVE] = put_move,
	[DCF_CHANGE_SHRINK] = put_shrink, [DCF_CHANGE_FLOOR] = put_floor,   [DCF_CHANGE_CEILING] = put_ceiling,
	[DCF_CHANGE_BEGIN] = put_begin,   [DCF_CHANGE_END] = put_end,       [DCF_CHANGE_SPLIT] = put_split,
	[DCF_CHANGE_HOLD] = put_hold,
};

static void one_change(struct writer *w, const struct dcf_change *c, bool with_kind)
{
	dcf_json_begin_inline(&w->j, '{');
	if (with_kind)
		word(w, "kind", dcf_option_kind_name(dcf_change_kind(c)));
	if (put_change[c->how])
		put_change[c->how](w, c);
	dcf_json_end(&w->j, '}');
}

static void change(struct writer *w, const struct dcf_moved *m)
{
	dcf_json_key(&w->j, "change");
	if (m->change_count == 1) {
		one_change(w, &m->change[0], false);
		return;
	}
	dcf_json_begin_inline(&w->j, '{');
	dcf_json_key(&w->j, "changes");
	dcf_json_begin_inline(&w->j, '[');
	for (uint32_t i = 0; i < m->change_count; i++)
		one_change(w, &m->change[i], true);
	dcf_json_end(&w->j, ']');
	dcf_json_end(&w->j, '}');
}

/* --- an option ------------------------------------------------------------------------------------ */

static void mover(struct writer *w, uint32_t operation)
{
	dcf_json_key(&w->j, "party");
	dcf_json_string(&w->j, party_of(w, operation));
	dcf_json_key(&w->j, "move");
	dcf_json_string(&w->j, id_of(w, operation));
}

static void pairs(struct writer *w, const char *name, const struct dcf_pair_of_operations *p, uint32_t count)
{
	dcf_json_key(&w->j, name);
	dcf_json_begin_inline(&w->j, '[');
	for (uint32_t i = 0; i < count; i++) {
		dcf_json_begin_inline(&w->j, '[');
		dcf_json_string(&w->j, id_of(w, p[i].a));
		dcf_json_string(&w->j, id_of(w, p[i].b));
		dcf_json_end(&w->j, ']');
	}
	dcf_json_end(&w->j, ']');
}

static void features(struct writer *w, const struct dcf_moved *m)
{
	dcf_json_key(&w->j, "features");
	dcf_json_begin(&w->j, '[');
	for (uint32_t i = 0; i < m->feature_count; i++)
		dcf_json_feature(&w->j, w->plan, &m->features[i]);
	dcf_json_end(&w->j, ']');
}

static void also(struct writer *w, const struct dcf_option *o)
{
	dcf_json_key(&w->j, "also");
	if (o->moved_count < 2)
		dcf_json_begin_inline(&w->j, '[');
	else
		dcf_json_begin(&w->j, '[');
	for (uint32_t i = 1; i < o->moved_count; i++) {
		dcf_json_begin(&w->j, '{');
		mover(w, o->moved[i].operation);
		change(w, &o->moved[i]);
		features(w, &o->moved[i]);
		dcf_json_end(&w->j, '}');
	}
	dcf_json_end(&w->j, ']');
}

static void cost(struct writer *w, const struct dcf_cost *c)
{
	dcf_json_key(&w->j, "cost");
	dcf_json_begin_inline(&w->j, '{');
	number(w, "total", c->total, 3);
	number(w, "delay_s", c->delay_s, 3);
	number(w, "altitude_ft", c->altitude_ft, 1);
	number(w, "extra_m", c->extra_m, 1);
	dcf_json_end(&w->j, '}');
}

static void margin_member(struct writer *w, const char *name, double v, int decimals)
{
	if (v >= 0) {
		number(w, name, v, decimals);
		return;
	}
	dcf_json_key(&w->j, name);
	dcf_json_null(&w->j);
}

static void margin(struct writer *w, const struct dcf_margin *m)
{
	dcf_json_key(&w->j, "margin");
	dcf_json_begin_inline(&w->j, '{');
	margin_member(w, "lateral_m", m->lateral_m, 1);
	margin_member(w, "vertical_ft", m->vertical_ft, 1);
	margin_member(w, "time_s", m->time_s, 3);
	dcf_json_end(&w->j, '}');
}

static void flag(struct writer *w, const char *name, bool value)
{
	dcf_json_key(&w->j, name);
	dcf_json_bool(&w->j, value);
}

/* Of an exercise, and nothing of the real world. */
static void mark(struct writer *w)
{
	if (w->plan->exercise)
		flag(w, "exercise", true);
}

static void option(struct writer *w, const struct dcf_option *o)
{
	dcf_json_begin(&w->j, '{');
	mover(w, o->moved[0].operation);
	pairs(w, "resolves", o->resolves, o->resolve_count);
	word(w, "kind", dcf_option_kind_name(o->kind));
	change(w, &o->moved[0]);
	also(w, o);
	cost(w, &o->cost);
	margin(w, &o->margin);
	flag(w, "verified", true);
	if (o->is_protected)
		flag(w, "protected", true);
	mark(w);
	if (o->internal_count)
		pairs(w, "internal", o->internal, o->internal_count);
	features(w, &o->moved[0]);
	if (o->moved[0].feature_count) {
		dcf_json_key(&w->j, "feature");
		dcf_json_feature(&w->j, w->plan, &o->moved[0].features[0]);
	}
	dcf_json_end(&w->j, '}');
}

static int by_cost(const void *ctx, const void *x, const void *y)
{
	const struct dcf_option *const *a = x, *const *b = y;

	(void)ctx;
	if ((*a)->is_protected != (*b)->is_protected)
		return (*a)->is_protected ? 1 : -1;
	return (*a)->order_cost < (*b)->order_cost ? -1 : (*a)->order_cost > (*b)->order_cost;
}

/* An option may end several conflicts and stands here once: in the order of cost, those of each conflict are best first.
 * A whole plan stands in the order of its operations. */
static void options(struct writer *w)
{
	const struct dcf_alloc *a = w->j.out->from;
	size_t n = w->answer->option_count;
	const struct dcf_option **sorted = dcf_alloc_new(a, n * sizeof *sorted);

	dcf_json_key(&w->j, "options");
	dcf_json_begin(&w->j, '[');
	for (size_t i = 0; i < n && sorted; i++)
		sorted[i] = &w->answer->options[i];
	if (!sorted || (!w->answer->whole && dcf_sort(a, sorted, n, sizeof *sorted, by_cost, NULL) != DCF_OK))
		w->j.out->failed = true;
	for (size_t i = 0; i < n && !w->j.out->failed; i++)
		option(w, sorted[i]);
	dcf_json_end(&w->j, ']');
	dcf_alloc_free(a, sorted, n * sizeof *sorted);
}

/* --- the rest ------------------------------------------------------------------------------------- */

static void side(struct writer *w, const char *name, uint32_t operation)
{
	dcf_json_key(&w->j, name);
	dcf_json_begin_inline(&w->j, '{');
	dcf_json_key(&w->j, "party");
	dcf_json_string(&w->j, party_of(w, operation));
	dcf_json_key(&w->j, "operation");
	dcf_json_string(&w->j, id_of(w, operation));
	dcf_json_end(&w->j, '}');
}

static void unresolved(struct writer *w)
{
	dcf_json_key(&w->j, "unresolved");
	dcf_json_begin(&w->j, '[');
	for (size_t i = 0; i < w->answer->unresolved_count; i++) {
		const struct dcf_unresolved *u = &w->answer->unresolved[i];

		dcf_json_begin_inline(&w->j, '{');
		side(w, "a", u->a);
		side(w, "b", u->b);
		dcf_json_key(&w->j, "why");
		dcf_json_string(&w->j, u->why);
		mark(w);
		dcf_json_end(&w->j, '}');
	}
	dcf_json_end(&w->j, ']');
}

static bool takes_part(const struct dcf_plan *plan, uint32_t party)
{
	for (size_t i = 0; i < plan->operation_count; i++)
		if (plan->operations[i].party == party && plan->operations[i].feature_count)
			return true;
	return false;
}

static void burdens(struct writer *w, const struct dcf_whole_result *whole)
{
	dcf_json_key(&w->j, "parties");
	dcf_json_begin(&w->j, '[');
	for (uint32_t p = dcf_next_party(w->plan, DCF_NONE); p != DCF_NONE; p = dcf_next_party(w->plan, p)) {
		if (!takes_part(w->plan, p))
			continue;
		dcf_json_begin_inline(&w->j, '{');
		dcf_json_key(&w->j, "party");
		dcf_json_string(&w->j, w->plan->parties[p].id);
		number(w, "cost", whole->burden[p].cost, 3);
		number(w, "share", whole->burden[p].share, 4);
		dcf_json_key(&w->j, "moved");
		dcf_json_i64(&w->j, (int64_t)whole->burden[p].moved);
		dcf_json_end(&w->j, '}');
	}
	dcf_json_end(&w->j, ']');
}

static void count(struct writer *w, const char *name, uint64_t n)
{
	dcf_json_key(&w->j, name);
	dcf_json_i64(&w->j, (int64_t)n);
}

/* A bound may only be understated. */
static void bound(struct writer *w, const char *name, double v)
{
	dcf_json_key(&w->j, name);
	dcf_json_fixed(&w->j, (int64_t)dcf_floor(v * 1000 + 1e-6), 3);
}

static void whole_plan(struct writer *w, const struct dcf_whole_result *whole)
{
	dcf_json_key(&w->j, "plan");
	dcf_json_begin(&w->j, '{');
	cost(w, &whole->total);
	bound(w, "lower_bound", whole->lower_bound);
	burdens(w, whole);
	count(w, "conflicts_before", whole->conflicts_before);
	count(w, "conflicts_after", whole->conflicts_after);
	count(w, "seed", w->answer->seed);
	count(w, "steps", whole->steps);
	flag(w, "stopped", whole->stopped);
	if (!whole->share_kept)
		flag(w, "share_kept", false);
	if (whole->moved_count && !whole->margin)
		flag(w, "margins", false);
	dcf_json_end(&w->j, '}');
}

static void notice(struct writer *w)
{
	struct dcf_buf text = { .from = w->j.out->from };

	dcf_put_options_notice(w->answer, &text);
	dcf_json_key(&w->j, "notice");
	dcf_json_string(&w->j, dcf_buf_as_span(&text));
	w->j.out->failed |= text.failed;
	dcf_buf_free(&text);
}

void dcf_options_json(const struct dcf_options_answer *answer, const char *version, struct dcf_buf *out)
{
	struct writer w = { .j = { .out = out, .indent = 1 }, .answer = answer, .plan = answer->plan };

	dcf_json_begin(&w.j, '{');
	dcf_json_key(&w.j, "deconflict");
	dcf_json_i64(&w.j, 1);
	word(&w, "version", version);
	mark(&w);
	options(&w);
	unresolved(&w);
	if (answer->stopped)
		flag(&w, "stopped", true);
	if (answer->whole)
		whole_plan(&w, answer->whole);
	notice(&w);
	dcf_json_end(&w.j, '}');
	dcf_buf_char(out, '\n');
}

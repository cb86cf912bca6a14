/* SPDX-License-Identifier: Apache-2.0 */
/* options_words.c - options as planners read them aloud.  Distances round away from the conflict (up), times of day
 * outward to the second; what holds to the last digit are the features of the option. */
#include "core/num.h"
#include "core/time.h"
#include "format/markup.h"
#include "format/options_answer.h"

#define SECOND_US 1000000

/* --- names and quantities ------------------------------------------------------------------------- */

/* Has no other operation this id?  One without features takes no part, or is not to be known of. */
static bool is_only(const struct dcf_plan *plan, uint32_t operation)
{
	struct dcf_span id = plan->operations[operation].id;

	for (uint32_t p = 0; p < plan->party_count; p++) {
		uint32_t other = dcf_plan_find_operation(plan, p, id);

		if (other != DCF_NONE && other != operation && plan->operations[other].feature_count)
			return false;
	}
	return true;
}

void dcf_put_operation_name(struct dcf_buf *out, const struct dcf_plan *plan, uint32_t operation)
{
	const struct dcf_operation *o = &plan->operations[operation];

	if (!is_only(plan, operation)) {
		dcf_buf_span(out, plan->parties[o->party].id);
		dcf_buf_char(out, '/');
	}
	dcf_buf_span(out, o->id);
}

/* "96 min 12 s", "2 h", from 3 h on "3 h 5 min"; rounded up to the second. */
static void put_seconds(struct dcf_buf *out, int64_t us)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, " d" }, { 3600, " h" }, { 60, " min" }, { 1, " s" } };
	int64_t left = us / SECOND_US + (us % SECOND_US > 0);
	bool any = false;

	for (size_t i = left < 3 * 3600 && left % 3600 ? 2 : left < 2 * 86400 ? 1 : 0; i < 4; i++) {
		int64_t n = left / units[i].seconds;

		left %= units[i].seconds;
		if (n == 0 && (any || i < 3))
			continue;
		if (any)
			dcf_buf_char(out, ' ');
		dcf_buf_i64(out, n);
		dcf_buf_z(out, units[i].name);
		any = true;
	}
}

/* Up, in thousandths of the party's own unit: 6.5 NM, 12.034 km; metres below one kilometre. */
static void put_distance(struct dcf_buf *out, double metres, bool nautical)
{
	double m = metres < 0 ? -metres : metres, unit = nautical ? 1852 : 1000;

	if (m < 1000 && !nautical) {
		dcf_buf_i64(out, (int64_t)dcf_ceil(m - 1e-6));
		dcf_buf_z(out, " m");
		return;
	}
	dcf_buf_fixed(out, (int64_t)dcf_ceil(m / unit * 1000 - 1e-6), 3);
	dcf_buf_z(out, nautical ? " NM" : " km");
}

static void put_two(struct dcf_buf *out, int v)
{
	dcf_buf_char(out, (char)('0' + v / 10));
	dcf_buf_char(out, (char)('0' + v % 10));
}

/* "06:00:00Z", with the date where it is not that of `near_us`. */
static void put_clock(struct dcf_buf *out, int64_t us, bool up, int64_t near_us)
{
	int64_t over = us % SECOND_US < 0 ? us % SECOND_US + SECOND_US : us % SECOND_US;
	struct dcf_civil near = dcf_civil_of(near_us), c = dcf_civil_of(us - over + (up && over ? SECOND_US : 0));

	if (c.year != near.year || c.month != near.month || c.day != near.day) {
		dcf_buf_i64(out, c.year);
		dcf_buf_char(out, '-');
		put_two(out, c.month);
		dcf_buf_char(out, '-');
		put_two(out, c.day);
		dcf_buf_char(out, ' ');
	}
	put_two(out, c.hour);
	dcf_buf_char(out, ':');
	put_two(out, c.minute);
	dcf_buf_char(out, ':');
	put_two(out, c.second);
	dcf_buf_char(out, 'Z');
}

static void put_place(struct dcf_buf *out, struct dcf_latlon p)
{
	int32_t v[2] = { p.lat_e7, p.lon_e7 };

	for (int i = 0; i < 2; i++) {
		int64_t e4 = ((v[i] < 0 ? -(int64_t)v[i] : v[i]) + 500) / 1000;

		dcf_buf_z(out, i ? " " : "");
		for (int64_t limit = i ? 100 : 10; limit > 1 && e4 < limit * 10000; limit /= 10)
			dcf_buf_char(out, '0');
		dcf_buf_fixed_full(out, e4, 4);
		dcf_buf_char(out, "NSEW"[2 * i + (v[i] < 0)]);
	}
}

static const char *direction(double bearing_deg)
{
	static const char *const names[] = { "north", "north-east", "east", "south-east",
					     "south", "south-west", "west", "north-west" };

	return names[(size_t)dcf_floor(bearing_deg / 45 + 0.5) % 8];
}

/* --- one change ----------------------------------------------------------------------------------- */

struct saying {
	struct dcf_buf *out;
	const struct dcf_plan *plan;
	const struct dcf_moved *moved;
	const struct dcf_change *c;
	bool nautical;
};

static int64_t day_of(const struct saying *s)
{
	return s->moved->feature_count ? s->moved->features[0].start_us : s->c->from_us;
}

static void say_shift(const struct saying *s)
{
	int64_t us = s->c->shift_us;

	put_seconds(s->out, us < 0 ? -us : us);
	dcf_buf_z(s->out, us < 0 ? " earlier" : " later");
}

static struct dcf_span before_space(struct dcf_span s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] != ' ')
		n++;
	return (struct dcf_span){ s.p, n };
}

/* The band of a volume whose lower limit is `low`: "FL240-FL260", "8600-10600 m STD". */
static void say_band(const struct saying *s, struct dcf_altitude low, int64_t lift_e4)
{
	const struct dcf_feature *f = s->moved->feature_count == 1 ? s->moved->features : NULL;
	struct dcf_altitude high = f ? f->upper : low;
	struct dcf_buf text = { .from = s->out->from };

	high.e4 += lift_e4;
	if (!f || f->shape == DCF_TRAJECTORY || high.unlimited || high.e4 <= low.e4 || high.ref != low.ref ||
	    high.unit != low.unit) {
		dcf_show_altitude(s->out, low);
		return;
	}
	/* The unit and the reference stand once. */
	dcf_show_altitude(&text, low);
	dcf_buf_span(s->out, before_space(dcf_buf_as_span(&text)));
	dcf_buf_char(s->out, '-');
	dcf_show_altitude(s->out, high);
	s->out->failed |= text.failed;
	dcf_buf_free(&text);
}

static void say_lift(const struct saying *s)
{
	dcf_buf_z(s->out, "at ");
	say_band(s, s->c->to, 0);
	dcf_buf_z(s->out, " instead of ");
	say_band(s, s->c->from, -s->c->lift_e4);
}

static void say_speed(const struct saying *s)
{
	double change = s->c->factor - 1;
	int64_t us = s->c->shift_us;

	dcf_buf_fixed(s->out, (int64_t)dcf_floor((change < 0 ? -change : change) * 1000 + 0.5), 1);
	dcf_buf_z(s->out, change < 0 ? " % slower, arriving " : " % faster, arriving ");
	put_seconds(s->out, us < 0 ? -us : us);
	dcf_buf_z(s->out, us < 0 ? " earlier" : " later");
}

static void say_longer(const struct saying *s)
{
	if (!(s->c->extra_m >= 1))
		return;
	dcf_buf_z(s->out, ", ");
	put_distance(s->out, s->c->extra_m, s->nautical);
	dcf_buf_z(s->out, " longer");
}

static void say_offset(const struct saying *s)
{
	put_distance(s->out, s->c->distance_m, s->nautical);
	dcf_buf_z(s->out, s->c->distance_m < 0 ? " to the left" : " to the right");
}

static void say_dogleg(const struct saying *s)
{
	dcf_buf_z(s->out, s->c->distance_m < 0 ? "led around on the left by " : "led around on the right by ");
	put_distance(s->out, s->c->distance_m, s->nautical);
	say_longer(s);
}

static void say_move(const struct saying *s)
{
	put_distance(s->out, s->c->distance_m, s->nautical);
	dcf_buf_z(s->out, " to the ");
	dcf_buf_z(s->out, direction(s->c->bearing_deg));
	dcf_buf_z(s->out, " (");
	dcf_buf_i64(s->out, (int64_t)dcf_floor(s->c->bearing_deg + 0.5) % 360);
	dcf_buf_z(s->out, " deg)");
}

static void say_shrink(const struct saying *s)
{
	put_distance(s->out, s->c->distance_m, s->nautical);
	dcf_buf_z(s->out, " smaller all round");
}

static void say_limit(const struct saying *s, const char *what)
{
	dcf_buf_z(s->out, what);
	dcf_show_altitude(s->out, s->c->to);
	dcf_buf_z(s->out, " instead of ");
	dcf_show_altitude(s->out, s->c->from);
}

static void say_floor(const struct saying *s)
{
	say_limit(s, "only from ");
}

static void say_ceiling(const struct saying *s)
{
	say_limit(s, "only up to ");
}

static void say_begin(const struct saying *s)
{
	dcf_buf_z(s->out, "not before ");
	put_clock(s->out, s->c->from_us, true, day_of(s));
}

static void say_end(const struct saying *s)
{
	dcf_buf_z(s->out, "ends at ");
	put_clock(s->out, s->c->to_us, false, day_of(s));
}

static void say_split(const struct saying *s)
{
	dcf_buf_z(s->out, "not from ");
	put_clock(s->out, s->c->from_us, false, day_of(s));
	dcf_buf_z(s->out, " to ");
	put_clock(s->out, s->c->to_us, true, day_of(s));
}

static void say_hold(const struct saying *s)
{
	dcf_buf_z(s->out, "waits ");
	put_seconds(s->out, s->c->shift_us);
	dcf_buf_z(s->out, " at ");
	put_place(s->out, s->c->at);
	dcf_buf_z(s->out, " from ");
	put_clock(s->out, s->c->from_us, false, day_of(s));
}

static const struct {
	void (*say)(const struct saying *s);
	uint8_t kind;
} ways[DCF_CHANGES] = {
	[DCF_CHANGE_SHIFT] = { say_shift, DCF_OPTION_DELAY },      [DCF_CHANGE_LIFT] = { say_lift, DCF_OPTION_ALTITUDE },
	[DCF_CHANGE_SPEED] = { say_speed, DCF_OPTION_SPEED },      [DCF_CHANGE_OFFSET] = { say_offset, DCF_OPTION_REROUTE },
	[DCF_CHANGE_DOGLEG] = { say_dogleg, DCF_OPTION_REROUTE },  [DCF_CHANGE_MOVE] = { say_move, DCF_OPTION_REROUTE },
	[DCF_CHANGE_SHRINK] = { say_shrink, DCF_OPTION_RESIZE },   [DCF_CHANGE_FLOOR] = { say_floor, DCF_OPTION_RESIZE },
	[DCF_CHANGE_CEILING] = { say_ceiling, DCF_OPTION_RESIZE }, [DCF_CHANGE_BEGIN] = { say_begin, DCF_OPTION_RESIZE },
	[DCF_CHANGE_END] = { say_end, DCF_OPTION_RESIZE },         [DCF_CHANGE_SPLIT] = { say_split, DCF_OPTION_SPLIT },
	[DCF_CHANGE_HOLD] = { say_hold, DCF_OPTION_HOLD },
};

uint8_t dcf_change_kind(const struct dcf_change *c)
{
	if (c->how == DCF_CHANGE_SHIFT && c->shift_us < 0)
		return DCF_OPTION_ADVANCE;
	return ways[c->how].kind;
}

/* --- one option ----------------------------------------------------------------------------------- */

static void say_moved(struct dcf_buf *out, const struct dcf_plan *plan, const struct dcf_moved *m)
{
	struct saying s = { .out = out, .plan = plan, .moved = m };

	s.nautical = plan->parties[plan->operations[m->operation].party].in_feet;
	dcf_put_operation_name(out, plan, m->operation);
	for (uint32_t i = 0; i < m->change_count; i++) {
		s.c = &m->change[i];
		dcf_buf_z(out, i ? ", and " : " ");
		if (ways[s.c->how].say)
			ways[s.c->how].say(&s);
	}
}

void dcf_put_option_words(struct dcf_buf *out, const struct dcf_plan *plan, const struct dcf_option *option)
{
	for (uint32_t i = 0; i < option->moved_count; i++) {
		dcf_buf_z(out, i ? "; " : "");
		say_moved(out, plan, &option->moved[i]);
	}
}

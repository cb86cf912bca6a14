/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options_text.h"
#include "cli/cli.h"
#include "cli/page.h"
#include "cli/quantity.h"
#include "base/utf8.h"
#include "core/num.h"
#include "format/result_json.h"

/* Columns of an option's line: its number, what is changed, then four numbers to the right. */
enum { NUMBER = 6, WORDS = 54, COST = 8, ROOM = 10, FIRST_ROOM = 12 };
enum { OTHERS_SHOWN = 6, PARTIES_SHOWN = 40 };

struct options_page {
	struct dcf_page page;
	const struct dcf_options_answer *answer;
	uint32_t shown;
};

/* --- columns -------------------------------------------------------------------------------------- */

/* `text`, shown, in a column of `width` whose last character is at its end. */
static void put_right(struct dcf_page *p, const struct dcf_buf *text, size_t width)
{
	size_t columns = dcf_utf8_count(dcf_buf_as_span(text));

	dcf_buf_fill(p->out, ' ', columns < width ? width - columns : 1);
	dcf_put_shown(p->out, dcf_buf_as_span(text));
	p->out->failed |= text->failed;
}

static void put_cost(struct dcf_page *p, double cost, size_t width)
{
	struct dcf_buf text = { .from = p->out->from };

	/* Up: nothing looks cheaper than it is. */
	if (cost < 1e15)
		dcf_buf_i64(&text, (int64_t)dcf_ceil(cost - 1e-6));
	put_right(p, &text, width);
	dcf_buf_free(&text);
}

/* Room to the side, in level and in time; down, "-" where nothing was found in that direction. */
static void put_room(struct dcf_page *p, const struct dcf_margin *m, bool nautical)
{
	struct dcf_buf text = { .from = p->out->from };

	if (m->lateral_m < 0) {
		dcf_buf_z(&text, "-");
	} else if (!nautical && m->lateral_m < 1000) {
		dcf_buf_i64(&text, (int64_t)m->lateral_m);
		dcf_buf_z(&text, " m");
	} else {
		bool near = m->lateral_m < 1852;

		dcf_buf_fixed(&text, (int64_t)dcf_floor(m->lateral_m / (nautical ? 1852 : 1000) * (near ? 100 : 10) + 1e-9),
			      near ? 2 : 1);
		dcf_buf_z(&text, nautical ? " NM" : " km");
	}
	put_right(p, &text, FIRST_ROOM);
	text.len = 0;
	if (m->vertical_ft < 0) {
		dcf_buf_z(&text, "-");
	} else {
		dcf_buf_i64(&text, (int64_t)dcf_floor((nautical ? m->vertical_ft : m->vertical_ft * 0.3048) + 1e-9));
		dcf_buf_z(&text, nautical ? " ft" : " m");
	}
	put_right(p, &text, ROOM);
	text.len = 0;
	if (m->time_s < 0) {
		dcf_buf_z(&text, "-");
	} else if (m->time_s < 120) {
		dcf_buf_fixed(&text, (int64_t)dcf_floor(m->time_s * 10 + 1e-9), 1);
		dcf_buf_z(&text, " s");
	} else {
		dcf_buf_i64(&text, (int64_t)dcf_floor(m->time_s / 60));
		dcf_buf_z(&text, " min");
	}
	put_right(p, &text, ROOM);
	p->out->failed |= text.failed;
	dcf_buf_free(&text);
}

static void column_heads(struct dcf_page *p, bool room)
{
	static const char *const heads[] = { "cost", "room: side", "level", "time" };
	struct dcf_buf text = { .from = p->out->from };

	dcf_buf_fill(p->out, ' ', NUMBER + WORDS);
	for (size_t i = 0; i < (room ? 4 : 1); i++) {
		text.len = 0;
		dcf_buf_z(&text, heads[i]);
		put_right(p, &text, i == 0 ? COST : i == 1 ? FIRST_ROOM : ROOM);
	}
	p->out->failed |= text.failed;
	dcf_buf_free(&text);
	dcf_buf_char(p->out, '\n');
}

/* --- one option ----------------------------------------------------------------------------------- */

/* Is there a space at `i` that a line may end at?  Not between a number and its unit, or that and its reference. */
static bool breaks_at(struct dcf_span s, size_t i)
{
	static const char *const together[] = { "ft ", "m ",  "NM",  "km",  "min", "s",   "h",  "d",
						"%",   "MSL", "STD", "AGL", "SFC", "W84", "deg" };

	if (s.p[i] != ' ')
		return false;
	for (size_t k = 0; k < sizeof together / sizeof *together; k++) {
		size_t n = strlen(together[k]);
		char after = i + 1 + n < s.len ? s.p[i + 1 + n] : ' ';

		if (s.len - i - 1 >= n && memcmp(s.p + i + 1, together[k], n) == 0 &&
		    (together[k][n - 1] == ' ' || after == ' ' || after == ',' || after == ';' || after == ')'))
			return false;
	}
	return true;
}

/* Put `words` from the present column on, broken between words at `width`; the column at which the last line ends. */
static size_t put_wrapped(struct dcf_page *p, struct dcf_span words, size_t indent, size_t width)
{
	size_t at = 0;

	for (size_t i = 0; i < words.len;) {
		size_t n = 0, columns;

		while (i + n < words.len && !breaks_at(words, i + n))
			n++;
		columns = dcf_utf8_count((struct dcf_span){ words.p + i, n });
		if (at && at + 1 + columns > width) {
			dcf_buf_char(p->out, '\n');
			dcf_buf_fill(p->out, ' ', indent + 2);
			at = 2;
		} else if (at) {
			dcf_buf_char(p->out, ' ');
			at++;
		}
		dcf_put_shown(p->out, (struct dcf_span){ words.p + i, n });
		at += columns;
		i += n + 1;
	}
	return at;
}

static bool resolves(const struct dcf_option *o, const struct dcf_pair_of_operations *but, uint32_t operation)
{
	for (uint32_t i = 0; i < o->moved_count; i++)
		if (o->moved[i].operation == operation)
			return true;
	return but && (but->a == operation || but->b == operation);
}

/* "also clear of X, Y": the others that the mover was in conflict with. */
static void clear_line(struct options_page *q, const struct dcf_option *o, const struct dcf_pair_of_operations *but)
{
	struct dcf_buf name = { .from = q->page.out->from };
	size_t shown = 0, more = 0;

	for (uint32_t i = 0; i < o->resolve_count; i++) {
		uint32_t both[2] = { o->resolves[i].a, o->resolves[i].b };

		for (int k = 0; k < 2; k++) {
			if (resolves(o, but, both[k]))
				continue;
			if (shown == OTHERS_SHOWN) {
				more++;
				continue;
			}
			dcf_buf_z(&q->page.line, shown++ ? ", " : but ? "        also clear of " : "        clear of ");
			name.len = 0;
			dcf_put_operation_name(&name, q->answer->plan, both[k]);
			dcf_put_shown(&q->page.line, dcf_buf_as_span(&name));
		}
	}
	if (more) {
		dcf_buf_z(&q->page.line, " and ");
		dcf_buf_i64(&q->page.line, (int64_t)more);
		dcf_buf_z(&q->page.line, " more");
	}
	q->page.out->failed |= name.failed;
	dcf_buf_free(&name);
	if (shown)
		dcf_page_end_line(&q->page, 10);
}

static void internal_line(struct options_page *q, const struct dcf_option *o)
{
	if (!o->internal_count)
		return;
	dcf_buf_z(&q->page.line, "        stays inside its own party: ");
	for (uint32_t i = 0; i < o->internal_count && i < OTHERS_SHOWN; i++) {
		dcf_buf_z(&q->page.line, i ? ", " : "");
		dcf_put_operation(&q->page.line, q->answer->plan, o->internal[i].a);
		dcf_buf_z(&q->page.line, " and ");
		dcf_put_operation(&q->page.line, q->answer->plan, o->internal[i].b);
	}
	if (o->internal_count > OTHERS_SHOWN)
		dcf_buf_z(&q->page.line, " and more");
	dcf_page_end_line(&q->page, 10);
}

static void option_line(struct options_page *q, size_t number, const struct dcf_option *o,
			const struct dcf_pair_of_operations *but)
{
	const struct dcf_plan *plan = q->answer->plan;
	struct dcf_page *p = &q->page;
	struct dcf_buf words = { .from = p->out->from };
	size_t at;

	dcf_buf_fill(p->out, ' ', number < 10 ? 4 : number < 100 ? 3 : 2);
	dcf_buf_i64(p->out, (int64_t)number);
	dcf_buf_fill(p->out, ' ', NUMBER > 5 ? 1 : 0);
	dcf_put_option_words(&words, plan, o);
	if (o->is_protected)
		dcf_buf_z(&words, " (protected: asked last)");
	at = put_wrapped(p, dcf_buf_as_span(&words), NUMBER, WORDS);
	dcf_buf_fill(p->out, ' ', at < WORDS ? WORDS - at : 0);
	put_cost(p, o->cost.total, COST);
	if (dcf_answer_has_margins(q->answer))
		put_room(p, &o->margin, plan->parties[plan->operations[o->moved[0].operation].party].in_feet);
	dcf_buf_char(p->out, '\n');
	p->out->failed |= words.failed;
	dcf_buf_free(&words);
	clear_line(q, o, but);
	internal_line(q, o);
}

/* --- by conflict ---------------------------------------------------------------------------------- */

static const struct dcf_conflict *find_pair(const struct dcf_result *check, size_t *from, uint32_t a, uint32_t b)
{
	for (size_t n = 0; n < check->conflict_count; n++) {
		const struct dcf_conflict *c = &check->conflicts[(*from + n) % check->conflict_count];

		if (c->a == a && c->b == b) {
			*from = (size_t)(c - check->conflicts) + 1;
			return c;
		}
	}
	return NULL;
}

static void why_line(struct options_page *q, const struct dcf_unresolved *u)
{
	dcf_buf_z(&q->page.line, u->why.len ? "    NO WAY OUT: " : "    NO WAY OUT");
	dcf_put_shown(&q->page.line, u->why);
	dcf_page_end_line(&q->page, 8);
}

static void pair_lines(struct options_page *q, size_t number, const struct dcf_conflict *c)
{
	dcf_buf_char(q->page.out, '\n');
	dcf_page_pair_line(&q->page, number, c);
	dcf_buf_z(&q->page.line, "    ");
	dcf_put_operation(&q->page.line, q->answer->plan, c->a);
	dcf_buf_z(&q->page.line, " against ");
	dcf_put_operation(&q->page.line, q->answer->plan, c->b);
	dcf_page_end_line(&q->page, 6);
}

static const struct dcf_unresolved *unresolved_of(const struct dcf_options_answer *answer, uint32_t a, uint32_t b)
{
	for (size_t i = 0; i < answer->unresolved_count; i++)
		if (answer->unresolved[i].a == a && answer->unresolved[i].b == b)
			return &answer->unresolved[i];
	return NULL;
}

static void conflict_block(struct options_page *q, size_t number, const struct dcf_conflict_options *k,
			   const struct dcf_conflict *c)
{
	const struct dcf_pair_of_operations pair = { k->a, k->b };
	const struct dcf_unresolved *u = k->count ? NULL : unresolved_of(q->answer, k->a, k->b);
	uint32_t shown = k->count < q->shown ? k->count : q->shown;

	pair_lines(q, number, c);
	if (k->count)
		column_heads(&q->page, true);
	for (uint32_t i = 0; i < shown; i++)
		option_line(q, i + 1, &q->answer->options[q->answer->order[k->first + i]], &pair);
	if (shown < k->count) {
		dcf_buf_z(q->page.out, "      and ");
		dcf_buf_i64(q->page.out, (int64_t)(k->count - shown));
		dcf_buf_z(q->page.out, " more that cost more; --max-options shows more, --format json all\n");
	}
	if (u)
		why_line(q, u);
}

static void by_conflict(struct options_page *q)
{
	size_t from = 0;

	for (size_t i = 0; i < q->answer->conflict_count; i++) {
		const struct dcf_conflict_options *k = &q->answer->conflicts[i];
		const struct dcf_conflict *c = find_pair(q->answer->check, &from, k->a, k->b);

		if (c)
			conflict_block(q, i + 1, k, c);
	}
}

/* --- a whole plan --------------------------------------------------------------------------------- */

static void put_percent(struct dcf_buf *out, double share)
{
	dcf_buf_fixed_full(out, (int64_t)dcf_floor(share * 1000 + 0.5), 1);
	dcf_buf_z(out, " %");
}

static void burden_lines(struct options_page *q, const struct dcf_whole_result *whole)
{
	const struct dcf_plan *plan = q->answer->plan;
	size_t shown = 0, left = 0;

	dcf_buf_z(q->page.out, "\nWhat each party carries:\n");
	for (uint32_t i = dcf_next_party(plan, DCF_NONE); i != DCF_NONE; i = dcf_next_party(plan, i)) {
		const struct dcf_burden *b = &whole->burden[i];

		if (b->moved == 0 && !plan->parties[i].declared)
			continue;
		if (shown++ >= PARTIES_SHOWN) {
			left++;
			continue;
		}
		dcf_buf_z(&q->page.line, "    ");
		dcf_put_shown(&q->page.line, plan->parties[i].id);
		dcf_buf_z(&q->page.line, "  ");
		put_percent(&q->page.line, b->share);
		dcf_buf_z(&q->page.line, " of the cost, ");
		dcf_put_number_of(&q->page.line, b->moved, " operation moves", " operations move");
		dcf_page_end_line(&q->page, 6);
	}
	if (left) {
		dcf_buf_z(q->page.out, "    and ");
		dcf_put_number_of(q->page.out, left, " more party\n", " more parties\n");
	}
	if (!whole->share_kept)
		dcf_buf_z(q->page.out, "    The share that was asked for cannot be kept.\n");
}

static void whole_lines(struct options_page *q)
{
	if (q->answer->option_count) {
		dcf_page_heading(&q->page, "WHAT MOVES", q->answer->option_count, DCF_PAGE_PLAIN);
		column_heads(&q->page, dcf_answer_has_margins(q->answer));
	}
	for (size_t i = 0; i < q->answer->option_count; i++)
		option_line(q, i + 1, &q->answer->options[i], NULL);
	if (q->answer->option_count)
		burden_lines(q, q->answer->whole);
}

static void left_lines(struct options_page *q)
{
	size_t from = 0;

	if (!q->answer->unresolved_count)
		return;
	dcf_page_heading(&q->page, "STILL IN CONFLICT", q->answer->unresolved_count, DCF_PAGE_BAD);
	for (size_t i = 0; i < q->answer->unresolved_count; i++) {
		const struct dcf_unresolved *u = &q->answer->unresolved[i];
		const struct dcf_conflict *c = find_pair(q->answer->check, &from, u->a, u->b);

		if (c)
			pair_lines(q, i + 1, c);
		why_line(q, u);
	}
}

/* --- the whole ------------------------------------------------------------------------------------ */

static void put_whole_count(struct options_page *q)
{
	const struct dcf_whole_result *w = q->answer->whole;
	struct dcf_buf *out = q->page.out;

	dcf_put_number_of(out, w->conflicts_before, " conflict before, ", " conflicts before, ");
	dcf_buf_i64(out, (int64_t)w->conflicts_after);
	dcf_buf_z(out, " after; ");
	dcf_put_number_of(out, w->moved_count, " operation moves", " operations move");
}

static void put_count(struct options_page *q)
{
	const struct dcf_options_answer *a = q->answer;
	struct dcf_buf *out = q->page.out;
	size_t open = 0;

	for (size_t i = 0; i < a->conflict_count; i++)
		open += a->conflicts[i].count == 0;
	dcf_put_number_of(out, a->conflict_count, " conflict", " conflicts");
	if (!a->conflict_count)
		return;
	dcf_buf_z(out, ": ");
	if (open == 0) {
		dcf_buf_z(out, a->conflict_count == 1 ? "there is a way out" : "each has a way out");
		return;
	}
	dcf_buf_i64(out, (int64_t)(a->conflict_count - open));
	dcf_buf_z(out, " with a way out, ");
	dcf_buf_i64(out, (int64_t)open);
	dcf_buf_z(out, " WITHOUT");
}

static void put_total(struct options_page *q)
{
	const struct dcf_whole_result *w = q->answer->whole;

	dcf_buf_z(&q->page.line, "cost ");
	dcf_buf_i64(&q->page.line, (int64_t)dcf_ceil(w->total.total - 1e-6));
	dcf_buf_z(&q->page.line, ": ");
	dcf_put_length_of_time(&q->page.line, (int64_t)(w->total.delay_s * 1e6));
	dcf_buf_z(&q->page.line, " of shift and ");
	dcf_buf_i64(&q->page.line, (int64_t)dcf_ceil(w->total.altitude_ft - 1e-6));
	dcf_buf_z(&q->page.line, " ft of level change in all");
	if (w->total.extra_m > 0) {
		/* other ways were taken too, which the bound knows nothing of */
		dcf_buf_z(&q->page.line, ", and ");
		dcf_buf_i64(&q->page.line, (int64_t)dcf_ceil(w->total.extra_m - 1e-6));
		dcf_buf_z(&q->page.line, " m aside or longer");
	} else {
		dcf_buf_z(&q->page.line, "; no plan of such moves costs less than ");
		dcf_buf_i64(&q->page.line, (int64_t)dcf_floor(w->lower_bound + 1e-6));
	}
	dcf_page_end_line(&q->page, 2);
}

static void top(struct options_page *q, const struct dcf_counts *n, const struct dcf_options_text *how)
{
	const struct dcf_options_answer *a = q->answer;
	bool bad = a->unresolved_count || n->refused;

	if (a->plan->title.len) {
		dcf_put_shown(&q->page.line, a->plan->title);
		dcf_page_end_line(&q->page, 0);
	}
	dcf_page_paint(&q->page, bad ? DCF_PAGE_BAD : DCF_PAGE_PLAIN);
	(a->whole ? put_whole_count : put_count)(q);
	if (n->refused) {
		dcf_buf_z(q->page.out, "; ");
		dcf_buf_i64(q->page.out, (int64_t)n->refused);
		dcf_buf_z(q->page.out, " refused and NOT checked");
	}
	dcf_page_paint(&q->page, DCF_PAGE_NORMAL);
	dcf_buf_char(q->page.out, '\n');
	if (a->stopped) {
		dcf_page_paint(&q->page, DCF_PAGE_ATTENTION);
		dcf_buf_z(q->page.out, "TIME WAS UP: this is the best that was found so far");
		dcf_page_paint(&q->page, DCF_PAGE_NORMAL);
		dcf_buf_char(q->page.out, '\n');
	}
	if (a->whole)
		put_total(q);
	dcf_put_number_of(&q->page.line, n->operations, " operation (", " operations (");
	dcf_put_number_of(&q->page.line, n->features, " feature) checked", " features) checked");
	/* Which parties there are may be nothing for the reader either. */
	if (how->reader == DCF_NONE)
		dcf_put_parties(&q->page.line, a->plan);
	dcf_page_end_line(&q->page, 2);
	if (how->reader != DCF_NONE) {
		dcf_buf_z(&q->page.line, "for ");
		dcf_put_shown(&q->page.line, a->plan->parties[how->reader].id);
		dcf_buf_z(&q->page.line, ": what is not disclosed to it is named nowhere");
		dcf_page_end_line(&q->page, 2);
	}
	if (how->move != DCF_NONE) {
		dcf_buf_z(&q->page.line, "only what ");
		dcf_put_operation(&q->page.line, a->plan, how->move);
		dcf_buf_z(&q->page.line, " itself can do");
		dcf_page_end_line(&q->page, 2);
	}
}

/* What the columns say; of a whole plan without room, why it has none. */
static void room_line(struct options_page *q)
{
	dcf_buf_z(&q->page.line, "Cost is what is changed, the less the better. ");
	dcf_buf_z(
		&q->page.line,
		dcf_answer_has_margins(q->answer)
			? "Room is how much further the operation could be displaced to the side, in level or in time before it meets "
			  "something; '-' where nothing is near."
			: "What room is left was not worked out: time was up, or more move than it is worked out for.");
	dcf_page_end_line(&q->page, 0);
}

void dcf_text_options(const struct dcf_options_answer *answer, const struct dcf_options_text *how, struct dcf_buf *out)
{
	/* clang-format off */
	struct options_page q = {
		.page = { .out = out, .line = { .from = out->from }, .plan = answer->plan, .result = answer->check, .colour = how->colour },
		.answer = answer,
		.shown = how->shown,
	};
	/* clang-format on */
	struct dcf_counts n = dcf_result_count(answer->plan, answer->check);

	top(&q, &n, how);
	if (answer->whole) {
		whole_lines(&q);
		left_lines(&q);
	} else {
		by_conflict(&q);
	}
	dcf_buf_char(out, '\n');
	if (answer->option_count)
		room_line(&q);
	dcf_put_options_notice(answer, &q.page.line);
	dcf_page_end_line(&q.page, 0);
	out->failed |= q.page.line.failed;
	dcf_buf_free(&q.page.line);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Ways out: the list of options, and which of their changes the pictures show. */
#include "core/num.h"
#include "format/markup.h"
#include "format/report_int.h"

static const struct dcf_options_answer *answer_of(const struct dcf_report *r)
{
	return r->options ? r->options->ways_out : NULL;
}

/* --- what is drawn -------------------------------------------------------------------------------- */

void dcf_report_after_window(const struct dcf_moved *m, int64_t *start_us, int64_t *end_us)
{
	*start_us = INT64_MAX;
	*end_us = INT64_MIN;
	for (uint32_t i = 0; i < m->feature_count; i++) {
		*start_us = m->features[i].start_us < *start_us ? m->features[i].start_us : *start_us;
		*end_us = m->features[i].end_us > *end_us ? m->features[i].end_us : *end_us;
	}
}

static void draw(struct dcf_report *r, const struct dcf_option *o)
{
	for (uint32_t i = 0; i < o->moved_count; i++) {
		struct dcf_report_operation *w = &r->operations[o->moved[i].operation];

		w->after = &o->moved[i];
		/* With those in conflict, which are shown first. */
		if (w->standing > DCF_IN_BREACH)
			w->standing = DCF_IN_BREACH;
	}
}

static bool is_drawn(const struct dcf_report *r, const struct dcf_option *o)
{
	return r->operations[o->moved[0].operation].after == &o->moved[0];
}

/* All of a whole plan; otherwise the best option of each conflict in turn, unless one of the two moves already. */
void dcf_report_choose_after(struct dcf_report *r)
{
	const struct dcf_options_answer *a = answer_of(r);

	if (!a)
		return;
	for (size_t i = 0; a->whole && i < a->option_count; i++)
		draw(r, &a->options[i]);
	for (size_t i = 0; i < a->conflict_count; i++) {
		const struct dcf_conflict_options *k = &a->conflicts[i];

		if (k->count && !r->operations[k->a].after && !r->operations[k->b].after)
			draw(r, &a->options[a->order[k->first]]);
	}
}

/* --- the list ------------------------------------------------------------------------------------- */

static void put_plain(struct dcf_report *r, const struct dcf_buf *text)
{
	dcf_put_markup_short(r->out, dcf_buf_as_span(text), 600);
	r->out->failed |= text->failed;
}

static void put_name(struct dcf_report *r, uint32_t operation)
{
	struct dcf_buf name = { .from = r->out->from };

	dcf_put_operation_name(&name, r->plan, operation);
	put_plain(r, &name);
	dcf_buf_free(&name);
}

static void put_words(struct dcf_report *r, const struct dcf_option *o)
{
	struct dcf_buf words = { .from = r->out->from };

	dcf_put_option_words(&words, r->plan, o);
	put_plain(r, &words);
	dcf_buf_free(&words);
}

/* Down, as room is: "9.8 km", "1000 ft", "12 s". */
static void put_room(struct dcf_report *r, const struct dcf_option *o)
{
	const struct dcf_margin *m = &o->margin;
	struct dcf_buf *out = r->out;
	const char *between = "; room: ";

	if (m->lateral_m >= 0) {
		dcf_buf_z(out, between);
		dcf_buf_fixed(out, (int64_t)dcf_floor(m->lateral_m < 1000 ? m->lateral_m : m->lateral_m / 100),
			      m->lateral_m < 1000 ? 0 : 1);
		dcf_buf_z(out, m->lateral_m < 1000 ? " m to the side" : " km to the side");
		between = ", ";
	}
	if (m->vertical_ft >= 0) {
		dcf_buf_z(out, between);
		dcf_buf_i64(out, (int64_t)dcf_floor(m->vertical_ft));
		dcf_buf_z(out, " ft in level");
		between = ", ";
	}
	if (m->time_s >= 0) {
		dcf_buf_z(out, between);
		dcf_buf_fixed(out, (int64_t)dcf_floor(m->time_s * 10), 1);
		dcf_buf_z(out, " s in time");
	}
}

static void put_clear_of(struct dcf_report *r, const struct dcf_option *o)
{
	size_t put = 0;

	for (uint32_t i = 0; i < o->resolve_count; i++) {
		uint32_t both[2] = { o->resolves[i].a, o->resolves[i].b };

		for (int k = 0; k < 2; k++) {
			if (both[k] == o->moved[0].operation || (o->moved_count > 1 && both[k] == o->moved[1].operation))
				continue;
			if (put == 6)
				dcf_buf_z(r->out, " and more");
			if (put++ >= 6)
				continue;
			dcf_buf_z(r->out, put == 1 ? "; clear of " : ", ");
			put_name(r, both[k]);
		}
	}
}

static void put_option(struct dcf_report *r, const struct dcf_option *o)
{
	struct dcf_buf *out = r->out;
	bool drawn = is_drawn(r, o);

	dcf_buf_z(out, drawn ? "<li class=drawn data-o=" : "<li data-o=");
	dcf_buf_i64(out, o->moved[0].operation);
	dcf_buf_char(out, '>');
	put_words(r, o);
	dcf_buf_z(out, " <small>cost ");
	dcf_buf_i64(out, (int64_t)dcf_ceil(o->cost.total - 1e-6));
	put_room(r, o);
	put_clear_of(r, o);
	if (o->is_protected)
		dcf_buf_z(out, "; protected: asked last");
	if (drawn && !answer_of(r)->whole)
		dcf_buf_z(out, "; drawn below");
	dcf_buf_z(out, "</small></li>\n");
}

static void put_against(struct dcf_report *r, uint32_t a, uint32_t b)
{
	put_name(r, a);
	dcf_buf_z(r->out, " against ");
	put_name(r, b);
}

/* The number of a conflict in the table above; 0 when it has none. */
static size_t number_of(const struct dcf_report *r, size_t *from, uint32_t a, uint32_t b)
{
	for (size_t n = 0; n < r->shown_conflicts; n++) {
		size_t k = (*from + n) % r->shown_conflicts;

		if (r->shown[k].conflict->a == a && r->shown[k].conflict->b == b) {
			*from = k + 1;
			return r->shown[k].number;
		}
	}
	return 0;
}

static void put_left_out(struct dcf_report *r, size_t left, const char *things)
{
	if (!left)
		return;
	dcf_buf_z(r->out, "<p class=left>");
	dcf_report_count(r->out, left);
	dcf_buf_z(r->out, things);
	dcf_buf_z(r->out, " are left out of this page; the JSON answer lists all.</p>\n");
}

static void put_reason(struct dcf_report *r, struct dcf_span why)
{
	dcf_buf_z(r->out, "<p><b>No way out.</b> ");
	dcf_put_markup_short(r->out, why, 800);
	dcf_buf_z(r->out, "</p>\n");
}

static void put_conflict(struct dcf_report *r, const struct dcf_conflict_options *k, size_t *from)
{
	const struct dcf_options_answer *a = answer_of(r);
	size_t number = number_of(r, from, k->a, k->b);

	dcf_buf_z(r->out, "<h3>");
	if (number) {
		dcf_buf_z(r->out, "<a href=\"#c");
		dcf_buf_i64(r->out, (int64_t)number);
		dcf_buf_z(r->out, "\">");
		dcf_buf_i64(r->out, (int64_t)number);
		dcf_buf_z(r->out, "</a> ");
	}
	put_against(r, k->a, k->b);
	dcf_buf_z(r->out, "</h3>\n");
	if (k->count)
		dcf_buf_z(r->out, "<ol>\n");
	for (uint32_t i = 0; i < k->count; i++)
		put_option(r, &a->options[a->order[k->first + i]]);
	if (k->count)
		dcf_buf_z(r->out, "</ol>\n");
	for (size_t i = 0; i < a->unresolved_count && !k->count; i++)
		if (a->unresolved[i].a == k->a && a->unresolved[i].b == k->b)
			put_reason(r, a->unresolved[i].why);
}

static void put_by_conflict(struct dcf_report *r)
{
	const struct dcf_options_answer *a = answer_of(r);
	size_t limit = r->out->len + DCF_REPORT_WAYS, i = 0, from = 0;

	if (!a->conflict_count)
		dcf_buf_z(r->out, "<p>Nothing is in conflict.</p>\n");
	for (; i < a->conflict_count && r->out->len < limit; i++)
		put_conflict(r, &a->conflicts[i], &from);
	put_left_out(r, a->conflict_count - i, " more conflicts with their options");
}

static void put_left(struct dcf_report *r)
{
	const struct dcf_options_answer *a = answer_of(r);
	size_t limit = r->out->len + DCF_REPORT_LIST, i = 0;

	for (; i < a->unresolved_count && r->out->len < limit; i++) {
		dcf_buf_z(r->out, "<h3>Still in conflict: ");
		put_against(r, a->unresolved[i].a, a->unresolved[i].b);
		dcf_buf_z(r->out, "</h3>\n");
		put_reason(r, a->unresolved[i].why);
	}
	put_left_out(r, a->unresolved_count - i, " more that are left");
}

static void put_whole(struct dcf_report *r)
{
	const struct dcf_options_answer *a = answer_of(r);
	size_t limit = r->out->len + DCF_REPORT_WAYS, i = 0;

	dcf_buf_z(r->out, "<p>");
	dcf_report_count(r->out, a->whole->conflicts_before);
	dcf_buf_z(r->out, " conflicts before, ");
	dcf_report_count(r->out, a->whole->conflicts_after);
	dcf_buf_z(r->out, " after. What moves:</p>\n<ol>\n");
	for (; i < a->option_count && r->out->len < limit; i++)
		put_option(r, &a->options[i]);
	dcf_buf_z(r->out, "</ol>\n");
	put_left_out(r, a->option_count - i, " more that move");
	put_left(r);
}

void dcf_report_ways(struct dcf_report *r)
{
	const struct dcf_options_answer *a = answer_of(r);
	struct dcf_buf text = { .from = r->out->from };

	if (!a)
		return;
	dcf_buf_z(r->out, "<section id=ways class=ways><h2>Ways out</h2>\n<p>");
	dcf_put_options_promise(a, &text);
	put_plain(r, &text);
	dcf_buf_free(&text);
	if (!a->whole && a->option_count)
		dcf_buf_z(
			r->out,
			" The pictures show the best option of each conflict, dashed. Each was checked by itself: two that are taken "
			"together must be checked again.");
	dcf_buf_z(r->out, "</p>\n");
	(a->whole ? put_whole : put_by_conflict)(r);
	dcf_buf_z(r->out, "</section>\n");
}

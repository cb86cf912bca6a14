/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/page.h"
#include "cli/cli.h"
#include "cli/quantity.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <unistd.h>

enum { PARTIES_SHOWN = 12 };

bool dcf_page_wants_colour(void)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(none && *none) && term && strcmp(term, "dumb") != 0;
}

/* ---- lines ---- */

/* Is there a space at `i` that a line may end at?  Not between a number and its unit. */
static bool breaks_at(const char *s, size_t i, size_t n)
{
	bool after_digit = i > 0 && s[i - 1] >= '0' && s[i - 1] <= '9';
	bool before_letter = i + 1 < n && ((s[i + 1] | 32) >= 'a' && (s[i + 1] | 32) <= 'z');

	return s[i] == ' ' && !(after_digit && before_letter);
}

/* Put the line with `hang` spaces before what goes over to the next; a word wider than the page keeps
 * its line to itself. */
void dcf_page_end_line(struct dcf_page *p, size_t hang)
{
	const char *s = p->line.p;
	size_t left = p->line.len, at = 0;
	bool fresh = true;

	while (left) {
		size_t gap = 0, word = 0, columns;

		while (gap < left && s[gap] == ' ')
			gap++;
		while (gap + word < left && !breaks_at(s, gap + word, left))
			word++;
		columns = dcf_utf8_count((struct dcf_span){ s + gap, word });
		if (!fresh && at + gap + columns > DCF_PAGE_WIDTH) {
			dcf_buf_char(p->out, '\n');
			dcf_buf_fill(p->out, ' ', hang);
			at = hang;
		} else if (word) {
			dcf_buf_fill(p->out, ' ', gap);
			at += gap;
		}
		dcf_buf_put(p->out, s + gap, word);
		at += columns;
		fresh = at == 0;
		s += gap + word;
		left -= gap + word;
	}
	dcf_buf_char(p->out, '\n');
	p->line.len = 0;
}

void dcf_page_paint(struct dcf_page *p, const char *escape)
{
	if (p->colour)
		dcf_buf_z(p->out, escape);
}

/* "\nCONFLICTS (4)\n" */
void dcf_page_heading(struct dcf_page *p, const char *name, size_t count, const char *escape)
{
	dcf_buf_char(p->out, '\n');
	dcf_page_paint(p, escape);
	dcf_buf_z(p->out, name);
	dcf_buf_z(p->out, " (");
	dcf_buf_i64(p->out, (int64_t)count);
	dcf_buf_char(p->out, ')');
	dcf_page_paint(p, "\033[0m");
	dcf_buf_char(p->out, '\n');
}

void dcf_put_number_of(struct dcf_buf *out, size_t n, const char *one, const char *many)
{
	dcf_buf_i64(out, (int64_t)n);
	dcf_buf_z(out, n == 1 ? one : many);
}

void dcf_put_operation(struct dcf_buf *out, const struct dcf_plan *plan, uint32_t operation)
{
	const struct dcf_operation *op = &plan->operations[operation];

	dcf_put_shown(out, plan->parties[op->party].id);
	dcf_buf_char(out, '/');
	dcf_put_shown(out, op->id);
}

/* The party whose id comes next after `last` (NULL: the first), so that the order of files shows nowhere. */
static const struct dcf_party *next_party(const struct dcf_plan *plan, const struct dcf_party *last)
{
	const struct dcf_party *best = NULL;

	for (size_t i = 0; i < plan->party_count; i++) {
		const struct dcf_party *p = &plan->parties[i];

		if ((!last || dcf_span_cmp(p->id, last->id) > 0) && (!best || dcf_span_cmp(p->id, best->id) < 0))
			best = p;
	}
	return best;
}

void dcf_put_parties(struct dcf_buf *out, const struct dcf_plan *plan)
{
	const struct dcf_party *p = NULL;

	dcf_buf_z(out, plan->party_count == 1 ? ", party " : plan->party_count ? ", parties " : "");
	for (size_t i = 0; i < plan->party_count && i < PARTIES_SHOWN; i++) {
		p = next_party(plan, p);
		dcf_buf_z(out, i ? ", " : "");
		dcf_put_shown(out, p->id);
	}
	if (plan->party_count > PARTIES_SHOWN) {
		dcf_buf_z(out, " and ");
		dcf_buf_i64(out, (int64_t)(plan->party_count - PARTIES_SHOWN));
		dcf_buf_z(out, " more");
	}
}

void dcf_page_pair_line(struct dcf_page *p, size_t number, const struct dcf_conflict *c)
{
	static const char *const shown[] = { "OVERLAP     ", "SEPARATION  ", "BRIEF       ", "ADVISORY    " };

	if (number < 10)
		dcf_buf_char(&p->line, ' ');
	dcf_buf_i64(&p->line, (int64_t)number);
	dcf_buf_z(&p->line, "  ");
	dcf_buf_z(&p->line, shown[c->class]);
	dcf_put_window(&p->line, c->start_us, c->end_us);
	dcf_buf_z(&p->line, " (");
	dcf_put_length_of_time(&p->line, c->dwell_us);
	dcf_buf_char(&p->line, ')');
	dcf_page_end_line(p, 16);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* line_object.c - one object of the line, for people: what it is, what differs, what of ours is inside and what can be done. */
#include "cli/line.h"

#include <string.h>

static void put_marked(struct dcf_buf *out, struct dcf_jval lines, const char *mark)
{
	struct dcf_jwalk it = dcf_jwalk(lines);
	struct dcf_jval line;

	while (dcf_jnext(&it, &line)) {
		if (dcf_jkind(line) != DCF_J_STRING)
			continue;
		dcf_buf_z(out, mark);
		dcf_put_shown(out, dcf_jstring(line));
		dcf_buf_char(out, '\n');
	}
}

static void put_history_line(struct dcf_buf *out, struct dcf_jval e)
{
	struct dcf_span from = dcf_reply_text(e, "from"), role = dcf_reply_text(e, "role");

	dcf_buf_z(out, "  ");
	dcf_line_put_when(out, e, "at");
	dcf_buf_z(out, "  ");
	if (!from.len) {
		dcf_buf_z(out, dcf_span_eq(dcf_reply_text(e, "kind"), DCF_SPAN("clock"))
				       ? "a deadline passed, or the window is over\n"
				       : "(not kept)\n");
		return;
	}
	dcf_put_shown(out, from);
	dcf_buf_char(out, ' ');
	dcf_line_put_number(out, e, "n");
	dcf_buf_z(out, " sent ");
	dcf_line_put_when(out, e, "sent");
	dcf_buf_z(out, "  ");
	dcf_put_shown(out, dcf_reply_text(e, "verb"));
	if (role.len) {
		dcf_buf_z(out, " by ");
		dcf_put_shown(out, role);
	}
	dcf_buf_char(out, '\n');
}

/* "later by 3 h 0 min" */
static void put_shift(struct dcf_buf *out, int64_t s)
{
	dcf_buf_z(out, s < 0 ? "earlier by " : "later by ");
	s = s < 0 ? -s : s;
	if (s >= 3600) {
		dcf_buf_i64(out, s / 3600);
		dcf_buf_z(out, " h ");
	}
	dcf_buf_i64(out, (s % 3600 + 59) / 60);
	dcf_buf_z(out, " min");
}

/* What one way out changes, as far as it is said in a few words: its kind says the rest. */
static void put_change(struct dcf_buf *out, struct dcf_jval option)
{
	struct dcf_jval change = dcf_jget(option, "change");
	int64_t lift = dcf_reply_number(change, "lift_ft", 0), shift = dcf_reply_number(change, "shift_s", 0);
	int64_t metres = dcf_reply_number(change, "distance_m", 0);

	if (shift) {
		put_shift(out, shift);
	} else if (lift) {
		dcf_buf_i64(out, lift < 0 ? -lift : lift);
		dcf_buf_z(out, lift < 0 ? " ft lower" : " ft higher");
	} else {
		dcf_put_shown(out, dcf_reply_text(option, "kind"));
		if (metres) {
			dcf_buf_z(out, ", ");
			dcf_buf_fixed(out, metres / 100, 1);
			dcf_buf_z(out, " km, bearing ");
			dcf_line_put_number(out, change, "bearing_deg");
		}
	}
}

/* The ways out of one operation of ours, the cheapest first. */
static void put_ways(struct dcf_buf *out, struct dcf_jval answer)
{
	struct dcf_jwalk it = dcf_jwalk(dcf_jget(answer, "options"));
	struct dcf_jval option;
	bool first = true;

	while (dcf_jnext(&it, &option)) {
		if (first) {
			dcf_buf_z(out, "  way out for ");
			dcf_put_shown(out, dcf_reply_text(option, "move"));
			dcf_buf_z(out, ": ");
		} else {
			dcf_buf_z(out, "; ");
		}
		put_change(out, option);
		first = false;
	}
	if (!first)
		dcf_buf_char(out, '\n');
}

static void put_inside(struct dcf_buf *out, struct dcf_jval inside)
{
	struct dcf_jval check = dcf_jget(inside, "check"), summary, options = dcf_jget(inside, "options");
	struct dcf_jwalk it = dcf_jwalk(dcf_jget(check, "conflicts"));
	struct dcf_jval pair;

	summary = dcf_jget(check, "summary");
	dcf_buf_z(out, "OURS INSIDE (");
	dcf_line_put_number(out, summary, "conflicts");
	dcf_buf_z(out, " conflicts)\n");
	while (dcf_jnext(&it, &pair)) {
		struct dcf_jval a = dcf_jget(pair, "a"), b = dcf_jget(pair, "b");

		dcf_buf_z(out, "  ");
		dcf_put_shown(out, dcf_reply_text(pair, "class"));
		dcf_buf_z(out, "  ");
		dcf_put_shown(out, dcf_reply_text(a, "operation"));
		dcf_buf_z(out, " - ");
		dcf_put_shown(out, dcf_reply_text(b, "operation"));
		dcf_buf_z(out, "  ");
		dcf_line_put_when(out, pair, "start");
		dcf_buf_z(out, " to ");
		dcf_line_put_when(out, pair, "end");
		dcf_buf_char(out, '\n');
	}
	it = dcf_jwalk(options);
	while (dcf_jnext(&it, &pair))
		put_ways(out, pair);
}

static void put_facts(struct dcf_buf *out, struct dcf_jval o)
{
	static const struct {
		const char *name, *text;
	} flags[] = { { "overdue", "OVERDUE" },
		      { "moved", "MOVED by more than its own radius since the version before" },
		      { "suspended", "went while the line was suspended: one way" },
		      { "stale", "last known before the suspension" },
		      { "came_late", "was on its way for long: queued somewhere" },
		      { "dissemination_overdue", "nobody says yet that it reached the controllers" } };
	struct dcf_span timeliness = dcf_reply_text(o, "timeliness"), ref = dcf_reply_text(o, "ref");

	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (dcf_reply_true(o, flags[i].name)) {
			dcf_buf_z(out, "  ");
			dcf_buf_z(out, flags[i].text);
			dcf_buf_char(out, '\n');
		}
	if (timeliness.len)
		dcf_line_put_row(out, "notice", timeliness);
	if (ref.len)
		dcf_line_put_row(out, "about", ref);
	if (dcf_reply_text(o, "answer").len)
		dcf_line_put_row(out, "answer", dcf_reply_text(o, "answer"));
	if (dcf_reply_text(o, "words").len)
		dcf_line_put_row(out, "check-words", dcf_reply_text(o, "words"));
	if (dcf_jcount(dcf_jget(o, "ringing"))) {
		dcf_buf_z(out, "  rings at        ");
		dcf_line_put_texts(out, dcf_jget(o, "ringing"), ", ");
		dcf_buf_char(out, '\n');
	}
	if (dcf_reply_text(o, "deadline").len) {
		dcf_buf_z(out, "  next deadline   ");
		dcf_line_put_when(out, o, "deadline");
		dcf_buf_char(out, '\n');
	}
}

static void put_object(struct dcf_buf *out, struct dcf_jval o)
{
	struct dcf_jwalk it = dcf_jwalk(dcf_jget(o, "history"));
	struct dcf_jval e;

	dcf_put_shown(out, dcf_reply_text(o, "id"));
	dcf_buf_z(out, " version ");
	dcf_line_put_number(out, o, "version");
	dcf_buf_z(out, ", ");
	dcf_put_shown(out, dcf_reply_text(o, "machine"));
	dcf_buf_z(out, dcf_reply_true(o, "ours") ? " of ours to " : " from ");
	dcf_put_shown(out, dcf_reply_text(o, "peer"));
	dcf_buf_z(out, ": ");
	dcf_put_shown(out, dcf_reply_text(o, "state"));
	dcf_buf_z(out, ", ");
	dcf_put_shown(out, dcf_reply_text(o, "precedence"));
	dcf_buf_char(out, '\n');
	put_facts(out, o);
	put_marked(out, dcf_jget(o, "lines"), "  ");
	if (dcf_jcount(dcf_jget(o, "difference"))) {
		dcf_buf_z(out, "WHAT DIFFERS\n");
		put_marked(out, dcf_jget(o, "difference"), "  ");
	}
	if (dcf_jkind(dcf_jget(o, "inside")) == DCF_J_OBJECT)
		put_inside(out, dcf_jget(o, "inside"));
	dcf_buf_z(out, "HISTORY\n");
	while (dcf_jnext(&it, &e))
		put_history_line(out, e);
}

int dcf_line_show(const struct dcf_line_action *action, struct dcf_node_client *c, struct dcf_line_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_node_reply r = { 0 };
	int status = dcf_line_fetch(c, args, args->operand[0], "some", &r);

	(void)action;
	if (status == DCF_EXIT_OK) {
		put_object(&out, r.root);
		status = dcf_line_output(args, &r, &out);
	}
	dcf_node_reply_free(&r);
	dcf_buf_free(&out);
	return status;
}

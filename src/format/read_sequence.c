/* SPDX-License-Identifier: Apache-2.0 */
/* read_sequence.c - JSON inputs: one text, or a sequence of them (RFC 8142, or one a line).
 *
 * A record of a sequence is read whole or refused by itself, as a file is among files: it ends before the next record
 * separator or with its line, whatever is wrong inside it.  What is known to be one text is refused as a whole. */
#include "format/json_members.h"
#include "format/read_int.h"

enum { RECORD_SEPARATOR = 0x1e };

/* Space of a line, and separators that stand at its beginning. */
static int peek_record(struct dcf_reader *r)
{
	int c = dcf_feed_peek(r->feed);

	while (c == RECORD_SEPARATOR) {
		dcf_feed_take(r->feed);
		c = dcf_feed_peek(r->feed);
	}
	return c;
}

/* The record that failed becomes a remark, and nothing else of it is left. */
static void refuse_record(struct dcf_reader *r, uint64_t line)
{
	static const char kind[] = "a feature or another text of JSON in each record";
	struct dcf_remark m = { .refused = true };
	bool named =
		r->plan->operation_count > r->before.plan.operation_count || r->plan->party_count > r->before.plan.party_count;

	dcf_reader_back(r);
	r->status = DCF_OK;
	m.where = dcf_buf_as_span(&r->fatal_where);
	m.text = dcf_buf_as_span(&r->fatal_text);
	if (dcf_tally(r, kind, line))
		(void)dcf_reader_ok(r, dcf_plan_remark(r->plan, &m));
	/* To forget names takes a while. */
	if (named)
		dcf_count_refused(r);
}

/* The record at hand; false when there is nothing in it. */
static bool read_record(struct dcf_reader *r, size_t index)
{
	uint64_t line, byte;
	int c = peek_record(r);

	if (c < 0)
		return false;
	dcf_feed_mark(r->feed, &line, &byte);
	dcf_reader_mark(r);
	dcf_read_text(r, c, index, true);
	if (r->status != DCF_OK && r->status != DCF_E_NOMEM && !r->beyond_record)
		refuse_record(r, line);
	return true;
}

/* Records up to the end of the input, the first of them the `index`th text. */
static void read_records(struct dcf_reader *r, char stop, size_t index)
{
	dcf_feed_bound(r->feed, stop);
	do
		index += read_record(r, index);
	while (r->status == DCF_OK && dcf_feed_next(r->feed));
	if (r->status != DCF_OK)
		return;
	if (r->feed->status != DCF_OK)
		dcf_refuse_feed(r);
	else if (index == 0)
		dcf_refuse_byte(r, DCF_FEED_END, "an operations file");
	else
		dcf_tell_tallies(r, "records");
}

/* --- a feature a line ----------------------------------------------------------------------------- */

/* Is `"type": "Feature"` a member of the object that begins here, wherever else it breaks? */
static bool says_feature(struct dcf_span text)
{
	struct dcf_json_members m = dcf_json_members_of(text);
	struct dcf_span name, value;

	while (dcf_json_members_next(&m, &name, &value))
		if (dcf_span_eq(name, DCF_SPAN("type")))
			return dcf_span_eq(value, DCF_SPAN("\"Feature\""));
	return false;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Up to the first byte from `at` on that is (or is not) the end of a line or space; SIZE_MAX when it is not among the first
 * DCF_FEED_HELD. */
static size_t find(struct dcf_feed *f, size_t at, bool line_end)
{
	for (;; at++) {
		if (at > DCF_FEED_HELD || (at == f->end && !dcf_feed_more(f)))
			return SIZE_MAX;
		if (line_end ? f->buf[at] == '\n' : !is_space(f->buf[at]))
			return at;
	}
}

/* The first text broke.  Was it a feature on a line of its own, and another object on the next?  Then these are lines, each
 * for itself; everything else is one broken text, of which nothing is known. */
static bool is_broken_line(struct dcf_reader *r)
{
	struct dcf_feed *f = r->feed;
	size_t line, end, next;

	if (r->status == DCF_E_NOMEM || r->beyond_record || !f->held)
		return false;
	dcf_feed_rewind(f);
	line = find(f, f->at, false);
	end = line == SIZE_MAX ? SIZE_MAX : find(f, line, true);
	next = end == SIZE_MAX ? SIZE_MAX : find(f, end, false);
	return next != SIZE_MAX && f->buf[next] == '{' && says_feature((struct dcf_span){ f->buf + line, end - line });
}

/* Take white space up to the end of the line; `*apart`: there was one, or a separator. */
static int between_texts(struct dcf_feed *f, bool *apart)
{
	for (;; dcf_feed_take(f)) {
		int c = dcf_feed_byte(f);

		if (c == '\n' || c == RECORD_SEPARATOR)
			*apart = true;
		else if (c != ' ' && c != '\t' && c != '\r')
			return c;
	}
}

/* What stands behind a text without being apart from it. */
static void refuse_joined(struct dcf_reader *r, int c)
{
	dcf_refuse_byte(r, c, "the end, or the next feature on a line of its own");
}

/* More texts behind one of several lines: where one of them ends is only known while all are good. */
static void read_long_texts(struct dcf_reader *r)
{
	for (size_t i = 1; r->status == DCF_OK; i++) {
		bool apart = false;
		int c = between_texts(r->feed, &apart);

		if (c == DCF_FEED_END)
			return;
		if (c == DCF_FEED_FAILED)
			dcf_refuse_feed(r);
		else if (!apart)
			refuse_joined(r, c);
		else
			dcf_read_text(r, c, i, true);
	}
}

/* Take what is left of the line: nothing may. */
static void end_line(struct dcf_reader *r)
{
	int c;

	while ((c = dcf_feed_byte(r->feed)) == ' ' || c == '\t' || c == '\r')
		dcf_feed_take(r->feed);
	if (c == DCF_FEED_FAILED)
		dcf_refuse_feed(r);
	else if (c != '\n' && c != DCF_FEED_END && c != RECORD_SEPARATOR)
		refuse_joined(r, c);
}

static void read_from_first(struct dcf_reader *r, int c)
{
	struct dcf_feed *f = r->feed;
	uint64_t first, last, byte;

	dcf_feed_hold(f);
	dcf_feed_mark(f, &first, &byte);
	dcf_reader_mark(r);
	dcf_read_text(r, c, 0, false);
	dcf_feed_mark(f, &last, &byte);
	if (r->status == DCF_OK && first == last)
		end_line(r);
	if (r->status != DCF_OK) {
		if (!is_broken_line(r))
			return;
		dcf_reader_back(r);
		r->status = DCF_OK;
		read_records(r, '\n', 0);
		return;
	}
	f->held = false;
	if (first == last)
		read_records(r, '\n', 1);
	else
		read_long_texts(r);
}

void dcf_read_texts(struct dcf_reader *r)
{
	int c = dcf_feed_byte(r->feed);

	if (c == RECORD_SEPARATOR)
		read_records(r, RECORD_SEPARATOR, 0);
	else
		read_from_first(r, c);
	if (r->status == DCF_OK && r->collection_seen && !r->version_seen) {
		r->scope = DCF_SCOPE_INPUT;
		r->prefix = DCF_SPAN("");
		dcf_warn(r, "deconflict", "no member \"deconflict\": read as version 1 of the format");
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* read_say.c - putting what is wrong with an input into one clear line: where, what was found, what was expected. */
#include "base/utf8.h"
#include "format/read_int.h"

#include <assert.h>

enum { SHOWN = 40 /* bytes of a found string that are shown */ };

bool dcf_reader_ok(struct dcf_reader *r, enum dcf_status s)
{
	if (s != DCF_OK && r->status != DCF_E_NOMEM)
		r->status = s;
	return s == DCF_OK;
}

void *dcf_reader_get(struct dcf_reader *r, size_t n)
{
	void *p = dcf_arena_get(&r->plan->arena, n);

	if (!p)
		r->status = DCF_E_NOMEM;
	return p;
}

struct dcf_span dcf_reader_keep(struct dcf_reader *r, struct dcf_span s)
{
	struct dcf_span copy = dcf_arena_copy(&r->plan->arena, s);

	if (!copy.p) {
		r->status = DCF_E_NOMEM;
		copy = DCF_SPAN("");
	}
	return copy;
}

void dcf_say_quoted(struct dcf_buf *out, struct dcf_span s)
{
	size_t i = 0;

	dcf_buf_char(out, '"');
	while (i < s.len && i < SHOWN) {
		size_t n = dcf_utf8_length(s.p + i, s.len - i);

		if (n == 0 || dcf_utf8_steers(s.p + i, n)) {
			dcf_buf_z(out, "\xef\xbf\xbd");
			i++;
		} else {
			dcf_buf_put(out, s.p + i, n);
			i += n;
		}
	}
	dcf_buf_z(out, i < s.len ? "...\"" : "\"");
}

/* A double in a message: enough digits to recognise it, never more than that. */
static void say_double(struct dcf_buf *out, double v)
{
	double size = v < 0 ? -v : v;

	if (size != 0 && !(size >= 1e-6 && size < 1e11)) {
		dcf_buf_z(out, size < 1 ? "a number near 0" : v < 0 ? "a number below -1e11" : "a number above 1e11");
		return;
	}
	dcf_buf_fixed(out, (int64_t)(v * 1e7 + (v < 0 ? -0.5 : 0.5)), 7);
}

void dcf_say_value(struct dcf_buf *out, struct dcf_jval v)
{
	double d = 0;

	switch (dcf_jkind(v)) {
	case DCF_J_OBJECT:
		dcf_buf_z(out, dcf_jcount(v) ? "an object" : "an empty object");
		break;
	case DCF_J_ARRAY:
		dcf_buf_z(out, dcf_jcount(v) ? "an array of " : "an empty array");
		if (dcf_jcount(v))
			dcf_buf_i64(out, (int64_t)dcf_jcount(v));
		break;
	case DCF_J_STRING:
		dcf_say_quoted(out, dcf_jstring(v));
		break;
	case DCF_J_TRUE:
	case DCF_J_FALSE:
		dcf_buf_z(out, dcf_jkind(v) == DCF_J_TRUE ? "true" : "false");
		break;
	case DCF_J_NULL:
		dcf_buf_z(out, "null");
		break;
	case DCF_J_ABSENT:
		dcf_buf_z(out, "nothing");
		break;
	default:
		(void)dcf_jdouble(v, &d);
		say_double(out, d);
	}
}

/* A name as JSON pointers have it (RFC 6901). */
static void say_token(struct dcf_buf *out, struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '~')
			dcf_buf_z(out, "~0");
		else if (s.p[i] == '/')
			dcf_buf_z(out, "~1");
		else
			dcf_buf_char(out, s.p[i]);
	}
}

static void say_path(struct dcf_buf *out, const struct dcf_step *at, bool lead)
{
	if (!at)
		return;
	say_path(out, at->up, lead);
	if (lead || at->up)
		dcf_buf_char(out, '/');
	if (!at->name)
		dcf_buf_i64(out, (int64_t)at->index);
	else
		say_token(out, *at->name ? dcf_span_of(at->name) : at->text);
}

/* The member a person would look for: "lower" of properties/lower/unit, "geometry" of geometry/coordinates/3. */
static struct dcf_span field_of(const struct dcf_step *at)
{
	const struct dcf_step *below = NULL;

	if (!at)
		return DCF_SPAN("");
	for (; at->up; at = at->up)
		below = at;
	if (below && below->name && at->name && strcmp(at->name, "properties") == 0)
		at = below;
	return !at->name ? DCF_SPAN("") : *at->name ? dcf_span_of(at->name) : at->text;
}

static void remark(struct dcf_reader *r, bool refused, struct dcf_span where, struct dcf_span field, struct dcf_span text)
{
	struct dcf_remark m = { .refused = refused, .where = where, .field = field, .text = text };

	if (r->scope == DCF_SCOPE_FEATURE) {
		m.party = r->party;
		m.operation = r->operation;
	}
	(void)dcf_reader_ok(r, dcf_plan_remark(r->plan, &m));
}

static void clear(struct dcf_buf *b)
{
	b->len = 0;
}

static void check_buffers(struct dcf_reader *r)
{
	if (r->text.failed || r->path.failed || r->fatal_where.failed || r->fatal_text.failed)
		r->status = DCF_E_NOMEM;
}

/* Only the first reason against an input is told: the rest of it was not looked at in earnest. */
static bool fatal(struct dcf_reader *r, enum dcf_status status)
{
	if (r->status != DCF_OK)
		return false;
	clear(&r->fatal_where);
	clear(&r->fatal_text);
	r->status = status;
	return true;
}

/* The reason in r->text, in the current scope. */
static void pronounce(struct dcf_reader *r, const struct dcf_step *at)
{
	clear(&r->path);
	r->reasons++;
	if (r->scope == DCF_SCOPE_FEATURE) {
		remark(r, true, r->where, field_of(at), dcf_buf_as_span(&r->text));
	} else {
		dcf_buf_span(&r->path, r->prefix);
		say_path(&r->path, at, true);
		if (r->scope == DCF_SCOPE_ENTRY) {
			remark(r, true, dcf_buf_as_span(&r->path), DCF_SPAN(""), dcf_buf_as_span(&r->text));
			dcf_count_refused(r);
		} else if (fatal(r, DCF_E_SYNTAX)) {
			dcf_buf_span(&r->fatal_where, dcf_buf_as_span(&r->path));
			dcf_buf_span(&r->fatal_text, dcf_buf_as_span(&r->text));
		}
	}
	check_buffers(r);
}

static void begin(struct dcf_reader *r, const struct dcf_step *at)
{
	clear(&r->text);
	if (at && r->scope == DCF_SCOPE_FEATURE) {
		say_path(&r->text, at, false);
		dcf_buf_z(&r->text, ": ");
	}
}

void dcf_refuse(struct dcf_reader *r, const struct dcf_step *at, const char *text)
{
	begin(r, at);
	dcf_buf_z(&r->text, text);
	pronounce(r, at);
}

void dcf_refuse_found(struct dcf_reader *r, const struct dcf_step *at, struct dcf_jval found, const char *expected)
{
	begin(r, at);
	dcf_buf_z(&r->text, "found ");
	dcf_say_value(&r->text, found);
	dcf_buf_z(&r->text, ", expected ");
	dcf_buf_z(&r->text, expected);
	pronounce(r, at);
}

void dcf_refuse_text(struct dcf_reader *r, const struct dcf_step *at, struct dcf_span found, const char *expected)
{
	begin(r, at);
	dcf_buf_z(&r->text, "found ");
	dcf_say_quoted(&r->text, found);
	dcf_buf_z(&r->text, ", expected ");
	dcf_buf_z(&r->text, expected);
	pronounce(r, at);
}

void dcf_refuse_twice(struct dcf_reader *r, struct dcf_span name)
{
	begin(r, NULL);
	dcf_buf_z(&r->text, "found the member ");
	dcf_say_quoted(&r->text, name);
	dcf_buf_z(&r->text, " twice in one object, expected it once");
	pronounce(r, NULL);
}

void dcf_warn(struct dcf_reader *r, const char *field, const char *text)
{
	struct dcf_span where = r->where;

	if (r->scope != DCF_SCOPE_FEATURE)
		where = r->prefix.len ? (struct dcf_span){ r->prefix.p, r->prefix.len - 1 } : r->options->name;
	remark(r, false, where, dcf_span_of(field), dcf_span_of(text));
}

void dcf_refuse_input_at(struct dcf_reader *r, enum dcf_status status, ptrdiff_t offset, const char *text)
{
	uint64_t line, byte;

	if (!fatal(r, status))
		return;
	dcf_feed_place(r->feed, offset, &line, &byte);
	dcf_buf_span(&r->fatal_where, r->options->name);
	dcf_buf_char(&r->fatal_where, ':');
	dcf_buf_i64(&r->fatal_where, (int64_t)line);
	dcf_buf_char(&r->fatal_where, ':');
	dcf_buf_i64(&r->fatal_where, (int64_t)byte);
	dcf_buf_z(&r->fatal_text, text);
	check_buffers(r);
}

void dcf_refuse_input(struct dcf_reader *r, enum dcf_status status, const char *text)
{
	if (!fatal(r, status))
		return;
	dcf_buf_span(&r->fatal_where, r->options->name);
	dcf_buf_z(&r->fatal_text, text);
	check_buffers(r);
}

/* Lines mean nothing in packed data: how many bytes of it were good. */
static void refuse_packed(struct dcf_reader *r, const char *text, uint64_t packed)
{
	dcf_refuse_input(r, DCF_E_SYNTAX, text);
	dcf_buf_z(&r->fatal_text, " (after ");
	dcf_buf_i64(&r->fatal_text, (int64_t)packed);
	dcf_buf_z(&r->fatal_text, " bytes of the packed file)");
	check_buffers(r);
}

/* "reading failed: Input/output error" */
static void refuse_unread(struct dcf_reader *r)
{
	dcf_refuse_input(r, DCF_E_IO, r->feed->text);
	if (r->feed->cause) {
		dcf_buf_z(&r->fatal_text, ": ");
		dcf_buf_z(&r->fatal_text, strerror(r->feed->cause));
	}
	check_buffers(r);
}

void dcf_refuse_feed(struct dcf_reader *r)
{
	const struct dcf_feed *f = r->feed;
	const char *text;
	uint64_t packed;

	r->beyond_record = r->beyond_record || !f->local;
	if (f->status == DCF_E_NOMEM)
		r->status = DCF_E_NOMEM;
	else if (f->status == DCF_E_IO)
		refuse_unread(r);
	else if (f->gunzip && dcf_gunzip_failure(f->gunzip, &text, &packed) != DCF_OK)
		refuse_packed(r, text, packed);
	else
		dcf_refuse_input_at(r, f->status, (ptrdiff_t)f->fault, f->text);
}

void dcf_refuse_byte(struct dcf_reader *r, int c, const char *expected)
{
	char found[] = { (char)c };

	if (c == DCF_FEED_FAILED) {
		dcf_refuse_feed(r);
		return;
	}
	clear(&r->text);
	dcf_buf_z(&r->text, "found ");
	if (c == DCF_FEED_END)
		dcf_buf_z(&r->text, dcf_feed_at_stop(r->feed) ? "the end of the record" : "the end of the input");
	else
		dcf_say_quoted(&r->text, (struct dcf_span){ found, 1 });
	dcf_buf_z(&r->text, ", expected ");
	dcf_buf_z(&r->text, expected);
	dcf_buf_char(&r->text, '\0');
	if (r->text.failed)
		r->status = DCF_E_NOMEM;
	else
		dcf_refuse_input_at(r, DCF_E_SYNTAX, c == DCF_FEED_END ? dcf_feed_end_of_text(r->feed) : 0, r->text.p);
}

/* The member a person would look for, of a pointer: see field_of. */
static struct dcf_span field_of_pointer(struct dcf_span pointer)
{
	static const struct dcf_span properties = DCF_NAME("/properties/");
	size_t n = 0;

	if (pointer.len > properties.len && memcmp(pointer.p, properties.p, properties.len) == 0)
		n = properties.len - 1;
	pointer = (struct dcf_span){ pointer.p + n + (pointer.len > n), pointer.len - n - (pointer.len > n) };
	for (n = 0; n < pointer.len && pointer.p[n] != '/'; n++)
		;
	return (struct dcf_span){ pointer.p, n };
}

void dcf_refuse_number(struct dcf_reader *r, struct dcf_span pointer, struct dcf_span number)
{
	bool cut = number.len > SHOWN;

	clear(&r->text);
	if (r->scope == DCF_SCOPE_FEATURE && pointer.len) {
		dcf_buf_put(&r->text, pointer.p + 1, pointer.len - 1);
		dcf_buf_z(&r->text, ": ");
	}
	dcf_buf_z(&r->text, "found the number ");
	dcf_buf_put(&r->text, number.p, cut ? SHOWN / 2 : number.len);
	if (cut) {
		dcf_buf_z(&r->text, "... of ");
		dcf_buf_i64(&r->text, (int64_t)number.len);
		dcf_buf_z(&r->text, " characters");
	}
	dcf_buf_z(&r->text, ", which is too large, expected a smaller one");
	r->reasons++;
	if (r->scope == DCF_SCOPE_FEATURE) {
		remark(r, true, r->where, field_of_pointer(pointer), dcf_buf_as_span(&r->text));
	} else if (fatal(r, DCF_E_SYNTAX)) {
		dcf_buf_span(&r->fatal_where, r->prefix);
		dcf_buf_span(&r->fatal_where, pointer);
		dcf_buf_span(&r->fatal_text, dcf_buf_as_span(&r->text));
	}
	check_buffers(r);
}

/* --- how many ------------------------------------------------------------------------------------- */

void dcf_count_refused(struct dcf_reader *r)
{
	if (++r->refused_count <= DCF_READ_REFUSED_MAX)
		return;
	r->beyond_record = true;
	dcf_refuse_input(r, DCF_E_LIMIT, "found more than 100000 refused features, expected an input that can be read");
}

static struct dcf_tally *tally_of(struct dcf_reader *r, const char *kind)
{
	size_t i = 0;

	while (i < r->tally_count && strcmp(r->tallies[i].kind, kind) != 0)
		i++;
	if (i == r->tally_count) {
		assert(i < DCF_TALLIES);
		r->tallies[r->tally_count++] = (struct dcf_tally){ kind, 0, 0, 0 };
	}
	return &r->tallies[i];
}

bool dcf_tally(struct dcf_reader *r, const char *kind, uint64_t line)
{
	struct dcf_tally *t = tally_of(r, kind);

	if (++r->tallied > DCF_READ_TALLY_MAX) {
		r->beyond_record = true;
		dcf_refuse_input(r, DCF_E_LIMIT,
				 "found more than 10000000 refused rows or records, expected an input that can be read");
		return false;
	}
	if (++t->count <= DCF_READ_LISTED_MAX)
		return true;
	t->from = t->from ? t->from : line;
	t->to = line;
	return false;
}

static void tell_tally(struct dcf_reader *r, const struct dcf_tally *t, const char *things)
{
	struct dcf_remark m = { .refused = true, .more = t->count - DCF_READ_LISTED_MAX - 1 };

	clear(&r->path);
	dcf_buf_span(&r->path, r->options->name);
	dcf_buf_char(&r->path, ':');
	dcf_buf_i64(&r->path, (int64_t)t->from);
	dcf_buf_char(&r->path, '-');
	dcf_buf_i64(&r->path, (int64_t)t->to);
	clear(&r->text);
	dcf_buf_i64(&r->text, (int64_t)(t->count - DCF_READ_LISTED_MAX));
	dcf_buf_z(&r->text, " more ");
	dcf_buf_z(&r->text, things);
	dcf_buf_z(&r->text, " refused like the first ");
	dcf_buf_i64(&r->text, DCF_READ_LISTED_MAX);
	dcf_buf_z(&r->text, ": expected ");
	dcf_buf_z(&r->text, t->kind);
	check_buffers(r);
	m.where = dcf_buf_as_span(&r->path);
	m.text = dcf_buf_as_span(&r->text);
	(void)dcf_reader_ok(r, dcf_plan_remark(r->plan, &m));
}

void dcf_tell_tallies(struct dcf_reader *r, const char *things)
{
	r->scope = DCF_SCOPE_INPUT;
	for (size_t i = 0; i < r->tally_count && r->status == DCF_OK; i++)
		if (r->tallies[i].count > DCF_READ_LISTED_MAX)
			tell_tally(r, &r->tallies[i], things);
}

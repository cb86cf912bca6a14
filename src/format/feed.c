/* SPDX-License-Identifier: Apache-2.0 */
#include "format/feed.h"

#include <limits.h>
#include <string.h>

enum { WINDOW = 512 * 1024, LEAST_ROOM = 128 * 1024, SNIFF = 32 * 1024 };

bool dcf_feed_fail(struct dcf_feed *f, enum dcf_status status, const char *text)
{
	if (f->status == DCF_OK) {
		f->status = status;
		f->text = text;
	}
	return false;
}

/* Count the lines up to buf[to]. */
static void count_to(struct dcf_feed *f, size_t to)
{
	const char *p = f->buf + f->seen, *end = f->buf + to;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		f->lines++;
		f->line_from = f->base + (uint64_t)(p - f->buf);
	}
	f->seen = to;
}

/* Forget the bytes that were taken. */
static void slide(struct dcf_feed *f)
{
	count_to(f, f->at);
	f->base += f->at;
	memmove(f->buf, f->buf + f->at, f->filled - f->at);
	f->filled -= f->at;
	f->end -= f->at;
	f->at = f->seen = 0;
}

static bool grow(struct dcf_feed *f)
{
	size_t cap = f->cap ? f->cap * 2 : WINDOW;
	char *p = f->from->resize(f->from->ctx, f->buf, f->cap ? f->cap + DCF_FEED_SLACK : 0, cap + DCF_FEED_SLACK);

	if (!p)
		return dcf_feed_fail(f, DCF_E_NOMEM, "out of memory");
	f->buf = p;
	f->cap = cap;
	return true;
}

static bool source_failed(struct dcf_feed *f, int64_t why)
{
	const char *text;
	uint64_t packed;
	enum dcf_status s = f->gunzip ? dcf_gunzip_failure(f->gunzip, &text, &packed) : DCF_OK;

	f->fault = f->end - f->at;
	f->cause = why < -1 && why >= -INT_MAX ? (int)-why : 0;
	return s == DCF_OK ? dcf_feed_fail(f, DCF_E_IO, "reading failed") : dcf_feed_fail(f, s, text);
}

/* The record ends at the first stop from `from` on, or not among the bytes that are there. */
static void find_stop(struct dcf_feed *f, size_t from)
{
	const char *p = f->stop >= 0 && from < f->filled ? memchr(f->buf + from, f->stop, f->filled - from) : NULL;

	f->end = p ? (size_t)(p - f->buf) : f->filled;
}

bool dcf_feed_more(struct dcf_feed *f)
{
	int64_t n;
	size_t room, before;

	if (f->status != DCF_OK || f->eof || f->end < f->filled)
		return false;
	if (f->at && !f->held && f->cap - f->filled < LEAST_ROOM)
		slide(f);
	if (f->cap - f->filled < LEAST_ROOM && !grow(f))
		return false;
	room = f->sniffing ? SNIFF : f->cap - f->filled;
	n = f->source->read(f->source->ctx, f->buf + f->filled, room);
	if (n < 0 || (uint64_t)n > room)
		return source_failed(f, n);
	f->eof = n == 0;
	f->filled += (size_t)n;
	/* Not all of the window, which may be a thousand times what a declaration has. */
	memset(f->buf + f->filled, 0, DCF_FEED_SLACK);
	before = f->end;
	find_stop(f, before);
	return f->end > before;
}

void dcf_feed_bound(struct dcf_feed *f, char stop)
{
	f->stop = (unsigned char)stop;
	find_stop(f, f->at);
}

bool dcf_feed_next(struct dcf_feed *f)
{
	uint64_t rest = 0;

	if (f->local) {
		f->status = DCF_OK;
		f->local = false;
	}
	for (;;) {
		rest += f->end - f->at;
		f->at = f->end;
		if (rest > f->max)
			return dcf_feed_fail(f, DCF_E_LIMIT,
					     "found a broken record of more than 64 MiB, expected less in one record");
		if (f->end < f->filled)
			break;
		if (!dcf_feed_more(f) && (f->status != DCF_OK || f->eof))
			return false;
	}
	f->at++;
	find_stop(f, f->at);
	return true;
}

void dcf_feed_rewind(struct dcf_feed *f)
{
	f->at = f->start;
	f->seen = 0;
	f->lines = f->line_from = 0;
	if (f->local)
		f->status = DCF_OK;
	f->local = false;
}

void dcf_feed_open(struct dcf_feed *f, const struct dcf_alloc *a, const struct dcf_source *source)
{
	static const char mark[] = "\xef\xbb\xbf";

	*f = (struct dcf_feed){ .from = a, .source = source, .max = DCF_READ_RECORD_MAX, .stop = -1, .sniffing = true };
	while (f->end < 2 && dcf_feed_more(f))
		;
	if (f->status == DCF_OK && dcf_is_gzip(f->buf, f->end)) {
		f->status = dcf_gunzip_new(a, source, (struct dcf_span){ f->buf, f->end }, &f->gunzip);
		if (f->status != DCF_OK)
			return;
		f->unpacked = dcf_gunzip_source(f->gunzip);
		f->source = &f->unpacked;
		f->end = f->filled = 0;
		f->eof = false;
	}
	while (f->end < 3 && dcf_feed_more(f))
		;
	if (f->end >= 3 && memcmp(f->buf, mark, 3) == 0)
		f->at = f->start = 3;
	f->sniffing = false;
}

void dcf_feed_free(struct dcf_feed *f)
{
	if (f->cap)
		dcf_alloc_free(f->from, f->buf, f->cap + DCF_FEED_SLACK);
	dcf_gunzip_free(f->gunzip);
	*f = (struct dcf_feed){ .from = f->from };
}

int dcf_feed_byte(struct dcf_feed *f)
{
	if (f->at == f->end && !dcf_feed_more(f))
		return f->status == DCF_OK ? DCF_FEED_END : DCF_FEED_FAILED;
	return (unsigned char)f->buf[f->at];
}

int dcf_feed_peek(struct dcf_feed *f)
{
	for (;; f->at++) {
		int c = dcf_feed_byte(f);

		if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
			return c;
	}
}

/* A number, true, false or null ends before white space, a bracket, a comma or the end. */
static size_t scan_scalar(const char *p, size_t n, enum dcf_scan_state *state)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] && strchr(" \t\r\n,:]}[{\"\x1e", p[i])) {
			*state = DCF_SCAN_DONE;
			return i;
		}
	}
	*state = DCF_SCAN_MORE;
	return n;
}

static bool is_container(char c)
{
	return c == '{' || c == '[';
}

/* Fail for what the bytes at hand say, not for how they came: the next record may be good. */
static bool fail_here(struct dcf_feed *f, enum dcf_status status, const char *text)
{
	f->local = f->status == DCF_OK;
	return dcf_feed_fail(f, status, text);
}

/* A record is said to end where its text does: the white space before the next one would look like a place in that. */
static size_t end_of_text(const struct dcf_feed *f, size_t from)
{
	size_t n = f->end;

	while (f->stop >= 0 && n > from && strchr(" \t\r\n", f->buf[n - 1]) && f->buf[n - 1])
		n--;
	return n;
}

ptrdiff_t dcf_feed_end_of_text(const struct dcf_feed *f)
{
	return (ptrdiff_t)end_of_text(f, f->seen) - (ptrdiff_t)f->at;
}

static bool ended(struct dcf_feed *f, size_t len, struct dcf_span *value)
{
	static const char *const texts[2][2] = {
		{ "found the end of the input inside an object or array, expected its end",
		  "found the end of the input inside a string, expected its closing quote" },
		{ "found the end of the record inside an object or array, expected its end",
		  "found the end of the record inside a string, expected its closing quote" },
	};
	char c = f->buf[f->at];

	if (f->status != DCF_OK)
		return false;
	if (is_container(c) || c == '"') {
		f->fault = end_of_text(f, f->at) - f->at;
		return fail_here(f, DCF_E_SYNTAX, texts[f->end < f->filled][c == '"']);
	}
	*value = (struct dcf_span){ f->buf + f->at, len };
	f->at += len;
	return true;
}

bool dcf_feed_value(struct dcf_feed *f, uint32_t max_depth, struct dcf_span *value)
{
	struct dcf_scan *scan = &f->scan;
	enum dcf_scan_state state = DCF_SCAN_MORE;
	size_t len = 0;
	char c = f->buf[f->at];

	dcf_scan_begin(scan, max_depth);
	for (;;) {
		const char *p = f->buf + f->at + len;
		size_t n = f->end - f->at - len;

		if (is_container(c))
			len += dcf_scan_container(scan, p, n, &state);
		else
			len += c == '"' ? dcf_scan_string(scan, p, n, &state) : scan_scalar(p, n, &state);
		if (state == DCF_SCAN_DEEP) {
			f->fault = 0;
			return fail_here(f, DCF_E_LIMIT,
					 "found objects and arrays nested too deep, expected at most 64 levels");
		}
		if (len > f->max) {
			f->fault = 0;
			return dcf_feed_fail(f, DCF_E_LIMIT,
					     "found a value of more than 64 MiB, expected less in one feature or member");
		}
		if (state == DCF_SCAN_DONE)
			break;
		if (!dcf_feed_more(f))
			return ended(f, len, value);
	}
	*value = (struct dcf_span){ f->buf + f->at, len };
	f->at += len;
	return true;
}

void dcf_feed_mark(struct dcf_feed *f, uint64_t *line, uint64_t *byte)
{
	count_to(f, f->at);
	*line = f->lines + 1;
	*byte = f->base + f->at - f->line_from + 1;
}

void dcf_feed_place(const struct dcf_feed *f, ptrdiff_t offset, uint64_t *line, uint64_t *byte)
{
	struct dcf_feed to = *f;

	to.at = offset < 0 && (size_t)-offset > f->at - f->seen ? f->seen : (size_t)((ptrdiff_t)f->at + offset);
	if (to.at > f->end)
		to.at = f->end;
	dcf_feed_mark(&to, line, byte);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "domain/message_page_int.h"

size_t dcf_page_width(enum dcf_row_kind kind)
{
	return kind == DCF_ROW_PAIR ? DCF_PAGE_COLUMNS - DCF_PAGE_KEY : DCF_PAGE_COLUMNS;
}

struct dcf_span dcf_page_cut(struct dcf_span *rest, size_t width)
{
	size_t at = 0, blank = 0, n;
	struct dcf_span line = *rest;

	for (size_t columns = 0; at < rest->len && columns <= width; at += n, columns++) {
		n = dcf_utf8_length(rest->p + at, rest->len - at);
		n = n ? n : 1;
		if (rest->p[at] == ' ')
			blank = at;
		if (columns == width) {
			if (blank == 0)
				blank = at; /* one long word */
			line.len = blank;
			at = blank + (rest->p[blank] == ' ');
			*rest = (struct dcf_span){ rest->p + at, rest->len - at };
			return line;
		}
	}
	*rest = (struct dcf_span){ rest->p + rest->len, 0 };
	return line;
}

const char *dcf_page_mark(const struct dcf_page_row *row)
{
	return dcf_coded_unreviewed((enum dcf_language)row->language) ? " (unreviewed)" : "";
}

static size_t lines_of(const struct dcf_page_row *row)
{
	struct dcf_span rest = row->text;
	size_t lines = 0, width = dcf_page_width((enum dcf_row_kind)row->kind);

	if (row->kind == DCF_ROW_WORDS)
		return DCF_PAGE_DIGIT_LINES;
	/* The mark stands behind the last line: room for it in each. */
	width -= strlen(dcf_page_mark(row));
	do {
		(void)dcf_page_cut(&rest, width);
		lines++;
	} while (rest.len);
	return lines;
}

/* Leave the first `most` lines of the text being written. */
static void shorten(struct dcf_page_rows *r, const struct dcf_page_row *row, size_t most)
{
	struct dcf_span rest = dcf_buf_as_span(&r->text), line = { NULL, 0 };
	size_t width = dcf_page_width((enum dcf_row_kind)row->kind) - strlen(dcf_page_mark(row));

	if (rest.len == 0)
		return;
	for (size_t i = 0; i < most; i++)
		line = dcf_page_cut(&rest, width);
	if (rest.len == 0)
		return;
	line = dcf_page_cut(&line, width - 4);
	r->text.len = (size_t)(line.p + line.len - r->text.p);
	dcf_buf_z(&r->text, " ...");
}

bool dcf_page_row(struct dcf_page_rows *r, enum dcf_row_kind kind, const char *key, enum dcf_language language, size_t most)
{
	struct dcf_page_row *row;
	size_t lines;

	if (r->status == DCF_OK && r->text.failed)
		r->status = DCF_E_NOMEM;
	if (r->status != DCF_OK || r->count == DCF_PAGE_ROWS_MAX) {
		r->text.len = 0;
		r->dropped++;
		return false;
	}
	row = &r->row[r->count];
	*row = (struct dcf_page_row){ .kind = (uint8_t)kind, .language = (uint8_t)language, .key = key };
	if (kind != DCF_ROW_WORDS)
		shorten(r, row, most);
	row->text = dcf_arena_copy(&r->arena, dcf_buf_as_span(&r->text));
	r->text.len = 0;
	if (!row->text.p) {
		r->status = DCF_E_NOMEM;
		return false;
	}
	lines = lines_of(row);
	if (r->lines + lines + r->kept > DCF_PAGE_LINES) {
		r->dropped++;
		return false;
	}
	r->lines += lines;
	r->count++;
	return true;
}

bool dcf_page_row_z(struct dcf_page_rows *r, enum dcf_row_kind kind, const char *key, const char *text)
{
	dcf_buf_z(&r->text, text);
	return dcf_page_row(r, kind, key, DCF_ENGLISH, 2);
}

void dcf_page_plain(struct dcf_buf *out, struct dcf_span s)
{
	for (size_t i = 0, n; i < s.len; i += n) {
		n = dcf_utf8_length(s.p + i, s.len - i);
		if (n == 1 && (s.p[i] == '\n' || s.p[i] == '\t' || s.p[i] == '\r'))
			dcf_buf_char(out, ' ');
		else if (n == 0 || dcf_utf8_steers(s.p + i, n))
			dcf_buf_z(out, "\xef\xbf\xbd");
		else
			dcf_buf_put(out, s.p + i, n);
		n = n ? n : 1;
	}
}

void dcf_page_coded(struct dcf_page_rows *r, enum dcf_row_kind kind, const char *key, enum dcf_coded_group group,
		    struct dcf_span code)
{
	const char *phrase = dcf_coded_form(group, code, r->page->language);

	dcf_coded_put(&r->text, group, code, DCF_ENGLISH, false);
	(void)dcf_page_row(r, kind, key, DCF_ENGLISH, 2);
	if (!phrase || r->page->language == DCF_ENGLISH)
		return;
	dcf_buf_z(&r->text, phrase);
	(void)dcf_page_row(r, kind, "", r->page->language, 2);
}

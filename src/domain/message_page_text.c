/* SPDX-License-Identifier: Apache-2.0 */
/* message_page_text.c - a page as plain text. */
#include "base/utf8.h"
#include "domain/message_page_int.h"

/* Large digits, three characters wide. */
static const char *const large[10][DCF_PAGE_DIGIT_LINES] = {
	{ "###", "# #", "# #", "# #", "###" }, { "  #", "  #", "  #", "  #", "  #" }, { "###", "  #", "###", "#  ", "###" },
	{ "###", "  #", "###", "  #", "###" }, { "# #", "# #", "###", "  #", "  #" }, { "###", "#  ", "###", "  #", "###" },
	{ "###", "#  ", "###", "# #", "###" }, { "###", "  #", "  #", "  #", "  #" }, { "###", "# #", "###", "# #", "###" },
	{ "###", "# #", "###", "  #", "###" },
};

/* The digits as such stand beside the large ones, for whoever copies them: 2 + 54 + 1 + 15 columns. */
static void put_words(struct dcf_buf *out, struct dcf_span words)
{
	for (size_t line = 0; line < DCF_PAGE_DIGIT_LINES; line++) {
		dcf_buf_fill(out, ' ', 2);
		for (size_t i = 0; i < words.len; i++) {
			char c = words.p[i];

			dcf_buf_z(out, c >= '0' && c <= '9' ? large[c - '0'][line] : " ");
			dcf_buf_char(out, ' ');
		}
		if (line == DCF_PAGE_DIGIT_LINES - 1) {
			dcf_buf_char(out, ' ');
			dcf_buf_span(out, words);
		}
		while (out->len && out->p[out->len - 1] == ' ')
			out->len--;
		dcf_buf_char(out, '\n');
	}
}

static void put_line(struct dcf_buf *out, const struct dcf_page_row *row, struct dcf_span line, bool last)
{
	bool turned = dcf_language_is_rtl((enum dcf_language)row->language);
	const char *mark = last ? dcf_page_mark(row) : "";
	size_t columns = dcf_utf8_count(line) + strlen(mark);

	if ((row->kind == DCF_ROW_BANNER || row->kind == DCF_ROW_HEAD) && columns < DCF_PAGE_COLUMNS)
		dcf_buf_fill(out, ' ', (DCF_PAGE_COLUMNS - columns) / 2);
	dcf_buf_z(out, turned ? "\xe2\x81\xa7" : "");
	dcf_buf_span(out, line);
	dcf_buf_z(out, turned ? "\xe2\x81\xa9" : "");
	dcf_buf_z(out, mark);
	dcf_buf_char(out, '\n');
}

static void put_row(struct dcf_buf *out, const struct dcf_page_row *row)
{
	size_t width = dcf_page_width((enum dcf_row_kind)row->kind) - strlen(dcf_page_mark(row)), key = strlen(row->key);
	struct dcf_span rest = row->text;
	const char *name = row->key;

	do {
		struct dcf_span line = dcf_page_cut(&rest, width);

		if (row->kind == DCF_ROW_PAIR) {
			dcf_buf_z(out, name);
			dcf_buf_fill(out, ' ', DCF_PAGE_KEY - key);
			name = "";
			key = 0;
		}
		put_line(out, row, line, rest.len == 0);
	} while (rest.len);
}

enum dcf_status dcf_message_page_text(const struct dcf_message_page *page, const struct dcf_alloc *a, struct dcf_buf *out)
{
	struct dcf_page_rows r = { .page = page, .arena = { .from = a }, .text = { .from = a } };
	enum dcf_status s = dcf_page_rows_make(&r);

	for (size_t i = 0; s == DCF_OK && i < r.count; i++) {
		if (r.row[i].kind == DCF_ROW_WORDS)
			put_words(out, r.row[i].text);
		else if (r.row[i].kind == DCF_ROW_RULE)
			dcf_buf_fill(out, '-', DCF_PAGE_COLUMNS), dcf_buf_char(out, '\n');
		else
			put_row(out, &r.row[i]);
	}
	dcf_page_rows_free(&r);
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* message_page_html.c - a page as HTML: one sheet of A4, nothing that is fetched, nothing that runs. */
#include "domain/message_page_int.h"
#include "format/markup.h"

static const char style[] =
	"@page{size:A4;margin:12mm}"
	"body{font:9.5pt/1.2 'DejaVu Sans','Liberation Sans',Arial,sans-serif;color:#000;background:#fff;margin:0 auto;"
	"max-width:186mm}"
	"div,table{margin:0;overflow-wrap:anywhere}"
	".banner{text-align:center;font-weight:bold;letter-spacing:.05em}"
	".head{text-align:center;font-weight:bold;font-size:16pt}"
	".words{text-align:center;font:bold 40pt/1.1 'DejaVu Sans Mono','Liberation Mono',monospace;letter-spacing:.02em}"
	"table{border-collapse:collapse;width:100%}"
	"th{width:24mm;text-align:left;vertical-align:top;font-weight:bold;padding:0}"
	"td{padding:0;overflow-wrap:anywhere}"
	"hr{border:0;border-top:1px solid #000;margin:1mm 0}"
	".mark{color:#555}";

static void put_phrase(struct dcf_buf *out, const struct dcf_page_row *row)
{
	enum dcf_language language = (enum dcf_language)row->language;
	const char *mark = dcf_page_mark(row);

	if (language != DCF_ENGLISH) {
		dcf_buf_z(out, "<span lang=\"");
		dcf_buf_z(out, dcf_language_code(language));
		dcf_buf_z(out, dcf_language_is_rtl(language) ? "\" dir=\"rtl\">" : "\">");
	}
	dcf_put_markup(out, row->text);
	if (language != DCF_ENGLISH)
		dcf_buf_z(out, "</span>");
	if (*mark) {
		dcf_buf_z(out, "<span class=\"mark\">");
		dcf_buf_z(out, mark);
		dcf_buf_z(out, "</span>");
	}
}

static void put_block(struct dcf_buf *out, const char *class_, const struct dcf_page_row *row)
{
	dcf_buf_z(out, "<div class=\"");
	dcf_buf_z(out, class_);
	dcf_buf_z(out, "\">");
	put_phrase(out, row);
	dcf_buf_z(out, "</div>\n");
}

static void put_pair(struct dcf_buf *out, const struct dcf_page_row *row)
{
	dcf_buf_z(out, "<tr><th>");
	dcf_put_markup(out, dcf_span_of(row->key));
	dcf_buf_z(out, "</th><td>");
	put_phrase(out, row);
	dcf_buf_z(out, "</td></tr>\n");
}

static void put_row(struct dcf_buf *out, const struct dcf_page_row *row)
{
	switch ((enum dcf_row_kind)row->kind) {
	case DCF_ROW_BANNER:
		put_block(out, "banner", row);
		break;
	case DCF_ROW_HEAD:
		put_block(out, "head", row);
		break;
	case DCF_ROW_WORDS:
		put_block(out, "words", row);
		break;
	case DCF_ROW_NOTE:
		put_block(out, "note", row);
		break;
	case DCF_ROW_PAIR:
		put_pair(out, row);
		break;
	case DCF_ROW_RULE:
		dcf_buf_z(out, "<hr>\n");
		break;
	}
}

static void put_page(struct dcf_buf *out, const struct dcf_page_rows *r)
{
	bool table = false;

	dcf_buf_z(out,
		  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		  "<title>");
	dcf_put_markup(out, r->page->message->from);
	dcf_buf_char(out, ' ');
	dcf_buf_i64(out, (int64_t)r->page->message->n);
	dcf_buf_z(out, "</title>\n<style>");
	dcf_buf_z(out, style);
	dcf_buf_z(out, "</style>\n</head>\n<body>\n");
	for (size_t i = 0; i < r->count; i++) {
		bool pair = r->row[i].kind == DCF_ROW_PAIR;

		if (pair != table)
			dcf_buf_z(out, pair ? "<table>\n" : "</table>\n");
		table = pair;
		put_row(out, &r->row[i]);
	}
	dcf_buf_z(out, table ? "</table>\n</body>\n</html>\n" : "</body>\n</html>\n");
}

enum dcf_status dcf_message_page_html(const struct dcf_message_page *page, const struct dcf_alloc *a, struct dcf_buf *out)
{
	struct dcf_page_rows r = { .page = page, .arena = { .from = a }, .text = { .from = a } };
	enum dcf_status s = dcf_page_rows_make(&r);

	if (s == DCF_OK)
		put_page(out, &r);
	dcf_page_rows_free(&r);
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}

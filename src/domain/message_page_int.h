/* SPDX-License-Identifier: Apache-2.0 */
/* message_page_int.h - a page as rows, before it becomes text or HTML.
 *
 *     message --page_rows--> rows, as many as fit --text, html--> page
 * A row costs lines of the text form; both forms have the same rows. */
#ifndef DCF_DOMAIN_MESSAGE_PAGE_INT_H
#define DCF_DOMAIN_MESSAGE_PAGE_INT_H

#include "domain/message_page.h"

enum dcf_row_kind {
	DCF_ROW_BANNER, /* in the middle, in capitals */
	DCF_ROW_HEAD,   /* the same in large letters */
	DCF_ROW_PAIR,   /* key and text */
	DCF_ROW_WORDS,  /* check-words in large digits */
	DCF_ROW_RULE,
	DCF_ROW_NOTE /* over the whole width */
};

struct dcf_page_row {
	uint8_t kind, language; /* enum dcf_row_kind, enum dcf_language */
	const char *key;        /* constant; "" when it goes on from the row before */
	struct dcf_span text;   /* in the arena, without line ends; without the mark of an unreviewed phrase */
};

enum {
	DCF_PAGE_ROWS_MAX = DCF_PAGE_LINES,
	DCF_PAGE_KEY = 11,       /* columns of a key */
	DCF_PAGE_DIGIT_LINES = 5 /* lines of large digits */
};

struct dcf_page_rows {
	const struct dcf_message_page *page;
	struct dcf_page_zone zone[DCF_PAGE_ZONES_MAX];
	size_t zone_count;
	struct dcf_arena arena;
	struct dcf_buf text; /* a row being written */
	struct dcf_jdoc doc;
	struct dcf_page_row row[DCF_PAGE_ROWS_MAX];
	size_t count, lines; /* text lines that they take */
	size_t kept;         /* lines that stay free for the foot */
	size_t dropped;      /* rows that did not fit */
	enum dcf_status status;
};

/* Fill it (zeroed before, with page, arena.from and text.from); free in any case. */
DCF_CHECKED enum dcf_status dcf_page_rows_make(struct dcf_page_rows *r);
void dcf_page_rows_free(struct dcf_page_rows *r);

/* --- rows (message_page_rows.c) --- */

/* The characters of a line of that kind, and how many lines `text` takes there. */
size_t dcf_page_width(enum dcf_row_kind kind);
/* Cut one line of at most `width` characters off the front of `*rest`, at a blank if there is one. */
struct dcf_span dcf_page_cut(struct dcf_span *rest, size_t width);
/* The mark behind an unreviewed phrase, "" for a row that has none. */
const char *dcf_page_mark(const struct dcf_page_row *row);

/* Put the text in r->text as a row and empty it.  False, and it is counted as dropped, when it does not fit between what is
 * there and what is kept; a text of more than `most` lines is cut and ends with "...". */
bool dcf_page_row(struct dcf_page_rows *r, enum dcf_row_kind kind, const char *key, enum dcf_language language, size_t most);
/* The same of a constant. */
bool dcf_page_row_z(struct dcf_page_rows *r, enum dcf_row_kind kind, const char *key, const char *text);
/* A coded phrase in English, and in the page's language. */
void dcf_page_coded(struct dcf_page_rows *r, enum dcf_row_kind kind, const char *key, enum dcf_coded_group group,
		    struct dcf_span code);
/* What somebody wrote, on one line, without what steers a screen. */
void dcf_page_plain(struct dcf_buf *out, struct dcf_span s);

/* --- volumes (message_page_volumes.c) --- */

/* The object's volumes, as many as fit; then how many did not. */
void dcf_page_volumes(struct dcf_page_rows *r, struct dcf_jval object);
/* "200740ZSEP15", and where the page has zones, "BLUE 201040C". */
void dcf_page_time(struct dcf_page_rows *r, int64_t us);
void dcf_page_local(struct dcf_page_rows *r, int64_t us);

#endif

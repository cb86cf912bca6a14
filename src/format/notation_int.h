/* SPDX-License-Identifier: Apache-2.0 */
/* notation_int.h - what the files of notation.h share: the cleaned text, and the readers of positions.
 *
 * A text is cleaned once: upper case, one blank for any run of them, one sign for each kind of mark.  Readers look at
 * windows of it; every byte remembers where it stood, so a fault can name the place in what was typed. */
#ifndef DCF_FORMAT_NOTATION_INT_H
#define DCF_FORMAT_NOTATION_INT_H

#include "base/span.h"
#include "base/status.h"
#include "format/notation.h"

/* Marks of the cleaned text. */
enum { DCF_MARK_DEGREE = 'o', DCF_MARK_MINUTE = '\'', DCF_MARK_SECOND = '"' };

struct dcf_clean {
	char c[DCF_NOTATION_MAX + 1];
	size_t from[DCF_NOTATION_MAX + 1]; /* byte of the text where c[i] stood; from[n] is behind the last */
	size_t n;
};

/* A window of a cleaned text. */
struct dcf_piece {
	const char *c;
	const size_t *from; /* from[n] may be read */
	size_t n;
};

/* DCF_E_LIMIT when the text is too long, DCF_E_SYNTAX for a character that no notation has and for an empty text. */
DCF_CHECKED enum dcf_status dcf_clean_text(struct dcf_span text, struct dcf_clean *out, struct dcf_notation_fault *fault);

static inline struct dcf_piece dcf_piece_of(const struct dcf_clean *t)
{
	return (struct dcf_piece){ t->c, t->from, t->n };
}

/* The part [from, to) without blanks at its ends. */
struct dcf_piece dcf_piece_part(struct dcf_piece p, size_t from, size_t to);
/* Where `word` (upper case) first stands, p.n when it does not. */
size_t dcf_piece_find(struct dcf_piece p, const char *word);
bool dcf_piece_is(struct dcf_piece p, const char *word);
bool dcf_piece_begins(struct dcf_piece p, const char *word);
bool dcf_piece_ends(struct dcf_piece p, const char *word);

static inline bool dcf_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool dcf_is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}
/* How many digits stand from `at` on. */
size_t dcf_piece_digits(struct dcf_piece p, size_t at);
/* `n` (at most 18) digits from `at` on as a number. */
int64_t dcf_piece_number(struct dcf_piece p, size_t at, size_t n);

/* A decimal number without sign: digits, and at most a point with digits behind it. */
struct dcf_decimal {
	int64_t whole; /* before the point: at most 12 digits */
	int64_t part;  /* behind it, times 10^-part_digits */
	int whole_digits;
	int part_digits; /* 0..8: further ones are dropped, they are beyond every unit here */
	int said_digits; /* as many as were written */
};
/* Read one from *at on and move it; false when there is none, or it has too many digits. */
bool dcf_piece_decimal(struct dcf_piece p, size_t *at, struct dcf_decimal *out);
/* whole.part * size, to the nearest whole number, halves up; size at most 1e10 and the result below 2^62. */
int64_t dcf_decimal_times(struct dcf_decimal d, int64_t size);
int64_t dcf_power_of_ten(int n); /* 0..18 */

/* ---- positions ---- */

/* One attempt to read a position. */
struct dcf_reading {
	struct dcf_piece text;
	const struct dcf_position_context *context;
	struct dcf_position *out;
	struct dcf_notation_fault *fault; /* never NULL */
	enum dcf_datum datum;
	bool nested; /* the place that a bearing is from: no other bearing */
};

/* DCF_OK: read.  DCF_E_NOT_FOUND with fault->text NULL: it is another notation, ask the next.  Otherwise: it is this one, and
 * wrong. */
typedef enum dcf_status dcf_reader_of_notation(struct dcf_reading *r);
dcf_reader_of_notation dcf_read_iso6709, dcf_read_angles, dcf_read_mgrs, dcf_read_utm, dcf_read_ups, dcf_read_gars,
	dcf_read_georef, dcf_read_bearing, dcf_read_indicator;

enum dcf_status dcf_read_position(struct dcf_reading *r);

static inline enum dcf_status dcf_not_this(struct dcf_reading *r)
{
	r->fault->text = NULL;
	return DCF_E_NOT_FOUND;
}
/* It is wrong at byte `at` of the piece `p`. */
static inline enum dcf_status dcf_wrong(struct dcf_reading *r, struct dcf_piece p, size_t at, enum dcf_status s,
					const char *text)
{
	r->fault->at = p.from[at < p.n ? at : p.n];
	r->fault->text = text;
	return s;
}

/* Millimetres of an angle of 1/parts degree: of the equator, where degrees are longest; at least 11. */
int64_t dcf_precision_of_degrees(int64_t parts);
/* -180 is 180, as everywhere. */
static inline int32_t dcf_lon_of(int64_t lon_e7)
{
	return (int32_t)(lon_e7 <= -1800000000 ? lon_e7 + 3600000000 : lon_e7);
}

void dcf_put_angles(struct dcf_buf *out, const struct dcf_position *p, enum dcf_notation as); /* DD to TYPED */
void dcf_put_mgrs(struct dcf_buf *out, const struct dcf_position *p);
bool dcf_put_utm(struct dcf_buf *out, const struct dcf_position *p);
bool dcf_put_ups(struct dcf_buf *out, const struct dcf_position *p);
bool dcf_put_gars(struct dcf_buf *out, const struct dcf_position *p);
bool dcf_put_georef(struct dcf_buf *out, const struct dcf_position *p);
void dcf_put_digits(struct dcf_buf *out, int64_t v, int digits); /* with leading zeros; v >= 0 */

/* From `datum` to WGS 84, at height 0 (DCF_DATUM_WGS84: as it is). */
struct dcf_latlon dcf_datum_to_wgs84(enum dcf_datum datum, struct dcf_latlon p);

#endif

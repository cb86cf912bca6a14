/* SPDX-License-Identifier: Apache-2.0 */
/* notation_mgrs.c - MGRS and USNG: a zone, a band, a square of 100 km, and digits that truncate (NGA.STND.0037). */
#include "core/num.h"
#include "format/notation_grid.h"
#include "format/notation_int.h"

#define SQUARE_M 100000.0

static const char utm_columns[3][9] = { "STUVWXYZ", "ABCDEFGH", "JKLMNPQR" }; /* by zone % 3 */
static const char utm_rows[] = "ABCDEFGHJKLMNPQRSTUV";
/* Columns of the polar squares west and east of the meridian of Greenwich, and rows; the first has this number. */
static const struct polar {
	char band;
	const char *columns;
	int first_column;
	const char *rows;
	int first_row;
} polar[] = {
	{ 'A', "JKLPQRSTUXYZ", 8, "ABCDEFGHJKLMNPQRSTUVWXYZ", 8 },
	{ 'B', "ABCFGHJKLPQR", 20, "ABCDEFGHJKLMNPQRSTUVWXYZ", 8 },
	{ 'Y', "RSTUXYZ", 13, "ABCDEFGHJKLMNP", 13 },
	{ 'Z', "ABCFGHJ", 20, "ABCDEFGHJKLMNP", 13 },
};

/* A square and its digits, as they stand in the text. */
struct square {
	int zone; /* 0 near the poles */
	char band, column, row;
	size_t column_at;   /* in the piece */
	int digits;         /* of each half */
	double east, north; /* metres inside the square, of the cell's south-west corner */
	double cell;        /* metres */
};

/* ---- reading ---- */

/* Is it MGRS at all: [zone] band, two letters, digits?  Blanks may stand between the parts. */
static bool parts(struct dcf_piece t, struct square *q, size_t *digits_at)
{
	size_t i = dcf_piece_digits(t, 0);

	if (i > 2)
		return false;
	q->zone = i ? (int)dcf_piece_number(t, 0, i) : 0;
	i += i < t.n && i > 0 && t.c[i] == ' ';
	if (i >= t.n || !dcf_is_letter(t.c[i]))
		return false;
	q->band = t.c[i++];
	i += i < t.n && t.c[i] == ' ';
	if (i + 2 > t.n || !dcf_is_letter(t.c[i]) || !dcf_is_letter(t.c[i + 1]))
		return false;
	q->column_at = i;
	q->column = t.c[i];
	q->row = t.c[i + 1];
	i += 2;
	i += i < t.n && t.c[i] == ' ';
	*digits_at = i;
	i += dcf_piece_digits(t, i);
	if (i < t.n && t.c[i] == ' ' && i > *digits_at)
		i += 1 + dcf_piece_digits(t, i + 1);
	return i == t.n;
}

/* Two letters and digits, and what could stand before them but a zone with its band. */
static enum dcf_status without_zone(struct dcf_reading *r)
{
	struct dcf_piece t = r->text;
	size_t zone = dcf_piece_digits(t, 0), i = zone, letters = 0;

	while (i < t.n && (dcf_is_letter(t.c[i]) || t.c[i] == ' '))
		letters += t.c[i++] != ' ';
	for (size_t j = i; j < t.n; j++) {
		if (!dcf_is_digit(t.c[j]) && t.c[j] != ' ')
			return dcf_not_this(r);
	}
	if (zone <= 2 && i < t.n && letters == 2 && zone == 0)
		return dcf_wrong(
			r, t, 0, DCF_E_REFUSED,
			"MGRS without its zone: the same letters and digits stand in other zones too; expected one such as 36S before them");
	if (zone > 0 && zone <= 2 && i < t.n && letters == 2 && t.n - i >= 2)
		return dcf_wrong(r, t, zone, DCF_E_REFUSED,
				 "MGRS without its band: expected zone and band before the square, such as 36S YE");
	if (zone == 0 && i < t.n && letters == 3)
		return dcf_wrong(r, t, 0, DCF_E_REFUSED,
				 "MGRS without its zone: expected a number from 1 to 60 before the band");
	return dcf_not_this(r);
}

static enum dcf_status read_digits(struct dcf_reading *r, size_t at, struct square *q)
{
	struct dcf_piece t = r->text;
	size_t n = dcf_piece_digits(t, at), second = at + n;

	if (n == 0)
		return dcf_wrong(r, t, at, DCF_E_REFUSED, "a whole square of 100 km: expected 2 to 10 digits behind it");
	if (second < t.n) { /* two groups */
		second++;
		if (dcf_piece_digits(t, second) != n)
			return dcf_wrong(r, t, second, DCF_E_SYNTAX, "easting and northing have different numbers of digits");
	} else {
		if (n % 2)
			return dcf_wrong(r, t, at, DCF_E_SYNTAX,
					 "an odd number of digits: expected as many for easting as for northing");
		n /= 2;
		second = at + n;
	}
	if (n > 5)
		return dcf_wrong(r, t, at, DCF_E_SYNTAX, "more than 10 digits: expected 2 to 10");
	q->digits = (int)n;
	q->cell = (double)dcf_power_of_ten(5 - (int)n);
	q->east = (double)dcf_piece_number(t, at, n) * q->cell;
	q->north = (double)dcf_piece_number(t, second, n) * q->cell;
	return DCF_OK;
}

static const char *column_in(const char *letters, char c)
{
	return c ? strchr(letters, c) : NULL;
}

/* Latitudes of the corners of a cell of the UTM grid, lowest and highest. */
static void cell_latitudes(struct dcf_grid g, double cell, const struct square *q, bool south, double *low, double *high)
{
	*low = 900000000;
	*high = -900000000;
	for (int i = 0; i < 4; i++) {
		struct dcf_grid corner = { g.x + (i & 1 ? cell : 0), g.y + (i & 2 ? cell : 0) };
		double lat, lon;

		dcf_utm_reverse(corner, q->zone, south, &lat, &lon);
		*low = lat < *low ? lat : *low;
		*high = lat > *high ? lat : *high;
	}
}

/* South-west corner of the cell: rows repeat every 2,000 km, and the band (at most 12 degrees) says which. */
static bool utm_cell(const struct square *q, int column, int row, struct dcf_grid *g)
{
	bool south = q->band < 'N';
	int low_deg, high_deg;

	dcf_utm_band_edges(q->band, &low_deg, &high_deg);
	for (int k = 0; k < 5; k++) {
		double low, high;

		*g = (struct dcf_grid){ (column + 1) * SQUARE_M + q->east, (k * 20 + row) * SQUARE_M + q->north };
		if (g->y >= 1e7)
			return false;
		cell_latitudes(*g, q->cell, q, south, &low, &high);
		/* A cell on the edge belongs to the bands on both sides; corners are good to a nanometre. */
		if (high > low_deg * 1e7 - 1e-4 && low < high_deg * 1e7 + 1e-4)
			return true;
	}
	return false;
}

static void place_cell(struct dcf_reading *r, const struct square *q, struct dcf_grid corner)
{
	struct dcf_grid centre = { corner.x + q->cell / 2, corner.y + q->cell / 2 };
	bool south = q->zone ? q->band < 'N' : q->band < 'M';
	double lat, lon;

	if (q->zone)
		dcf_utm_reverse(centre, q->zone, south, &lat, &lon);
	else
		dcf_ups_reverse(centre, south, &lat, &lon);
	*r->out = (struct dcf_position){ .at = dcf_grid_latlon(lat, lon),
					 .precision_mm = (int64_t)(q->cell * 1000),
					 .notation = DCF_NOTATION_MGRS,
					 .zone = (uint8_t)q->zone,
					 .band = q->band };
}

static enum dcf_status read_utm_square(struct dcf_reading *r, const struct square *q)
{
	struct dcf_piece t = r->text;
	const char *column = column_in(utm_columns[q->zone % 3], q->column), *row = column_in(utm_rows, q->row);
	struct dcf_grid corner;
	int edges[2], number;

	dcf_utm_band_edges(q->band, &edges[0], &edges[1]);
	if (q->zone < 1 || q->zone > 60)
		return dcf_wrong(r, t, 0, DCF_E_RANGE, "no such zone: expected 1 to 60");
	if (edges[0] == edges[1])
		return dcf_wrong(r, t, dcf_piece_digits(t, 0), DCF_E_RANGE, "no such band: expected C to X without I and O");
	if (q->band == 'X' && (q->zone == 32 || q->zone == 34 || q->zone == 36))
		return dcf_wrong(r, t, 0, DCF_E_RANGE, "no such zone: 32X, 34X and 36X do not exist");
	if (!column)
		return dcf_wrong(r, t, q->column_at, DCF_E_RANGE, "no such column of squares in this zone");
	if (!row)
		return dcf_wrong(r, t, q->column_at + 1, DCF_E_RANGE,
				 "no such row of squares: expected A to V without I and O");
	/* Rows of even zones begin with F. */
	number = (int)(row - utm_rows) + (q->zone % 2 ? 0 : 15);
	if (!utm_cell(q, (int)(column - utm_columns[q->zone % 3]), number % 20, &corner))
		return dcf_wrong(r, t, q->column_at, DCF_E_RANGE,
				 "this square does not reach into this band: a letter is wrong");
	place_cell(r, q, corner);
	return DCF_OK;
}

static enum dcf_status read_polar_square(struct dcf_reading *r, const struct square *q)
{
	const struct polar *p = polar;
	const char *column, *row;
	struct dcf_grid corner;

	while (p->band != q->band)
		p++;
	column = column_in(p->columns, q->column);
	row = column_in(p->rows, q->row);
	if (!column || !row)
		return dcf_wrong(r, r->text, q->column_at, DCF_E_RANGE, "no such square near the pole");
	corner.x = ((double)(column - p->columns) + p->first_column) * SQUARE_M + q->east;
	corner.y = ((double)(row - p->rows) + p->first_row) * SQUARE_M + q->north;
	place_cell(r, q, corner);
	/* The corner squares of the polar grids reach beyond what they are for, where other squares hold. */
	if (q->band < 'M' ? r->out->at.lat_e7 > -795000000 : r->out->at.lat_e7 < 835000000)
		return dcf_wrong(r, r->text, q->column_at, DCF_E_RANGE,
				 "this polar square reaches out of the polar region: a letter is wrong");
	return DCF_OK;
}

enum dcf_status dcf_read_mgrs(struct dcf_reading *r)
{
	struct square q;
	size_t digits_at;
	enum dcf_status s;
	bool is_polar;

	if (!parts(r->text, &q, &digits_at))
		return without_zone(r);
	is_polar = strchr("ABYZ", q.band) != NULL;
	if (!dcf_is_digit(r->text.c[0]) && !is_polar)
		return without_zone(r);
	if (dcf_is_digit(r->text.c[0]) && is_polar)
		return dcf_wrong(r, r->text, 0, DCF_E_RANGE, "bands A, B, Y and Z, near the poles, have no zone");
	if ((s = read_digits(r, digits_at, &q)) != DCF_OK)
		return s;
	return is_polar ? read_polar_square(r, &q) : read_utm_square(r, &q);
}

/* ---- writing ---- */

static int digits_for(const struct dcf_position *p)
{
	int64_t cell_mm = p->notation == DCF_NOTATION_MGRS ? p->precision_mm : p->precision_mm / 10;
	int n = 1;

	while (n < 5 && 1000 * dcf_power_of_ten(5 - n) > cell_mm)
		n++;
	return n;
}

/* Easting and northing inside their square: truncated. */
static void put_inside(struct dcf_buf *out, struct dcf_grid g, int digits)
{
	int64_t size = dcf_power_of_ten(5 - digits);

	dcf_put_digits(out, (int64_t)dcf_floor(g.x) % 100000 / size, digits);
	dcf_put_digits(out, (int64_t)dcf_floor(g.y) % 100000 / size, digits);
}

static void put_polar(struct dcf_buf *out, const struct dcf_position *p)
{
	bool south = p->at.lat_e7 < 0;
	struct dcf_grid g = dcf_ups_forward(p->at, south);
	const struct polar *row = &polar[(south ? 0 : 2) + (g.x >= 2000000)];

	dcf_buf_char(out, row->band);
	dcf_buf_char(out, row->columns[(int)(g.x / SQUARE_M) - row->first_column]);
	dcf_buf_char(out, row->rows[(int)(g.y / SQUARE_M) - row->first_row]);
	put_inside(out, g, digits_for(p));
}

void dcf_put_mgrs(struct dcf_buf *out, const struct dcf_position *p)
{
	bool named = p->notation == DCF_NOTATION_MGRS;
	int zone = named ? p->zone : dcf_utm_zone(p->at);
	char band = named ? p->band : dcf_utm_band(p->at.lat_e7);
	struct dcf_grid g;

	if (zone == 0) {
		put_polar(out, p);
		return;
	}
	g = dcf_utm_forward(p->at, zone, band < 'N');
	/* Whole metres of UTM were rounded to 1e-7 degree, at most 8 mm: they must not fall into the square before. */
	if (p->notation == DCF_NOTATION_UTM && p->zone == zone) {
		g.x += 0.008;
		g.y += 0.008;
	}
	dcf_put_digits(out, zone, 2);
	dcf_buf_char(out, band);
	dcf_buf_char(out, utm_columns[zone % 3][(int)(g.x / SQUARE_M) - 1]);
	dcf_buf_char(out, utm_rows[((int)(g.y / SQUARE_M) + (zone % 2 ? 0 : 5)) % 20]);
	put_inside(out, g, digits_for(p));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* notation.h - positions, altitudes, pressures and times as people write and say them.
 *
 * One text, one meaning: what can be read in two ways is refused, with the reason.  Nothing here guesses a datum, a
 * reference, a unit, a zone or a century.
 *   position  dcf_position_parse   dcf_position_put    WGS 84, 1e-7 degree, and how exactly the text said it
 *   altitude  dcf_altitude_parse   dcf_altitude_put    0.1 mm with its reference; one altitude or a block
 *   pressure  dcf_pressure_parse   dcf_pressure_put    QNH and QFE
 *   time      dcf_when_parse       dcf_when_put        UTC microseconds
 *   all       dcf_canonical_put                        the bytes that check-words and signatures are made of
 * Texts are UTF-8 or ASCII in either case, at most DCF_NOTATION_MAX bytes; blanks at either end do not count.
 * No function of the C library's mathematics is used: both parties get the same bytes.  Everything is pure and may be
 * called from any thread; nothing allocates but the buffers that are put to. */
#ifndef DCF_FORMAT_NOTATION_H
#define DCF_FORMAT_NOTATION_H

#include "base/buf.h"
#include "core/plan.h"

enum { DCF_NOTATION_MAX = 200 };

/* Why a text was refused.  `text` is a constant sentence ("MGRS without its zone: ..."), `at` the byte of the text where it
 * was noticed (its length: at the end). */
struct dcf_notation_fault {
	size_t at;
	const char *text;
};

/* ---- positions ------------------------------------------------------------------------------------------- */

enum dcf_notation {
	DCF_NOTATION_DD,        /* 35.4011 35.9487; 35.4011N 35.9487E; N35.4011, E35.9487 */
	DCF_NOTATION_DDM,       /* 35 24.066N 035 56.922E, with or without marks */
	DCF_NOTATION_DMS,       /* 35 24 04.0N 035 56 55.3E, with or without marks */
	DCF_NOTATION_PACKED,    /* ICAO, USMTF: 352404N0355655E, 3524N03557E, 352404.0N0355655.3E, 35N035E */
	DCF_NOTATION_ISO6709,   /* +35.4011+035.9487/, +352404+0355655/ */
	DCF_NOTATION_TYPED,     /* packed seconds and a Damm digit: 352403.96N0355655.32E-4 */
	DCF_NOTATION_MGRS,      /* 36SYE6779321518: 2 to 10 digits, with zone; near the poles ZAH1234512345 */
	DCF_NOTATION_UTM,       /* 36 north 767793 3921518; 36S is band or hemisphere: refused where that differs */
	DCF_NOTATION_UPS,       /* north 2000000 2000000 */
	DCF_NOTATION_GARS,      /* 432LL26, 432LL2, 432LL */
	DCF_NOTATION_GEOREF,    /* QJFF57092424: four letters and at least four digits */
	DCF_NOTATION_BEARING,   /* 225T/4.5KM FROM OSLK; OSLK 225T/4.5KM; ... FROM 35.4011 35.9487 */
	DCF_NOTATION_INDICATOR, /* OSLK: an ICAO location indicator among the places that the caller has */
	DCF_NOTATION_COUNT
};

/* "MGRS", "degrees and minutes", ...: constant. */
const char *dcf_notation_name(enum dcf_notation n);

enum dcf_datum {
	DCF_DATUM_WGS84,
	DCF_DATUM_SK42, /* Pulkovo 1942: by the parameters of GOST R 51794-2008, made for Russia: elsewhere tens of metres may
			   be left */
	DCF_DATUM_PZ90, /* PZ-90 before 2007: GOST R 51794-2001 */
	DCF_DATUM_PZ90_02, /* GOST R 51794-2008 */
	DCF_DATUM_COUNT
};

/* The datum called `name` ("WGS 84", "WGS84", "SK-42", "PZ-90", ...); DCF_DATUM_COUNT when it is none that can be converted. */
enum dcf_datum dcf_datum_find(struct dcf_span name);

struct dcf_position {
	struct dcf_latlon at; /* WGS 84; of a cell its centre */
	int64_t precision_mm; /* side of the smallest cell that the text tells from its neighbours (a 4-figure MGRS: 1,000,000;
			       * a whole second: 30,922); the place lies within half of it from `at` either way; at least 11 */
	uint8_t notation;     /* enum dcf_notation: what was read */
	uint8_t datum;        /* enum dcf_datum: what it was converted from; other than WGS 84 is a reason to warn */
	uint8_t zone; /* of MGRS and UTM the zone that the text named, 1..60, since a square may be named from the next zone;
		       * otherwise 0 */
	char band;    /* of MGRS the band; otherwise 0 */
};

/* What a text alone does not say.  Zeroed: WGS 84, no places. */
struct dcf_position_context {
	enum dcf_datum datum; /* of degrees without a datum in the text; grids are WGS 84 always */
	/* Where the place called `name` is: 1 and `*at`, 0 when there is none, 2 when several differ.  `indicator`: only by
	 * ICAO location indicator.  NULL: no place is known. */
	int (*find)(void *places, struct dcf_span name, bool indicator, struct dcf_latlon *at);
	void *places;
};

/* DCF_E_SYNTAX: not a position in any notation; DCF_E_REFUSED: it can be read in two ways, or is not a position by itself;
 * DCF_E_RANGE: no such place on earth; DCF_E_NOT_FOUND: a place that is not known; DCF_E_LIMIT: too long.  `context` and
 * `fault` may be NULL; `*out` is set on DCF_OK only, `*fault` otherwise. */
DCF_CHECKED enum dcf_status dcf_position_parse(struct dcf_span text, const struct dcf_position_context *context,
					       struct dcf_position *out, struct dcf_notation_fault *fault);

/* A position of exactly 1e-7 degree, as files have them. */
struct dcf_position dcf_position_of(struct dcf_latlon at);

/* Put `p` in notation `as`, as finely as it is known: degrees in the coarsest unit that is not above the precision (TYPED: so
 * that it reads back to the same 1e-7 degree), grids in the coarsest cell not above a tenth of it, since they truncate, and a
 * cell that was read as the cell it was.  False, and nothing put, where the notation has no word for it: GARS and GEOREF of
 * what is coarser than their cells, UTM beyond 80 S and 84 N and UPS between them, BEARING and INDICATOR always. MGRS and
 * GEOREF and GARS truncate, degrees and UTM round to the nearest. */
bool dcf_position_put(struct dcf_buf *out, const struct dcf_position *p, enum dcf_notation as);

/* ---- altitudes and pressures ----------------------------------------------------------------------------- */

/* One altitude, or a block of two (`lower` is not above `upper` where they can be compared). */
struct dcf_height {
	bool is_block;
	struct dcf_altitude lower, upper; /* equal when it is none; unlimited altitudes and "SFC" as in plan.h */
};

struct dcf_height_context {
	bool elevation_given;
	int64_t elevation_e4; /* of the field, above mean sea level: what QFE heights need */
};

/* 15000FT MSL, 4500M MSL, 500FT AGL, 100M W84, 6000FT STD, 3000FT QNH, 900M QFE (with the field's elevation), FL270, F270,
 * A150, S0960 (tens of metres at standard pressure), M0450 (tens of metres above mean sea level), SFC, GND, UNL, and two of
 * them as BLOCK FL180-FL200, FL180-FL200 or SFC TO FL100.  A height without unit or reference is refused. Status and fault as
 * for positions. */
DCF_CHECKED enum dcf_status dcf_altitude_parse(struct dcf_span text, const struct dcf_height_context *context,
					       struct dcf_height *out, struct dcf_notation_fault *fault);

/* "15000FT MSL", "FL270", "BLOCK FL180-FL200", "SFC", "UNL": read back it is the same. */
void dcf_altitude_put(struct dcf_buf *out, const struct dcf_height *h);

/* 1013.25 hPa = 760 mmHg exactly.  850 to 1100 hPa; QFE of high fields down to 450. */
struct dcf_pressure {
	int64_t hpa_e4; /* 0.0001 hPa, nearest */
};

/* 1013 hPa (or mb), 29.92 inHg, 760 mmHg, Q1013, A2992, "QNH 1013 hPa".  Without a unit it is refused. */
DCF_CHECKED enum dcf_status dcf_pressure_parse(struct dcf_span text, struct dcf_pressure *out,
					       struct dcf_notation_fault *fault);

enum dcf_pressure_unit { DCF_PRESSURE_HPA, DCF_PRESSURE_INHG, DCF_PRESSURE_MMHG };
/* "1013.25 hPa", "29.92 inHg", "760 mmHg": to 0.01, 0.01 and 0.1. */
void dcf_pressure_put(struct dcf_buf *out, struct dcf_pressure p, enum dcf_pressure_unit unit);

/* Low and high end above mean sea level of a standard-pressure altitude at this QNH, rounded outward to 0.1 mm. */
void dcf_pressure_msl(struct dcf_pressure qnh, int64_t std_e4, int64_t *low_e4, int64_t *high_e4);

/* ---- times ----------------------------------------------------------------------------------------------- */

enum dcf_when_form { DCF_WHEN_RFC3339, DCF_WHEN_DTG, DCF_WHEN_NOTAM, DCF_WHEN_COUNT };

struct dcf_when {
	int64_t us;           /* UTC, microseconds since 1970-01-01 */
	int64_t precision_us; /* 60,000,000 for a form with minutes, and so on down to 1 */
	uint8_t form;         /* enum dcf_when_form */
	int16_t zone_min;     /* the zone it was said in, minutes east of UTC */
};

/* 2016-09-17T12:55:00Z and other RFC 3339; 171255ZSEP16, 171255Z SEP 16, 171255ZSEP2016, 17125530ZSEP16, zone letters A..Z but
 * J (C is +3); 1609171255 (NOTAM, UTC).  Two digits of a year are 2000 to 2099.  Refused: no zone, J, no month or year, EST,
 * PERM, UFN, H-hour. */
DCF_CHECKED enum dcf_status dcf_when_parse(struct dcf_span text, struct dcf_when *out, struct dcf_notation_fault *fault);

/* Put it in UTC: RFC 3339 as fine as it is known, DTG (with seconds where there are any), NOTAM (minutes, rounded down). False,
 * and nothing put, where the form has no word for the year. */
bool dcf_when_put(struct dcf_buf *out, const struct dcf_when *w, enum dcf_when_form as);

/* ---- the same bytes on both sides ------------------------------------------------------------------------ */

/* Put "deconflict-notation-v1\n" and one JSON object (RFC 8785, integers only) of what is given; NULL is left out:
 *   {"alt_e4":45720000,"alt_ref":"MSL","lat_e7":354011000,"lon_e7":359487000,"time_us":1474116900000000}
 * A block has "lower_e4", "lower_ref", "upper_e4", "upper_ref" in place of "alt_e4", "alt_ref"; UNL is {"..._ref":"UNL"} alone.
 * Notation, unit and precision are no part of it: 15000FT MSL and 4572M MSL are the same altitude. */
void dcf_canonical_put(struct dcf_buf *out, const struct dcf_position *p, const struct dcf_height *h, const struct dcf_when *w);

#endif

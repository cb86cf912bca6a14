/* SPDX-License-Identifier: Apache-2.0 */
/* test_notation.c - what is read, what is refused and why, and that what is written reads back. */
#include "base/damm.h"
#include "crypto/check_words.h"
#include "core/num.h"
#include "format/notation.h"
#include "format/notation_int.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>

static struct dcf_alloc heap;

static int find_oslk(void *ctx, struct dcf_span name, bool indicator, struct dcf_latlon *at)
{
	(void)ctx;
	*at = (struct dcf_latlon){ 354011000, 359487000 };
	if (dcf_span_eq(name, DCF_SPAN("TWIN")))
		return 2;
	return dcf_span_eq(name, DCF_SPAN("OSLK")) || (!indicator && dcf_span_eq(name, DCF_SPAN("BASSEL AL-ASSAD")));
}

static const struct dcf_position_context with_places = { .find = find_oslk };

static enum dcf_status parse(const char *text, struct dcf_position *p, struct dcf_notation_fault *f)
{
	*f = (struct dcf_notation_fault){ 0, "" };
	return dcf_position_parse(dcf_span_of(text), &with_places, p, f);
}

/* ---- positions that are read ---- */

/* clang-format off */
static const struct {
	const char *text;
	int32_t lat_e7, lon_e7;
	int64_t precision_mm;
	enum dcf_notation notation;
} positions[] = {
	{ "35.4011 35.9487", 354011000, 359487000, 11132, DCF_NOTATION_DD },
	{ "35.4011, 35.9487", 354011000, 359487000, 11132, DCF_NOTATION_DD },
	{ " 35.4011N,35.9487E ", 354011000, 359487000, 11132, DCF_NOTATION_DD },
	{ "N35.4011 E35.9487", 354011000, 359487000, 11132, DCF_NOTATION_DD },
	{ "35.9487E 35.4011N", 354011000, 359487000, 11132, DCF_NOTATION_DD },
	{ "35.4011n/35.9487e", 354011000, 359487000, 11132, DCF_NOTATION_DD },
	{ "-35.4011 +149.1", -354011000, 1491000000, 11132, DCF_NOTATION_DD },
	{ "\xe2\x88\x92""35.4011\xc2\xb0 149.1000\xc2\xb0", -354011000, 1491000000, 11132, DCF_NOTATION_DD },
	{ "35.40110005N 35.9487E", 354011001, 359487000, 11, DCF_NOTATION_DD },
	{ "35.401100049999N 35.9487E", 354011000, 359487000, 11, DCF_NOTATION_DD },
	{ "0.0 -180.0", 0, 1800000000, 11131949, DCF_NOTATION_DD },
	{ "90.0 0.0", 900000000, 0, 11131949, DCF_NOTATION_DD },
	{ "35 24.066N 035 56.922E", 354011000, 359487000, 1855, DCF_NOTATION_DDM },
	{ "35\xc2\xb0""24.066\xe2\x80\xb2N 35\xc2\xb0""56.922\xe2\x80\xb2""E", 354011000, 359487000, 1855, DCF_NOTATION_DDM },
	{ "35 24 04.0N 035 56 55.3E", 354011111, 359486944, 3092, DCF_NOTATION_DMS },
	{ "35\xc2\xb0 24' 04.0\" N, 035\xc2\xb0 56' 55.3'' E", 354011111, 359486944, 3092, DCF_NOTATION_DMS },
	{ "N 35 24 04.0 E 035 56 55.3", 354011111, 359486944, 3092, DCF_NOTATION_DMS },
	{ "35:24:04.0N 35:56:55.3E", 354011111, 359486944, 3092, DCF_NOTATION_DMS },
	{ "35-24-04N 035-56-55W", 354011111, -359486111, 30922, DCF_NOTATION_DMS },
	{ "-35\xc2\xb0""24'04\" +35\xc2\xb0""56'55\"", -354011111, 359486111, 30922, DCF_NOTATION_DMS },
	{ "352404N0355655E", 354011111, 359486111, 30922, DCF_NOTATION_PACKED },
	{ "352404.0N0355655.3E", 354011111, 359486944, 3092, DCF_NOTATION_PACKED },
	{ "3524N03557E", 354000000, 359500000, 1855325, DCF_NOTATION_PACKED },
	{ "3524.066N 03556.922E", 354011000, 359487000, 1855, DCF_NOTATION_PACKED },
	{ "N352404 E0355655", 354011111, 359486111, 30922, DCF_NOTATION_PACKED },
	{ "35N036E", 350000000, 360000000, 111319491, DCF_NOTATION_PACKED },
	{ "+35.4011+035.9487/", 354011000, 359487000, 11132, DCF_NOTATION_ISO6709 },
	{ "+352404+0355655/", 354011111, 359486111, 30922, DCF_NOTATION_ISO6709 },
	{ "-3524.066-03556.922/", -354011000, -359487000, 1855, DCF_NOTATION_ISO6709 },
	{ "+35.4011+035.9487CRSWGS_84/", 354011000, 359487000, 11132, DCF_NOTATION_ISO6709 },
	{ "352403.96N0355655.32E-8", 354011000, 359487000, 309, DCF_NOTATION_TYPED },
	{ "352403.96N 0355655.32E -8", 354011000, 359487000, 309, DCF_NOTATION_TYPED },
	{ "36SYE6779321518", 354010957, 359487017, 1000, DCF_NOTATION_MGRS },
	{ "36S YE 67793 21518", 354010957, 359487017, 1000, DCF_NOTATION_MGRS },
	{ "36s ye 6721", 354010080, 359454676, 1000000, DCF_NOTATION_MGRS },
	{ "ZAH0000000000", 899999936, 1350000000, 1000, DCF_NOTATION_MGRS },
	{ "36 north 767793 3921518", 354010914, 359486960, 1000, DCF_NOTATION_UTM },
	{ "36N 767793 3921518", 354010914, 359486960, 1000, DCF_NOTATION_UTM },
	{ "36 south 767793 10000000", 0, 354058760, 1000, DCF_NOTATION_UTM },
	{ "UTM 36 NORTH 767793mE 3921518mN", 354010914, 359486960, 1000, DCF_NOTATION_UTM },
	{ "north 2000000 2000000", 900000000, 0, 1000, DCF_NOTATION_UPS },
	{ "432LL26", 353750000, 359583333, 9276624, DCF_NOTATION_GARS },
	{ "432LL2", 353750000, 358750000, 27829872, DCF_NOTATION_GARS },
	{ "432LL", 352500000, 357500000, 55659745, DCF_NOTATION_GARS },
	/* Naval Air Station Patuxent River, 38 17 10 N 076 24 42 W: its minute's middle. */
	{ "GJPJ3517", 382916667, -764083333, 1855324, DCF_NOTATION_GEOREF },
	{ "000T/12NM FROM OSLK", 356014068, 359487000, 1852000, DCF_NOTATION_BEARING },
	{ "OSLK 000T/12NM", 356014068, 359487000, 1852000, DCF_NOTATION_BEARING },
	{ "Bassel al-Assad 360\xc2\xb0 T / 12.0 NM", 356014068, 359487000, 387881, DCF_NOTATION_BEARING },
	{ "000T/22.224KM FROM 35.4011N 35.9487E", 356014068, 359487000, 387881, DCF_NOTATION_BEARING },
	{ "OSLK", 354011000, 359487000, 1852000, DCF_NOTATION_INDICATOR },
	{ "35.4011N 35.9487E WGS 84", 354011000, 359487000, 11132, DCF_NOTATION_DD },
};
/* clang-format on */

static void every_notation_is_read(void)
{
	bool seen[DCF_NOTATION_COUNT] = { false };

	for (size_t i = 0; i < sizeof positions / sizeof *positions; i++) {
		struct dcf_position p = { .zone = 0 };
		struct dcf_notation_fault f;
		enum dcf_status s = parse(positions[i].text, &p, &f);

		CHECK_MSG(s == DCF_OK, "%s: at %zu: %s", positions[i].text, f.at, f.text);
		CHECK_MSG(p.at.lat_e7 == positions[i].lat_e7 && p.at.lon_e7 == positions[i].lon_e7, "%s: %d %d",
			  positions[i].text, p.at.lat_e7, p.at.lon_e7);
		CHECK_MSG(p.notation == positions[i].notation, "%s: %s", positions[i].text, dcf_notation_name(p.notation));
		CHECK_MSG(p.precision_mm == positions[i].precision_mm, "%s: %lld", positions[i].text,
			  (long long)p.precision_mm);
		seen[p.notation] = true;
	}
	for (int n = 0; n < DCF_NOTATION_COUNT; n++)
		CHECK_MSG(seen[n], "%s", dcf_notation_name((enum dcf_notation)n));
}

/* Five places of which GeographicLib and an independent package agree on MGRS; GARS by its formula. */
static void known_places_are_written_as_known(void)
{
	static const struct {
		const char *dd, *dms, *mgrs, *gars;
	} places[] = {
		{ "35.4011 35.9487", "35 24 04.0N 035 56 55.3E", "36SYE6779321518", "432LL26" },
		{ "35.2854 40.1760", "35 17 07.4N 040 10 33.6E", "37SFV0694005327", "441LL19" },
		{ "25.1173 51.3150", "25 07 02.3N 051 18 54.0E", "39RWH3175677973", "463KQ44" },
		{ "37.0021 35.4259", NULL, "36SYF1585997856", "431LQ49" },
		{ "35.3361 40.3094", "35 20 10.0N 040 18 33.8E", "37SFV1899711102", NULL },
	};
	static const enum dcf_notation as[] = { DCF_NOTATION_DD, DCF_NOTATION_DMS, DCF_NOTATION_MGRS, DCF_NOTATION_GARS };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const char *want[] = { places[i].dd, places[i].dms, places[i].mgrs, places[i].gars };
		struct dcf_position p;
		struct dcf_notation_fault f;

		CHECK(parse(places[i].dd, &p, &f) == DCF_OK);
		for (int k = 0; k < 4; k++) {
			struct dcf_buf out = { .from = &heap };

			CHECK(dcf_position_put(&out, &p, as[k]));
			CHECK_MSG(!want[k] || dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(want[k])), "%.*s, %s",
				  (int)out.len, out.p, want[k] ? want[k] : "");
			dcf_buf_free(&out);
		}
	}
}

/* ---- what is refused ---- */

static const struct {
	const char *text;
	enum dcf_status status;
	size_t at;
	const char *part; /* of the sentence */
} refused[] = {
	{ "", DCF_E_SYNTAX, 0, "nothing" },
	{ "   ", DCF_E_SYNTAX, 3, "nothing" },
	{ "35170740103", DCF_E_REFUSED, 11, "bare digits" },
	{ "35 17 07", DCF_E_REFUSED, 8, "bare digits" },
	{ "35 36", DCF_E_REFUSED, 5, "bare digits" },
	{ "351707 0401034", DCF_E_REFUSED, 0, "bare digits" },
	{ "35.1707", DCF_E_REFUSED, 7, "no second angle" },
	{ "35 17 07 040 10 34", DCF_E_REFUSED, 0, "without a letter" },
	{ "35 17.07 40 10.56", DCF_E_REFUSED, 0, "without a letter" },
	{ "35\xc2\xb0"
	  "17'07\" 40\xc2\xb0"
	  "10'34\"",
	  DCF_E_REFUSED, 0, "without a letter" },
	{ "35,4011 35,9487", DCF_E_REFUSED, 7, "decimal commas" },
	{ "35.4N 35.9", DCF_E_REFUSED, 6, "one angle has a letter" },
	{ "35.4N 35.9N", DCF_E_SYNTAX, 6, "two latitudes" },
	{ "-35.4N 35.9E", DCF_E_REFUSED, 0, "sign and a letter" },
	{ "90.0000001N 35.9E", DCF_E_RANGE, 0, "latitude ends" },
	{ "35.4 180.1", DCF_E_RANGE, 5, "longitude ends" },
	{ "35 60 00N 036 00 00E", DCF_E_RANGE, 0, "59" },
	{ "352460N0355655E", DCF_E_RANGE, 0, "59" },
	{ "35240N0355655E", DCF_E_REFUSED, 0, "packed" },
	{ "352404N355655E", DCF_E_REFUSED, 7, "packed" },
	{ "3524N0355655E", DCF_E_REFUSED, 5, "different units" },
	{ "352404N0355655E-5", DCF_E_SYNTAX, 16, "check digit" },
	{ "352404S0355655E-9", DCF_E_SYNTAX, 16, "check digit" },
	{ "3524N03557E-1", DCF_E_SYNTAX, 11, "packed seconds" },
	{ "35.4011-35.9487", DCF_E_SYNTAX, 7, "blank, a comma" },
	{ "+35.4+035.9+100/", DCF_E_REFUSED, 11, "height" },
	{ "+35.4+35.9/", DCF_E_REFUSED, 5, "ISO 6709" },
	{ "YE6779321518", DCF_E_REFUSED, 0, "without its zone" },
	{ "S YE 67 21", DCF_E_REFUSED, 0, "without its zone" },
	{ "36YE6721", DCF_E_REFUSED, 2, "without its band" },
	{ "36SYE", DCF_E_REFUSED, 5, "2 to 10 digits" },
	{ "36SYE677", DCF_E_SYNTAX, 5, "odd number" },
	{ "36SYE677215 21", DCF_E_SYNTAX, 12, "different numbers" },
	{ "36SYE677932215181", DCF_E_SYNTAX, 5, "more than 10" },
	{ "61SYE6721", DCF_E_RANGE, 0, "zone" },
	{ "36IYE6721", DCF_E_RANGE, 2, "band" },
	{ "36SJE6721", DCF_E_RANGE, 3, "column" },
	{ "36SYW6721", DCF_E_RANGE, 4, "row" },
	{ "36SYQ6721", DCF_E_RANGE, 3, "does not reach" },
	{ "34XDG6721", DCF_E_RANGE, 0, "32X" },
	{ "36AYE6721", DCF_E_RANGE, 0, "near the poles" },
	{ "36S 767793 3921518", DCF_E_REFUSED, 2, "both fit" },
	{ "36 767793 3921518", DCF_E_REFUSED, 2, "hemisphere" },
	{ "36R 767793 3921518", DCF_E_RANGE, 2, "band" },
	{ "36 north 099999 3921518", DCF_E_RANGE, 8, "easting" },
	{ "36 north 76779 3921518", DCF_E_REFUSED, 8, "a digit is missing" },
	{ "36 north 767793 392151", DCF_E_REFUSED, 8, "a digit is missing" },
	{ "north 200000 2000000", DCF_E_REFUSED, 5, "seven digits" },
	{ "N 767793 3921518", DCF_E_REFUSED, 0, "without its zone" },
	{ "721LL26", DCF_E_RANGE, 0, "GARS" },
	{ "432LL50", DCF_E_RANGE, 5, "quadrant" },
	{ "432RA11", DCF_E_RANGE, 3, "GARS" },
	{ "GJPJ351", DCF_E_SYNTAX, 4, "GEOREF" },
	{ "GJPJ6017", DCF_E_RANGE, 4, "59" },
	{ "225/4.5KM FROM OSLK", DCF_E_REFUSED, 0, "which north" },
	{ "225M/4.5KM FROM OSLK", DCF_E_REFUSED, 0, "magnetic" },
	{ "225T/4.5 FROM OSLK", DCF_E_REFUSED, 8, "unit" },
	{ "225T/4.5KM FROM OSDZ", DCF_E_NOT_FOUND, 16, "neither a place" },
	{ "225T/4.5KM FROM TWIN", DCF_E_REFUSED, 16, "several" },
	{ "225T/4.5KM FROM 36YE6721", DCF_E_REFUSED, 18, "without its band" },
	{ "361T/4.5KM FROM OSLK", DCF_E_RANGE, 0, "360" },
	{ "Latakia", DCF_E_REFUSED, 0, "name is not a position" },
	{ "BASSEL AL-ASSAD", DCF_E_REFUSED, 0, "name is not a position" },
	{ "OSDZ", DCF_E_NOT_FOUND, 0, "location indicator" },
	{ "\xd0\xa5\xd0\xbc\xd0\xb5\xd0\xb9\xd0\xbc\xd0\xb8\xd0\xbc", DCF_E_SYNTAX, 0, "character" },
	{ "36SYE6779321518 SK-42", DCF_E_REFUSED, 0, "grids are WGS 84" },
	{ "hello 1", DCF_E_SYNTAX, 0, "no notation" },
};

static void what_is_ambiguous_is_refused_with_the_reason(void)
{
	char longer[DCF_NOTATION_MAX + 2];
	struct dcf_position p;
	struct dcf_notation_fault f;

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		enum dcf_status s = parse(refused[i].text, &p, &f);

		CHECK_MSG(s == refused[i].status && strstr(f.text, refused[i].part), "%s: %d: %s", refused[i].text, (int)s,
			  f.text);
		CHECK_MSG(f.at == refused[i].at, "%s: at %zu", refused[i].text, f.at);
	}
	memset(longer, '1', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	CHECK(parse(longer, &p, &f) == DCF_E_LIMIT);
	CHECK(dcf_position_parse(DCF_SPAN("35 36"), NULL, &p, NULL) == DCF_E_REFUSED);
	CHECK(dcf_position_parse(DCF_SPAN("OSLK"), NULL, &p, NULL) == DCF_E_NOT_FOUND);
}

static void a_datum_is_converted_or_refused(void)
{
	const struct dcf_position_context sk42 = { .datum = DCF_DATUM_SK42 };
	struct dcf_position a, b;
	struct dcf_notation_fault f;

	CHECK(dcf_datum_find(DCF_SPAN("wgs 84")) == DCF_DATUM_WGS84 &&
	      dcf_datum_find(DCF_SPAN("Pulkovo 1942")) == DCF_DATUM_SK42);
	CHECK(dcf_datum_find(DCF_SPAN("NAD27")) == DCF_DATUM_COUNT && dcf_datum_find(DCF_SPAN("")) == DCF_DATUM_COUNT);
	CHECK(dcf_position_parse(DCF_SPAN("35.5000N 36.5000E"), &sk42, &a, &f) == DCF_OK && a.datum == DCF_DATUM_SK42);
	CHECK(parse("35.5000N 36.5000E SK-42", &b, &f) == DCF_OK && b.datum == DCF_DATUM_SK42);
	CHECK(a.at.lat_e7 == b.at.lat_e7 && a.at.lon_e7 == b.at.lon_e7);
	CHECK(a.at.lat_e7 == 354996988 && a.at.lon_e7 == 364987751); /* as PROJ has it */
	CHECK(dcf_position_parse(DCF_SPAN("35.5000N 36.5000E WGS84"), &sk42, &a, &f) == DCF_E_REFUSED);
	CHECK(dcf_position_parse(DCF_SPAN("36SYE6721"), &sk42, &a, &f) == DCF_E_REFUSED);
}

/* ---- check digits ---- */

/* Every wrong digit and every swap of neighbours of thirteen digits, for many of them. */
static void the_check_digit_catches_every_slip(void)
{
	unsigned caught = 0, tried = 0;

	for (unsigned n = 0; n < 2000; n++) {
		unsigned digit[13], state = 0;

		for (unsigned i = 0; i < 13; i++) {
			digit[i] = (n * 7919u + i * i * 104729u + (n >> i)) % 10;
			state = dcf_damm_add(state, digit[i]);
		}
		CHECK(dcf_damm_add(state, state) == 0);
		for (unsigned k = 0; k < 13 * 9 + 12; k++) {
			unsigned bad[13], other = 0;

			memcpy(bad, digit, sizeof bad);
			if (k < 13 * 9) {
				bad[k / 9] = (bad[k / 9] + 1 + k % 9) % 10;
			} else {
				bad[k - 117] = digit[k - 116];
				bad[k - 116] = digit[k - 117];
			}
			if (memcmp(bad, digit, sizeof bad) == 0)
				continue;
			for (unsigned i = 0; i < 13; i++)
				other = dcf_damm_add(other, bad[i]);
			tried++;
			caught += other != state;
		}
	}
	CHECK_MSG(tried > 240000 && caught == tried, "%u of %u", caught, tried);
}

/* The same through the reader, with the letters: no slip gives another position. */
static void no_slip_of_a_typed_position_is_taken(void)
{
	static const char typed[] = "352404N0355655E-9";
	struct dcf_position p;
	struct dcf_notation_fault f;

	CHECK(parse(typed, &p, &f) == DCF_OK && p.notation == DCF_NOTATION_TYPED);
	for (size_t i = 0; i + 1 < sizeof typed; i++) {
		char bad[sizeof typed];

		for (const char *c = "0123456789NSEW"; *c; c++) {
			memcpy(bad, typed, sizeof bad);
			bad[i] = *c;
			CHECK_MSG(*c == typed[i] || parse(bad, &p, &f) != DCF_OK, "%s", bad);
		}
		memcpy(bad, typed, sizeof bad);
		if (i + 2 >= sizeof typed || typed[i] == typed[i + 1])
			continue;
		bad[i] = typed[i + 1];
		bad[i + 1] = typed[i];
		CHECK_MSG(parse(bad, &p, &f) != DCF_OK, "%s", bad);
	}
}

/* ---- what is written reads back ---- */

static uint64_t seed = 20150918;

static int64_t between(int64_t low, int64_t high)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return low + (int64_t)((seed >> 20) % (uint64_t)(high - low + 1));
}

/* Metres between two positions, as far as a comparison with a precision needs. */
static double apart_m(struct dcf_latlon a, struct dcf_latlon b)
{
	double lat = (a.lat_e7 - b.lat_e7) * 0.011132, lon = remainder((double)a.lon_e7 - b.lon_e7, 3.6e9) * 0.011132;

	return hypot(lat, lon * cos(a.lat_e7 * 1e-7 * DCF_RAD_PER_DEG));
}

static void what_is_written_reads_back(void)
{
	for (int i = 0; i < 30000; i++) {
		struct dcf_position p = dcf_position_of((struct dcf_latlon){ (int32_t)between(-900000000, 900000000),
									     (int32_t)between(-1799999999, 1800000000) });

		p.precision_mm = 11 * dcf_power_of_ten((int)between(0, 6));
		for (int n = 0; n < DCF_NOTATION_COUNT; n++) {
			struct dcf_buf out = { .from = &heap }, again = { .from = &heap };
			struct dcf_position q = { .zone = 0 };
			struct dcf_notation_fault f;

			if (!dcf_position_put(&out, &p, (enum dcf_notation)n)) {
				CHECK(out.len == 0);
				continue;
			}
			f = (struct dcf_notation_fault){ 0, "" };
			CHECK_MSG(dcf_position_parse(dcf_buf_as_span(&out), NULL, &q, &f) == DCF_OK && q.notation == n,
				  "%.*s: %s", (int)out.len, out.p, f.text);
			CHECK_MSG(n != DCF_NOTATION_TYPED || (q.at.lat_e7 == p.at.lat_e7 && q.at.lon_e7 == p.at.lon_e7), "%.*s",
				  (int)out.len, out.p);
			/* A cell's centre is within its half diagonal (1 cm for the rounding). */
			CHECK_MSG(apart_m(p.at, q.at) <= (double)q.precision_mm * 0.00072 + 0.02, "%.*s: %.3f m", (int)out.len,
				  out.p, apart_m(p.at, q.at));
			/* A cell is the same cell again; degrees too, when they are written as exactly. */
			CHECK(dcf_position_put(&again, &q, (enum dcf_notation)n));
			CHECK_MSG(n == DCF_NOTATION_TYPED || dcf_span_eq(dcf_buf_as_span(&out), dcf_buf_as_span(&again)),
				  "%.*s, %.*s", (int)out.len, out.p, (int)again.len, again.p);
			dcf_buf_free(&again);
			dcf_buf_free(&out);
		}
	}
}

/* GARS and GEOREF by the words of their definitions, in floating point. */
static void cells_are_where_their_definitions_say(void)
{
	static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWXYZ";

	for (int i = 0; i < 20000; i++) {
		struct dcf_position p = dcf_position_of((struct dcf_latlon){ (int32_t)between(-899999999, 899999999),
									     (int32_t)between(-1799999999, 1799999999) });
		double lat = p.at.lat_e7 * 1e-7 + 90, lon = p.at.lon_e7 * 1e-7 + 180;
		struct dcf_buf gars = { .from = &heap }, georef = { .from = &heap };
		char want[64];
		int row = (int)(lat * 2), column = (int)(lon * 2),
		    quadrant = (fmod(lat, 0.5) < 0.25 ? 3 : 1) + (fmod(lon, 0.5) >= 0.25);
		int key = 3 * (2 - (int)(fmod(lat, 0.25) * 12)) + (int)(fmod(lon, 0.25) * 12) + 1;

		CHECK(dcf_position_put(&gars, &p, DCF_NOTATION_GARS) && dcf_position_put(&georef, &p, DCF_NOTATION_GEOREF));
		snprintf(want, sizeof want, "%03d%c%c%d%d", column + 1, letters[row / 24], letters[row % 24], quadrant, key);
		CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&gars), dcf_span_of(want)) || fmod(lat * 12 + 1e-9, 1) < 2e-9 ||
				  fmod(lon * 12 + 1e-9, 1) < 2e-9,
			  "%.*s, %s", (int)gars.len, gars.p, want);
		snprintf(want, sizeof want, "%c%c%c%c%02d", letters[(int)(lon / 15)], letters[(int)(lat / 15)],
			 letters[(int)fmod(lon, 15)], letters[(int)fmod(lat, 15)], (int)(fmod(lon, 1) * 60));
		CHECK_MSG(memcmp(georef.p, want, 6) == 0 || fmod(lon * 60 + 1e-7, 1) < 2e-7 || fmod(lat * 60 + 1e-7, 1) < 2e-7,
			  "%.*s, %s", (int)georef.len, georef.p, want);
		dcf_buf_free(&gars);
		dcf_buf_free(&georef);
	}
}

/* ---- altitudes ---- */

static const struct dcf_height_context at_157ft = { true, 157 * DCF_FT_E4 };

static void altitudes_are_read_with_their_reference(void)
{
	static const struct {
		const char *text, *back;
		int64_t e4;
		enum dcf_alt_ref ref;
	} rows[] = {
		{ "15000FT MSL", "15000FT MSL", 15000 * (int64_t)DCF_FT_E4, DCF_REF_MSL },
		{ "15000 ft amsl", "15000FT MSL", 15000 * (int64_t)DCF_FT_E4, DCF_REF_MSL },
		{ "4500M MSL", "4500M MSL", 45000000, DCF_REF_MSL },
		{ "4500.5 metres MSL", "4500.5M MSL", 45005000, DCF_REF_MSL },
		{ "-430M MSL", "-430M MSL", -4300000, DCF_REF_MSL },
		{ "500FT AGL", "500FT AGL", 500 * DCF_FT_E4, DCF_REF_AGL },
		{ "500FT SFC", "500FT SFC", 500 * DCF_FT_E4, DCF_REF_SFC },
		{ "120M W84", "120M W84", 1200000, DCF_REF_W84 },
		{ "120M HAE", "120M W84", 1200000, DCF_REF_W84 },
		{ "6000FT STD", "6000FT STD", 6000 * DCF_FT_E4, DCF_REF_STD },
		{ "9600M STD", "9600M STD", 96000000, DCF_REF_STD },
		{ "FL270", "FL270", 270 * (int64_t)DCF_FL_E4, DCF_REF_STD },
		{ "F270", "FL270", 270 * (int64_t)DCF_FL_E4, DCF_REF_STD },
		{ "fl 090", "FL090", 90 * (int64_t)DCF_FL_E4, DCF_REF_STD },
		{ "A150", "15000FT MSL", 15000 * (int64_t)DCF_FT_E4, DCF_REF_MSL },
		{ "S0960", "9600M STD", 96000000, DCF_REF_STD },
		{ "M0450", "4500M MSL", 45000000, DCF_REF_MSL },
		{ "SFC", "SFC", 0, DCF_REF_SFC },
		{ "GND", "SFC", 0, DCF_REF_SFC },
		{ "3000FT QNH", "3000FT MSL", 3000 * DCF_FT_E4, DCF_REF_MSL },
		{ "3000FT QNH 1008 hPa", "3000FT MSL", 3000 * DCF_FT_E4, DCF_REF_MSL },
		{ "1000FT QFE", "1157FT MSL", 1157 * DCF_FT_E4, DCF_REF_MSL },
		{ "1000FT QFE 745 mmHg", "1157FT MSL", 1157 * DCF_FT_E4, DCF_REF_MSL },
	};
	struct dcf_notation_fault f;
	struct dcf_height h;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dcf_buf out = { .from = &heap };

		f = (struct dcf_notation_fault){ 0, "" };
		CHECK_MSG(dcf_altitude_parse(dcf_span_of(rows[i].text), &at_157ft, &h, &f) == DCF_OK, "%s: %s", rows[i].text,
			  f.text);
		CHECK_MSG(!h.is_block && h.lower.e4 == rows[i].e4 && h.lower.ref == rows[i].ref, "%s", rows[i].text);
		dcf_altitude_put(&out, &h);
		CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(rows[i].back)), "%s: %.*s", rows[i].text, (int)out.len,
			  out.p);
		dcf_buf_free(&out);
	}
	CHECK(dcf_altitude_parse(DCF_SPAN("UNL"), NULL, &h, &f) == DCF_OK && h.lower.unlimited);
	CHECK(dcf_altitude_parse(DCF_SPAN("BLOCK FL180-FL200"), NULL, &h, &f) == DCF_OK && h.is_block &&
	      h.lower.e4 == 180 * (int64_t)DCF_FL_E4 && h.upper.e4 == 200 * (int64_t)DCF_FL_E4);
	CHECK(dcf_altitude_parse(DCF_SPAN("SFC to 500FT AGL"), NULL, &h, &f) == DCF_OK && h.is_block &&
	      h.lower.ref == DCF_REF_SFC);
	CHECK(dcf_altitude_parse(DCF_SPAN("FL180 - UNL"), NULL, &h, &f) == DCF_OK && h.is_block && h.upper.unlimited);
}

static void altitudes_without_a_reference_are_refused(void)
{
	/* clang-format off */
	static const struct {
		const char *text, *part;
	} rows[] = {
		{ "15000", "unit" },           { "15000FT", "reference" },      { "15000 MSL", "unit" },
		{ "15,000FT MSL", "comma" },   { "FL27", "three digits" },      { "FL2700", "three digits" },
		{ "S960", "four digits" },     { "A15", "three digits" },       { "4500M", "reference" },
		{ "1000FT QFE", "elevation" }, { "BLOCK FL200-FL180", "above" }, { "BLOCK FL180", "two altitudes" },
		{ "UNL-FL180", "above" },      { "FL180-200", "unit" },         { "3000FT QNH 29.92", "unit" },
		{ "200000M MSL", "outside" },  { "3000FT MSL 1013 hPa", "behind" }, { "high", "no altitude" },
	};
	/* clang-format on */
	struct dcf_notation_fault f;
	struct dcf_height h;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		enum dcf_status s = dcf_altitude_parse(dcf_span_of(rows[i].text), NULL, &h, &f);

		CHECK_MSG(s != DCF_OK && strstr(f.text, rows[i].part), "%s: %s", rows[i].text, s ? f.text : "taken");
	}
}

static void altitudes_read_back(void)
{
	for (int i = 0; i < 20000; i++) {
		struct dcf_height h = { .lower = { between(-20000000, 1000000000), (uint8_t)between(0, DCF_REF_COUNT - 1),
						   (uint8_t)between(0, 2), false } },
				  back;
		struct dcf_buf out = { .from = &heap };
		struct dcf_notation_fault f = { 0, "" };

		h.upper = h.lower;
		dcf_altitude_put(&out, &h);
		CHECK_MSG(dcf_altitude_parse(dcf_buf_as_span(&out), NULL, &back, &f) == DCF_OK, "%.*s: %s", (int)out.len, out.p,
			  f.text);
		CHECK_MSG(back.lower.e4 == h.lower.e4 && back.lower.ref == h.lower.ref, "%.*s", (int)out.len, out.p);
		dcf_buf_free(&out);
	}
}

static void pressures_are_one_in_three_units(void)
{
	static const struct {
		const char *text;
		int64_t hpa_e4;
		const char *hpa, *inhg, *mmhg;
	} rows[] = {
		{ "1013.25 hPa", 10132500, "1013.25 hPa", "29.92 inHg", "760 mmHg" },
		{ "760mmHg", 10132500, "1013.25 hPa", "29.92 inHg", "760 mmHg" },
		{ "29.92 inHg", 10132073, "1013.21 hPa", "29.92 inHg", "760 mmHg" },
		{ "A2992", 10132073, "1013.21 hPa", "29.92 inHg", "760 mmHg" },
		{ "Q1008", 10080000, "1008 hPa", "29.77 inHg", "756.1 mmHg" },
		{ "QNH 1008 hPa", 10080000, "1008 hPa", "29.77 inHg", "756.1 mmHg" },
		{ "QFE 640 mmHg", 8532632, "853.26 hPa", "25.2 inHg", "640 mmHg" },
	};
	static const char *const bad[] = { "1013", "QNH 1013", "29.92", "849 hPa", "1101 hPa", "630 mmHg", "x", "1013 Pa" };
	struct dcf_pressure p;
	int64_t low, high;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *want[] = { rows[i].hpa, rows[i].inhg, rows[i].mmhg };

		CHECK(dcf_pressure_parse(dcf_span_of(rows[i].text), &p, NULL) == DCF_OK);
		CHECK_MSG(p.hpa_e4 == rows[i].hpa_e4, "%s: %lld", rows[i].text, (long long)p.hpa_e4);
		for (int u = 0; u < 3; u++) {
			struct dcf_buf out = { .from = &heap };

			dcf_pressure_put(&out, p, (enum dcf_pressure_unit)u);
			CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(want[u])), "%s: %.*s", rows[i].text,
				  (int)out.len, out.p);
			dcf_buf_free(&out);
		}
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_MSG(dcf_pressure_parse(dcf_span_of(bad[i]), &p, NULL) != DCF_OK, "%s", bad[i]);
	/* FL190 is 18,164 ft on QNH 983 and 19,535 ft on 1033. */
	dcf_pressure_msl((struct dcf_pressure){ 9830000 }, 190 * (int64_t)DCF_FL_E4, &low, &high);
	CHECK(low / DCF_FT_E4 == 18164 && high - low <= 1);
	dcf_pressure_msl((struct dcf_pressure){ 10330000 }, 190 * (int64_t)DCF_FL_E4, &low, &high);
	CHECK(low / DCF_FT_E4 == 19534 && (high + DCF_FT_E4 / 2) / DCF_FT_E4 == 19535);
}

/* ---- times ---- */

static void times_are_read_with_their_zone(void)
{
	static const struct {
		const char *text, *utc;
		int64_t precision_us;
	} rows[] = {
		{ "2016-09-17T12:55:00Z", "2016-09-17T12:55:00Z", 1000000 },
		{ "2016-09-17t12:55:00.250+03:00", "2016-09-17T09:55:00.250Z", 1000 },
		{ "171255ZSEP16", "2016-09-17T12:55:00Z", 60000000 },
		{ "171255Z SEP 16", "2016-09-17T12:55:00Z", 60000000 },
		{ "17 1255z sep 2016", "2016-09-17T12:55:00Z", 60000000 },
		{ "171255CSEP16", "2016-09-17T09:55:00Z", 60000000 },
		{ "010100CJAN16", "2015-12-31T22:00:00Z", 60000000 },
		{ "171255MSEP16", "2016-09-17T00:55:00Z", 60000000 },
		{ "171255KSEP16", "2016-09-17T02:55:00Z", 60000000 },
		{ "171255NSEP16", "2016-09-17T13:55:00Z", 60000000 },
		{ "171255YSEP16", "2016-09-18T00:55:00Z", 60000000 },
		{ "17125530ZSEP16", "2016-09-17T12:55:30Z", 1000000 },
		{ "290000ZFEB16", "2016-02-29T00:00:00Z", 60000000 },
		{ "1609171255", "2016-09-17T12:55:00Z", 60000000 },
	};
	/* clang-format off */
	static const struct {
		const char *text, *part;
	} bad[] = {
		{ "171255SEP16", "zone" },      { "2016-09-17T12:55:00", "time zone" }, { "171255JSEP16", "zone J" },
		{ "171255Z", "month and year" }, { "171255ZSEP", "year" },              { "1255Z", "date" },
		{ "300000ZFEB16", "no such date" }, { "172400ZSEP16", "time of day" },  { "1609171255EST", "EST" },
		{ "PERM", "PERM" },             { "UFN", "until further" },             { "H+20", "H-hour" },
		{ "201609171255", "bare digits" }, { "171255ZSEPT16", "year" },         { "171255ZXXX16", "month" },
		{ "1613171255", "no such date" }, { "9999-12-31T23:59:59Z", "outside" }, { "noon", "no time" },
	};
	/* clang-format on */
	struct dcf_notation_fault f;
	struct dcf_when w;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dcf_buf out = { .from = &heap };

		f = (struct dcf_notation_fault){ 0, "" };
		CHECK_MSG(dcf_when_parse(dcf_span_of(rows[i].text), &w, &f) == DCF_OK, "%s: %s", rows[i].text, f.text);
		CHECK(dcf_when_put(&out, &w, DCF_WHEN_RFC3339));
		CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), dcf_span_of(rows[i].utc)) &&
				  w.precision_us == rows[i].precision_us,
			  "%s: %.*s", rows[i].text, (int)out.len, out.p);
		dcf_buf_free(&out);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		enum dcf_status s = dcf_when_parse(dcf_span_of(bad[i].text), &w, &f);

		CHECK_MSG(s != DCF_OK && strstr(f.text, bad[i].part), "%s: %s", bad[i].text, s ? f.text : "taken");
	}
}

static void times_read_back(void)
{
	for (int i = 0; i < 20000; i++) {
		struct dcf_when w = { .us = between(946684800, 4102444799) * 1000000, .precision_us = 1000000 }, back;

		for (int form = 0; form < DCF_WHEN_COUNT; form++) {
			struct dcf_buf out = { .from = &heap };

			CHECK(dcf_when_put(&out, &w, (enum dcf_when_form)form));
			CHECK_MSG(dcf_when_parse(dcf_buf_as_span(&out), &back, NULL) == DCF_OK && back.form == form, "%.*s",
				  (int)out.len, out.p);
			CHECK(back.us == (form == DCF_WHEN_NOTAM ? w.us / 60000000 * 60000000 : w.us));
			dcf_buf_free(&out);
		}
	}
}

/* ---- canonical bytes and check-words ---- */

static void the_same_thing_has_the_same_words(void)
{
	/* The words by another implementation of SHA-256 and of the division (hashlib). */
	static const char want[] = "deconflict-notation-v1\n"
				   "{\"alt_e4\":45720000,\"alt_ref\":\"MSL\",\"lat_e7\":354011000,\"lon_e7\":359487000,"
				   "\"time_us\":1474116900000000}";
	static const char block[] = "deconflict-notation-v1\n"
				    "{\"lower_e4\":0,\"lower_ref\":\"SFC\",\"upper_ref\":\"UNL\"}";
	struct dcf_buf a = { .from = &heap }, b = { .from = &heap }, c = { .from = &heap };
	char words[DCF_CHECK_WORDS_SIZE];
	struct dcf_position p, q;
	struct dcf_height h;
	struct dcf_when w;
	struct dcf_notation_fault f;

	CHECK(parse("35.4011 35.9487", &p, &f) == DCF_OK && parse("352403.96N0355655.32E-8", &q, &f) == DCF_OK);
	CHECK(dcf_altitude_parse(DCF_SPAN("15000FT MSL"), NULL, &h, &f) == DCF_OK);
	CHECK(dcf_when_parse(DCF_SPAN("171255ZSEP16"), &w, &f) == DCF_OK);
	dcf_canonical_put(&a, &p, &h, &w);
	CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&a), dcf_span_of(want)), "%.*s", (int)a.len, a.p);
	CHECK(dcf_altitude_parse(DCF_SPAN("4572M MSL"), NULL, &h, &f) == DCF_OK);
	CHECK(dcf_when_parse(DCF_SPAN("171555CSEP2016"), &w, &f) == DCF_OK);
	dcf_canonical_put(&b, &q, &h, &w);
	CHECK(dcf_span_eq(dcf_buf_as_span(&a), dcf_buf_as_span(&b)));
	dcf_check_words(dcf_buf_as_span(&a), words);
	CHECK_MSG(strcmp(words, "984 630 085 459") == 0, "%s", words);
	CHECK(dcf_altitude_parse(DCF_SPAN("SFC-UNL"), NULL, &h, &f) == DCF_OK);
	dcf_canonical_put(&c, NULL, &h, NULL);
	CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&c), dcf_span_of(block)), "%.*s", (int)c.len, c.p);
	dcf_buf_free(&a);
	dcf_buf_free(&b);
	dcf_buf_free(&c);
}

static void check_words_are_compared_as_people_write_them(void)
{
	char words[DCF_CHECK_WORDS_SIZE];

	dcf_check_words(DCF_SPAN("abc"), words);
	CHECK_MSG(strcmp(words, "800 878 673 807") == 0, "%s", words);
	for (size_t i = 0; i < 15; i++) {
		char other[DCF_CHECK_WORDS_SIZE];

		memcpy(other, words, sizeof other);
		CHECK(dcf_check_words_same(dcf_span_of(other), words));
		other[i] = other[i] == ' ' ? '-' : other[i] == '9' ? '0' : (char)(other[i] + 1);
		CHECK(dcf_check_words_same(dcf_span_of(other), words) == (words[i] == ' '));
		other[i] = '\0';
		CHECK(!dcf_check_words_same(dcf_span_of(other), words));
	}
	CHECK(!dcf_check_words_same(DCF_SPAN(""), words) && !dcf_check_words_same(DCF_SPAN("   "), words));
}

int main(void)
{
	heap = dcf_alloc_heap();
	return TAP_RUN(TAP(every_notation_is_read), TAP(known_places_are_written_as_known),
		       TAP(what_is_ambiguous_is_refused_with_the_reason), TAP(a_datum_is_converted_or_refused),
		       TAP(the_check_digit_catches_every_slip), TAP(no_slip_of_a_typed_position_is_taken),
		       TAP(what_is_written_reads_back), TAP(cells_are_where_their_definitions_say),
		       TAP(altitudes_are_read_with_their_reference), TAP(altitudes_without_a_reference_are_refused),
		       TAP(altitudes_read_back), TAP(pressures_are_one_in_three_units), TAP(times_are_read_with_their_zone),
		       TAP(times_read_back), TAP(the_same_thing_has_the_same_words),
		       TAP(check_words_are_compared_as_people_write_them));
}

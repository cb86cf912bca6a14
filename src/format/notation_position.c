/* SPDX-License-Identifier: Apache-2.0 */
/* notation_position.c - which notation is it?  Each reader is asked in turn; the first that knows the form decides. */
#include "format/notation_grid.h"
#include "format/notation_int.h"

static const char *const names[] = {
	[DCF_NOTATION_DD] = "decimal degrees",
	[DCF_NOTATION_DDM] = "degrees and minutes",
	[DCF_NOTATION_DMS] = "degrees, minutes and seconds",
	[DCF_NOTATION_PACKED] = "packed degrees",
	[DCF_NOTATION_ISO6709] = "ISO 6709",
	[DCF_NOTATION_TYPED] = "packed degrees with a check digit",
	[DCF_NOTATION_MGRS] = "MGRS",
	[DCF_NOTATION_UTM] = "UTM",
	[DCF_NOTATION_UPS] = "UPS",
	[DCF_NOTATION_GARS] = "GARS",
	[DCF_NOTATION_GEOREF] = "GEOREF",
	[DCF_NOTATION_BEARING] = "bearing and distance",
	[DCF_NOTATION_INDICATOR] = "location indicator",
};
_Static_assert(sizeof names / sizeof *names == DCF_NOTATION_COUNT, "every notation has a name");

const char *dcf_notation_name(enum dcf_notation n)
{
	return (unsigned)n < DCF_NOTATION_COUNT ? names[n] : "unknown notation";
}

/* Whose form is the narrowest is asked first. */
static dcf_reader_of_notation *const readers[] = {
	dcf_read_bearing, dcf_read_iso6709, dcf_read_gars,   dcf_read_mgrs,      dcf_read_utm,
	dcf_read_ups,     dcf_read_georef,  dcf_read_angles, dcf_read_indicator,
};

/* A datum behind the position, with its blank: cut off and taken. */
static enum dcf_status take_datum(struct dcf_reading *r)
{
	struct dcf_piece t = r->text;

	/* The last one or two words. */
	for (size_t i = t.n, blanks = 0; i-- > 1 && blanks < 2;) {
		enum dcf_datum d;

		if (t.c[i] != ' ')
			continue;
		blanks++;
		d = dcf_datum_find((struct dcf_span){ t.c + i + 1, t.n - i - 1 });
		if (d == DCF_DATUM_COUNT)
			continue;
		if (r->context && r->context->datum != DCF_DATUM_WGS84 && d != r->context->datum)
			return dcf_wrong(r, t, i + 1, DCF_E_REFUSED, "two datums: the text names another one");
		r->datum = d;
		r->text = dcf_piece_part(t, 0, i);
		return DCF_OK;
	}
	return DCF_OK;
}

enum dcf_status dcf_read_position(struct dcf_reading *r)
{
	enum dcf_status s = take_datum(r);

	if (s != DCF_OK)
		return s;
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
		s = readers[i](r);
		if (s != DCF_E_NOT_FOUND || r->fault->text)
			break;
	}
	if (s == DCF_E_NOT_FOUND && !r->fault->text)
		return dcf_wrong(
			r, r->text, 0, DCF_E_SYNTAX,
			"no notation that is known: expected such as 35.4011N 35.9487E, 352404N0355655E or 36SYE6779321518");
	if (s == DCF_OK && r->datum != DCF_DATUM_WGS84 && r->out->datum != r->datum)
		return dcf_wrong(r, r->text, 0, DCF_E_REFUSED,
				 "only latitude and longitude are converted from another datum: grids are WGS 84 here");
	return s;
}

enum dcf_status dcf_position_parse(struct dcf_span text, const struct dcf_position_context *context, struct dcf_position *out,
				   struct dcf_notation_fault *fault)
{
	struct dcf_notation_fault unused;
	struct dcf_position read;
	struct dcf_clean clean;
	struct dcf_reading r = { .context = context,
				 .out = &read,
				 .fault = fault ? fault : &unused,
				 .datum = context ? context->datum : DCF_DATUM_WGS84 };
	enum dcf_status s = dcf_clean_text(text, &clean, r.fault);

	if (s != DCF_OK)
		return s;
	r.text = dcf_piece_of(&clean);
	s = dcf_read_position(&r);
	if (s == DCF_OK)
		*out = read;
	return s;
}

struct dcf_position dcf_position_of(struct dcf_latlon at)
{
	return (struct dcf_position){ .at = at, .precision_mm = 11 };
}

bool dcf_position_put(struct dcf_buf *out, const struct dcf_position *p, enum dcf_notation as)
{
	switch (as) {
	case DCF_NOTATION_MGRS:
		dcf_put_mgrs(out, p);
		return true;
	case DCF_NOTATION_UTM:
		return dcf_put_utm(out, p);
	case DCF_NOTATION_UPS:
		return dcf_put_ups(out, p);
	case DCF_NOTATION_GARS:
		return dcf_put_gars(out, p);
	case DCF_NOTATION_GEOREF:
		return dcf_put_georef(out, p);
	case DCF_NOTATION_BEARING:
	case DCF_NOTATION_INDICATOR:
	case DCF_NOTATION_COUNT:
		return false;
	default:
		dcf_put_angles(out, p, as);
		return true;
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_notation.c - positions, altitudes, pressures and times as strangers write them.
 *
 * The first byte says which; the rest is the text.  Beside not crashing: a fault names a byte of the text and a reason, what is
 * taken is on this earth, and it reads back the same from every notation that it is written in. */
#include "format/notation.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stay a failure in release builds too. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_fault(enum dcf_status s, struct dcf_span text, const struct dcf_notation_fault *f)
{
	must(s == DCF_E_SYNTAX || s == DCF_E_REFUSED || s == DCF_E_RANGE || s == DCF_E_NOT_FOUND || s == DCF_E_LIMIT);
	must(f->text && *f->text && f->at <= text.len);
}

/* Two places, one of them twice. */
static int find(void *places, struct dcf_span name, bool indicator, struct dcf_latlon *at)
{
	(void)places;
	*at = (struct dcf_latlon){ 354011000, 359487000 };
	if (name.len != 4)
		return 0;
	return memcmp(name.p, "OSLK", 4) == 0 ? 1 : memcmp(name.p, "TWIN", 4) == 0 && !indicator ? 2 : 0;
}

static void read_back(const struct dcf_position *p, enum dcf_notation as)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_position q;

	if (dcf_position_put(&out, p, as)) {
		must(dcf_position_parse(dcf_buf_as_span(&out), NULL, &q, NULL) == DCF_OK && q.notation == as);
		must(as != DCF_NOTATION_TYPED || (q.at.lat_e7 == p->at.lat_e7 && q.at.lon_e7 == p->at.lon_e7));
	} else {
		must(out.len == 0);
	}
	dcf_buf_free(&out);
}

static void take_position(struct dcf_span text, enum dcf_datum datum)
{
	const struct dcf_position_context context = { .datum = datum, .find = find };
	struct dcf_position p;
	struct dcf_notation_fault f = { 0, NULL };
	enum dcf_status s = dcf_position_parse(text, &context, &p, &f);

	if (s != DCF_OK) {
		check_fault(s, text, &f);
		return;
	}
	must(p.at.lat_e7 >= -900000000 && p.at.lat_e7 <= 900000000 && p.at.lon_e7 > -1800000000 && p.at.lon_e7 <= 1800000000);
	must(p.precision_mm >= 11 && p.precision_mm <= 200000000 && p.notation < DCF_NOTATION_COUNT && p.zone <= 60);
	for (int n = 0; n < DCF_NOTATION_COUNT; n++)
		read_back(&p, (enum dcf_notation)n);
}

static void same_altitude(struct dcf_altitude a, struct dcf_altitude b)
{
	must(a.unlimited == b.unlimited && (a.unlimited || (a.e4 == b.e4 && a.ref == b.ref)));
}

static void take_altitude(struct dcf_span text)
{
	const struct dcf_height_context context = { true, 478536 };
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_height h, back;
	struct dcf_notation_fault f = { 0, NULL };
	enum dcf_status s = dcf_altitude_parse(text, &context, &h, &f);

	if (s != DCF_OK) {
		check_fault(s, text, &f);
		return;
	}
	dcf_altitude_put(&out, &h);
	must(dcf_altitude_parse(dcf_buf_as_span(&out), NULL, &back, NULL) == DCF_OK && back.is_block == h.is_block);
	same_altitude(h.lower, back.lower);
	same_altitude(h.upper, back.upper);
	dcf_buf_free(&out);
}

static void take_pressure(struct dcf_span text)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_pressure p;
	struct dcf_notation_fault f = { 0, NULL };
	enum dcf_status s = dcf_pressure_parse(text, &p, &f);

	if (s != DCF_OK) {
		check_fault(s, text, &f);
		return;
	}
	must(p.hpa_e4 >= 4500000 && p.hpa_e4 <= 11000000);
	for (int u = DCF_PRESSURE_HPA; u <= DCF_PRESSURE_MMHG; u++) {
		struct dcf_buf out = { .from = &heap };
		struct dcf_pressure back = { 0 };

		dcf_buf_z(&out, "QFE ");
		dcf_pressure_put(&out, p, (enum dcf_pressure_unit)u);
		/* Rounding may carry it over the edge of what is taken. */
		s = dcf_pressure_parse(dcf_buf_as_span(&out), &back, NULL);
		must(s == DCF_E_RANGE || (s == DCF_OK && llabs(back.hpa_e4 - p.hpa_e4) <= 1700));
		dcf_buf_free(&out);
	}
}

static void take_when(struct dcf_span text)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_when w;
	struct dcf_notation_fault f = { 0, NULL };
	enum dcf_status s = dcf_when_parse(text, &w, &f);

	if (s != DCF_OK) {
		check_fault(s, text, &f);
		return;
	}
	must(w.precision_us >= 1 && w.precision_us <= 60000000 && w.zone_min >= -24 * 60 && w.zone_min <= 24 * 60);
	for (int form = 0; form < DCF_WHEN_COUNT; form++) {
		struct dcf_buf out = { .from = &heap };
		struct dcf_when back;

		if (dcf_when_put(&out, &w, (enum dcf_when_form)form)) {
			must(dcf_when_parse(dcf_buf_as_span(&out), &back, NULL) == DCF_OK);
			must(form != DCF_WHEN_RFC3339 || back.us == w.us);
			must(back.us <= w.us && w.us - back.us < 60000000);
		}
		dcf_buf_free(&out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dcf_span text = { (const char *)data + 1, size - 1 };

	if (size == 0)
		return 0;
	switch (data[0]) {
	case 'p':
		take_position(text, DCF_DATUM_WGS84);
		break;
	case 'd':
		take_position(text, DCF_DATUM_SK42);
		break;
	case 'a':
		take_altitude(text);
		break;
	case 'q':
		take_pressure(text);
		break;
	case 't':
		take_when(text);
		break;
	default:
		break;
	}
	return 0;
}

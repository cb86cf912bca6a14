/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_writer.h"
#include "format/notation.h"

static void put_altitude(struct dcf_json *j, struct dcf_altitude a, const char *value, const char *ref)
{
	static const char *const name[] = { [DCF_REF_MSL] = "MSL",
					    [DCF_REF_STD] = "STD",
					    [DCF_REF_AGL] = "AGL",
					    [DCF_REF_SFC] = "SFC",
					    [DCF_REF_W84] = "W84" };
	_Static_assert(sizeof name / sizeof *name == DCF_REF_COUNT, "every reference needs a name");

	if (!a.unlimited) {
		dcf_json_key(j, value);
		dcf_json_i64(j, a.e4);
	}
	dcf_json_key(j, ref);
	dcf_json_z(j, a.unlimited ? "UNL" : name[a.ref]);
}

/* Members in the order of their names, as RFC 8785 has them. */
void dcf_canonical_put(struct dcf_buf *out, const struct dcf_position *p, const struct dcf_height *h, const struct dcf_when *w)
{
	struct dcf_json j = { .out = out };

	dcf_buf_z(out, "deconflict-notation-v1\n");
	dcf_json_begin(&j, '{');
	if (h && !h->is_block)
		put_altitude(&j, h->lower, "alt_e4", "alt_ref");
	if (p) {
		dcf_json_key(&j, "lat_e7");
		dcf_json_i64(&j, p->at.lat_e7);
		dcf_json_key(&j, "lon_e7");
		dcf_json_i64(&j, p->at.lon_e7);
	}
	if (h && h->is_block)
		put_altitude(&j, h->lower, "lower_e4", "lower_ref");
	if (w) {
		dcf_json_key(&j, "time_us");
		dcf_json_i64(&j, w->us);
	}
	if (h && h->is_block)
		put_altitude(&j, h->upper, "upper_e4", "upper_ref");
	dcf_json_end(&j, '}');
}

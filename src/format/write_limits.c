/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of a party.  Those of a feature are written as they were read, among its other members. */
#include "format/geojson_parts.h"

static void put_seconds(struct dcf_json *j, const char *key, int64_t us)
{
	if (us == DCF_NO_LIMIT)
		return;
	dcf_json_key(j, key);
	dcf_json_fixed(j, us, 6);
}

static void put_level(struct dcf_json *j, const char *key, bool has, struct dcf_altitude a, enum dcf_lean lean)
{
	if (!has)
		return;
	dcf_json_key(j, key);
	dcf_json_altitude(j, a, lean);
}

static void put_speed(struct dcf_json *j, const char *key, double mps, double none)
{
	if (mps == none)
		return;
	dcf_json_key(j, key);
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "value");
	dcf_json_raw(j, DCF_SPAN(""));
	dcf_put_double(j->out, mps);
	dcf_json_key(j, "unit");
	dcf_json_z(j, "m/s");
	dcf_json_end(j, '}');
}

static bool is_free(const struct dcf_party *p)
{
	const struct dcf_limits *l = &p->limits;

	return !l->fixed && l->max_delay_us == DCF_NO_LIMIT && l->max_advance_us == DCF_NO_LIMIT &&
	       l->max_detour_m >= DCF_NO_DETOUR && !(l->min_speed_mps > 0) && l->max_speed_mps >= DCF_NO_DETOUR &&
	       !p->levels.has_lowest && !p->levels.has_highest;
}

void dcf_json_party_limits(struct dcf_json *j, const struct dcf_party *p)
{
	const struct dcf_limits *l = &p->limits;

	if (is_free(p))
		return;
	dcf_json_key(j, "limits");
	dcf_json_begin_inline(j, '{');
	if (l->fixed) {
		dcf_json_key(j, "movable");
		dcf_json_bool(j, false);
	}
	put_seconds(j, "max_delay_s", l->max_delay_us);
	put_seconds(j, "max_advance_s", l->max_advance_us);
	/* A reader that rounds levels inward must come back to the same 0.1 mm. */
	put_level(j, "lowest", p->levels.has_lowest, p->levels.lowest, DCF_LEAN_BELOW);
	put_level(j, "highest", p->levels.has_highest, p->levels.highest, DCF_LEAN_ABOVE);
	if (l->max_detour_m < DCF_NO_DETOUR)
		dcf_json_length(j, "max_detour", l->max_detour_m, p->in_feet);
	put_speed(j, "min_speed", l->min_speed_mps, 0);
	put_speed(j, "max_speed", l->max_speed_mps, DCF_NO_DETOUR);
	dcf_json_end(j, '}');
}

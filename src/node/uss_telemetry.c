/* SPDX-License-Identifier: Apache-2.0 */
#include "node/uss_telemetry.h"
#include "format/put_number.h"
#include "node/uss_text.h"

#define HALF_MOST_E4  (150 * (int64_t)DCF_M_E4)
#define LOWEST_E4     (-8000 * (int64_t)DCF_M_E4)
#define HIGHEST_E4    (100000 * (int64_t)DCF_M_E4)
#define TRACK_UNKNOWN 360

/* NACp and GVA of ADS-B with finer steps: the error is below. */
struct step {
	double below_m;
	const char *name;
};
static const struct step lateral[] = {
	{ 1, "HA1m" },       { 3, "HA3m" },     { 10, "HA10m" },   { 30, "HA30m" },   { 92.6, "HA005NM" }, { 185.2, "HA01NM" },
	{ 555.6, "HA03NM" }, { 926, "HA05NM" }, { 1852, "HA1NM" }, { 3704, "HA2NM" }, { 7408, "HA4NM" },   { 18520, "HA10NM" },
};
static const struct step vertical[] = {
	{ 1, "VA1m" }, { 3, "VA3m" }, { 10, "VA10m" }, { 25, "VA25m" }, { 45, "VA45m" }, { 150, "VA150m" },
};

/* Where an aircraft is above the ellipsoid. */
struct height {
	bool known; /* `low` and `high` are its bounds, but for what the operator said of the error */
	bool told;  /* F3548 can say `middle` of it */
	int64_t low_e4, high_e4, middle_e4;
	double half_m;
};

static struct height height_of(const struct dcf_telemetry *t, const struct dcf_offsets *o)
{
	static const struct dcf_altitude zero = { .ref = DCF_REF_W84, .unit = DCF_UNIT_M };
	struct height h = { .known = t->has_altitude };

	if (!h.known)
		return h;
	dcf_altitude_difference(o, t->altitude, zero, false, &h.low_e4, &h.high_e4);
	h.middle_e4 = h.low_e4 + (h.high_e4 - h.low_e4) / 2;
	/* The middle may be rounded: the upper half is the wider. */
	h.half_m = (double)(h.high_e4 - h.middle_e4) / DCF_M_E4;
	h.told = h.high_e4 - h.middle_e4 <= HALF_MOST_E4 && h.middle_e4 >= LOWEST_E4 && h.middle_e4 <= HIGHEST_E4;
	return h;
}

static const char *step_of(const struct step *steps, size_t count, double error_m, const char *beyond)
{
	for (size_t i = 0; i < count; i++)
		if (error_m < steps[i].below_m)
			return steps[i].name;
	return beyond;
}

static void put_position(struct dcf_json *j, const struct dcf_telemetry *t, const struct height *h)
{
	bool has_h = t->accuracy_h_m > 0, has_v = h->told && t->accuracy_v_m > 0;

	dcf_json_begin(j, '{');
	dcf_json_key(j, "longitude");
	dcf_json_fixed(j, t->at.lon_e7, 7);
	dcf_json_key(j, "latitude");
	dcf_json_fixed(j, t->at.lat_e7, 7);
	dcf_json_key(j, "accuracy_h");
	dcf_json_z(j, has_h ? step_of(lateral, sizeof lateral / sizeof *lateral, t->accuracy_h_m, "HA10NMPlus") : "HAUnknown");
	dcf_json_key(j, "accuracy_v");
	dcf_json_z(j, has_v ? step_of(vertical, sizeof vertical / sizeof *vertical, t->accuracy_v_m + h->half_m, "VA150mPlus")
			    : "VAUnknown");
	dcf_json_key(j, "extrapolated");
	dcf_json_bool(j, t->extrapolated);
	if (h->told)
		dcf_uss_put_altitude(j, "altitude", h->middle_e4);
	dcf_json_end(j, '}');
}

static void put_velocity(struct dcf_json *j, const struct dcf_telemetry *t)
{
	dcf_json_begin(j, '{');
	dcf_json_key(j, "speed");
	dcf_json_fixed(j, (int64_t)(t->speed_mps * 1000 + 0.5), 3);
	dcf_json_key(j, "units_speed");
	dcf_json_z(j, "MetersPerSecond");
	dcf_json_key(j, "track");
	/* Cut, not rounded: 359.9999 must not become 360, which is no direction. */
	dcf_json_fixed(j, t->track_deg < 0 ? TRACK_UNKNOWN * 1000 : (int64_t)(t->track_deg * 1000), 3);
	dcf_json_end(j, '}');
}

static void put_vehicle(struct dcf_json *j, const struct dcf_telemetry *t, const struct height *h)
{
	dcf_json_begin(j, '{');
	dcf_json_key(j, "time_measured");
	dcf_utm_put_time(j, t->time_us, false);
	dcf_json_key(j, "position");
	put_position(j, t, h);
	if (t->speed_mps >= 0) {
		dcf_json_key(j, "velocity");
		put_velocity(j, t);
	}
	dcf_json_end(j, '}');
}

void dcf_uss_put_vehicle(struct dcf_json *j, const struct dcf_telemetry *t, const struct dcf_offsets *o)
{
	struct height h = height_of(t, o);

	put_vehicle(j, t, &h);
}

void dcf_uss_put_telemetry(struct dcf_json *j, const struct dcf_uuid *intent, const struct dcf_telemetry *t,
			   const struct dcf_offsets *o, bool strict)
{
	struct height h = height_of(t, o);

	dcf_json_begin(j, '{');
	dcf_json_key(j, "operational_intent_id");
	dcf_utm_put_id(j, intent);
	dcf_json_key(j, "telemetry");
	put_vehicle(j, t, &h);
	if (t->next_us != DCF_TIME_NONE) {
		dcf_json_key(j, "next_telemetry_opportunity");
		dcf_utm_put_time(j, t->next_us, false);
	}
	if (!strict && h.known && h.low_e4 != h.high_e4) {
		dcf_json_key(j, "deconflict");
		dcf_json_begin(j, '{');
		dcf_uss_put_altitude(j, "altitude_lower", h.low_e4);
		dcf_uss_put_altitude(j, "altitude_upper", h.high_e4);
		dcf_json_end(j, '}');
	}
	dcf_json_end(j, '}');
}

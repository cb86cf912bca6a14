/* SPDX-License-Identifier: Apache-2.0 */
/* telemetry.h - where one aircraft was at one time, as its operator tells it: one small JSON object.
 *
 *     { "time": "2026-11-22T12:00:00.250Z", "at": [7.4, 46.9],
 *       "altitude": {"value": 550, "unit": "m", "ref": "MSL"}, "accuracy_h_m": 4, "accuracy_v_m": 8,
 *       "speed": {"value": 12, "unit": "m/s"}, "track_deg": 271.5, "extrapolated": false, "next": "2026-11-22T12:00:01Z" }
 *
 * `time` and `at` must be there.  A member that is not known is refused: a misspelt accuracy would be none, and nobody would
 * notice. */
#ifndef DCF_FORMAT_TELEMETRY_H
#define DCF_FORMAT_TELEMETRY_H

#include "core/plan.h"

enum { DCF_TELEMETRY_MAX = 4096 /* bytes of the object */ };

/* Plain values; what was not given is said so. */
struct dcf_telemetry {
	int64_t time_us; /* measured */
	int64_t next_us; /* when the next one is expected, after `time_us`; DCF_TIME_NONE */
	struct dcf_latlon at;
	struct dcf_altitude altitude;      /* where has_altitude; never unlimited */
	double accuracy_h_m, accuracy_v_m; /* the error likely to be there, above 0; 0: not given */
	double speed_mps;                  /* over the ground; below 0: not given */
	double track_deg;                  /* over the ground, from true north, 0 to below 360; below 0: not given */
	bool has_altitude, extrapolated;
};

/* Read `text`.  `remarks` is an initialised plan that gets, refused, one remark for each thing that is wrong, with `where`
 * "body#/altitude/unit". DCF_E_REFUSED: *out is not to be used; DCF_E_NOMEM.  Pure; any thread. */
DCF_CHECKED enum dcf_status dcf_telemetry_read(struct dcf_span text, struct dcf_plan *remarks, struct dcf_telemetry *out);

#endif

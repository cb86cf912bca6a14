/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_telemetry.c - positions of aircraft as their operators tell them.
 *
 * Beside not crashing: what is refused has reasons, each with its place, and what is taken is within the bounds that
 * telemetry.h names. */
#include "format/telemetry.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stay a failure in release builds too. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_taken(const struct dcf_telemetry *t)
{
	must(t->time_us != DCF_TIME_NONE && (t->next_us == DCF_TIME_NONE || t->next_us > t->time_us));
	must(t->at.lat_e7 >= -900000000 && t->at.lat_e7 <= 900000000 && t->at.lon_e7 > -1800000000 &&
	     t->at.lon_e7 <= 1800000000);
	must(!t->has_altitude || !t->altitude.unlimited);
	must(t->accuracy_h_m >= 0 && t->accuracy_v_m >= 0 && t->track_deg < 360 && t->speed_mps <= 10000);
	must(!t->extrapolated || t->accuracy_h_m > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_telemetry t;
	struct dcf_plan remarks;
	enum dcf_status s;

	dcf_plan_init(&remarks, &heap);
	s = dcf_telemetry_read((struct dcf_span){ (const char *)data, size }, &remarks, &t);
	must(s == DCF_OK || s == DCF_E_REFUSED);
	must((s == DCF_E_REFUSED) == (remarks.remark_count > 0));
	for (size_t i = 0; i < remarks.remark_count; i++)
		must(remarks.remarks[i].refused && remarks.remarks[i].text.len && remarks.remarks[i].where.len >= 5);
	if (s == DCF_OK)
		check_taken(&t);
	dcf_plan_free(&remarks);
	return 0;
}

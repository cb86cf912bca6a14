/* SPDX-License-Identifier: Apache-2.0 */
/* uss_telemetry.h - a position as F3548-21 has providers tell it.  Pure; any thread. */
#ifndef DCF_NODE_USS_TELEMETRY_H
#define DCF_NODE_USS_TELEMETRY_H

#include "base/json_writer.h"
#include "core/altitude.h"
#include "format/telemetry.h"
#include "format/utm.h"

/* VehicleTelemetry.  Its altitude is in metres above the ellipsoid: one with another reference is an interval there, whose
 * middle is told, half its width being added to what the operator said of the error.  Where that alone is more than 150 m (of
 * which F3548 has no bound), or where the altitude is beyond what F3548 can say, none is told: whoever has no altitude must
 * reckon with any.  A track that is not known is 360, since nothing would be north. */
void dcf_uss_put_vehicle(struct dcf_json *j, const struct dcf_telemetry *t, const struct dcf_offsets *o);

/* GetOperationalIntentTelemetryResponse; not `strict`: with the interval in which the altitude is for certain, where it is one.
 */
void dcf_uss_put_telemetry(struct dcf_json *j, const struct dcf_uuid *intent, const struct dcf_telemetry *t,
			   const struct dcf_offsets *o, bool strict);

#endif

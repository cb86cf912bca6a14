/* SPDX-License-Identifier: Apache-2.0 */
/* write_f3548.h - a plan as ASTM F3548-21 operational intents and constraints: an array of {"reference", "details"}, and of
 * {"constraint": {"reference", "details"}} for operations all of whose features say that they are constraints.
 *
 * F3548 knows circles, polygons with geodesic edges, ellipsoid heights in metres and time windows; what
 * it cannot say is written larger, never smaller: holes are filled, corridors, orbits and trajectories
 * become circumscribed polygons (one a leg; trajectories in pieces of at most 10 NM, and of 60 s where
 * they move 1 km or climb 300 m in that time), altitudes of other references the widest W84 band that
 * the plan's QNH, geoid and terrain allow, windows whole milliseconds.  `0 SFC` as a lower limit is -8,000 m and "UNL" 100,000
 * m, the ends of the standard's range (or the plan's own lowest and highest limit where that lies beyond).
 *
 * `reference.id` must be a version 4 UUID there and is free text here: it is derived from (party,
 * operation), so the same operation always has the same one; it is no cryptographic hash.  A file has no
 * USS behind it: `uss_base_url` is a reserved name that leads nowhere, `subscription_id` the null UUID.
 * The member `deconflict` beside `reference` keeps what the standard has no place for: {"operation": ID, "replaces": ID}, and
 * of each volume
 * {"feature": ID, "acm": …, "advisory": true, "protected": true, "constraint": true (of some volumes of an intent)}. */
#ifndef DCF_FORMAT_WRITE_F3548_H
#define DCF_FORMAT_WRITE_F3548_H

#include "base/buf.h"
#include "core/plan.h"

/* Append the document to `out`.  DCF_E_NOMEM when memory is short; DCF_E_REFUSED when a feature's
 * geometry cannot be outlined (an edge between antipodal points; dcf_check refuses those too).
 * Operations without features are left out.  Reads `plan` only; safe from any thread. */
DCF_CHECKED enum dcf_status dcf_write_f3548(const struct dcf_plan *plan, struct dcf_buf *out);

/* The version 4 UUID of (party, id), 36 characters and a NUL: the same on every machine. */
void dcf_f3548_uuid(struct dcf_span party, struct dcf_span id, char uuid[37]);

#endif

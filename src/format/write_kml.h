/* SPDX-License-Identifier: Apache-2.0 */
/* write_kml.h - a plan as KML 2.2, for globes and maps.
 *
 * A folder a party, a placemark a feature.  Every outline contains the feature's true shape, whether a
 * reader takes its edges as straight in longitude and latitude or as geodesics, and is nowhere more than
 * 10 m outside it.  Outlines are cut at the antimeridian and closed along a pole they contain, as KML's
 * range of longitudes asks; a shape that reaches more than 9,000 km from its middle becomes the whole
 * earth.  Heights are drawn above mean sea level as KML means them; the declared altitudes stand in the
 * description. */
#ifndef DCF_FORMAT_WRITE_KML_H
#define DCF_FORMAT_WRITE_KML_H

#include "base/buf.h"
#include "core/plan.h"

/* Append the document (UTF-8) to `out`.  DCF_E_NOMEM when memory is short; DCF_E_REFUSED when a feature's
 * geometry cannot be outlined (an edge between antipodal points; dcf_check refuses those too).
 * Reads `plan` only; safe from any thread. */
DCF_CHECKED enum dcf_status dcf_write_kml(const struct dcf_plan *plan, struct dcf_buf *out);

#endif

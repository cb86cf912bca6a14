/* SPDX-License-Identifier: Apache-2.0 */
/* write_geojson.h - a plan as an operations file.
 *
 * What is written, read again, gives the same parties, operations, features, atmosphere, agreement and
 * places: altitudes in the unit and reference they were declared in, exact to 0.1 mm, positions to
 * 1e-7 degree, times to the microsecond, ground lengths to the last bit that matters.  Members that
 * this program does not know are written through from what was read; remarks of reading are not
 * written.  Features that came from CSV or F3548 come out in the same form. */
#ifndef DCF_FORMAT_WRITE_GEOJSON_H
#define DCF_FORMAT_WRITE_GEOJSON_H

#include "base/buf.h"
#include "core/plan.h"

/* Append the file to `out`, one feature a line.  DCF_E_NOMEM when memory is short: `out` then holds a
 * useless prefix.  Reads `plan` only; safe from any thread with its own `out`. */
DCF_CHECKED enum dcf_status dcf_write_geojson(const struct dcf_plan *plan, struct dcf_buf *out);

#endif

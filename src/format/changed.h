/* SPDX-License-Identifier: Apache-2.0 */
/* changed.h - the plan after the changes as an operations file that shows before and after. */
#ifndef DCF_FORMAT_CHANGED_H
#define DCF_FORMAT_CHANGED_H

#include "base/buf.h"
#include "options/option.h"

/* Append `plan` with `moved` in place of the declared operations, as dcf_write_geojson writes it.  Each feature that is
 * not as it was declared has one member more, beside `properties`: "before", the declared feature as a whole.  It is a
 * foreign member (RFC 7946, 6.1): whoever reads the file, this program among them, takes the feature as it stands.  A
 * member "before" that was read with the declared feature (of an earlier change) stands inside the new one.
 * With a `reader` (DCF_NONE: none) what that party may not know of is left out.
 * DCF_E_RANGE: an operation that the plan has not.  DCF_E_NOMEM.  Any number of threads, each with its own `out`. */
DCF_CHECKED enum dcf_status dcf_write_changed(const struct dcf_plan *plan, const struct dcf_moved *moved, size_t count,
					      uint32_t reader, const struct dcf_alloc *a, struct dcf_buf *out);

#endif

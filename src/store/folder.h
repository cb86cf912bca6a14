/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - an exported record (C2SP tlog-tiles, see tile.h) as a store to be read.
 *
 * Content that is not there counts as erased: the layout has no other way to say so.  A folder may be written to meanwhile by
 * dcf_folder_export. */
#ifndef DCF_STORE_FOLDER_H
#define DCF_STORE_FOLDER_H

#include "store/store.h"

/* Open the folder `path`, which has a file "checkpoint": DCF_E_NOT_FOUND otherwise.  All writers are DCF_E_REFUSED; there are no
 * snapshots; meta has "origin", "keys" and the handovers.  On failure `*out` is NULL. */
DCF_CHECKED enum dcf_status dcf_folder_open(const char *path, const struct dcf_alloc *alloc, struct dcf_store **out,
					    struct dcf_store_error *err);

#endif

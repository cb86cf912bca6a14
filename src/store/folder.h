/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - an exported record (C2SP tlog-tiles, see tile.h) as a store to be read.
 *
 * Content that is not there counts as erased: the layout has no other way to say so.  A folder may be written to meanwhile by
 * dcf_folder_export. */
#ifndef DCF_STORE_FOLDER_H
#define DCF_STORE_FOLDER_H

#include "store/log.h"

/* What an export did. */
struct dcf_export_report {
	uint64_t before, size; /* entries in the folder before and now */
	uint64_t files;        /* written */
	uint64_t contents;     /* of these, contents of entries */
	uint64_t erased;       /* contents taken away, since they were erased from the record */
};

/* Write the record in `store`, opened as `log`, to the folder `path` (made when it is not there; its parent must be):
 * checkpoint, tiles, contents, keys and handovers as tile.h has them.  Into a folder that has an earlier state of the same
 * record only what is new is written, contents erased since are deleted, and so are incomplete tiles that wider ones replace.
 * The checkpoint is replaced last, when all it speaks of is durable: readers of the folder always see a whole record.
 * DCF_E_REFUSED: the folder has files and no checkpoint.  DCF_E_CONFLICT: it has another record, or a later state.  DCF_E_IO,
 * DCF_E_FULL: what was there before still verifies; call it again to go on. */
DCF_CHECKED enum dcf_status dcf_folder_export(struct dcf_store *store, struct dcf_log *log, const struct dcf_alloc *alloc,
					      const char *path, struct dcf_export_report *report, struct dcf_store_error *err);

/* Open the folder `path`, which has a file "checkpoint": DCF_E_NOT_FOUND otherwise.  All writers are DCF_E_REFUSED; there are
 * no snapshots; meta has "origin", "keys" and the handovers.  On failure `*out` is NULL. */
DCF_CHECKED enum dcf_status dcf_folder_open(const char *path, const struct dcf_alloc *alloc, struct dcf_store **out,
					    struct dcf_store_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* kept_head.h - the last head that was acknowledged, in a file of its own beside the record.
 *
 * A record is safe against changes by its tree, but not against being cut short: SQLite takes a damaged page of its log that a
 * crash left for the log's end, and what comes behind is gone, with a head in the file that fits the rest.  So after each
 * durable append the signed head is written here too, in place, without a sync of its own; whoever keeps it syncs it about once
 * a second. It is never ahead of what is durable in the record.  After a process was killed it is the very last head; after a
 * loss of power it may be that of a second before, and what is lost beyond it is not noticed by this file.
 *
 * The file is the signed note with line ends behind it.  Empty, or of nothing but zeros: nothing was kept.  Only one thread at
 * a time may put; sync may be called by another meanwhile. */
#ifndef DCF_STORE_KEPT_HEAD_H
#define DCF_STORE_KEPT_HEAD_H

#include "store/log.h"

struct dcf_kept_head;

/* Open the file at `path` to keep heads in, made when it is missing; its folder must be there.  DCF_E_IO, DCF_E_FULL,
 * DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_kept_head_open(const struct dcf_alloc *alloc, const char *path, struct dcf_kept_head **out,
					       struct dcf_store_error *err);
/* Keep this head.  A failure is remembered for dcf_kept_head_sync: the append that it belongs to is durable all the same. */
void dcf_kept_head_put(struct dcf_kept_head *k, struct dcf_span note);
/* Make durable what was put since the last call; nothing to do costs nothing.  Says also what the last put could not do.
 * DCF_E_IO, DCF_E_FULL. */
DCF_CHECKED enum dcf_status dcf_kept_head_sync(struct dcf_kept_head *k, struct dcf_store_error *err);
/* Sync and close.  NULL is fine. */
void dcf_kept_head_close(struct dcf_kept_head *k);

/* Put what is kept at `path` behind what is in `note`.  DCF_E_NOT_FOUND: no file, or nothing kept.  DCF_E_IO, DCF_E_LIMIT (no
 * note is so long), DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_kept_head_read(const char *path, struct dcf_buf *note, struct dcf_store_error *err);

/* Does the record begin with what this head signs?  Read the head before the record is opened: it may grow meanwhile.
 * DCF_E_CORRUPT: no, or the head cannot be one, and `err` says which; `*size` (may be NULL) is then the first position in
 * doubt. */
DCF_CHECKED enum dcf_status dcf_kept_head_check(struct dcf_log *log, struct dcf_span note, uint64_t *size,
						struct dcf_store_error *err);

#endif

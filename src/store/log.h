/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - a record kept in a store: commitments, tiles, signed heads and proofs on top of the seam.
 *
 *   CREATE   an empty record: its origin, its key, a signed head of size 0
 *   OPEN     reads the head and the tree's right edge (at most 256 entries, and 255 tiles a level) and compares them
 *   APPEND   any number of entries, one durable write, one signature; what it returned DCF_OK for is kept
 *   PROVE    at most 16 tiles, read from the store; never waits for an append
 *   VERIFY   reads everything
 *
 * What the record's readers need to know is kept in the store's meta: "origin" (text), "keys" (keyring.h), "handover.<size>"
 * (a head signed by the key before and the key after).
 *
 * THREADS   One thread at a time calls append, rotate and reload; all others may be called from any thread meanwhile.
 * FAILURE   After an append or rotate that failed for any reason but its arguments nobody knows what the store has: the log
 *           refuses further ones (DCF_E_REFUSED) until dcf_log_reload has read the store again.  Heads and proofs of what was
 *           there before go on.  Nothing that was acknowledged is lost; what was not may be there, whole. */
#ifndef DCF_STORE_LOG_H
#define DCF_STORE_LOG_H

#include "record/keyring.h"
#include "record/merkle.h"
#include "store/store.h"

struct dcf_log;

/* Begin a record in a store that has none.  The signer's name is the origin, its key the first of the ring.
 * DCF_E_CONFLICT: there is one already.  A create that failed half way is made whole by calling it again with the same signer.
 */
DCF_CHECKED enum dcf_status dcf_log_create(struct dcf_store *store, const struct dcf_alloc *alloc,
					   const struct dcf_signer *signer, struct dcf_store_error *err);

/* Open the record in `store` (borrowed, to outlive the log).  The head must be signed by the key that holds for its size and be
 * the head of the tree that is there: DCF_E_CORRUPT.  DCF_E_NOT_FOUND: no record was begun here.  `ring` holds the keys to go
 * by; NULL: those kept in the store.  On failure `*out` is NULL.  Memory: some 150 kB. */
DCF_CHECKED enum dcf_status dcf_log_open(struct dcf_store *store, const struct dcf_alloc *alloc, const struct dcf_keyring *ring,
					 struct dcf_log **out, struct dcf_store_error *err);
/* `log` may be NULL.  The store stays open. */
void dcf_log_close(struct dcf_log *log);

/* Keep the head of every durable write from here on in `kept` too (borrowed; NULL: no more).  With no other call going on. */
struct dcf_kept_head;
void dcf_log_keep(struct dcf_log *log, struct dcf_kept_head *kept);

/* Read head and tree from the store again: after a failure, or because others append to the same store.  DCF_E_CORRUPT when the
 * store's record does not begin with what this log had (then the log stays as it was). */
DCF_CHECKED enum dcf_status dcf_log_reload(struct dcf_log *log, struct dcf_store_error *err);

/* Append `count` (0..DCF_STORE_BATCH_MAX) entries of which salt and content are set; commitments are filled in.  The head is
 * signed by `signer`, whose key must be the one that holds for the new size (DCF_E_REFUSED).  `*first` (may be NULL) is the
 * position of the first.  DCF_OK: they are durable.  DCF_E_CONFLICT: others appended first, nothing is there: reload.
 * Any other error: see FAILURE. */
DCF_CHECKED enum dcf_status dcf_log_append(struct dcf_log *log, struct dcf_entry *entries, size_t count,
					   const struct dcf_signer *signer, uint64_t *first, struct dcf_store_error *err);

/* Hand over from the key that holds now to the next: signs the head as it is with both, keeps it as a handover, adds the key to
 * the ring.  DCF_E_REFUSED when `before` is not the key of now.  DCF_E_RANGE as dcf_keyring_add (an empty record has nothing
 * to hand over; a second handover needs an entry between). */
DCF_CHECKED enum dcf_status dcf_log_rotate(struct dcf_log *log, const struct dcf_signer *before, const struct dcf_signer *after,
					   struct dcf_store_error *err);

/* The head: its size, its root (may be NULL), the signed text put at the end of `note` (may be NULL). */
DCF_CHECKED enum dcf_status dcf_log_head(struct dcf_log *log, uint64_t *size, struct dcf_hash *root, struct dcf_buf *note);
/* A copy of the keys. */
void dcf_log_keys(struct dcf_log *log, struct dcf_keyring *out);

/* As dcf_store_read of everything, with each content that is there held against its commitment: DCF_E_CORRUPT says which is not
 * what was appended. */
DCF_CHECKED enum dcf_status dcf_log_read(struct dcf_store *store, uint64_t from, uint64_t max, dcf_store_each *each, void *ctx,
					 struct dcf_store_error *err);

/* Where merkle.h and a server read this log's tiles: complete ones from the store, the others from memory.  Any tile of the
 * size that dcf_log_head says, or of any earlier one; DCF_E_NOT_FOUND for others.  Holds as long as the log. */
struct dcf_tile_source dcf_log_tiles(struct dcf_log *log);
/* The root when the record had `size` entries.  DCF_E_RANGE: it never had. */
DCF_CHECKED enum dcf_status dcf_log_root_at(struct dcf_log *log, uint64_t size, struct dcf_hash *root,
					    struct dcf_store_error *err);
/* That entry `index` is in the record of `size` entries.  DCF_E_RANGE unless index < size <= the head's. */
DCF_CHECKED enum dcf_status dcf_log_prove_inclusion(struct dcf_log *log, uint64_t index, uint64_t size, struct dcf_proof *proof,
						    struct dcf_store_error *err);
/* That the record of `to` entries begins with that of `old`.  DCF_E_RANGE unless old <= to <= the head's. */
DCF_CHECKED enum dcf_status dcf_log_prove_consistency(struct dcf_log *log, uint64_t old, uint64_t to, struct dcf_proof *proof,
						      struct dcf_store_error *err);

/* What a verification found. */
struct dcf_log_report {
	char origin[DCF_KEY_NAME_MAX + 1];
	uint64_t size; /* entries that the head signs */
	struct dcf_hash root;
	size_t keys;                     /* in the ring that was gone by */
	uint64_t entries, erased, bytes; /* read; of these without content; bytes of content */
	uint64_t tiles;                  /* complete tiles compared */
	uint64_t first_bad;              /* where `what` is: everything before it verifies */
	char what[240];                  /* empty when the record verifies */
};

/* Called now and then with how far it is; false stops with DCF_E_REFUSED. */
typedef bool dcf_log_progress(void *ctx, uint64_t done, uint64_t of);

/* Read the whole record and check everything: each commitment against its salt and content, each complete tile, the root
 * against the signed head, the head's signature, every handover.  `ring`: the keys that the caller trusts; NULL: those kept in
 * the store, which says only that the record agrees with itself.  With a ring of one key, the ring kept in the store is taken
 * on from there where handovers lead from that key to its last.
 * DCF_OK: it verifies.  DCF_E_CORRUPT: it does not, and the report says where and why.  Others: it could not be read, and
 * nothing is said.  A record that others append to meanwhile is verified as it was at the beginning. */
DCF_CHECKED enum dcf_status dcf_log_verify(struct dcf_store *store, const struct dcf_alloc *alloc,
					   const struct dcf_keyring *ring, dcf_log_progress *progress, void *ctx,
					   struct dcf_log_report *report, struct dcf_store_error *err);

#endif

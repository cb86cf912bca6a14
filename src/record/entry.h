/* SPDX-License-Identifier: Apache-2.0 */
/* entry.h - one entry of the record: content, the salt that hides it, and the commitment that stands for it in the tree.
 *
 *     commitment = SHA-256("deconflict-entry-v1\n" || salt || content)        leaf = SHA-256(0x00 || commitment)
 *
 * The tree, its tiles and its proofs are made of commitments alone, so content can be deleted when its retention ends and
 * everything else still verifies.  The salt keeps others from finding out what a commitment stands for by trying likely
 * contents; it is deleted with the content.  doc/protocol-record.md has the format with test vectors.  Pure; any thread. */
#ifndef DCF_RECORD_ENTRY_H
#define DCF_RECORD_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/span.h"
#include "crypto/hash.h"

enum {
	DCF_SALT_BYTES = 32,
	DCF_CONTENT_MAX = 16 * 1024 * 1024 /* bytes of one entry's content; whoever appends refuses more */
};

struct dcf_entry {
	struct dcf_hash commitment;
	uint8_t salt[DCF_SALT_BYTES]; /* zero when erased */
	struct dcf_span content;      /* borrowed; may be empty; absent when erased */
	bool erased;                  /* the content was deleted, the commitment is all that is left */
};

/* The commitment to `content` (any length, bytes as they are). */
struct dcf_hash dcf_entry_commit(const uint8_t salt[DCF_SALT_BYTES], struct dcf_span content);
/* Is its commitment the one of its salt and content?  An erased entry holds when its salt is zero and it has no content: there
 * is nothing more to check, only its place in the tree. */
bool dcf_entry_holds(const struct dcf_entry *e);
/* What the tree hashes: the leaf of a commitment (RFC 9162, section 2.1.1, with the commitment as the entry). */
struct dcf_hash dcf_entry_leaf(const struct dcf_hash *commitment);

#endif

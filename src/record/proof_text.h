/* SPDX-License-Identifier: Apache-2.0 */
/* proof_text.h - proofs that stand on their own, as text.
 *
 * Inclusion, in the form of C2SP tlog-proof; the extra data are the content's file (salt, then content), so that whoever holds
 * the proof and the record's key sees what was recorded and where:
 *
 *     c2sp.org/tlog-proof@v1
 *     extra BASE64                 (no such line once the content is erased)
 *     index 17
 *     BASE64                       the hashes, from the leaf to the root
 *                                  (empty line)
 *     the signed checkpoint
 *
 * Consistency, in the form of an add-checkpoint request of C2SP tlog-witness:
 *
 *     old 17
 *     BASE64
 *                                  (empty line)
 *     the signed checkpoint
 *
 * Readers are strict, take no memory and verify nothing: see dcf_proof_text_holds.  Pure; any thread. */
#ifndef DCF_RECORD_PROOF_TEXT_H
#define DCF_RECORD_PROOF_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "record/keyring.h"
#include "record/merkle.h"
#include "record/note.h"

enum dcf_proof_kind { DCF_PROOF_INCLUSION, DCF_PROOF_CONSISTENCY };

struct dcf_proof_text {
	enum dcf_proof_kind kind;
	uint64_t number; /* index of the entry, or the old size */
	struct dcf_proof proof;
	struct dcf_span extra;      /* base64 as it stands there; absent when there is none.  Inclusion only */
	struct dcf_span checkpoint; /* the signed checkpoint, as it stands there */
};

/* Put one behind what is in `out`.  `entry` (inclusion only) gives the extra data unless it is NULL or erased.  DCF_E_RANGE for
 * content above DCF_CONTENT_MAX, DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_inclusion_put(struct dcf_buf *out, uint64_t index, const struct dcf_proof *proof,
					      const struct dcf_entry *entry, struct dcf_span checkpoint);
DCF_CHECKED enum dcf_status dcf_consistency_put(struct dcf_buf *out, uint64_t old_size, const struct dcf_proof *proof,
						struct dcf_span checkpoint);

/* Read either; spans are borrowed from `text`.  DCF_E_SYNTAX, DCF_E_LIMIT. */
DCF_CHECKED enum dcf_status dcf_proof_text_read(struct dcf_span text, struct dcf_proof_text *out, struct dcf_note_error *error);

/* Read the extra data into `content` (which is emptied first) and check them: the entry they are.  DCF_E_NOT_FOUND when there
 * are none, DCF_E_SYNTAX, DCF_E_LIMIT, DCF_E_NOMEM.  `e->commitment` is computed from them, its content borrowed from
 * `content`. */
DCF_CHECKED enum dcf_status dcf_proof_text_entry(const struct dcf_proof_text *p, struct dcf_buf *content, struct dcf_entry *e);

/* Does an inclusion proof show `commitment` at p->number in the head that it carries, signed by the key of `ring` for its size?
 * Does a consistency proof show that this head follows the one of p->number leaves with `commitment` as its root?
 * DCF_OK; DCF_E_REFUSED when the proof does not hold; what dcf_keyring_open says of the head otherwise.  `head` is filled when
 * DCF_OK (borrowed from p) and empty otherwise. */
DCF_CHECKED enum dcf_status dcf_proof_text_holds(const struct dcf_proof_text *p, const struct dcf_hash *commitment,
						 const struct dcf_keyring *ring, struct dcf_checkpoint *head,
						 struct dcf_note_error *error);

#endif

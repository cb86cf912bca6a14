/* SPDX-License-Identifier: Apache-2.0 */
/* keyring.h - the verifier keys of one record over time: which key holds for the head of which size.
 *
 * A record has one key at a time.  As text, one line a key, oldest first:
 *
 *     0 example.com/node+3b1a9c5f+AZ0...
 *     4711 example.com/node+77e0d2aa+AQk...
 *
 * The number is the size from which the key holds: a head of size s counts when it is signed by the key with the greatest
 * number not above s.  The first number is 0, numbers ascend, every name is the record's origin, no key and no key id comes
 * twice.  A single line without a number is a ring of one key that holds from 0.  A handover is the head of exactly that
 * number, signed by the key before and the key that follows: whoever trusts the one can go on to the other.  Pure; any thread.
 */
#ifndef DCF_RECORD_KEYRING_H
#define DCF_RECORD_KEYRING_H

#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "record/note.h"

enum {
	DCF_KEYS_MAX = 64, /* keys in a ring: a year's monthly rotation for five years and some */
	DCF_KEYRING_TEXT_MAX = 24 * 1024
};

struct dcf_key_from {
	uint64_t from; /* size of the first head that it holds for */
	struct dcf_vkey key;
};

struct dcf_keyring {
	size_t count; /* 0: empty, nothing verifies */
	struct dcf_key_from key[DCF_KEYS_MAX];
};

/* Read the text; its last newline may be missing.  DCF_E_SYNTAX when it is none or breaks a rule above, DCF_E_LIMIT when it has
 * too many keys, DCF_E_REFUSED for another kind of key; `*out` is empty then. */
DCF_CHECKED enum dcf_status dcf_keyring_read(struct dcf_span text, struct dcf_keyring *out, struct dcf_note_error *error);
/* Put the text behind what is in `out`. */
void dcf_keyring_put(struct dcf_buf *out, const struct dcf_keyring *ring);
/* Add the next key.  DCF_E_RANGE when `from` is not above the last (0 for the first), the name is another or a key of that id
 * is there; DCF_E_LIMIT when the ring is full. */
DCF_CHECKED enum dcf_status dcf_keyring_add(struct dcf_keyring *ring, uint64_t from, const struct dcf_vkey *key);
/* The key for a head of `size`; NULL in an empty ring. */
const struct dcf_vkey *dcf_keyring_at(const struct dcf_keyring *ring, uint64_t size);

/* Read a signed head and verify it by the key that holds for its size, which must be of its origin.  Statuses as
 * dcf_checkpoint_open; a head signed only by a key that holds for other sizes is DCF_E_NOT_FOUND.  On failure `*out` is empty.
 */
DCF_CHECKED enum dcf_status dcf_keyring_open(const struct dcf_keyring *ring, struct dcf_span bytes, struct dcf_checkpoint *out,
					     struct dcf_note_error *error);
/* Is `bytes` the handover to ring->key[to] (1..count - 1): a head of its `from`, signed by it and by the key before?
 * DCF_E_RANGE when it is of another size or `to` has no key before it; otherwise as dcf_checkpoint_open.  The caller compares
 * out->root with the record's root at that size. */
DCF_CHECKED enum dcf_status dcf_keyring_handover(const struct dcf_keyring *ring, size_t to, struct dcf_span bytes,
						 struct dcf_checkpoint *out, struct dcf_note_error *error);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* note.h - signed notes (C2SP signed-note) and the heads of trees that they carry (C2SP tlog-checkpoint).
 *
 *     example.com/node             origin: who keeps the record
 *     1234                         size
 *     CsUYapGG...q2I=              root, base64
 *                                  (empty line)
 *     — example.com/node Az3g...   em dash, key name, base64 of key id (4 bytes) and signature (64)
 *
 * The signature is Ed25519 over the text above the empty line, its last newline included.
 *
 * A verifier key as text ("vkey"): NAME+KEYID+BASE64, key id in 8 hexadecimal digits, base64 of 0x01 and the public key.
 * Readers are strict: what they take has one form only.  Nothing here takes memory but into a dcf_buf that is given.  Pure; any
 * thread. */
#ifndef DCF_RECORD_NOTE_H
#define DCF_RECORD_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

enum {
	DCF_KEY_NAME_MAX = 255,       /* bytes of a key name or an origin */
	DCF_VKEY_MAX = 320,           /* characters of a vkey, with a NUL */
	DCF_NOTE_SIGNATURES = 32,     /* signatures in a note; the specification asks for 16 */
	DCF_NOTE_MAX = 256 * 1024,    /* bytes of a note */
	DCF_CHECKPOINT_MAX = 8 * 1024 /* bytes of a checkpoint with up to 16 Ed25519 signatures: what a store makes room for */
};

/* Where a text was not what it should be.  Callers may pass NULL. */
struct dcf_note_error {
	size_t at;            /* byte, from 0 */
	const char *expected; /* what should stand there, static: "a decimal size without leading zeros" */
};

/* --- keys ------------------------------------------------------------------------------------------------- */
/* Is it a key name: UTF-8, 1..DCF_KEY_NAME_MAX bytes, no space of any script, no control character, no '+'?  Refused too: marks
 * that steer a screen (base/utf8.h), so that no two names look the same by them. */
bool dcf_key_name_ok(struct dcf_span name);

/* Who may have signed. */
struct dcf_vkey {
	size_t name_length;
	char name[DCF_KEY_NAME_MAX + 1]; /* with a NUL */
	uint32_t id;
	struct dcf_public_key key;
};

static inline struct dcf_span dcf_vkey_name(const struct dcf_vkey *k)
{
	return (struct dcf_span){ k->name, k->name_length };
}

/* The vkey of a name and a public key.  DCF_E_RANGE when the name is none. */
DCF_CHECKED enum dcf_status dcf_vkey_make(struct dcf_vkey *out, struct dcf_span name, const struct dcf_public_key *key);
/* Write it with a NUL; returns its length. */
size_t dcf_vkey_write(const struct dcf_vkey *k, char out[DCF_VKEY_MAX]);
/* Read one: the whole of `text`, no newline.  DCF_E_SYNTAX when it is none or its key id does not fit, DCF_E_REFUSED when it is
 * of a kind other than Ed25519. */
DCF_CHECKED enum dcf_status dcf_vkey_read(struct dcf_span text, struct dcf_vkey *out, struct dcf_note_error *error);
/* Same name, id and public key? */
bool dcf_vkey_eq(const struct dcf_vkey *a, const struct dcf_vkey *b);

/* --- notes ------------------------------------------------------------------------------------------------ */
/* Who signs.  `key` is borrowed. */
struct dcf_signer {
	struct dcf_vkey who;
	const struct dcf_signing_key *key;
};

/* The signer of a name and a key; DCF_E_RANGE as dcf_vkey_make. */
DCF_CHECKED enum dcf_status dcf_signer_make(struct dcf_signer *out, struct dcf_span name, const struct dcf_signing_key *key);

/* Put `text` (which ends with a newline), the empty line and a signature line of each of the `count` (1..DCF_NOTE_SIGNATURES)
 * signers behind what is in `out`.  DCF_E_RANGE when the text is not one a note can have, DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_note_sign(struct dcf_buf *out, struct dcf_span text, const struct dcf_signer *signers,
					  size_t count);

struct dcf_note_signature {
	struct dcf_span name;
	uint32_t id;
	struct dcf_span bytes; /* base64 of id and signature, as it stands in the note */
};

/* A note that was read; everything is borrowed from the bytes given. */
struct dcf_note {
	struct dcf_span text; /* with its last newline */
	size_t count;
	struct dcf_note_signature signature[DCF_NOTE_SIGNATURES];
};

/* Read a note.  Nothing is verified: its text means nothing until dcf_note_verify says so.  DCF_E_SYNTAX, or DCF_E_LIMIT when
 * it is longer than DCF_NOTE_MAX or has too many signatures; `*out` is empty then. */
DCF_CHECKED enum dcf_status dcf_note_read(struct dcf_span bytes, struct dcf_note *out, struct dcf_note_error *error);

/* Who of `keys` (`count` of them, at most 64) signed?  Bit i of `*signed_by` is set when keys[i] did; lines of unknown keys are
 * passed over.  DCF_OK when at least one did; DCF_E_NOT_FOUND when there is no line of any of them; DCF_E_REFUSED when a line
 * in the name of one of them does not verify, whatever the others say.  `*signed_by` is 0 unless DCF_OK. */
DCF_CHECKED enum dcf_status dcf_note_verify(const struct dcf_note *note, const struct dcf_vkey *keys, size_t count,
					    uint64_t *signed_by);

/* --- checkpoints ------------------------------------------------------------------------------------------ */
/* The head of a tree.  `origin` and `extension` are borrowed. */
struct dcf_checkpoint {
	struct dcf_span origin; /* 1..DCF_KEY_NAME_MAX bytes */
	uint64_t size;          /* 0..DCF_TREE_MAX (merkle.h) */
	struct dcf_hash root;
	struct dcf_span extension; /* further lines, each with its newline: passed over when read, never written */
};

/* Put the text of a checkpoint, without signatures, behind what is in `out`.  DCF_E_RANGE for an origin that is no key name, a
 * size above DCF_TREE_MAX or an extension; DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_checkpoint_put(struct dcf_buf *out, const struct dcf_checkpoint *head);
/* The same signed: text, empty line, signatures.  Every signer's name must be the origin. */
DCF_CHECKED enum dcf_status dcf_checkpoint_sign(struct dcf_buf *out, const struct dcf_checkpoint *head,
						const struct dcf_signer *signers, size_t count);
/* Read the text of a note as a checkpoint.  DCF_E_SYNTAX, DCF_E_LIMIT. */
DCF_CHECKED enum dcf_status dcf_checkpoint_read(struct dcf_span text, struct dcf_checkpoint *out, struct dcf_note_error *error);
/* Read a signed checkpoint and verify it: signed by at least one of `keys` under its own origin, none of them wrongly (as
 * dcf_note_verify).  `signed_by` may be NULL.  On failure `*out` is empty. */
DCF_CHECKED enum dcf_status dcf_checkpoint_open(struct dcf_span bytes, const struct dcf_vkey *keys, size_t count,
						struct dcf_checkpoint *out, uint64_t *signed_by, struct dcf_note_error *error);

#endif

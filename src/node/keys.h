/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h - the node's own Ed25519 keys: files in DIR/keys.
 *
 *     record.key    signs the record's heads            token.key   signs tokens that this node mints
 *     line.key      signs messages to other nodes and is this node's identity to them (line_key.h)
 *     NAME.key.next a key that was made and is not in use yet       token-KID.pem  public halves of earlier token keys,
 *                                                                   trusted until the file is deleted
 *
 * A private key is PKCS#8 PEM (what `openssl pkey -in FILE -text` reads), mode 0600 or less in a folder of mode 0700 or less,
 * owned by the user that runs the node; anything else, or a symbolic link, is refused.  Files are written whole: made beside
 * their place, synced, linked or renamed, the folder synced.  Not for several threads at once on one folder. dcf_crypto_init
 * comes first.  Whoever is handed a key wipes it (dcf_signing_key_wipe). */
#ifndef DCF_NODE_KEYS_H
#define DCF_NODE_KEYS_H

#include "base/buf.h"
#include "crypto/sign.h"
#include "node/error.h"
#include "node/jwt.h"

#include <stdbool.h>

enum dcf_key_name { DCF_KEY_RECORD, DCF_KEY_TOKEN, DCF_KEY_LINE, DCF_KEY_NAME_END };

/* Load DIR/keys/NAME.key.  With `make`, one is made when there is none (the folder too) and `*made` (may be NULL) says so.
 * DCF_E_NOT_FOUND, DCF_E_REFUSED (mode, owner, link), DCF_E_SYNTAX, DCF_E_IO; `*key` is wiped then. */
DCF_CHECKED enum dcf_status dcf_keys_load(const char *dir, enum dcf_key_name name, bool make, struct dcf_signing_key *key,
					  bool *made, struct dcf_node_error *err);

/* Rotation in two steps, so that the record can tell of the new key under the old one before it is used.
 * PREPARE makes DIR/keys/NAME.key.next, or loads the one that is there: a crash in between changes nothing.
 * ADOPT renames it to NAME.key, atomically.  The old record key is gone then: its public half stands in the record.  The public
 * half of the old token key is written to token-KID.pem first, unless `drop_old` (it was compromised).  That file counts until
 * the operator deletes it or dcf_keys_expire does. */
DCF_CHECKED enum dcf_status dcf_keys_prepare(const char *dir, enum dcf_key_name name, struct dcf_signing_key *next,
					     struct dcf_node_error *err);
DCF_CHECKED enum dcf_status dcf_keys_adopt(const char *dir, enum dcf_key_name name, bool drop_old, struct dcf_node_error *err);

/* Why the record's next key was made: a line of 1 to DCF_KEY_REASON_MAX bytes of UTF-8 without control characters, kept beside
 * it in DIR/keys/record.key.next.reason for the entry that tells of the new key.  Put it before dcf_keys_prepare;
 * dcf_keys_adopt deletes it. Get appends it to `out`; nothing when there is none.  DCF_E_USAGE, DCF_E_IO, DCF_E_SYNTAX. */
enum { DCF_KEY_REASON_MAX = 500 };
DCF_CHECKED enum dcf_status dcf_keys_put_reason(const char *dir, struct dcf_span reason, struct dcf_node_error *err);
DCF_CHECKED enum dcf_status dcf_keys_get_reason(const char *dir, struct dcf_buf *out, struct dcf_node_error *err);
/* Is there a key of that name, or a next one?  False also when the folder cannot be looked into: loading says why. */
bool dcf_keys_has(const char *dir, enum dcf_key_name name);
bool dcf_keys_has_next(const char *dir, enum dcf_key_name name);

/* The keys whose tokens this node takes as its own: token.key and every DIR/keys/token-*.pem.  Call again on SIGHUP. */
DCF_CHECKED enum dcf_status dcf_keys_own_set(const struct dcf_alloc *a, const char *dir, struct dcf_keyset **out,
					     struct dcf_node_error *err);
/* Delete token-*.pem files older than `age_us` at `now_us` (the time of the file): longer than any token that was minted lives.
 */
DCF_CHECKED enum dcf_status dcf_keys_expire(const char *dir, int64_t now_us, int64_t age_us, size_t *deleted,
					    struct dcf_node_error *err);

/* Write `text` to DIR/NAME whole, mode 0644 (or 0600 when `secret`): for record.vkey and the first admin token. */
DCF_CHECKED enum dcf_status dcf_keys_put_file(const char *dir, const char *name, struct dcf_span text, bool secret,
					      struct dcf_node_error *err);

#endif

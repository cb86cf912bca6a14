/* SPDX-License-Identifier: Apache-2.0 */
#include "record/entry.h"

/* Signed and hashed bytes begin with what they are and its version, so that no other kind of bytes can have the same hash. */
static const char entry_name[] = "deconflict-entry-v1\n";

struct dcf_hash dcf_entry_commit(const uint8_t salt[DCF_SALT_BYTES], struct dcf_span content)
{
	struct dcf_sha256 s;

	dcf_sha256_begin(&s);
	dcf_sha256_put(&s, entry_name, sizeof entry_name - 1);
	dcf_sha256_put(&s, salt, DCF_SALT_BYTES);
	dcf_sha256_put(&s, content.p, content.len);
	return dcf_sha256_end(&s);
}

bool dcf_entry_holds(const struct dcf_entry *e)
{
	static const uint8_t zero[DCF_SALT_BYTES];
	struct dcf_hash h;

	if (e->erased)
		return e->content.len == 0 && memcmp(e->salt, zero, sizeof zero) == 0;
	h = dcf_entry_commit(e->salt, e->content);
	return dcf_hash_eq(&h, &e->commitment);
}

struct dcf_hash dcf_entry_leaf(const struct dcf_hash *commitment)
{
	char bytes[1 + DCF_HASH_BYTES] = { 0x00 };

	memcpy(bytes + 1, commitment->b, DCF_HASH_BYTES);
	return dcf_sha256((struct dcf_span){ bytes, sizeof bytes });
}

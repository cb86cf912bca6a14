/* SPDX-License-Identifier: Apache-2.0 */
/* log_int.h - what log.c and log_verify.c share. */
#ifndef DCF_STORE_LOG_INT_H
#define DCF_STORE_LOG_INT_H

#include "store/log.h"

enum { DCF_HANDOVER_KEY_MAX = 40 };

/* "handover.4711" */
void dcf_handover_key(uint64_t size, char out[DCF_HANDOVER_KEY_MAX]);

/* The keys kept in the store.  DCF_E_NOT_FOUND: none.  DCF_E_CORRUPT: what is there is none. */
DCF_CHECKED enum dcf_status dcf_log_stored_keys(struct dcf_store *store, const struct dcf_alloc *alloc, struct dcf_keyring *out,
						struct dcf_store_error *err);
/* Read a signed head, by the keys in `ring`, of a store with `count` entries.  DCF_E_CORRUPT with the reason. */
DCF_CHECKED enum dcf_status dcf_log_open_head(const struct dcf_keyring *ring, struct dcf_span note, uint64_t count,
					      struct dcf_checkpoint *out, struct dcf_store_error *err);

#endif

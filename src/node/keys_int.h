/* SPDX-License-Identifier: Apache-2.0 */
/* keys_int.h - inside of the key folder: what keys.c and keys_own.c share.  Callers see keys.h. */
#ifndef DCF_NODE_KEYS_INT_H
#define DCF_NODE_KEYS_INT_H

#include "base/span.h"
#include "node/error.h"

#include <stdbool.h>

#define DCF_KEY_REASON_FILE "record.key.next.reason"

/* Open DIR/keys (making it when `make`), check its mode and owner, wait for its lock when `lock`.  The caller closes `*out`. */
DCF_CHECKED enum dcf_status dcf_keys_folder(const char *dir, bool make, bool lock, int *out, struct dcf_node_error *err);

/* Write a file of an open folder whole; replaces one that is there. */
DCF_CHECKED enum dcf_status dcf_keys_write(int folder, const char *name, struct dcf_span text, unsigned mode,
					   struct dcf_node_error *err);

#endif

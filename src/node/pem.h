/* SPDX-License-Identifier: Apache-2.0 */
/* pem.h - the blocks of a PEM text, one after the other. */
#ifndef DCF_NODE_PEM_H
#define DCF_NODE_PEM_H

#include "base/span.h"
#include "base/status.h"
#include "node/error.h"

/* One block: the name behind BEGIN, and what its base64 holds.  Anything but DCF_OK ends the reading, and is its result. */
typedef enum dcf_status (*dcf_pem_take)(void *ctx, const char *name, const unsigned char *der, long n,
					struct dcf_node_error *err);

/* Calls `take` for each block; what stands between blocks is passed over.  DCF_OK where there is none.  DCF_E_LIMIT (more than
 * `most` bytes), DCF_E_SYNTAX (a block that is cut or not base64), DCF_E_NOMEM; `where` begins the message.  What was decoded
 * is wiped behind each call. */
DCF_CHECKED enum dcf_status dcf_pem_blocks(struct dcf_span pem, int most, const char *where, dcf_pem_take take, void *ctx,
					   struct dcf_node_error *err);

#endif

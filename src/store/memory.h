/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h - a store that lasts as long as the program: for tests, exercises and simulation. */
#ifndef DCF_STORE_MEMORY_H
#define DCF_STORE_MEMORY_H

#include "store/store.h"

/* A new, empty store whose memory comes from `alloc` (copied; called by writers alone, one at a time).  It cannot be backed up.
 * DCF_E_NOMEM leaves `*out` NULL. */
DCF_CHECKED enum dcf_status dcf_memory_open(const struct dcf_alloc *alloc, struct dcf_store **out, struct dcf_store_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* wrap.h - a store around another one that fails when it is told to. */
#ifndef DCF_TEST_STORE_WRAP_H
#define DCF_TEST_STORE_WRAP_H

#include "store/store.h"

enum wrap_mode {
	WRAP_BEFORE, /* the call fails and has done nothing */
	WRAP_AFTER,  /* the call has done its work, and says that it failed */
};

struct wrap {
	struct dcf_store base;
	struct dcf_store *inner;
	enum wrap_mode mode;
	long calls, fail_at; /* call `fail_at` (from 0) fails; -1: none */
	bool from_then_on;
	long failed;
	enum dcf_status status; /* what it fails with */
};

/* Around `inner`, which stays the caller's; `w` is filled. */
struct dcf_store *wrap_around(struct wrap *w, struct dcf_store *inner);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/init.h"

#include <sodium/core.h>

enum dcf_status dcf_crypto_init(void)
{
	/* 0 the first time, 1 when it was done before. */
	return sodium_init() < 0 ? DCF_E_IO : DCF_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* init.h - make the cryptographic library ready.
 *
 * Hashing, encoding and verifying work without it; keys and random numbers need it: libsodium picks its source of randomness
 * and its fastest code here. */
#ifndef DCF_CRYPTO_INIT_H
#define DCF_CRYPTO_INIT_H

#include "base/status.h"

/* Call once at the start of a program, before any other thread runs; again does nothing.  DCF_E_IO when the system gives no
 * random numbers: the program cannot go on. */
DCF_CHECKED enum dcf_status dcf_crypto_init(void);

#endif

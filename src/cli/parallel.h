/* SPDX-License-Identifier: Apache-2.0 */
/* parallel.h - threads for the core, which starts none itself. */
#ifndef DCF_CLI_PARALLEL_H
#define DCF_CLI_PARALLEL_H

/* The processors that are online, 1..1024. */
unsigned dcf_parallel_processors(void);

/* Run job(arg, k) for every k in [0, jobs) on at most *(const unsigned *)ctx threads, the calling one among
 * them, and wait for all.  Threads that cannot be started are done without. */
void dcf_parallel(void *ctx, unsigned jobs, void (*job)(void *arg, unsigned k), void *arg);

#endif

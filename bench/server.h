/* SPDX-License-Identifier: Apache-2.0 */
/* server.h - the node that is measured: one of our own in a temporary folder, or one that runs already. */
#ifndef DCF_BENCH_SERVER_H
#define DCF_BENCH_SERVER_H

#include "base/status.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct dcf_server {
	bool own;
	pid_t pid;
	char folder[256], url[300], program[4096];
	unsigned port;
	char header[2][9000]; /* Authorization and content type of the two parties CO and RU */
};

/* With `url` the server there, asked by the token in the file `token` for both parties; else one of ours is started, with
 * parties and tokens.  A message on standard error, and DCF_E_IO, when that fails; DCF_E_USAGE for a url without a token. */
DCF_CHECKED enum dcf_status dcf_server_start(struct dcf_server *s, const char *url, const char *token);
/* End and start our own again: seconds until /healthy answers and until /ready does. */
DCF_CHECKED enum dcf_status dcf_server_restart(struct dcf_server *s, double *healthy_s, double *ready_s);
/* End our own and delete its folder. */
void dcf_server_stop(struct dcf_server *s);

/* Of our own, 0 of another. */
double dcf_server_cpu_s(const struct dcf_server *s);
uint64_t dcf_server_resident(const struct dcf_server *s);
uint64_t dcf_server_file_bytes(const struct dcf_server *s);
/* Entries and durable writes so far, as /metrics says; 0 where it does not. */
void dcf_server_appends(const struct dcf_server *s, uint64_t *entries, uint64_t *appends);
/* Entries in the record by its signed head (asked as a party) and operations in the state; 0 where they are not said. */
void dcf_server_state(const struct dcf_server *s, uint64_t *entries, uint64_t *operations);

/* Time of writing 4 KiB and syncing it, in the server's folder (or the temporary one). */
DCF_CHECKED enum dcf_status dcf_server_sync_times(const struct dcf_server *s, double *p50_us, double *p99_us);

#endif

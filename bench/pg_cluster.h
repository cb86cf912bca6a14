/* SPDX-License-Identifier: Apache-2.0 */
/* pg_cluster.h - a private PostgreSQL server in a folder of its own, on a Unix socket only.
 *
 * Started for one measurement and gone afterwards with all its files, however this program ends: a keeper
 * process waits for that and cleans up.  PostgreSQL refuses to run as root: then it runs as the user
 * "postgres", or "nobody" where there is none. */
#ifndef DCF_BENCH_PG_CLUSTER_H
#define DCF_BENCH_PG_CLUSTER_H

#include "base/status.h"
#include <stddef.h>
#include <sys/types.h>

struct dcf_pg_cluster {
	char folder[64];   /* "" when there is none */
	char programs[96]; /* the folder of initdb and postgres */
	uid_t uid;
	gid_t gid;
	pid_t keeper; /* 0 when none runs */
	int hold;     /* the keeper cleans up when this is closed */
};

/* DCF_E_NOT_FOUND: no server programs are installed.  On failure everything is removed again, and
 * `why` holds a sentence. */
DCF_CHECKED enum dcf_status dcf_pg_start(struct dcf_pg_cluster *cluster, char *why, size_t why_size);
/* "host=... user=... dbname=..." for the client library; at most 128 bytes with its end. */
void dcf_pg_where(const struct dcf_pg_cluster *cluster, char where[128]);
/* Stops the server and removes its folder.  A zeroed cluster is fine. */
void dcf_pg_stop(struct dcf_pg_cluster *cluster);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* api_aux_int.h - inside of struct dcf_aux, for api_aux_pool.c and api_aux_certs.c. */
#ifndef DCF_NODE_API_AUX_INT_H
#define DCF_NODE_API_AUX_INT_H

#include "node/api_aux.h"

#include <pthread.h>

struct dcf_aux {
	struct dcf_alloc heap;
	const struct dcf_config *config;
	struct dcf_clock clock;
	pthread_mutex_t lock; /* of everything below */
	bool has_signer;
	struct dcf_signer signer;
	int64_t hour_us; /* of what was signed last; INT64_MIN: nothing */
	char hour[20];   /* 2026-11-22T11:00:00Z */
	struct dcf_buf note;
	char mark[DCF_AUX_MARK];
	size_t mark_length;
	uint64_t beat_count; /* since the start */
	size_t beats;
	struct dcf_heartbeat beat[DCF_AUX_HEARTBEATS];
	struct dcf_buf certs[DCF_AUX_CERTS_COUNT]; /* elements of a JSON array */
	bool has_certs[DCF_AUX_CERTS_COUNT];
};

#endif

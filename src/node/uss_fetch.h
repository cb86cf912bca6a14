/* SPDX-License-Identifier: Apache-2.0 */
/* uss_fetch.h - details of others' intents: what their providers say, asked for when somebody wants to know. */
#ifndef DCF_NODE_USS_FETCH_H
#define DCF_NODE_USS_FETCH_H

#include "node/uss.h"

enum { DCF_USS_DETAILS_MAX = 16 << 20 };

/* Where details come from. */
enum dcf_uss_origin {
	DCF_USS_OWN,      /* the intent is ours */
	DCF_USS_NOTIFIED, /* its manager told this node of the version that stands */
	DCF_USS_FETCHED,  /* its manager was asked now */
	DCF_USS_NOWHERE   /* see `why` */
};
const char *dcf_uss_origin_name(enum dcf_uss_origin origin);

/* Zero-initialise, set text.from. */
struct dcf_uss_details {
	enum dcf_uss_origin origin;
	struct dcf_buf text; /* an object with the member operational_intent; the caller's to free */
	int64_t at_us;       /* when it was said */
	char why[200];
};
/* What is known of intent `e` (not ours), asking its manager where need be: waits, at most some uss.timeout for each of two
 * calls.  DCF_OK, also when nothing is known; DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_uss_fetch(struct dcf_uss *uss, const struct dcf_entity *e, struct dcf_uss_details *out);

#endif

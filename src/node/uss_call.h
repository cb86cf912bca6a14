/* SPDX-License-Identifier: Apache-2.0 */
/* uss_call.h - one request to another provider or to a token service, with little trust: no redirects, no other protocol, no
 * proxy, no cookies, an address that its place may reach, a bounded reply in a bounded time. */
#ifndef DCF_NODE_USS_CALL_H
#define DCF_NODE_USS_CALL_H

#include "base/buf.h"
#include "node/error.h"
#include "node/uss_guard.h"

#include <curl/curl.h>
#include <stdatomic.h>

/* What all calls have in common; borrowed by them. */
struct dcf_uss_wire {
	const char *ca_file; /* "": the system's */
	int64_t timeout_us;
	bool exercise;       /* calls say so, in a header of ours */
	_Atomic bool ending; /* calls that are run end soon */
};

/* One call.  Zero-initialise, fill the first part (borrowed until dcf_uss_call_close), set reply.from. */
struct dcf_uss_call {
	const struct dcf_uss_place *place;
	const char *path;          /* behind the place's URL: "/uss/v1/operational_intents"; "" for none */
	struct dcf_span body;      /* absent: GET, else POST */
	const char *type;          /* of the body */
	struct dcf_span bearer;    /* token; absent: none */
	const char *user, *secret; /* HTTP Basic; NULL: none */
	size_t reply_max;
	/* the answer */
	struct dcf_buf reply;  /* the caller's to free */
	unsigned status;       /* 0: none came */
	int64_t retry_after_s; /* 0: not said */
	char error[CURL_ERROR_SIZE];
	/* its own */
	const struct dcf_uss_wire *wire;
	CURL *easy;
	struct curl_slist *headers;
	bool too_long, forbidden;
};

/* Make `easy` ready for a multi handle (CURLOPT_PRIVATE is left to the caller); after the transfer, tell its result.
 * DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_uss_call_open(struct dcf_uss_call *c, const struct dcf_uss_wire *wire);
void dcf_uss_call_ended(struct dcf_uss_call *c, CURLcode result);
/* Give back all but the reply.  Before or after it ended; not while a multi handle has it. */
void dcf_uss_call_close(struct dcf_uss_call *c);
/* All of it on this thread, waiting: DCF_OK when an answer came, whatever its status; else DCF_E_IO with `error`, DCF_E_NOMEM.
 */
DCF_CHECKED enum dcf_status dcf_uss_call_run(struct dcf_uss_call *c, const struct dcf_uss_wire *wire);

#endif

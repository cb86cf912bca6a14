/* SPDX-License-Identifier: Apache-2.0 */
/* load_reply.h - one HTTP/1.1 reply out of the bytes that have come so far.  For the load client. */
#ifndef DCF_BENCH_LOAD_REPLY_H
#define DCF_BENCH_LOAD_REPLY_H

#include "bench/load.h"

enum dcf_reply_found {
	DCF_REPLY_WHOLE, /* *reply is filled, *used bytes are its own */
	DCF_REPLY_MORE,  /* not yet */
	DCF_REPLY_BAD    /* this is not HTTP */
};

/* Looks for a whole reply at the front of p[0..n).  Interim replies (1xx) are skipped.  `head`: the request was a HEAD;
 * `closed`: the other side has closed, which ends a body that has neither length nor chunks.  A chunked body is put together in
 * place: the bytes of the reply are changed, once, when it is whole.  *closing: the connection is not to be used again. */
enum dcf_reply_found dcf_reply_find(char *p, size_t n, bool head, bool closed, struct dcf_load_reply *reply, size_t *used,
				    bool *closing);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - a client that asks an HTTP/1.1 server as fast as it can, or at a steady rate, and keeps the times.
 *
 * One thread, epoll, keep-alive connections over plain TCP, one request in hand on each.  Any server by its URL.
 * Unpaced, the next request of a connection leaves when the reply is there (a closed loop).  Paced, requests are due at fixed
 * instants and the time of a request runs from the instant it was due, also when no connection was free: a server that stalls
 * cannot hide it. */
#ifndef DCF_BENCH_LOAD_H
#define DCF_BENCH_LOAD_H

#include "base/alloc.h"
#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

/* Times in logarithmic steps: 64 to a doubling, so a figure is at most 1.6 % too high.  0 to 2^45 ns (9 hours).
 * Zero-initialise. */
enum { DCF_LOAD_BINS = 40 * 64 };
struct dcf_load_times {
	uint64_t count, sum_ns, max_ns, min_ns;
	uint32_t bins[DCF_LOAD_BINS];
};
void dcf_load_times_put(struct dcf_load_times *t, uint64_t ns);
void dcf_load_times_add(struct dcf_load_times *to, const struct dcf_load_times *from);
/* The time in microseconds that `per_cent` (0..100] of them do not exceed; 0 when there are none. */
double dcf_load_times_us(const struct dcf_load_times *t, double per_cent);

/* One request to send.  Spans are borrowed until `make` is called again for the same connection (the client copies them at
 * once). */
struct dcf_load_request {
	const char *method;      /* "GET" */
	struct dcf_span path;    /* "/v1/x?y=1", sent as it is */
	struct dcf_span headers; /* further lines, each ending in CRLF; may be absent */
	struct dcf_span body;    /* absent (p NULL): no Content-Length is sent */
};
struct dcf_load_reply {
	unsigned status;
	struct dcf_span head; /* status line and headers */
	struct dcf_span body;
};

struct dcf_load_options {
	const char *url;      /* "http://127.0.0.1:8080": scheme, host, port; no path */
	unsigned connections; /* 1..10,000 */
	uint64_t requests;    /* stop sending after this many [0: no bound] */
	double seconds;       /* stop sending after this long, warm-up not counted [0: no bound]; one of the two must be set */
	double warmup_s;      /* requests sent in this time are not counted */
	double rate;          /* requests a second in all; 0: closed loop */
	double timeout_s;     /* a reply that takes longer is an error and its connection is opened again [30] */
	size_t reply_max;     /* bytes of a reply [16 MiB] */
	/* Makes request number `k` (0, 1, ... in all) for `connection`. */
	void (*make)(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq);
	/* Is this reply right?  NULL: any 2xx is. */
	bool (*check)(void *ctx, unsigned connection, uint64_t k, const struct dcf_load_reply *reply);
	void *ctx;
};

struct dcf_load_result {
	uint64_t sent, right, wrong; /* counted replies: checked right, checked wrong */
	uint64_t failed;             /* no reply: connection lost, time out, not HTTP */
	uint64_t unsent;             /* at a steady rate: due before `seconds` were over, and no connection was free for them */
	uint64_t reconnects;         /* connections opened again; a server may close after a reply */
	uint64_t status[6];          /* replies by first digit of the status; [0] others */
	uint64_t bytes_out, bytes_in;
	double seconds;              /* from the first counted request to the last counted reply */
	double cpu_s;                /* of the client's thread */
	double per_second;           /* right / seconds */
	struct dcf_load_times times; /* of the right ones */
	char error[160];             /* the first thing that went wrong, or empty */
};

/* Runs it.  DCF_E_USAGE for options that make no sense or a URL that is not understood, DCF_E_IO when the server cannot be
 * reached at all, DCF_E_NOMEM; `result` is filled in any case.  Replies that are wrong or missing are counted, not an error.
 * Any number of threads may each run their own. */
DCF_CHECKED enum dcf_status dcf_load_run(const struct dcf_alloc *from, const struct dcf_load_options *options,
					 struct dcf_load_result *result);

#endif

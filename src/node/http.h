/* SPDX-License-Identifier: Apache-2.0 */
/* http.h - an HTTP/1.1 server: whole requests in, replies, late replies and streams out.
 *
 * One struct dcf_http is one listening address.  Requests are read, checked and routed on N threads of its own (epoll); a
 * handler sees a request that is whole, within the limits and unambiguous, and fills a reply.
 *
 *   connection's thread   headers read -> rate, route, gate -> body read -> handler -------------> reply sent -> done
 *                                                                           | LATER                ^
 *   any other thread                                                        +-> dcf_http_finish()  |
 *   connection's thread                                                         second stage ------+
 *
 * A handler must not block: it holds up every connection of its thread.  What takes long says LATER.
 *
 * What is refused before a handler sees it, each with a problem document (RFC 9457) and, where the framing is in doubt, the end
 * of the connection: two Content-Length or Host lines, Content-Length with Transfer-Encoding, a transfer coding other than
 * chunked, lines that end in a bare LF, folded lines, NUL and other control characters in headers, a content coding; a path
 * with empty, "." or ".." segments, encoded slashes, backslashes or control characters, bad percent-encoding, bytes that are
 * not UTF-8; a header section, a body or a number of lines beyond the limits; a request that takes too long to arrive; a client
 * that asks too often.
 *
 * What the library refuses by itself (a line without a colon, a Content-Length that is no number, a header section beyond its
 * buffer) ends the connection with a page of its own or none.  A request with chunks is the last of its connection.
 *
 * TLS is 1.3 only.  The server follows no chain of trust: a client certificate, within its dates, is pinned by its SHA-256
 * fingerprint, or handed to the program (admit, gate) as it is. */
#ifndef DCF_NODE_HTTP_H
#define DCF_NODE_HTTP_H

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "node/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dcf_http;        /* a server on one address */
struct dcf_http_stream; /* a reply without an end */

enum {
	DCF_HTTP_SEGMENTS_MAX = 16, /* segments of a path */
	DCF_HTTP_PARAMS_MAX = 8,    /* {names} of a pattern */
	DCF_HTTP_QUERY_MAX = 32,    /* parameters of a query */
	DCF_HTTP_HEADERS_MAX = 64,  /* header lines of a request, and headers a handler sets on a reply */
	DCF_HTTP_ID_MAX = 64        /* characters of a request id */
};

/* ---- requests ---- */

/* Bits, so that a route can take several. */
enum dcf_http_method {
	DCF_HTTP_GET = 1, /* HEAD comes as GET, with `head` set; the server leaves the body away */
	DCF_HTTP_POST = 2,
	DCF_HTTP_PUT = 4,
	DCF_HTTP_PATCH = 8,
	DCF_HTTP_DELETE = 16
};

struct dcf_http_pair {
	struct dcf_span name, value;
};

struct dcf_http_route;

/* One request.  Every span lives until the reply is sent (the body too); so does what is taken from `arena`.
 * Only one thread may touch it at a time: the connection's thread in handlers, and between LATER and dcf_http_finish() whoever
 * the handler gave it to. */
struct dcf_http_request {
	enum dcf_http_method method;
	bool head;              /* asked by HEAD */
	struct dcf_span target; /* path and query as they came, for logs: printable ASCII */
	struct dcf_span path;   /* the path as it came, without the query */
	/* The path's segments, percent-decoded, valid UTF-8, none empty or "." or "..": "/v1/a%20b" is { "v1", "a b" }; "/" has
	 * none. */
	struct dcf_span segments[DCF_HTTP_SEGMENTS_MAX];
	size_t segment_count;
	/* Values of the pattern's {names} in the pattern's order; of {name...} the rest of the path as it came. */
	struct dcf_span params[DCF_HTTP_PARAMS_MAX];
	/* Decoded, valid UTF-8, in the order they came; "+" is a space; "?a" is a pair with an empty value. */
	struct dcf_http_pair query[DCF_HTTP_QUERY_MAX];
	size_t query_count;
	struct dcf_http_pair headers[DCF_HTTP_HEADERS_MAX]; /* as they came; values without white space around them */
	size_t header_count;
	struct dcf_span body; /* empty in the gate */
	struct dcf_span id;   /* the client's X-Request-Id when it is 1..64 of A-Z a-z 0-9 . _ -, else one of ours; sent back */
	struct dcf_span peer; /* the client's address as text: "192.0.2.1", "2001:db8::1" */
	uint16_t peer_port;
	bool tls;
	struct dcf_span peer_der;           /* the client's certificate; absent when it sent none */
	uint8_t peer_fingerprint[32];       /* SHA-256 of peer_der; zero when absent */
	int64_t began_us;                   /* monotonic clock when the request's first line was whole */
	const struct dcf_http_route *route; /* NULL when none fits (the handler is then never called) */
	struct dcf_arena *arena;            /* scratch of this request */
	void *user; /* the gate's and handler's own; NULL at first.  The arena or the handler's pools own what it points to */
};

/* The first header of that name (case does not matter); absent (p NULL) when there is none. */
struct dcf_span dcf_http_header(const struct dcf_http_request *rq, const char *name);
/* How many headers of that name there are. */
size_t dcf_http_header_count(const struct dcf_http_request *rq, const char *name);
/* The value of a query parameter; absent (p NULL) when there is none.  Of several the first: see dcf_http_query_known in
 * http_problem.h. */
struct dcf_span dcf_http_query(const struct dcf_http_request *rq, const char *name);
/* The value of the pattern's {name}; absent (p NULL) when the pattern has none of that name. */
struct dcf_span dcf_http_param(const struct dcf_http_request *rq, const char *name);
/* Is Content-Type this media type (parameters such as charset do not matter, case neither)? */
bool dcf_http_media_is(const struct dcf_http_request *rq, const char *type);

/* ---- replies ---- */

struct dcf_http_source;

/* Zeroed but for `body.from` when a handler gets it.  Status 0 when the handler is done means 500. */
struct dcf_http_reply {
	unsigned status;
	struct dcf_buf body;        /* what is sent; owned by the server */
	struct dcf_span still_body; /* when p is not NULL: sent instead of `body`, borrowed until the server is freed (files of
				       the console) */
	const char *type; /* Content-Type; NULL for application/json when there is a body.  A literal, or of the arena */
	struct dcf_http_pair headers[DCF_HTTP_HEADERS_MAX];
	size_t header_count;
	bool close; /* end the connection after this reply */
	struct dcf_http_request *request;
	const struct dcf_http_source *stream; /* set by dcf_http_stream_start */
	bool bad_header;                      /* set by dcf_http_reply_header */
};

/* Adds a header; `name` is a literal, the value is copied.  A line that cannot be one (control characters; too many; no memory)
 * is left out and the reply becomes a 500: our own bug, never the client's doing.  Content-Type, Content-Length, Date,
 * Connection and X-Request-Id are the server's own. */
void dcf_http_reply_header(struct dcf_http_reply *reply, const char *name, struct dcf_span value);

/* What a handler decided. */
enum dcf_http_next {
	DCF_HTTP_DONE, /* the reply is filled */
	DCF_HTTP_PASS, /* only from a gate: go on */
	DCF_HTTP_LATER /* only through dcf_http_later() */
};

typedef enum dcf_http_next (*dcf_http_handler)(void *ctx, struct dcf_http_request *rq, struct dcf_http_reply *reply);

/* `return dcf_http_later(rq, second, hand_over, arg)`: the reply will come later.  The connection is put aside, then
 * hand_over(arg, rq) is called on this thread (to put the request in a queue); from that call on, another thread may call
 * dcf_http_finish(rq), even before hand_over returns.  `second` then runs on the connection's thread, with the same ctx and
 * reply; it may itself return LATER.  Every LATER must be finished, also while draining: the server waits for it.
 *
 * Where manners apply, and no reply has begun limits.handler_ms after the handler was called, the client is told 503 (kind
 * "time-out") and the connection goes on without this request: `second` is then never called, the request lives until it is
 * finished, and options.done is told of it once more, with `late`, so that what `user` holds is given up.  As many requests as
 * limits.connections may be left so; beyond that, clients wait as elsewhere.  So between LATER and dcf_http_finish() nobody may
 * look at `headers` and `peer_der` there: they go with the connection. */
enum dcf_http_next dcf_http_later(struct dcf_http_request *rq, dcf_http_handler second,
				  void (*hand_over)(void *arg, struct dcf_http_request *rq), void *arg);

/* The request's second stage may run.  Once for each LATER; the request must not be touched after.  From any thread, never
 * blocks for long: a flag, a short lock and a wake-up of the connection's thread. */
void dcf_http_finish(struct dcf_http_request *rq);
/* The same for many.  Some 0.5 us each. */
void dcf_http_finish_all(struct dcf_http_request *const *rqs, size_t count);

/* ---- streams ---- */

enum dcf_http_more {
	DCF_HTTP_BYTES, /* *len bytes are in `out` (1..cap) */
	DCF_HTTP_WAIT,  /* nothing now: ask again after dcf_http_wake() */
	DCF_HTTP_END    /* no more: the reply ends properly */
};

/* Where a stream's bytes come from.  Called on the connection's thread, one call at a time. */
struct dcf_http_source {
	enum dcf_http_more (*next)(void *ctx, char *out, size_t cap, size_t *len); /* cap is at least 1,024 */
	/* Once, when the stream is over for whatever reason; dcf_http_wake() must not be called after it returned.  So: keep
	 * the streams in a list under a lock of yours, wake under that lock, and take them off under it here. */
	void (*close)(void *ctx);
	void *ctx;
};

/* Makes the reply a stream (chunked), of Content-Type `type`, status 200 when none is set; then return DCF_HTTP_DONE.  `source`
 * is copied.  The result is what to wake: valid until close() is called, and only useful (wakes before are remembered) from now
 * on. A stream that has bytes to send and whose client takes none for limits.stall_ms is cut.  When nothing was sent for
 * limits.heartbeat_ms a stream of text/event-stream sends a comment line, so that dead clients are found.  While draining,
 * `next` of such a stream is not asked again and it ends; others are waited for as requests in hand are.  A client that closes
 * its side of the connection, be it only for sending, ends the stream. NULL when there are limits.streams already: the reply is
 * then a 503 and close() is not called. A HEAD request gets the headers: close() is called without next(). */
struct dcf_http_stream *dcf_http_stream_start(struct dcf_http_reply *reply, const char *type,
					      const struct dcf_http_source *source);
/* There may be something: ask next() again.  From any thread, cheap, before close(). */
void dcf_http_wake(struct dcf_http_stream *stream);

/* One server-sent event in `out`: "id:", "event:" (each left out when absent) and a "data:" line for each line of `data`.
 * An id or event name with CR, LF or NUL gives nothing (false). */
bool dcf_http_event(struct dcf_buf *out, struct dcf_span id, struct dcf_span event, struct dcf_span data);

/* ---- routes ---- */

/* One line of the table.  Patterns are absolute: "/v1/operations/{id}"; a last segment "{rest...}" takes one or more segments.
 * Of several that fit, the one with more literal segments from the left wins.  OPTIONS and 405 (with Allow) are answered from
 * the table. */
struct dcf_http_route {
	unsigned methods; /* bits of enum dcf_http_method */
	const char *pattern;
	const char *scope; /* for the gate; the server does not look at it */
	dcf_http_handler handler;
	size_t body_max;  /* bytes of a body; 0: limits.body_max */
	const void *more; /* the caller's own */
};

/* Paths whose clients expect the manners of another server.  On a path that is one of `prefix`, or goes on with a slash behind
 * one: an empty segment fits a {name} and comes as "", an encoded slash is a letter of it like others; a path that nothing
 * fits, and a method that a path does not take, are 404 (OPTIONS and HEAD too); the gate is asked before a body is found too
 * long; and what the server itself refuses, once it has the path, looks as `refuse` makes it. */
struct dcf_http_manners {
	const char *const *prefix; /* NULL-ended: "/dss/v1" */
	const char *const *probe;  /* NULL, or NULL-ended: single paths where only that is so of methods, and HEAD goes with GET
				      as elsewhere */
	const char *const *ours;   /* NULL, or NULL-ended: a path that nothing serves, and that is none of these nor below one,
				      is refused so too */
	/* Fills the reply: body, type and status.  `kind` as of dcf_http_problem; `ctx` is that of handlers. */
	void (*refuse)(void *ctx, struct dcf_http_reply *reply, unsigned status, const char *kind, struct dcf_span detail);
};

/* Is a target, as it was sent, one of these paths (NULL-ended, "/dss/v1") or below one?  Pure; any thread. */
bool dcf_http_is_below(struct dcf_span target, const char *const *path);

/* ---- servers ---- */

/* All bounded; a zero takes the default in brackets. */
struct dcf_http_limits {
	size_t body_max;       /* bytes of a body [4 MiB], 413 beyond */
	size_t header_max;     /* bytes of the request line and header lines [16 KiB; 1 KiB to 64 KiB], 431 beyond */
	unsigned connections;  /* at one time [10,000]; closed beyond (a burst may bring up to 128 more of one address) */
	unsigned per_address;  /* the same for one address (IPv6: one /64) [1,000] */
	unsigned idle_ms;      /* from connecting, or from the last reply, to the first line of a request [60,000] */
	unsigned request_ms;   /* from the first line to the last byte of a request, and for a reply to be taken [20,000] ... */
	unsigned bytes_per_s;  /* ... and one second more for each of these bytes of a body: slow links are served, stalled ones
				  cut [4,096] */
	unsigned handler_ms;   /* where manners apply: from the handler's call to its reply [10,000]; 503 beyond */
	size_t bodies_max;     /* bytes of all bodies that are being read or handled [256 MiB]; 503 beyond */
	unsigned stall_ms;     /* for streams [20,000] */
	unsigned heartbeat_ms; /* for streams [15,000] */
	unsigned streams;      /* at one time [2,000]; 503 beyond */
	unsigned rate_per_s;   /* requests a second of one address [0: no limit]; 429 with Retry-After beyond */
	unsigned burst;        /* requests at once [2 x rate_per_s] */
};

/* TLS material, PEM.  Borrowed during the call only. */
enum dcf_http_client_cert { DCF_HTTP_CERT_NONE, DCF_HTTP_CERT_ASKED, DCF_HTTP_CERT_REQUIRED };
struct dcf_http_tls {
	struct dcf_span certificate_pem; /* the chain, own certificate first; absent: no TLS */
	struct dcf_span key_pem;
	enum dcf_http_client_cert client;
	/* SHA-256 fingerprints (of the DER) of the clients let in; count 0 with a certificate asked or required: any is handed
	 * to the gate. A client whose certificate is not in the list fails in the handshake. */
	const uint8_t (*pins)[32];
	size_t pin_count;
};

/* What is told of each request when it is over: for logs and metrics.  On the connection's thread (but see `late`); must not
 * block. */
struct dcf_http_done {
	const struct dcf_http_request *request;
	unsigned status;    /* 0: the client went away, or the connection was cut, before a reply */
	uint64_t body_sent; /* bytes of the reply's body (of a stream: put into it) */
	int64_t took_us;
	bool whole; /* the reply was sent to its end */
	/* A request whose time was up, and of which a first call told with a request that stands in for it (`user` is NULL
	 * there), is finished now: only what it holds is to be given up.  On the thread that finishes it. */
	bool late;
};

struct dcf_http_options {
	const char *listen; /* "127.0.0.1:8080", "[::1]:0", "0.0.0.0:443"; port 0: any free one */
	bool allow_plain;   /* plain HTTP on an address that is not loopback (else refused without TLS) */
	struct dcf_http_tls tls;
	struct dcf_http_limits limits;
	unsigned threads;                    /* [number of processors, at most 16] */
	const struct dcf_http_route *routes; /* borrowed */
	size_t route_count;
	const struct dcf_http_manners *manners; /* NULL, or borrowed */
	/* NULL, or whether this client may talk to us at all: asked in the handshake, and again for each request (so that who
	 * is no longer welcome is told 403 and the connection ends), of every client when tls.client is not CERT_NONE, beside
	 * the pins.  `der` is absent for a client without a certificate.  On threads of the server; must not block. */
	bool (*admit)(void *ctx, struct dcf_span der, const uint8_t fingerprint[32]);
	dcf_http_handler gate; /* NULL, or called once the headers are there, before the body is read: authentication,
				  readiness.  PASS or DONE */
	void (*done)(void *ctx, const struct dcf_http_done *done); /* NULL, or told of each request */
	/* NULL, or told of what no request carries: a failed handshake, a line of the library's own log.  Any thread. */
	void (*say)(void *ctx, const char *text);
	void *ctx;                          /* of handlers, gate, admit, done and say */
	const struct dcf_http_pair *always; /* headers of every reply; borrowed; names and values end in NUL */
	size_t always_count;
};

/* Starts listening and serving.  On failure *out is untouched and `err` says why: a bad address or limit (DCF_E_USAGE), the
 * address in use (DCF_E_BUSY), plain HTTP on a public address (DCF_E_REFUSED), a bad certificate or key (DCF_E_SYNTAX), a bad
 * pattern in the routes (DCF_E_USAGE), the system (DCF_E_IO), memory.  `from` is copied and used from every thread of the
 * server. Threads of the server have every signal blocked. */
DCF_CHECKED enum dcf_status dcf_http_start(const struct dcf_alloc *from, const struct dcf_http_options *options,
					   struct dcf_http **out, struct dcf_node_error *err);
/* The port that is listened on. */
uint16_t dcf_http_port(const struct dcf_http *server);
/* New certificate, key, client rule and pins for connections that begin after; on failure the old stay.  Any thread. */
DCF_CHECKED enum dcf_status dcf_http_new_tls(struct dcf_http *server, const struct dcf_http_tls *tls,
					     struct dcf_node_error *err);

/* Stops listening, ends streams and idle connections, says "Connection: close" in every reply, and waits at most `wait_ms` for
 * requests in hand.  Returns how many are left (0: all were answered).  Then dcf_http_free. */
size_t dcf_http_drain(struct dcf_http *server, unsigned wait_ms);
/* Cuts what is left, waits for every LATER to be finished, and frees.  NULL is legal. */
void dcf_http_free(struct dcf_http *server);

struct dcf_http_stats {
	unsigned connections, streams, requests_in_hand; /* now */
	uint64_t accepted, refused_connections;          /* since the start */
	uint64_t requests, rate_limited, cut_slow, bad_requests;
};
/* Any thread. */
struct dcf_http_stats dcf_http_stats(struct dcf_http *server);

#endif

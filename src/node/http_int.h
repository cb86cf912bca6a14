/* SPDX-License-Identifier: Apache-2.0 */
/* http_int.h - what the parts of the HTTP server share; nobody else includes it.
 *
 *   http_mhd.c       the library: sockets, threads, parsing; the only file that sees it
 *   http_accept.c    who may come in (one thread of our own)
 *   http_conn.c      connections: counted, parked and woken, cut when too slow (one thread of our own looks at them all)
 *   http_exchange.c  one request: checks, routing, gate, body, handler, second stage
 *   http_stream.c    replies without an end
 *   http_tls.c       certificates and pins (GnuTLS)
 *   http_server.c    starting, draining, freeing
 *
 * A connection belongs to one thread of the library.  Others touch only what is atomic here, and the socket's number (to shut
 * it down) under the server's lock, which the connection's end takes too. */
#ifndef DCF_NODE_HTTP_INT_H
#define DCF_NODE_HTTP_INT_H

#include "node/http.h"
#include "node/http_fields.h"
#include "node/http_problem.h"
#include "node/http_rate.h"
#include "node/http_route.h"
#include "node/http_target.h"
#include "node/http_tls.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

struct dcf_http_conn;
struct sockaddr;

enum { HTTP_SHELVES = 1024, HTTP_WORKS_KEPT = 256 };

/* What a connection is about; its deadline means something else in each. */
enum dcf_http_phase {
	HTTP_IDLE,     /* no request begun */
	HTTP_READING,  /* from the first line to the last byte */
	HTTP_HANDLING, /* a handler runs or the reply comes later: a deadline where manners apply */
	HTTP_SENDING,
	HTTP_STREAMING, /* bytes of a stream are on their way */
	HTTP_WAITING    /* a stream has nothing to send */
};

/* Is the library's thread at it, or was it put aside?  A wake that comes too early is remembered. */
enum dcf_http_park { HTTP_RUNNING, HTTP_PARKED, HTTP_WOKEN };

/* Where a request is. */
enum dcf_http_step {
	HTTP_HEADERS, /* the first line is there */
	HTTP_BODY,    /* headers are checked, the body comes */
	HTTP_DENIED,  /* the reply is made; what is left of the body is thrown away */
	HTTP_AGAIN,   /* the second stage is due */
	HTTP_ANSWERED /* the reply was given to the library */
};

/* Of a request whose reply comes later: who is at it?  Watcher and finisher take it from WAITS, so only one of them wakes the
 * connection; then the connection and the finisher each say that they are through, and whoever is last gives the request up. */
enum dcf_http_late {
	HTTP_LATE_NO,
	HTTP_LATE_WAITS,
	HTTP_LATE_DUE,  /* finished in time */
	HTTP_LATE_OVER, /* its time was up first */
	HTTP_LATE_LEFT, /* ... and the connection goes on without it */
	HTTP_LATE_ENDED /* ... and it was finished before that */
};

/* What the library is told to do next. */
enum dcf_http_then {
	HTTP_GO_ON,  /* read what comes */
	HTTP_ANSWER, /* send the reply */
	HTTP_PARK,   /* put the connection aside */
	HTTP_CUT     /* end the connection without a word */
};

struct dcf_http_stream {
	struct dcf_http_conn *conn;
	struct dcf_http_source source;
	bool open, events;
	int64_t last_us; /* when something was sent last */
};

/* One request in hand.  Kept for the next one when it is over. */
struct dcf_http_work {
	struct dcf_http_request rq; /* first: a request is its work */
	struct dcf_http_reply reply;
	struct dcf_arena arena;
	struct dcf_buf body;
	struct dcf_http_stream stream;
	struct dcf_http_conn *conn; /* not of one that was left */
	struct dcf_http *server;
	struct dcf_http_work *next;
	enum dcf_http_step step;
	atomic_int late;     /* enum dcf_http_late */
	int64_t reply_by_us; /* monotonic; 0: not yet known, or no limit */
	struct dcf_framing framing;
	int minor;                              /* HTTP/1.minor */
	bool more_headers;                      /* than rq.headers has room for */
	const struct dcf_http_manners *manners; /* NULL: our own */
	size_t body_max, thrown, counted;
	const char *raw; /* the target where the library has it */
	dcf_http_handler second;
	void (*hand_over)(void *arg, struct dcf_http_request *rq);
	void *arg;
	unsigned status;
	uint64_t sent;
	char id[DCF_HTTP_ID_MAX + 1];
	char peer[INET6_ADDRSTRLEN];
};

struct dcf_http_conn {
	struct dcf_http *server;
	struct dcf_http_conn *next, **link; /* in the server's lists */
	void *handle;                       /* the library's connection */
	int fd;
	_Atomic int64_t deadline_us; /* monotonic; 0: none */
	_Atomic int64_t beat_us;     /* when a waiting stream wants a heartbeat */
	atomic_int phase, park;
	atomic_bool gone; /* the socket was shut down */
	atomic_bool left; /* the other side has ended, seen once in this phase */
	struct dcf_http_work *_Atomic
		work; /* changed by its own thread; the watcher looks at it under the lock, which giving it back takes */
	struct dcf_http_tls_set *tls; /* NULL without TLS */
	void *session;
	bool peer_known; /* `der` and `fingerprint` are filled */
	struct dcf_span der;
	uint8_t fingerprint[32];
	char peer[INET6_ADDRSTRLEN];
	uint16_t port;
	uint8_t key[16]; /* of the address: IPv4 mapped, IPv6 the first 64 bits */
};

struct dcf_http {
	struct dcf_alloc from;
	struct dcf_http_options options; /* limits without zeros */
	void *daemon;                    /* the library's */
	int listen_fd, stop_fd;          /* stop_fd (an eventfd) ends the accepting thread */
	uint16_t port;
	struct dcf_http_keeper *tls;
	struct dcf_rate *rate;

	pthread_mutex_t lock; /* list of connections, works, the watcher */
	pthread_cond_t turn;
	pthread_t watcher, accepter;
	bool watching, stop_watching, accepting;
	unsigned turns;                            /* of the watcher */
	struct dcf_http_conn *conns[HTTP_SHELVES]; /* by the key of their address */
	struct dcf_http_work *works;               /* that wait for a request */
	size_t work_count;

	atomic_bool draining, ending;
	_Atomic int64_t drained_us; /* when draining began */
	atomic_uint connections, streams, in_hand;
	atomic_uint waking;  /* threads within dcf_http_conn_wake */
	atomic_uint left;    /* requests whose time was up and that are not finished */
	atomic_uint pending; /* given to the library, not yet told of by it */
	atomic_size_t bodies;
	atomic_ullong accepted, refused, requests, limited, cut, bad, next_id;
	uint64_t id_seed;
	_Atomic int64_t say_from_us;
	atomic_uint said;
};

int64_t dcf_http_now_us(void);
/* Tells the server's `say`, at most 20 lines a second. */
void dcf_http_say(struct dcf_http *h, const char *text);

/* ---- http_conn.c ---- */
bool dcf_http_conn_admit(struct dcf_http *h, const struct sockaddr *address);
struct dcf_http_conn *dcf_http_conn_new(struct dcf_http *h, void *handle, int fd, const struct sockaddr *address);
void dcf_http_conn_end(struct dcf_http_conn *c);
void dcf_http_phase_set(struct dcf_http_conn *c, enum dcf_http_phase phase, int64_t within_us); /* within_us 0: no deadline */
/* The connection was put aside in the library; false: it was woken meanwhile and has to be resumed at once. */
bool dcf_http_parked(struct dcf_http_conn *c);
/* The library's thread has it again. */
void dcf_http_running(struct dcf_http_conn *c);
void dcf_http_conn_wake(struct dcf_http_conn *c);
DCF_CHECKED enum dcf_status dcf_http_watch_start(struct dcf_http *h, struct dcf_node_error *err);
void dcf_http_watch_stop(struct dcf_http *h);
/* Wakes every waiting stream; returns how many connections are parked still. */
size_t dcf_http_wake_all(struct dcf_http *h);

/* ---- http_exchange.c ---- */
struct dcf_http_work *dcf_http_begin(struct dcf_http_conn *c, const char *target);
/* rq.headers are filled (and more_headers set); `bytes` of the header section, `plain`: it stands in memory as one CRLF-ended
 * line after the other. */
enum dcf_http_then dcf_http_headers_in(struct dcf_http_work *w, const char *method, const char *version, size_t bytes,
				       bool plain);
enum dcf_http_then dcf_http_body_in(struct dcf_http_work *w, const char *bytes, size_t n);
enum dcf_http_then dcf_http_whole_in(struct dcf_http_work *w);
/* Fills what a reply has to have; HTTP_ANSWERED. */
void dcf_http_reply_ready(struct dcf_http_work *w);
void dcf_http_over(struct dcf_http_work *w, bool whole, unsigned status);
/* The connection's thread again: `w`, or where its time was up the work that stands in for it with a 503; NULL without memory
 * for that. */
struct dcf_http_work *dcf_http_again(struct dcf_http_work *w);
/* A request that was left is finished.  Nothing of the server may be touched after, but by who keeps it from being freed. */
void dcf_http_left_over(struct dcf_http_work *w);
void dcf_http_works_free(struct dcf_http *h);

/* ---- http_stream.c ---- */
/* Bytes for the library: > 0, 0 when the connection has to be parked, -1 at the end. */
long dcf_http_stream_read(struct dcf_http_work *w, char *out, size_t cap);
void dcf_http_stream_over(struct dcf_http_work *w);

/* ---- http_listen.c ---- */
DCF_CHECKED enum dcf_status dcf_http_listen(const char *text, bool plain_anywhere, int *fd, uint16_t *port,
					    struct dcf_node_error *err);
/* The address as text, its port, and the key of limits. */
void dcf_http_address(const struct sockaddr *address, char text[static INET6_ADDRSTRLEN], uint16_t *port,
		      uint8_t key[static 16]);

/* ---- http_accept.c ---- */
DCF_CHECKED enum dcf_status dcf_http_accept_start(struct dcf_http *h, struct dcf_node_error *err);
/* Closes the listening socket too.  Any number of times. */
void dcf_http_accept_stop(struct dcf_http *h);

/* ---- http_mhd.c ---- */
DCF_CHECKED enum dcf_status dcf_http_mhd_start(struct dcf_http *h, struct dcf_node_error *err);
/* Takes the socket over, also when it fails. */
bool dcf_http_mhd_add(struct dcf_http *h, int fd, const struct sockaddr *address, unsigned len);
void dcf_http_mhd_free(struct dcf_http *h);
void dcf_http_mhd_resume(void *handle);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "bench/load.h"
#include "bench/load_reply.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 10000, EVENTS = 256, READ_STEP = 16 << 10 };
#define CHECK_NS 50000000 /* how often requests that take too long are looked for */

enum state { CLOSED, CONNECTING, FREE, SENDING, RECEIVING };

struct conn {
	int fd;
	enum state state;
	bool head, counted, want_write;
	uint64_t k;
	int64_t due_ns; /* when the request in hand was due; its time runs from here */
	struct dcf_buf out, in;
	size_t sent;
	uint32_t next_free;
};

struct load {
	const struct dcf_load_options *o;
	struct dcf_alloc from;
	struct dcf_load_result *r;
	struct sockaddr_storage address;
	socklen_t address_len;
	char host[300]; /* for the Host line */
	int epoll, timer;
	struct conn *conns;
	uint32_t first_free;
	size_t in_hand, open_tries;
	uint64_t next_k;
	int64_t start_ns, counted_from_ns, stop_ns, first_ns, last_ns, timeout_ns;
	bool stopped, no_memory;
};

#define NONE UINT32_MAX

static int64_t now_ns(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void remember(struct load *l, const char *what, const char *more)
{
	if (l->r->error[0] == 0)
		(void)snprintf(l->r->error, sizeof l->r->error, "%s%s%s", what, *more ? ": " : "", more);
}

/* ---- where to ---- */

static enum dcf_status resolve(struct load *l, const char *url)
{
	const char *host = strncmp(url, "http://", 7) == 0 ? url + 7 : NULL, *colon, *end;
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *found = NULL;
	char name[256], port[8] = "80";
	int e;

	end = host ? host + strcspn(host, "/") : NULL;
	if (!host || end == host || (end[0] == '/' && end[1]) || (size_t)(end - host) >= sizeof name)
		return DCF_E_USAGE;
	(void)snprintf(l->host, sizeof l->host, "%.*s", (int)(end - host), host);
	colon = memrchr(host, ':', (size_t)(end - host));
	if (colon && !memchr(colon, ']', (size_t)(end - colon))) {
		if (end - colon - 1 < 1 || end - colon - 1 > 5)
			return DCF_E_USAGE;
		(void)snprintf(port, sizeof port, "%.*s", (int)(end - colon - 1), colon + 1);
		end = colon;
	}
	if (*host == '[' && end[-1] == ']') {
		host++;
		end--;
	}
	(void)snprintf(name, sizeof name, "%.*s", (int)(end - host), host);
	e = getaddrinfo(name, port, &hints, &found);
	if (e != 0) {
		remember(l, url, gai_strerror(e));
		return DCF_E_IO;
	}
	memcpy(&l->address, found->ai_addr, found->ai_addrlen);
	l->address_len = found->ai_addrlen;
	freeaddrinfo(found);
	return DCF_OK;
}

/* ---- connections ---- */

static void listen_for(struct load *l, struct conn *c, int how, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.u32 = (uint32_t)(c - l->conns) };

	(void)epoll_ctl(l->epoll, how, c->fd, &e);
	c->want_write = (events & EPOLLOUT) != 0;
}

static void put_free(struct load *l, struct conn *c)
{
	c->state = FREE;
	c->next_free = l->first_free;
	l->first_free = (uint32_t)(c - l->conns);
}

static bool open_conn(struct load *l, struct conn *c)
{
	int on = 1, e;

	c->fd = socket(l->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	c->out.len = c->in.len = c->sent = 0;
	c->state = CLOSED;
	if (c->fd < 0) {
		remember(l, "no socket", strerror(errno));
		return false;
	}
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	e = connect(c->fd, (struct sockaddr *)&l->address, l->address_len) == 0 ? 0 : errno;
	if (e && e != EINPROGRESS) {
		remember(l, "cannot connect", strerror(e));
		(void)close(c->fd);
		c->fd = -1;
		return false;
	}
	c->state = CONNECTING;
	c->due_ns = now_ns(CLOCK_MONOTONIC);
	listen_for(l, c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
	return true;
}

/* Closes it and opens it again; a request in hand is lost. */
static void reopen(struct load *l, struct conn *c, const char *why, const char *more)
{
	bool busy = c->state == SENDING || c->state == RECEIVING;

	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	if (busy) {
		l->in_hand--;
		l->r->failed += c->counted;
	}
	if (*why)
		remember(l, why, more);
	if (l->stopped) {
		c->state = CLOSED;
		return;
	}
	l->r->reconnects++;
	/* A server that is gone is not hammered: after as many failed tries as there are connections this one stays closed. */
	if (l->open_tries++ > 100 + 10 * (size_t)l->o->connections || !open_conn(l, c))
		c->state = CLOSED;
}

/* ---- requests ---- */

static void build(struct load *l, struct conn *c, const struct dcf_load_request *rq)
{
	struct dcf_buf *b = &c->out;

	b->len = 0;
	dcf_buf_z(b, rq->method);
	dcf_buf_char(b, ' ');
	dcf_buf_span(b, rq->path);
	dcf_buf_z(b, " HTTP/1.1\r\nHost: ");
	dcf_buf_z(b, l->host);
	dcf_buf_z(b, "\r\n");
	dcf_buf_span(b, rq->headers);
	if (rq->body.p) {
		dcf_buf_z(b, "Content-Length: ");
		dcf_buf_i64(b, (int64_t)rq->body.len);
		dcf_buf_z(b, "\r\n");
	}
	dcf_buf_z(b, "\r\n");
	dcf_buf_span(b, rq->body);
	l->no_memory |= b->failed;
}

static void send_more(struct load *l, struct conn *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.p + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			if (!c->want_write)
				listen_for(l, c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
			return;
		}
		if (n <= 0) {
			/* What the server said before it closed is read first. */
			c->sent = c->out.len;
			break;
		}
		c->sent += (size_t)n;
		l->r->bytes_out += (uint64_t)n;
	}
	c->state = RECEIVING;
	if (c->want_write)
		listen_for(l, c, EPOLL_CTL_MOD, EPOLLIN);
}

static bool may_send(const struct load *l, int64_t now)
{
	return !l->stopped && (l->o->requests == 0 || l->next_k < l->o->requests) && (l->stop_ns == 0 || now < l->stop_ns);
}

static void begin(struct load *l, struct conn *c, int64_t due_ns)
{
	struct dcf_load_request rq = { .method = "GET", .path = DCF_SPAN("/") };

	c->k = l->next_k++;
	c->due_ns = due_ns;
	c->counted = due_ns >= l->counted_from_ns;
	l->o->make(l->o->ctx, (unsigned)(c - l->conns), c->k, &rq);
	c->head = strcmp(rq.method, "HEAD") == 0;
	build(l, c, &rq);
	c->sent = 0;
	c->in.len = 0;
	c->state = SENDING;
	l->in_hand++;
	l->r->sent += c->counted;
	if (c->counted && (l->first_ns == 0 || due_ns < l->first_ns))
		l->first_ns = due_ns;
	send_more(l, c);
}

static int64_t due_of(const struct load *l, uint64_t k)
{
	return l->start_ns + (int64_t)((double)k * 1e9 / l->o->rate);
}

/* Gives free connections something to do. */
static void begin_all(struct load *l)
{
	int64_t now = now_ns(CLOCK_MONOTONIC);

	while (l->first_free != NONE && may_send(l, now) && (l->o->rate <= 0 || due_of(l, l->next_k) <= now)) {
		struct conn *c = &l->conns[l->first_free];

		l->first_free = c->next_free;
		begin(l, c, l->o->rate > 0 ? due_of(l, l->next_k) : now);
		if (l->o->rate <= 0)
			now = now_ns(CLOCK_MONOTONIC);
	}
}

/* ---- replies ---- */

static bool right(struct load *l, struct conn *c, const struct dcf_load_reply *reply)
{
	char text[64];
	bool ok = l->o->check ? l->o->check(l->o->ctx, (unsigned)(c - l->conns), c->k, reply) : reply->status / 100 == 2;

	if (!ok) {
		(void)snprintf(text, sizeof text, "request %llu: status %u", (unsigned long long)c->k, reply->status);
		remember(l, "wrong reply", text);
	}
	return ok;
}

static void count(struct load *l, struct conn *c, const struct dcf_load_reply *reply)
{
	int64_t now = now_ns(CLOCK_MONOTONIC);
	bool ok = right(l, c, reply);

	l->in_hand--;
	l->open_tries = 0;
	if (!c->counted)
		return;
	l->last_ns = now;
	l->r->status[reply->status / 100 < 6 ? reply->status / 100 : 0]++;
	if (ok) {
		l->r->right++;
		dcf_load_times_put(&l->r->times, (uint64_t)(now - c->due_ns));
	} else {
		l->r->wrong++;
	}
}

/* A reply may have come whole. */
static void look(struct load *l, struct conn *c, bool closed)
{
	struct dcf_load_reply reply = { 0 };
	size_t used;
	bool closing;

	switch (dcf_reply_find(c->in.p, c->in.len, c->head, closed, &reply, &used, &closing)) {
	case DCF_REPLY_BAD:
		reopen(l, c, "the reply is not HTTP", "");
		return;
	case DCF_REPLY_MORE:
		if (closed)
			reopen(l, c, "the server closed before its reply was whole", "");
		return;
	case DCF_REPLY_WHOLE:
	default:
		break;
	}
	count(l, c, &reply);
	c->state = FREE;
	if (used != c->in.len)
		reopen(l, c, "bytes behind a reply", "");
	else if (closing || closed || c->sent < c->out.len)
		reopen(l, c, "", "");
	else
		put_free(l, c);
}

static void receive(struct load *l, struct conn *c)
{
	size_t max = l->o->reply_max ? l->o->reply_max : 16 << 20;

	for (;;) {
		void *p = c->in.p;
		ssize_t n;

		if (dcf_grow(&l->from, &p, &c->in.cap, c->in.len + READ_STEP, 1) != DCF_OK) {
			l->no_memory = true;
			return;
		}
		c->in.p = p;
		n = recv(c->fd, c->in.p + c->in.len, c->in.cap - c->in.len, 0);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (c->state == FREE) {
			/* Bytes or an end that nobody asked for: an idle connection was closed.  It is in the list of free
			 * ones. */
			return;
		}
		if (n <= 0) {
			if (c->in.len && n == 0)
				look(l, c, true);
			else
				reopen(l, c, "the connection was lost", n < 0 ? strerror(errno) : "closed by the server");
			return;
		}
		c->in.len += (size_t)n;
		l->r->bytes_in += (uint64_t)n;
		if (c->in.len > max) {
			reopen(l, c, "a reply is longer than it may be", "");
			return;
		}
		if (c->state == RECEIVING && (size_t)n < c->in.cap - (c->in.len - (size_t)n)) {
			look(l, c, false);
			return;
		}
	}
}

static void connected(struct load *l, struct conn *c)
{
	int e = 0;
	socklen_t len = sizeof e;

	(void)getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &e, &len);
	if (e) {
		reopen(l, c, "cannot connect", strerror(e));
		return;
	}
	listen_for(l, c, EPOLL_CTL_MOD, EPOLLIN);
	put_free(l, c);
}

/* ---- the loop ---- */

static void take_off_free_list(struct load *l, struct conn *c)
{
	uint32_t self = (uint32_t)(c - l->conns), *at = &l->first_free;

	while (*at != NONE && *at != self)
		at = &l->conns[*at].next_free;
	if (*at == self)
		*at = c->next_free;
}

static void happen(struct load *l, struct conn *c, uint32_t events)
{
	switch (c->state) {
	case CONNECTING:
		connected(l, c);
		return;
	case FREE:
		take_off_free_list(l, c);
		reopen(l, c, "", "");
		return;
	case SENDING:
		send_more(l, c);
		if (c->state == SENDING && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
			/* An early reply: the rest of the request is not wanted. */
			c->state = RECEIVING;
			receive(l, c);
		}
		return;
	case RECEIVING:
		receive(l, c);
		return;
	case CLOSED:
	default:
		return;
	}
}

static void find_late(struct load *l, int64_t now)
{
	for (unsigned i = 0; i < l->o->connections; i++) {
		struct conn *c = &l->conns[i];

		if (c->state != FREE && c->state != CLOSED && now - c->due_ns > l->timeout_ns)
			reopen(l, c, c->state == CONNECTING ? "cannot connect in time" : "no reply in time", "");
	}
}

static size_t alive(const struct load *l)
{
	size_t n = 0;

	for (unsigned i = 0; i < l->o->connections; i++)
		n += l->conns[i].state != CLOSED;
	return n;
}

/* Wakes the loop for the next due request, and for late ones in any case. */
static void set_timer(struct load *l, int64_t now)
{
	int64_t at = now + CHECK_NS, due = l->o->rate > 0 && l->first_free != NONE ? due_of(l, l->next_k) : at;
	struct itimerspec t = { 0 };

	at = due < at ? due : at;
	at = l->stop_ns && l->stop_ns < at && !l->stopped ? l->stop_ns : at;
	at = at > now ? at : now + 1;
	t.it_value.tv_sec = at / 1000000000;
	t.it_value.tv_nsec = at % 1000000000;
	(void)timerfd_settime(l->timer, TFD_TIMER_ABSTIME, &t, NULL);
}

static void turn(struct load *l)
{
	struct epoll_event events[EVENTS];
	uint64_t expired;
	int n = epoll_wait(l->epoll, events, EVENTS, -1);

	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 == NONE)
			(void)!read(l->timer, &expired, sizeof expired);
		else
			happen(l, &l->conns[events[i].data.u32], events[i].events);
	}
}

static enum dcf_status loop(struct load *l)
{
	int64_t checked = now_ns(CLOCK_MONOTONIC);

	for (;;) {
		int64_t now;

		begin_all(l);
		now = now_ns(CLOCK_MONOTONIC);
		if (!may_send(l, now))
			l->stopped = true;
		if (l->no_memory)
			return DCF_E_NOMEM;
		if (l->stopped && l->in_hand == 0)
			return DCF_OK;
		if (now - checked > CHECK_NS) {
			checked = now;
			find_late(l, now);
			if (alive(l) == 0)
				return l->last_ns || l->r->failed ? DCF_OK : DCF_E_IO;
		}
		set_timer(l, now);
		turn(l);
	}
}

static enum dcf_status start(struct load *l)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = NONE };

	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (l->epoll < 0 || l->timer < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->timer, &e) != 0) {
		remember(l, "cannot wait for events", strerror(errno));
		return DCF_E_IO;
	}
	l->conns = dcf_alloc_new(&l->from, l->o->connections * sizeof l->conns[0]);
	if (!l->conns)
		return DCF_E_NOMEM;
	memset(l->conns, 0, l->o->connections * sizeof l->conns[0]);
	l->first_free = NONE;
	for (unsigned i = 0; i < l->o->connections; i++) {
		l->conns[i].fd = -1;
		l->conns[i].in.from = l->conns[i].out.from = &l->from;
	}
	for (unsigned i = 0; i < l->o->connections; i++)
		if (!open_conn(l, &l->conns[i]) && i == 0)
			return DCF_E_IO;
	l->start_ns = now_ns(CLOCK_MONOTONIC);
	l->counted_from_ns = l->start_ns + (int64_t)(l->o->warmup_s * 1e9);
	l->stop_ns = l->o->seconds > 0 ? l->counted_from_ns + (int64_t)(l->o->seconds * 1e9) : 0;
	l->timeout_ns = (int64_t)((l->o->timeout_s > 0 ? l->o->timeout_s : 30) * 1e9);
	return DCF_OK;
}

static void finish(struct load *l)
{
	for (unsigned i = 0; l->conns && i < l->o->connections; i++) {
		if (l->conns[i].fd >= 0)
			(void)close(l->conns[i].fd);
		dcf_buf_free(&l->conns[i].in);
		dcf_buf_free(&l->conns[i].out);
	}
	if (l->conns)
		dcf_alloc_free(&l->from, l->conns, l->o->connections * sizeof l->conns[0]);
	if (l->epoll >= 0)
		(void)close(l->epoll);
	if (l->timer >= 0)
		(void)close(l->timer);
}

/* What was due before time was up and is not sent any more: without it a server that stalls at the end of a run would hide it.
 */
static uint64_t unsent(const struct load *l)
{
	uint64_t k = l->next_k;

	if (l->o->rate <= 0 || l->stop_ns == 0)
		return 0;
	while (due_of(l, k) < l->stop_ns && (l->o->requests == 0 || k < l->o->requests))
		k++;
	return k - l->next_k;
}

enum dcf_status dcf_load_run(const struct dcf_alloc *from, const struct dcf_load_options *options,
			     struct dcf_load_result *result)
{
	struct load l = { .o = options, .from = *from, .r = result, .epoll = -1, .timer = -1 };
	int64_t cpu = now_ns(CLOCK_THREAD_CPUTIME_ID);
	enum dcf_status s = DCF_E_USAGE;

	memset(result, 0, sizeof *result);
	if (!options->url || !options->make || options->connections == 0 || options->connections > CONNECTIONS_MAX ||
	    !(options->requests || options->seconds > 0) || !(options->rate >= 0) || !(options->warmup_s >= 0))
		return s;
	if ((s = resolve(&l, options->url)) == DCF_OK && (s = start(&l)) == DCF_OK)
		s = loop(&l);
	result->unsent = unsent(&l);
	result->cpu_s = (double)(now_ns(CLOCK_THREAD_CPUTIME_ID) - cpu) * 1e-9;
	result->seconds = l.last_ns > l.first_ns ? (double)(l.last_ns - l.first_ns) * 1e-9 : 0;
	result->per_second = result->seconds > 0 ? (double)result->right / result->seconds : 0;
	finish(&l);
	return s;
}

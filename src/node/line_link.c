/* SPDX-License-Identifier: Apache-2.0 */
#include "node/line_link_int.h"
#include "domain/line_terms.h"
#include "node/line_key.h"

#include <stdio.h>

#define SECOND INT64_C(1000000)

enum { LOOK_MS = 1000 }; /* at least so often the state is looked at */

static const char *const path_name[] = { "", "first", "second", "theirs" };

const char *dcf_line_path_name(enum dcf_line_path path)
{
	return (size_t)path < sizeof path_name / sizeof *path_name ? path_name[path] : "";
}

/* --- urls --------------------------------------------------------------------------------------------------------- */

static bool is_host(struct dcf_span s)
{
	bool bracketed = s.len > 2 && s.p[0] == '[' && s.p[s.len - 1] == ']';

	if (bracketed)
		s = (struct dcf_span){ s.p + 1, s.len - 2 };
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
		      c == (bracketed ? ':' : '-')))
			return false;
	}
	return s.len > 0;
}

static bool is_one_url(struct dcf_span s)
{
	static const char scheme[] = "https://";
	size_t colon = s.len, digits;
	unsigned port = 0;

	if (s.len <= sizeof scheme - 1 || memcmp(s.p, scheme, sizeof scheme - 1) != 0)
		return false;
	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	digits = s.len - colon;
	if (colon <= sizeof scheme || digits == 0 || digits > 5)
		return false;
	for (size_t i = colon; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		port = port * 10 + (unsigned)(s.p[i] - '0');
	}
	return port > 0 && port <= 65535 &&
	       is_host((struct dcf_span){ s.p + sizeof scheme - 1, colon - 1 - (sizeof scheme - 1) });
}

/* The one before the blank and the one behind it. */
static void split_urls(struct dcf_span s, struct dcf_span out[LINE_URLS])
{
	const char *blank = s.len ? memchr(s.p, ' ', s.len) : NULL;
	size_t n = blank ? (size_t)(blank - s.p) : s.len;

	out[0] = (struct dcf_span){ s.p, n };
	out[1] = blank ? (struct dcf_span){ blank + 1, s.len - n - 1 } : (struct dcf_span){ NULL, 0 };
}

bool dcf_line_url_ok(struct dcf_span url)
{
	struct dcf_span part[LINE_URLS];

	if (url.len == 0)
		return true;
	split_urls(url, part);
	return url.len <= DCF_URL_MAX && is_one_url(part[0]) && (!part[1].p || is_one_url(part[1]));
}

/* --- agreement ---------------------------------------------------------------------------------------------------- */

enum dcf_status dcf_line_agreement(struct dcf_state *state, struct dcf_hash *out)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_line_terms terms = { .role_count = 0 };
	struct dcf_view view;
	enum dcf_status s = dcf_state_enter(state, &view);

	memset(out, 0, sizeof *out);
	if (s != DCF_OK)
		return s;
	s = dcf_line_terms_read(view.frame->airspace.text, &heap, &terms, NULL);
	dcf_state_leave(&view);
	if (s == DCF_OK || s == DCF_E_REFUSED)
		*out = terms.hash;
	return s == DCF_E_REFUSED ? DCF_OK : s;
}

/* Hashed again only when another airspace is in force. */
static void look_at_agreement(struct dcf_line_link *l)
{
	struct dcf_view view;
	struct dcf_hash hash;
	uint64_t at;

	if (dcf_state_enter(l->o.state, &view) != DCF_OK)
		return;
	at = view.frame->airspace.text.len ? view.frame->airspace.position + 1 : 0;
	dcf_state_leave(&view);
	if ((l->agreement_known && at == l->agreement_at) || dcf_line_agreement(l->o.state, &hash) != DCF_OK)
		return;
	l->agreement_known = true;
	l->agreement_at = at;
	pthread_mutex_lock(&l->lock);
	l->agreement = hash;
	for (uint32_t i = 0; i < atomic_load(&l->peer_count); i++) {
		struct line_peer *p = atomic_load(&l->peer[i]);

		/* Both sides are told at once. */
		p->live.agreement_differs = p->live.heard && !dcf_hash_eq(&p->live.agreement, &hash);
		p->call.last_us = INT64_MIN / 2;
	}
	pthread_mutex_unlock(&l->lock);
}

/* --- peers as the state has them ---------------------------------------------------------------------------------- */

static struct line_peer *make_peer(struct dcf_line_link *l, uint32_t index, const struct dcf_line_peer *now)
{
	struct line_peer *p = dcf_alloc_new(&l->from, sizeof *p);

	if (!p)
		return NULL;
	memset(p, 0, sizeof *p);
	p->link = l;
	p->index = index;
	memcpy(p->party, now->party, sizeof p->party);
	p->removed = true; /* until its key is known */
	p->recorded = p->live.technical = now->technical;
	p->since_us = line_mono(l);
	p->call.last_us = INT64_MIN / 2;
	for (int i = 0; i < LINE_WAYS; i++)
		p->ok_us[i] = INT64_MIN;
	p->live.acked = now->acked;
	return p;
}

static bool same_peer(const struct line_peer *p, const struct dcf_line_peer *now)
{
	struct dcf_span part[LINE_URLS];

	split_urls(dcf_span_of(now->url), part);
	return p->removed == now->removed && memcmp(p->key.b, now->key.b, sizeof p->key.b) == 0 &&
	       dcf_span_eq(dcf_span_of(p->url[0]), part[0]) && dcf_span_eq(dcf_span_of(p->url[1]), part[1]);
}

/* Another key, url, or removed: what was known of it by word no longer counts. */
static void take_peer(struct line_peer *p, const struct dcf_line_peer *now)
{
	struct dcf_span part[LINE_URLS];

	split_urls(dcf_span_of(now->url), part);
	dcf_line_call_reset(p);
	pthread_mutex_lock(&p->link->lock);
	p->removed = now->removed;
	p->key = now->key;
	for (int i = 0; i < LINE_URLS; i++)
		snprintf(p->url[i], sizeof p->url[i], "%.*s", (int)part[i].len, part[i].len ? part[i].p : "");
	for (int i = 0; i < LINE_WAYS; i++)
		p->ok_us[i] = INT64_MIN;
	p->since_us = line_mono(p->link);
	p->live.heard = false;
	p->live.agreement_differs = p->live.exercise_differs = p->live.history_differs = false;
	p->live.trouble[0] = '\0';
	p->clock[0].count = p->clock[1].count = 0;
	p->clock[0].next = p->clock[1].next = 0;
	p->said_at_us = 0;
	pthread_mutex_unlock(&p->link->lock);
	p->call.last_us = INT64_MIN / 2;
}

static void look_at_peer(struct dcf_line_link *l, uint32_t i)
{
	struct line_peer *p = atomic_load(&l->peer[i]);
	struct dcf_line_peer now;

	if (!dcf_line_peer_at(dcf_state_line(l->o.state), i, &now))
		return;
	if (!p) {
		p = make_peer(l, i, &now);
		if (!p)
			return;
		atomic_store(&l->peer[i], p);
		atomic_store(&l->peer_count, i + 1);
	}
	if (!same_peer(p, &now))
		take_peer(p, &now);
	pthread_mutex_lock(&l->lock);
	p->out_count = now.out.count;
	p->in_count = now.in.count;
	pthread_mutex_unlock(&l->lock);
}

static void look_at_state(struct dcf_line_link *l)
{
	uint32_t count = dcf_line_peer_count(dcf_state_line(l->o.state));

	for (uint32_t i = 0; i < count && i < DCF_PEERS_MAX; i++) {
		look_at_peer(l, i);
		if (!atomic_load(&l->peer[i]))
			break; /* no memory: the next look tries again */
	}
	look_at_agreement(l);
}

/* Where our own clock was set nobody else's jumped. */
static void look_at_clock(struct dcf_line_link *l)
{
	int64_t less = dcf_clock_wall_us(&l->o.clock) - line_mono(l), by = less - l->wall_less_mono_us;

	if (by > -SECOND && by < SECOND)
		return;
	l->wall_less_mono_us = less;
	pthread_mutex_lock(&l->lock);
	for (uint32_t i = 0; i < atomic_load(&l->peer_count); i++) {
		struct line_peer *p = atomic_load(&l->peer[i]);

		p->clock[0].count = p->clock[1].count = p->clock[0].next = p->clock[1].next = 0;
	}
	pthread_mutex_unlock(&l->lock);
}

/* --- the thread --------------------------------------------------------------------------------------------------- */

/* True when there was one: there may be more to say at once. */
static bool take_answers(struct dcf_line_link *l)
{
	bool any = false;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(l->multi, &left)) != NULL) {
		struct line_peer *p = NULL;
		CURLcode result = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &p);
		if (p)
			dcf_line_call_ended(p, result);
		any = true;
	}
	return any;
}

/* Notes of an answer that are in the record now, or refused. */
static void take_landed(struct line_peer *p)
{
	struct dcf_line_taken taken = { .notes = 0 };
	bool has;

	pthread_mutex_lock(&p->link->lock);
	has = p->has_taken;
	if (has)
		taken = p->taken;
	p->has_taken = false;
	pthread_mutex_unlock(&p->link->lock);
	if (!has)
		return;
	dcf_line_heard(p, &taken);
	if (taken.fault != DCF_LINE_NO_FAULT || taken.unavailable)
		p->call.next_us = line_mono(p->link) + (taken.unavailable ? SECOND : 5 * SECOND);
}

/* Returns when to look again. */
static int64_t tend_all(struct dcf_line_link *l)
{
	int64_t now_us = line_mono(l), next_us = now_us + LOOK_MS * 1000;

	for (uint32_t i = 0; i < atomic_load(&l->peer_count); i++) {
		struct line_peer *p = atomic_load(&l->peer[i]);
		int64_t at_us;

		take_landed(p);
		dcf_line_watch(p, now_us);
		at_us = dcf_line_call_tend(p, now_us);
		next_us = at_us < next_us ? at_us : next_us;
	}
	return next_us;
}

static int watch_ms(const struct dcf_line_link *l, int64_t next_us)
{
	int64_t ms = (next_us - line_mono(l) + 999) / 1000, beat_ms = l->o.config->line.heartbeat_us / 1000;

	ms = ms < 0 ? 0 : ms;
	return (int)(ms < beat_ms ? ms : beat_ms);
}

static void *run(void *ctx)
{
	struct dcf_line_link *l = ctx;

	while (!atomic_load(&l->ending)) {
		int running = 0;
		int64_t next_us;

		look_at_state(l);
		look_at_clock(l);
		next_us = tend_all(l);
		(void)curl_multi_perform(l->multi, &running);
		if (!take_answers(l))
			(void)curl_multi_poll(l->multi, NULL, 0, watch_ms(l, next_us), NULL);
	}
	return NULL;
}

void dcf_line_wake(struct dcf_line_link *l)
{
	(void)curl_multi_wakeup(l->multi);
}

void dcf_line_fly(struct dcf_line_link *l)
{
	pthread_mutex_lock(&l->lock);
	l->flying++;
	pthread_mutex_unlock(&l->lock);
}

void dcf_line_land(struct dcf_line_link *l)
{
	pthread_mutex_lock(&l->lock);
	if (--l->flying == 0)
		pthread_cond_broadcast(&l->landed);
	pthread_mutex_unlock(&l->lock);
}

/* --- what callers see --------------------------------------------------------------------------------------------- */

void dcf_line_link_published(struct dcf_line_link *link)
{
	if (link)
		dcf_line_wake(link);
}

uint16_t dcf_line_link_port(const struct dcf_line_link *link)
{
	return link && link->http ? dcf_http_port(link->http) : 0;
}

bool dcf_line_link_live(struct dcf_line_link *link, uint32_t peer, struct dcf_line_live *out)
{
	struct line_peer *p = link && peer < DCF_PEERS_MAX ? atomic_load(&link->peer[peer]) : NULL;

	if (!p)
		return false;
	pthread_mutex_lock(&link->lock);
	*out = p->live;
	pthread_mutex_unlock(&link->lock);
	return true;
}

/* When it is whole again each peer has to be heard anew before the line counts as up. */
static void forget_paths(struct line_peer *p)
{
	for (int i = 0; i < LINE_WAYS; i++)
		p->ok_us[i] = INT64_MIN;
	p->live.heard = false;
	atomic_store(&p->again, true);
}

void dcf_line_link_cut(struct dcf_line_link *link, bool cut)
{
	pthread_mutex_lock(&link->lock);
	for (uint32_t i = 0; i < atomic_load(&link->peer_count); i++)
		forget_paths(atomic_load(&link->peer[i]));
	atomic_store(&link->cut, cut);
	pthread_mutex_unlock(&link->lock);
	dcf_line_wake(link);
}

static bool is_quiet_cut(struct line_peer *p)
{
	struct dcf_line_peer now;

	return dcf_line_peer_at(dcf_state_line(p->link->o.state), p->index, &now) && !atomic_load(&p->call.busy) &&
	       !atomic_load(&p->call.taking) && !p->has_taken && now.technical == DCF_LINE_DOWN;
}

static bool is_quiet(struct line_peer *p)
{
	struct dcf_line_link *l = p->link;
	struct dcf_line_peer now;

	return dcf_line_peer_at(dcf_state_line(l->o.state), p->index, &now) && p->live.heard &&
	       now.out.count == p->live.acked && (!*p->url[0] || now.in.count <= p->told_have) && !p->has_taken &&
	       !atomic_load(&p->call.busy) && !atomic_load(&p->call.taking) && p->live.technical == now.technical &&
	       (!*p->url[0] || !atomic_load(&p->again));
}

bool dcf_line_link_quiet(struct dcf_line_link *link)
{
	uint32_t count = dcf_line_peer_count(dcf_state_line(link->o.state));
	bool quiet;

	pthread_mutex_lock(&link->lock);
	quiet = link->flying == 0 && atomic_load(&link->peer_count) == count;
	for (uint32_t i = 0; quiet && i < count; i++) {
		struct line_peer *p = atomic_load(&link->peer[i]);

		quiet = p && (p->removed || (atomic_load(&link->cut) ? is_quiet_cut(p) : is_quiet(p)));
	}
	pthread_mutex_unlock(&link->lock);
	return quiet;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static void start_curl(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

static int64_t ask_up(void *ctx)
{
	struct dcf_line_link *l = ctx;
	int64_t n = 0;

	pthread_mutex_lock(&l->lock);
	for (uint32_t i = 0; i < atomic_load(&l->peer_count); i++) {
		const struct line_peer *p = atomic_load(&l->peer[i]);

		n += !p->removed && p->live.technical == DCF_LINE_UP;
	}
	pthread_mutex_unlock(&l->lock);
	return n;
}

static void count_things(struct dcf_line_link *l)
{
	struct dcf_metrics *m = l->o.metrics;

	if (!m)
		return;
	l->sent =
		dcf_metrics_counter(m, "deconflict_line_sent_total", "Messages put into exchanges, repetitions included.", "");
	l->received = dcf_metrics_counter(m, "deconflict_line_received_total", "Messages of peers taken into the record.", "");
	l->repeated = dcf_metrics_counter(m, "deconflict_line_repeated_total",
					  "Messages of peers that were in the record already.", "");
	l->refused = dcf_metrics_counter(m, "deconflict_line_refused_total", "What peers sent and was refused.", "");
	l->calls = dcf_metrics_counter(m, "deconflict_line_calls_total", "Exchanges begun with peers.", "");
	l->failed = dcf_metrics_counter(m, "deconflict_line_calls_failed_total", "Of these, those that failed.", "");
	(void)dcf_metrics_ask(m, "deconflict_line_up", "Peers to whom the line is up.", "", ask_up, l, 1);
}

static enum dcf_status open_all(struct dcf_line_link *l, struct dcf_node_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	enum dcf_status s;

	(void)pthread_once(&once, start_curl);
	s = dcf_line_certificate(l->o.key, &l->certificate, &l->key, err);
	if (s != DCF_OK)
		return s;
	l->multi = curl_multi_init();
	if (!l->multi)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	(void)curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, (long)DCF_PEERS_MAX * 2);
	l->wall_less_mono_us = dcf_clock_wall_us(&l->o.clock) - line_mono(l);
	look_at_state(l);
	s = *l->o.config->line.listen ? dcf_line_serve(l, err) : DCF_OK;
	if (s != DCF_OK)
		return s;
	l->runs = pthread_create(&l->thread, NULL, run, l) == 0;
	return l->runs ? DCF_OK : dcf_node_fail(err, DCF_E_IO, "no thread for the line");
}

enum dcf_status dcf_line_link_start(const struct dcf_line_link_options *options, struct dcf_line_link **out,
				    struct dcf_node_error *err)
{
	struct dcf_line_link *l = dcf_alloc_new(options->from, sizeof *l);
	enum dcf_status s;

	if (!l)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(l, 0, sizeof *l);
	l->o = *options;
	l->from = *options->from;
	l->into = (struct dcf_line_into){
		.from = &l->from, .state = options->state, .store = options->store, .sequencer = options->sequencer
	};
	l->certificate.from = l->key.from = &l->from;
	snprintf(l->party, sizeof l->party, "%s", options->config->line.party);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->landed, NULL);
	count_things(l);
	s = open_all(l, err);
	if (s != DCF_OK) {
		dcf_line_link_stop(l);
		return s;
	}
	*out = l;
	return DCF_OK;
}

void dcf_line_link_stop(struct dcf_line_link *l)
{
	struct dcf_alloc from;

	if (!l)
		return;
	from = l->from;
	if (l->http)
		(void)dcf_http_drain(l->http, 1000);
	dcf_http_free(l->http);
	atomic_store(&l->ending, true);
	if (l->runs) {
		dcf_line_wake(l);
		pthread_join(l->thread, NULL);
	}
	pthread_mutex_lock(&l->lock);
	while (l->flying)
		pthread_cond_wait(&l->landed, &l->lock);
	pthread_mutex_unlock(&l->lock);
	for (uint32_t i = 0; i < DCF_PEERS_MAX; i++) {
		struct line_peer *p = atomic_load(&l->peer[i]);

		if (p) {
			dcf_line_call_free(p);
			dcf_alloc_free(&from, p, sizeof *p);
		}
	}
	curl_multi_cleanup(l->multi);
	dcf_buf_free(&l->certificate);
	if (l->key.p)
		dcf_wipe(l->key.p, l->key.cap);
	dcf_buf_free(&l->key);
	pthread_cond_destroy(&l->landed);
	pthread_mutex_destroy(&l->lock);
	dcf_alloc_free(&from, l, sizeof *l);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "node/node.h"
#include "crypto/init.h"
#include "node/api.h"
#include "node/api_aux.h"
#include "node/api_telemetry.h"
#include "node/keys.h"
#include "node/line_agent.h"
#include "node/line_key.h"
#include "node/line_link.h"
#include "node/notify.h"
#include "node/quota.h"
#include "node/read_file.h"
#include "node/token.h"
#include "node/uss.h"
#include "store/kept_head.h"
#include "store/sqlite.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_MOST = 4096, JOBS_WAITING = 1000, ADMIN_TOKEN_DAYS = 30, PEM_MOST = 256 * 1024 };

struct dcf_node {
	struct dcf_api api;
	struct dcf_signing_key record_key[2], token_key; /* the record's: the one that signs, and the one before or after it */
	struct dcf_signing_key line_key;
	struct dcf_signer line_signer;
	pthread_mutex_t line_lock; /* the line's parts are told of entries only while they run */
	bool line_runs;
	struct dcf_line_agent *line_agent;
	struct dcf_node_setting setting;
	unsigned signing; /* which of the two */
	struct dcf_signer signer;
	struct dcf_kept_head *kept; /* NULL: cannot be written */
	struct dcf_http *http;
	struct dcf_buf certificate, key; /* PEM */
	pthread_t loader;
	bool loader_runs;
	pthread_mutex_t lock;
	pthread_cond_t loaded;
	bool is_loaded;
	struct dcf_node_error load_error;
	struct dcf_buf *hello;
	char path[PATH_MOST];
};

static const struct dcf_span no_request;

/* --- the record -------------------------------------------------------------------------------------- */

static const char *in_folder(struct dcf_node *n, const char *name)
{
	snprintf(n->path, sizeof n->path, "%s/%s", n->api.config->server.data, name);
	return n->path;
}

/* The origin of a new record: as configured, or a name that no other node has. */
static enum dcf_status origin_of(struct dcf_node *n, struct dcf_buf *out)
{
	char random[16], hex[33];
	const struct dcf_random r = dcf_random_system();

	if (*n->api.config->record.origin) {
		dcf_buf_z(out, n->api.config->record.origin);
		return DCF_OK;
	}
	dcf_random_fill(&r, random, sizeof random);
	for (size_t i = 0; i < sizeof random; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)random[i]);
	dcf_buf_z(out, "deconflict.invalid/");
	dcf_buf_put(out, hex, 32);
	return out->failed ? DCF_E_NOMEM : DCF_OK;
}

static enum dcf_status fail_store(struct dcf_node_error *err, const struct dcf_store_error *why)
{
	return dcf_node_fail(err, why->code, "%s", why->text);
}

/* Entry 0: whose record this is, and the key that signs it. */
static enum dcf_status found(struct dcf_node *n, struct dcf_node_error *err)
{
	char vkey[DCF_VKEY_MAX];
	struct dcf_command c = { .if_position = DCF_ANY_POSITION };
	struct dcf_entry_head head;
	enum dcf_objection objection;
	struct dcf_buf content = { .from = &n->api.heap };
	struct dcf_entry entry = { .erased = false };
	struct dcf_store_error why = { .code = DCF_OK };
	const struct dcf_random random = dcf_random_system();
	enum dcf_status s;

	dcf_vkey_write(&n->signer.who, vkey);
	c.head.kind = DCF_ENTRY_FOUNDED;
	c.head.origin = dcf_vkey_name(&n->signer.who);
	c.head.vkey = dcf_span_of(vkey);
	c.head.exercise = n->api.config->server.exercise;
	s = dcf_state_decide(n->api.state, &c, dcf_clock_wall_us(&n->api.clock), &head, &objection, NULL);
	if (s == DCF_OK) {
		dcf_entry_write(&head, &content);
		dcf_random_fill(&random, entry.salt, sizeof entry.salt);
		entry.content = dcf_buf_as_span(&content);
		s = content.failed ? DCF_E_NOMEM : dcf_state_apply(n->api.state, &head, NULL, NULL);
	}
	if (s == DCF_OK && dcf_log_append(n->api.log, &entry, 1, &n->signer, NULL, &why) != DCF_OK) {
		dcf_state_undo(n->api.state);
		s = fail_store(err, &why);
	} else if (s == DCF_OK) {
		dcf_state_publish(n->api.state);
	}
	dcf_buf_free(&content);
	return s;
}

/* A record that lacks what was acknowledged is not gone on with: somebody must say that it is lost, by deleting the file. */
static enum dcf_status compare_kept(struct dcf_node *n, struct dcf_node_error *err)
{
	struct dcf_store_error why = { .code = DCF_OK };
	struct dcf_buf note = { .from = &n->api.heap };
	enum dcf_status s = dcf_kept_head_read(in_folder(n, "record.head"), &note, &why);

	if (s == DCF_OK)
		s = dcf_kept_head_check(n->api.log, dcf_buf_as_span(&note), NULL, &why);
	dcf_buf_free(&note);
	if (s == DCF_OK || s == DCF_E_NOT_FOUND)
		return DCF_OK;
	if (s == DCF_E_CORRUPT)
		return dcf_node_fail(err, s, "%.100s: %s: put back a copy that has all, or delete record.head to go on without",
				     n->path, why.text);
	return fail_store(err, &why);
}

/* Heads are kept from here on.  A disk that is full now must not keep anybody from reading. */
static void keep_heads(struct dcf_node *n)
{
	struct dcf_store_error why = { .code = DCF_OK };
	struct dcf_buf note = { .from = &n->api.heap };
	uint64_t size;

	if (dcf_kept_head_open(&n->api.heap, in_folder(n, "record.head"), &n->kept, &why) != DCF_OK) {
		dcf_logger_event(n->api.logger, DCF_LOG_WARN, no_request, "heads are not kept beside the record",
				 DCF_LOG_Z("why", why.text));
		return;
	}
	if (dcf_log_head(n->api.log, &size, NULL, &note) == DCF_OK)
		dcf_kept_head_put(n->kept, dcf_buf_as_span(&note));
	dcf_log_keep(n->api.log, n->kept);
	dcf_buf_free(&note);
}

/* Open the record, or begin one.  It is new until its first entry is there: a first start that was cut off is gone through
 * again. */
static enum dcf_status open_record(struct dcf_node *n, bool *is_new, struct dcf_node_error *err)
{
	struct dcf_store_error why = { .code = DCF_OK };
	struct dcf_buf origin = { .from = &n->api.heap };
	uint64_t size = 0;
	enum dcf_status s =
		dcf_sqlite_open(in_folder(n, "record.sqlite3"), DCF_SQLITE_CREATE, &n->api.heap, &n->api.store, &why);

	if (s != DCF_OK)
		return fail_store(err, &why);
	s = dcf_store_meta_get(n->api.store, "origin", &origin, &why);
	if (s == DCF_E_NOT_FOUND)
		s = origin_of(n, &origin);
	s = s == DCF_OK ? dcf_signer_make(&n->signer, dcf_buf_as_span(&origin), &n->record_key[0]) : s;
	dcf_buf_free(&origin);
	if (s != DCF_OK)
		return dcf_node_fail(err, s, "record.origin: not a name that a record can have");
	s = dcf_log_create(n->api.store, &n->api.heap, &n->signer, &why);
	if (s == DCF_OK || s == DCF_E_CONFLICT)
		s = dcf_log_open(n->api.store, &n->api.heap, NULL, &n->api.log, &why);
	s = s == DCF_OK ? dcf_log_head(n->api.log, &size, NULL, NULL) : s;
	*is_new = size == 0;
	if (s != DCF_OK)
		return fail_store(err, &why);
	s = compare_kept(n, err);
	if (s == DCF_OK)
		keep_heads(n);
	return s;
}

/* --- the state --------------------------------------------------------------------------------------- */

/* Where the state reads entries, and why it could not. */
struct reading {
	struct dcf_store *store;
	struct dcf_store_error err;
};

static enum dcf_status read_entries(void *ctx, uint64_t from, uint64_t count,
				    enum dcf_status (*each)(void *, uint64_t, const struct dcf_entry *), void *each_ctx)
{
	struct reading *r = ctx;

	return dcf_log_read(r->store, from, count, each, each_ctx, &r->err);
}

static enum dcf_status take_piece(void *ctx, uint32_t index, struct dcf_span bytes)
{
	(void)index;
	dcf_buf_span(ctx, bytes);
	return ((struct dcf_buf *)ctx)->failed ? DCF_E_NOMEM : DCF_OK;
}

/* Load from the snapshot of `position` (UINT64_MAX: from entry 0) and what is behind it. */
static enum dcf_status load_from(struct dcf_node *n, uint64_t position, uint64_t end, struct dcf_node_error *err)
{
	struct reading reading = { .store = n->api.store };
	struct dcf_entry_source source = { read_entries, &reading };
	struct dcf_buf text = { .from = &n->api.heap }, why = { .from = &n->api.heap };
	enum dcf_status s = DCF_OK;

	if (position != UINT64_MAX)
		s = dcf_store_snapshot_read(n->api.store, position, take_piece, &text, &reading.err);
	s = s == DCF_OK ? dcf_state_load(n->api.state, dcf_buf_as_span(&text), &source, end, &why) : s;
	if (s != DCF_OK)
		(void)dcf_node_fail(err, s, "the state cannot be loaded: %.*s%s", (int)(why.len < 300 ? why.len : 300),
				    why.len ? why.p : "",
				    why.len            ? ""
				    : reading.err.code ? reading.err.text
						       : dcf_status_text(s));
	dcf_buf_free(&text);
	dcf_buf_free(&why);
	return s;
}

static enum dcf_status new_state(struct dcf_node *n, struct dcf_state **out)
{
	const struct dcf_config *c = n->api.config;
	const struct dcf_exchange_own own = { .party = dcf_span_of(c->uss.party),
					      .manager = dcf_exchange_own_name(c),
					      .url = dcf_span_of(c->uss.url),
					      .time_indexed = c->uss.time_based_notification_index };
	enum dcf_status s = dcf_state_new(&n->api.heap, out);

	if (s != DCF_OK)
		return s;
	s = dcf_state_line_party(*out, dcf_span_of(n->api.config->line.party));
	s = s == DCF_OK ? dcf_state_exchange_own(*out, &own) : s;
	if (s != DCF_OK)
		dcf_state_free(*out);
	return s;
}

/* The newest snapshot that is any good; a state that failed half way is thrown away. */
static enum dcf_status load_state(struct dcf_node *n, struct dcf_node_error *err)
{
	struct dcf_snapshot_info info[DCF_STORE_SNAPSHOTS];
	struct dcf_store_error why = { .code = DCF_OK };
	size_t count = 0;
	uint64_t end;
	enum dcf_status s = dcf_log_head(n->api.log, &end, NULL, NULL);

	if (s == DCF_OK && dcf_store_snapshot_list(n->api.store, info, &count, &why) != DCF_OK)
		count = 0;
	for (size_t i = 0; s == DCF_OK && i <= count; i++) {
		struct dcf_state *fresh;

		if (i < count && info[i].position > end)
			continue;
		s = load_from(n, i < count ? info[i].position : UINT64_MAX, end, err);
		if (s == DCF_OK || i == count)
			return s;
		dcf_logger_event(n->api.logger, DCF_LOG_WARN, no_request, "a snapshot cannot be used, trying an older one",
				 DCF_LOG_Z("why", err->text));
		s = new_state(n, &fresh);
		if (s == DCF_OK) {
			dcf_state_free(n->api.state);
			n->api.state = fresh;
		}
	}
	return s;
}

static void published(void *ctx, uint64_t from, uint64_t to)
{
	struct dcf_node *n = ctx;

	(void)from;
	dcf_events_published(n->api.events, to);
	dcf_api_tend_positions(&n->api);
	pthread_mutex_lock(&n->line_lock);
	if (n->line_runs) {
		dcf_line_link_published(n->api.line_link);
		dcf_line_agent_published(n->line_agent, to);
	}
	pthread_mutex_unlock(&n->line_lock);
}

static void own_changed(void *ctx, uint64_t position, const struct dcf_exchange_answer *answer, bool ended)
{
	dcf_uss_changed(((struct dcf_node *)ctx)->api.uss, position, answer, ended);
}

static void found_written(void *ctx, uint64_t from, uint64_t to)
{
	dcf_uss_found(((struct dcf_node *)ctx)->api.uss, from, to);
}

static enum dcf_status start_sequencer(struct dcf_node *n, struct dcf_node_error *err)
{
	const struct dcf_config *c = n->api.config;
	struct dcf_sequencer_options o = { .from = &n->api.heap,
					   .state = n->api.state,
					   .store = n->api.store,
					   .log = n->api.log,
					   .signer = n->signer,
					   .clock = n->api.clock,
					   .logger = n->api.logger,
					   .metrics = n->api.metrics,
					   .batch = c->record.batch,
					   .snapshot_every = c->record.snapshot_every,
					   .retention_us = c->record.retention_us,
					   .exchange = { c->exchange.retention_us, c->exchange.rid_retention_us },
					   .erase = c->record.erase,
					   .jump_us = c->record.clock_jump_us,
					   .grace_us = c->record.clock_grace_us,
					   .kept = n->kept,
					   .published = published,
					   .own_changed = own_changed,
					   .found = found_written,
					   .ctx = n };

	dcf_events_published(n->api.events, dcf_state_position(n->api.state));
	return dcf_sequencer_start(&o, &n->api.sequencer, err);
}

/* An exercise and the real thing are never mixed: what a record was founded as, it stays. */
static enum dcf_status same_kind(struct dcf_node *n, struct dcf_node_error *err)
{
	struct dcf_view view;
	bool exercise;
	enum dcf_status s = dcf_state_enter(n->api.state, &view);

	if (s != DCF_OK)
		return s;
	exercise = dcf_view_facts(&view).exercise;
	dcf_state_leave(&view);
	dcf_logger_set_exercise(n->api.logger, exercise);
	if (exercise == n->api.config->server.exercise)
		return DCF_OK;
	return dcf_node_fail(err, DCF_E_REFUSED,
			     exercise ? "this record was founded for an exercise: start with server.exercise = yes"
				      : "this record is no exercise: start without server.exercise");
}

/* --- another key for the record ----------------------------------------------------------------------- */

static enum dcf_status write_vkey(struct dcf_node *n, struct dcf_node_error *err)
{
	char vkey[DCF_VKEY_MAX + 1];
	size_t len = dcf_vkey_write(&n->signer.who, vkey);

	vkey[len] = '\n';
	return dcf_keys_put_file(n->api.config->server.data, "record.vkey", (struct dcf_span){ vkey, len + 1 }, false, err);
}

/* Is `next` the key that the record was handed over to already?  A crash may have come before its file was put in place. */
static bool handed_over(struct dcf_node *n, const struct dcf_signer *next)
{
	struct dcf_keyring *ring = dcf_alloc_new(&n->api.heap, sizeof *ring);
	bool yes;

	if (!ring)
		return false;
	dcf_log_keys(n->api.log, ring);
	yes = ring->count > 0 && dcf_vkey_eq(&ring->key[ring->count - 1].key, &next->who);
	dcf_alloc_free(&n->api.heap, ring, sizeof *ring);
	return yes;
}

/* Another record's key would only be noticed when something is declared. */
static enum dcf_status right_key(struct dcf_node *n, struct dcf_node_error *err)
{
	if (handed_over(n, &n->signer))
		return DCF_OK;
	return dcf_node_fail(err, DCF_E_REFUSED, "%s/keys/record.key is not the key of this record: put the right one there",
			     n->api.config->server.data);
}

static void say_another_key(struct dcf_node *n, struct dcf_span reason)
{
	dcf_logger_event(n->api.logger, DCF_LOG_WARN, no_request, "the record has another key", DCF_LOG_SPAN("reason", reason));
}

/* Where the operator prepared another key (`deconflict keys rotate DIR record`), hand over to it.  DCF_E_BUSY: there is no
 * sequencer yet that could. */
static enum dcf_status take_next_key(struct dcf_node *n, struct dcf_node_error *err)
{
	const char *dir = n->api.config->server.data;
	struct dcf_signing_key *key = &n->record_key[1 - n->signing];
	struct dcf_buf reason = { .from = &n->api.heap };
	struct dcf_signer next;
	enum dcf_status s;

	if (!dcf_keys_has_next(dir, DCF_KEY_RECORD))
		return DCF_OK;
	s = dcf_keys_prepare(dir, DCF_KEY_RECORD, key, err);
	s = s == DCF_OK ? dcf_keys_get_reason(dir, &reason, err) : s;
	s = s == DCF_OK ? dcf_signer_make(&next, dcf_vkey_name(&n->signer.who), key) : s;
	if (s == DCF_OK && !handed_over(n, &next))
		s = n->api.sequencer ? dcf_sequencer_hand_over(n->api.sequencer, &next, dcf_buf_as_span(&reason), err)
				     : DCF_E_BUSY;
	s = s == DCF_OK ? dcf_keys_adopt(dir, DCF_KEY_RECORD, false, err) : s;
	if (s == DCF_OK) {
		n->signer = next;
		dcf_aux_signer(n->api.aux, &n->signer);
		dcf_signing_key_wipe(&n->record_key[n->signing]);
		n->signing = 1 - n->signing;
		s = write_vkey(n, err);
		say_another_key(n, dcf_buf_as_span(&reason));
	}
	dcf_buf_free(&reason);
	return s;
}

/* --- the line to other nodes --------------------------------------------------------------------------- */

/* The key is made at the first start with a line: its fingerprint is what the other side needs. */
static enum dcf_status load_line_key(struct dcf_node *n, struct dcf_node_error *err)
{
	const struct dcf_config *c = n->api.config;
	enum dcf_status s;

	if (!*c->line.party)
		return DCF_OK;
	s = dcf_keys_load(c->server.data, DCF_KEY_LINE, true, &n->line_key, NULL, err);
	if (s != DCF_OK)
		return s;
	if (dcf_signer_make(&n->line_signer, dcf_span_of(c->line.party), &n->line_key) != DCF_OK)
		return dcf_node_fail(
			err, DCF_E_USAGE,
			"line.party: expected an id without blanks and '+', since messages are signed in its name");
	n->api.line_signer = &n->line_signer;
	return DCF_OK;
}

static void say_line(struct dcf_node *n)
{
	char digits[DCF_LINE_DIGITS];

	dcf_line_key_digits(&n->line_key.public_key, digits);
	dcf_logger_event(n->api.logger, DCF_LOG_INFO, no_request, "the line runs",
			 DCF_LOG_Z("party", n->api.config->line.party), DCF_LOG_Z("listen", n->api.config->line.listen),
			 DCF_LOG_I("line_port", dcf_line_link_port(n->api.line_link)), DCF_LOG_Z("fingerprint", digits));
}

static enum dcf_status start_agent(struct dcf_node *n, struct dcf_node_error *err)
{
	struct dcf_line_agent_options o = { .from = &n->api.heap,
					    .state = n->api.state,
					    .store = n->api.store,
					    .log = n->api.log,
					    .sequencer = n->api.sequencer,
					    .clock = n->api.clock,
					    .logger = n->api.logger,
					    .metrics = n->api.metrics,
					    .signer = n->line_signer,
					    .tick_us = n->api.config->line.tick_us,
					    .disclose_per_h = (uint32_t)n->api.config->line.disclose_per_h,
					    .stepped = n->setting.stepped };

	return dcf_line_agent_start(&o, &n->line_agent, err);
}

static enum dcf_status start_line(struct dcf_node *n, struct dcf_node_error *err)
{
	struct dcf_line_link_options o = { .from = &n->api.heap,
					   .config = n->api.config,
					   .state = n->api.state,
					   .store = n->api.store,
					   .sequencer = n->api.sequencer,
					   .clock = n->api.clock,
					   .logger = n->api.logger,
					   .metrics = n->api.metrics,
					   .key = &n->line_key,
					   .exercise = n->api.config->server.exercise,
					   .stepped = n->setting.stepped,
					   .wire = n->setting.wire,
					   .wire_ctx = n->setting.wire_ctx };
	enum dcf_status s;

	if (!*n->api.config->line.party)
		return DCF_OK;
	s = dcf_line_link_start(&o, &n->api.line_link, err);
	s = s == DCF_OK ? start_agent(n, err) : s;
	if (s != DCF_OK)
		return s;
	pthread_mutex_lock(&n->line_lock);
	n->line_runs = true;
	pthread_mutex_unlock(&n->line_lock);
	say_line(n);
	return DCF_OK;
}

static void stop_line(struct dcf_node *n)
{
	pthread_mutex_lock(&n->line_lock);
	n->line_runs = false;
	pthread_mutex_unlock(&n->line_lock);
	dcf_line_agent_stop(n->line_agent);
	dcf_line_link_stop(n->api.line_link);
	n->api.line_link = NULL;
}

/* --- loading, behind a server that answers already ---------------------------------------------------- */

static void set_loaded(struct dcf_node *n, enum dcf_status s)
{
	pthread_mutex_lock(&n->lock);
	n->is_loaded = true;
	n->load_error.code = s;
	pthread_cond_broadcast(&n->loaded);
	pthread_mutex_unlock(&n->lock);
	if (s == DCF_OK)
		atomic_store(&n->api.ready, true);
}

static void *load(void *ctx)
{
	struct dcf_node *n = ctx;
	int64_t began = dcf_clock_mono_us(&n->api.clock);
	enum dcf_status s = load_state(n, &n->load_error);
	uint64_t entries;

	if (s == DCF_OK && dcf_state_position(n->api.state) == 0)
		s = found(n, &n->load_error);
	s = s == DCF_OK ? same_kind(n, &n->load_error) : s;
	/* Handed over already, but the key's file not in place: before anything is signed. */
	if (s == DCF_OK) {
		s = take_next_key(n, &n->load_error);
		s = s == DCF_E_BUSY ? DCF_OK : s;
	}
	s = s == DCF_OK ? right_key(n, &n->load_error) : s;
	/* From here on the state is the sequencer's. */
	entries = dcf_state_position(n->api.state);
	s = s == DCF_OK ? dcf_uss_run(n->api.uss, n->api.state, n->api.store, n->api.logger, n->api.metrics, &n->load_error)
			: s;
	s = s == DCF_OK ? start_sequencer(n, &n->load_error) : s;
	s = s == DCF_OK ? take_next_key(n, &n->load_error) : s;
	s = s == DCF_OK ? start_line(n, &n->load_error) : s;
	if (s == DCF_OK) {
		dcf_logger_event(n->api.logger, DCF_LOG_INFO, no_request, "ready", DCF_LOG_I("entries", (int64_t)entries),
				 DCF_LOG_I("loading_us", dcf_clock_mono_us(&n->api.clock) - began));
		(void)dcf_notify(getenv("NOTIFY_SOCKET"), "READY=1");
	} else {
		dcf_logger_event(n->api.logger, DCF_LOG_ERROR, no_request, "the state cannot be loaded",
				 DCF_LOG_Z("why", n->load_error.text));
	}
	set_loaded(n, s);
	return NULL;
}

enum dcf_status dcf_node_wait(struct dcf_node *n, unsigned wait_ms, struct dcf_node_error *err)
{
	struct timespec until;
	enum dcf_status s;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += wait_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&n->lock);
	while (!n->is_loaded && pthread_cond_timedwait(&n->loaded, &n->lock, &until) != ETIMEDOUT)
		;
	s = n->is_loaded ? n->load_error.code : DCF_E_BUSY;
	if (s != DCF_OK && err)
		*err = n->load_error;
	pthread_mutex_unlock(&n->lock);
	return s;
}

/* --- the first start ---------------------------------------------------------------------------------- */

static enum dcf_status make_folder(const char *path, struct dcf_node_error *err)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return DCF_OK;
	return dcf_node_fail(err, DCF_E_IO, "%s: the data folder cannot be made: %s", path, strerror(errno));
}

/* A token for whoever sets this node up, in a file that only they can read. */
static enum dcf_status admin_token(struct dcf_node *n, struct dcf_node_error *err)
{
	static const struct dcf_span scopes[] = { { DCF_SCOPE_ADMIN, sizeof DCF_SCOPE_ADMIN - 1 },
						  { DCF_SCOPE_READ, sizeof DCF_SCOPE_READ - 1 } };
	struct dcf_token_request r = { .sub = DCF_SPAN("admin"),
				       .audience = dcf_span_of(dcf_auth_audience(n->api.auth)),
				       .scopes = scopes,
				       .scope_count = 2,
				       .random = dcf_random_system(),
				       .now_s = dcf_clock_wall_us(&n->api.clock) / 1000000,
				       .ttl_s = (int64_t)ADMIN_TOKEN_DAYS * 86400 };
	struct dcf_buf token = { .from = &n->api.heap };
	enum dcf_status s = dcf_token_mint(&n->token_key, &r, &token, err);

	dcf_buf_char(&token, '\n');
	if (s == DCF_OK)
		s = dcf_keys_put_file(n->api.config->server.data, "admin.token", dcf_buf_as_span(&token), true, err);
	dcf_buf_free(&token);
	return s;
}

/* Port 0 is any: which, the log says. */
static void say_address(struct dcf_buf *out, struct dcf_span listen)
{
	bool any = listen.len > 2 && memcmp(listen.p + listen.len - 2, ":0", 2) == 0;

	dcf_buf_put(out, listen.p, listen.len - (any ? 1 : 0));
	if (any)
		dcf_buf_z(out, "PORT");
}

static void say_hello(struct dcf_node *n, struct dcf_buf *hello)
{
	if (!hello)
		return;
	dcf_buf_z(hello, "A new node.  Its record is ");
	dcf_buf_span(hello, dcf_vkey_name(&n->signer.who));
	dcf_buf_z(hello, ".\nAdministrator's token, good for 30 days: ");
	dcf_buf_z(hello, n->api.config->server.data);
	dcf_buf_z(hello, "/admin.token\nMake a party:   curl -X PUT -H \"Authorization: Bearer $(cat ");
	dcf_buf_z(hello, n->api.config->server.data);
	dcf_buf_z(hello, "/admin.token)\" \\\n                  -d '{\"id\": \"CO\", \"name\": \"Coalition\"}' http://");
	say_address(hello, dcf_span_of(n->api.config->server.listen));
	dcf_buf_z(hello, "/v1/parties/CO\nTokens for it:  deconflict token --data ");
	dcf_buf_z(hello, n->api.config->server.data);
	dcf_buf_z(hello, " --party CO --scope deconflict.declare --ttl 12h\n");
}

/* --- start and stop ----------------------------------------------------------------------------------- */

static enum dcf_status read_tls(struct dcf_node *n, struct dcf_http_tls *tls, struct dcf_node_error *err)
{
	const struct dcf_config *c = n->api.config;
	enum dcf_status s = DCF_OK;

	*tls = (struct dcf_http_tls){ .client = (enum dcf_http_client_cert)c->tls.client };
	if (!*c->tls.certificate)
		return DCF_OK;
	dcf_buf_free(&n->certificate);
	dcf_buf_free(&n->key);
	n->certificate.from = n->key.from = &n->api.heap;
	s = dcf_node_read_file(c->tls.certificate, PEM_MOST, &n->certificate, err);
	s = s == DCF_OK ? dcf_node_read_file(c->tls.key, PEM_MOST, &n->key, err) : s;
	tls->certificate_pem = dcf_buf_as_span(&n->certificate);
	tls->key_pem = dcf_buf_as_span(&n->key);
	return s;
}

/* DIR/url: where commands of this machine reach the node (deconflict line --data DIR).  Without it they are told by --node. */
static void put_url(struct dcf_node *n)
{
	const struct dcf_config *c = n->api.config;
	const char *listen = c->server.listen, *colon = strrchr(listen, ':');
	const char *host = strncmp(listen, "[::]:", 5) == 0                ? "[::1]"
			   : strncmp(listen, "0.0.0.0:", 8) == 0 || !colon ? "127.0.0.1"
									   : listen;
	char url[512];
	int len = snprintf(url, sizeof url, "%s://%.*s:%u\n", *c->tls.certificate ? "https" : "http",
			   host == listen ? (int)(colon - listen) : (int)strlen(host), host, (unsigned)dcf_http_port(n->http));
	struct dcf_node_error err;

	if (len > 0 && (size_t)len < sizeof url &&
	    dcf_keys_put_file(c->server.data, "url", (struct dcf_span){ url, (size_t)len }, false, &err) != DCF_OK)
		dcf_logger_event(n->api.logger, DCF_LOG_WARN, no_request, "the file url is not written",
				 DCF_LOG_Z("error", err.text));
}

static void say(void *ctx, const char *text)
{
	struct dcf_api *api = ctx;

	dcf_logger_event(api->logger, DCF_LOG_DEBUG, no_request, "connection", DCF_LOG_Z("what", text));
}

/* In the handshake and at every request: strangers learn nothing. */
static bool admit(void *ctx, struct dcf_span certificate_der, const uint8_t fingerprint[32])
{
	const struct dcf_api *api = ctx;

	(void)fingerprint;
	return dcf_auth_pinned(api->auth, certificate_der);
}

static enum dcf_status start_http(struct dcf_node *n, struct dcf_node_error *err)
{
	const struct dcf_config *c = n->api.config;
	struct dcf_http_options o = { .listen = c->server.listen,
				      .allow_plain = c->server.allow_plain,
				      .threads = (unsigned)c->server.threads,
				      .manners = &dcf_exchange_manners,
				      .gate = dcf_api_gate,
				      .done = dcf_api_done,
				      .say = say,
				      .admit = admit,
				      .ctx = &n->api };
	enum dcf_status s = read_tls(n, &o.tls, err);

	o.routes = dcf_exchange_all_routes(&o.route_count);
	if (s == DCF_OK && dcf_endpoints_new(&n->api, o.routes, o.route_count, &n->api.endpoints) != DCF_OK)
		s = dcf_node_fail(err, DCF_E_NOMEM, "no memory to count requests");
	o.limits = (struct dcf_http_limits){ .body_max = c->limit.body,
					     .header_max = c->limit.headers,
					     .connections = (unsigned)c->limit.connections,
					     .per_address = (unsigned)c->limit.connections_per_address,
					     .idle_ms = (unsigned)(c->limit.idle_us / 1000),
					     .request_ms = (unsigned)(c->limit.request_us / 1000),
					     .handler_ms = (unsigned)(c->limit.handler_us / 1000),
					     .rate_per_s = (unsigned)c->limit.rate,
					     .burst = (unsigned)c->limit.burst,
					     .streams = (unsigned)c->limit.streams };
	if (c->server.exercise)
		n->api.always[n->api.always_count++] =
			(struct dcf_http_pair){ DCF_SPAN("Deconflict-Exercise"), DCF_SPAN("true") };
	o.always = n->api.always;
	o.always_count = n->api.always_count;
	if (s != DCF_OK)
		return s;
	s = dcf_http_start(&n->api.heap, &o, &n->http, err);
	atomic_store(&n->api.http, n->http);
	return s;
}

static enum dcf_status open_all(struct dcf_node *n, struct dcf_node_error *err)
{
	const struct dcf_config *c = n->api.config;
	struct dcf_api *api = &n->api;
	bool is_new = false;
	enum dcf_status s = dcf_crypto_init();

	s = s == DCF_OK ? make_folder(c->server.data, err) : dcf_node_fail(err, s, "the system gives no random numbers");
	s = s == DCF_OK ? dcf_logger_new(&api->heap, n->setting.log_fd, (enum dcf_log_form)c->log.format,
					 (enum dcf_log_level)c->log.level, api->clock, &api->logger)
			: s;
	s = s == DCF_OK ? dcf_metrics_new(&api->heap, &api->metrics) : s;
	s = s == DCF_OK ? dcf_keys_load(c->server.data, DCF_KEY_RECORD, access(in_folder(n, "record.sqlite3"), F_OK) != 0,
					&n->record_key[0], NULL, err)
			: s;
	s = s == DCF_OK ? dcf_keys_load(c->server.data, DCF_KEY_TOKEN, true, &n->token_key, NULL, err) : s;
	s = s == DCF_OK ? dcf_auth_open(&api->heap, c, api->clock, api->logger, api->metrics, &api->auth, err) : s;
	s = s == DCF_OK ? load_line_key(n, err) : s;
	s = s == DCF_OK ? new_state(n, &api->state) : s;
	s = s == DCF_OK ? open_record(n, &is_new, err) : s;
	s = s == DCF_OK ? dcf_uss_open(&api->heap, c, api->clock, &api->uss, err) : s;
	s = s == DCF_OK ? dcf_aux_new(&api->heap, c, api->clock, &api->aux, err) : s;
	if (s == DCF_OK)
		dcf_aux_signer(api->aux, &n->signer);
	if (s == DCF_OK && is_new) {
		s = write_vkey(n, err);
		s = s == DCF_OK ? admin_token(n, err) : s;
		if (s == DCF_OK)
			say_hello(n, n->hello);
	}
	s = s == DCF_OK ? dcf_events_new(api, &api->events) : s;
	s = s == DCF_OK ? dcf_pool_start(&api->heap, 2, JOBS_WAITING, &api->pool) : s;
	s = s == DCF_OK ? dcf_whereabouts_new(&api->heap, &api->whereabouts) : s;
	s = s == DCF_OK ? dcf_quota_new(&api->heap, DCF_PARTIES_MAX + 1, c->limit.questions, &api->quota) : s;
	return s;
}

/* --- gauges: asked for when the page is written --------------------------------------------------------- */

static int64_t ask_ready(void *ctx)
{
	return atomic_load(&((struct dcf_api *)ctx)->ready);
}

static int64_t ask_operations(void *ctx)
{
	struct dcf_api *api = ctx;
	struct dcf_view view;
	int64_t n;

	if (!atomic_load(&api->ready) || dcf_state_enter(api->state, &view) != DCF_OK)
		return 0;
	n = (int64_t)dcf_view_facts(&view).operations;
	dcf_state_leave(&view);
	return n;
}

static int64_t ask_connections(void *ctx)
{
	struct dcf_http *http = atomic_load(&((struct dcf_api *)ctx)->http);

	return http ? dcf_http_stats(http).connections : 0;
}

static int64_t ask_streams(void *ctx)
{
	struct dcf_http *http = atomic_load(&((struct dcf_api *)ctx)->http);

	return http ? dcf_http_stats(http).streams : 0;
}

static int64_t ask_trouble(void *ctx)
{
	struct dcf_api *api = ctx;

	return atomic_load(&api->ready) && dcf_sequencer_trouble(api->sequencer) != DCF_OK;
}

static int64_t ask_ahead(void *ctx)
{
	struct dcf_api *api = ctx;

	return atomic_load(&api->ready) ? dcf_sequencer_clock_ahead_us(api->sequencer) : 0;
}

static void count_things(struct dcf_api *api)
{
	/* clang-format off */
	static const char *const class[] = { "status=\"none\"", "status=\"1xx\"", "status=\"2xx\"",
					     "status=\"3xx\"", "status=\"4xx\"", "status=\"5xx\"" };
	struct dcf_metrics *m = api->metrics;

	for (size_t i = 0; i < sizeof class / sizeof *class; i++)
		api->requests[i] = dcf_metrics_counter(m, "deconflict_requests_total", "Requests, by what became of them.", class[i]);
	api->took_us = dcf_metrics_histogram(m, "deconflict_request_seconds", "Time from a request's first line to its reply.", "",
					     &dcf_buckets_time);
	api->questions = dcf_metrics_counter(m, "deconflict_questions_total", "Operations asked about: what if.", "");
	api->questions_refused = dcf_metrics_counter(m, "deconflict_questions_refused_total",
						     "Operations asked about beyond what a party may ask in an hour.", "");
	dcf_api_position_metrics(api);
	(void)dcf_metrics_ask(m, "deconflict_ready", "Is the state loaded?", "", ask_ready, api, 1);
	(void)dcf_metrics_ask(m, "deconflict_record_trouble", "Is the record not written at the moment?", "", ask_trouble, api, 1);
	(void)dcf_metrics_ask(m, "deconflict_clock_ahead_seconds",
			      "How far the wall clock jumped ahead; until that is confirmed nothing is ended or purged by the clock.", "",
			      ask_ahead, api, 1000000);
	(void)dcf_metrics_ask(m, "deconflict_operations", "Operations in the state, ended ones included.", "", ask_operations, api, 1);
	(void)dcf_metrics_ask(m, "deconflict_connections", "Connections open.", "", ask_connections, api, 1);
	(void)dcf_metrics_ask(m, "deconflict_streams", "Event streams open.", "", ask_streams, api, 1);
	dcf_metrics_process(m, dcf_clock_wall_us(&api->clock));
}

enum dcf_status dcf_node_start(const struct dcf_config *config, const char *version, struct dcf_buf *hello, struct dcf_node **out,
			       struct dcf_node_error *err)
{
	const struct dcf_node_setting usual = { .clock = dcf_clock_system(), .log_fd = STDERR_FILENO };

	return dcf_node_start_as(config, version, hello, &usual, out, err);
}

enum dcf_status dcf_node_start_as(const struct dcf_config *config, const char *version, struct dcf_buf *hello,
				  const struct dcf_node_setting *setting, struct dcf_node **out, struct dcf_node_error *err)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_node *n = dcf_alloc_new(&heap, sizeof *n);
	enum dcf_status s;

	if (!n)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(n, 0, sizeof *n);
	n->api.heap = heap;
	n->api.config = config;
	n->api.version = version;
	n->api.clock = setting->clock;
	n->setting = *setting;
	n->hello = hello;
	pthread_mutex_init(&n->lock, NULL);
	pthread_mutex_init(&n->line_lock, NULL);
	pthread_cond_init(&n->loaded, NULL);
	if (err)
		*err = (struct dcf_node_error){ .code = DCF_OK };
	s = open_all(n, err);
	if (s == DCF_OK) {
		count_things(&n->api);
		s = start_http(n, err);
	}
	/* clang-format on */
	if (s == DCF_OK) {
		put_url(n);
		dcf_logger_event(n->api.logger, DCF_LOG_INFO, no_request, "listening",
				 DCF_LOG_Z("listen", config->server.listen), DCF_LOG_I("port", dcf_http_port(n->http)));
		n->loader_runs = pthread_create(&n->loader, NULL, load, n) == 0;
		s = n->loader_runs ? DCF_OK : dcf_node_fail(err, DCF_E_IO, "no thread to load the state");
	}
	if (s != DCF_OK) {
		if (err && err->code == DCF_OK)
			(void)dcf_node_fail(err, s, "%s", dcf_status_text(s));
		dcf_node_stop(n);
		return s;
	}
	*out = n;
	return DCF_OK;
}

enum dcf_status dcf_node_reload(struct dcf_node *n, struct dcf_node_error *err)
{
	struct dcf_http_tls tls;
	enum dcf_status s;

	(void)dcf_notify_reloading(getenv("NOTIFY_SOCKET"));
	s = dcf_auth_reload(n->api.auth, err);
	s = s == DCF_OK ? dcf_aux_reload(n->api.aux, err) : s;
	if (s == DCF_OK && atomic_load(&n->api.ready))
		s = take_next_key(n, err);
	if (atomic_load(&n->api.ready))
		dcf_sequencer_trust_clock(n->api.sequencer);
	if (s == DCF_OK && *n->api.config->tls.certificate) {
		s = read_tls(n, &tls, err);
		s = s == DCF_OK ? dcf_http_new_tls(n->http, &tls, err) : s;
	}
	(void)dcf_notify(getenv("NOTIFY_SOCKET"), "READY=1");
	return s;
}

struct dcf_api *dcf_node_api(struct dcf_node *n)
{
	return &n->api;
}

struct dcf_line_agent *dcf_node_line_agent(struct dcf_node *n)
{
	return n->line_agent;
}

uint16_t dcf_node_port(const struct dcf_node *n)
{
	return dcf_http_port(n->http);
}

void dcf_node_stop(struct dcf_node *n)
{
	struct dcf_alloc heap;
	size_t cut;

	if (!n)
		return;
	heap = n->api.heap;
	atomic_store(&n->api.ending, true);
	dcf_uss_hurry(n->api.uss);
	(void)dcf_notify(getenv("NOTIFY_SOCKET"), "STOPPING=1");
	if (n->loader_runs)
		pthread_join(n->loader, NULL);
	cut = n->http ? dcf_http_drain(n->http, (unsigned)(n->api.config->server.drain_us / 1000)) : 0;
	if (cut)
		dcf_logger_event(n->api.logger, DCF_LOG_WARN, no_request, "requests were cut",
				 DCF_LOG_I("requests", (int64_t)cut));
	atomic_store(&n->api.hurry, true);
	/* The server ends first: until then its requests may come to the sequencer and the pool, and it waits for what these
	 * owe it. */
	dcf_http_free(n->http);
	stop_line(n);
	dcf_sequencer_stop(n->api.sequencer);
	dcf_uss_close(n->api.uss);
	dcf_pool_stop(n->api.pool);
	dcf_events_free(n->api.events);
	dcf_quota_free(n->api.quota);
	dcf_whereabouts_free(n->api.whereabouts);
	dcf_endpoints_free(n->api.endpoints);
	dcf_aux_free(n->api.aux);
	dcf_log_close(n->api.log);
	dcf_kept_head_close(n->kept);
	dcf_store_close(n->api.store);
	dcf_state_free(n->api.state);
	dcf_auth_close(n->api.auth);
	dcf_logger_free(n->api.logger);
	dcf_metrics_free(n->api.metrics);
	dcf_buf_free(&n->certificate);
	dcf_buf_free(&n->key);
	dcf_signing_key_wipe(&n->record_key[0]);
	dcf_signing_key_wipe(&n->record_key[1]);
	dcf_signing_key_wipe(&n->token_key);
	dcf_signing_key_wipe(&n->line_key);
	pthread_mutex_destroy(&n->line_lock);
	pthread_cond_destroy(&n->loaded);
	pthread_mutex_destroy(&n->lock);
	dcf_alloc_free(&heap, n, sizeof *n);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "node/uss.h"
#include "domain/state.h"
#include "node/api.h"

enum { FETCH_THREADS = 4, FETCHES_WAITING = 32 };

static enum dcf_status open_tokens(struct dcf_uss *u, struct dcf_node_error *err)
{
	const struct dcf_config *c = u->config;
	const struct dcf_uss_tokens_options o = { .from = &u->from,
						  .wire = &u->wire,
						  .clock = u->clock,
						  .url = c->uss.token_url,
						  .client = c->uss.token_client,
						  .secret_file = c->uss.token_secret,
						  .key_file = c->uss.token_key,
						  .manager = dcf_uss_manager(c),
						  .issuer = c->uss.url,
						  .allow_http = c->uss.allow_http_uss };

	return c->uss.destination.count ? dcf_uss_tokens_new(&o, &u->tokens, err) : DCF_OK;
}

enum dcf_status dcf_uss_open(const struct dcf_alloc *a, const struct dcf_config *config, struct dcf_clock clock,
			     struct dcf_uss **out, struct dcf_node_error *err)
{
	struct dcf_uss *u = dcf_alloc_new(a, sizeof *u);
	enum dcf_status s;

	if (!u)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(u, 0, sizeof *u);
	u->from = *a;
	u->config = config;
	u->clock = clock;
	u->wire.ca_file = config->uss.ca;
	u->wire.timeout_us = config->uss.timeout_us;
	u->wire.exercise = config->server.exercise;
	s = dcf_uss_guard_new(a, &config->uss.destination, config->uss.allow_http_uss, &u->guard, err);
	s = s == DCF_OK ? open_tokens(u, err) : s;
	s = s == DCF_OK ? dcf_uss_diary_new(a, &u->diary) : s;
	s = s == DCF_OK ? dcf_uss_peers_new(a, &u->peers) : s;
	if (s == DCF_OK)
		*out = u;
	else
		dcf_uss_close(u);
	return s;
}

static int64_t ask_kept(void *ctx)
{
	return (int64_t)dcf_uss_peers_count(((struct dcf_uss *)ctx)->peers);
}

enum dcf_status dcf_uss_run(struct dcf_uss *u, struct dcf_state *state, struct dcf_store *store, struct dcf_logger *logger,
			    struct dcf_metrics *metrics, struct dcf_node_error *err)
{
	const struct dcf_config *c = u->config;
	const struct dcf_uss_notify_options o = { .from = &u->from,
						  .state = state,
						  .store = store,
						  .clock = u->clock,
						  .logger = logger,
						  .metrics = metrics,
						  .diary = u->diary,
						  .guard = u->guard,
						  .tokens = u->tokens,
						  .wire = &u->wire,
						  .dir = c->server.data,
						  .own_url = c->uss.url,
						  .strict = c->exchange.strict,
						  .attempts = c->uss.attempts,
						  .position = dcf_state_position(state) };
	enum dcf_status s;

	if (metrics) {
		static const char name[] = "deconflict_uss_details_total",
				  help[] = "Details of others' intents that were asked for.";

		u->fetched = dcf_metrics_counter(metrics, name, help, "result=\"got\"");
		u->fetch_failed = dcf_metrics_counter(metrics, name, help, "result=\"failed\"");
		(void)dcf_metrics_ask(metrics, "deconflict_uss_heard", "Intents and constraints of others that were heard of.",
				      "", ask_kept, u, 1);
	}
	if (!u->tokens)
		return DCF_OK;
	s = dcf_pool_start(&u->from, FETCH_THREADS, FETCHES_WAITING, &u->pool);
	if (s != DCF_OK)
		return dcf_node_fail(err, s, "no threads for calls");
	return *c->uss.party ? dcf_uss_notify_start(&o, &u->notify, err) : DCF_OK;
}

void dcf_uss_changed(struct dcf_uss *u, uint64_t position, const struct dcf_exchange_answer *answer, bool ended)
{
	struct dcf_exchange_answer mine = *answer;

	if (u->notify)
		dcf_uss_notify_changed(u->notify, position, answer, ended);
	else
		dcf_exchange_answer_free(&mine);
}

void dcf_uss_found(struct dcf_uss *u, uint64_t from, uint64_t to)
{
	if (u->notify)
		dcf_uss_notify_found(u->notify, from, to);
}

void dcf_uss_hurry(struct dcf_uss *u)
{
	if (u)
		atomic_store(&u->wire.ending, true);
}

void dcf_uss_close(struct dcf_uss *u)
{
	struct dcf_alloc from;

	if (!u)
		return;
	from = u->from;
	dcf_uss_hurry(u);
	dcf_uss_notify_stop(u->notify);
	dcf_pool_stop(u->pool);
	dcf_uss_tokens_free(u->tokens);
	dcf_uss_guard_free(u->guard);
	dcf_uss_diary_free(u->diary);
	dcf_uss_peers_free(u->peers);
	dcf_alloc_free(&from, u, sizeof *u);
}

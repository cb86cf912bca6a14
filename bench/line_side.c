/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "bench/line_side.h"
#include "base/json_writer.h"
#include "crypto/init.h"
#include "crypto/random.h"
#include "crypto/text.h"
#include "store/memory.h"
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>

/* --- asking ------------------------------------------------------------------------------------------------------- */

struct asked {
	struct dcf_ticket ticket;
	pthread_mutex_t lock;
	pthread_cond_t came;
	bool answered;
};

static void asked_done(struct dcf_ticket *t)
{
	struct asked *a = t->ctx;

	pthread_mutex_lock(&a->lock);
	a->answered = true;
	pthread_cond_signal(&a->came);
	pthread_mutex_unlock(&a->lock);
}

enum dcf_status dcf_line_side_ask(struct dcf_line_side *side, struct dcf_command *command)
{
	struct asked a = { .ticket = { .command = command, .count = 1, .done = asked_done, .why = { .from = &side->heap } } };

	a.ticket.ctx = &a;
	pthread_mutex_init(&a.lock, NULL);
	pthread_cond_init(&a.came, NULL);
	dcf_sequencer_put(side->sequencer, &a.ticket);
	pthread_mutex_lock(&a.lock);
	while (!a.answered)
		pthread_cond_wait(&a.came, &a.lock);
	pthread_mutex_unlock(&a.lock);
	if (a.ticket.answer != DCF_TICKET_TAKEN)
		fprintf(stderr, "deconflict: bench: line: entry of kind %u was not taken: %.*s\n", (unsigned)command->head.kind,
			(int)a.ticket.why.len, a.ticket.why.p ? a.ticket.why.p : "");
	dcf_buf_free(&a.ticket.why);
	pthread_cond_destroy(&a.came);
	pthread_mutex_destroy(&a.lock);
	return a.ticket.answer == DCF_TICKET_TAKEN ? DCF_OK : DCF_E_IO;
}

static enum dcf_status put(struct dcf_line_side *side, struct dcf_entry_head head)
{
	struct dcf_line_command line = { .objection = DCF_LINE_FINE };
	struct dcf_command c = { .head = head, .if_position = DCF_ANY_POSITION, .line = &line };

	return dcf_line_side_ask(side, &c);
}

static enum dcf_status put_party(struct dcf_line_side *side, const char *party)
{
	char body[200];

	snprintf(body, sizeof body, "{\"id\":\"%s\"}", party);
	return put(side,
		   (struct dcf_entry_head){ .kind = DCF_ENTRY_PARTY, .party = dcf_span_of(party), .body = dcf_span_of(body) });
}

enum dcf_status dcf_line_side_pin(struct dcf_line_side *side, const char *party, const struct dcf_public_key *key,
				  unsigned port)
{
	char body[300], hex[2 * DCF_PUBLIC_KEY_BYTES + 1] = { 0 }, url[64] = { 0 };
	enum dcf_status s = put_party(side, party);

	dcf_text_write(DCF_TEXT_HEX, hex, key->b, sizeof key->b);
	if (port)
		snprintf(url, sizeof url, "https://127.0.0.1:%u", port);
	snprintf(body, sizeof body, "{\"key\":\"%s\",\"url\":\"%s\"}", hex, url);
	return s != DCF_OK
		       ? s
		       : put(side, (struct dcf_entry_head){
					   .kind = DCF_ENTRY_PEER, .party = dcf_span_of(party), .body = dcf_span_of(body) });
}

struct dcf_line_peer dcf_line_side_peer(struct dcf_line_side *side, uint32_t peer)
{
	struct dcf_line_peer p = { .removed = true };

	(void)dcf_line_peer_at(dcf_state_line(side->state), peer, &p);
	return p;
}

/* --- notices ------------------------------------------------------------------------------------------------------ */

struct notice {
	struct dcf_line_side *side;
	struct dcf_ticket ticket;
	struct dcf_command command;
	struct dcf_line_command line;
	struct dcf_buf note, body;
	char to[65], id[32];
	uint64_t number;
	void (*taken)(void *ctx, uint64_t number, bool good);
	void *ctx;
};

static void notice_done(struct dcf_ticket *t)
{
	struct notice *n = t->ctx;

	n->taken(n->ctx, n->number, t->answer == DCF_TICKET_TAKEN);
	dcf_buf_free(&t->why);
	dcf_buf_free(&n->note);
	dcf_buf_free(&n->body);
	dcf_alloc_free(&n->side->heap, n, sizeof *n);
}

/* A circle of 10 km for an hour of the year 2100, as canonical JSON. */
static void put_body(struct dcf_buf *out, uint64_t number)
{
	char text[1200];

	snprintf(text, sizeof text,
		 "{\"acm\":\"CAP\",\"object\":{\"volumes\":[{\"edges\":\"geodesic\",\"end\":%lld,\"lower\":{\"e4\":27432000,"
		 "\"ref\":\"STD\"},"
		 "\"points\":[[%llu,401410000]],\"radius_mm\":10000000,\"shape\":\"circle\",\"start\":%lld,\"upper\":{\"e4\":"
		 "91440000,"
		 "\"ref\":\"STD\"}}]},\"operation\":\"bench-%llu\",\"text\":{\"en\":\"A notice that was made to measure how "
		 "fast it gets to the "
		 "other side, as long as those that people write: combat air patrol, two aircraft, in the block from FL090 to "
		 "FL300, one hour from "
		 "the beginning that is given; contact on the usual frequency; questions to the duty officer of the operations "
		 "centre.\"}}",
		 4102448400000000LL, (unsigned long long)(300000000 + number % 50000000), 4102444800000000LL,
		 (unsigned long long)number);
	dcf_buf_z(out, text);
}

enum dcf_status dcf_line_side_notify(struct dcf_line_side *side, const char *to, uint64_t number,
				     void (*taken)(void *ctx, uint64_t number, bool good), void *ctx)
{
	struct notice *n = dcf_alloc_new(&side->heap, sizeof *n);

	if (!n)
		return DCF_E_NOMEM;
	*n = (struct notice){ .side = side, .number = number, .taken = taken, .ctx = ctx };
	n->note.from = n->body.from = &side->heap;
	snprintf(n->to, sizeof n->to, "%s", to);
	snprintf(n->id, sizeof n->id, "b%llu", (unsigned long long)number);
	put_body(&n->body, number);
	n->line = (struct dcf_line_command){ .signer = &side->line_signer, .note = &n->note };
	n->line.message = (struct dcf_message){ .verb = DCF_VERB_NOTIFY,
						.precedence = DCF_ROUTINE,
						.object = dcf_span_of(n->id),
						.body = dcf_buf_as_span(&n->body) };
	n->command = (struct dcf_command){ .head = { .kind = DCF_ENTRY_LINE_OUT, .party = dcf_span_of(n->to) },
					   .if_position = DCF_ANY_POSITION,
					   .line = &n->line };
	n->ticket = (struct dcf_ticket){
		.command = &n->command, .count = 1, .done = notice_done, .ctx = n, .why = { .from = &side->heap }
	};
	dcf_sequencer_put(side->sequencer, &n->ticket);
	return DCF_OK;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static void published(void *ctx, uint64_t from, uint64_t to)
{
	struct dcf_line_side *side = ctx;

	(void)from, (void)to;
	if (side->published)
		side->published(side->ctx, side);
	pthread_mutex_lock(&side->lock);
	if (side->link_runs)
		dcf_line_link_published(side->link);
	pthread_mutex_unlock(&side->lock);
}

static enum dcf_status found(struct dcf_line_side *side)
{
	char vkey[DCF_VKEY_MAX];

	dcf_vkey_write(&side->signer.who, vkey);
	return put(side, (struct dcf_entry_head){ .kind = DCF_ENTRY_FOUNDED,
						  .origin = dcf_vkey_name(&side->signer.who),
						  .vkey = dcf_span_of(vkey) });
}

static enum dcf_status open_record(struct dcf_line_side *side, const char *folder)
{
	char path[400];
	enum dcf_status s;

	snprintf(path, sizeof path, "%s/record.sqlite3", folder ? folder : "");
	dcf_signing_key_make(&side->key);
	dcf_signing_key_make(&side->line_key);
	s = folder ? dcf_sqlite_open(path, DCF_SQLITE_CREATE, &side->heap, &side->store, NULL)
		   : dcf_memory_open(&side->heap, &side->store, NULL);
	s = s == DCF_OK ? dcf_signer_make(&side->signer, DCF_SPAN("bench.invalid/line"), &side->key) : s;
	s = s == DCF_OK ? dcf_signer_make(&side->line_signer, dcf_span_of(side->party), &side->line_key) : s;
	s = s == DCF_OK ? dcf_log_create(side->store, &side->heap, &side->signer, NULL) : s;
	s = s == DCF_OK ? dcf_log_open(side->store, &side->heap, NULL, &side->log, NULL) : s;
	s = s == DCF_OK ? dcf_state_new(&side->heap, &side->state) : s;
	return s == DCF_OK ? dcf_state_line_party(side->state, dcf_span_of(side->party)) : s;
}

static enum dcf_status start_sequencer(struct dcf_line_side *side, struct dcf_node_error *err)
{
	struct dcf_sequencer_options o = { .from = &side->heap,
					   .state = side->state,
					   .store = side->store,
					   .log = side->log,
					   .signer = side->signer,
					   .clock = dcf_clock_system(),
					   .batch = 1024,
					   .published = published,
					   .ctx = side };

	return dcf_sequencer_start(&o, &side->sequencer, err);
}

static enum dcf_status start_link(struct dcf_line_side *side, struct dcf_node_error *err)
{
	struct dcf_line_link_options o = { .from = &side->heap,
					   .config = &side->config,
					   .state = side->state,
					   .store = side->store,
					   .sequencer = side->sequencer,
					   .clock = dcf_clock_system(),
					   .key = &side->line_key };
	enum dcf_status s = dcf_line_link_start(&o, &side->link, err);

	pthread_mutex_lock(&side->lock);
	side->link_runs = s == DCF_OK;
	pthread_mutex_unlock(&side->lock);
	return s;
}

enum dcf_status dcf_line_side_start(struct dcf_line_side *side, const char *party, const char *folder, bool listens,
				    int64_t heartbeat_us)
{
	struct dcf_node_error err = { .text = "" };
	enum dcf_status s = dcf_crypto_init();

	side->heap = dcf_alloc_heap();
	snprintf(side->party, sizeof side->party, "%s", party);
	pthread_mutex_init(&side->lock, NULL);
	dcf_config_init(&side->config, &side->heap);
	side->config.line.party = side->party;
	side->config.line.listen = listens ? "127.0.0.1:0" : "";
	side->config.line.heartbeat_us = heartbeat_us;
	s = s == DCF_OK ? open_record(side, folder) : s;
	s = s == DCF_OK ? start_sequencer(side, &err) : s;
	s = s == DCF_OK ? found(side) : s;
	s = s == DCF_OK ? put_party(side, party) : s;
	s = s == DCF_OK ? start_link(side, &err) : s;
	if (s != DCF_OK) {
		fprintf(stderr, "deconflict: bench: line: %s cannot start: %s\n", party,
			*err.text ? err.text : dcf_status_text(s));
		dcf_line_side_stop(side);
	}
	return s;
}

void dcf_line_side_stop(struct dcf_line_side *side)
{
	pthread_mutex_lock(&side->lock);
	side->link_runs = false;
	pthread_mutex_unlock(&side->lock);
	dcf_line_link_stop(side->link);
	dcf_sequencer_stop(side->sequencer);
	dcf_log_close(side->log);
	if (side->store)
		dcf_store_close(side->store);
	if (side->state)
		dcf_state_free(side->state);
	dcf_config_free(&side->config);
	pthread_mutex_destroy(&side->lock);
	*side = (struct dcf_line_side){ .store = NULL };
}

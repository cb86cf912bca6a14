/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rehearsal_int.h"
#include "crypto/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOAD_MS = 60000 };

/* --- a command -------------------------------------------------------------------------------------------- */

struct asked {
	struct dcf_ticket ticket;
	pthread_mutex_t lock;
	pthread_cond_t came;
	bool answered;
};

static void answered(struct dcf_ticket *t)
{
	struct asked *k = t->ctx;

	pthread_mutex_lock(&k->lock);
	k->answered = true;
	pthread_cond_signal(&k->came);
	pthread_mutex_unlock(&k->lock);
}

enum dcf_ticket_answer dcf_actor_ask(struct dcf_actor *a, struct dcf_command *command, struct dcf_op *op, struct dcf_buf *why)
{
	const struct dcf_alloc *from = a->stage->o->from;
	struct asked k = { .ticket = { .command = command, .op = &op, .count = 1, .done = answered, .why = { .from = from } } };

	k.ticket.ctx = &k;
	pthread_mutex_init(&k.lock, NULL);
	pthread_cond_init(&k.came, NULL);
	dcf_sequencer_put(a->api->sequencer, &k.ticket);
	pthread_mutex_lock(&k.lock);
	while (!k.answered)
		pthread_cond_wait(&k.came, &k.lock);
	pthread_mutex_unlock(&k.lock);
	if (why && k.ticket.answer == DCF_TICKET_OBJECTED)
		dcf_buf_span(why, dcf_buf_as_span(&k.ticket.why));
	dcf_buf_free(&k.ticket.why);
	pthread_cond_destroy(&k.came);
	pthread_mutex_destroy(&k.lock);
	return k.ticket.answer;
}

static enum dcf_status put(struct dcf_actor *a, uint8_t kind, struct dcf_span party, struct dcf_span body)
{
	struct dcf_buf why = { .from = a->stage->o->from };
	struct dcf_line_command line = { .objection = DCF_LINE_FINE };
	struct dcf_command c = { .head = { .kind = kind, .party = party, .body = body, .by = DCF_SPAN("rehearsal") },
				 .if_position = DCF_ANY_POSITION,
				 .line = &line };
	enum dcf_ticket_answer answer = dcf_actor_ask(a, &c, NULL, &why);
	enum dcf_status s = DCF_OK;

	if (answer != DCF_TICKET_TAKEN)
		s = dcf_node_fail(a->stage->err, DCF_E_REFUSED, "%s: the plan is not taken: %.*s", a->stage->o->name,
				  (int)(why.len < 300 ? why.len : 300), why.len ? why.p : "");
	dcf_buf_free(&why);
	return s;
}

/* --- life ---------------------------------------------------------------------------------------------------- */

/* Nothing is said by itself between two steps but what follows from them: checks of the path are as rare as can be. */
static enum dcf_status configure(struct dcf_stage *st, struct dcf_actor *a)
{
	struct dcf_buf text = { .from = st->o->from };
	enum dcf_status s;

	dcf_config_init(&a->config, st->o->from);
	dcf_buf_z(&text, "[server]\ndata = ");
	dcf_buf_z(&text, a->folder);
	dcf_buf_z(&text, "\nlisten = 127.0.0.1:0\nthreads = 1\n[record]\nsnapshot_every = 1000000\nclock_jump = 0s\n"
			 "[log]\nformat = json\nlevel = debug\n[line]\nparty = ");
	dcf_buf_z(&text, a->party);
	dcf_buf_z(&text, "\nlisten = 127.0.0.1:0\nheartbeat = 300s\nmiss = 100\nmax_rate = 1000000\n");
	s = text.failed ? DCF_E_NOMEM : dcf_config_text(&a->config, dcf_buf_as_span(&text), "rehearsal", st->err);
	s = s == DCF_OK ? dcf_config_check(&a->config, st->err) : s;
	dcf_buf_free(&text);
	return s;
}

static enum dcf_status open_folder(struct dcf_stage *st, struct dcf_actor *a)
{
	char path[420];

	snprintf(a->folder, sizeof a->folder, "%s/%s", st->folder, a->is_a ? "a" : "b");
	snprintf(path, sizeof path, "%s.log", a->folder);
	if (mkdir(a->folder, 0700) != 0 && errno != EEXIST)
		return dcf_node_fail(st->err, DCF_E_IO, "%s: %s", a->folder, strerror(errno));
	a->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	return a->log_fd >= 0 ? DCF_OK : dcf_node_fail(st->err, DCF_E_IO, "%s: %s", path, strerror(errno));
}

static void saw_wire(void *ctx, bool sent, struct dcf_span frame)
{
	const struct dcf_actor *a = ctx;

	a->stage->o->wire(a->stage->o->ctx, a->is_a == sent, frame);
}

enum dcf_status dcf_actor_begin(struct dcf_stage *st, struct dcf_actor *a)
{
	struct dcf_node_setting setting = {
		.clock = st->clock, .stepped = true, .wire = st->o->wire ? saw_wire : NULL, .wire_ctx = a
	};
	enum dcf_status s;

	a->stage = st;
	a->is_a = a == st->actor;
	a->log_fd = -1;
	s = open_folder(st, a);
	s = s == DCF_OK ? configure(st, a) : s;
	setting.log_fd = a->log_fd;
	s = s == DCF_OK ? dcf_node_start_as(&a->config, st->o->version, NULL, &setting, &a->node, st->err) : s;
	s = s == DCF_OK ? dcf_node_wait(a->node, LOAD_MS, st->err) : s;
	if (s != DCF_OK)
		return s;
	a->api = dcf_node_api(a->node);
	a->line = dcf_state_line(a->api->state);
	a->agent = dcf_node_line_agent(a->node);
	return DCF_OK;
}

enum dcf_status dcf_actor_pin(struct dcf_actor *a, const struct dcf_actor *other, bool url)
{
	char key[2 * DCF_PUBLIC_KEY_BYTES + 1] = "", where[40], body[200];

	(void)dcf_text_write(DCF_TEXT_HEX, key, other->api->line_signer->who.key.b, DCF_PUBLIC_KEY_BYTES);
	snprintf(where, sizeof where, "https://127.0.0.1:%u", (unsigned)dcf_line_link_port(other->api->line_link));
	snprintf(body, sizeof body, "{\"key\":\"%.*s\",\"url\":\"%s\"}", 2 * DCF_PUBLIC_KEY_BYTES, key, url ? where : "");
	return put(a, DCF_ENTRY_PEER, dcf_span_of(other->party), dcf_span_of(body));
}

enum dcf_status dcf_actor_found(struct dcf_stage *st, struct dcf_actor *a)
{
	struct dcf_span id, object;
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; s == DCF_OK && dcf_stage_party(st, i, &id, &object); i++)
		s = put(a, DCF_ENTRY_PARTY, id, object);
	return s == DCF_OK ? put(a, DCF_ENTRY_AIRSPACE, (struct dcf_span){ NULL, 0 }, dcf_buf_as_span(&st->airspace)) : s;
}

void dcf_actor_end(struct dcf_actor *a)
{
	if (!a->stage)
		return;
	dcf_node_stop(a->node);
	dcf_config_free(&a->config);
	if (a->log_fd >= 0)
		(void)close(a->log_fd);
}

/* --- looking --------------------------------------------------------------------------------------------------- */

struct dcf_actor *dcf_stage_actor(struct dcf_stage *st, struct dcf_jval by)
{
	for (int i = 0; i < 2; i++)
		if (dcf_jis(by, st->actor[i].party))
			return &st->actor[i];
	return NULL;
}

uint32_t dcf_actor_peer(struct dcf_actor *a, struct dcf_line_peer *out)
{
	uint32_t peer = dcf_line_peer_of(a->line, dcf_span_of(dcf_stage_other(a)->party));
	struct dcf_line_peer p;

	return peer != DCF_NONE && dcf_line_peer_at(a->line, peer, out ? out : &p) ? peer : DCF_NONE;
}

bool dcf_actor_object(struct dcf_actor *a, const char *id, uint32_t version, struct dcf_line_object *out)
{
	uint32_t peer = dcf_actor_peer(a, NULL);

	return peer != DCF_NONE && dcf_line_find(a->line, peer, dcf_span_of(id), version, out);
}

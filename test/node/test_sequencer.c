/* SPDX-License-Identifier: Apache-2.0 */
/* The sequencer: many threads ask at once while the store fails at random and the clock jumps; whatever was answered must be
 * what the record says, the state must be what follows from the record, and readers must see nothing that is not in it.
 *
 *     test_sequencer [SEED [ROUNDS]]
 * Runs under the thread and address sanitizers alike: meson setup DIR -Db_sanitize=thread (or address,undefined)
 * -Db_lundef=false. */
#include "node/sequencer.h"
#include "crypto/hash.h"
#include "crypto/init.h"
#include "crypto/random.h"
#include "format/json.h"
#include "store/memory.h"
#include "store/wrap.h"
#include "record_seen.h"
#include "tap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 6, READERS = 2, ASKS = 220, COMMANDS = 3, OPERATIONS = 40, BODY = 700, NAME = SEEN_NAME };
#define HOUR_US  INT64_C(3600000000)
#define BEGIN_US INT64_C(1442700000000000)

static uint64_t seed = 20150930;
static unsigned rounds = 5;

static uint64_t draw(uint64_t *state, uint64_t n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state % n;
}

/* CHECK counts without a lock, and here many threads check. */
static pthread_mutex_t checking = PTHREAD_MUTEX_INITIALIZER;
#define SAFE_CHECK(condition, ...)                                                                                             \
	do {                                                                                                                   \
		pthread_mutex_lock(&checking);                                                                                 \
		CHECK_MSG(condition, __VA_ARGS__);                                                                             \
		pthread_mutex_unlock(&checking);                                                                               \
	} while (0)

/* --- the world -------------------------------------------------------------------------------------- */

struct world {
	struct dcf_alloc heap;
	struct dcf_store *inner, *store; /* memory; what fails around it */
	struct wrap wrap;                /* touched by the sequencer's thread alone while it runs */
	struct dcf_signing_key key;
	struct dcf_signer signer;
	struct dcf_log *log;
	struct dcf_state *state;
	struct dcf_sequencer *sequencer;
	struct dcf_clock_manual hands;
	_Atomic int64_t latest_us;         /* that the wall clock ever showed */
	_Atomic int64_t since_us[CLIENTS]; /* when each began with what it asks; see pass */
	int64_t retention_us, jump_us;
	uint64_t snapshot_every;
	/* the sequencer's thread: */
	uint64_t luck;
	unsigned faults_in; /* answers until the next fault; 0: never */
	int64_t step_us;    /* the clock goes on so far, about, with each answer */
	bool break_erasing; /* the call after the next purge fails */
	uint64_t announced;
	uint64_t last_from, found; /* where the last announcement began; entries that were written although the write failed */
	unsigned faults;
	_Atomic bool calm, over;
	_Atomic unsigned seen; /* by readers */
};

static struct dcf_entry_source source_of(struct dcf_store *store);

/* The record says which of them it is: appended, and failed or not. */
static void trouble(struct world *w)
{
	static const enum dcf_status statuses[] = { DCF_E_IO, DCF_E_FULL, DCF_E_NOMEM };

	if (atomic_load(&w->calm) || !w->faults_in) {
		if (!w->break_erasing)
			w->wrap.fail_at = -1;
		return;
	}
	if (w->wrap.fail_at >= 0 && draw(&w->luck, 12) == 0) {
		w->wrap.fail_at = -1; /* mended, whether it had failed or not */
		return;
	}
	if (w->wrap.fail_at < 0 && draw(&w->luck, w->faults_in) == 0) {
		w->wrap.fail_at = w->wrap.calls + (long)draw(&w->luck, 6);
		w->wrap.from_then_on = draw(&w->luck, 3) == 0;
		w->wrap.mode = draw(&w->luck, 2) ? WRAP_AFTER : WRAP_BEFORE;
		w->wrap.status = statuses[draw(&w->luck, 3)];
		w->faults++;
	}
}

/* Time goes on, and now and then the wall clock is set back by hours, or runs on by some: not so far that a key is forgotten,
 * after a day, while a client that got no turn meanwhile still repeats its request. */
static void pass(struct world *w)
{
	int64_t by = w->step_us ? (int64_t)draw(&w->luck, 2 * (uint64_t)w->step_us) : 0, wall;

	atomic_fetch_add(&w->hands.mono_us, by);
	if (by && draw(&w->luck, 60) == 0)
		by = ((int64_t)draw(&w->luck, 8) - 4) * HOUR_US;
	wall = atomic_load(&w->hands.wall_us) + by;
	for (int i = 0; i < CLIENTS; i++)
		if (wall - atomic_load(&w->since_us[i]) > 20 * HOUR_US && by > 0)
			return;
	atomic_store(&w->hands.wall_us, wall);
	if (wall > atomic_load(&w->latest_us))
		atomic_store(&w->latest_us, wall);
}

static void same_as_record(struct world *w, struct dcf_span snapshot, uint64_t end, const char *what)
{
	struct dcf_entry_source source = source_of(w->inner);
	struct dcf_buf why = { .from = &w->heap };
	struct dcf_state *again;
	struct dcf_hash h, g;
	enum dcf_status s;

	SAFE_CHECK(dcf_state_new(&w->heap, &again) == DCF_OK, "no memory");
	s = dcf_state_load(again, snapshot, &source, end, &why);
	SAFE_CHECK(s == DCF_OK, "%s: %.*s", what, (int)why.len, why.p ? why.p : "");
	SAFE_CHECK(dcf_state_hash(w->state, &h) == DCF_OK && dcf_state_hash(again, &g) == DCF_OK && dcf_hash_eq(&h, &g),
		   "another state %s at %llu", what, (unsigned long long)end);
	dcf_buf_free(&why);
	dcf_state_free(again);
}

static struct dcf_buf snapshot_of(struct world *w, size_t which);

/* Announced in order, without gaps; and a look now and then whether the state is the record's, in the midst of it. */
static void published(void *ctx, uint64_t from, uint64_t to)
{
	struct world *w = ctx;
	struct dcf_view view;

	SAFE_CHECK(dcf_state_enter(w->state, &view) == DCF_OK, "no view");
	SAFE_CHECK(dcf_view_facts(&view).position == to, "announced before it is there");
	dcf_state_leave(&view);
	SAFE_CHECK(from == w->announced && to > from, "announced %llu to %llu after %llu", (unsigned long long)from,
		   (unsigned long long)to, (unsigned long long)w->announced);
	w->last_from = from;
	w->announced = to;
	if (to < 1500 && draw(&w->luck, 30) == 0) {
		struct dcf_buf text = snapshot_of(w, draw(&w->luck, 2));

		same_as_record(w, DCF_SPAN(""), to, "in the midst");
		same_as_record(w, dcf_buf_as_span(&text), to, "from a snapshot in the midst");
		dcf_buf_free(&text);
	}
	if (w->break_erasing) {
		w->wrap.fail_at = w->wrap.calls;
		w->wrap.from_then_on = true;
		w->wrap.mode = WRAP_BEFORE;
	}
}

/* Behind their announcement, and as many. */
static void found_written(void *ctx, uint64_t from, uint64_t to)
{
	struct world *w = ctx;

	SAFE_CHECK(from == w->last_from && to == w->announced, "found %llu to %llu", (unsigned long long)from,
		   (unsigned long long)to);
	w->found += to - from;
}

static enum dcf_status read_store(void *ctx, uint64_t from, uint64_t count,
				  enum dcf_status (*each)(void *, uint64_t, const struct dcf_entry *), void *each_ctx)
{
	return dcf_store_read(ctx, from, count, DCF_READ_ALL, each, each_ctx, NULL);
}

static struct dcf_entry_source source_of(struct dcf_store *store)
{
	return (struct dcf_entry_source){ read_store, store };
}

static enum dcf_status take_piece(void *ctx, uint32_t index, struct dcf_span bytes)
{
	(void)index;
	dcf_buf_span(ctx, bytes);
	return DCF_OK;
}

/* From the snapshot `which` (0: the newest), or from entry 0 when there is none such. */
static struct dcf_buf snapshot_of(struct world *w, size_t which)
{
	struct dcf_snapshot_info info[DCF_STORE_SNAPSHOTS];
	struct dcf_buf text = { .from = &w->heap };
	size_t count;

	SAFE_CHECK(dcf_store_snapshot_list(w->inner, info, &count, NULL) == DCF_OK, "no list");
	if (which < count)
		SAFE_CHECK(dcf_store_snapshot_read(w->inner, info[which].position, take_piece, &text, NULL) == DCF_OK,
			   "unreadable");
	return text;
}

static uint64_t size_of(struct world *w)
{
	uint64_t n = 0;

	return dcf_store_head(w->inner, &n, NULL, NULL) == DCF_OK ? n : 0;
}

/* A node starts: log, state from the snapshot `which`, sequencer. */
static void start(struct world *w, size_t which)
{
	struct dcf_sequencer_options o = { .from = &w->heap,
					   .store = w->store,
					   .signer = w->signer,
					   .batch = 16,
					   .snapshot_every = w->snapshot_every,
					   .snapshot_step = 3,
					   .retention_us = w->retention_us,
					   .erase = true,
					   .jump_us = w->jump_us,
					   .grace_us = HOUR_US / 4,
					   .published = published,
					   .found = found_written,
					   .ctx = w };
	struct dcf_entry_source source = source_of(w->inner);
	struct dcf_buf text = snapshot_of(w, which), why = { .from = &w->heap };
	struct dcf_node_error err;
	enum dcf_status s;

	w->wrap.fail_at = -1;
	CHECK(dcf_log_open(w->store, &w->heap, NULL, &w->log, NULL) == DCF_OK);
	CHECK(dcf_state_new(&w->heap, &w->state) == DCF_OK);
	s = dcf_state_load(w->state, dcf_buf_as_span(&text), &source, size_of(w), &why);
	CHECK_MSG(s == DCF_OK, "%.*s", (int)why.len, why.p ? why.p : "");
	w->announced = dcf_state_position(w->state);
	o.state = w->state;
	o.log = w->log;
	o.clock = dcf_clock_manual_of(&w->hands);
	CHECK(dcf_sequencer_start(&o, &w->sequencer, &err) == DCF_OK);
	dcf_buf_free(&text);
	dcf_buf_free(&why);
}

static void stop(struct world *w)
{
	dcf_sequencer_stop(w->sequencer);
	w->sequencer = NULL;
	dcf_log_close(w->log);
	w->log = NULL;
}

static void world_begin(struct world *w)
{
	const uint8_t bytes[DCF_SEED_BYTES] = { 7 };

	*w = (struct world){ .heap = dcf_alloc_heap(), .luck = seed | 1, .snapshot_every = 100 };
	atomic_store(&w->hands.wall_us, BEGIN_US);
	atomic_store(&w->latest_us, BEGIN_US);
	for (int i = 0; i < CLIENTS; i++)
		atomic_store(&w->since_us[i], INT64_MAX / 2);
	CHECK(dcf_memory_open(&w->heap, &w->inner, NULL) == DCF_OK);
	w->store = wrap_around(&w->wrap, w->inner);
	dcf_signing_key_from_seed(&w->key, bytes);
	CHECK(dcf_signer_make(&w->signer, DCF_SPAN("example.org/record"), &w->key) == DCF_OK);
	CHECK(dcf_log_create(w->inner, &w->heap, &w->signer, NULL) == DCF_OK);
}

static void world_end(struct world *w)
{
	dcf_state_free(w->state);
	dcf_store_close(w->inner);
}

/* --- asking ----------------------------------------------------------------------------------------- */

struct ask {
	struct world *w;
	struct dcf_ticket t;
	struct dcf_command command[COMMANDS];
	struct dcf_op *op[COMMANDS];
	char by[COMMANDS][NAME], id[COMMANDS][NAME], body[COMMANDS][BODY];
	pthread_mutex_t lock;
	pthread_cond_t came;
	bool answered;
	/* what is known at the end: */
	bool taken; /* some answer said so */
	bool maybe; /* some answer left it open */
	uint64_t first;
};

static void done(struct dcf_ticket *t)
{
	struct ask *a = t->ctx;

	trouble(a->w);
	pass(a->w);
	pthread_mutex_lock(&a->lock);
	a->answered = true;
	pthread_cond_signal(&a->came);
	pthread_mutex_unlock(&a->lock);
}

static struct ask *ask_new(struct world *w, size_t count)
{
	struct ask *a = calloc(1, sizeof *a);

	if (!a)
		abort();
	a->w = w;
	a->t = (struct dcf_ticket){
		.command = a->command, .op = a->op, .count = count, .done = done, .ctx = a, .why = { .from = &w->heap }
	};
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->came, NULL);
	for (size_t i = 0; i < count; i++)
		a->command[i].if_position = DCF_ANY_POSITION;
	return a;
}

static void ask_free(struct ask *a)
{
	pthread_mutex_destroy(&a->lock);
	pthread_cond_destroy(&a->came);
	dcf_buf_free(&a->t.why);
	free(a);
}

static void put(struct ask *a)
{
	a->answered = false;
	dcf_sequencer_put(a->w->sequencer, &a->t);
}

static enum dcf_ticket_answer await(struct ask *a)
{
	pthread_mutex_lock(&a->lock);
	while (!a->answered)
		pthread_cond_wait(&a->came, &a->lock);
	pthread_mutex_unlock(&a->lock);
	if (a->t.answer == DCF_TICKET_TAKEN || a->t.answer == DCF_TICKET_REPEATED) {
		SAFE_CHECK(!a->taken || a->first == a->t.first, "taken at %llu and at %llu", (unsigned long long)a->first,
			   (unsigned long long)a->t.first);
		SAFE_CHECK(a->t.taken == a->t.count, "%llu of %zu", (unsigned long long)a->t.taken, a->t.count);
		a->taken = true;
		a->first = a->t.first;
	}
	a->maybe |= a->t.answer == DCF_TICKET_UNAVAILABLE;
	return a->t.answer;
}

static enum dcf_ticket_answer ask(struct ask *a)
{
	put(a);
	return await(a);
}

static const char *const party_name[] = { "CO", "RU" };

static void command_text(struct ask *a, size_t i, enum dcf_entry_kind kind, const char *party, const char *body)
{
	snprintf(a->body[i], BODY, "%s", body);
	a->command[i].head = (struct dcf_entry_head){
		.kind = (uint8_t)kind, .party = dcf_span_of(party), .body = dcf_span_of(a->body[i]), .by = dcf_span_of(a->by[i])
	};
}

static void write_time(char out[32], int64_t us)
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;

	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&t, &tm));
}

static void declaration(struct ask *a, size_t i, unsigned party, unsigned number, uint64_t *luck)
{
	char body[BODY], from[32], to[32];
	int64_t at = atomic_load(&a->w->hands.wall_us) + (int64_t)draw(luck, 4) * HOUR_US;

	write_time(from, at);
	write_time(to, at + HOUR_US);
	snprintf(a->id[i], NAME, "op-%u", number);
	snprintf(
		body, sizeof body,
		"{\"type\":\"Feature\",\"id\":\"%s\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[%u.5,35]},"
		"\"properties\":{\"party\":\"%s\",\"shape\":\"circle\",\"radius\":{\"value\":5,\"unit\":\"km\"},"
		"\"lower\":{\"value\":%u,\"unit\":\"FL\"},\"upper\":{\"value\":300,\"unit\":\"FL\"},\"start\":\"%s\",\"end\":\"%s\"}}\n",
		a->id[i], 30 + (unsigned)draw(luck, 3), party_name[party], 100 + (unsigned)draw(luck, 100), from, to);
	command_text(a, i, DCF_ENTRY_OPERATION, party_name[party], body);
	a->command[i].head.operation = dcf_span_of(a->id[i]);
	a->command[i].must_be_new = draw(luck, 3) == 0;
	a->command[i].must_be_there = !a->command[i].must_be_new && draw(luck, 4) == 0;
}

static void event(struct ask *a, size_t i, unsigned party, unsigned number, uint64_t *luck)
{
	static const enum dcf_op_event events[] = { DCF_OP_ACTIVATE, DCF_OP_CANCEL, DCF_OP_END, DCF_OP_ACTIVATE };

	snprintf(a->id[i], NAME, "op-%u", number);
	command_text(a, i, DCF_ENTRY_EVENT, party_name[party], "");
	a->command[i].head.operation = dcf_span_of(a->id[i]);
	a->command[i].head.event = (uint8_t)events[draw(luck, 4)];
}

/* The same request once more, as a client sends it that did not wait. */
static struct ask *twin_of(const struct ask *a)
{
	struct ask *b = ask_new(a->w, a->t.count);

	for (size_t i = 0; i < a->t.count; i++) {
		memcpy(b->by[i], a->by[i], NAME);
		memcpy(b->id[i], a->id[i], NAME);
		memcpy(b->body[i], a->body[i], BODY);
		b->command[i] = a->command[i];
		b->command[i].head.by = dcf_span_of(b->by[i]);
		b->command[i].head.operation = dcf_span_of(b->id[i]);
		b->command[i].head.body = dcf_span_of(b->body[i]);
	}
	b->t.has_key = a->t.has_key;
	b->t.key = a->t.key;
	b->t.digest = a->t.digest;
	return b;
}

static struct ask *random_ask(struct world *w, unsigned client, unsigned number, uint64_t *luck)
{
	size_t count = draw(luck, 4) ? 1 : 1 + draw(luck, COMMANDS);
	struct ask *a = ask_new(w, count);
	unsigned first = (unsigned)draw(luck, OPERATIONS);

	for (size_t i = 0; i < count; i++) {
		snprintf(a->by[i], NAME, "%u-%u-%zu", client, number, i);
		if (draw(luck, 3))
			declaration(a, i, (unsigned)draw(luck, 2), first + (unsigned)i, luck);
		else
			event(a, i, (unsigned)draw(luck, 2), first + (unsigned)i, luck);
	}
	a->t.has_key = draw(luck, 2);
	a->t.key = dcf_sha256(dcf_span_of(a->by[0]));
	a->t.digest = dcf_sha256(dcf_span_of(a->body[0]));
	return a;
}

struct client {
	struct world *w;
	unsigned number, base;
	struct ask *asks[ASKS], *twins[ASKS];
	unsigned answers[DCF_TICKET_UNAVAILABLE + 1];
	pthread_t thread;
};

/* The same again after it was taken: nothing new happens; another request with that key is refused. */
static void ask_again(struct client *c, struct ask *a, uint64_t *luck)
{
	uint64_t first = a->first;
	bool other = draw(luck, 4) == 0;
	enum dcf_ticket_answer answer;

	a->t.digest.b[0] ^= other;
	answer = ask(a);
	a->t.digest.b[0] ^= other;
	c->answers[answer]++;
	if (answer == DCF_TICKET_UNAVAILABLE)
		return;
	SAFE_CHECK(answer == (other ? DCF_TICKET_OTHER : DCF_TICKET_REPEATED), "answer %d to a repeated request", (int)answer);
	SAFE_CHECK(a->t.first == first, "repeated at %llu", (unsigned long long)a->t.first);
}

static void *be_client(void *ctx)
{
	struct client *c = ctx;
	uint64_t luck = (seed + 77 * (c->base + c->number)) | 1;

	for (unsigned i = 0; i < ASKS; i++) {
		struct ask *a;
		enum dcf_ticket_answer answer;
		unsigned tries = 0;

		atomic_store(&c->w->since_us[c->number], atomic_load(&c->w->latest_us));
		a = c->asks[i] = random_ask(c->w, c->number, c->base + i, &luck);
		if (a->t.has_key && draw(&luck, 3) == 0)
			c->twins[i] = twin_of(a);
		put(a);
		if (c->twins[i])
			c->answers[ask(c->twins[i])]++;
		answer = await(a);
		c->answers[answer]++;
		while (answer == DCF_TICKET_UNAVAILABLE && a->t.has_key && tries++ < 200) {
			usleep(500);
			c->answers[answer = ask(a)]++;
		}
		if (a->taken && a->t.has_key && draw(&luck, 3) == 0)
			ask_again(c, a, &luck);
	}
	atomic_store(&c->w->since_us[c->number], INT64_MAX / 2);
	return NULL;
}

/* Whatever a reader sees is in the store already. */
static void *be_reader(void *ctx)
{
	struct world *w = ctx;

	while (!atomic_load(&w->over)) {
		uint64_t highest = 0, serial = 0;
		struct dcf_view view;
		const struct dcf_op *op;

		SAFE_CHECK(dcf_state_enter(w->state, &view) == DCF_OK, "no view");
		for (; (op = dcf_view_next(&view, &serial)); serial++) {
			uint64_t event_at = atomic_load(&op->event_position);

			highest = op->position > highest ? op->position : highest;
			highest = event_at > highest ? event_at : highest;
			atomic_fetch_add(&w->seen, 1);
		}
		if (dcf_view_facts(&view).position > highest + 1)
			highest = dcf_view_facts(&view).position - 1;
		dcf_state_leave(&view);
		SAFE_CHECK(highest < size_of(w), "entry %llu is seen and not there", (unsigned long long)highest);
		usleep(2000);
	}
	return NULL;
}

static void found(struct world *w)
{
	static const char airspace[] =
		"{\"type\":\"FeatureCollection\",\"deconflict\":1,\"agreement\":{\"id\":\"a\",\"separation\":"
		"[{\"lateral\":{\"value\":3,\"unit\":\"NM\"},\"vertical\":{\"value\":1000,\"unit\":\"ft\"}}]},\"features\":[]}";
	struct ask *a = ask_new(w, 1);

	command_text(a, 0, DCF_ENTRY_FOUNDED, "", "");
	a->command[0].head.origin = DCF_SPAN("example.org/record");
	a->command[0].head.vkey = DCF_SPAN("k");
	CHECK(ask(a) == DCF_TICKET_TAKEN && a->first == 0);
	ask_free(a);
	for (size_t i = 0; i < 2; i++) {
		a = ask_new(w, 1);
		command_text(a, 0, DCF_ENTRY_PARTY, party_name[i],
			     i ? "{\"id\":\"RU\",\"members\":[\"Y\"]}" : "{\"id\":\"CO\",\"members\":[\"X\"]}");
		CHECK(ask(a) == DCF_TICKET_TAKEN);
		ask_free(a);
	}
	a = ask_new(w, 1);
	command_text(a, 0, DCF_ENTRY_AIRSPACE, "", airspace);
	CHECK(ask(a) == DCF_TICKET_TAKEN);
	ask_free(a);
}

/* --- what the record says ---------------------------------------------------------------------------- */

/* Where a request without an answer begins, if it is there: its first entries may have been deleted since. */
static size_t first_of(const struct record_seen *r, const struct entry_seen **at, const struct ask *a)
{
	for (size_t i = 0; i < a->t.count; i++) {
		size_t place = place_of(r, at, a->by[i]);

		if (place != SIZE_MAX)
			return place - i;
	}
	return SIZE_MAX;
}

/* One request against the record: what was taken is where the answer said; what was not is not there, or, where that was left
 * open, is there whole. */
static void judge(const struct record_seen *r, const struct entry_seen **at, const struct ask *a, unsigned *late)
{
	size_t first = a->taken ? (size_t)a->first : first_of(r, at, a);
	bool there = first != SIZE_MAX && first + a->t.count <= r->count;

	CHECK_MSG(there || first == SIZE_MAX, "%s is not whole", a->by[0]);
	if (!a->taken) {
		CHECK_MSG(first == SIZE_MAX || a->maybe, "%s is there and was refused", a->by[0]);
		*late += first != SIZE_MAX;
	}
	for (size_t i = 0; i < a->t.count; i++) {
		const struct entry_seen *e = there ? &r->entry[first + i] : NULL;

		if (e && e->erased) {
			CHECK_MSG(e->named, "entry %zu is deleted and no entry says so", first + i);
		} else if (e) {
			CHECK_MSG(strcmp(e->by, a->by[i]) == 0, "entry %zu is %s, expected %s", first + i, e->by, a->by[i]);
			CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&e->body), dcf_span_of(a->body[i])), "entry %zu has another body",
				  first + i);
		} else {
			CHECK_MSG(place_of(r, at, a->by[i]) == SIZE_MAX, "%s is there without its first", a->by[i]);
		}
	}
}

/* A request and the same once more: one may be refused and the other, a little later, taken or left open, since others act
 * between them.  Then what is there is that other's. */
static void speak_for_each_other(struct ask *a, struct ask *b)
{
	bool open = a->taken || a->maybe || b->taken || b->maybe;

	a->maybe |= open;
	b->maybe |= open;
}

/* The record verifies, and the state is what follows from it in every way that a node can start. */
static void state_is_the_records(struct world *w)
{
	struct dcf_log_report report;
	uint64_t end = size_of(w);

	CHECK_MSG(dcf_log_verify(w->inner, &w->heap, NULL, NULL, NULL, &report, NULL) == DCF_OK, "%s", report.what);
	CHECK(report.size == end && dcf_state_position(w->state) == end);
	same_as_record(w, DCF_SPAN(""), end, "from entry 0");
	for (size_t i = 0; i < DCF_STORE_SNAPSHOTS; i++) {
		struct dcf_buf text = snapshot_of(w, i);

		if (text.len)
			same_as_record(w, dcf_buf_as_span(&text), end,
				       i ? "from the older snapshot" : "from the newer snapshot");
		dcf_buf_free(&text);
	}
}

/* --- the tests --------------------------------------------------------------------------------------- */

static void one_round(struct world *w, struct client clients[CLIENTS], unsigned round)
{
	pthread_t reader[READERS];

	atomic_store(&w->calm, false);
	atomic_store(&w->over, false);
	for (unsigned i = 0; i < READERS; i++)
		pthread_create(&reader[i], NULL, be_reader, w);
	for (unsigned i = 0; i < CLIENTS; i++) {
		clients[i].w = w;
		clients[i].number = i;
		clients[i].base = round * ASKS;
		pthread_create(&clients[i].thread, NULL, be_client, &clients[i]);
	}
	for (unsigned i = 0; i < CLIENTS; i++)
		pthread_join(clients[i].thread, NULL);
	atomic_store(&w->over, true);
	for (unsigned i = 0; i < READERS; i++)
		pthread_join(reader[i], NULL);
	stop(w);
}

static void all_kinds(struct client *clients, size_t n, bool faulty)
{
	unsigned sum[DCF_TICKET_UNAVAILABLE + 1] = { 0 };

	for (size_t i = 0; i < n; i++)
		for (int k = 0; k <= DCF_TICKET_UNAVAILABLE; k++)
			sum[k] += clients[i].answers[k];
	printf("# taken %u, repeated %u, other %u, objected %u, unavailable %u\n", sum[0], sum[1], sum[2], sum[3], sum[4]);
	CHECK(sum[DCF_TICKET_TAKEN] > 100 && sum[DCF_TICKET_REPEATED] > 20 && sum[DCF_TICKET_OBJECTED] > 100);
	CHECK(!faulty || sum[DCF_TICKET_UNAVAILABLE] > 20);
}

/* Some lifetimes of a node on one store; each starts from another snapshot than the last. */
static void lifetimes(struct world *w, bool faulty)
{
	struct client *clients = calloc((size_t)rounds * CLIENTS, sizeof *clients);
	struct record_seen r;
	const struct entry_seen **at;
	unsigned late = 0;

	if (!clients)
		abort();
	atomic_store(&w->calm, true);
	start(w, 0);
	found(w);
	for (unsigned round = 0; round < rounds; round++) {
		one_round(w, clients + round * CLIENTS, round);
		/* What was appended without an answer in the last moment: the next start finds it. */
		dcf_state_free(w->state);
		w->wrap.fail_at = -1;
		start(w, round % 3);
		if (round + 1 == rounds)
			stop(w);
	}
	state_is_the_records(w);
	see_record(&r, &w->heap, w->inner);
	at = sorted(&r);
	for (size_t i = 0; i < (size_t)rounds * CLIENTS; i++)
		for (unsigned k = 0; k < ASKS; k++) {
			if (clients[i].twins[k])
				speak_for_each_other(clients[i].asks[k], clients[i].twins[k]);
			judge(&r, at, clients[i].asks[k], &late);
			ask_free(clients[i].asks[k]);
			if (clients[i].twins[k]) {
				judge(&r, at, clients[i].twins[k], &late);
				ask_free(clients[i].twins[k]);
			}
		}
	all_kinds(clients, (size_t)rounds * CLIENTS, faulty);
	printf("# %zu entries, %u faults (%ld calls failed), %u requests taken without an answer, %u looks by readers\n",
	       r.count, w->faults, w->wrap.failed, late, atomic_load(&w->seen));
	CHECK(!faulty || (w->faults > 20 && w->wrap.failed > 20));
	free(at);
	forget_record(&r);
	free(clients);
}

static void answers_hold(void)
{
	struct world w;

	world_begin(&w);
	lifetimes(&w, false);
	world_end(&w);
}

static void answers_hold_on_a_store_that_fails(void)
{
	struct world w;

	world_begin(&w);
	w.faults_in = 40;
	/* The record is tried again after a second of this clock. */
	w.step_us = 300000;
	lifetimes(&w, true);
	world_end(&w);
}

/* Days go by, the clock jumps, contents are purged and deleted, and the store fails all the while. */
static void contents_go_with_time(void)
{
	struct world w;
	struct record_seen r;
	unsigned wrong = 0, gone = 0;

	world_begin(&w);
	w.faults_in = 150;
	w.step_us = HOUR_US / 12;
	w.retention_us = HOUR_US;
	w.jump_us = HOUR_US / 60;
	lifetimes(&w, false);
	/* A quiet start does what is still to be done. */
	w.step_us = 0;
	dcf_state_free(w.state);
	atomic_store(&w.calm, true);
	start(&w, 1);
	stop(&w);
	see_record(&r, &w.heap, w.inner);
	for (size_t i = 0; i < r.count; i++) {
		wrong += r.entry[i].erased != r.entry[i].named;
		gone += r.entry[i].erased;
	}
	printf("# %u purges, %u contents deleted of %zu\n", r.purges, gone, r.count);
	CHECK_MSG(wrong == 0, "%u contents are deleted or named, but not both", wrong);
	CHECK(r.purges > 5 && gone > 50);
	state_is_the_records(&w);
	forget_record(&r);
	world_end(&w);
}

static enum dcf_ticket_answer declare_one(struct world *w, unsigned number, uint64_t *luck)
{
	struct ask *a = ask_new(w, 1);
	enum dcf_ticket_answer answer;

	declaration(a, 0, 0, number, luck);
	a->command[0].must_be_there = a->command[0].must_be_new = false;
	answer = ask(a);
	ask_free(a);
	return answer;
}

/* An append that was durable and said that it failed; then each call in its turn fails while the record is read again.  The
 * clock stands still but for us, so nobody else calls the store between two answers. */
static void reading_again_fails_in_turn(void)
{
	struct world w;
	uint64_t luck = 5, before, began;
	unsigned failed = 0, late = 0, taken = 0;

	world_begin(&w);
	w.snapshot_every = 0;
	atomic_store(&w.calm, true);
	start(&w, 0);
	found(&w);
	began = w.announced;
	for (int n = 0; n < 40; n++) {
		before = size_of(&w);
		w.wrap.mode = WRAP_AFTER;
		w.wrap.from_then_on = false;
		w.wrap.fail_at = w.wrap.calls;
		CHECK(declare_one(&w, (unsigned)n, &luck) == DCF_TICKET_UNAVAILABLE);
		CHECK(size_of(&w) == before + 1 && w.announced == before && dcf_sequencer_trouble(w.sequencer) != DCF_OK);
		w.wrap.mode = n % 2 ? WRAP_BEFORE : WRAP_AFTER;
		w.wrap.fail_at = w.wrap.calls + n / 2;
		dcf_clock_manual_pass(&w.hands, 1100000);
		if (declare_one(&w, 100, &luck) == DCF_TICKET_UNAVAILABLE)
			failed++;
		else
			taken++;
		late += w.announced == before + 1;
		w.wrap.fail_at = -1;
		dcf_clock_manual_pass(&w.hands, 1100000);
		CHECK(declare_one(&w, 101, &luck) == DCF_TICKET_TAKEN);
		taken++;
		CHECK(w.announced == size_of(&w) && dcf_sequencer_trouble(w.sequencer) == DCF_OK);
		same_as_record(&w, DCF_SPAN(""), size_of(&w), "after reading again");
	}
	printf("# %u readings failed, %u of them with the entry\n", failed, late);
	CHECK(failed > 6 && failed < 40);
	CHECK_MSG(w.announced - began == w.found + taken, "%llu found", (unsigned long long)w.found);
	stop(&w);
	state_is_the_records(&w);
	world_end(&w);
}

static void wait_for(struct world *w, uint64_t entries)
{
	for (int i = 0; i < 30000 && size_of(w) < entries; i++)
		usleep(2000);
	CHECK(size_of(w) >= entries);
}

/* The node ends between a purge and the deletion: the next start deletes. */
static void deletion_is_done_again(void)
{
	struct world w;
	struct record_seen r;
	struct ask *a;
	uint64_t luck = 5;

	world_begin(&w);
	w.retention_us = HOUR_US;
	atomic_store(&w.calm, true);
	start(&w, 0);
	found(&w);
	a = ask_new(&w, 1);
	declaration(a, 0, 0, 1, &luck);
	a->command[0].must_be_there = a->command[0].must_be_new = false;
	/* What was asked with a key is kept for a day. */
	a->t.has_key = true;
	a->t.key.b[0] = a->t.digest.b[0] = 1;
	CHECK(ask(a) == DCF_TICKET_TAKEN);
	dcf_clock_manual_pass(&w.hands, 10 * HOUR_US);
	wait_for(&w, a->first + 2); /* its window is over */
	stop(&w);
	w.break_erasing = true;
	dcf_state_free(w.state);
	start(&w, 0);
	dcf_clock_manual_pass(&w.hands, 100 * HOUR_US);
	wait_for(&w, a->first + 4); /* PURGE and ERASED, together */
	stop(&w);
	see_record(&r, &w.heap, w.inner);
	CHECK(r.count == a->first + 4 && r.entry[a->first + 2].kind == DCF_ENTRY_PURGE &&
	      r.entry[a->first + 3].kind == DCF_ENTRY_ERASED);
	CHECK(r.entry[a->first].named && !r.entry[a->first].erased);
	CHECK(w.wrap.failed > 0);
	forget_record(&r);
	w.break_erasing = false;
	dcf_state_free(w.state);
	start(&w, 0);
	stop(&w);
	see_record(&r, &w.heap, w.inner);
	CHECK(r.entry[a->first].erased);
	CHECK(r.count == a->first + 4);
	forget_record(&r);
	state_is_the_records(&w);
	ask_free(a);
	world_end(&w);
}

/* The clock looks twice a second of its own time, whenever it is asked. */
static void let_it_look(struct world *w)
{
	for (int i = 0; i < 2; i++) {
		dcf_clock_manual_pass(&w->hands, 600000);
		dcf_sequencer_poke(w->sequencer);
	}
}

static void jump(struct world *w, int64_t by)
{
	atomic_fetch_add(&w->hands.wall_us, by);
	let_it_look(w);
}

/* A wall clock that jumps ahead ends nothing until that is confirmed; entries take its time. */
static void a_jump_ends_nothing(void)
{
	struct world w;
	struct record_seen r;
	uint64_t luck = 5, size;

	world_begin(&w);
	w.jump_us = 10 * 1000000;
	w.retention_us = 2 * HOUR_US;
	atomic_store(&w.calm, true);
	start(&w, 0);
	found(&w);
	CHECK(declare_one(&w, 1, &luck) == DCF_TICKET_TAKEN);
	size = size_of(&w);
	jump(&w, 30 * HOUR_US);
	CHECK(size_of(&w) == size && dcf_sequencer_clock_ahead_us(w.sequencer) == 30 * HOUR_US);
	CHECK(declare_one(&w, 2, &luck) == DCF_TICKET_TAKEN);
	/* Right again before its time is up: nobody lost anything. */
	jump(&w, -30 * HOUR_US);
	CHECK(size_of(&w) == size + 1 && dcf_sequencer_clock_ahead_us(w.sequencer) == 0);
	/* Trust that was given to one jump is not given to the next. */
	dcf_sequencer_trust_clock(w.sequencer);
	jump(&w, 30 * HOUR_US);
	dcf_clock_manual_pass(&w.hands, 14 * 60 * INT64_C(1000000));
	jump(&w, HOUR_US);
	CHECK(size_of(&w) == size + 1 && dcf_sequencer_clock_ahead_us(w.sequencer) == 31 * HOUR_US);
	dcf_clock_manual_pass(&w.hands, 14 * 60 * INT64_C(1000000));
	let_it_look(&w);
	CHECK(size_of(&w) == size + 1);
	/* It has stood so for long enough: the window of the first is over, and a day behind it it is purged. */
	dcf_clock_manual_pass(&w.hands, 2 * 60 * INT64_C(1000000));
	let_it_look(&w);
	CHECK(dcf_sequencer_clock_ahead_us(w.sequencer) == 0 && size_of(&w) > size + 2);
	/* The same by an administrator's word. */
	CHECK(declare_one(&w, 3, &luck) == DCF_TICKET_TAKEN);
	size = size_of(&w);
	jump(&w, 30 * HOUR_US);
	CHECK(size_of(&w) == size && dcf_sequencer_clock_ahead_us(w.sequencer) == 30 * HOUR_US);
	dcf_sequencer_trust_clock(w.sequencer);
	let_it_look(&w);
	CHECK(size_of(&w) > size && dcf_sequencer_clock_ahead_us(w.sequencer) == 0);
	stop(&w);
	see_record(&r, &w.heap, w.inner);
	CHECK(r.purges > 0);
	forget_record(&r);
	state_is_the_records(&w);
	world_end(&w);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		rounds = (unsigned)strtoul(argv[2], NULL, 10);
	if (dcf_crypto_init() != DCF_OK || rounds < 1 || rounds > 1000)
		return 3;
	printf("# seed %llu, %u rounds\n", (unsigned long long)seed, rounds);
	return TAP_RUN(TAP(a_jump_ends_nothing), TAP(deletion_is_done_again), TAP(reading_again_fails_in_turn),
		       TAP(answers_hold), TAP(answers_hold_on_a_store_that_fails), TAP(contents_go_with_time));
}

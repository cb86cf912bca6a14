/* SPDX-License-Identifier: Apache-2.0 */
#include "node/sequencer.h"
#include "crypto/random.h"
#include "crypto/text.h"
#include "domain/line.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

enum {
	CLOCK_EVERY_MS = 500,
	RETRY_MS = 1000,
	TEND_MS = 5,
	KEEP_EVERY_MS = 1000, /* syncs of the head beside the record */
	CLOCK_OPERATIONS = 500,
	FOLLOWERS = 20000, /* entries that follow from others, in one batch; what is left comes with the next */
	PIECE = 256 * 1024,
	SNAPSHOT_STEP = 2000,
	BATCH_BYTES = 32 << 20, /* of bodies that share one append, unless a single request has more */
	ERASE_AT_ONCE = 1024,   /* contents deleted between two batches */
	ERASE_AT_END = 64,      /* so often when the node ends; the next start does the rest */
	ERASED_TEXT = 1 << 20,  /* of positions in one entry */
};

/* Log lines of the sequencer belong to no request. */
static const struct dcf_span no_request;

struct dcf_sequencer {
	struct dcf_sequencer_options o;
	pthread_t thread, tender;
	pthread_mutex_t lock;
	pthread_cond_t came, tend;
	struct dcf_ticket *first, **last; /* the queue */
	bool ending, tender_ends, ended;
	struct hand_over *hand_over; /* asked for and not done yet */
	pthread_cond_t handed_over;
	uint64_t pokes, poked; /* how often the clock's work was asked for, and up to which of these it is done */
	pthread_cond_t poke_done;
	_Atomic int trouble; /* enum dcf_status: why the record cannot be written */
	/* the sequencer's thread */
	struct dcf_entry *entry;
	size_t entry_count, entry_cap;
	struct dcf_buf content; /* of all entries of the batch, and where each begins */
	size_t *begin;
	size_t begin_cap;
	struct dcf_clock_watch watch;
	int64_t clock_next_us, retry_next_us, erase_next_us;
	size_t erase_done;      /* bytes of what dcf_state_to_erase says that are done */
	char said[240];         /* why it could not be written, as the log was told last */
	struct own_change *own; /* intents of ours that the batch changed */
	size_t own_count, own_cap;
	struct dcf_buf snapshot;
	struct dcf_snapshot_walk walk;
	uint32_t snapshot_piece;
	bool snapshot_going, snapshot_ends; /* one is being written; its text is complete */
	uint64_t snapshot_last;
	struct dcf_counter *entries, *batches, *failures;
	struct dcf_histogram *append_us, *batch_size;
};

/* --- time ------------------------------------------------------------------------------------------- */

static struct timespec in_ms(long ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* --- one batch --------------------------------------------------------------------------------------- */

/* What an EXCHANGE_OWN entry did, to be told when it is published. */
struct own_change {
	struct dcf_exchange_answer answer;
	uint64_t position;
	bool ended;
};

static void forget_own(struct dcf_sequencer *q)
{
	while (q->own_count)
		dcf_exchange_answer_free(&q->own[--q->own_count].answer);
}

static enum dcf_status keep_own(struct dcf_sequencer *q, struct dcf_exchange_answer *answer, bool ended)
{
	void *array = q->own;
	enum dcf_status s =
		q->o.own_changed ? dcf_grow(q->o.from, &array, &q->own_cap, q->own_count + 1, sizeof *q->own) : DCF_E_NOT_FOUND;

	if (!q->o.own_changed)
		return DCF_OK;
	q->own = array;
	if (s != DCF_OK)
		return s;
	q->own[q->own_count++] = (struct own_change){ *answer, dcf_state_position(q->o.state) - 1, ended };
	*answer = (struct dcf_exchange_answer){ .from = q->o.from };
	return DCF_OK;
}

static void tell_own(struct dcf_sequencer *q)
{
	for (size_t i = 0; i < q->own_count; i++)
		q->o.own_changed(q->o.ctx, q->own[i].position, &q->own[i].answer, q->own[i].ended);
	q->own_count = 0;
}

static void begin_batch(struct dcf_sequencer *q)
{
	forget_own(q);
	q->entry_count = 0;
	q->content.len = 0;
	q->content.failed = false;
}

/* The entry that says `head`: its content is put behind the others', which may move; pointers are set before the append. */
static enum dcf_status put_entry(struct dcf_sequencer *q, const struct dcf_entry_head *head)
{
	const struct dcf_random random = dcf_random_system();
	void *array = q->entry, *begin = q->begin;
	enum dcf_status s = dcf_grow(q->o.from, &array, &q->entry_cap, q->entry_count + 1, sizeof *q->entry);

	q->entry = array;
	s = s == DCF_OK ? dcf_grow(q->o.from, &begin, &q->begin_cap, q->entry_count + 1, sizeof *q->begin) : s;
	q->begin = begin;
	if (s != DCF_OK)
		return s;
	q->entry[q->entry_count] = (struct dcf_entry){ 0 };
	dcf_random_fill(&random, q->entry[q->entry_count].salt, DCF_SALT_BYTES);
	q->begin[q->entry_count++] = q->content.len;
	dcf_entry_write(head, &q->content);
	if (q->content.failed)
		return DCF_E_NOMEM;
	return q->content.len - q->begin[q->entry_count - 1] > DCF_CONTENT_MAX ? DCF_E_LIMIT : DCF_OK;
}

static void point_entries(struct dcf_sequencer *q)
{
	for (size_t i = 0; i < q->entry_count; i++) {
		size_t end = i + 1 < q->entry_count ? q->begin[i + 1] : q->content.len;

		q->entry[i].content = (struct dcf_span){ q->content.p + q->begin[i], end - q->begin[i] };
	}
}

static void drop_ops(struct dcf_ticket *t)
{
	for (size_t i = 0; i < t->count && t->op; i++) {
		if (t->op[i])
			dcf_op_drop(t->op[i]);
		t->op[i] = NULL;
	}
}

/* Was this asked before? */
static bool repeated(struct dcf_sequencer *q, struct dcf_ticket *t)
{
	const struct dcf_request *r = t->has_key ? dcf_state_request(q->o.state, &t->key) : NULL;

	if (!r)
		return false;
	t->answer = dcf_hash_eq(&r->digest, &t->digest) ? DCF_TICKET_REPEATED : DCF_TICKET_OTHER;
	t->first = r->first;
	t->taken = r->count;
	t->at_us = r->at_us;
	return true;
}

/* A command that was judged, as an entry; the hold of `op` passes in any case. */
static enum dcf_status take_command(struct dcf_sequencer *q, struct dcf_ticket *t, const struct dcf_entry_head *head,
				    struct dcf_op *op)
{
	enum dcf_status s = put_entry(q, head);

	if (s != DCF_OK) {
		if (op)
			dcf_op_drop(op);
		return s;
	}
	t->at_us = head->at_us;
	return dcf_state_apply(q->o.state, head, op, &t->why);
}

/* What follows for the exchange from operations of ours: in the same batch, so that nobody sees the one without the other. */
static enum dcf_status deal_followers(struct dcf_sequencer *q, int64_t now_us)
{
	const struct dcf_random random = dcf_random_system();
	struct dcf_buf why = { .from = q->o.from };
	enum dcf_status s = DCF_OK;
	bool due = true, ended;

	for (size_t n = 0; s == DCF_OK && due && n < FOLLOWERS; n++) {
		struct dcf_command c = { .head = { .kind = DCF_ENTRY_EXCHANGE_OWN }, .if_position = DCF_ANY_POSITION };
		struct dcf_exchange_command own = { .answer = { .from = q->o.from } };
		enum dcf_objection objection;
		struct dcf_entry_head head;

		s = dcf_state_exchange_own_due(q->o.state, &random, &due, &ended);
		if (s != DCF_OK || !due)
			break;
		c.exchange = &own;
		s = dcf_state_decide(q->o.state, &c, now_us, &head, &objection, &why);
		if (s == DCF_OK && objection != DCF_OBJECT_NOTHING)
			continue;
		s = s == DCF_OK ? put_entry(q, &head) : s;
		s = s == DCF_OK ? dcf_state_apply(q->o.state, &head, NULL, &why) : s;
		s = s == DCF_OK ? keep_own(q, &own.answer, ended) : s;
		dcf_exchange_answer_free(&own.answer);
	}
	dcf_buf_free(&why);
	return s;
}

/* All commands of a ticket, or none. */
static enum dcf_status deal(struct dcf_sequencer *q, struct dcf_ticket *t, int64_t now_us)
{
	char key[2 * DCF_HASH_BYTES], digest[2 * DCF_HASH_BYTES];
	struct dcf_entry_head head = { 0 };
	enum dcf_status s = DCF_OK;

	if (repeated(q, t))
		return DCF_OK;
	/* Commands of one ticket are about different things, so each can be judged before any is applied.  A single one is
	 * judged once. */
	for (size_t i = 0; i < t->count && s == DCF_OK; i++) {
		t->why.len = 0;
		s = dcf_state_decide(q->o.state, &t->command[i], now_us, &head, &t->objection, &t->why);
		if (s == DCF_OK && t->objection != DCF_OBJECT_NOTHING) {
			t->answer = DCF_TICKET_OBJECTED;
			t->which = i;
			return DCF_OK;
		}
	}
	if (t->has_key && t->count) {
		struct dcf_entry_head *h = &t->command[0].head;

		h->request = (struct dcf_span){ key, dcf_text_write(DCF_TEXT_HEX, key, t->key.b, DCF_HASH_BYTES) };
		h->digest = (struct dcf_span){ digest, dcf_text_write(DCF_TEXT_HEX, digest, t->digest.b, DCF_HASH_BYTES) };
		h->request_count = (uint32_t)t->count;
		if (t->count == 1) {
			head.request = h->request;
			head.digest = h->digest;
			head.request_count = h->request_count;
		}
	}
	t->first = dcf_state_position(q->o.state);
	t->taken = t->count;
	t->answer = DCF_TICKET_TAKEN;
	for (size_t i = 0; i < t->count && s == DCF_OK; i++) {
		struct dcf_op *op = t->op ? t->op[i] : NULL;

		if (t->op)
			t->op[i] = NULL;
		if (t->count > 1)
			s = dcf_state_decide(q->o.state, &t->command[i], now_us, &head, &t->objection, &t->why);
		if (s == DCF_OK && t->objection != DCF_OBJECT_NOTHING)
			/* Two commands about one thing: the caller's fault. */
			s = DCF_E_USAGE;
		if (s == DCF_OK)
			s = take_command(q, t, &head, op);
		else if (op)
			dcf_op_drop(op);
	}
	if (t->has_key && t->count)
		t->command[0].head.request = t->command[0].head.digest = (struct dcf_span){ NULL, 0 };
	return s == DCF_OK ? deal_followers(q, now_us) : s;
}

static void say_failure(struct dcf_sequencer *q, const char *what, const char *why)
{
	dcf_logger_event(q->o.logger, DCF_LOG_ERROR, no_request, what, DCF_LOG_Z("why", why));
}

static bool is_well(struct dcf_sequencer *q)
{
	return atomic_load(&q->trouble) == DCF_OK;
}

/* Once for each reason: it is tried again every second, perhaps for hours. */
static void record_failed(struct dcf_sequencer *q, enum dcf_status status, const char *why)
{
	if (is_well(q) || strncmp(why, q->said, sizeof q->said - 1) != 0)
		say_failure(q, "the record cannot be written: no more is taken until it can be", why);
	snprintf(q->said, sizeof q->said, "%s", why);
	atomic_store(&q->trouble, (int)status);
	dcf_counter_one(q->failures);
	q->retry_next_us = dcf_clock_mono_us(&q->o.clock) + RETRY_MS * 1000;
}

/* Make what was applied durable and visible, or undo it. */
static bool commit(struct dcf_sequencer *q)
{
	struct dcf_store_error err = { .code = DCF_OK };
	uint64_t from = 0;
	int64_t began = dcf_clock_mono_us(&q->o.clock);
	enum dcf_status s;

	if (q->entry_count == 0)
		return true;
	point_entries(q);
	s = dcf_log_append(q->o.log, q->entry, q->entry_count, &q->o.signer, &from, &err);
	if (s != DCF_OK) {
		dcf_state_undo(q->o.state);
		if (s == DCF_E_LIMIT)
			/* Refused for its size before anything was written: nothing is wrong with the record. */
			say_failure(q, "a request was too large", err.text);
		else
			record_failed(q, s, err.text);
		return false;
	}
	dcf_histogram_take(q->append_us, dcf_clock_mono_us(&q->o.clock) - began);
	dcf_histogram_take(q->batch_size, (int64_t)q->entry_count);
	dcf_counter_add(q->entries, q->entry_count);
	dcf_counter_one(q->batches);
	dcf_state_publish(q->o.state);
	if (q->o.published)
		q->o.published(q->o.ctx, from, from + q->entry_count);
	tell_own(q);
	return true;
}

/* Where the record did not take the batch, no answer holds: objections and repeats may rest on what was in it. */
static void answer_all(struct dcf_ticket *list, bool good)
{
	while (list) {
		struct dcf_ticket *t = list;

		list = t->next;
		if (!good)
			t->answer = DCF_TICKET_UNAVAILABLE;
		t->done(t);
	}
}

/* Deal a list of tickets in one batch. */
static void deal_all(struct dcf_sequencer *q, struct dcf_ticket *list)
{
	int64_t now_us = dcf_clock_wall_us(&q->o.clock);
	bool good = is_well(q);
	struct dcf_ticket *failed;

	do {
		failed = NULL;
		begin_batch(q);
		for (struct dcf_ticket *t = list; t && good && !failed; t = t->next) {
			if (t->answer == DCF_TICKET_UNAVAILABLE && t->which == SIZE_MAX)
				continue; /* failed before */
			if (deal(q, t, now_us) != DCF_OK)
				failed = t;
		}
		if (failed) {
			/* Memory, most likely: it is left out and the others are dealt again. */
			dcf_state_undo(q->o.state);
			failed->answer = DCF_TICKET_UNAVAILABLE;
			failed->which = SIZE_MAX;
			say_failure(q, "a request could not be applied", "memory, or a request about one thing twice");
		}
	} while (failed);
	for (struct dcf_ticket *t = list; t; t = t->next)
		drop_ops(t);
	if (good)
		good = commit(q);
	answer_all(list, good);
}

/* --- the record again -------------------------------------------------------------------------------- */

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

static const char *reason(const struct dcf_buf *why, const struct dcf_store_error *err, enum dcf_status s, char room[240])
{
	if (why->len == 0)
		return err->code != DCF_OK ? err->text : dcf_status_text(s);
	snprintf(room, 240, "%.*s", (int)(why->len < 239 ? why->len : 239), why->p);
	return room;
}

/* After a failure: what does the record have?  What was not acknowledged may be there all the same, and counts then. */
static void try_again(struct dcf_sequencer *q)
{
	char room[240];
	struct dcf_store_error err = { .code = DCF_OK };
	struct reading reading = { .store = q->o.store };
	struct dcf_entry_source source = { read_entries, &reading };
	struct dcf_buf why = { .from = q->o.from };
	uint64_t size = 0, from = dcf_state_position(q->o.state);
	enum dcf_status s;

	s = dcf_log_reload(q->o.log, &err);
	s = s == DCF_OK ? dcf_log_head(q->o.log, &size, NULL, NULL) : s;
	/* A head signed anew is a write: it shows whether writing works. */
	s = s == DCF_OK ? dcf_log_append(q->o.log, NULL, 0, &q->o.signer, NULL, &err) : s;
	if (s == DCF_OK && size > from)
		s = dcf_state_load(q->o.state, (struct dcf_span){ NULL, 0 }, &source, size, &why);
	if (s == DCF_OK) {
		atomic_store(&q->trouble, DCF_OK);
		dcf_logger_event(q->o.logger, DCF_LOG_WARN, no_request, "the record is written again",
				 DCF_LOG_I("entries", (int64_t)size));
	} else {
		/* Part of it may be applied and not published; what is published of it is durable. */
		dcf_state_undo(q->o.state);
		record_failed(q, s, reason(&why, reading.err.code != DCF_OK ? &reading.err : &err, s, room));
	}
	size = dcf_state_position(q->o.state);
	if (size > from && q->o.published)
		q->o.published(q->o.ctx, from, size);
	if (size > from && q->o.found)
		q->o.found(q->o.ctx, from, size);
	dcf_buf_free(&why);
}

/* --- the clock --------------------------------------------------------------------------------------- */

/* Some of what ERASED entries name: those of this run, of a start from a snapshot, or of what was found after a failure.
 * Deleting again what is deleted changes nothing, so an end at any moment loses nothing.  True while there is more to do at
 * once. */
static bool erase_some(struct dcf_sequencer *q)
{
	struct dcf_span rest = dcf_state_to_erase(q->o.state);
	size_t whole = rest.len, n = 0;
	uint64_t list[ERASE_AT_ONCE];
	struct dcf_store_error err = { .code = DCF_OK };
	bool bad = false;

	if (whole == 0 || !is_well(q) || dcf_clock_mono_us(&q->o.clock) < q->erase_next_us)
		return false;
	rest = (struct dcf_span){ rest.p + q->erase_done, rest.len - q->erase_done };
	while (n < ERASE_AT_ONCE && dcf_positions_next(&rest, &list[n], &bad))
		n++;
	if (n && dcf_store_erase(q->o.store, list, n, &err) != DCF_OK) {
		say_failure(q, "contents could not be deleted: it is tried again", err.text);
		q->erase_next_us = dcf_clock_mono_us(&q->o.clock) + RETRY_MS * 1000;
		return false;
	}
	q->erase_done = whole - rest.len;
	if (rest.len)
		return true;
	dcf_state_erased(q->o.state);
	q->erase_done = 0;
	return false;
}

/* A command of the node's own, into the batch. */
static enum dcf_status deal_own(struct dcf_sequencer *q, uint8_t kind, struct dcf_span body, int64_t now_us)
{
	struct dcf_command c = { .head = { .kind = kind, .body = body }, .if_position = DCF_ANY_POSITION };
	struct dcf_ticket t = { .command = &c, .count = 1, .why = { .from = q->o.from } };
	enum dcf_status s = deal(q, &t, now_us);

	dcf_buf_free(&t.why);
	return s;
}

/* The first lines of `positions`, at most ERASED_TEXT bytes, cut off its front. */
static struct dcf_span some_lines(struct dcf_span *positions)
{
	size_t n = positions->len;

	if (n > ERASED_TEXT)
		for (n = ERASED_TEXT; positions->p[n - 1] != '\n';)
			n--;
	*positions = (struct dcf_span){ positions->p + n, positions->len - n };
	return (struct dcf_span){ positions->p - n, n };
}

/* A purge and the entries that name the contents which go with it share an append: once an operation has left the state nobody
 * knows any more which contents were its own. */
static enum dcf_status deal_due(struct dcf_sequencer *q, uint8_t kind, struct dcf_span body, int64_t now_us)
{
	struct dcf_buf gone = { .from = q->o.from };
	struct dcf_span rest;
	enum dcf_status s = kind == DCF_ENTRY_PURGE && q->o.erase ? dcf_state_entries_of(q->o.state, body, &gone) : DCF_OK;

	s = s == DCF_OK ? deal_own(q, kind, body, now_us) : s;
	rest = dcf_buf_as_span(&gone);
	while (s == DCF_OK && rest.len)
		s = deal_own(q, DCF_ENTRY_ERASED, some_lines(&rest), now_us);
	dcf_buf_free(&gone);
	return s;
}

/* The time by which something may be ended or purged; false when the clock that says so is not believed. */
static bool believed_time(struct dcf_sequencer *q, int64_t *now_us)
{
	/* clang-format off */
	static const struct { enum dcf_log_level level; const char *what; } news[] = {
		[DCF_CLOCK_JUMPED] = { DCF_LOG_ERROR, "the clock jumped ahead: nothing is ended or purged by it until that is confirmed, by SIGHUP or by time" },
		[DCF_CLOCK_BACK] = { DCF_LOG_WARN, "the clock was set back: it is believed again" },
		[DCF_CLOCK_CONFIRMED] = { DCF_LOG_WARN, "the clock's jump is confirmed: it is believed again" },
	};
	/* clang-format on */
	int64_t before = dcf_clock_watch_ahead_us(&q->watch);
	enum dcf_clock_news is = dcf_clock_watch_look(&q->watch, now_us);
	int64_t ahead = dcf_clock_watch_ahead_us(&q->watch);

	if (is != DCF_CLOCK_NO_NEWS)
		dcf_logger_event(q->o.logger, news[is].level, no_request, news[is].what,
				 DCF_LOG_I("ahead_s", (ahead ? ahead : before) / 1000000));
	return ahead == 0;
}

/* What is due next: deadlines of the line first, since somebody waits for them.  They go by the clock as it stands; what is
 * ended and purged only by one that is believed. */
static bool ask_due(struct dcf_sequencer *q, int64_t now_us, bool believed, struct dcf_buf *body, uint8_t *kind)
{
	int64_t retention_us = q->o.retention_us ? q->o.retention_us : INT64_MAX;
	bool due = false;

	*kind = DCF_ENTRY_LINE_CLOCK;
	/* The line's deadlines go on while a jump is not believed, by the clock as it was before: nobody is to wait for them.
	 */
	if (dcf_line_due(dcf_state_line(q->o.state), now_us - dcf_clock_watch_ahead_us(&q->watch), CLOCK_OPERATIONS, body,
			 &due) == DCF_OK &&
	    due)
		return true;
	body->len = 0;
	if (believed && dcf_state_due(q->o.state, now_us, retention_us, CLOCK_OPERATIONS, body, kind, &due) == DCF_OK && due)
		return true;
	body->len = 0;
	*kind = DCF_ENTRY_EXCHANGE_OVER;
	return believed &&
	       dcf_exchange_due(dcf_state_exchange(q->o.state), now_us, &q->o.exchange, CLOCK_OPERATIONS, body, &due) ==
		       DCF_OK &&
	       due;
}

/* What still follows for the exchange: at the start, and where there was too much for one batch.  True when there was any. */
static bool follow(struct dcf_sequencer *q, int64_t now_us)
{
	begin_batch(q);
	if (deal_followers(q, now_us) != DCF_OK) {
		dcf_state_undo(q->o.state);
		return false;
	}
	return q->entry_count > 0 && commit(q);
}

/* True when more may be due at once. */
static bool clock_work(struct dcf_sequencer *q)
{
	struct dcf_buf body = { .from = q->o.from };
	int64_t now_us;
	uint8_t kind;
	bool believed = believed_time(q, &now_us), due = ask_due(q, now_us, believed, &body, &kind);

	if (due) {
		begin_batch(q);
		if (deal_due(q, kind, dcf_buf_as_span(&body), now_us) == DCF_OK) {
			due = commit(q);
		} else {
			dcf_state_undo(q->o.state);
			due = false;
		}
	}
	dcf_buf_free(&body);
	return due || follow(q, now_us);
}

/* --- snapshots --------------------------------------------------------------------------------------- */

static void begin_snapshot(struct dcf_sequencer *q)
{
	q->snapshot.len = 0;
	q->snapshot.failed = false;
	dcf_state_walk_begin(q->o.state, &q->walk);
	q->snapshot_going = true;
	q->snapshot_piece = 0;
	q->snapshot_last = q->walk.position;
}

/* A full piece of what is written, or the rest; batches go between. */
static void send_piece(struct dcf_sequencer *q, bool last)
{
	size_t n = q->snapshot.len < PIECE ? q->snapshot.len : PIECE;
	struct dcf_snapshot_piece piece = { .position = q->walk.position,
					    .index = q->snapshot_piece++,
					    .last = last && n == q->snapshot.len,
					    .bytes = { q->snapshot.p, n } };
	struct dcf_store_error err = { .code = DCF_OK };

	if (q->snapshot.failed || dcf_store_snapshot_put(q->o.store, &piece, &err) != DCF_OK) {
		say_failure(q, "a snapshot could not be written", q->snapshot.failed ? "out of memory" : err.text);
		q->snapshot_going = false;
		return;
	}
	memmove(q->snapshot.p, q->snapshot.p + n, q->snapshot.len - n);
	q->snapshot.len -= n;
	q->snapshot_going = !piece.last;
}

/* One step of the snapshot at hand: a millisecond or two of operations, or a piece to the store. */
static void step_snapshot(struct dcf_sequencer *q)
{
	if (q->snapshot.len >= PIECE || q->snapshot_ends)
		send_piece(q, q->snapshot_ends);
	else
		q->snapshot_ends = !dcf_state_walk_step(q->o.state, &q->walk,
							q->o.snapshot_step ? q->o.snapshot_step : SNAPSHOT_STEP, &q->snapshot);
	if (!q->snapshot_going) {
		q->snapshot_ends = false;
		dcf_buf_free(&q->snapshot);
	}
}

static void snapshot_work(struct dcf_sequencer *q)
{
	if (q->snapshot_going)
		step_snapshot(q);
	else if (q->o.snapshot_every && dcf_state_to_erase(q->o.state).len == 0 &&
		 dcf_state_position(q->o.state) - q->snapshot_last >= q->o.snapshot_every)
		begin_snapshot(q);
}

/* --- threads ----------------------------------------------------------------------------------------- */

static size_t bytes_of(const struct dcf_ticket *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->count; i++)
		n += t->command[i].head.body.len;
	return n;
}

/* The tickets at the front of the queue that go into one append together, cut off it: the first whatever its size. */
static struct dcf_ticket *take(struct dcf_sequencer *q, size_t most)
{
	struct dcf_ticket *list = q->first, **end = &q->first;
	size_t n = 0, bytes = 0;

	while (*end) {
		n += (*end)->count;
		bytes += bytes_of(*end);
		if (end != &q->first && (n > most || bytes > BATCH_BYTES))
			break;
		end = &(*end)->next;
	}
	if (end == &q->first)
		return NULL;
	q->first = *end;
	*end = NULL;
	if (!q->first)
		q->last = &q->first;
	return list;
}

/* --- another key ------------------------------------------------------------------------------------- */

struct hand_over {
	const struct dcf_signer *next;
	struct dcf_span reason;
	struct dcf_node_error *err;
	enum dcf_status status;
};

static enum dcf_status tell_of_key(struct dcf_sequencer *q, const struct hand_over *h)
{
	char vkey[DCF_VKEY_MAX];
	struct dcf_command c = { .head = { .kind = DCF_ENTRY_KEY, .reason = h->reason }, .if_position = DCF_ANY_POSITION };
	struct dcf_ticket t = { .command = &c, .count = 1, .why = { .from = q->o.from } };
	enum dcf_status s;

	dcf_vkey_write(&h->next->who, vkey);
	c.head.vkey = dcf_span_of(vkey);
	begin_batch(q);
	s = deal(q, &t, dcf_clock_wall_us(&q->o.clock));
	if (s != DCF_OK)
		dcf_state_undo(q->o.state);
	dcf_buf_free(&t.why);
	return s == DCF_OK && !commit(q) ? DCF_E_IO : s;
}

static void hand_over(struct dcf_sequencer *q, struct hand_over *h)
{
	struct dcf_store_error err = { .code = DCF_OK };

	h->status = is_well(q) ? tell_of_key(q, h) : DCF_E_IO;
	if (h->status == DCF_OK) {
		h->status = dcf_log_rotate(q->o.log, &q->o.signer, h->next, &err);
		if (h->status == DCF_OK)
			q->o.signer = *h->next;
		else
			record_failed(q, h->status, err.text);
	}
	if (h->status != DCF_OK)
		(void)dcf_node_fail(h->err, h->status, "the record's key was not replaced: %s",
				    err.code ? err.text : "the record cannot be written");
}

static void hand_over_if_asked(struct dcf_sequencer *q)
{
	struct hand_over *h;

	pthread_mutex_lock(&q->lock);
	h = q->hand_over;
	pthread_mutex_unlock(&q->lock);
	if (!h)
		return;
	hand_over(q, h);
	pthread_mutex_lock(&q->lock);
	q->hand_over = NULL;
	pthread_cond_broadcast(&q->handed_over);
	pthread_mutex_unlock(&q->lock);
}

enum dcf_status dcf_sequencer_hand_over(struct dcf_sequencer *q, const struct dcf_signer *next, struct dcf_span reason,
					struct dcf_node_error *err)
{
	struct hand_over h = { .next = next, .reason = reason, .err = err, .status = DCF_E_BUSY };

	pthread_mutex_lock(&q->lock);
	if (q->ending || q->hand_over) {
		pthread_mutex_unlock(&q->lock);
		return dcf_node_fail(err, DCF_E_BUSY, "the node is ending, or a key is being replaced already");
	}
	q->hand_over = &h;
	pthread_cond_signal(&q->came);
	while (q->hand_over == &h)
		pthread_cond_wait(&q->handed_over, &q->lock);
	pthread_mutex_unlock(&q->lock);
	return h.status;
}

/* --- the clock's hands ------------------------------------------------------------------------------- */

void dcf_sequencer_poke(struct dcf_sequencer *q)
{
	uint64_t mine;

	pthread_mutex_lock(&q->lock);
	mine = ++q->pokes;
	pthread_cond_signal(&q->came);
	while (q->poked < mine && !q->ended)
		pthread_cond_wait(&q->poke_done, &q->lock);
	pthread_mutex_unlock(&q->lock);
}

static void answer_pokes(struct dcf_sequencer *q, uint64_t up_to, bool ended)
{
	pthread_mutex_lock(&q->lock);
	q->poked = up_to;
	q->ended |= ended;
	pthread_cond_broadcast(&q->poke_done);
	pthread_mutex_unlock(&q->lock);
}

/* True when more may be due at once. */
static bool look_at_clock(struct dcf_sequencer *q, bool poked)
{
	bool more = false;

	if (!is_well(q) || (!poked && dcf_clock_mono_us(&q->o.clock) < q->clock_next_us))
		return false;
	do
		more = clock_work(q);
	while (more && poked);
	if (!more)
		q->clock_next_us = dcf_clock_mono_us(&q->o.clock) + CLOCK_EVERY_MS * 1000;
	return more;
}

static void *sequence(void *ctx)
{
	struct dcf_sequencer *q = ctx;
	bool ending = false, more = false;

	while (!ending) {
		struct dcf_ticket *list;
		uint64_t pokes;
		struct timespec until = in_ms(more || q->snapshot_going ? 1 : CLOCK_EVERY_MS);

		pthread_mutex_lock(&q->lock);
		while (!q->first && !q->ending && !q->hand_over && q->poked == q->pokes &&
		       pthread_cond_timedwait(&q->came, &q->lock, &until) != ETIMEDOUT)
			;
		list = take(q, q->o.batch);
		/* What did not fit into this batch was put before the poke too. */
		pokes = q->first ? q->poked : q->pokes;
		ending = q->ending && !list;
		pthread_mutex_unlock(&q->lock);
		if (!is_well(q) && dcf_clock_mono_us(&q->o.clock) >= q->retry_next_us)
			try_again(q);
		if (list)
			deal_all(q, list);
		hand_over_if_asked(q);
		more = look_at_clock(q, pokes > q->poked);
		if (pokes > q->poked)
			answer_pokes(q, pokes, false);
		more |= erase_some(q);
		snapshot_work(q);
		if (dcf_state_wants_tending(q->o.state))
			pthread_cond_signal(&q->tend);
	}
	answer_pokes(q, q->poked, true);
	return NULL;
}

/* The head beside the record, made durable; what goes wrong is said once. */
static void sync_kept(struct dcf_sequencer *q, struct dcf_store_error *said)
{
	struct dcf_store_error err = { .code = DCF_OK };

	if (q->o.kept && dcf_kept_head_sync(q->o.kept, &err) != DCF_OK && strcmp(err.text, said->text) != 0)
		dcf_logger_event(q->o.logger, DCF_LOG_WARN, no_request, "the head beside the record is not kept",
				 DCF_LOG_Z("why", err.text));
	*said = err;
}

static void *tend(void *ctx)
{
	struct dcf_sequencer *q = ctx;
	struct dcf_store_error said = { .code = DCF_OK };
	int64_t keep_next_us = 0;
	bool waits = false;

	pthread_mutex_lock(&q->lock);
	while (!q->tender_ends) {
		struct timespec until = in_ms(waits ? TEND_MS : CLOCK_EVERY_MS);

		(void)pthread_cond_timedwait(&q->tend, &q->lock, &until);
		pthread_mutex_unlock(&q->lock);
		waits = dcf_state_tend(q->o.state);
		if (dcf_clock_mono_us(&q->o.clock) >= keep_next_us) {
			sync_kept(q, &said);
			keep_next_us = dcf_clock_mono_us(&q->o.clock) + KEEP_EVERY_MS * 1000;
		}
		pthread_mutex_lock(&q->lock);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

static void count_things(struct dcf_sequencer *q)
{
	struct dcf_metrics *m = q->o.metrics;

	if (!m)
		return;
	q->entries = dcf_metrics_counter(m, "deconflict_record_entries_total", "Entries appended to the record.", "");
	q->batches =
		dcf_metrics_counter(m, "deconflict_record_appends_total", "Durable writes, each of one batch of entries.", "");
	q->failures = dcf_metrics_counter(m, "deconflict_record_failures_total", "Writes of the record that failed.", "");
	q->append_us = dcf_metrics_histogram(m, "deconflict_record_append_seconds", "Time of one durable write.", "",
					     &dcf_buckets_time);
	q->batch_size = dcf_metrics_histogram(m, "deconflict_record_batch_entries", "Entries in one durable write.", "",
					      &dcf_buckets_size);
}

static void init_waits(struct dcf_sequencer *q)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->came, &monotonic);
	pthread_cond_init(&q->tend, &monotonic);
	pthread_cond_init(&q->handed_over, &monotonic);
	pthread_cond_init(&q->poke_done, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

static void free_all(struct dcf_sequencer *q)
{
	dcf_alloc_free(q->o.from, q->entry, q->entry_cap * sizeof *q->entry);
	dcf_alloc_free(q->o.from, q->begin, q->begin_cap * sizeof *q->begin);
	forget_own(q);
	dcf_alloc_free(q->o.from, q->own, q->own_cap * sizeof *q->own);
	dcf_buf_free(&q->content);
	dcf_buf_free(&q->snapshot);
	pthread_cond_destroy(&q->came);
	pthread_cond_destroy(&q->tend);
	pthread_cond_destroy(&q->handed_over);
	pthread_cond_destroy(&q->poke_done);
	pthread_mutex_destroy(&q->lock);
	dcf_alloc_free(q->o.from, q, sizeof *q);
}

enum dcf_status dcf_sequencer_start(const struct dcf_sequencer_options *options, struct dcf_sequencer **out,
				    struct dcf_node_error *err)
{
	struct dcf_sequencer *q = dcf_alloc_new(options->from, sizeof *q);

	if (!q)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(q, 0, sizeof *q);
	q->o = *options;
	q->content.from = q->snapshot.from = options->from;
	q->last = &q->first;
	q->snapshot_last = dcf_state_position(options->state);
	atomic_init(&q->trouble, DCF_OK);
	dcf_clock_watch_init(&q->watch, options->clock, options->jump_us, options->grace_us);
	init_waits(q);
	count_things(q);
	if (pthread_create(&q->thread, NULL, sequence, q) != 0) {
		free_all(q);
		return dcf_node_fail(err, DCF_E_IO, "no thread for the sequencer");
	}
	if (pthread_create(&q->tender, NULL, tend, q) != 0) {
		q->ending = true;
		pthread_cond_signal(&q->came);
		pthread_join(q->thread, NULL);
		free_all(q);
		return dcf_node_fail(err, DCF_E_IO, "no thread for the index");
	}
	*out = q;
	return DCF_OK;
}

void dcf_sequencer_put_all(struct dcf_sequencer *q, struct dcf_ticket *const *tickets, size_t count)
{
	bool refused, idle;

	pthread_mutex_lock(&q->lock);
	refused = q->ending;
	idle = !q->first;
	for (size_t i = 0; i < count; i++) {
		tickets[i]->next = NULL;
		tickets[i]->which = 0;
		tickets[i]->answer = DCF_TICKET_UNAVAILABLE;
		if (refused)
			continue;
		*q->last = tickets[i];
		q->last = &tickets[i]->next;
	}
	if (!refused && idle && count)
		pthread_cond_signal(&q->came);
	pthread_mutex_unlock(&q->lock);
	for (size_t i = 0; refused && i < count; i++) {
		drop_ops(tickets[i]);
		tickets[i]->done(tickets[i]);
	}
}

void dcf_sequencer_put(struct dcf_sequencer *q, struct dcf_ticket *ticket)
{
	dcf_sequencer_put_all(q, &ticket, 1);
}

int64_t dcf_sequencer_clock_ahead_us(struct dcf_sequencer *q)
{
	return dcf_clock_watch_ahead_us(&q->watch);
}

void dcf_sequencer_trust_clock(struct dcf_sequencer *q)
{
	dcf_clock_watch_trust(&q->watch);
}

enum dcf_status dcf_sequencer_trouble(struct dcf_sequencer *q)
{
	return (enum dcf_status)atomic_load(&q->trouble);
}

void dcf_sequencer_stop(struct dcf_sequencer *q)
{
	if (!q)
		return;
	pthread_mutex_lock(&q->lock);
	q->ending = true;
	pthread_cond_signal(&q->came);
	pthread_mutex_unlock(&q->lock);
	pthread_join(q->thread, NULL);
	pthread_mutex_lock(&q->lock);
	q->tender_ends = true;
	pthread_cond_signal(&q->tend);
	pthread_mutex_unlock(&q->lock);
	pthread_join(q->tender, NULL);
	for (int i = 0; i < ERASE_AT_END && erase_some(q); i++)
		;
	if (is_well(q)) {
		if (!q->snapshot_going && dcf_state_to_erase(q->o.state).len == 0)
			begin_snapshot(q);
		while (q->snapshot_going)
			step_snapshot(q);
	}
	free_all(q);
}

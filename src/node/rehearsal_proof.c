/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rehearsal_int.h"
#include "store/log.h"

/* The bytes of message n as that side's record has them. */
static enum dcf_status note_of(struct dcf_actor *a, bool incoming, uint64_t n, struct dcf_jdoc *doc, struct dcf_arena *arena,
			       struct dcf_span *note)
{
	struct dcf_line_entry e;
	uint64_t position;
	enum dcf_status s;

	if (!dcf_line_message_at(a->line, dcf_actor_peer(a, NULL), incoming, n, &position))
		return DCF_E_NOT_FOUND;
	s = dcf_line_entry_read(a->api->store, position, doc, arena, &e);
	*note = e.note;
	return s;
}

/* Every message of `from`: the same signed bytes in its own record and in the other's. */
static enum dcf_status compare(struct dcf_actor *from, bool *same, uint64_t *messages)
{
	struct dcf_actor *to = dcf_stage_other(from);
	struct dcf_arena arena = { .from = from->stage->o->from };
	struct dcf_jdoc doc = { 0 };
	struct dcf_line_peer mine = { 0 }, theirs = { 0 };
	enum dcf_status s = DCF_OK;

	(void)dcf_actor_peer(from, &mine);
	(void)dcf_actor_peer(to, &theirs);
	*messages = mine.out.count;
	*same &= mine.out.count == theirs.in.count && dcf_hash_eq(&mine.out.last, &theirs.in.last);
	for (uint64_t n = 1; s == DCF_OK && *same && n <= mine.out.count; n++) {
		struct dcf_span sent, received;

		dcf_arena_rewind(&arena);
		s = note_of(from, false, n, &doc, &arena, &sent);
		s = s == DCF_OK ? note_of(to, true, n, &doc, &arena, &received) : s;
		*same &= s == DCF_OK && dcf_span_eq(sent, received);
	}
	dcf_jfree(&doc);
	dcf_arena_free(&arena);
	return s == DCF_E_NOT_FOUND ? DCF_OK : s;
}

static enum dcf_status verify(struct dcf_actor *a, bool *verified)
{
	struct dcf_log_report report;
	struct dcf_store_error err = { .code = DCF_OK };
	enum dcf_status s = dcf_log_verify(a->api->store, a->stage->o->from, NULL, NULL, NULL, &report, &err);

	if (s != DCF_OK && s != DCF_E_CORRUPT)
		return dcf_node_fail(a->stage->err, s, "%s: %s", a->party, err.text);
	*verified &= s == DCF_OK;
	return DCF_OK;
}

enum dcf_status dcf_stage_compare(struct dcf_stage *st, bool *same, bool *verified, uint64_t messages[2])
{
	enum dcf_status s = DCF_OK;

	*same = *verified = true;
	for (int i = 0; i < 2 && s == DCF_OK; i++) {
		s = compare(&st->actor[i], same, &messages[i]);
		s = s == DCF_OK ? verify(&st->actor[i], verified) : s;
	}
	st->failed += (size_t) !*same + (size_t) !*verified;
	return s;
}

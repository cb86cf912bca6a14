/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_past.c - OVNs that clients made by a suffix of their own, for as long as the same suffix could be asked for again.
 *
 * An OVN in a key says that its holder knows the version that it names.  One that came back for a later version would let
 * through whoever knows the earlier one alone.  Random OVNs never come back. */
#include "domain/state_int.h"
#include "crypto/hash.h"
#include "crypto/text.h"

/* A suffix is taken within EXCHANGE_SKEW_US of its own time, on either side. */
#define KEEP_US (3 * EXCHANGE_SKEW_US)

enum dcf_status dcf_exchange_past_new(struct dcf_exchange *x)
{
	x->past = dcf_alloc_new(x->from, sizeof *x->past);
	if (!x->past)
		return DCF_E_NOMEM;
	*x->past = (struct dcf_requests){ 0 };
	return DCF_OK;
}

void dcf_exchange_past_free(struct dcf_exchange *x)
{
	if (!x->past)
		return;
	dcf_requests_free(x->past, x->from);
	dcf_alloc_free(x->from, x->past, sizeof *x->past);
}

/* "{id}_{suffix}" */
static bool is_asked_for(struct dcf_span tag)
{
	return tag.len == 2 * DCF_UUID_TEXT + 1 && tag.p[DCF_UUID_TEXT] == '_';
}

bool dcf_exchange_past_has(const struct dcf_exchange *x, struct dcf_span tag)
{
	struct dcf_hash key;

	if (!is_asked_for(tag))
		return false;
	key = dcf_sha256(tag);
	return dcf_requests_find(x->past, &key) != NULL;
}

enum dcf_status dcf_exchange_past_note(struct dcf_exchange *x, const struct exchange_at *at, struct dcf_span tag)
{
	struct dcf_request r = { .first = at->position, .count = 1, .at_us = at->at_us };
	enum dcf_status s;

	/* One that a snapshot forgot already stays so. */
	if (!is_asked_for(tag) || at->at_us < x->past_next_us - KEEP_US)
		return DCF_OK;
	r.key = dcf_sha256(tag);
	if (dcf_requests_find(x->past, &r.key))
		return DCF_OK;
	s = dcf_requests_put(x->past, x->from, &r);
	if (s == DCF_OK && at->at_us > x->past_next_us)
		x->past_next_us = at->at_us;
	return s;
}

void dcf_exchange_past_publish(struct dcf_exchange *x)
{
	x->past_mark = x->past->numbered;
	x->past_us = x->past_next_us;
	dcf_requests_forget(x->past, x->past_us - KEEP_US);
}

void dcf_exchange_past_undo(struct dcf_exchange *x)
{
	dcf_requests_undo(x->past, x->past_mark);
	x->past_next_us = x->past_us;
}

void dcf_exchange_past_text(const struct dcf_exchange *x, struct dcf_buf *out)
{
	const struct dcf_requests *r = x->past;

	for (uint64_t n = r->numbered - r->count; n < r->numbered; n++) {
		const struct dcf_request *q = &r->at[n & (r->cap - 1)];

		dcf_buf_z(out, "XP ");
		dcf_text_put(out, DCF_TEXT_HEX, q->key.b, sizeof q->key.b);
		dcf_buf_char(out, ' ');
		dcf_buf_i64(out, (int64_t)q->first);
		dcf_buf_char(out, ' ');
		dcf_buf_i64(out, q->at_us);
		dcf_buf_char(out, '\n');
	}
}

enum dcf_status dcf_exchange_past_read(struct dcf_exchange *x, struct dcf_span hash, uint64_t first, int64_t at_us)
{
	struct dcf_request r = { .first = first, .count = 1, .at_us = at_us };

	if (dcf_text_read_exactly(DCF_TEXT_HEX, hash, r.key.b, sizeof r.key.b) != DCF_OK || at_us < x->past_next_us)
		return DCF_E_CORRUPT;
	x->past_next_us = x->past_us = at_us;
	return dcf_requests_put(x->past, x->from, &r);
}

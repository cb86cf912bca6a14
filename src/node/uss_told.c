/* SPDX-License-Identifier: Apache-2.0 */
#include "base/decimal.h"
#include "domain/state.h"
#include "node/keys.h"
#include "node/read_file.h"
#include "node/strict_json.h"
#include "node/uss_notify_int.h"
#include "store/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEEP_MS = 1000, FILE_MOST = 64, PATH_MOST = 4096, BODY_DEPTH = 64 };

static const struct dcf_span no_request;

/* --- the file ---------------------------------------------------------------------------------------------- */

static bool read_file(struct dcf_uss_notify *n, uint64_t *position)
{
	struct dcf_buf text = { .from = &n->from };
	char path[PATH_MOST];
	int len = snprintf(path, sizeof path, "%s/uss.told", n->o.dir);
	bool ok = len > 0 && (size_t)len < sizeof path && dcf_node_read_file(path, FILE_MOST, &text, NULL) == DCF_OK;

	if (ok && text.len && text.p[text.len - 1] == '\n')
		text.len--;
	ok = ok && dcf_decimal_read(dcf_buf_as_span(&text), position);
	dcf_buf_free(&text);
	return ok;
}

static void write_file(struct dcf_uss_notify *n, uint64_t position)
{
	struct dcf_node_error err;
	char text[FILE_MOST];
	int len = snprintf(text, sizeof text, "%" PRIu64 "\n", position);

	if (dcf_keys_put_file(n->o.dir, "uss.told", (struct dcf_span){ text, (size_t)len }, false, &err) == DCF_OK)
		n->told = position;
	else
		dcf_logger_event(n->o.logger, DCF_LOG_WARN, no_request, "what subscribers were told is not kept",
				 DCF_LOG_Z("why", err.text));
}

/* Without a file, or with one of another record, nothing is made good; from now on there is one. */
void dcf_uss_told_load(struct dcf_uss_notify *n)
{
	uint64_t position;

	n->seen = n->told = n->o.position;
	if (read_file(n, &position) && position <= n->o.position)
		n->told = position;
	else
		write_file(n, n->o.position);
}

void dcf_uss_told_keep(struct dcf_uss_notify *n, bool now)
{
	int64_t now_us = uss_mono(n);
	uint64_t position;

	if (!now && now_us < n->told_next_us)
		return;
	n->told_next_us = now_us + (int64_t)KEEP_MS * 1000;
	position = dcf_uss_queue_told(n);
	if (position != n->told)
		write_file(n, position);
}

/* --- what was not told ----------------------------------------------------------------------------------------- */

/* An intent or constraint of ours that an entry was about; of several the last. */
struct untold {
	struct dcf_uuid id;
	enum dcf_entity_kind kind;
	uint64_t position;
	struct dcf_span party, operation;
};

struct walk {
	struct dcf_uss_notify *n;
	struct dcf_jdoc doc;
	struct dcf_strict_json body;
	struct dcf_arena scratch, kept;
	struct untold *at;
	size_t count, cap;
};

/* Which intent or constraint an EXCHANGE_OWN entry is about, and which operation that was. */
static bool own_entry(struct walk *w, const struct dcf_entry_head *head, struct untold *u)
{
	if (dcf_strict_json(&w->body, head->body, head->body.len, BODY_DEPTH) != DCF_OK ||
	    !dcf_uuid_read(dcf_jstring(dcf_jget(dcf_jroot(&w->body.doc), "id")), 4, &u->id))
		return false;
	u->kind = dcf_jis(dcf_jget(dcf_jroot(&w->body.doc), "kind"), "constraint") ? DCF_ENTITY_CONSTRAINT : DCF_ENTITY_INTENT;
	u->party = head->party;
	u->operation = head->operation;
	return head->operation.len > 0;
}

static enum dcf_status take_entry(void *ctx, uint64_t position, const struct dcf_entry *entry)
{
	struct walk *w = ctx;
	struct dcf_entry_head head;
	struct untold u = { .position = position };
	const char *why;
	enum dcf_status s;

	if (entry->erased)
		return DCF_OK;
	dcf_arena_rewind(&w->scratch);
	s = dcf_entry_read(entry->content, &w->doc, &w->scratch, &head, &why);
	if (s == DCF_E_NOMEM)
		return s;
	if (s != DCF_OK || head.kind != DCF_ENTRY_EXCHANGE_OWN || !own_entry(w, &head, &u))
		return DCF_OK;
	s = dcf_grow(&w->n->from, (void **)&w->at, &w->cap, w->count + 1, sizeof *w->at);
	if (s != DCF_OK)
		return s;
	u.party = dcf_arena_copy(&w->kept, u.party);
	u.operation = dcf_arena_copy(&w->kept, u.operation);
	w->at[w->count++] = u;
	return u.party.p && u.operation.p ? DCF_OK : DCF_E_NOMEM;
}

static int by_id(const void *a, const void *b)
{
	const struct untold *x = a, *y = b;
	int c = memcmp(x->id.b, y->id.b, sizeof x->id.b);

	c = c ? c : (int)x->kind - (int)y->kind;
	return c ? c : x->position < y->position ? -1 : x->position > y->position;
}

/* Those who want to hear of what is there, as subscriptions stand now. */
static enum dcf_status tell(struct dcf_uss_notify *n, uint64_t position, const struct dcf_entity *e, bool ended,
			    const struct dcf_utm_extents *extents)
{
	struct dcf_entity_list list = { .from = &n->from };
	enum dcf_status s = dcf_exchange_search(dcf_state_exchange(n->o.state), DCF_ENTITY_SUBSCRIPTION, extents,
						(struct dcf_span){ NULL, 0 }, &list);
	struct dcf_notice_to *notice = s == DCF_OK ? dcf_alloc_new(&n->from, (list.count + 1) * sizeof *notice) : NULL;
	int64_t now_us = dcf_clock_wall_us(&n->o.clock);
	size_t count = 0;

	for (size_t i = 0; notice && i < list.count; i++)
		if ((e->kind == DCF_ENTITY_CONSTRAINT ? list.at[i]->for_constraints : list.at[i]->for_intents) &&
		    list.at[i]->extents.end_us >= now_us)
			notice[count++] = (struct dcf_notice_to){ list.at[i], atomic_load(&list.at[i]->index) };
	if (notice)
		dcf_uss_queue_add(n, position, e, ended, notice, count);
	dcf_alloc_free(&n->from, notice, (list.count + 1) * sizeof *notice);
	for (size_t i = 0; i < list.count; i++)
		dcf_entity_drop(list.at[i]);
	dcf_alloc_free(&n->from, list.at, list.cap * sizeof *list.at);
	return s == DCF_OK && !notice ? DCF_E_NOMEM : s;
}

/* It is in the exchange no more: where it was, its operation says. */
static enum dcf_status tell_ended(struct walk *w, const struct untold *u)
{
	struct dcf_uss_notify *n = w->n;
	struct dcf_view view;
	struct dcf_utm_extents extents;
	const struct dcf_op *op;
	uint32_t party, *of;
	enum dcf_status s = dcf_state_enter(n->o.state, &view);

	if (s != DCF_OK)
		return s;
	party = dcf_plan_find_party(&view.frame->plan, u->party);
	op = party == DCF_NONE ? NULL : dcf_view_find(&view, party, u->operation);
	dcf_arena_rewind(&w->scratch);
	s = op ? dcf_utm_of_features(op->live.features, op->live.feature_count, &view.frame->plan.atmosphere, &w->scratch,
				     &extents, &of)
	       : DCF_E_NOT_FOUND;
	dcf_state_leave(&view);
	if (s == DCF_OK) {
		struct dcf_entity *gone = dcf_alloc_new(&n->from, sizeof *gone);

		if (!gone)
			return DCF_E_NOMEM;
		memset(gone, 0, sizeof *gone);
		gone->from = &n->from;
		gone->bytes = sizeof *gone;
		gone->id = u->id;
		gone->kind = (uint8_t)u->kind;
		atomic_init(&gone->holders, 1);
		s = tell(n, u->position, gone, true, &extents);
		dcf_entity_drop(gone);
	}
	return s == DCF_E_NOT_FOUND ? DCF_OK : s;
}

static enum dcf_status tell_one(struct walk *w, const struct untold *u)
{
	const struct dcf_entity *e = dcf_exchange_find(dcf_state_exchange(w->n->o.state), u->kind, &u->id);
	enum dcf_status s;

	/* One that is another's by now was ended before. */
	s = e && e->native ? tell(w->n, u->position, e, false, &e->extents) : tell_ended(w, u);
	if (e)
		dcf_entity_drop(e);
	return s;
}

void dcf_uss_told_catch_up(struct dcf_uss_notify *n, uint64_t from, uint64_t to)
{
	struct walk w = { .n = n, .body.from = &n->from, .scratch.from = &n->from, .kept.from = &n->from };
	struct dcf_store_error err = { .code = DCF_OK };
	size_t told = 0;
	enum dcf_status s = DCF_OK;

	if (from < to)
		s = dcf_log_read(n->o.store, from, to - from, take_entry, &w, &err);
	if (s == DCF_OK && w.count)
		qsort(w.at, w.count, sizeof *w.at, by_id);
	for (size_t i = 0; s == DCF_OK && i < w.count; i++) {
		if (i + 1 < w.count && dcf_uuid_eq(&w.at[i].id, &w.at[i + 1].id) && w.at[i].kind == w.at[i + 1].kind)
			continue;
		s = tell_one(&w, &w.at[i]);
		told++;
	}
	if (told)
		dcf_logger_event(n->o.logger, DCF_LOG_INFO, no_request, "subscribers are told what was left untold",
				 DCF_LOG_I("intents", (int64_t)told));
	if (s != DCF_OK)
		dcf_logger_event(n->o.logger, DCF_LOG_WARN, no_request, "what was left untold cannot be found out",
				 DCF_LOG_Z("why", err.code ? err.text : dcf_status_text(s)));
	dcf_alloc_free(&n->from, w.at, w.cap * sizeof *w.at);
	dcf_arena_free(&w.scratch);
	dcf_arena_free(&w.kept);
	dcf_jfree(&w.doc);
	dcf_strict_json_free(&w.body);
}

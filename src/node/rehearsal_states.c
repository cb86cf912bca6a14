/* SPDX-License-Identifier: Apache-2.0 */
/* How things stand on both sides: told when it changed. */
#include "node/rehearsal_int.h"

#include <stdio.h>
#include <stdlib.h>

static void put_minutes(struct dcf_buf *out, int64_t us)
{
	dcf_buf_fixed(out, us / 6000000, 1);
	dcf_buf_z(out, " min");
}

static void put_ringing(struct dcf_stage *st, const struct dcf_line_object *o, struct dcf_buf *out)
{
	size_t first, count;

	dcf_line_ringing(&st->terms, o->escalation, &first, &count);
	dcf_buf_z(out, ", escalation ");
	dcf_buf_i64(out, o->escalation);
	dcf_buf_z(out, count == 0 ? "" : o->escalation >= 3 ? ": all roles ring" : ": the ");
	if (count && o->escalation < 3) {
		dcf_buf_z(out, st->terms.role[first]);
		dcf_buf_z(out, " rings");
	}
}

static void put_status(struct dcf_stage *st, const struct dcf_line_object *o, struct dcf_buf *out)
{
	dcf_buf_z(out, dcf_machine_state_name((enum dcf_machine_kind)o->machine, o->state));
	if (o->overdue)
		dcf_buf_z(out, ", overdue");
	if (o->escalation)
		put_ringing(st, o, out);
	if (o->dissemination_overdue)
		dcf_buf_z(out, ", dissemination overdue");
	if (o->stale)
		dcf_buf_z(out, ", as last known");
	if (o->moved)
		dcf_buf_z(out, ", moved by more than its radius");
}

static void put_timeliness(const struct dcf_line_object *o, struct dcf_buf *out)
{
	if (o->timeliness == DCF_NOT_JUDGED)
		return;
	dcf_buf_z(out, "; notice ");
	dcf_buf_z(out, dcf_timeliness_name((enum dcf_timeliness)o->timeliness));
	dcf_buf_z(out, ": ");
	put_minutes(out, o->notice_us);
	if (o->need_us) {
		dcf_buf_z(out, " given, ");
		put_minutes(out, o->need_us);
		dcf_buf_z(out, " asked");
	}
}

static void json_side(struct dcf_stage *st, const char *party, const struct dcf_line_object *o)
{
	struct dcf_json *j = &st->j;

	dcf_json_key_span(j, dcf_span_of(party));
	dcf_json_begin(j, '{');
	dcf_json_key(j, "state");
	dcf_json_z(j, dcf_machine_state_name((enum dcf_machine_kind)o->machine, o->state));
	dcf_json_key(j, "overdue");
	dcf_json_bool(j, o->overdue);
	dcf_json_key(j, "escalation");
	dcf_json_i64(j, o->escalation);
	dcf_line_put_ringing(j, "ringing", &st->terms, o);
	dcf_json_key(j, "timeliness");
	dcf_json_z(j, dcf_timeliness_name((enum dcf_timeliness)o->timeliness));
	dcf_json_key(j, "notice_us");
	dcf_json_i64(j, o->timeliness ? o->notice_us : 0);
	dcf_json_end(j, '}');
}

/* Told before, as it is? */
static bool is_told(struct dcf_stage *st, const struct dcf_line_object *o, struct dcf_span status)
{
	struct dcf_hash hash = dcf_sha256(status);
	void *array = st->told;
	size_t i = 0;

	while (i < st->told_count && (st->told[i].version != o->version || strcmp(st->told[i].id, o->id) != 0))
		i++;
	if (i < st->told_count && dcf_hash_eq(&st->told[i].status, &hash))
		return true;
	if (i == st->told_count) {
		if (dcf_grow(st->o->from, &array, &st->told_cap, i + 1, sizeof *st->told) != DCF_OK)
			return false;
		st->told = array;
		st->told[st->told_count++] = (struct dcf_told){ .version = o->version };
		snprintf(st->told[i].id, sizeof st->told[i].id, "%s", o->id);
	}
	st->told[i].status = hash;
	return false;
}

static void tell_state(struct dcf_stage *st, const struct dcf_line_object o[2])
{
	const struct dcf_line_object *known = o[0].id[0] ? &o[0] : &o[1];
	struct dcf_buf text[2] = { { .from = st->o->from }, { .from = st->o->from } }, whole = { .from = st->o->from };

	for (int i = 0; i < 2; i++)
		if (o[i].id[0])
			put_status(st, &o[i], &text[i]);
		else
			dcf_buf_z(&text[i], "not there");
	if (dcf_span_eq(dcf_buf_as_span(&text[0]), dcf_buf_as_span(&text[1]))) {
		dcf_buf_span(&whole, dcf_buf_as_span(&text[0]));
	} else {
		for (int i = 0; i < 2; i++) {
			dcf_buf_z(&whole, i ? " | " : "");
			dcf_buf_z(&whole, st->actor[i].party);
			dcf_buf_z(&whole, ": ");
			dcf_buf_span(&whole, dcf_buf_as_span(&text[i]));
		}
	}
	put_timeliness(known, &whole);
	if (is_told(st, known, dcf_buf_as_span(&whole))) {
		; /* nothing new */
	} else if (st->o->json) {
		dcf_json_begin(&st->j, '{');
		dcf_stage_json_time(st);
		dcf_json_key(&st->j, "object");
		dcf_json_z(&st->j, known->id);
		dcf_json_key(&st->j, "version");
		dcf_json_i64(&st->j, known->version);
		dcf_json_key(&st->j, "sides");
		dcf_json_begin(&st->j, '{');
		for (int i = 0; i < 2; i++)
			if (o[i].id[0])
				json_side(st, st->actor[i].party, &o[i]);
		dcf_json_end(&st->j, '}');
		dcf_json_end(&st->j, '}');
	} else {
		dcf_stage_begin_line(st, known->id);
		dcf_buf_span(st->out, dcf_buf_as_span(&whole));
		dcf_buf_char(st->out, '\n');
	}
	dcf_buf_free(&text[0]);
	dcf_buf_free(&text[1]);
	dcf_buf_free(&whole);
}

static int by_id(const void *p, const void *q)
{
	const struct dcf_line_object *a = p, *b = q;
	int c = strcmp(a->id, b->id);

	return c ? c : a->version < b->version ? -1 : a->version > b->version;
}

enum dcf_status dcf_stage_tell_states(struct dcf_stage *st)
{
	const struct dcf_alloc *from = st->o->from;
	uint64_t size[2] = { dcf_line_object_count(st->actor[0].line), dcf_line_object_count(st->actor[1].line) },
		 n = size[0] + size[1];
	struct dcf_line_object *all = dcf_alloc_new(from, (n + 1) * sizeof *all), o[2];
	uint64_t count = 0;

	if (!all)
		return DCF_E_NOMEM;
	for (int k = 0; k < 2; k++)
		for (uint64_t i = 0; i < size[k]; i++)
			count += dcf_line_object_at(st->actor[k].line, i, &all[count]);
	qsort(all, count, sizeof *all, by_id);
	for (uint64_t i = 0; i < count; i++) {
		if (i > 0 && by_id(&all[i - 1], &all[i]) == 0)
			continue;
		for (int k = 0; k < 2; k++)
			if (!dcf_actor_object(&st->actor[k], all[i].id, all[i].version, &o[k]))
				o[k] = (struct dcf_line_object){ .machine = all[i].machine };
		/* What has not come yet is only of interest while the line is cut. */
		if (st->cut || (o[0].id[0] && o[1].id[0]))
			tell_state(st, o);
	}
	dcf_alloc_free(from, all, (n + 1) * sizeof *all);
	return DCF_OK;
}

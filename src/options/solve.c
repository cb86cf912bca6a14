/* SPDX-License-Identifier: Apache-2.0 */
/* One operation's options, from its clashes to what is shown. */
#include "core/sort.h"
#include "options/desk_int.h"
#include "options/options.h"

static enum dcf_status propose(struct dcf_desk *desk, const struct dcf_case *c)
{
	enum dcf_status s = DCF_OK;

	if (c->limits.fixed)
		return s;
	for (const struct dcf_kind *k = dcf_kinds; k->propose && s == DCF_OK && !dcf_desk_stopped(desk); k++)
		if (k->single || desk->option_count == 0)
			s = k->propose(desk, c);
	return s;
}

/* What stays in conflict inside the movers' own parties. */
static enum dcf_status list_internal(struct dcf_desk *desk, struct dcf_option *o)
{
	enum dcf_status s = DCF_OK;

	for (uint32_t m = 0; m < o->moved_count && s == DCF_OK; m++) {
		uint32_t *others, n;
		struct dcf_pair_of_operations *more;

		s = dcf_verify_internal(&desk->verifier, o->moved, o->moved_count, o->moved[m].operation, &desk->arena, &others,
					&n);
		if (s != DCF_OK || n == 0)
			continue;
		more = dcf_arena_get(desk->keep, (o->internal_count + n) * sizeof *more);
		if (!more)
			return DCF_E_NOMEM;
		for (uint32_t i = 0; i < o->internal_count; i++)
			more[i] = o->internal[i];
		o->internal = more;
		for (uint32_t i = 0; i < n; i++)
			o->internal[o->internal_count++] = dcf_pair_ordered(desk->st, o->moved[m].operation, others[i]);
	}
	if (s == DCF_OK && o->internal_count)
		s = dcf_sort(desk->from, o->internal, o->internal_count, sizeof *o->internal, dcf_pair_compare, desk->st);
	return s;
}

/* Finish what the ranking left: keep it beyond the case, with its margin. */
static enum dcf_status finish(struct dcf_desk *desk, struct dcf_option *o)
{
	enum dcf_status s = DCF_OK;

	for (uint32_t m = 0; m < o->moved_count && s == DCF_OK; m++)
		s = dcf_features_keep(o->moved[m].features, o->moved[m].feature_count, desk->keep, &o->moved[m].features);
	s = s == DCF_OK ? dcf_verify_margin(&desk->verifier, o->moved, o->moved_count, &o->margin) : s;
	return s == DCF_OK ? list_internal(desk, o) : s;
}

enum dcf_status dcf_case_solve(struct dcf_desk *desk, const struct dcf_case *c, struct dcf_option **options, size_t *count)
{
	enum dcf_status s = DCF_OK;

	*count = 0;
	*options = NULL;
	if (c->clash_count)
		s = propose(desk, c);
	if (s != DCF_OK)
		return s;
	dcf_rank(desk);
	*options = dcf_arena_get(desk->keep, (desk->option_count + 1) * sizeof **options);
	if (!*options)
		return DCF_E_NOMEM;
	for (size_t i = 0; i < desk->option_count && s == DCF_OK; i++) {
		(*options)[i] = desk->options[i];
		s = finish(desk, &(*options)[i]);
	}
	*count = s == DCF_OK ? desk->option_count : 0;
	return s;
}

enum dcf_status dcf_options_one(const struct dcf_standing *st, const struct dcf_ask *ask, uint32_t operation,
				struct dcf_arena *keep, const struct dcf_alloc *a, struct dcf_one *out)
{
	struct dcf_set shifts = { .from = a }, lifts = { .from = a };
	struct dcf_desk desk;
	struct dcf_case c;
	enum dcf_status s;

	*out = (struct dcf_one){ .options = NULL };
	dcf_desk_init(&desk, st, ask, keep, a);
	desk.only_one = true;
	s = dcf_case_open(&desk, operation, &shifts, &lifts, &c);
	out->clash_count = c.clash_count;
	s = s == DCF_OK ? dcf_case_solve(&desk, &c, &out->options, &out->option_count) : s;
	out->stopped = desk.stopped;
	dcf_desk_free(&desk);
	dcf_set_free(&shifts);
	dcf_set_free(&lifts);
	return s;
}

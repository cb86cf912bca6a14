/* SPDX-License-Identifier: Apache-2.0 */
/* api_uss_near.c - which operations of ours an entity of the exchange meets, volume by volume. */
#include "node/api_uss.h"

enum { PAIRS_SHOWN = 10 };

/* One look. */
struct nearing {
	struct dcf_uss_near *n;
	struct dcf_json *j;
	struct dcf_arena arena;
	uint32_t party;
	uint64_t volumes_left;
	const struct dcf_op *op; /* that is compared now */
	size_t pairs;
};

static enum dcf_status take_pair(void *ctx, const struct dcf_entity_meeting *pair)
{
	struct nearing *m = ctx;

	if (m->pairs++ == 0) {
		dcf_json_begin(m->j, '{');
		dcf_json_key(m->j, "party");
		dcf_json_string(m->j, m->n->view->frame->plan.parties[m->op->live.party].id);
		dcf_json_key(m->j, "operation");
		dcf_json_string(m->j, m->op->id);
		dcf_json_key(m->j, "state");
		dcf_json_z(m->j, dcf_op_state_name((enum dcf_op_state)atomic_load(&m->op->state)));
		dcf_json_key(m->j, "pairs");
		dcf_json_begin(m->j, '[');
	}
	if (m->pairs <= PAIRS_SHOWN)
		dcf_uss_put_pair(m->j, pair);
	return m->j->out->failed ? DCF_E_NOMEM : DCF_OK;
}

/* The operation that the entity is does not meet itself. */
static bool is_itself(const struct dcf_entity *e, const struct dcf_op *op)
{
	return e->native && dcf_span_eq(op->id, e->ours->operation);
}

static enum dcf_status compare(struct nearing *m, const struct dcf_op *op)
{
	struct dcf_uss_near *n = m->n;
	struct dcf_utm_extents ours;
	uint32_t *of;
	uint64_t volumes;
	enum dcf_status s;

	dcf_arena_rewind(&m->arena);
	s = dcf_utm_of_features(op->live.features, op->live.feature_count, &n->view->frame->plan.atmosphere, &m->arena, &ours,
				&of);
	if (s != DCF_OK)
		return s;
	volumes = (uint64_t)ours.count * n->theirs->count;
	if (volumes > m->volumes_left) {
		n->left_out++;
		return DCF_OK;
	}
	m->volumes_left -= volumes;
	m->op = op;
	m->pairs = 0;
	s = dcf_entities_meet(&ours, n->theirs, &n->api->heap, take_pair, m);
	if (s != DCF_OK || !m->pairs)
		return s;
	dcf_json_end(m->j, ']');
	dcf_json_key(m->j, "pair_count");
	dcf_json_i64(m->j, (int64_t)m->pairs);
	dcf_json_end(m->j, '}');
	n->listed++;
	return DCF_OK;
}

static enum dcf_status take_near(void *ctx, const struct dcf_live_hit *hit)
{
	struct nearing *m = ctx;
	struct dcf_uss_near *n = m->n;
	const struct dcf_op *op = hit->op->owner;
	enum dcf_status s;

	if (op->live.party != m->party || dcf_op_final((enum dcf_op_state)atomic_load(&op->state)) || is_itself(n->e, op) ||
	    !dcf_caller_may_know(n->caller, n->view, op))
		return DCF_OK;
	if (n->listed == n->most) {
		n->left_out++;
		return DCF_OK;
	}
	s = compare(m, op);
	/* What cannot be carried there may meet it all the same. */
	if (s != DCF_E_LIMIT && s != DCF_E_REFUSED)
		return s;
	n->left_out++;
	return DCF_OK;
}

bool dcf_uss_may_look(const struct dcf_api *api, const struct dcf_caller *caller)
{
	const char *party = api->config->uss.party;

	return caller->cell || (*party && dcf_span_eq(caller->claims->party, dcf_span_of(party)));
}

enum dcf_status dcf_uss_put_near(struct dcf_uss_near *n, struct dcf_json *j)
{
	struct dcf_live_scratch scratch = { .from = &n->api->heap };
	struct nearing m = { .n = n, .j = j, .arena.from = &n->api->heap, .volumes_left = n->volumes_most };
	struct dcf_live_probe probe = {
		.party = DCF_NONE, .feature_count = n->feature_count, .features = n->features, .own_party = true
	};
	enum dcf_status s = DCF_OK;

	n->listed = n->left_out = 0;
	dcf_json_key(j, "meets");
	dcf_json_begin(j, '[');
	m.party = dcf_plan_find_party(&n->view->frame->plan, dcf_span_of(n->api->config->uss.party));
	if (m.party != DCF_NONE && probe.feature_count)
		s = dcf_live_near(dcf_view_live(n->view), &n->view->live, &probe, NULL, &scratch, take_near, &m);
	dcf_json_end(j, ']');
	dcf_json_key(j, "left_out");
	dcf_json_i64(j, (int64_t)n->left_out);
	dcf_live_scratch_free(&scratch);
	dcf_arena_free(&m.arena);
	return s;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "core/index.h"

enum { QUERY_BATCH = 256 };

struct query {
	const struct dcf_box4 *box;
	dcf_index_take *take;
	void *ctx;
	uint32_t batch[QUERY_BATCH];
	size_t batched;
};

/* Bit i: does box i of the node meet the one asked about?  Empty lanes never do. */
static uint32_t meeting(const struct dcf_index_boxes *n, const struct dcf_box4 *q)
{
	uint32_t m = 0;

	for (unsigned i = 0; i < DCF_NODE; i++) {
		bool ok = n->low[DCF_AXIS_TIME][i] < q->high[DCF_AXIS_TIME] && n->high[DCF_AXIS_TIME][i] > q->low[DCF_AXIS_TIME];

		for (int k = 0; k < DCF_AXIS_TIME; k++)
			ok = ok && n->low[k][i] <= q->high[k] && n->high[k][i] >= q->low[k];
		m |= (uint32_t)ok << i;
	}
	return m;
}

static void flush(struct query *q)
{
	if (q->batched)
		q->take(q->ctx, q->batch, q->batched);
	q->batched = 0;
}

static void take_leaf(struct query *q, const struct dcf_index_leaf *leaf)
{
	for (uint32_t m = meeting(&leaf->boxes, q->box); m; m &= m - 1) {
		if (q->batched == QUERY_BATCH)
			flush(q);
		q->batch[q->batched++] = leaf->id[__builtin_ctz(m)];
	}
}

static void descend(struct query *q, const struct dcf_index_tree *t, int level, uint32_t node)
{
	for (uint32_t m = meeting(&t->level[level][node], q->box); m; m &= m - 1) {
		uint32_t child = node * DCF_NODE + (uint32_t)__builtin_ctz(m);

		if (level > 0)
			descend(q, t, level - 1, child);
		else
			take_leaf(q, &t->leaves[child]);
	}
}

void dcf_index_query(const struct dcf_index *ix, const struct dcf_box4 *box, dcf_index_take *take, void *ctx)
{
	struct query q = { .box = box, .take = take, .ctx = ctx };

	for (int c = 0; c < DCF_INDEX_CLASSES; c++)
		if (ix->tree[c].leaf_count)
			descend(&q, &ix->tree[c], ix->tree[c].levels - 1, 0);
	flush(&q);
}

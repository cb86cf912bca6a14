/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/figures.h"

#include <stdio.h>
#include <string.h>

bool dcf_laps_add(struct dcf_laps *laps, struct dcf_clock took, double other_cpu_s, unsigned runs)
{
	laps->cpu_s[laps->count] = took.cpu_s + other_cpu_s;
	laps->wall_s[laps->count++] = took.wall_s;
	return laps->count < runs && laps->count < DCF_BENCH_MOST_RUNS && took.wall_s <= DCF_BENCH_LONG_S;
}

void dcf_laps_medians(struct dcf_laps *laps, struct dcf_figures *out)
{
	out->runs = laps->count;
	out->cpu_s = dcf_median(laps->cpu_s, laps->count);
	out->wall_s = dcf_median(laps->wall_s, laps->count);
}

/* From pairs of volumes to count and checksum of pairs of operations. */
static enum dcf_status sum_up(const struct dcf_planar_world *world, struct dcf_pairs *volumes, struct dcf_figures *out)
{
	struct dcf_pairs operations = { .from = volumes->from };
	enum dcf_status s = DCF_OK;
	struct dcf_pairs_sum sum;

	dcf_pairs_unique(volumes);
	for (size_t i = 0; i < volumes->count && s == DCF_OK; i++)
		s = dcf_pairs_add(&operations, world->volumes[volumes->pair[i] >> 32].operation,
				  world->volumes[volumes->pair[i] & UINT32_MAX].operation);
	dcf_pairs_unique(&operations);
	sum = dcf_pairs_sum_of(&operations);
	out->volume_pairs = volumes->count;
	out->pairs = sum.pairs;
	out->checksum = sum.checksum;
	dcf_pairs_free(&operations);
	return s;
}

static void explain(struct dcf_figures *out, const struct dcf_rival_facts *facts, enum dcf_status s)
{
	if (s != DCF_OK && !facts->note[0])
		snprintf(out->note, sizeof out->note, "%s", dcf_status_text(s));
	else
		memcpy(out->note, facts->note, sizeof out->note);
}

/* Joins until there are enough laps.  Every run must give as many pairs as the first. */
static enum dcf_status join_often(const struct dcf_rival *rival, void *state, const struct dcf_planar_world *world,
				  unsigned runs, const struct dcf_alloc *a, struct dcf_rival_facts *facts,
				  struct dcf_figures *out)
{
	struct dcf_laps laps = { .count = 0 };
	enum dcf_status s;
	bool more;

	do {
		struct dcf_pairs pairs = { .from = a };
		struct dcf_clock from = dcf_clock_now(), took;
		struct dcf_figures before = *out;

		s = rival->join(state, &pairs, facts);
		took = dcf_clock_since(from);
		if (s == DCF_OK)
			s = sum_up(world, &pairs, out);
		dcf_pairs_free(&pairs);
		if (s == DCF_OK && laps.count && (before.pairs != out->pairs || before.checksum != out->checksum)) {
			snprintf(facts->note, sizeof facts->note, "two runs gave different pairs");
			s = DCF_E_REFUSED;
		}
		more = s == DCF_OK && dcf_laps_add(&laps, took, facts->other_cpu_s, runs);
	} while (more);
	if (s == DCF_OK)
		dcf_laps_medians(&laps, out);
	return s;
}

enum dcf_status dcf_figures_of_rival(const struct dcf_rival *rival, const struct dcf_planar_world *world, unsigned threads,
				     unsigned runs, const struct dcf_alloc *a, struct dcf_figures *out)
{
	struct dcf_rival_facts facts = { .candidates = 0 };
	struct dcf_clock from = dcf_clock_now();
	void *state = NULL;
	enum dcf_status s = DCF_E_LIMIT;

	*out = (struct dcf_figures){ .done = false };
	if (world->operation_count > rival->most_n)
		snprintf(facts.note, sizeof facts.note, "not run above %u operations", rival->most_n);
	else
		s = rival->open(world, threads, a, &state, &facts);
	out->load_s = dcf_clock_since(from).wall_s;
	if (s == DCF_OK)
		s = join_often(rival, state, world, runs, a, &facts, out);
	rival->close(state);
	explain(out, &facts, s);
	out->done = s == DCF_OK;
	out->candidates = facts.candidates;
	out->index_bytes = facts.index_bytes;
	return DCF_OK;
}

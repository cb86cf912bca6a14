/* SPDX-License-Identifier: Apache-2.0 */
#include "volumes.h"
#include "core/cover.h"
#include "core/overlap.h"
#include "format/utm.h"

#include <stdio.h>
#include <string.h>

enum { PAIRED = 10 };

static uint64_t hash(uint64_t h, const void *p, size_t n)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	return h;
}

static void put_line(struct dcf_buf *out, const char *what, size_t i, size_t k, int status, uint64_t bits)
{
	char text[100];

	snprintf(text, sizeof text, "%s %zu %zu %d %016llx\n", what, i, k, status, (unsigned long long)bits);
	dcf_buf_z(out, text);
}

static enum dcf_status put_split(const struct dcf_plan *plan, size_t i, const struct dcf_alloc *heap, struct dcf_buf *out)
{
	struct dcf_arena arena = { .from = heap };
	struct dcf_utm_extents e = { .count = 0 };
	uint32_t *of;
	uint64_t h = 0xcbf29ce484222325u;
	enum dcf_status s = dcf_utm_of_features(&plan->features[i], 1, &plan->atmosphere, &arena, &e, &of);

	for (uint32_t k = 0; s == DCF_OK && k < e.count; k++) {
		const struct dcf_utm_volume *v = &e.volume[k];

		h = hash(h, v->footprint.points, v->footprint.point_count * sizeof *v->footprint.points);
		h = hash(h, &v->footprint.radius_m, sizeof v->footprint.radius_m);
		h = hash(h, &v->area_m2, sizeof v->area_m2);
		h = hash(h, &v->lower_e4, sizeof v->lower_e4);
		h = hash(h, &v->upper_e4, sizeof v->upper_e4);
		h = hash(h, &v->end_us, sizeof v->end_us);
	}
	put_line(out, "volumes", i, e.count, (int)s, h);
	dcf_arena_free(&arena);
	return s == DCF_E_NOMEM ? s : DCF_OK;
}

static enum dcf_status put_pair(const struct dcf_plan *plan, size_t i, size_t k, const struct dcf_alloc *heap,
				struct dcf_buf *out)
{
	const struct dcf_feature *a = &plan->features[i], *b = &plan->features[k];
	struct dcf_arena arena = { .from = heap };
	struct dcf_base base[2];
	const char *why;
	bool covered = false;
	double m = 0;
	uint64_t bits;
	enum dcf_status s = dcf_cover(&a, 1, &b, 1, 5, heap, &covered);

	if (s == DCF_OK && dcf_feature_parts(a) && dcf_feature_parts(b) &&
	    dcf_base_build(a, 0, &arena, &base[0], &why) == DCF_OK && dcf_base_build(b, 0, &arena, &base[1], &why) == DCF_OK)
		s = dcf_bases_overlap(&base[0], &base[1], 1, &arena, &m);
	memcpy(&bits, &m, sizeof bits);
	put_line(out, covered ? "inside" : "pair", i, k, (int)s, bits);
	dcf_arena_free(&arena);
	return s;
}

bool put_volumes(const struct dcf_plan *plan, const struct dcf_alloc *heap, struct dcf_buf *out)
{
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; s == DCF_OK && i < plan->feature_count; i++)
		s = put_split(plan, i, heap, out);
	for (size_t i = 0; s == DCF_OK && i < plan->feature_count && i < PAIRED; i++)
		for (size_t k = 0; s == DCF_OK && k < plan->feature_count && k < PAIRED; k++)
			if (i != k)
				s = put_pair(plan, i, k, heap, out);
	return s == DCF_OK && !out->failed;
}

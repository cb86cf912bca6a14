/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_read.c - every reader, reached from dcf_read_plan and dcf_read_finish with any bytes.
 *
 * Beside not crashing: an input that is refused leaves nothing but its remark; what is read is within the bounds that the core
 * may rely on; reading in small pieces gives the same; and so does reading what is written of it. */
#include "format/read.h"
#include "format/write_geojson.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *p;
	size_t len, at, piece;
};

static int64_t take(void *ctx, void *to, size_t n)
{
	struct bytes *b = ctx;

	if (n > b->len - b->at)
		n = b->len - b->at;
	if (b->piece && n > b->piece)
		n = b->piece;
	if (n)
		memcpy(to, b->p + b->at, n);
	b->at += n;
	return (int64_t)n;
}

/* Stay a failure in release builds too. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_points(const struct dcf_latlon *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		must(p[i].lat_e7 >= -900000000 && p[i].lat_e7 <= 900000000);
		must(p[i].lon_e7 > -1800000000 && p[i].lon_e7 <= 1800000000);
	}
}

static void check_altitude(struct dcf_altitude a)
{
	must(a.ref < DCF_REF_COUNT && a.unit <= DCF_UNIT_FL);
	must(a.e4 >= -100000000000 && a.e4 <= 100000000000);
}

static void check_rings(const struct dcf_feature *f)
{
	uint32_t next = 0;

	must(f->ring_count > 0 && f->rings[0].outer);
	for (uint32_t i = 0; i < f->ring_count; i++) {
		must(f->rings[i].first == next && f->rings[i].count >= 3);
		next += f->rings[i].count;
	}
	must(next == f->point_count);
}

static void check_feature(const struct dcf_feature *f)
{
	must(f->shape < DCF_SHAPE_COUNT && f->edges <= DCF_EDGES_LONLAT);
	must(f->start_us < f->end_us && f->point_count > 0);
	must(f->radius_m >= 0 && f->radius_m <= 5e6 && f->containment_e4 >= 0);
	check_points(f->points, f->point_count);
	if (f->shape == DCF_POLYGON)
		check_rings(f);
	if (f->shape == DCF_CORRIDOR || f->shape == DCF_ORBIT || f->shape == DCF_TRAJECTORY)
		must(f->point_count >= 2);
	if (f->shape == DCF_CIRCLE || f->shape == DCF_CORRIDOR || f->shape == DCF_ORBIT)
		must(f->radius_m > 0);
	if (f->shape != DCF_TRAJECTORY) {
		check_altitude(f->lower);
		check_altitude(f->upper);
		must(!f->lower.unlimited);
		return;
	}
	must(f->start_us == f->waypoints[0].time_us && f->end_us == f->waypoints[f->point_count - 1].time_us);
	for (uint32_t i = 0; i < f->point_count; i++) {
		check_altitude(f->waypoints[i].altitude);
		must(!f->waypoints[i].altitude.unlimited && (i == 0 || f->waypoints[i].time_us > f->waypoints[i - 1].time_us));
	}
}

static void check_plan(const struct dcf_plan *plan)
{
	size_t counted = 0;

	for (size_t i = 0; i < plan->feature_count; i++) {
		const struct dcf_feature *f = &plan->features[i];

		must(f->party < plan->party_count && f->operation < plan->operation_count && f->id.len && f->where.len);
		must(plan->operations[f->operation].party == f->party);
		check_feature(f);
	}
	for (uint32_t i = 0; i < plan->operation_count; i++) {
		counted += plan->operations[i].feature_count;
		must(dcf_plan_find_operation(plan, plan->operations[i].party, plan->operations[i].id) == i);
	}
	must(counted == plan->feature_count);
	for (uint32_t i = 0; i < plan->party_count; i++)
		must(dcf_plan_find_party(plan, plan->parties[i].id) == i);
	for (size_t i = 0; i < plan->agreement.area_count; i++)
		check_feature(plan->agreement.areas[i].volume);
	for (size_t i = 0; i < plan->agreement.line_count; i++)
		check_points(plan->agreement.lines[i].points, plan->agreement.lines[i].point_count);
	for (size_t i = 0; i < plan->place_count; i++)
		check_points(&plan->places[i].at, 1);
	for (size_t i = 0; i < plan->remark_count; i++)
		must(plan->remarks[i].text.len > 0);
}

static enum dcf_status read_once(struct dcf_plan *plan, const uint8_t *data, size_t size, size_t piece)
{
	static const char *const parties[] = { "", "callsign:3", "column:icao24", "PARTY" };
	struct bytes b = { data, size, 0, piece };
	struct dcf_source source = { take, &b };
	struct dcf_read_options options = { DCF_SPAN("fuzz"), dcf_span_of(parties[size % 4]) };
	enum dcf_status s = dcf_read_plan(plan, &options, &source);

	must(s == DCF_OK || s == DCF_E_SYNTAX || s == DCF_E_LIMIT);
	if (s != DCF_OK) {
		must(plan->remark_count == 1 && plan->remarks[0].refused);
		must(!plan->party_count && !plan->operation_count && !plan->feature_count && !plan->place_count);
		must(!plan->agreement.separation_count && !plan->agreement.notice_count && !plan->agreement.line_count &&
		     !plan->agreement.area_count && !plan->atmosphere_seen && !plan->title.len);
	} else {
		must(dcf_read_finish(plan) == DCF_OK);
	}
	check_plan(plan);
	return s;
}

static void must_equal(const struct dcf_plan *a, const struct dcf_plan *b)
{
	must(a->party_count == b->party_count && a->operation_count == b->operation_count &&
	     a->feature_count == b->feature_count);
	must(a->remark_count == b->remark_count && a->place_count == b->place_count);
	for (size_t i = 0; i < a->remark_count; i++)
		must(dcf_span_eq(a->remarks[i].text, b->remarks[i].text) &&
		     dcf_span_eq(a->remarks[i].where, b->remarks[i].where));
	for (size_t i = 0; i < a->feature_count; i++)
		must(dcf_span_eq(a->features[i].properties_json, b->features[i].properties_json) &&
		     dcf_span_eq(a->features[i].where, b->features[i].where));
}

static bool same_agreement(const struct dcf_agreement *a, const struct dcf_agreement *b)
{
	return a->separation_count == b->separation_count && a->area_count == b->area_count &&
	       dcf_span_eq(a->others, b->others) && dcf_span_eq(a->id, b->id) && dcf_span_eq(a->status, b->status);
}

/* Written as an operations file and read again: the same, with all that is not known, and nothing refused. */
static void must_survive(const struct dcf_plan *plan)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_plan again;
	struct bytes b = { NULL, 0, 0, 0 };
	struct dcf_source source = { take, &b };
	struct dcf_read_options options = { DCF_SPAN("again"), DCF_SPAN("") };

	must(dcf_write_geojson(plan, &out) == DCF_OK);
	b.p = (const uint8_t *)out.p;
	b.len = out.len;
	dcf_plan_init(&again, &heap);
	must(dcf_read_plan(&again, &options, &source) == DCF_OK);
	for (size_t i = 0; i < again.remark_count; i++)
		must(!again.remarks[i].refused);
	must(again.feature_count == plan->feature_count && again.operation_count == plan->operation_count);
	must(again.place_count == plan->place_count && dcf_span_eq(again.others, plan->others));
	must(dcf_span_eq(again.atmosphere_others, plan->atmosphere_others));
	must(same_agreement(&again.agreement, &plan->agreement));
	for (size_t i = 0; i < plan->place_count; i++)
		must(dcf_span_eq(again.places[i].others, plan->places[i].others));
	for (size_t i = 0; i < plan->feature_count; i++)
		must(dcf_span_eq(again.features[i].id, plan->features[i].id) &&
		     dcf_span_eq(again.features[i].others, plan->features[i].others));
	dcf_plan_free(&again);
	dcf_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum dcf_status s;
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_plan whole, pieces;

	dcf_plan_init(&whole, &heap);
	dcf_plan_init(&pieces, &heap);
	s = read_once(&whole, data, size, 0);
	must(s == read_once(&pieces, data, size, 1 + size % 13));
	must_equal(&whole, &pieces);
	if (s == DCF_OK)
		must_survive(&whole);
	dcf_plan_free(&pieces);
	dcf_plan_free(&whole);
	return 0;
}

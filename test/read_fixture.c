/* SPDX-License-Identifier: Apache-2.0 */
#include "read_fixture.h"
#include "core/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static int64_t memory_read(void *ctx, void *to, size_t n)
{
	struct memory_source *m = ctx;
	size_t left = m->len - m->at;

	if (m->at >= m->fail_at)
		return -1;
	if (n > left)
		n = left;
	if (m->piece && n > m->piece)
		n = m->piece;
	if (n)
		memcpy(to, m->p + m->at, n);
	m->at += n;
	return (int64_t)n;
}

struct dcf_source memory_source(struct memory_source *m)
{
	m->at = 0;
	return (struct dcf_source){ memory_read, m };
}

static void *failing_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct failing_heap *h = ctx;
	void *q;

	if (new_size == 0) {
		free(p);
		h->in_use -= (int64_t)old_size;
		return NULL;
	}
	h->calls++;
	if (h->fail_at && h->calls >= h->fail_at)
		return NULL;
	q = realloc(p, new_size);
	if (q)
		h->in_use += (int64_t)new_size - (int64_t)old_size;
	if (h->in_use > h->most)
		h->most = h->in_use;
	return q;
}

struct dcf_alloc failing_heap(struct failing_heap *h)
{
	return (struct dcf_alloc){ failing_resize, h };
}

bool short_memory_is_clean(write_fn *write, const void *ctx)
{
	for (size_t n = 1;; n++) {
		struct failing_heap h = { .fail_at = n };
		struct dcf_alloc a = failing_heap(&h);
		struct dcf_buf out = { .from = &a };
		enum dcf_status s = write(ctx, &out), expected = h.calls >= n ? DCF_E_NOMEM : DCF_OK;

		dcf_buf_free(&out);
		if (s != expected || h.in_use != 0) {
			printf("# memory that ends at call %zu: %s, %lld bytes left\n", n, dcf_status_text(s),
			       (long long)h.in_use);
			return false;
		}
		if (s == DCF_OK)
			return true;
	}
}

static void put_named(struct dcf_buf *out, const char *name, struct dcf_span s)
{
	if (!s.len)
		return;
	dcf_buf_char(out, ' ');
	dcf_buf_z(out, name);
	dcf_buf_char(out, '=');
	dcf_buf_span(out, s);
}

static void put_number(struct dcf_buf *out, const char *name, int64_t v)
{
	dcf_buf_char(out, ' ');
	dcf_buf_z(out, name);
	dcf_buf_char(out, '=');
	dcf_buf_i64(out, v);
}

static void put_metres(struct dcf_buf *out, const char *name, double m)
{
	char text[40];

	snprintf(text, sizeof text, " %s=%.4f", name, m);
	dcf_buf_z(out, text);
}

static void put_time(struct dcf_buf *out, const char *name, int64_t us)
{
	if (us == DCF_TIME_NONE)
		return;
	dcf_buf_char(out, ' ');
	dcf_buf_z(out, name);
	dcf_buf_char(out, '=');
	dcf_time_put(out, us, DCF_TIME_US);
}

static void put_altitude(struct dcf_buf *out, const char *name, struct dcf_altitude a)
{
	static const char *const refs[] = { "MSL", "STD", "AGL", "SFC", "W84" }, *const units[] = { "ft", "m", "FL" };

	dcf_buf_char(out, ' ');
	dcf_buf_z(out, name);
	dcf_buf_char(out, '=');
	if (a.unlimited)
		dcf_buf_z(out, "UNL");
	else
		dcf_buf_i64(out, a.e4);
	dcf_buf_char(out, ':');
	dcf_buf_z(out, units[a.unit]);
	dcf_buf_char(out, ':');
	dcf_buf_z(out, refs[a.ref]);
}

static void put_points(struct dcf_buf *out, const struct dcf_latlon *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		dcf_buf_z(out, i ? " " : "");
		dcf_buf_i64(out, p[i].lat_e7);
		dcf_buf_char(out, ',');
		dcf_buf_i64(out, p[i].lon_e7);
	}
}

static void put_shape(struct dcf_buf *out, const struct dcf_feature *f)
{
	static const char *const shapes[] = { "polygon", "circle", "corridor", "orbit", "trajectory" };

	put_named(out, "shape", dcf_span_of(shapes[f->shape]));
	put_named(out, "edges", dcf_span_of(f->edges == DCF_EDGES_LONLAT ? "lonlat" : "geodesic"));
	if (f->shape != DCF_POLYGON)
		put_metres(out, "radius", f->radius_m);
	dcf_buf_z(out, "\n ");
	if (f->shape == DCF_POLYGON) {
		for (uint32_t i = 0; i < f->ring_count; i++) {
			dcf_buf_z(out, f->rings[i].outer ? " outer [" : " hole [");
			put_points(out, f->points + f->rings[i].first, f->rings[i].count);
			dcf_buf_char(out, ']');
		}
	} else {
		dcf_buf_z(out, " [");
		put_points(out, f->points, f->point_count);
		dcf_buf_char(out, ']');
	}
	dcf_buf_char(out, '\n');
}

static void put_feature(struct dcf_buf *out, const struct dcf_plan *plan, const struct dcf_feature *f)
{
	dcf_buf_z(out, "feature");
	if (f->operation != DCF_NONE) {
		put_named(out, "party", plan->parties[f->party].id);
		put_named(out, "operation", plan->operations[f->operation].id);
	}
	put_named(out, "id", f->id);
	put_named(out, "where", f->where);
	put_named(out, "acm", f->acm);
	if (f->advisory)
		dcf_buf_z(out, " advisory");
	if (f->is_protected)
		dcf_buf_z(out, " protected");
	if (f->is_constraint)
		dcf_buf_z(out, " constraint");
	put_time(out, "sent", f->sent_us);
	put_time(out, "received", f->received_us);
	put_shape(out, f);
	dcf_buf_z(out, " ");
	put_time(out, "start", f->start_us);
	put_time(out, "end", f->end_us);
	if (f->shape != DCF_TRAJECTORY) {
		put_altitude(out, "lower", f->lower);
		put_altitude(out, "upper", f->upper);
	} else {
		put_number(out, "containment", f->containment_e4);
		for (uint32_t i = 0; i < f->point_count; i++) {
			dcf_buf_z(out, "\n ");
			put_time(out, "at", f->waypoints[i].time_us);
			put_altitude(out, "altitude", f->waypoints[i].altitude);
		}
	}
	dcf_buf_z(out, "\n ");
	put_named(out, "properties", f->properties_json);
	put_named(out, "others", f->others);
	dcf_buf_char(out, '\n');
}

static void put_atmosphere(struct dcf_buf *out, const struct dcf_atmosphere *a)
{
	dcf_buf_z(out, "atmosphere");
	put_metres(out, a->qnh_given ? "qnh" : "qnh?", a->qnh_hpa[0]);
	put_metres(out, "to", a->qnh_hpa[1]);
	put_metres(out, a->geoid_given ? "geoid" : "geoid?", a->geoid_m[0]);
	put_metres(out, "to", a->geoid_m[1]);
	put_number(out, a->terrain_given ? "terrain" : "terrain?", a->terrain_e4[0]);
	put_number(out, "to", a->terrain_e4[1]);
	put_number(out, "transition_altitude", a->transition_altitude_e4);
	put_number(out, "transition_level", a->transition_level);
	dcf_buf_char(out, '\n');
}

static void put_parties(struct dcf_buf *out, const struct dcf_plan *plan, const uint32_t *parties, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		put_named(out, "party", plan->parties[parties[i]].id);
}

static void put_rules(struct dcf_buf *out, const struct dcf_plan *plan)
{
	const struct dcf_agreement *a = &plan->agreement;

	for (size_t i = 0; i < a->separation_count; i++) {
		dcf_buf_z(out, "separation");
		put_parties(out, plan, a->separation[i].parties, a->separation[i].party_count);
		put_metres(out, "lateral", a->separation[i].lateral_m);
		put_number(out, "vertical", a->separation[i].vertical_e4);
		put_number(out, "dwell", a->separation[i].max_dwell_us);
		put_named(out, "article", a->separation[i].article);
		put_named(out, "others", a->separation[i].others);
		dcf_buf_char(out, '\n');
	}
	for (size_t i = 0; i < a->notice_count; i++) {
		dcf_buf_z(out, "notice");
		put_named(out, "acm", a->notice[i].acm);
		put_number(out, "need", a->notice[i].need_us);
		put_named(out, "article", a->notice[i].article);
		dcf_buf_char(out, '\n');
	}
}

static void put_geometry_rules(struct dcf_buf *out, const struct dcf_plan *plan)
{
	static const char *const kinds[] = { "no_entry", "ask_first", "contact" };
	const struct dcf_agreement *a = &plan->agreement;

	for (size_t i = 0; i < a->line_count; i++) {
		const struct dcf_line_rule *l = &a->lines[i];

		dcf_buf_z(out, "line");
		put_named(out, "id", l->id);
		put_named(out, "where", l->where);
		put_named(out, "left", l->left == DCF_NONE ? DCF_SPAN("-") : plan->parties[l->left].id);
		put_named(out, "right", l->right == DCF_NONE ? DCF_SPAN("-") : plan->parties[l->right].id);
		put_metres(out, "buffer", l->buffer_m);
		put_number(out, "notice", l->crossing_notice_us);
		put_named(out, "article", l->article);
		put_named(out, "others", l->others);
		dcf_buf_z(out, " [");
		put_points(out, l->points, l->point_count);
		dcf_buf_z(out, "]\n");
	}
	for (size_t i = 0; i < a->area_count; i++) {
		dcf_buf_z(out, "area");
		put_named(out, "rule", dcf_span_of(kinds[a->areas[i].kind]));
		put_named(out, "article", a->areas[i].article);
		put_parties(out, plan, a->areas[i].parties, a->areas[i].party_count);
		dcf_buf_char(out, ' ');
		put_feature(out, plan, a->areas[i].volume);
	}
}

static void put_remark(struct dcf_buf *out, const struct dcf_remark *m)
{
	dcf_buf_z(out, m->refused ? "refused" : "warning");
	put_named(out, "party", m->party);
	put_named(out, "operation", m->operation);
	put_named(out, "where", m->where);
	put_named(out, "field", m->field);
	dcf_buf_z(out, ": ");
	dcf_buf_span(out, m->text);
	dcf_buf_char(out, '\n');
}

static void put_level(struct dcf_buf *out, const char *name, bool has, struct dcf_altitude a)
{
	if (!has)
		return;
	put_number(out, name, a.e4);
	put_number(out, "ref", a.ref);
}

/* Only what is not as dcf_limits_none has it. */
static void put_limits(struct dcf_buf *out, const struct dcf_limits *l)
{
	if (l->fixed)
		dcf_buf_z(out, " fixed");
	if (l->max_delay_us != DCF_NO_LIMIT)
		put_number(out, "delay", l->max_delay_us);
	if (l->max_advance_us != DCF_NO_LIMIT)
		put_number(out, "advance", l->max_advance_us);
	if (l->lowest_e4 != INT64_MIN)
		put_number(out, "lowest", l->lowest_e4);
	if (l->highest_e4 != INT64_MAX)
		put_number(out, "highest", l->highest_e4);
	if (l->max_detour_m < DCF_NO_DETOUR)
		put_metres(out, "detour", l->max_detour_m);
	if (l->min_speed_mps > 0)
		put_metres(out, "slowest", l->min_speed_mps);
	if (l->max_speed_mps < DCF_NO_DETOUR)
		put_metres(out, "fastest", l->max_speed_mps);
}

static void put_disclosed(struct dcf_buf *out, const struct dcf_plan *plan, const struct dcf_operation *o)
{
	if (!o->disclosed_to)
		return;
	dcf_buf_z(out, " disclosed=(");
	for (uint32_t i = 0; i < o->disclosed_count; i++) {
		dcf_buf_z(out, i ? " " : "");
		dcf_buf_span(out, plan->parties[o->disclosed_to[i]].id);
	}
	dcf_buf_char(out, ')');
}

static void put_cost(struct dcf_buf *out, const struct dcf_costs *c)
{
	if (!c->given)
		return;
	dcf_buf_z(out, "costs");
	put_number(out, "delay_e6", (int64_t)(c->delay_s * 1e6));
	put_number(out, "altitude_e6", (int64_t)(c->altitude_ft * 1e6));
	put_number(out, "extra_e6", (int64_t)(c->extra_m * 1e6));
	dcf_buf_char(out, '\n');
}

static void put_alone(struct dcf_buf *out, const char *name, struct dcf_span s)
{
	if (!s.len)
		return;
	dcf_buf_z(out, name);
	dcf_buf_char(out, ' ');
	dcf_buf_span(out, s);
	dcf_buf_char(out, '\n');
}

void dump_plan(struct dcf_buf *out, const struct dcf_plan *plan)
{
	put_alone(out, "others", plan->others);
	put_alone(out, "atmosphere others", plan->atmosphere_others);
	put_alone(out, "agreement others", plan->agreement.others);
	if (plan->title.len) {
		dcf_buf_z(out, "title");
		put_named(out, "is", plan->title);
		dcf_buf_char(out, '\n');
	}
	for (size_t i = 0; i < plan->party_count; i++) {
		const struct dcf_party *p = &plan->parties[i];

		dcf_buf_z(out, p->declared ? "party" : "named");
		put_named(out, "id", p->id);
		put_named(out, "name", p->name);
		dcf_buf_z(out, p->in_feet ? " feet" : " metres");
		put_limits(out, &p->limits);
		put_level(out, "lowest", p->levels.has_lowest, p->levels.lowest);
		put_level(out, "highest", p->levels.has_highest, p->levels.highest);
		put_named(out, "others", p->others);
		dcf_buf_char(out, '\n');
	}
	if (plan->atmosphere_seen)
		put_atmosphere(out, &plan->atmosphere);
	if (plan->agreement.id.len || plan->agreement.status.len) {
		dcf_buf_z(out, "agreement");
		put_named(out, "id", plan->agreement.id);
		put_named(out, "status", plan->agreement.status);
		dcf_buf_char(out, '\n');
	}
	put_rules(out, plan);
	put_geometry_rules(out, plan);
	put_cost(out, &plan->agreement.costs);
	for (size_t i = 0; i < plan->place_count; i++) {
		dcf_buf_z(out, "place");
		put_named(out, "icao", plan->places[i].icao);
		put_named(out, "name", plan->places[i].name);
		dcf_buf_char(out, ' ');
		put_points(out, &plan->places[i].at, 1);
		put_named(out, "others", plan->places[i].others);
		dcf_buf_char(out, '\n');
	}
	for (size_t i = 0; i < plan->operation_count; i++) {
		const struct dcf_operation *o = &plan->operations[i];

		dcf_buf_z(out, "operation");
		put_named(out, "party", plan->parties[o->party].id);
		put_named(out, "id", o->id);
		put_named(out, "replaces", o->replaces);
		put_number(out, "features", o->feature_count);
		put_limits(out, &o->limits);
		put_disclosed(out, plan, o);
		dcf_buf_char(out, '\n');
	}
	for (size_t i = 0; i < plan->feature_count; i++)
		put_feature(out, plan, &plan->features[i]);
	for (size_t i = 0; i < plan->remark_count; i++)
		put_remark(out, &plan->remarks[i]);
}

char *slurp(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	size_t cap = 1 << 16, n;
	char *p = f ? malloc(cap) : NULL;

	*len = 0;
	while (p && (n = fread(p + *len, 1, cap - *len, f)) > 0) {
		*len += n;
		if (*len == cap) {
			char *q = realloc(p, cap *= 2);

			if (!q)
				free(p);
			p = q;
		}
	}
	if (f)
		fclose(f);
	return p;
}

char *gzipped(const char *p, size_t len, size_t *out_len)
{
	z_stream z = { 0 };
	size_t cap;
	char *out;

	if (deflateInit2(&z, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	cap = deflateBound(&z, (uLong)len);
	out = malloc(cap);
	z.next_in = (unsigned char *)(uintptr_t)p;
	z.avail_in = (unsigned)len;
	z.next_out = (unsigned char *)out;
	z.avail_out = (unsigned)cap;
	if (out && deflate(&z, Z_FINISH) != Z_STREAM_END) {
		free(out);
		out = NULL;
	}
	*out_len = cap - z.avail_out;
	deflateEnd(&z);
	return out;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "format/write_f3548.h"
#include "base/json_writer.h"
#include "core/time.h"
#include "format/put_number.h"
#include "format/utm_make.h"

struct writer {
	struct dcf_json j;
	const struct dcf_plan *plan;
	struct dcf_utm_maker make;
	bool constraint; /* the operation being written is one */
};

/* splitmix64's finisher: spreads every bit over all. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t hash(uint64_t h, struct dcf_span s)
{
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return mix(h ^ s.len);
}

void dcf_f3548_uuid(struct dcf_span party, struct dcf_span id, char uuid[37])
{
	static const char hex[] = "0123456789abcdef";
	uint64_t half[2];
	char *p = uuid;

	for (int i = 0; i < 2; i++)
		half[i] = hash(hash(i ? 0x6c62272e07bb0142u : 0xcbf29ce484222325u, party), id);
	half[0] = (half[0] & ~(uint64_t)0xf000) | 0x4000;               /* version 4 */
	half[1] = (half[1] & ~((uint64_t)3 << 62)) | (uint64_t)1 << 63; /* variant 10 */
	for (int i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*p++ = '-';
		*p++ = hex[half[i / 16] >> (60 - 4 * (i % 16)) & 15];
	}
	*p = 0;
}

static int64_t lower_of(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t higher_of(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void put_altitude(struct writer *w, const char *key, int64_t e4)
{
	struct dcf_json *j = &w->j;

	dcf_json_key(j, key);
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "value");
	dcf_json_fixed(j, e4, 4);
	dcf_json_key(j, "reference");
	dcf_json_z(j, "W84");
	dcf_json_key(j, "units");
	dcf_json_z(j, "M");
	dcf_json_end(j, '}');
}

static void put_time(struct writer *w, const char *key, int64_t us, bool up)
{
	struct dcf_json *j = &w->j;

	dcf_json_key(j, key);
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "value");
	dcf_json_raw(j, DCF_SPAN("\""));
	dcf_time_put(j->out, us, us % 1000000 == 0 ? DCF_TIME_S : up ? DCF_TIME_MS_UP : DCF_TIME_MS_DOWN);
	dcf_buf_char(j->out, '"');
	dcf_json_key(j, "format");
	dcf_json_z(j, "RFC3339");
	dcf_json_end(j, '}');
}

static void put_point(struct dcf_json *j, struct dcf_latlon p)
{
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "lng");
	dcf_json_fixed(j, p.lon_e7, 7);
	dcf_json_key(j, "lat");
	dcf_json_fixed(j, p.lat_e7, 7);
	dcf_json_end(j, '}');
}

static void put_circle(struct writer *w, struct dcf_latlon at, double radius_m)
{
	struct dcf_json *j = &w->j;

	dcf_json_key(j, "outline_circle");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "center");
	put_point(j, at);
	dcf_json_key(j, "radius");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "value");
	dcf_json_raw(j, DCF_SPAN(""));
	dcf_put_double(j->out, radius_m);
	dcf_json_key(j, "units");
	dcf_json_z(j, "M");
	dcf_json_end(j, '}');
	dcf_json_end(j, '}');
}

static void put_polygon(struct writer *w, const struct dcf_feature *f)
{
	struct dcf_json *j = &w->j;

	dcf_json_key(j, "outline_polygon");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "vertices");
	dcf_json_begin_inline(j, '[');
	for (uint32_t i = 0; i < f->rings[0].count; i++)
		put_point(j, f->points[f->rings[0].first + i]);
	dcf_json_end(j, ']');
	dcf_json_end(j, '}');
}

/* What the standard has no place for, so that nothing of it is lost. */
static void put_extras(struct writer *w)
{
	struct dcf_json *j = &w->j;
	const struct dcf_feature *f = w->make.feature;

	dcf_json_key(j, "deconflict");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "feature");
	dcf_json_string(j, f->id);
	if (f->acm.len) {
		dcf_json_key(j, "acm");
		dcf_json_string(j, f->acm);
	}
	if (f->advisory) {
		dcf_json_key(j, "advisory");
		dcf_json_bool(j, true);
	}
	if (f->is_protected) {
		dcf_json_key(j, "protected");
		dcf_json_bool(j, true);
	}
	if (f->is_constraint && !w->constraint) {
		dcf_json_key(j, "constraint");
		dcf_json_bool(j, true);
	}
	dcf_json_end(j, '}');
}

static enum dcf_status put_volume(void *ctx, const struct dcf_utm_volume *v)
{
	struct writer *w = ctx;
	const struct dcf_feature *f = &v->footprint;

	dcf_json_begin_inline(&w->j, '{');
	dcf_json_key(&w->j, "volume");
	dcf_json_begin_inline(&w->j, '{');
	if (f->shape == DCF_CIRCLE)
		put_circle(w, f->points[0], f->radius_m);
	else
		put_polygon(w, f);
	put_altitude(w, "altitude_lower", v->lower_e4);
	put_altitude(w, "altitude_upper", v->upper_e4);
	dcf_json_end(&w->j, '}');
	put_time(w, "time_start", v->start_us, false);
	put_time(w, "time_end", v->end_us, true);
	put_extras(w);
	dcf_json_end(&w->j, '}');
	return DCF_OK;
}

static void put_reference(struct writer *w, uint32_t operation, int64_t start_us, int64_t end_us)
{
	struct dcf_json *j = &w->j;
	const struct dcf_operation *o = &w->plan->operations[operation];
	struct dcf_span party = w->plan->parties[o->party].id;
	char uuid[37];

	dcf_f3548_uuid(party, o->id, uuid);
	dcf_json_key(j, "reference");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "id");
	dcf_json_z(j, uuid);
	dcf_json_key(j, "manager");
	dcf_json_string(j, party);
	dcf_json_key(j, "uss_availability");
	dcf_json_z(j, "Unknown");
	dcf_json_key(j, "version");
	dcf_json_i64(j, 1);
	if (!w->constraint) {
		dcf_json_key(j, "state");
		dcf_json_z(j, "Accepted");
	}
	put_time(w, "time_start", start_us, false);
	put_time(w, "time_end", end_us, true);
	dcf_json_key(j, "uss_base_url");
	dcf_json_z(j, "https://uss.invalid");
	if (!w->constraint) {
		dcf_json_key(j, "subscription_id");
		dcf_json_z(j, "00000000-0000-4000-8000-000000000000");
	}
	dcf_json_end(j, '}');
	dcf_json_key(j, "deconflict");
	dcf_json_begin_inline(j, '{');
	dcf_json_key(j, "operation");
	dcf_json_string(j, o->id);
	if (o->replaces.len) {
		dcf_json_key(j, "replaces");
		dcf_json_string(j, o->replaces);
	}
	dcf_json_end(j, '}');
}

/* `features`: the indices of the operation's features. */
static enum dcf_status put_operation(struct writer *w, uint32_t operation, const uint32_t *features, size_t count)
{
	struct dcf_json *j = &w->j;
	int64_t start = INT64_MAX, end = INT64_MIN;
	enum dcf_status s = DCF_OK;

	w->constraint = true;
	for (size_t i = 0; i < count; i++) {
		w->constraint = w->constraint && w->plan->features[features[i]].is_constraint;
		start = lower_of(start, w->plan->features[features[i]].start_us);
		end = higher_of(end, w->plan->features[features[i]].end_us);
	}
	dcf_json_begin(j, '{');
	if (w->constraint) {
		dcf_json_key(j, "constraint");
		dcf_json_begin(j, '{');
	}
	put_reference(w, operation, start, end);
	dcf_json_key(j, "details");
	dcf_json_begin(j, '{');
	dcf_json_key(j, "volumes");
	dcf_json_begin(j, '[');
	for (size_t i = 0; s == DCF_OK && i < count; i++)
		s = dcf_utm_make(&w->make, &w->plan->features[features[i]]);
	dcf_json_end(j, ']');
	if (!w->constraint) {
		dcf_json_key(j, "off_nominal_volumes");
		dcf_json_begin_inline(j, '[');
		dcf_json_end(j, ']');
		dcf_json_key(j, "priority");
		dcf_json_i64(j, 0);
	}
	dcf_json_end(j, '}');
	dcf_json_end(j, '}');
	if (w->constraint)
		dcf_json_end(j, '}');
	return s;
}

/* Indices of all features, an operation's together and in the plan's order; begin[o] .. begin[o + 1]. */
static void group_features(const struct dcf_plan *plan, size_t *begin, uint32_t *order)
{
	size_t at = 0;

	for (size_t o = 0; o < plan->operation_count; o++) {
		begin[o] = at;
		at += plan->operations[o].feature_count;
	}
	for (size_t i = 0; i < plan->feature_count; i++)
		order[begin[plan->features[i].operation]++] = (uint32_t)i;
	for (size_t o = plan->operation_count; o > 0; o--)
		begin[o] = begin[o - 1];
	begin[0] = 0;
}

enum dcf_status dcf_write_f3548(const struct dcf_plan *plan, struct dcf_buf *out)
{
	struct writer w = { .j = { .out = out, .indent = 1 }, .plan = plan };
	size_t begin_size = (plan->operation_count + 1) * sizeof(size_t), order_size = plan->feature_count * sizeof(uint32_t);
	size_t *begin = dcf_alloc_new(out->from, begin_size);
	uint32_t *order = dcf_alloc_new(out->from, order_size);
	enum dcf_status s = DCF_E_NOMEM;

	dcf_utm_maker_init(&w.make, &plan->atmosphere, out->from);
	w.make.take = put_volume;
	w.make.ctx = &w;
	if (!begin || !order)
		goto done;
	group_features(plan, begin, order);
	for (size_t i = 0; i < plan->feature_count; i++)
		dcf_utm_maker_range(&w.make, &plan->features[i]);
	s = DCF_OK;
	dcf_json_begin(&w.j, '[');
	for (uint32_t o = 0; s == DCF_OK && o < plan->operation_count; o++)
		if (begin[o + 1] > begin[o])
			s = put_operation(&w, o, order + begin[o], begin[o + 1] - begin[o]);
	dcf_json_end(&w.j, ']');
	dcf_buf_char(out, '\n');
	if (s == DCF_OK && out->failed)
		s = DCF_E_NOMEM;
done:
	dcf_utm_maker_free(&w.make);
	dcf_alloc_free(out->from, begin, begin_size);
	dcf_alloc_free(out->from, order, order_size);
	return s;
}

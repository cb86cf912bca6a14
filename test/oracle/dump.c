/* SPDX-License-Identifier: Apache-2.0 */
/* dump.c - a world as an operations file, so that a failure can be replayed by hand. */
#include "oracle/world.h"
#include <inttypes.h>
#include <time.h>

static void put_time(FILE *out, int64_t us)
{
	time_t s = (time_t)(us / 1000000);
	struct tm t;
	char text[32];

	gmtime_r(&s, &t);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &t);
	fprintf(out, "\"%s.%06dZ\"", text, (int)(us % 1000000));
}

static void put_altitude(FILE *out, struct dcf_altitude a)
{
	static const char *const ref[] = { "MSL", "STD", "AGL", "SFC", "W84" };

	if (a.unlimited)
		fprintf(out, "{\"value\": \"UNL\", \"unit\": \"ft\", \"ref\": \"MSL\"}");
	else
		fprintf(out, "{\"value\": %s%" PRId64 ".%04d, \"unit\": \"m\", \"ref\": \"%s\"}", a.e4 < 0 ? "-" : "",
			(a.e4 < 0 ? -a.e4 : a.e4) / 10000, (int)((a.e4 < 0 ? -a.e4 : a.e4) % 10000), ref[a.ref]);
}

static void put_point(FILE *out, struct dcf_latlon p)
{
	fprintf(out, "[%.7f, %.7f]", p.lon_e7 / 1e7, p.lat_e7 / 1e7);
}

static void put_points(FILE *out, const struct dcf_latlon *p, uint32_t n, bool close)
{
	fputc('[', out);
	for (uint32_t i = 0; i < n + close; i++) {
		fputs(i ? ", " : "", out);
		put_point(out, p[i % n]);
	}
	fputc(']', out);
}

static void put_polygons(FILE *out, const struct dcf_feature *f)
{
	fputs("{\"type\": \"MultiPolygon\", \"coordinates\": [", out);
	for (uint32_t i = 0; i < f->ring_count; i++) {
		fputs(f->rings[i].outer ? (i ? "], [" : "[") : ", ", out);
		put_points(out, f->points + f->rings[i].first, f->rings[i].count, true);
	}
	fputs("]]}", out);
}

static void put_geometry(FILE *out, const struct dcf_feature *f)
{
	if (f->shape == DCF_POLYGON) {
		put_polygons(out, f);
		return;
	}
	fprintf(out, "{\"type\": \"%s\", \"coordinates\": ", f->shape == DCF_CIRCLE ? "Point" : "LineString");
	if (f->shape == DCF_CIRCLE)
		put_point(out, f->points[0]);
	else
		put_points(out, f->points, f->point_count, false);
	fputc('}', out);
}

static void put_flight(FILE *out, const struct dcf_feature *f)
{
	fputs(", \"times\": [", out);
	for (uint32_t i = 0; i < f->point_count; i++) {
		fputs(i ? ", " : "", out);
		put_time(out, f->waypoints[i].time_us);
	}
	fputs("], \"altitudes\": [", out);
	for (uint32_t i = 0; i < f->point_count; i++) {
		fputs(i ? ", " : "", out);
		put_altitude(out, f->waypoints[i].altitude);
	}
	fprintf(out,
		"], \"containment\": {\"lateral\": {\"value\": %.17g, \"unit\": \"m\"}, \"vertical\": {\"value\": %.4f, \"unit\": "
		"\"m\"}}",
		f->radius_m, (double)f->containment_e4 / 1e4);
}

static void put_volume(FILE *out, const struct dcf_feature *f)
{
	static const char *const radius[] = { NULL, "radius", "half_width", "radius" };

	if (f->shape != DCF_POLYGON)
		fprintf(out, ", \"%s\": {\"value\": %.17g, \"unit\": \"m\"}", radius[f->shape], f->radius_m);
	fputs(", \"lower\": ", out);
	put_altitude(out, f->lower);
	fputs(", \"upper\": ", out);
	put_altitude(out, f->upper);
	fputs(", \"start\": ", out);
	put_time(out, f->start_us);
	fputs(", \"end\": ", out);
	put_time(out, f->end_us);
}

static void put_feature(FILE *out, const struct dcf_plan *plan, size_t i)
{
	static const char *const shape[] = { "polygon", "circle", "corridor", "orbit", "trajectory" };
	const struct dcf_feature *f = &plan->features[i];

	fprintf(out, "{\"type\": \"Feature\", \"id\": \"%.*s\", \"geometry\": ", (int)f->id.len, f->id.p);
	put_geometry(out, f);
	fprintf(out, ", \"properties\": {\"party\": \"%.*s\", \"operation\": \"%.*s\", \"shape\": \"%s\"",
		(int)plan->parties[f->party].id.len, plan->parties[f->party].id.p, (int)plan->operations[f->operation].id.len,
		plan->operations[f->operation].id.p, shape[f->shape]);
	if (f->edges == DCF_EDGES_LONLAT)
		fputs(", \"edges\": \"lonlat\"", out);
	if (f->advisory)
		fputs(", \"advisory\": true", out);
	(f->shape == DCF_TRAJECTORY ? put_flight : put_volume)(out, f);
	fputs("}}", out);
}

static void put_rule(FILE *out, const struct dcf_plan *plan, const struct dcf_separation_rule *r)
{
	fputs(r->party_count ? "{\"parties\": [" : "{", out);
	for (uint32_t k = 0; k < r->party_count; k++)
		fprintf(out, "%s\"%.*s\"", k ? ", " : "", (int)plan->parties[r->parties[k]].id.len,
			plan->parties[r->parties[k]].id.p);
	fprintf(out, "%s\"lateral\": {\"value\": %.17g, \"unit\": \"m\"}, \"vertical\": {\"value\": %.4f, \"unit\": \"m\"}",
		r->party_count ? "], " : "", r->lateral_m, (double)r->vertical_e4 / 1e4);
	if (r->max_dwell_us != DCF_NO_LIMIT)
		fprintf(out, ", \"max_dwell_s\": %.6f", (double)r->max_dwell_us / 1e6);
	fputc('}', out);
}

static void put_atmosphere(FILE *out, const struct dcf_atmosphere *a)
{
	fprintf(out,
		"\"atmosphere\": {\"qnh_hpa\": [%.17g, %.17g], \"geoid_height_m\": [%.17g, %.17g], "
		"\"terrain_ft\": [%.17g, %.17g]},\n",
		a->qnh_hpa[0], a->qnh_hpa[1], a->geoid_m[0], a->geoid_m[1], (double)a->terrain_e4[0] / 3048,
		(double)a->terrain_e4[1] / 3048);
}

void dcf_ora_world_dump(const struct dcf_ora_world *w, FILE *out)
{
	const struct dcf_plan *plan = &w->plan;
	const struct dcf_check_options *o = &w->options;

	fprintf(out, "{\"type\": \"FeatureCollection\", \"deconflict\": 1,\n\"title\": \"%s; --lateral %.4fm --vertical %.4fm",
		w->family, o->lateral_m, (double)o->vertical_e4 / 1e4);
	if (o->max_dwell_us != DCF_NO_LIMIT)
		fprintf(out, " --max-dwell %.6fs", (double)o->max_dwell_us / 1e6);
	if (o->for_party != DCF_NONE)
		fprintf(out, " --for %.*s", (int)plan->parties[o->for_party].id.len, plan->parties[o->for_party].id.p);
	fputs("\",\n\"parties\": [", out);
	for (size_t i = 0; i < plan->party_count; i++)
		fprintf(out, "%s{\"id\": \"%.*s\"}", i ? ", " : "", (int)plan->parties[i].id.len, plan->parties[i].id.p);
	fputs("],\n", out);
	put_atmosphere(out, &plan->atmosphere);
	fputs("\"agreement\": {\"separation\": [", out);
	for (size_t i = 0; i < plan->agreement.separation_count; i++) {
		fputs(i ? ", " : "", out);
		put_rule(out, plan, &plan->agreement.separation[i]);
	}
	fputs("]},\n\"features\": [\n", out);
	for (size_t i = 0; i < plan->feature_count; i++) {
		put_feature(out, plan, i);
		fputs(i + 1 < plan->feature_count ? ",\n" : "\n]}\n", out);
	}
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_values.c - every small value that strangers write: lengths, heights, durations, counts, levels and weights of the
 * command line, --party and OPERATION, RFC 3339 times, and the values of a feature's properties.
 *
 * The first byte says which; the rest is the text.  Beside not crashing, what is taken must be what was written: it is compared
 * with the same text read by other means, or written and read again. */
#include "cli/cli.h"
#include "core/time.h"
#include "format/read.h"
#include "format/write_geojson.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stay a failure in release builds too. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

/* --- numbers with a unit -------------------------------------------------------------------------- */

struct unit {
	const char *name;
	double size;
};

/* What the C library makes of it, in the smallest unit; NaN where that cannot be told. */
static double by_other_means(const char *text, const struct unit *units)
{
	char *rest;
	double v = strtod(text, &rest);

	rest += strspn(rest, " ");
	if (v == 0 && *rest == '\0')
		return 0;
	for (; units->name; units++)
		if (strcasecmp(rest, units->name) == 0)
			return v * units->size;
	return NAN;
}

/* `got` is `exact` rounded up or down to a whole number; a double has 53 bits of it. */
static void check_rounded(double got, double exact, bool up)
{
	double off = (got - exact) * (up ? 1 : -1), slack = 1e-3 + fabs(exact) * 1e-15;

	must(off > -slack && off < 1 + slack);
}

static void take_lateral(const char *text)
{
	static const struct unit units[] = { { "NM", 18520000 }, { "km", 1e7 }, { "m", 1e4 }, { "ft", 3048 }, { 0 } };
	double m;

	if (dcf_take_lateral(text, &m))
		return;
	must(m >= 0 && m <= 5e6);
	check_rounded(m * 1e4, by_other_means(text, units), true);
}

static void take_vertical(const char *text)
{
	static const struct unit units[] = { { "ft", 3048 }, { "m", 1e4 }, { "km", 1e7 }, { 0 } };
	int64_t e4;

	if (dcf_take_vertical(text, &e4))
		return;
	must(e4 >= 0 && e4 <= 1000000000);
	check_rounded((double)e4, by_other_means(text, units), true);
}

static void take_duration(const char *text)
{
	static const struct unit units[] = { { "s", 1e6 }, { "min", 6e7 }, { "h", 3.6e9 }, { 0 } };
	int64_t us;

	if (dcf_take_duration(text, &us))
		return;
	must(us >= 0 && us <= 366 * INT64_C(86400000000));
	check_rounded((double)us, by_other_means(text, units), false);
}

static void take_counts(const char *text)
{
	unsigned threads;
	uint64_t count;
	double share;

	if (!dcf_take_threads(text, &threads))
		must(threads >= 1 && threads <= 1024 && threads == strtoul(text, NULL, 10));
	if (!dcf_take_count(text, &count))
		must(count <= 1000000000000000 && count == strtoull(text, NULL, 10));
	if (!dcf_take_share(text, &share))
		must(share > 0 && share <= 1 && fabs(share * 100 - strtod(text, NULL)) < 1e-9);
}

static void take_levels(const char *text)
{
	struct dcf_cli_levels l;

	if (dcf_take_levels(text, &l))
		return;
	must(l.given && l.lowest_e4 >= 0 && l.lowest_e4 <= l.highest_e4 && l.highest_e4 <= 1000000000 && strstr(text, ".."));
}

static void take_weights(const char *text)
{
	struct dcf_cli_weights w;

	if (dcf_take_weights(text, &w))
		return;
	must(w.has_delay || w.has_altitude || w.has_extra);
	must(!w.has_delay || (w.delay_s >= 0 && w.delay_s <= 1e9 && strstr(text, "delay=")));
	must(!w.has_altitude || (w.altitude_ft >= 0 && w.altitude_ft <= 1e9 && strstr(text, "altitude=")));
	must(!w.has_extra || (w.extra_m >= 0 && w.extra_m <= 1e9 && strstr(text, "extra=")));
}

/* --- times ---------------------------------------------------------------------------------------- */

/* Written and read again it is the same instant; down and up are the microseconds around it. */
static void take_time(const char *text)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	int64_t down, up, again;
	const char *wrong = dcf_time_parse(dcf_span_of(text), false, &down);

	/* Up from the last microsecond there is none. */
	if (dcf_time_parse(dcf_span_of(text), true, &up)) {
		must(wrong ? *wrong != '\0' : down == INT64_C(253402300799999999));
		return;
	}
	must(!wrong && (up == down || up == down + 1));
	must(strpbrk(text, "Zz+-") && strlen(text) >= 20);
	dcf_time_put(&out, down, DCF_TIME_US);
	must(!dcf_time_parse(dcf_buf_as_span(&out), false, &again) && again == down);
	dcf_buf_free(&out);
}

/* --- names ---------------------------------------------------------------------------------------- */

static int64_t take_bytes(void *ctx, void *to, size_t n)
{
	struct dcf_span *rest = ctx;

	n = n < rest->len ? n : rest->len;
	if (n)
		memcpy(to, rest->p, n);
	rest->p += n;
	rest->len -= n;
	return (int64_t)n;
}

static enum dcf_status read_text(struct dcf_plan *plan, struct dcf_span text, const char *party)
{
	struct dcf_source source = { take_bytes, &text };
	struct dcf_read_options options = { DCF_SPAN("fuzz"), dcf_span_of(party) };

	return dcf_read_plan(plan, &options, &source);
}

/* --party of state vectors: whose the one aircraft is, is what the rule says. */
static void take_party(const char *text)
{
	static const char rows[] = "t_unix_s,icao24,callsign,lat_deg,lon_deg,baro_alt_ft,owner\n0,a,SWR12,47,8,100,Swiss\n"
				   "5,a,SWR12,47,8.1,100,Swiss\n";
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_plan plan;
	enum dcf_status s;
	struct dcf_span party;

	dcf_plan_init(&plan, &heap);
	s = read_text(&plan, dcf_span_of(rows), text);
	must(s == DCF_OK || s == DCF_E_SYNTAX);
	must((s == DCF_OK) == (plan.feature_count == 1));
	if (s == DCF_OK) {
		party = plan.parties[plan.features[0].party].id;
		if (strncmp(text, "callsign:", 9) == 0)
			must(party.len > 0 && party.len <= 5 && memcmp(party.p, "SWR12", party.len) == 0);
		else if (strncmp(text, "column:", 7) == 0)
			must(party.len > 0 && strstr(rows, text + 7));
		else
			must(dcf_span_eq(party, dcf_span_of(text)));
	}
	dcf_plan_free(&plan);
}

/* OPERATION: what is found is called that. */
static void take_operation(const char *text)
{
	static const char *const names[][2] = { { "A", "1" }, { "A", "A/1" }, { "A/A", "1" }, { "B", "1" },  { "B", "/" },
						{ "", "2" },  { "B", "B/2" }, { "B/", "/2" }, { "C", "B/2" } };
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_plan plan;
	uint32_t party, o;

	dcf_plan_init(&plan, &heap);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		must(dcf_plan_party(&plan, dcf_span_of(names[i][0]), &party) == DCF_OK);
		must(dcf_plan_operation(&plan, party, dcf_span_of(names[i][1]), &o) == DCF_OK);
	}
	if (dcf_plan_resolve(&plan, dcf_span_of(text), &o) == DCF_OK) {
		struct dcf_span id = plan.operations[o].id, of = plan.parties[plan.operations[o].party].id;
		size_t n = strlen(text);

		must(n == id.len || n == of.len + 1 + id.len);
		must(memcmp(text + n - id.len, id.p, id.len) == 0);
		must(n == id.len || (text[of.len] == '/' && memcmp(text, of.p, of.len) == 0));
	}
	dcf_plan_free(&plan);
}

/* --- a feature's values --------------------------------------------------------------------------- */

static void same_altitude(struct dcf_altitude a, struct dcf_altitude b)
{
	must(a.unlimited == b.unlimited && a.ref == b.ref && (a.unlimited || (a.e4 == b.e4 && a.unit == b.unit)));
}

static void same_feature(const struct dcf_feature *a, const struct dcf_feature *b)
{
	must(a->shape == b->shape && a->point_count == b->point_count && a->radius_m == b->radius_m);
	must(a->start_us == b->start_us && a->end_us == b->end_us && a->sent_us == b->sent_us &&
	     a->received_us == b->received_us);
	must(a->advisory == b->advisory && a->is_protected == b->is_protected && a->containment_e4 == b->containment_e4);
	must(dcf_span_eq(a->acm, b->acm) && dcf_span_eq(a->id, b->id));
	if (a->shape != DCF_TRAJECTORY) {
		same_altitude(a->lower, b->lower);
		same_altitude(a->upper, b->upper);
	}
	for (uint32_t i = 0; a->shape == DCF_TRAJECTORY && i < a->point_count; i++) {
		must(a->waypoints[i].time_us == b->waypoints[i].time_us);
		same_altitude(a->waypoints[i].altitude, b->waypoints[i].altitude);
	}
}

static void take_written(const struct dcf_plan *plan)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_plan again;

	dcf_plan_init(&again, &heap);
	must(dcf_write_geojson(plan, &out) == DCF_OK);
	must(read_text(&again, dcf_buf_as_span(&out), "") == DCF_OK && again.feature_count == plan->feature_count);
	for (size_t i = 0; i < plan->feature_count; i++)
		same_feature(&plan->features[i], &again.features[i]);
	dcf_plan_free(&again);
	dcf_buf_free(&out);
}

/* Members of the properties, between good ones: what is read is written, and read again as the same. */
static void take_properties(const char *text)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf file = { .from = &heap };
	struct dcf_plan plan;

	dcf_buf_z(&file,
		  "{\"type\":\"FeatureCollection\",\"deconflict\":1,\"features\":[{\"type\":\"Feature\",\"id\":\"F\","
		  "\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[1,1],[2,2]]},\"properties\":{\"party\":\"P\",");
	dcf_buf_z(&file, text);
	dcf_buf_z(&file, "}}]}");
	dcf_plan_init(&plan, &heap);
	if (read_text(&plan, dcf_buf_as_span(&file), "") == DCF_OK && plan.feature_count)
		take_written(&plan);
	dcf_plan_free(&plan);
	dcf_buf_free(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const take[])(const char *text) = { take_lateral,   take_vertical,  take_duration, take_counts,
							  take_levels,    take_weights,   take_time,     take_party,
							  take_operation, take_properties };
	char *text;

	if (size == 0 || data[0] < 'a' || data[0] >= 'a' + sizeof take / sizeof *take)
		return 0;
	text = malloc(size);
	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	take[data[0] - 'a'](text);
	free(text);
	return 0;
}

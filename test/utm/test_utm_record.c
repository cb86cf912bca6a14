/* SPDX-License-Identifier: Apache-2.0 */
/* test_utm_record.c - asks into the record and back, bit for bit; ids, versions and times as texts.
 *
 *     test_utm_record [SEED]                                                                          */
#include "base/json_writer.h"
#include "domain/message.h"
#include "format/feed.h"
#include "utm/fixture.h"

#include <stdlib.h>
#include <string.h>

static uint64_t seed = 20260601, state;

static uint64_t random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static uint64_t below(uint64_t n)
{
	return random64() % n;
}

/* --- random asks ------------------------------------------------------------------------------------------ */

static struct dcf_span random_text(struct dcf_arena *arena, bool control)
{
	static const char *const pieces[] = { "a", "https://",     "\xc3\xa9", "\"", "\\",
					      "/", "\xe2\x82\xac", "~",        "0",  "\xf0\x9f\x9b\xb8" };
	struct dcf_buf text = { .from = arena->from };
	struct dcf_span kept;

	for (uint64_t n = below(30); n; n--) {
		if (control && below(4) == 0)
			dcf_buf_char(&text, (char)below(0x20));
		else
			dcf_buf_z(&text, pieces[below(sizeof pieces / sizeof *pieces)]);
	}
	kept = dcf_arena_copy(arena, dcf_buf_as_span(&text));
	dcf_buf_free(&text);
	return kept;
}

static int64_t random_i64(int64_t none)
{
	static const int64_t some[] = { 0,
					1,
					-1,
					INT64_C(9007199254740991),
					INT64_C(9007199254740992),
					-INT64_C(9007199254740992),
					INT64_C(253402300799999999),
					-INT64_C(62135596800000000),
					INT64_MAX - 1,
					INT64_MIN + 1 };

	if (below(6) == 0)
		return none;
	return below(4) ? (int64_t)below(UINT64_C(4000000000000000)) - INT64_C(1000000000000000) : some[below(10)];
}

static double random_length(void)
{
	double v = (double)below(3000000) + (double)below(10000) / 1e4;

	return below(3) == 0 ? v / 3 : below(10) ? v : below(2) ? 0 : 1e-300;
}

static struct dcf_latlon random_place(void)
{
	return (struct dcf_latlon){ (int32_t)below(1800000001) - 900000000,
				    (int32_t)((int64_t)below(UINT64_C(3600000001)) - 1800000000) };
}

static void random_footprint(struct dcf_arena *arena, struct dcf_utm_volume *v)
{
	static const uint8_t shapes[] = { DCF_POLYGON, DCF_CIRCLE, DCF_CORRIDOR, DCF_SHAPE_COUNT };
	struct dcf_feature *f = &v->footprint;

	*f = (struct dcf_feature){ .shape = shapes[below(4)], .edges = DCF_EDGES_GEODESIC };
	if (f->shape == DCF_SHAPE_COUNT)
		return;
	f->point_count = f->shape == DCF_CIRCLE     ? 1
			 : f->shape == DCF_CORRIDOR ? 2 + (uint32_t)below(5)
						    : 3 + (uint32_t)below(9);
	f->points = dcf_arena_get(arena, f->point_count * sizeof *f->points);
	for (uint32_t i = 0; i < f->point_count; i++)
		f->points[i] = random_place();
	if (f->shape != DCF_POLYGON) {
		f->radius_m = random_length();
		return;
	}
	v->area_m2 = random_length() * 800;
	f->ring_count = 1;
	f->rings = dcf_arena_get(arena, sizeof *f->rings);
	*f->rings = (struct dcf_ring){ 0, f->point_count, true };
}

static void random_volume(struct dcf_arena *arena, struct dcf_utm_volume *v)
{
	*v = (struct dcf_utm_volume){ .start_us = random_i64(DCF_UTM_SINCE_EVER),
				      .end_us = random_i64(DCF_UTM_FOR_EVER),
				      .lower_e4 = random_i64(DCF_UTM_NO_LOWER),
				      .upper_e4 = random_i64(DCF_UTM_NO_UPPER) };
	random_footprint(arena, v);
}

static struct dcf_uuid random_uuid(int version)
{
	struct dcf_uuid id;

	for (size_t i = 0; i < sizeof id.b; i++)
		id.b[i] = (uint8_t)below(256);
	id.b[6] = (uint8_t)((id.b[6] & 15) | version << 4);
	id.b[8] = (uint8_t)((id.b[8] & 63) | 128);
	return id;
}

static void random_ask(struct dcf_arena *arena, enum dcf_utm_form form, struct dcf_utm_ask *ask)
{
	*ask = (struct dcf_utm_ask){ .has_new_subscription = below(2), .new_for_constraints = below(2) };
	ask->for_intents = below(2);
	ask->for_constraints = below(2);
	ask->keep_start = below(2);
	ask->keep_end = below(2);
	if (below(4))
		ask->url = random_text(arena, false);
	if (below(2))
		ask->new_url = random_text(arena, false);
	if (below(2))
		ask->old_version = random_text(arena, true);
	if (below(2))
		ask->subscription = below(4) ? random_uuid(4) : dcf_utm_null_subscription;
	if (below(2))
		ask->suffix = random_uuid(7);
	if (form == DCF_UTM_INTENT_PUT)
		ask->state = (uint8_t)below(DCF_UTM_STATE_COUNT);
	if (form == DCF_UTM_AVAILABILITY_PUT)
		ask->availability = (uint8_t)below(DCF_UTM_AVAILABILITY_COUNT);
	ask->extents.count = (uint32_t)below(5);
	if (ask->extents.count)
		ask->extents.volume = dcf_arena_get(arena, ask->extents.count * sizeof *ask->extents.volume);
	for (uint32_t i = 0; i < ask->extents.count; i++)
		random_volume(arena, &ask->extents.volume[i]);
	dcf_utm_hull(&ask->extents);
}

/* --- the same to the bit ---------------------------------------------------------------------------------- */

static bool same_text(struct dcf_span a, struct dcf_span b)
{
	return (a.p == NULL) == (b.p == NULL) && dcf_span_eq(a, b);
}

static bool same_footprint(const struct dcf_feature *a, const struct dcf_feature *b)
{
	return a->shape == b->shape && a->edges == b->edges && a->point_count == b->point_count &&
	       a->ring_count == b->ring_count && memcmp(&a->radius_m, &b->radius_m, sizeof a->radius_m) == 0 &&
	       (!a->point_count || memcmp(a->points, b->points, a->point_count * sizeof *a->points) == 0) &&
	       (!a->ring_count || (a->rings[0].first == b->rings[0].first && a->rings[0].count == b->rings[0].count &&
				   a->rings[0].outer == b->rings[0].outer));
}

static bool same_volume(const struct dcf_utm_volume *a, const struct dcf_utm_volume *b)
{
	return same_footprint(&a->footprint, &b->footprint) && a->start_us == b->start_us && a->end_us == b->end_us &&
	       a->lower_e4 == b->lower_e4 && a->upper_e4 == b->upper_e4 &&
	       memcmp(&a->area_m2, &b->area_m2, sizeof a->area_m2) == 0;
}

static bool same_extents(const struct dcf_utm_extents *a, const struct dcf_utm_extents *b)
{
	bool same = a->count == b->count && a->start_us == b->start_us && a->end_us == b->end_us &&
		    a->lower_e4 == b->lower_e4 && a->upper_e4 == b->upper_e4;

	for (uint32_t i = 0; same && i < a->count; i++)
		same = same_volume(&a->volume[i], &b->volume[i]);
	return same;
}

/* All but the key. */
static bool same_ask(const struct dcf_utm_ask *a, const struct dcf_utm_ask *b)
{
	return same_extents(&a->extents, &b->extents) && same_text(a->url, b->url) && a->state == b->state &&
	       dcf_uuid_eq(&a->subscription, &b->subscription) && a->has_new_subscription == b->has_new_subscription &&
	       same_text(a->new_url, b->new_url) && a->new_for_constraints == b->new_for_constraints &&
	       dcf_uuid_eq(&a->suffix, &b->suffix) && a->for_intents == b->for_intents &&
	       a->for_constraints == b->for_constraints && a->availability == b->availability &&
	       same_text(a->old_version, b->old_version) && a->keep_start == b->keep_start && a->keep_end == b->keep_end;
}

static void put(struct dcf_buf *out, enum dcf_utm_form form, const struct dcf_utm_ask *ask)
{
	struct dcf_json j = { .out = out };

	dcf_json_begin(&j, '{');
	dcf_utm_ask_put(&j, form, ask);
	dcf_json_end(&j, '}');
}

static enum dcf_status read_back(struct dcf_buf *text, struct dcf_jdoc *doc, enum dcf_utm_form form, struct dcf_arena *arena,
				 struct dcf_utm_ask *ask, const char **why)
{
	size_t len = text->len;
	enum dcf_status s;

	dcf_buf_fill(text, '\0', DCF_FEED_SLACK);
	text->len = len;
	s = dcf_jparse(doc, text->p, len, why);
	return s == DCF_OK ? dcf_utm_ask_read_back(dcf_jroot(doc), form, arena, ask, why) : s;
}

static void check_round_trip(const struct dcf_utm_ask *ask, enum dcf_utm_form form, struct dcf_arena *arena,
			     struct dcf_jdoc *doc, size_t number)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf text = { .from = &heap }, again = { .from = &heap };
	struct dcf_utm_ask back;
	const char *why = "";
	enum dcf_status s;

	put(&text, form, ask);
	CHECK(dcf_canonical_ok(dcf_buf_as_span(&text), 16));
	s = read_back(&text, doc, form, arena, &back, &why);
	CHECK_MSG(s == DCF_OK, "%zu: %d %s: %.*s", number, s, why, (int)text.len, text.p);
	if (s == DCF_OK) {
		CHECK_MSG(same_ask(ask, &back), "%zu: %.*s", number, (int)text.len, text.p);
		CHECK(back.key_count == 0);
		put(&again, form, &back);
		CHECK(dcf_span_eq(dcf_buf_as_span(&text), dcf_buf_as_span(&again)));
	}
	dcf_buf_free(&text);
	dcf_buf_free(&again);
}

static void random_asks_come_back(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };

	state = seed;
	printf("# seed %llu\n", (unsigned long long)seed);
	for (size_t i = 0; i < 20000; i++) {
		enum dcf_utm_form form = (enum dcf_utm_form)below(DCF_UTM_FORM_COUNT);
		struct dcf_utm_ask ask;

		dcf_arena_rewind(&arena);
		random_ask(&arena, form, &ask);
		check_round_trip(&ask, form, &arena, &doc, i);
	}
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

/* What a body makes, comes back too. */
static void bodies_come_back(void)
{
	static const char body[] =
		"{\"extents\":[{\"volume\":{\"outline_circle\":{\"center\":{\"lat\":47.4,\"lng\":8.5},\"radius\":{\"value\":0."
		"00003}},"
		"\"altitude_lower\":{\"value\":1.33333,\"reference\":\"W84\",\"units\":\"M\"},"
		"\"altitude_upper\":{\"value\":1e3,\"reference\":\"W84\",\"units\":\"M\"}},"
		"\"time_start\":{\"value\":\"2026-06-01T12:00:00.123456789Z\"},\"time_end\":{\"value\":\"9999-12-31T23:59:"
		"59Z\"}},"
		"{\"volume\":{\"outline_polygon\":{\"vertices\":[{\"lat\":0,\"lng\":180},{\"lat\":0,\"lng\":-179.9},{\"lat\":0."
		"1,\"lng\":-179.9}]},"
		"\"altitude_lower\":{\"value\":1,\"reference\":\"W84\",\"units\":\"M\"},"
		"\"altitude_upper\":{\"value\":1e3,\"reference\":\"W84\",\"units\":\"M\"}},"
		"\"time_start\":{\"value\":\"2026-06-01T12:00:00Z\"},\"time_end\":{\"value\":\"2026-06-01T13:00:00Z\"}}],"
		"\"uss_base_url\":\"https://uss1.example.com/\\u00e9\",\"state\":\"Accepted\",\"key\":[\"aaaaaaaaaaaaaaaa\"]}";
	struct reading r = { .doc = { .parser = NULL } };

	CHECK(read_body(&r, DCF_UTM_INTENT_PUT, (struct dcf_utm_rules){ .now_us = NOW_US }, DCF_SPAN(body)) == DCF_OK);
	CHECK(r.ask.extents.volume[0].footprint.radius_m == 0.0001);
	check_round_trip(&r.ask, DCF_UTM_INTENT_PUT, &r.arena, &r.doc, 0);
	end_reading(&r);
}

#define ONE(volume) "{\"ask\":{\"state\":\"Accepted\",\"extents\":[{" volume "}]}}"

static void damaged_records_are_refused(void)
{
	static const char *const bad[] = {
		"{}",
		"{\"ask\":1}",
		"{\"ask\":{}}",
		"{\"ask\":{\"state\":\"accepted\"}}",
		"{\"ask\":{\"state\":1}}",
		"{\"ask\":{\"state\":\"Accepted\",\"extents\":{}}}",
		"{\"ask\":{\"state\":\"Accepted\",\"extents\":[1]}}",
		ONE("\"end\":\"x\""),
		ONE("\"end\":1.5"),
		ONE("\"end\":\"-\""),
		ONE("\"end\":\"\""),
		ONE("\"end\":\"9223372036854775808\""),
		ONE("\"area\":\"7ff0000000000000\""),
		ONE("\"area\":\"3f\""),
		ONE("\"area\":\"3FF0000000000000\""),
		ONE("\"shape\":\"box\",\"points\":[1,2]"),
		ONE("\"shape\":\"polygon\""),
		ONE("\"shape\":\"polygon\",\"points\":[1,2,3,4]"),
		ONE("\"shape\":\"polygon\",\"points\":[1,2,3,4,5]"),
		ONE("\"shape\":\"line\",\"points\":[900000001,2]"),
		ONE("\"shape\":\"line\",\"points\":[1,1800000001]"),
		ONE("\"shape\":\"line\",\"points\":[1,2.5]"),
		ONE("\"shape\":\"circle\",\"points\":[1,2]"),
		ONE("\"shape\":\"circle\",\"points\":[1,2],\"radius\":30000000001"),
		ONE("\"shape\":\"circle\",\"points\":[1,2,3,4],\"radius\":1"),
		"{\"ask\":{\"state\":\"Accepted\",\"new\":1}}",
		"{\"ask\":{\"state\":\"Accepted\",\"url\":1}}",
		"{\"ask\":{\"state\":\"Accepted\",\"suffix\":\"94be9daf-0c39-4f35-8ab3-0123456789ab\"}}",
		"{\"ask\":{\"state\":\"Accepted\",\"subscription\":\"94be9daf\"}}",
	};
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct dcf_buf text = { .from = &heap };
		struct dcf_utm_ask ask;
		const char *why = "";

		dcf_buf_z(&text, bad[i]);
		CHECK_MSG(read_back(&text, &doc, DCF_UTM_INTENT_PUT, &arena, &ask, &why) == DCF_E_SYNTAX && *why, "%s: %s",
			  bad[i], why);
		dcf_buf_free(&text);
	}
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

/* --- texts ------------------------------------------------------------------------------------------------ */

static void ids_in_every_form(void)
{
	static const char canonical[] = "94be9daf-0c39-4f35-8ab3-0123456789ab";
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{ "94be9daf-0c39-4f35-8ab3-0123456789ab", true },
		{ "94BE9DAF-0C39-4F35-8AB3-0123456789AB", true },
		{ "94be9daf0c394f358ab30123456789ab", true },
		{ "{94be9daf-0c39-4f35-8ab3-0123456789ab}", true },
		{ "urn:uuid:94be9daf-0c39-4f35-8ab3-0123456789ab", true },
		{ "URN:UUID:94be9daf-0c39-4f35-8ab3-0123456789ab", true },
		{ "", false },
		{ "94be9daf", false },
		{ "94be9daf-0c39-4f35-8ab3-0123456789a", false },
		{ "94be9daf-0c39-4f35-8ab3-0123456789abc", false },
		{ "94be9daf-0c39-4f35-8ab3-0123456789ag", false },
		{ "94be9daf-0c39-4f35-8ab30-123456789ab", false },
		{ "94be9daf 0c39 4f35 8ab3 0123456789ab", false },
		{ "{94be9daf-0c39-4f35-8ab3-0123456789ab]", false },
		{ "{94be9daf0c394f358ab30123456789ab}", false },
		{ "urn:uuid:94be9daf0c394f358ab30123456789ab", false },
		{ "urn-uuid:94be9daf-0c39-4f35-8ab3-0123456789ab", false },
		{ "94be9daf-0c39-1f35-8ab3-0123456789ab", false }, /* version 1 */
		{ "94be9daf-0c39-7f35-8ab3-0123456789ab", false }, /* version 7 */
		{ "94be9daf-0c39-4f35-7ab3-0123456789ab", false }, /* NCS */
		{ "94be9daf-0c39-4f35-cab3-0123456789ab", false }, /* Microsoft */
		{ "00000000-0000-0000-0000-000000000000", false },
	};
	char out[DCF_UUID_TEXT];

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dcf_uuid id = { { 1 } };
		bool good = dcf_uuid_read(dcf_span_of(rows[i].text), 4, &id);

		CHECK_MSG(good == rows[i].good, "%s", rows[i].text);
		CHECK(good || id.b[0] == 1);
		if (!good)
			continue;
		dcf_uuid_write(&id, out);
		CHECK_MSG(memcmp(out, canonical, sizeof out) == 0, "%s: %.36s", rows[i].text, out);
	}
}

static void made_ids(void)
{
	uint8_t ones[16];
	struct dcf_uuid id, zero = { { 0 } }, seven;
	char text[DCF_UUID_TEXT];

	memset(ones, 0xff, sizeof ones);
	id = dcf_uuid_of_random(ones);
	dcf_uuid_write(&id, text);
	CHECK(memcmp(text, "ffffffff-ffff-4fff-bfff-ffffffffffff", sizeof text) == 0);
	CHECK(dcf_uuid_is_zero(&zero) && !dcf_uuid_is_zero(&id) && !dcf_uuid_is_zero(&dcf_utm_null_subscription));
	dcf_uuid_write(&dcf_utm_null_subscription, text);
	CHECK(memcmp(text, "00000000-0000-4000-8000-000000000000", sizeof text) == 0);
	CHECK(dcf_uuid_read((struct dcf_span){ text, sizeof text }, 4, &id) && dcf_uuid_eq(&id, &dcf_utm_null_subscription));
	CHECK(dcf_uuid_read(DCF_SPAN("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), 7, &seven));
	CHECK(dcf_uuid_time_us(&seven) == INT64_C(1645557742000000)); /* RFC 9562, appendix A.6: 2022-02-22T19:22:22Z */
	CHECK(!dcf_uuid_read(DCF_SPAN("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"), 4, &seven));
}

static void versions(void)
{
	static const struct {
		const char *text;
		int64_t ns;
	} rows[] = { { "0", 0 },   { "v", 31 },
		     { "10", 32 }, { "7vvvvvvvvvvvv", INT64_MAX },
		     { "V", 31 },  { "000000000000000v", 31 } };
	static const char *const bad[] = { "", "w", "-1", "1 ", "1.5", "8000000000000", "10000000000000", "\xc3\xa9" };
	char out[DCF_RID_VERSION_TEXT];
	int64_t ns = 7;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		CHECK_MSG(dcf_rid_version_read(dcf_span_of(rows[i].text), &ns), "%s", rows[i].text);
		CHECK_MSG(ns == rows[i].ns, "%s", rows[i].text);
	}
	ns = 7;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_MSG(!dcf_rid_version_read(dcf_span_of(bad[i]), &ns) && ns == 7, "%s", bad[i]);
	CHECK(!dcf_rid_version_read((struct dcf_span){ "1\0", 2 }, &ns));
	state = seed;
	for (int i = 0; i < 10000; i++) {
		int64_t v = (int64_t)(random64() >> (1 + below(63))), back = -1;
		size_t n = dcf_rid_version_write(v, out);

		CHECK(n >= 1 && n <= sizeof out && dcf_rid_version_read((struct dcf_span){ out, n }, &back) && back == v);
		CHECK(out[0] != '0' || n == 1);
	}
}

static void times_and_words(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_json j = { .out = &out };

	dcf_json_begin(&j, '[');
	dcf_utm_put_time(&j, NOW_US + 1, false);
	dcf_utm_put_time(&j, NOW_US, true);
	dcf_json_end(&j, ']');
	CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&out), DCF_SPAN("[{\"value\":\"2026-06-01T12:00:00.000001Z\",\"format\":"
							      "\"RFC3339\"},\"2026-06-01T12:00:00.000000Z\"]")),
		  "%.*s", (int)out.len, out.p);
	dcf_buf_free(&out);
	CHECK(strcmp(dcf_utm_state_name(DCF_UTM_NONCONFORMING), "Nonconforming") == 0 &&
	      strcmp(dcf_utm_availability_name(DCF_UTM_UNKNOWN), "Unknown") == 0);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10) | 1;
	return TAP_RUN(TAP(random_asks_come_back), TAP(bodies_come_back), TAP(damaged_records_are_refused),
		       TAP(ids_in_every_form), TAP(made_ids), TAP(versions), TAP(times_and_words));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of reading, each against something simpler than itself, and the limits that no input may pass. */
#include "format/csv.h"
#include "format/json.h"
#include "format/json_scan.h"
#include "read_fixture.h"
#include "sanitized.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static uint64_t random_state = 20150920;

static uint32_t random_below(uint32_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((random_state >> 33) % n);
}

/* --- where a value ends --------------------------------------------------------------------------- */

static void scan_in_pieces(const char *p, size_t n, size_t piece, struct dcf_scan *s, size_t *taken, enum dcf_scan_state *state)
{
	*s = (struct dcf_scan){ .max_depth = 20 };
	*taken = 0;
	do {
		size_t part = n - *taken < piece ? n - *taken : piece;

		*taken += dcf_scan_container(s, p + *taken, part, state);
	} while (*state == DCF_SCAN_MORE && *taken < n);
}

static void scanning_blocks_is_scanning_bytes(void)
{
	static const char bytes[] = "{}[]\"\\ab ,:{[]}";
	char text[400];

	for (int round = 0; round < 200000; round++) {
		size_t n = 1 + random_below(sizeof text), slow, fast;
		struct dcf_scan a = { .max_depth = 20 }, b;
		enum dcf_scan_state sa, sb;

		text[0] = "{["[random_below(2)];
		for (size_t i = 1; i < n; i++) {
			/* Now and then a long dull stretch, so that whole blocks are passed over. */
			text[i] = random_below(4) ? 'x' : bytes[random_below(sizeof bytes - 1)];
			if (random_below(3) == 0 && text[i] == '"')
				text[i] = 'y';
		}
		slow = dcf_scan_container_plain(&a, text, n, &sa);
		scan_in_pieces(text, n, 1 + random_below(300), &b, &fast, &sb);
		CHECK_MSG(sa == sb, "%.*s", (int)n, text);
		if (sa == DCF_SCAN_DEEP)
			continue;
		CHECK_MSG(slow == fast && a.children == b.children, "%.*s: %zu %zu", (int)n, text, slow, fast);
		for (uint32_t i = 0; i < a.children; i++)
			CHECK(a.child[i].from == b.child[i].from && a.child[i].to == b.child[i].to);
	}
}

static void finds_the_text_of_a_member(void)
{
	static const struct {
		const char *object, *text;
	} cases[] = {
		{ "{\"properties\":{\"a\":1}}", "{\"a\":1}" },
		{ " { \"x\" : {\"properties\":[]} , \"properties\" : {\"p\":{}} , \"y\":\"properties\"}", "{\"p\":{}}" },
		{ "{\"x\":[[[]]],\"b\":\"\\\"properties\\\":{}\",\"properties\"\n:\t[1] }", "[1]" },
		{ "{\"propertie\\u0073\":{}}", "" },
		{ "{\"properties\":null}", "" },
		{ "{}", "" },
		{ "{\"1\":[],\"2\":[],\"3\":[],\"4\":[],\"5\":[],\"6\":[],\"7\":[],\"8\":[],\"9\":[],\"properties\":{\"z\":0}}",
		  "{\"z\":0}" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dcf_span object = dcf_span_of(cases[i].object), got;
		struct dcf_scan scan = { .max_depth = 64 };
		enum dcf_scan_state state;
		size_t skip = object.p[0] == ' ';

		object = (struct dcf_span){ object.p + skip, object.len - skip };
		CHECK(dcf_scan_container(&scan, object.p, object.len, &state) == object.len && state == DCF_SCAN_DONE);
		got = dcf_scan_child(&scan, object, "properties");
		CHECK_MSG(dcf_span_eq(got, dcf_span_of(cases[i].text)), "%s: %.*s", cases[i].object, (int)got.len, got.p);
		got = dcf_scan_member(object, "properties");
		CHECK(dcf_span_eq(got, dcf_span_of(cases[i].text)) || dcf_span_eq(got, DCF_SPAN("null")));
	}
}

/* --- JSON ----------------------------------------------------------------------------------------- */

/* Parse with room behind the text, as dcf_jparse asks. */
static enum dcf_status parse(struct dcf_jdoc *doc, const char *p, size_t n)
{
	static char room[4096 + 64];
	const char *text;

	memcpy(room, p, n);
	memset(room + n, 0, 64);
	return dcf_jparse(doc, room, n, &text);
}

static const char *const seeds[] = {
	"{\"a\":[1,-2.5e3,true,false,null,\"x\\n\\u00e9\\ud83d\\ude00\"],\"b\":{\"c\":{}},\"d\":[]}",
	"[[[0,0.1,-0],[1E+2,1e-2]],\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\", {\"\":\"\"}]",
	"  {\"k\" : [ 1 , 2 ] }  ",
	"123",
	"\"\\\\\\\"\"",
};

/* Where simdjson says that a text is no JSON, the fault is found; where it parses, none is. */
static void faults_are_where_the_parser_fails(void)
{
	static const char bytes[] = "{}[]\",:0123.eE+-\\utrfn \n\x01\x80\xc3\xff";
	struct dcf_jdoc doc = { NULL, NULL, NULL };
	int bad = 0;

	{
		struct dcf_jfault fault = { 1, NULL };

		/* A body that never came has no place. */
		CHECK(dcf_jfault((struct dcf_span){ NULL, 0 }, &fault) && fault.at == 0 && fault.expected);
	}
	for (int round = 0; round < 300000; round++) {
		char text[256];
		const char *seed = seeds[random_below(sizeof seeds / sizeof *seeds)];
		size_t n = strlen(seed);
		struct dcf_jfault fault = { 0, NULL };
		enum dcf_status s;
		bool found;

		memcpy(text, seed, n);
		for (uint32_t k = random_below(4); k > 0; k--) {
			size_t at = random_below((uint32_t)n);

			switch (random_below(3)) {
			case 0:
				text[at] = bytes[random_below(sizeof bytes - 1)];
				break;
			case 1:
				memmove(text + at, text + at + 1, n - at - 1);
				n--;
				break;
			default:
				memmove(text + at + 1, text + at, n - at);
				text[at] = bytes[random_below(sizeof bytes - 1)];
				n++;
			}
		}
		s = parse(&doc, text, n);
		found = dcf_jfault((struct dcf_span){ text, n }, &fault);
		if (s == DCF_E_RANGE)
			/* Either a number too large, or one that is none. */
			continue;
		CHECK_MSG((s == DCF_OK) == !found, "%.*s: %s, %s at %zu", (int)n, text, dcf_status_text(s),
			  found ? fault.expected : "no fault", fault.at);
		CHECK(fault.at <= n);
		bad += s != DCF_OK;
	}
	CHECK(bad > 10000);
	dcf_jfree(&doc);
}

/* Members of one name are found, among few and many, at any depth; others are not. */
static void duplicates_are_found(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_jscratch scratch = { .from = &heap };
	struct dcf_jdoc doc = { NULL, NULL, NULL };

	for (int round = 0; round < 20000; round++) {
		struct dcf_buf text = { .from = &heap };
		uint32_t n = random_below(random_below(10) ? 12 : 150), range = random_below(2) ? 4 * n + 2 : 100 * n + 2;
		bool seen[16000] = { false }, twice = false;
		uint32_t last[16000], name_of[150];
		struct dcf_jval object;
		char member[12];
		struct dcf_span name;
		enum dcf_status s;

		dcf_buf_z(&text, "{\"p\":[[1.5,2.5],[3,4,{}],{\"q\":0}],\"deep\":[{\"x\":{");
		for (uint32_t i = 0; i < n; i++) {
			uint32_t k = random_below(range);

			twice = twice || seen[k];
			seen[k] = true;
			last[k] = i;
			name_of[i] = k;
			dcf_buf_z(&text, i ? ",\"" : "\"");
			dcf_buf_i64(&text, k);
			dcf_buf_z(&text, "\":");
			dcf_buf_i64(&text, i);
		}
		dcf_buf_z(&text, "}}]}");
		CHECK(parse(&doc, text.p, text.len) == DCF_OK);
		s = dcf_jduplicate(&doc, &scratch, &name);
		CHECK_MSG(s == (twice ? DCF_E_REFUSED : DCF_OK), "%.*s", (int)text.len, text.p);
		/* Of several the last counts, where that is wanted. */
		CHECK(dcf_jlast(&doc, &scratch) == DCF_OK);
		object = dcf_jget(dcf_jroot(&doc), "deep");
		object = dcf_jget((struct dcf_jval){ object.doc, object.at + 1 }, "x");
		for (uint32_t i = 0; i < n; i++) {
			double value = -1;

			(void)snprintf(member, sizeof member, "%u", name_of[i]);
			CHECK(dcf_jdouble(dcf_jget(object, member), &value) && value == (double)last[name_of[i]]);
		}
		dcf_buf_free(&text);
	}
	dcf_jscratch_free(&scratch);
	dcf_jfree(&doc);
}

/* --- decimals ------------------------------------------------------------------------------------- */

static void decimals_are_exact(void)
{
	static const struct {
		const char *text;
		int scale;
		bool ok;
		int64_t value;
	} cases[] = {
		{ "0", 0, true, 0 },
		{ "-0.0", 3, true, 0 },
		{ "46.679232", 7, true, 466792320 },
		{ "46.67923205", 7, true, 466792321 },
		{ "-46.67923205", 7, true, -466792321 },
		{ "46.679232049999", 7, true, 466792320 },
		{ "1533099600", 6, true, 1533099600000000 },
		{ "1.5330996e9", 6, true, 1533099600000000 },
		{ "15330996E+2", 6, true, 1533099600000000 },
		{ "1e-3", 3, true, 1 },
		{ "4e-4", 3, true, 0 },
		{ "5e-4", 3, true, 1 },
		{ " +12.5 ", 1, true, 125 },
		{ ".5", 1, true, 5 },
		{ "5.", 1, true, 50 },
		{ "9000000000000000000", 0, true, 9000000000000000000 },
		{ "9000000000000000001e1", 0, false, 0 },
		{ "1e19", 0, false, 0 },
		{ "1e400000000000000", 0, false, 0 },
		{ "0e400000000000000", 0, true, 0 },
		{ "1e-400000000000000", 9, true, 0 },
		{ "123456789012345678901234567890e-20", 0, true, 1234567890 },
		{ "0.000000000000000000000000001", 9, true, 0 },
		{ "", 0, false, 0 },
		{ "-", 0, false, 0 },
		{ ".", 0, false, 0 },
		{ "1e", 0, false, 0 },
		{ "1e+", 0, false, 0 },
		{ "1x", 0, false, 0 },
		{ "0x10", 0, false, 0 },
		{ "nan", 0, false, 0 },
		{ "inf", 0, false, 0 },
		{ "1 2", 0, false, 0 },
		{ "--1", 0, false, 0 },
		{ "1,5", 0, false, 0 },
		{ "1.2.3", 0, false, 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t v = 0;
		bool ok = dcf_decimal(dcf_span_of(cases[i].text), cases[i].scale, &v);

		CHECK_MSG(ok == cases[i].ok && (!ok || v == cases[i].value), "\"%s\": %d %lld", cases[i].text, ok,
			  (long long)v);
	}
}

/* --- inputs without end --------------------------------------------------------------------------- */

/* `head`, then `body` again and again up to `total` bytes. */
struct endless {
	const char *head, *body;
	uint64_t at, total;
};

static int64_t endless_read(void *ctx, void *to, size_t n)
{
	struct endless *e = ctx;
	size_t head = strlen(e->head), body = strlen(e->body), done = 0;
	char *out = to;

	while (done < n && e->at < e->total) {
		if (e->at < head) {
			out[done++] = e->head[e->at++];
		} else {
			size_t from = (size_t)((e->at - head) % body), k = body - from;

			if (k > n - done)
				k = n - done;
			memcpy(out + done, e->body + from, k);
			done += k;
			e->at += k;
		}
	}
	return (int64_t)done;
}

static struct dcf_span block_of(char *room, size_t size, const char *unit)
{
	size_t n = strlen(unit), len = size / n * n;

	for (size_t i = 0; i < len; i++)
		room[i] = unit[i % n];
	room[len] = '\0';
	return (struct dcf_span){ room, len };
}

/* Ten gigabytes of each: refused, soon, in bounded memory. */
static void endless_inputs_are_refused(void)
{
	static const struct {
		const char *head, *unit;
		enum dcf_status status;
		uint64_t most_read;
	} cases[] = {
		{ "", "[", DCF_E_LIMIT, 1 << 20 },
		{ "", "{\"a\":", DCF_E_LIMIT, 1 << 20 },
		{ "{\"type\":\"FeatureCollection\",\"features\":[", "[", DCF_E_LIMIT, 1 << 20 },
		{ "{\"type\":\"FeatureCollection\",\"features\":[", "{\"a\":", DCF_E_LIMIT, 1 << 20 },
		{ "\"", "a", DCF_E_LIMIT, 1 << 22 },
		{ "{\"a\":\"", "a", DCF_E_LIMIT, 1 << 28 },
		{ "{\"", "\\\\", DCF_E_LIMIT, 1 << 28 },
		{ "{\"a\":[", "1,", DCF_E_LIMIT, 1 << 28 },
		{ "{\"a\":", "1", DCF_E_LIMIT, 1 << 28 },
		{ "{\"a\":1", ",\"b\":1", DCF_E_LIMIT, 1 << 29 },
		{ "[", "{},", DCF_E_SYNTAX, 1 << 20 },
		{ "{\"type\":\"FeatureCollection\",\"features\":[7", ",7", DCF_E_LIMIT, 1 << 22 },
		{ "", "{\"type\":\"Feature\"}\n", DCF_E_LIMIT, 1 << 24 },
		{ "", "\x1e", DCF_E_SYNTAX, 1 << 28 },
		{ "", " ", DCF_E_SYNTAX, 1 << 28 },
		{ "", "x", DCF_E_LIMIT, 1 << 22 },
		{ "", "x,", DCF_E_LIMIT, 1 << 22 },
		{ "t_unix_s,icao24,lat_deg,lon_deg,baro_alt_ft\n", "0,a,1,2,x\n", DCF_E_LIMIT, 1 << 28 },
		{ "", "\x1e{", DCF_E_LIMIT, 1 << 28 },
		{ "", "\x1e{\"type\":\"Feature\"}", DCF_E_LIMIT, 1 << 24 },
		{ "{\"type\":\"Feature\"\n{", "\"", DCF_E_LIMIT, 1 << 28 },
		{ "\x1e[", "[", DCF_E_LIMIT, 1 << 28 },
		{ "\x1e{\"a\":\"", "a", DCF_E_LIMIT, 1 << 28 },
		{ "t_unix_s,icao24,lat_deg,lon_deg,baro_alt_ft\n\"", "x", DCF_E_LIMIT, 1 << 22 },
	};
	static char room[65536 + 1];

	/* Each line of these leaves a quoted field open, or a record: none may cost more than itself. */
	static const char *const heads[] = { "t_unix_s,icao24,lat_deg,lon_deg,baro_alt_ft\n", "{\"type\":\"Feature\"}\n" };
	static const char *const lines[] = { "x\"y,\"\n", "{\"a\":[\"\n" };

	for (size_t i = 0; i < 2; i++) {
		struct dcf_alloc heap = dcf_alloc_heap();
		struct endless e = { heads[i], block_of(room, sizeof room - 1, lines[i]).p, 0, 4000000 };
		struct dcf_source source = { endless_read, &e };
		struct dcf_read_options options = { DCF_SPAN("open"), DCF_SPAN("X") };
		struct dcf_plan plan;

		dcf_plan_init(&plan, &heap);
		CHECK(dcf_read_plan(&plan, &options, &source) == DCF_OK);
		CHECK_MSG(plan.remark_count > DCF_READ_LISTED_MAX && plan.remark_count < DCF_READ_LISTED_MAX + 10, "%zu",
			  plan.remark_count);
		dcf_plan_free(&plan);
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct failing_heap h = { 0, 0, 0, 0 };
		struct dcf_alloc a = failing_heap(&h);

		/* A quarter of a gigabyte takes seconds under sanitizers: of those, some. */
		if (DCF_SANITIZED && cases[i].most_read >= 1 << 28 && i % 4)
			continue;
		/* What has no limit but its end gets an earlier one. */
		uint64_t total = cases[i].status == DCF_E_LIMIT ? 10000000000u : 100000000u;
		struct endless e = { cases[i].head, block_of(room, sizeof room - 1, cases[i].unit).p, 0, total };
		struct dcf_source source = { endless_read, &e };
		struct dcf_read_options options = { DCF_SPAN("endless"), DCF_SPAN("X") };
		struct dcf_plan plan;
		enum dcf_status s;

		dcf_plan_init(&plan, &a);
		s = dcf_read_plan(&plan, &options, &source);
		CHECK_MSG(s == cases[i].status, "%s%s: %s", cases[i].head, cases[i].unit, dcf_status_text(s));
		CHECK_MSG(e.at <= cases[i].most_read, "%s%s: %llu bytes read", cases[i].head, cases[i].unit,
			  (unsigned long long)e.at);
		CHECK_MSG(h.most < 300000000, "%s%s: %lld bytes taken", cases[i].head, cases[i].unit, (long long)h.most);
		CHECK(plan.remark_count == 1 && plan.feature_count == 0);
		dcf_plan_free(&plan);
		CHECK(h.in_use == 0);
	}
}

/* A gzip bomb unpacks to no more than the limit of what is in it. */
static void a_bomb_is_refused(void)
{
	size_t n = (size_t)200 << 20, packed_len;
	char *zeros = malloc(n), *packed;
	struct failing_heap h = { 0, 0, 0, 0 };
	struct dcf_alloc a = failing_heap(&h);
	struct memory_source m = { NULL, 0, 0, 0, SIZE_MAX };
	struct dcf_source source;
	struct dcf_read_options options = { DCF_SPAN("bomb.gz"), DCF_SPAN("") };
	struct dcf_plan plan;

	memset(zeros, 'x', n);
	memcpy(zeros, "{\"a\":\"", 6);
	packed = gzipped(zeros, n, &packed_len);
	free(zeros);
	m.p = packed;
	m.len = packed_len;
	source = memory_source(&m);
	dcf_plan_init(&plan, &a);
	CHECK(packed != NULL && packed_len < 1 << 20);
	CHECK(dcf_read_plan(&plan, &options, &source) == DCF_E_LIMIT);
	CHECK_MSG(h.most < 300000000, "%lld", (long long)h.most);
	dcf_plan_free(&plan);
	free(packed);
}

/* --- gzip cut anywhere ---------------------------------------------------------------------------- */

static const char small[] =
	"{\"type\":\"FeatureCollection\",\"deconflict\":1,\"features\":[{\"type\":\"Feature\",\"id\":\"A\",\"geometry\":"
	"{\"type\":\"Point\",\"coordinates\":[1.5,2.5]},\"properties\":{\"party\":\"P\",\"shape\":\"circle\",\"radius\":{"
	"\"value\":1,"
	"\"unit\":\"km\"},\"lower\":{\"value\":1,\"unit\":\"ft\",\"ref\":\"MSL\"},\"upper\":{\"value\":2,\"unit\":\"ft\","
	"\"ref\":\"MSL\"},"
	"\"start\":\"2020-01-01T00:00:00Z\",\"end\":\"2020-01-01T01:00:00Z\"}}]}";

static enum dcf_status read_into(struct dcf_plan *plan, const char *name, const char *p, size_t n)
{
	struct memory_source m = { p, n, 0, 0, SIZE_MAX };
	struct dcf_source source = memory_source(&m);
	struct dcf_read_options options = { dcf_span_of(name), DCF_SPAN("") };

	return dcf_read_plan(plan, &options, &source);
}

static void cut_gzip_is_refused(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	size_t n;
	char *packed = gzipped(small, sizeof small - 1, &n);
	struct dcf_plan plan;

	for (size_t cut = 0; cut <= n; cut++) {
		dcf_plan_init(&plan, &heap);
		CHECK((read_into(&plan, "a.gz", packed, cut) == DCF_OK) == (cut == n));
		CHECK(plan.feature_count == (cut == n));
		dcf_plan_free(&plan);
	}
	for (size_t i = 10; i < n; i++) {
		packed[i] ^= 0x10;
		dcf_plan_init(&plan, &heap);
		/* The checksum sees any change of what was packed. */
		CHECK_MSG(read_into(&plan, "a.gz", packed, n) != DCF_OK, "byte %zu", i);
		dcf_plan_free(&plan);
		packed[i] ^= 0x10;
	}
	free(packed);
}

/* The same for JSON: no proper beginning of it is an input. */
static void cut_json_is_refused(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_plan plan;

	for (size_t cut = 0; cut < sizeof small - 1; cut++) {
		dcf_plan_init(&plan, &heap);
		CHECK(read_into(&plan, "a", small, cut) == DCF_E_SYNTAX);
		CHECK(plan.feature_count == 0 && plan.remark_count == 1);
		dcf_plan_free(&plan);
	}
}

/* --- several inputs ------------------------------------------------------------------------------- */

static const char other[] =
	"{\"type\":\"FeatureCollection\",\"deconflict\":1,\"title\":\"T\",\"atmosphere\":{\"qnh_hpa\":[1000,1010],\"geoid_"
	"height_m\":20},"
	"\"agreement\":{\"id\":\"x\",\"separation\":[{\"lateral\":{\"value\":1,\"unit\":\"km\"}}],\"notice_min\":5},"
	"\"parties\":[{\"id\":\"P\",\"name\":\"party\",\"habitual_units\":{\"altitude\":\"m\"}}],\"places\":[{\"at\":[1,2]}],"
	"\"features\":[{\"type\":\"Feature\",\"id\":\"B\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1.5,2.5]},"
	"\"properties\":"
	"{\"operation\":\"A\",\"replaces\":\"Z\",\"party\":\"P\",\"shape\":\"circle\",\"radius\":{\"value\":1,\"unit\":\"km\"},"
	"\"lower\":"
	"{\"value\":1,\"unit\":\"ft\",\"ref\":\"MSL\"},\"upper\":{\"value\":2,\"unit\":\"ft\",\"ref\":\"MSL\"},\"start\":"
	"\"2020-01-01T00:00:00Z\",\"end\":\"2020-01-01T01:00:00Z\"}}";

static void put_many_features(struct dcf_buf *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		dcf_buf_z(out, ",{\"type\":\"Feature\",\"id\":");
		dcf_buf_i64(out, (int64_t)i);
		dcf_buf_z(out, ",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]},\"properties\":{\"party\":\"P");
		dcf_buf_i64(out, (int64_t)i % 200);
		dcf_buf_z(out, "\",\"shape\":\"circle\",\"radius\":{\"value\":1,\"unit\":\"km\"},\"lower\":{\"value\":1,"
			       "\"unit\":\"ft\","
			       "\"ref\":\"MSL\"},\"upper\":{\"value\":2,\"unit\":\"ft\",\"ref\":\"MSL\"},\"start\":"
			       "\"2020-01-01T00:00:00Z\",\"end\":\"2020-01-01T01:00:00Z\"}}");
	}
}

/* An input that breaks at its end leaves the plan as it was, whatever it had declared by then; and what is read afterwards is
 * what it would have been. */
static void a_broken_input_is_taken_back(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf broken = { .from = &heap }, whole = { .from = &heap }, before = { .from = &heap },
		       after = { .from = &heap };
	struct dcf_plan plan;

	dcf_buf_z(&broken, other);
	put_many_features(&broken, 1000);
	dcf_buf_span(&whole, dcf_buf_as_span(&broken));
	dcf_buf_z(&broken, "],\"deconflict\":2}");
	dcf_buf_z(&whole, "]}");
	dcf_plan_init(&plan, &heap);
	CHECK(read_into(&plan, "a", small, sizeof small - 1) == DCF_OK);
	dump_plan(&before, &plan);
	for (int i = 0; i < 3; i++) {
		CHECK(read_into(&plan, "b", broken.p, broken.len) == DCF_E_SYNTAX);
		CHECK(plan.remark_count == 1 && plan.remarks[0].refused);
		plan.remark_count = 0;
		after.len = 0;
		dump_plan(&after, &plan);
		CHECK(dcf_span_eq(dcf_buf_as_span(&before), dcf_buf_as_span(&after)));
		CHECK(plan.atmosphere.qnh_hpa[0] == 950 && !plan.atmosphere.qnh_given);
	}
	CHECK(read_into(&plan, "b", whole.p, whole.len) == DCF_OK);
	after.len = 0;
	dump_plan(&after, &plan);
	dcf_plan_free(&plan);
	dcf_plan_init(&plan, &heap);
	before.len = 0;
	CHECK(read_into(&plan, "a", small, sizeof small - 1) == DCF_OK);
	CHECK(read_into(&plan, "b", whole.p, whole.len) == DCF_OK);
	dump_plan(&before, &plan);
	CHECK(dcf_span_eq(dcf_buf_as_span(&before), dcf_buf_as_span(&after)));
	CHECK(plan.operation_count == 1001 && plan.parties[0].in_feet == false);
	CHECK(plan.atmosphere.qnh_hpa[0] == 1000 && plan.agreement.separation_count == 1 && plan.agreement.notice_count == 1);
	/* The same agreement from another file adds nothing. */
	CHECK(read_into(&plan, "c", whole.p, whole.len) == DCF_OK);
	CHECK(plan.agreement.separation_count == 1 && plan.agreement.notice_count == 1);
	dcf_plan_free(&plan);
	dcf_buf_free(&broken);
	dcf_buf_free(&whole);
	dcf_buf_free(&before);
	dcf_buf_free(&after);
}

/* Memory follows the longest feature, not their number: beside the plan itself the same for ten and for ten thousand. */
static void a_sequence_takes_constant_memory(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	int64_t beside[2];

	for (int round = 0; round < 2; round++) {
		struct failing_heap h = { 0, 0, 0, 0 };
		struct dcf_alloc a = failing_heap(&h);
		struct dcf_buf text = { .from = &heap };
		struct dcf_plan plan;
		size_t n = round ? 20000 : 10;

		put_many_features(&text, n);
		for (size_t i = 0; i < text.len; i++)
			if (text.p[i] == ',' && text.len - i > 8 && memcmp(text.p + i, ",{\"type\":\"Fe", 12) == 0)
				text.p[i] = '\n';
		dcf_plan_init(&plan, &a);
		CHECK(read_into(&plan, "s", text.p, text.len) == DCF_OK);
		CHECK(plan.feature_count == n);
		beside[round] = h.most - h.in_use;
		dcf_plan_free(&plan);
		dcf_buf_free(&text);
	}
	/* The window is one size; growing the plan's arrays may take a second copy for a moment. */
	CHECK_MSG(beside[1] < beside[0] + 65536, "%lld %lld", (long long)beside[0], (long long)beside[1]);
}

/* --- what is broken costs itself alone ------------------------------------------------------------ */

static const char one_feature[] =
	"\"geometry\":{\"type\":\"Point\",\"coordinates\":[1.5,2.5]},\"properties\":{\"party\":\"P\",\"shape\":\"circle\","
	"\"radius\":{\"value\":1,\"unit\":\"km\"},\"lower\":{\"value\":1,\"unit\":\"ft\",\"ref\":\"MSL\"},\"upper\":{"
	"\"value\":2,\"unit\":\"ft\",\"ref\":\"MSL\"},\"start\":\"2020-01-01T00:00:00Z\",\"end\":"
	"\"2020-01-01T01:00:00Z\"}}";

static void put_record(struct dcf_buf *out, const char *before, const char *id, size_t len)
{
	size_t from = out->len;

	dcf_buf_z(out, before);
	dcf_buf_z(out, "{\"type\":\"Feature\",\"id\":\"");
	dcf_buf_z(out, id);
	dcf_buf_z(out, "\",");
	dcf_buf_z(out, one_feature);
	if (len < out->len - from)
		out->len = from + len;
	dcf_buf_char(out, '\n');
}

/* A sequence of which one record is cut after any of its bytes: that one is refused, with its line, and the others are what
 * they are without it. */
static void a_cut_record_costs_itself_alone(void)
{
	static const char *const starts[] = { "\x1e", "" };
	struct dcf_alloc heap = dcf_alloc_heap();

	for (size_t kind = 0; kind < 2; kind++) {
		size_t whole = strlen(starts[kind]) + sizeof one_feature - 1 + strlen("{'type':'Feature','id':'B',");

		for (size_t at = 0; at < 3; at++) {
			/* Of a first line the beginning must say that it is a feature: lines are known by that. */
			size_t least = kind == 1 && at == 0 ? strlen("{'type':'Feature'") : strlen(starts[kind]) + 1;

			for (size_t cut = least; cut < whole; cut++) {
				struct dcf_buf text = { .from = &heap };
				struct dcf_plan plan;
				char where[20];

				for (size_t i = 0; i < 3; i++)
					put_record(&text, starts[kind],
						   i == 0   ? "A"
						   : i == 1 ? "B"
							    : "C",
						   i == at ? cut : SIZE_MAX);
				dcf_plan_init(&plan, &heap);
				CHECK(read_into(&plan, "s", text.p, text.len) == DCF_OK);
				CHECK_MSG(plan.feature_count == 2 && plan.operation_count == 2,
					  "%zu of record %zu: %zu features", cut, at, plan.feature_count);
				for (size_t i = 0; i < plan.feature_count; i++)
					CHECK(plan.features[i].id.p[0] == "ABC"[i + (i >= at)]);
				CHECK(plan.remark_count == 2 && plan.remarks[0].refused && !plan.remarks[1].refused);
				snprintf(where, sizeof where, "s:%zu:", at + 1);
				CHECK_MSG(plan.remarks[0].where.len > strlen(where) &&
						  memcmp(plan.remarks[0].where.p, where, strlen(where)) == 0,
					  "%.*s", (int)plan.remarks[0].where.len, plan.remarks[0].where.p);
				dcf_plan_free(&plan);
				dcf_buf_free(&text);
			}
		}
	}
}

/* The same for rows: any byte of one row becomes any of these, and the other aircraft is what it was. */
static void a_broken_row_costs_itself_alone(void)
{
	static const char head[] = "t_unix_s,icao24,lat_deg,lon_deg,baro_alt_ft,note\n0,a,47,8,35000,\n";
	static const char row[] = "9,\"b\",47,8,35000,\n", tail[] = "10,a,47.1,8,35000,x\n20,a,47.2,8,35000,\n";
	static const char bytes[] = "\",x\n.-";
	struct dcf_alloc heap = dcf_alloc_heap();
	char text[300];
	size_t broken = 0;

	for (size_t at = 0; at < sizeof row - 1; at++) {
		for (size_t b = 0; b < sizeof bytes - 1; b++) {
			struct memory_source m;
			struct dcf_source source;
			struct dcf_read_options options = { DCF_SPAN("r"), DCF_SPAN("P") };
			struct dcf_plan plan;
			uint32_t o;

			snprintf(text, sizeof text, "%s%s%s", head, row, tail);
			text[sizeof head - 1 + at] = bytes[b];
			/* Joined rows are one row, and broken. */
			if (row[at] == '\n' && bytes[b] != '\n')
				continue;
			m = (struct memory_source){ text, strlen(text), 0, 0, SIZE_MAX };
			source = memory_source(&m);
			dcf_plan_init(&plan, &heap);
			CHECK(dcf_read_plan(&plan, &options, &source) == DCF_OK);
			o = dcf_plan_find_operation(&plan, 0, DCF_SPAN("a-1"));
			CHECK_MSG(o != DCF_NONE && plan.feature_count >= 1, "%s", text);
			for (size_t i = 0; i < plan.feature_count; i++)
				if (plan.features[i].operation == o)
					CHECK_MSG(plan.features[i].point_count >= 3, "%s", text);
			for (size_t i = 0; i < plan.remark_count; i++)
				broken += plan.remarks[i].refused;
			dcf_plan_free(&plan);
		}
	}
	CHECK_MSG(broken > 30, "%zu", broken);
}

/* Many of a kind are told by a number. */
static void many_refusals_are_counted(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf text = { .from = &heap };
	struct dcf_read_options options = { DCF_SPAN("r"), DCF_SPAN("P") };
	struct memory_source m;
	struct dcf_source source;
	struct dcf_plan plan;
	const struct dcf_remark *last;

	dcf_buf_z(&text, "t_unix_s,icao24,lat_deg,lon_deg,baro_alt_ft\n0,a,1,2,3\n");
	for (int i = 0; i < 1000000; i++)
		dcf_buf_z(&text, i % 2 ? "1,a,91,2,3\n" : "1,a,1,2\n");
	dcf_buf_z(&text, "1,a,1,2,high\n2,a,1,2,3\n");
	m = (struct memory_source){ text.p, text.len, 0, 0, SIZE_MAX };
	source = memory_source(&m);
	dcf_plan_init(&plan, &heap);
	CHECK(dcf_read_plan(&plan, &options, &source) == DCF_OK);
	CHECK(plan.feature_count == 1 && plan.features[0].point_count == 2);
	CHECK_MSG(plan.remark_count == 2 * DCF_READ_LISTED_MAX + 3, "%zu", plan.remark_count);
	last = &plan.remarks[plan.remark_count - 1];
	CHECK_MSG(last->refused &&
			  dcf_span_eq(last->text, DCF_SPAN("499900 more rows refused like the first 100: expected a "
							   "latitude from -90 to 90")) &&
			  dcf_span_eq(last->where, DCF_SPAN("r:204-1000002")),
		  "%.*s: %.*s", (int)last->where.len, last->where.p, (int)last->text.len, last->text.p);
	CHECK(last->more == 499899);
	dcf_plan_free(&plan);
	dcf_buf_free(&text);
}

/* Members that are not known, of declarations without end, are not gathered without end. */
static void unknown_members_are_bounded(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf text = { .from = &heap };
	struct dcf_plan plan;
	size_t warned = 0;

	for (int i = 0; i < 3000; i++) {
		dcf_buf_z(&text, "{\"type\":\"FeatureCollection\",\"deconflict\":1,\"features\":[],\"m");
		dcf_buf_i64(&text, i);
		dcf_buf_z(&text, "\":\"a member that nobody knows\"}\n");
	}
	dcf_plan_init(&plan, &heap);
	CHECK(read_into(&plan, "s", text.p, text.len) == DCF_OK);
	CHECK_MSG(plan.others.len > 10000 && plan.others.len <= 16384, "%zu", plan.others.len);
	for (size_t i = 0; i < plan.remark_count; i++)
		warned += !plan.remarks[i].refused;
	CHECK_MSG(warned == 1, "%zu", warned);
	dcf_plan_free(&plan);
	dcf_buf_free(&text);
}

/* --- a source that fails -------------------------------------------------------------------------- */

static int64_t read_until_broken(void *ctx, void *to, size_t n)
{
	struct memory_source *m = ctx;
	size_t k = m->len - m->at < n ? m->len - m->at : n;

	memcpy(to, m->p + m->at, k);
	m->at += k;
	return k ? (int64_t)k : -(int64_t)m->fail_at;
}

/* What the system said is told: of plain bytes and of packed ones. */
static void a_failed_read_names_its_cause(void)
{
	static const struct {
		size_t why; /* 1: none is known */
		const char *text;
	} cases[] = { { 5 /* EIO */, "reading failed: Input/output error" }, { 1, "reading failed" } };
	struct dcf_alloc heap = dcf_alloc_heap();
	size_t packed_len;
	char *packed = gzipped(small, sizeof small - 1, &packed_len);

	for (size_t i = 0; i < 2; i++) {
		for (size_t gzip = 0; gzip < 2; gzip++) {
			struct memory_source m = { gzip ? packed : small, gzip ? packed_len - 9 : sizeof small - 9, 0, 0,
						   cases[i].why };
			struct dcf_source source = { read_until_broken, &m };
			struct dcf_read_options options = { DCF_SPAN("r"), DCF_SPAN("P") };
			struct dcf_plan plan;

			dcf_plan_init(&plan, &heap);
			CHECK(dcf_read_plan(&plan, &options, &source) == DCF_E_IO);
			CHECK_MSG(plan.remark_count == 1 && dcf_span_eq(plan.remarks[0].text, dcf_span_of(cases[i].text)),
				  "%.*s", (int)plan.remarks[0].text.len, plan.remarks[0].text.p);
			dcf_plan_free(&plan);
		}
	}
	free(packed);
}

/* A row of exactly 1 MiB with its line end is read, one byte more refused, in whatever pieces they come. */
static void a_row_has_one_longest_length(void)
{
	static const char head[] = "t_unix_s,icao24,lat_deg,lon_deg,baro_alt_ft,x\n1,a,47,8,100,";
	static const size_t pieces[] = { 0, 1000, 65536, 1 << 20 };
	size_t before = sizeof head - 1, row = (size_t)(strchr(head, '\n') + 1 - head), len = row + (1 << 20);
	char *p = malloc(len + 1);

	for (size_t more = 0; more < 2; more++) {
		memcpy(p, head, before);
		memset(p + before, 'x', len + more - before);
		p[len + more - 1] = '\n';
		for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
			struct dcf_alloc heap = dcf_alloc_heap();
			struct memory_source m = { p, len + more, 0, pieces[i], SIZE_MAX };
			struct dcf_source source = memory_source(&m);
			struct dcf_read_options options = { DCF_SPAN("long"), DCF_SPAN("X") };
			struct dcf_plan plan;
			enum dcf_status s;

			dcf_plan_init(&plan, &heap);
			s = dcf_read_plan(&plan, &options, &source);
			CHECK_MSG(s == (more ? DCF_E_LIMIT : DCF_OK), "%zu more in pieces of %zu: %s", more, pieces[i],
				  dcf_status_text(s));
			dcf_plan_free(&plan);
		}
	}
	free(p);
}

int main(void)
{
	return TAP_RUN(TAP(scanning_blocks_is_scanning_bytes), TAP(finds_the_text_of_a_member),
		       TAP(faults_are_where_the_parser_fails), TAP(duplicates_are_found), TAP(decimals_are_exact),
		       TAP(endless_inputs_are_refused), TAP(a_bomb_is_refused), TAP(cut_gzip_is_refused),
		       TAP(cut_json_is_refused), TAP(a_broken_input_is_taken_back), TAP(a_sequence_takes_constant_memory),
		       TAP(a_row_has_one_longest_length), TAP(a_cut_record_costs_itself_alone),
		       TAP(a_broken_row_costs_itself_alone), TAP(many_refusals_are_counted), TAP(unknown_members_are_bounded),
		       TAP(a_failed_read_names_its_cause));
}

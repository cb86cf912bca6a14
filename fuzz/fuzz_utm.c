/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_utm.c - what clients of the exchange send: bodies of all forms, areas of searches; and asks in the record.
 *
 * The first byte says which form and how it is read.  Beside not crashing: what is taken has shapes that the kernel takes, a
 * hull that holds its volumes, and comes back from the record to the same text; what is refused has a status and a sentence. */
#include "base/json_writer.h"
#include "core/shape.h"
#include "format/feed.h"
#include "format/utm.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dcf_alloc heap;

/* Stay a failure in release builds too. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_fault(enum dcf_status s, const struct dcf_utm_fault *fault)
{
	size_t n = strnlen(fault->text, sizeof fault->text);

	if (s == DCF_OK) {
		must(fault->status == 0 && n == 0);
		return;
	}
	must(s == DCF_E_REFUSED && (fault->status == 400 || fault->status == 413) && n > 0 && n < sizeof fault->text);
	for (size_t i = 0; i < n; i++)
		must(fault->text[i] >= 0x20 && fault->text[i] < 0x7f);
}

static void check_volume(const struct dcf_utm_volume *v, const struct dcf_utm_extents *e)
{
	struct dcf_arena arena = { .from = &heap };
	struct dcf_base base;
	const char *why;

	must(v->lower_e4 <= v->upper_e4 && v->start_us >= e->start_us && v->end_us <= e->end_us && v->lower_e4 >= e->lower_e4 &&
	     v->upper_e4 <= e->upper_e4);
	must(v->area_m2 >= 0 && v->area_m2 <= DCF_UTM_AREA_MAX_M2);
	if (v->footprint.shape == DCF_SHAPE_COUNT)
		return;
	must(v->footprint.shape == DCF_POLYGON  ? v->footprint.point_count >= 3
	     : v->footprint.shape == DCF_CIRCLE ? v->footprint.radius_m > 0 && v->footprint.radius_m <= DCF_UTM_RADIUS_MAX_M
						: true);
	must(dcf_base_build(&v->footprint, 0, &arena, &base, &why) == DCF_OK);
	dcf_arena_free(&arena);
}

static void put(struct dcf_buf *out, enum dcf_utm_form form, const struct dcf_utm_ask *ask)
{
	struct dcf_json j = { .out = out };

	dcf_json_begin(&j, '{');
	dcf_utm_ask_put(&j, form, ask);
	dcf_json_end(&j, '}');
	must(!out->failed);
}

static enum dcf_status read_back(struct dcf_span text, enum dcf_utm_form form, struct dcf_jdoc *doc, struct dcf_arena *arena,
				 struct dcf_utm_ask *ask)
{
	char *copy = dcf_arena_get(arena, text.len + DCF_FEED_SLACK);
	const char *why = "";
	enum dcf_status s;

	must(copy != NULL);
	if (text.len)
		memcpy(copy, text.p, text.len);
	memset(copy + text.len, 0, DCF_FEED_SLACK);
	s = dcf_jparse(doc, copy, text.len, &why);
	if (s == DCF_OK)
		s = dcf_utm_ask_read_back(dcf_jroot(doc), form, arena, ask, &why);
	must(s == DCF_OK || s == DCF_E_RANGE || (s == DCF_E_SYNTAX && *why));
	return s;
}

/* What stands in the record, comes back and goes in again, is the same text. */
static void check_record(enum dcf_utm_form form, const struct dcf_utm_ask *ask)
{
	struct dcf_buf text = { .from = &heap }, again = { .from = &heap };
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };
	struct dcf_utm_ask back;

	put(&text, form, ask);
	must(read_back(dcf_buf_as_span(&text), form, &doc, &arena, &back) == DCF_OK);
	must(back.extents.start_us == ask->extents.start_us && back.extents.upper_e4 == ask->extents.upper_e4);
	put(&again, form, &back);
	must(dcf_span_eq(dcf_buf_as_span(&text), dcf_buf_as_span(&again)));
	dcf_buf_free(&text);
	dcf_buf_free(&again);
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

static void read_body(struct dcf_span body, enum dcf_utm_form form, unsigned flags)
{
	struct dcf_utm_rules rules = { .now_us = INT64_C(1780315200000000), .update = flags & 1, .allow_http = flags & 2 };
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };
	struct dcf_utm_fault fault;
	struct dcf_utm_ask ask;
	enum dcf_status s = dcf_utm_ask_read(body, form, &rules, &doc, &arena, &ask, &fault);

	check_fault(s, &fault);
	if (s == DCF_OK) {
		for (uint32_t i = 0; i < ask.extents.count; i++)
			check_volume(&ask.extents.volume[i], &ask.extents);
		for (size_t i = 1; i < ask.key_count; i++)
			must(dcf_span_cmp(ask.key[i - 1], ask.key[i]) < 0);
		check_record(form, &ask);
	}
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

static void read_area(struct dcf_span area)
{
	struct dcf_arena arena = { .from = &heap };
	struct dcf_utm_extents extents;
	struct dcf_utm_fault fault;
	enum dcf_status s = dcf_utm_area_read(area, &arena, &extents, &fault);

	check_fault(s, &fault);
	if (s == DCF_OK)
		check_volume(&extents.volume[0], &extents);
	dcf_arena_free(&arena);
}

static void read_record(struct dcf_span text, enum dcf_utm_form form)
{
	struct dcf_arena arena = { .from = &heap };
	struct dcf_jdoc doc = { .parser = NULL };
	struct dcf_utm_ask ask;

	if (read_back(text, form, &doc, &arena, &ask) == DCF_OK)
		check_record(form, &ask);
	dcf_arena_free(&arena);
	dcf_jfree(&doc);
}

static void read_texts(struct dcf_span text)
{
	char out[DCF_UUID_TEXT], version[DCF_RID_VERSION_TEXT];
	struct dcf_uuid id, again;
	int64_t ns, back;

	if (dcf_uuid_read(text, 4, &id)) {
		dcf_uuid_write(&id, out);
		must(dcf_uuid_read((struct dcf_span){ out, sizeof out }, 4, &again) && dcf_uuid_eq(&id, &again));
	}
	if (dcf_rid_version_read(text, &ns)) {
		must(ns >= 0 && dcf_rid_version_read((struct dcf_span){ version, dcf_rid_version_write(ns, version) }, &back) &&
		     ns == back);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dcf_span rest = { (const char *)data + 1, size - 1 };

	if (size < 1)
		return 0;
	heap = dcf_alloc_heap();
	switch (data[0] & 15) {
	case DCF_UTM_FORM_COUNT:
		read_area(rest);
		break;
	case DCF_UTM_FORM_COUNT + 1:
		read_record(rest, DCF_UTM_INTENT_PUT);
		break;
	case DCF_UTM_FORM_COUNT + 2:
		read_record(rest, DCF_UTM_AVAILABILITY_PUT);
		break;
	case DCF_UTM_FORM_COUNT + 3:
		read_texts(rest);
		break;
	default:
		if ((data[0] & 15) < DCF_UTM_FORM_COUNT)
			read_body(rest, (enum dcf_utm_form)(data[0] & 15), data[0] >> 4);
	}
	return 0;
}

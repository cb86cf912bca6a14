/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h - bodies read with everything around them. */
#ifndef DCF_TEST_UTM_FIXTURE_H
#define DCF_TEST_UTM_FIXTURE_H

#include "format/utm.h"
#include "tap.h"

/* 2026-06-01T12:00:00Z */
#define NOW_US INT64_C(1780315200000000)

/* Zero-initialise; of one body after the other. */
struct reading {
	struct dcf_alloc heap;
	struct dcf_jdoc doc;
	struct dcf_arena arena;
	struct dcf_utm_ask ask;
	struct dcf_utm_fault fault;
};

static inline enum dcf_status read_body(struct reading *r, enum dcf_utm_form form, struct dcf_utm_rules rules,
					struct dcf_span body)
{
	r->heap = dcf_alloc_heap();
	r->arena.from = &r->heap;
	dcf_arena_rewind(&r->arena);
	return dcf_utm_ask_read(body, form, &rules, &r->doc, &r->arena, &r->ask, &r->fault);
}

static inline void end_reading(struct reading *r)
{
	dcf_arena_free(&r->arena);
	dcf_jfree(&r->doc);
}

#endif

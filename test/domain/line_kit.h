/* SPDX-License-Identifier: Apache-2.0 */
/* line_kit.h - what the tests of messages and objects share: numbers that repeat, memory that runs out, JSON from a literal. */
#ifndef DCF_TEST_LINE_KIT_H
#define DCF_TEST_LINE_KIT_H

#include "base/buf.h"
#include "format/json.h"

#include <stdlib.h>

static inline uint64_t kit_draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Memory that fails from its nth allocation on, and counts what is held. */
struct kit_memory {
	size_t left; /* allocations that still work */
	size_t held; /* blocks */
	bool failed;
};

static inline void *kit_resize(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct kit_memory *m = ctx;
	void *q;

	(void)old_size;
	if (new_size == 0) {
		m->held -= p != NULL;
		free(p);
		return NULL;
	}
	if (m->left == 0) {
		m->failed = true;
		return NULL;
	}
	m->left--;
	q = realloc(p, new_size);
	m->held += !p && q;
	return q;
}

static inline struct dcf_alloc kit_alloc(struct kit_memory *m)
{
	return (struct dcf_alloc){ kit_resize, m };
}

/* A text in a document; the copy lives until kit_free. */
struct kit_json {
	struct dcf_jdoc doc;
	char *copy;
};

static inline bool kit_parse(struct kit_json *k, struct dcf_span text)
{
	const char *why;

	free(k->copy);
	k->copy = calloc(1, text.len + 64);
	if (!k->copy)
		return false;
	if (text.len)
		memcpy(k->copy, text.p, text.len);
	return dcf_jparse(&k->doc, k->copy, text.len, &why) == DCF_OK;
}

static inline void kit_free(struct kit_json *k)
{
	dcf_jfree(&k->doc);
	free(k->copy);
	*k = (struct kit_json){ .copy = NULL };
}

#endif

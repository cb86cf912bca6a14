/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_config.c - INI files, and lines of a command and an environment ('a' and 'e' as the first byte: items with NULs between
 * them).
 *
 * Beside not crashing: a refusal says why, and what was taken is shown as a file that means the same. */
#include "node/config.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

enum { ITEMS = 32 };

/* Texts with a NUL behind each, in a block that the caller frees. */
static char *items_of(const uint8_t *data, size_t size, char **items, int *count)
{
	char *block = malloc(size + 1), *p = block;

	must(block != NULL);
	memcpy(block, data, size);
	block[size] = '\0';
	for (*count = 0; *count < ITEMS && p < block + size; p += strlen(p) + 1)
		items[(*count)++] = p;
	items[*count] = NULL;
	return block;
}

static enum dcf_status take(struct dcf_config *c, const uint8_t *data, size_t size, struct dcf_node_error *err)
{
	char *items[ITEMS + 2] = { "serve" }, *block;
	enum dcf_status s;
	int count;

	if (data[0] == 'a') {
		block = items_of(data + 1, size - 1, items + 1, &count);
		s = dcf_config_arguments(c, count + 1, items, err);
	} else if (data[0] == 'e') {
		block = items_of(data + 1, size - 1, items, &count);
		s = dcf_config_environment(c, items, err);
	} else {
		return dcf_config_text(c, (struct dcf_span){ (const char *)data + 1, size - 1 }, "fuzz.ini", err);
	}
	free(block);
	return s;
}

/* Values of a command line may hold what a file cannot: a comment's sign, blanks at the ends, more than a line. */
static bool fits_a_file(const uint8_t *data, size_t size)
{
	for (size_t i = 1; i < size; i++)
		if (data[i] == ';' || data[i] == ' ' || data[i] == '\t')
			return false;
	return size < 100;
}

static void shown_means_the_same(const struct dcf_alloc *a, const struct dcf_config *c)
{
	struct dcf_buf shown = { .from = a }, again = { .from = a };
	struct dcf_node_error err;
	struct dcf_config d;

	dcf_config_put(c, &shown);
	dcf_config_init(&d, a);
	must(dcf_config_text(&d, dcf_buf_as_span(&shown), "shown", &err) == DCF_OK);
	memset(d.place, 0, sizeof d.place);
	for (size_t i = 0; i < sizeof d.place; i++)
		d.place[i] = c->place[i];
	dcf_config_put(&d, &again);
	must(dcf_span_eq(dcf_buf_as_span(&shown), dcf_buf_as_span(&again)));
	dcf_buf_free(&shown);
	dcf_buf_free(&again);
	dcf_config_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_node_error err = { 0 };
	struct dcf_config c;
	enum dcf_status s;

	if (size == 0)
		return 0;
	dcf_config_init(&c, &heap);
	s = take(&c, data, size, &err);
	must(s == DCF_OK || err.text[0]);
	if (s == DCF_OK) {
		err.text[0] = '\0';
		must(dcf_config_check(&c, &err) == DCF_OK || err.text[0]);
		if (fits_a_file(data, size))
			shown_means_the_same(&heap, &c);
	}
	dcf_config_free(&c);
	return 0;
}

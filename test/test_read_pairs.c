/* SPDX-License-Identifier: Apache-2.0 */
/* Every test/read/NAME.in is read, and the plan it makes compared with NAME.ok: features, rules, refusals and warnings.
 * NAME.party holds what --party says.  Adding a case is adding files; `test_read_pairs DIR --write` writes the .ok of those
 * that have none.
 *
 * Each input is also read in pieces of 1, 2, 3, 7 and 61 bytes, with its end against an unmapped page, packed by gzip, and with
 * every allocation failing in turn: the plan must be the same, or be left as it was. */
#include "read_fixture.h"
#include "tap.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *folder;
static bool write_missing;

struct input {
	char name[128]; /* with .in */
	char *p;
	size_t len;
	char party[64];
	char *ok;
	size_t ok_len;
};

static struct input inputs[512];
static size_t input_count;

static char *load(const char *stem, const char *ending, size_t *len)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s%s", folder, stem, ending);
	return slurp(path, len);
}

static void save_ok(const char *stem, struct dcf_span text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s.ok", folder, stem);
	f = fopen(path, "wb");
	if (f) {
		fwrite(text.p, 1, text.len, f);
		fclose(f);
	}
}

/* Read and dump; the status stands in the first line. */
static void read_and_dump(const struct input *in, struct memory_source *m, const struct dcf_alloc *a, struct dcf_buf *out)
{
	struct dcf_read_options options = { dcf_span_of(in->name), dcf_span_of(in->party) };
	struct dcf_source source = memory_source(m);
	struct dcf_plan plan;
	enum dcf_status s;

	dcf_plan_init(&plan, a);
	s = dcf_read_plan(&plan, &options, &source);
	if (s == DCF_OK)
		s = dcf_read_finish(&plan);
	dcf_buf_z(out, dcf_status_text(s));
	dcf_buf_char(out, '\n');
	dump_plan(out, &plan);
	dcf_plan_free(&plan);
}

static struct memory_source whole(const struct input *in)
{
	return (struct memory_source){ in->p, in->len, 0, 0, SIZE_MAX };
}

static bool same_as_ok(const struct input *in, const struct dcf_buf *out)
{
	return in->ok && dcf_span_eq(dcf_buf_as_span(out), (struct dcf_span){ in->ok, in->ok_len });
}

/* The first line that differs, for the report. */
static void show_difference(const struct input *in, const struct dcf_buf *out)
{
	size_t i = 0, line = 0;

	while (i < out->len && in->ok && i < in->ok_len && out->p[i] == in->ok[i]) {
		i++;
		line = i && out->p[i - 1] == '\n' ? i : line;
	}
	printf("# %s: found    %.*s\n", in->name, (int)strcspn(out->p + line, "\n"), out->p + line);
	if (in->ok && line < in->ok_len)
		printf("# %s: expected %.*s\n", in->name, (int)strcspn(in->ok + line, "\n"), in->ok + line);
}

static void compare(struct memory_source m, const char *how)
{
	struct dcf_alloc heap = dcf_alloc_heap();

	for (size_t i = 0; i < input_count; i++) {
		struct dcf_buf out = { .from = &heap };
		struct memory_source mine = m;

		mine.p = inputs[i].p;
		mine.len = inputs[i].len;
		read_and_dump(&inputs[i], &mine, &heap, &out);
		dcf_buf_char(&out, '\0');
		out.len--;
		if (!inputs[i].ok && write_missing) {
			char stem[128];

			snprintf(stem, sizeof stem, "%.*s", (int)(strlen(inputs[i].name) - 3), inputs[i].name);
			save_ok(stem, dcf_buf_as_span(&out));
		} else if (!same_as_ok(&inputs[i], &out)) {
			CHECK_MSG(false, "%s %s", inputs[i].name, how);
			show_difference(&inputs[i], &out);
		}
		dcf_buf_free(&out);
	}
}

static void reads_as_expected(void)
{
	CHECK(input_count > 0);
	compare((struct memory_source){ .fail_at = SIZE_MAX }, "whole");
}

static void reads_the_same_in_pieces(void)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 61 };

	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		compare((struct memory_source){ .piece = pieces[i], .fail_at = SIZE_MAX }, "in pieces");
}

static void reads_nothing_behind_its_end(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < input_count; i++) {
		size_t size = (inputs[i].len + page - 1) / page * page;
		char *p = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		struct memory_source m = whole(&inputs[i]);
		struct dcf_buf out = { .from = &heap };

		if (p == MAP_FAILED || mprotect(p + size, page, PROT_NONE) != 0) {
			CHECK_MSG(false, "no guard page");
			return;
		}
		m.p = memcpy(p + size - inputs[i].len, inputs[i].p, inputs[i].len);
		read_and_dump(&inputs[i], &m, &heap, &out);
		CHECK_MSG(same_as_ok(&inputs[i], &out), "%s", inputs[i].name);
		dcf_buf_free(&out);
		munmap(p, size + page);
	}
}

static void reads_the_same_packed(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();

	for (size_t i = 0; i < input_count; i++) {
		struct dcf_buf out = { .from = &heap };
		struct memory_source m = whole(&inputs[i]);
		char *packed;

		if (inputs[i].len >= 2 && (unsigned char)inputs[i].p[0] == 0x1f)
			continue;
		packed = gzipped(inputs[i].p, inputs[i].len, &m.len);
		m.p = packed;
		read_and_dump(&inputs[i], &m, &heap, &out);
		CHECK_MSG(same_as_ok(&inputs[i], &out), "%s", inputs[i].name);
		dcf_buf_free(&out);
		free(packed);
	}
}

/* A plan that holds another input already must be just as before, whatever allocation fails. */
static size_t read_failing(const struct input *first, const struct input *in, size_t fail_at, struct dcf_buf *before,
			   struct dcf_buf *after, enum dcf_status *s)
{
	struct failing_heap h = { 0, 0, 0, 0 };
	struct dcf_alloc a = failing_heap(&h);
	struct memory_source m = whole(first);
	struct dcf_source source = memory_source(&m);
	struct dcf_read_options options = { dcf_span_of(first->name), dcf_span_of(first->party) };
	struct dcf_plan plan;
	size_t calls;

	dcf_plan_init(&plan, &a);
	*s = dcf_read_plan(&plan, &options, &source);
	dump_plan(before, &plan);
	m = whole(in);
	options = (struct dcf_read_options){ dcf_span_of(in->name), dcf_span_of(in->party) };
	calls = h.calls;
	h.fail_at = fail_at ? calls + fail_at : 0;
	*s = dcf_read_plan(&plan, &options, &source);
	calls = h.calls - calls;
	dump_plan(after, &plan);
	dcf_plan_free(&plan);
	CHECK_MSG(h.in_use == 0, "%s: %lld bytes left at failure %zu", in->name, (long long)h.in_use, fail_at);
	return calls;
}

static const struct input *find_input(const char *name)
{
	for (size_t i = 0; i < input_count; i++)
		if (strcmp(inputs[i].name, name) == 0)
			return &inputs[i];
	return NULL;
}

/* simdjson takes its memory from the C++ heap, which this cannot make fail. */
static void survives_every_failed_allocation(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	const struct input *first = find_input("collection.in");
	size_t failures = 0;

	CHECK(first != NULL);
	for (size_t i = 0; first && i < input_count; i++) {
		struct dcf_buf before = { .from = &heap }, after = { .from = &heap };
		enum dcf_status s;
		size_t calls = read_failing(first, &inputs[i], 0, &before, &after, &s);

		for (size_t k = 1; k <= calls; k++) {
			before.len = after.len = 0;
			(void)read_failing(first, &inputs[i], k, &before, &after, &s);
			CHECK_MSG(s == DCF_E_NOMEM, "%s: %s at allocation %zu", inputs[i].name, dcf_status_text(s), k);
			CHECK_MSG(dcf_span_eq(dcf_buf_as_span(&before), dcf_buf_as_span(&after)),
				  "%s: allocation %zu changed the plan", inputs[i].name, k);
			failures++;
		}
		dcf_buf_free(&before);
		dcf_buf_free(&after);
	}
	printf("# %zu failures injected\n", failures);
}

/* The same for a source that fails at each byte: refused with an I/O error, and nothing contributed. */
static void contributes_nothing_when_the_source_fails(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();

	for (size_t i = 0; i < input_count; i++) {
		for (size_t at = 0; at < inputs[i].len; at += 1 + inputs[i].len / 50) {
			struct memory_source m = { inputs[i].p, inputs[i].len, 0, 64, at };
			struct dcf_source source = memory_source(&m);
			struct dcf_read_options options = { dcf_span_of(inputs[i].name), dcf_span_of(inputs[i].party) };
			struct dcf_plan plan;
			enum dcf_status s;

			dcf_plan_init(&plan, &heap);
			s = dcf_read_plan(&plan, &options, &source);
			CHECK_MSG(s != DCF_OK && s != DCF_E_NOMEM, "%s: ok without byte %zu", inputs[i].name, at);
			CHECK(plan.party_count == 0 && plan.operation_count == 0 && plan.feature_count == 0 &&
			      plan.place_count == 0);
			CHECK(plan.remark_count == 1 && plan.remarks[0].refused);
			CHECK(plan.agreement.separation_count == 0 && !plan.atmosphere_seen);
			dcf_plan_free(&plan);
		}
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct input *)a)->name, ((const struct input *)b)->name);
}

static void load_inputs(void)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		struct input *in = &inputs[input_count];
		size_t n = strlen(e->d_name), party_len;
		char stem[128], *party;

		if (n < 4 || n > 100 || strcmp(e->d_name + n - 3, ".in") != 0 || input_count == 512)
			continue;
		snprintf(in->name, sizeof in->name, "%s", e->d_name);
		snprintf(stem, sizeof stem, "%.*s", (int)(n - 3), e->d_name);
		in->p = load(stem, ".in", &in->len);
		in->ok = load(stem, ".ok", &in->ok_len);
		party = load(stem, ".party", &party_len);
		if (party)
			snprintf(in->party, sizeof in->party, "%.*s", (int)strcspn(party, "\n"), party);
		free(party);
		input_count += in->p != NULL;
	}
	if (d)
		closedir(d);
	qsort(inputs, input_count, sizeof *inputs, by_name);
}

static void free_inputs(void)
{
	for (size_t i = 0; i < input_count; i++) {
		free(inputs[i].p);
		free(inputs[i].ok);
	}
}

int main(int argc, char **argv)
{
	int failed;

	if (argc < 2) {
		fprintf(stderr, "usage: %s DIR [--write]\n", argv[0]);
		return 2;
	}
	folder = argv[1];
	write_missing = argc > 2 && strcmp(argv[2], "--write") == 0;
	load_inputs();
	if (write_missing) {
		reads_as_expected();
		return 0;
	}
	failed = TAP_RUN(TAP(reads_as_expected), TAP(reads_the_same_in_pieces), TAP(reads_nothing_behind_its_end),
			 TAP(reads_the_same_packed), TAP(survives_every_failed_allocation),
			 TAP(contributes_nothing_when_the_source_fails));
	free_inputs();
	return failed;
}

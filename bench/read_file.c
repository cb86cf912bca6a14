/* SPDX-License-Identifier: Apache-2.0 */
/* How fast an operations file is read, and how much memory that takes. */
#define _GNU_SOURCE /* mkstemp, malloc_trim, wait4 */
#include "bench/bench.h"

#include "format/read.h"
#include "format/write_geojson.h"
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct file {
	char path[64];
	size_t bytes;
};

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static enum dcf_status save(struct file *f, const struct dcf_buf *text)
{
	const char *tmp = getenv("TMPDIR");
	int n = snprintf(f->path, sizeof f->path, "%s/deconflict-bench-XXXXXX", tmp ? tmp : "/tmp");
	int fd = n > 0 && (size_t)n < sizeof f->path ? mkstemp(f->path) : -1;
	bool ok;

	if (fd < 0) {
		f->path[0] = '\0';
		return DCF_E_IO;
	}
	ok = write_all(fd, text->p, text->len);
	f->bytes = text->len;
	return close(fd) == 0 && ok ? DCF_OK : DCF_E_IO;
}

/* The workload as `convert` writes it. */
static enum dcf_status make_file(const struct dcf_bench_options *o, struct file *f, size_t *volumes)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_bench_spec spec = { o->n, o->seed };
	struct dcf_buf text = { .from = &heap };
	struct dcf_plan plan;
	enum dcf_status s;

	dcf_plan_init(&plan, &heap);
	s = dcf_bench_plan_a(&spec, &plan);
	if (s == DCF_OK)
		s = dcf_write_geojson(&plan, &text);
	*volumes = plan.feature_count;
	dcf_plan_free(&plan);
	if (s == DCF_OK)
		s = save(f, &text);
	dcf_buf_free(&text);
	return s;
}

static int64_t from_file(void *ctx, void *to, size_t n)
{
	return read(*(const int *)ctx, to, n);
}

/* Reads the file once; every volume must arrive and nothing be remarked. */
static enum dcf_status read_once(const struct file *f, size_t volumes)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	int fd = open(f->path, O_RDONLY);
	struct dcf_source source = { from_file, &fd };
	struct dcf_read_options options = { .name = DCF_SPAN("bench.geojson"), .party = DCF_SPAN("") };
	struct dcf_plan plan;
	enum dcf_status s;

	if (fd < 0)
		return DCF_E_IO;
	dcf_plan_init(&plan, &heap);
	s = dcf_read_plan(&plan, &options, &source);
	if (s == DCF_OK && plan.feature_count != volumes)
		s = DCF_E_REFUSED;
	dcf_plan_free(&plan);
	close(fd);
	return s;
}

/* The most memory that a process holds which only reads the file: a child, so that what this one holds
 * or held does not count. */
static enum dcf_status peak_of_reading(const struct file *f, size_t volumes, size_t *peak)
{
	struct rusage used;
	int status;
	pid_t child;

	malloc_trim(0);
	child = fork();
	if (child == 0)
		_exit(read_once(f, volumes) == DCF_OK ? 0 : 1);
	if (child < 0 || wait4(child, &status, 0, &used) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return DCF_E_IO;
	*peak = (size_t)used.ru_maxrss * 1024;
	return DCF_OK;
}

static enum dcf_status time_reading(const struct file *f, unsigned runs, struct dcf_bench_report *r)
{
	struct dcf_laps laps = { .count = 0 };
	enum dcf_status s;
	bool more;

	do {
		struct dcf_clock from = dcf_clock_now();

		s = read_once(f, r->volumes);
		more = dcf_laps_add(&laps, dcf_clock_since(from), 0, runs) && s == DCF_OK;
	} while (more);
	dcf_laps_medians(&laps, &r->reading);
	r->mb_s = (double)f->bytes / 1e6 / r->reading.wall_s;
	return s;
}

enum dcf_status dcf_bench_read(const struct dcf_bench_options *o, struct dcf_bench_report *r)
{
	struct file f = { .bytes = 0 };
	enum dcf_status s = make_file(o, &f, &r->volumes);

	r->what = "reading workload A from an operations file (in the page cache), plan made and freed";
	if (s == DCF_OK)
		s = peak_of_reading(&f, r->volumes, &r->peak_bytes);
	if (s == DCF_OK)
		s = time_reading(&f, o->runs, r);
	r->file_bytes = f.bytes;
	if (f.path[0])
		unlink(f.path);
	r->triad_gb_s = dcf_triad_gb_s(o->threads);
	return s;
}

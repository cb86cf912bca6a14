/* SPDX-License-Identifier: Apache-2.0 */
/* answers.c - the answer as JSON by every way there is, which must be the same bytes.
 *
 *     answers FILE...
 *
 * For each operations file: by index and by brute force, on one thread and on three (whose shares are done in
 * another order), with every set of vector instructions that this machine has.  Prints each answer once, so that the
 * output of differently compiled programs can be compared.  So with options for every conflict, with a whole plan, and with
 * what the exchange makes of its features.  Status 1 when two ways differ, 2 for bad files. */
#include "core/check.h"
#include "format/options_json.h"
#include "format/read.h"
#include "format/result_json.h"
#include "volumes.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static const struct dcf_alloc *heap;

struct crew {
	unsigned first, jobs;
	dcf_job_fn *job;
	void *arg;
};

enum { THREADS = 3 };

/* Every third job from the last one down. */
static void *work(void *p)
{
	const struct crew *c = p;

	for (unsigned k = c->jobs; k-- > 0;)
		if (k % THREADS == c->first)
			c->job(c->arg, k);
	return NULL;
}

static void on_threads(void *ctx, unsigned jobs, dcf_job_fn *job, void *arg)
{
	struct crew crew[THREADS];
	pthread_t thread[THREADS];
	bool started[THREADS] = { false };

	(void)ctx;
	for (unsigned i = 0; i < THREADS; i++) {
		crew[i] = (struct crew){ i, jobs, job, arg };
		started[i] = pthread_create(&thread[i], NULL, work, &crew[i]) == 0;
		if (!started[i])
			work(&crew[i]);
	}
	for (unsigned i = 0; i < THREADS; i++)
		if (started[i])
			pthread_join(thread[i], NULL);
}

static int64_t read_file(void *ctx, void *to, size_t n)
{
	return (int64_t)fread(to, 1, n, ctx);
}

static bool read_plan(const char *path, struct dcf_plan *plan)
{
	FILE *f = fopen(path, "rb");
	struct dcf_source source = { read_file, f };
	struct dcf_read_options options = { .name = DCF_SPAN("input"), .party = DCF_SPAN("") };
	enum dcf_status s;

	if (!f)
		return false;
	s = dcf_read_plan(plan, &options, &source);
	fclose(f);
	/* Malformed input has an answer too: that it was refused. */
	return (s == DCF_OK || s == DCF_E_SYNTAX) && dcf_read_finish(plan) == DCF_OK;
}

static bool put_options(const struct dcf_plan *plan, const struct dcf_check_options *options, const struct dcf_result *check,
			struct dcf_buf *out)
{
	const struct dcf_ask ask = dcf_ask_usual(plan);
	struct dcf_options_result found = { 0 };
	struct dcf_options_answer answer;
	bool ok = dcf_options_find(plan, options, check, &ask, DCF_NONE, heap, &found) == DCF_OK;

	if (ok) {
		answer = dcf_answer_of_options(plan, check, &found);
		dcf_options_json(&answer, "same", out);
	}
	dcf_options_free(&found);
	return ok;
}

static bool put_whole(const struct dcf_plan *plan, const struct dcf_check_options *options, const struct dcf_result *check,
		      struct dcf_buf *out)
{
	const struct dcf_whole_ask ask = { dcf_ask_usual(plan), 1, 200, 1 };
	struct dcf_whole_result whole = { 0 };
	struct dcf_arena arena = { .from = heap };
	struct dcf_options_answer answer;
	bool ok = dcf_whole_find(plan, options, check, &ask, heap, &whole) == DCF_OK &&
		  dcf_answer_of_whole(plan, check, &whole, 1, &arena, &answer) == DCF_OK;

	if (ok)
		dcf_options_json(&answer, "same", out);
	dcf_arena_free(&arena);
	dcf_whole_free(&whole);
	return ok;
}

static bool answer(const struct dcf_plan *plan, const struct dcf_check_options *options, struct dcf_buf *out)
{
	struct dcf_result r = { 0 };
	bool ok = dcf_check(plan, options, heap, &r) == DCF_OK;

	if (ok)
		dcf_result_json(plan, &r, NULL, "same", out);
	dcf_result_free(&r);
	return ok && !out->failed;
}

static bool ways_out(const struct dcf_plan *plan, const struct dcf_check_options *options, struct dcf_buf *out)
{
	struct dcf_result r = { 0 };
	bool ok = dcf_check(plan, options, heap, &r) == DCF_OK && put_options(plan, options, &r, out) &&
		  put_whole(plan, options, &r, out);

	dcf_result_free(&r);
	return ok && !out->failed;
}

/* Several ways; `first` holds the answer of the first one. */
static bool every_way(const char *path, const struct dcf_plan *plan, struct dcf_check_options o, struct dcf_buf *first)
{
	for (int way = 0; way < 4 * DCF_SIMD_COUNT; way++) {
		struct dcf_buf out = { .from = heap };
		bool same;

		o.engine = way & 1 ? DCF_ENGINE_BRUTE : DCF_ENGINE_INDEX;
		o.parallel =
			way & 2 ? (struct dcf_parallel){ .run = on_threads, .threads = THREADS } : (struct dcf_parallel){ 0 };
		o.simd = (enum dcf_simd)(way >> 2);
		if (!dcf_simd_available(o.simd))
			continue;
		if (!answer(plan, &o, &out)) {
			fprintf(stderr, "%s: way %d failed\n", path, way);
			return false;
		}
		if (way == 0) {
			*first = out;
			continue;
		}
		same = out.len == first->len && memcmp(out.p, first->p, out.len) == 0;
		dcf_buf_free(&out);
		if (!same) {
			fprintf(stderr, "%s: engine %d, variant %d, %s gives another answer\n", path, (int)o.engine,
				(int)o.simd, way & 2 ? "with threads" : "without threads");
			return false;
		}
	}
	return true;
}

/* Ways out by index on one thread, and by brute force on three: `first` takes them. */
static bool both_ways(const char *path, const struct dcf_plan *plan, struct dcf_check_options o, struct dcf_buf *first)
{
	struct dcf_buf one = { .from = heap }, other = { .from = heap };
	bool ok = ways_out(plan, &o, &one), same;

	o.engine = DCF_ENGINE_BRUTE;
	o.parallel = (struct dcf_parallel){ .run = on_threads, .threads = THREADS };
	ok = ok && ways_out(plan, &o, &other);
	same = ok && one.len == other.len && memcmp(one.p, other.p, one.len) == 0;
	if (!same)
		fprintf(stderr, "%s: ways out %s\n", path, ok ? "differ" : "failed");
	else
		dcf_buf_span(first, dcf_buf_as_span(&one));
	dcf_buf_free(&one);
	dcf_buf_free(&other);
	return same && !first->failed;
}

static int one_file(const char *path, int place)
{
	static const double lateral[] = { 0, 9260, 500, 185200 };
	static const int64_t vertical[] = { 0, 3048000, 1000, 30480000 };
	struct dcf_check_options o = { .lateral_m = lateral[place % 4],
				       .vertical_e4 = vertical[place / 4 % 4],
				       .max_dwell_us = place % 3 ? DCF_NO_LIMIT : 60000000,
				       .for_party = 0,
				       .only_operation = DCF_NONE };
	struct dcf_buf first = { .from = heap };
	struct dcf_plan plan;
	int status = 2;

	dcf_plan_init(&plan, heap);
	if (!read_plan(path, &plan)) {
		fprintf(stderr, "%s: cannot be read\n", path);
	} else {
		o.for_party = plan.party_count ? 0 : DCF_NONE;
		status = !every_way(path, &plan, o, &first) || !both_ways(path, &plan, o, &first) ||
			 !put_volumes(&plan, heap, &first);
	}
	if (status == 0)
		fwrite(first.p, 1, first.len, stdout);
	dcf_buf_free(&first);
	dcf_plan_free(&plan);
	return status;
}

int main(int argc, char **argv)
{
	struct dcf_alloc a = dcf_alloc_heap();
	int status = argc < 2 ? 2 : 0;

	heap = &a;
	for (int i = 1; i < argc && status == 0; i++)
		status = one_file(argv[i], i);
	return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Benchmark C: volumes of workload A that stand in a live index, and operations that come and go among them.  One piece of
 * work is what a declaration needs: ask exactly who is in conflict with a newcomer, insert it, remove another one that
 * stood, publish.  A second thread merges all the while; then a third one asks as well. */
#include "bench/live.h"

#include "bench/bench.h"
#include "bench/pairs.h"
#include "bench/random.h"
#include "bench/workload.h"
#include "core/live.h"
#include "core/search.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Newcomers wait outside; pieces of work a run and phase. */
enum { NEWCOMER_OF = 16, WORK_A_RUN = 40000, READER_MOST = 4000000 };

/* Of a piece of work: all of it, its question, the rest, and all of it in time of the processor. */
enum { WORK, ASK, CHANGE, CPU, TIMES };

struct airspace {
	const struct dcf_bench_options *options;
	struct dcf_plan plan;
	struct dcf_feature *features; /* operation by operation */
	struct dcf_live_op *ops;
	uint32_t *waiting; /* operations outside: a ring, filled by the tender and emptied by the writer */
	_Atomic uint64_t ring_in, ring_out;
	uint32_t *standing;
	bool *stands; /* by operation */
	size_t standing_count;
	struct dcf_live *live;
	atomic_bool stop;
	double *took[TIMES];
	double *read;
	size_t read_count;
	uint64_t hits, most_bytes;
};

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Of this thread. */
static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- making ---- */

static void on_release(void *ctx, struct dcf_live_op *op)
{
	struct airspace *w = ctx;
	uint64_t at = atomic_load_explicit(&w->ring_in, memory_order_relaxed);

	memset(&op->mark, 0, sizeof op->mark);
	w->waiting[at % w->plan.operation_count] = (uint32_t)(op - w->ops);
	atomic_store_explicit(&w->ring_in, at + 1, memory_order_release);
}

static bool take_waiting(struct airspace *w, uint32_t *o)
{
	uint64_t at = atomic_load_explicit(&w->ring_out, memory_order_relaxed);

	if (at == atomic_load_explicit(&w->ring_in, memory_order_acquire))
		return false;
	*o = w->waiting[at % w->plan.operation_count];
	atomic_store_explicit(&w->ring_out, at + 1, memory_order_relaxed);
	return true;
}

static enum dcf_status make_ops(struct airspace *w)
{
	size_t n = w->plan.operation_count;
	uint32_t *next = calloc(n + 1, sizeof *next);

	w->features = calloc(w->plan.feature_count, sizeof *w->features);
	w->ops = calloc(n, sizeof *w->ops);
	w->waiting = calloc(n, sizeof *w->waiting);
	w->standing = calloc(n, sizeof *w->standing);
	w->stands = calloc(n, sizeof *w->stands);
	if (!next || !w->features || !w->ops || !w->waiting || !w->standing || !w->stands) {
		free(next);
		return DCF_E_NOMEM;
	}
	for (size_t o = 0; o < n; o++) {
		next[o + 1] = next[o] + w->plan.operations[o].feature_count;
		w->ops[o].party = w->plan.operations[o].party;
		w->ops[o].feature_count = w->plan.operations[o].feature_count;
		w->ops[o].features = w->features + next[o];
	}
	for (size_t i = 0; i < w->plan.feature_count; i++)
		w->features[next[w->plan.features[i].operation]++] = w->plan.features[i];
	free(next);
	return DCF_OK;
}

static enum dcf_status load(struct airspace *w, struct dcf_live_figures *f)
{
	struct dcf_live_op **list = calloc(w->plan.operation_count, sizeof *list);
	unsigned threads = w->options->threads;
	struct dcf_parallel parallel = { dcf_bench_parallel, &threads, threads };
	struct dcf_live_stats stats;
	double from;
	enum dcf_status s;

	if (!list)
		return DCF_E_NOMEM;
	for (uint32_t o = 0; o < w->plan.operation_count; o++) {
		if (o % NEWCOMER_OF == NEWCOMER_OF - 1) {
			on_release(w, &w->ops[o]);
			continue;
		}
		f->standing_volumes += w->ops[o].feature_count;
		list[w->standing_count] = &w->ops[o];
		w->standing[w->standing_count++] = o;
		w->stands[o] = true;
	}
	f->standing_ops = w->standing_count;
	from = now_us();
	s = dcf_live_load(w->live, list, w->standing_count, &parallel);
	free(list);
	if (s != DCF_OK)
		return s;
	dcf_live_publish(w->live);
	f->load_s = (now_us() - from) / 1e6;
	dcf_live_stats(w->live, &stats);
	f->bytes_per_volume = (double)stats.bytes / (double)f->standing_volumes;
	return DCF_OK;
}

/* ---- are the answers right? ---- */

struct asking {
	struct airspace *w;
	struct dcf_pairs pairs;
	uint32_t asker;
};

static enum dcf_status add_pair(void *ctx, const struct dcf_live_hit *hit)
{
	struct asking *q = ctx;

	return dcf_pairs_add(&q->pairs, q->asker, (uint32_t)(hit->op - q->w->ops));
}

static struct dcf_live_probe probe_of(const struct airspace *w, uint32_t o)
{
	return (struct dcf_live_probe){ .party = w->ops[o].party,
					.feature_count = w->ops[o].feature_count,
					.features = w->ops[o].features };
}

/* Every pair of standing operations, by asking about each. */
static enum dcf_status ask_all(struct airspace *w, struct dcf_pairs_sum *sum)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_live_scratch scratch = { .from = &heap };
	struct asking q = { w, { .from = &heap }, 0 };
	struct dcf_live_view view;
	enum dcf_status s = dcf_live_enter(w->live, &view);

	if (s != DCF_OK)
		return s;
	for (size_t i = 0; i < w->standing_count && s == DCF_OK; i++) {
		struct dcf_live_probe probe = probe_of(w, w->standing[i]);

		q.asker = w->standing[i];
		s = dcf_live_meet(w->live, &view, &probe, &scratch, add_pair, &q);
	}
	dcf_live_leave(w->live, &view);
	dcf_pairs_unique(&q.pairs);
	*sum = dcf_pairs_sum_of(&q.pairs);
	dcf_pairs_free(&q.pairs);
	dcf_live_scratch_free(&scratch);
	return s;
}

static enum dcf_status check_all(struct airspace *w, struct dcf_pairs_sum *sum)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	unsigned threads = w->options->threads;
	struct dcf_check_options o = { .max_dwell_us = DCF_NO_LIMIT,
				       .for_party = DCF_NONE,
				       .only_operation = DCF_NONE,
				       .parallel = { dcf_bench_parallel, &threads, threads } };
	struct dcf_candidates c = { .from = &heap };
	struct dcf_pairs pairs = { .from = &heap };
	enum dcf_status s = dcf_detect(&w->plan, &o, &c);

	for (size_t i = 0; i < c.count && s == DCF_OK; i++) {
		uint32_t a = w->plan.features[c.at[i].a].operation, b = w->plan.features[c.at[i].b].operation;

		if (w->stands[a] && w->stands[b])
			s = dcf_pairs_add(&pairs, a, b);
	}
	dcf_candidates_free(&c);
	dcf_pairs_unique(&pairs);
	*sum = dcf_pairs_sum_of(&pairs);
	dcf_pairs_free(&pairs);
	return s;
}

/* DCF_E_REFUSED when the index does not give the pairs that a check of all operations at once gives. */
static enum dcf_status compare(struct airspace *w, struct dcf_live_figures *f)
{
	struct dcf_pairs_sum asked = { 0, 0 }, checked = { 0, 0 };
	enum dcf_status s = ask_all(w, &asked);

	s = s == DCF_OK ? check_all(w, &checked) : s;
	f->pairs = asked.pairs;
	f->checksum = asked.checksum;
	return s == DCF_OK && (asked.pairs != checked.pairs || asked.checksum != checked.checksum) ? DCF_E_REFUSED : s;
}

/* ---- the threads ---- */

static void *tender(void *arg)
{
	struct airspace *w = arg;
	struct timespec pause = { 0, 300000 };

	while (!atomic_load(&w->stop)) {
		struct dcf_live_stats stats;

		dcf_live_tend(w->live);
		dcf_live_stats(w->live, &stats);
		w->most_bytes = stats.bytes > w->most_bytes ? stats.bytes : w->most_bytes;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static enum dcf_status count_hit(void *ctx, const struct dcf_live_hit *hit)
{
	(void)hit;
	++*(uint64_t *)ctx;
	return DCF_OK;
}

static void *reader(void *arg)
{
	struct airspace *w = arg;
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_live_scratch scratch = { .from = &heap };
	struct dcf_random r = dcf_random_of(w->options->seed, 'R', 0);
	uint64_t hits = 0;

	while (!atomic_load(&w->stop) && w->read_count < READER_MOST) {
		uint32_t o = (uint32_t)dcf_random_int(&r, 0, (int32_t)w->plan.operation_count - 1);
		struct dcf_live_probe probe = probe_of(w, o);
		double from = now_us();
		struct dcf_live_view view;

		if (dcf_live_enter(w->live, &view) != DCF_OK)
			break;
		if (dcf_live_meet(w->live, &view, &probe, &scratch, count_hit, &hits) != DCF_OK)
			break;
		dcf_live_leave(w->live, &view);
		w->read[w->read_count++] = now_us() - from;
	}
	dcf_live_scratch_free(&scratch);
	return NULL;
}

/* One piece of work: operation o comes, the one at `place` goes. */
static enum dcf_status work_once(struct airspace *w, uint32_t o, size_t place, struct dcf_live_scratch *scratch, size_t i)
{
	struct dcf_live_probe probe = probe_of(w, o);
	struct dcf_live_view view;
	double cpu = cpu_us(), from = now_us(), asked, done;
	enum dcf_status s = dcf_live_enter_writer(w->live, &view);

	if (s != DCF_OK)
		return s;
	s = dcf_live_meet(w->live, &view, &probe, scratch, count_hit, &w->hits);
	dcf_live_leave(w->live, &view);
	asked = now_us();
	s = s == DCF_OK ? dcf_live_insert(w->live, &w->ops[o]) : s;
	if (s != DCF_OK)
		return s;
	dcf_live_remove(w->live, &w->ops[w->standing[place]]);
	dcf_live_publish(w->live);
	done = now_us();
	w->stands[w->standing[place]] = false;
	w->stands[o] = true;
	w->standing[place] = o;
	w->took[WORK][i] = done - from;
	w->took[ASK][i] = asked - from;
	w->took[CHANGE][i] = done - asked;
	w->took[CPU][i] = cpu_us() - cpu;
	return DCF_OK;
}

static enum dcf_status work(struct airspace *w, size_t count, uint64_t stream)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_live_scratch scratch = { .from = &heap };
	struct dcf_random r = dcf_random_of(w->options->seed, 'C', (uint32_t)stream);
	enum dcf_status s = DCF_OK;

	for (size_t i = 0; i < count && s == DCF_OK; i++) {
		size_t place = (size_t)dcf_random_int(&r, 0, (int32_t)w->standing_count - 1);
		uint32_t o;

		while (!take_waiting(w, &o))
			nanosleep(&(struct timespec){ 0, 100000 }, NULL);
		s = work_once(w, o, place, &scratch, i);
	}
	dcf_live_scratch_free(&scratch);
	return s;
}

static struct dcf_live_times times_of(double *took, size_t n)
{
	struct dcf_live_times t = { .count = n };

	if (n == 0)
		return t;
	t.p50_us = dcf_percentile(took, n, 50);
	t.p99_us = dcf_percentile(took, n, 99);
	t.p999_us = dcf_percentile(took, n, 99.9);
	t.most_us = dcf_percentile(took, n, 100);
	return t;
}

/* One phase, with a reader or without. */
static enum dcf_status phase(struct airspace *w, bool reading, struct dcf_live_figures *f)
{
	size_t count = (size_t)w->options->runs * WORK_A_RUN;
	pthread_t tends, reads;
	enum dcf_status s = DCF_E_NOMEM;

	atomic_store(&w->stop, false);
	if (pthread_create(&tends, NULL, tender, w) != 0)
		return s;
	if (!reading || pthread_create(&reads, NULL, reader, w) == 0) {
		s = work(w, count, reading);
		atomic_store(&w->stop, true);
		if (reading)
			pthread_join(reads, NULL);
	}
	atomic_store(&w->stop, true);
	pthread_join(tends, NULL);
	if (s != DCF_OK)
		return s;
	if (reading) {
		f->beside = times_of(w->took[WORK], count);
		f->reader = times_of(w->read, w->read_count);
		return s;
	}
	f->work = times_of(w->took[WORK], count);
	f->work_cpu = times_of(w->took[CPU], count);
	f->ask = times_of(w->took[ASK], count);
	f->change = times_of(w->took[CHANGE], count);
	f->conflicts = (double)w->hits / (double)count;
	return s;
}

static enum dcf_status measure(struct airspace *w, struct dcf_live_figures *f)
{
	struct dcf_live_stats before, after;
	enum dcf_status s = load(w, f);

	s = s == DCF_OK ? compare(w, f) : s;
	dcf_live_stats(w->live, &before);
	s = s == DCF_OK ? phase(w, false, f) : s;
	dcf_live_stats(w->live, &after);
	f->merges = after.merges - before.merges;
	f->merged = after.merged - before.merged;
	s = s == DCF_OK ? phase(w, true, f) : s;
	/* and after all that came and went the answers are still those of a check */
	s = s == DCF_OK ? compare(w, f) : s;
	f->most_bytes_per_volume = (double)w->most_bytes / (double)f->standing_volumes;
	return s;
}

enum dcf_status dcf_bench_live(const struct dcf_bench_options *o, struct dcf_bench_report *r)
{
	static struct dcf_live_figures figures;
	static struct airspace w;
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_bench_spec spec = { o->n, o->seed };
	struct dcf_check_options question = { .max_dwell_us = DCF_NO_LIMIT, .for_party = DCF_NONE, .only_operation = DCF_NONE };
	enum dcf_status s;

	w.options = o;
	r->what = "volumes of workload A in a live index, operations that come and go";
	r->live = &figures;
	dcf_plan_init(&w.plan, &heap);
	s = dcf_bench_plan_a(&spec, &w.plan);
	r->volumes = w.plan.feature_count;
	s = s == DCF_OK ? make_ops(&w) : s;
	for (int k = 0; k < TIMES && s == DCF_OK; k++)
		if (!(w.took[k] = calloc((size_t)o->runs * WORK_A_RUN, sizeof *w.took[k])))
			s = DCF_E_NOMEM;
	if (s == DCF_OK && !(w.read = calloc(READER_MOST, sizeof *w.read)))
		s = DCF_E_NOMEM;
	s = s == DCF_OK ? dcf_live_new(&heap, &w.plan, &question, on_release, &w, &w.live) : s;
	s = s == DCF_OK ? measure(&w, &figures) : s;
	dcf_live_free(w.live);
	for (int k = 0; k < TIMES; k++)
		free(w.took[k]);
	free(w.read);
	free(w.features);
	free(w.ops);
	free(w.waiting);
	free(w.standing);
	free(w.stands);
	dcf_plan_free(&w.plan);
	return s;
}

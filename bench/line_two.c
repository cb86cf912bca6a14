/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE
#include "bench/line.h"
#include "bench/line_side.h"
#include "bench/server.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { HEARTBEAT_US = 1000000, PATIENCE_S = 120, UP_S = 60, WARM = 200 };

struct trial {
	int64_t *asked_us, *own_us, *came_us; /* by the notice's number, from 1 */
	uint64_t count;                       /* of numbers */
	uint64_t seen;                        /* the receiver's sequencer's own */
	_Atomic uint64_t came;
	_Atomic bool failed;
};

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void sleep_until(int64_t at_us)
{
	int64_t left = at_us - now_us(CLOCK_MONOTONIC);

	if (left > 0)
		usleep((useconds_t)left);
}

static void came(void *ctx, struct dcf_line_side *side)
{
	struct trial *t = ctx;
	uint64_t count = dcf_line_side_peer(side, 0).in.count;
	int64_t at_us = now_us(CLOCK_MONOTONIC);

	while (t->seen < count && t->seen < t->count)
		t->came_us[++t->seen] = at_us;
	atomic_store(&t->came, t->seen);
}

static void taken(void *ctx, uint64_t number, bool good)
{
	struct trial *t = ctx;

	t->own_us[number] = now_us(CLOCK_MONOTONIC);
	if (!good)
		atomic_store(&t->failed, true);
}

/* Notices number t->seen + 1.. at that rate; all of them arrived. */
static enum dcf_status send(struct trial *t, struct dcf_line_side *from, struct dcf_line_side *to, uint64_t first,
			    uint64_t count, unsigned rate)
{
	int64_t began_us = now_us(CLOCK_MONOTONIC), give_up_us;
	enum dcf_status s = DCF_OK;

	for (uint64_t i = 0; s == DCF_OK && i < count && !atomic_load(&t->failed); i++) {
		sleep_until(began_us + (int64_t)(i * 1000000 / rate));
		t->asked_us[first + i] = now_us(CLOCK_MONOTONIC);
		s = dcf_line_side_notify(from, to->party, first + i, taken, t);
	}
	give_up_us = now_us(CLOCK_MONOTONIC) + (int64_t)PATIENCE_S * 1000000;
	while (s == DCF_OK && atomic_load(&t->came) + 1 < first + count && !atomic_load(&t->failed) &&
	       now_us(CLOCK_MONOTONIC) < give_up_us)
		usleep(500);
	return s == DCF_OK && atomic_load(&t->came) + 1 != first + count ? DCF_E_IO : s;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Nearest rank, of numbers first.. on. */
static void shares(const int64_t *from_us, const int64_t *to_us, uint64_t first, uint64_t count, double *p50, double *p99,
		   double *most)
{
	double *v = malloc(count * sizeof *v);

	if (!v || count == 0) {
		free(v);
		return;
	}
	for (uint64_t i = 0; i < count; i++)
		v[i] = (double)(to_us[first + i] - from_us[first + i]);
	qsort(v, count, sizeof *v, by_size);
	*p50 = v[(count - 1) / 2];
	*p99 = v[(count * 99 + 99) / 100 - 1];
	*most = v[count - 1];
	free(v);
}

static enum dcf_status await_up(struct dcf_line_side *a)
{
	int64_t give_up_us = now_us(CLOCK_MONOTONIC) + (int64_t)UP_S * 1000000;
	struct dcf_line_live live = { .heard = false };

	while (now_us(CLOCK_MONOTONIC) < give_up_us) {
		if (dcf_line_link_live(a->link, 0, &live) && live.heard && live.technical == DCF_LINE_UP)
			return DCF_OK;
		usleep(1000);
	}
	fprintf(stderr, "deconflict: bench: line: the link does not come up: %s\n", live.trouble);
	return DCF_E_IO;
}

static enum dcf_status measure(struct trial *t, struct dcf_line_side *a, struct dcf_line_side *b, struct dcf_line_report *r)
{
	int64_t began_us, cpu_us;
	double most;
	enum dcf_status s = send(t, a, b, 1, WARM, r->rate);

	if (s != DCF_OK)
		return s;
	began_us = now_us(CLOCK_MONOTONIC);
	cpu_us = now_us(CLOCK_PROCESS_CPUTIME_ID);
	r->sent = t->count - WARM;
	s = send(t, a, b, WARM + 1, r->sent, r->rate);
	r->received = t->seen - WARM;
	r->took_s = (double)(now_us(CLOCK_MONOTONIC) - began_us) / 1e6;
	r->cpu_us = (double)(now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us) / (double)r->sent;
	if (s == DCF_OK) {
		shares(t->asked_us, t->came_us, WARM + 1, r->sent, &r->way_p50_us, &r->way_p99_us, &r->way_most_us);
		shares(t->asked_us, t->own_us, WARM + 1, r->sent, &r->own_p50_us, &r->own_p99_us, &most);
	}
	return s;
}

static enum dcf_status pin_both(struct dcf_line_side *a, struct dcf_line_side *b)
{
	enum dcf_status s = dcf_line_side_pin(a, b->party, &b->line_key.public_key, dcf_line_link_port(b->link));

	s = s == DCF_OK ? dcf_line_side_pin(b, a->party, &a->line_key.public_key, dcf_line_link_port(a->link)) : s;
	s = s == DCF_OK ? await_up(a) : s;
	return s == DCF_OK ? await_up(b) : s;
}

static void remove_folder(const char *folder)
{
	static const char *const names[] = { "record.sqlite3", "record.sqlite3-wal", "record.sqlite3-shm",
					     "record.sqlite3.lock" };
	char path[400];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	if (rmdir(folder) != 0)
		fprintf(stderr, "deconflict: bench: line: %s is left\n", folder);
}

static bool make_folders(char folder[2][300])
{
	const char *tmp = getenv("TMPDIR");

	for (int i = 0; i < 2; i++) {
		snprintf(folder[i], 300, "%.200s/deconflict-line-XXXXXX", tmp && *tmp ? tmp : "/tmp");
		if (!mkdtemp(folder[i])) {
			perror(folder[i]);
			return false;
		}
	}
	return true;
}

enum dcf_status dcf_line_two(struct dcf_line_report *r)
{
	struct dcf_line_side a = { .store = NULL }, b = { .store = NULL };
	const struct dcf_server none = { .own = false };
	char folder[2][300];
	struct trial t = { .count = WARM + (uint64_t)r->rate * r->seconds };
	enum dcf_status s = dcf_server_sync_times(&none, &r->sync_p50_us, &r->sync_p99_us);

	t.asked_us = calloc(t.count + 1, sizeof *t.asked_us);
	t.own_us = calloc(t.count + 1, sizeof *t.own_us);
	t.came_us = calloc(t.count + 1, sizeof *t.came_us);
	s = s == DCF_OK && t.asked_us && t.own_us && t.came_us ? (make_folders(folder) ? DCF_OK : DCF_E_IO) : DCF_E_NOMEM;
	if (s == DCF_OK) {
		b.published = came;
		b.ctx = &t;
		s = dcf_line_side_start(&a, "A", folder[0], true, HEARTBEAT_US);
		if (s == DCF_OK) {
			s = dcf_line_side_start(&b, "B", folder[1], true, HEARTBEAT_US);
			if (s == DCF_OK) {
				s = pin_both(&a, &b);
				s = s == DCF_OK ? measure(&t, &a, &b, r) : s;
				dcf_line_side_stop(&b);
			}
			dcf_line_side_stop(&a);
		}
		remove_folder(folder[0]);
		remove_folder(folder[1]);
	}
	free(t.asked_us);
	free(t.own_us);
	free(t.came_us);
	return s;
}

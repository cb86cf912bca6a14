/* SPDX-License-Identifier: Apache-2.0 */
/* test_whereabouts.c - the last positions against a plain array of them, from several threads; and bodies that tell one, torn
 * and turned. */
#include "node/whereabouts.h"
#include "core/time.h"
#include "tap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { NAMES = 700, STEPS = 40000, BODIES = 60000, THREADS = 3 };

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint64_t draw(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

struct kept {
	bool there, over;
	uint32_t life;
	int64_t time_us;
};
static struct kept kept[NAMES];

static bool is_over(void *ctx, uint64_t serial, uint32_t life)
{
	(void)ctx;
	return kept[serial].over && kept[serial].life == life;
}

static void put_one(struct dcf_whereabouts *w, size_t i, size_t *count)
{
	struct dcf_last_seen s = { .serial = i,
				   .life = kept[i].life + (draw(8) == 0),
				   .said = { .time_us = (int64_t)draw(50) } },
			     held;
	bool late = kept[i].there && (kept[i].life > s.life || (kept[i].life == s.life && kept[i].time_us > s.said.time_us));
	enum dcf_status status = dcf_whereabouts_put(w, &s, &held);

	CHECK(status == (late ? DCF_E_REFUSED : DCF_OK));
	if (late) {
		CHECK(held.serial == i && held.said.time_us == kept[i].time_us);
		return;
	}
	*count += !kept[i].there;
	kept[i] = (struct kept){ true, false, s.life, s.said.time_us };
}

/* Those that are over are gone once everything was looked at; nothing else is. */
static void tend_all(struct dcf_whereabouts *w, size_t *count)
{
	for (int i = 0; i < 12; i++)
		dcf_whereabouts_tend(w, is_over, NULL);
	for (size_t i = 0; i < NAMES; i++) {
		*count -= kept[i].there && kept[i].over;
		kept[i].there = kept[i].there && !kept[i].over;
	}
}

static void the_table_is_a_plain_array(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_whereabouts *w;
	struct dcf_last_seen s;
	size_t count = 0;

	CHECK(dcf_whereabouts_new(&heap, &w) == DCF_OK);
	dcf_whereabouts_tend(w, is_over, NULL);
	CHECK(!dcf_whereabouts_get(w, 1, 0, &s));
	for (int step = 0; step < STEPS && tap_failed_checks == 0; step++) {
		size_t i = draw(NAMES);

		if (draw(400) == 0) {
			for (size_t k = 0; k < NAMES; k++)
				kept[k].over = draw(3) == 0;
			tend_all(w, &count);
		} else if (draw(2)) {
			put_one(w, i, &count);
		} else {
			bool there = dcf_whereabouts_get(w, i, kept[i].life, &s);

			CHECK(there == kept[i].there && (!there || (s.serial == i && s.said.time_us == kept[i].time_us)));
			CHECK(!dcf_whereabouts_get(w, i, kept[i].life + 5, &s));
		}
		CHECK(dcf_whereabouts_count(w) == count);
	}
	for (size_t k = 0; k < NAMES; k++)
		kept[k].over = true;
	tend_all(w, &count);
	CHECK(dcf_whereabouts_count(w) == 0 && count == 0);
	dcf_whereabouts_free(w);
	dcf_whereabouts_free(NULL);
}

static void it_is_bounded(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_whereabouts *w;
	struct dcf_last_seen s = { .life = 1 }, held;

	CHECK(dcf_whereabouts_new(&heap, &w) == DCF_OK);
	for (s.serial = 0; s.serial < DCF_WHEREABOUTS_MAX; s.serial++)
		CHECK(dcf_whereabouts_put(w, &s, &held) == DCF_OK);
	CHECK(dcf_whereabouts_put(w, &s, &held) == DCF_E_LIMIT && dcf_whereabouts_count(w) == DCF_WHEREABOUTS_MAX);
	s.serial = 17;
	CHECK(dcf_whereabouts_put(w, &s, &held) == DCF_OK);
	dcf_whereabouts_free(w);
}

/* --- threads --------------------------------------------------------------------------------------------- */

static _Atomic bool ended[64];

static bool has_ended(void *ctx, uint64_t serial, uint32_t life)
{
	(void)ctx;
	(void)life;
	return ended[serial];
}

static void *work(void *ctx)
{
	struct dcf_whereabouts *w = ctx;
	struct dcf_last_seen s = { .life = 1 }, other;

	for (int i = 0; i < 20000; i++) {
		s.serial = (uint64_t)(i * 7 % 64);
		s.said.time_us = i;
		s.received_us = -i;
		(void)!dcf_whereabouts_put(w, &s, &other);
		if (dcf_whereabouts_get(w, (uint64_t)(i % 64), 1, &other) && other.said.time_us != -other.received_us)
			return ctx;
		if (i % 16 == 0)
			dcf_whereabouts_tend(w, has_ended, NULL);
		if (i % 100 == 0)
			ended[i / 100 % 64] = i % 200 == 0;
	}
	return NULL;
}

static void threads_see_whole_positions(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_whereabouts *w;
	pthread_t thread[THREADS];

	CHECK(dcf_whereabouts_new(&heap, &w) == DCF_OK);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&thread[i], NULL, work, w) == 0);
	for (int i = 0; i < THREADS; i++) {
		void *torn;

		CHECK(pthread_join(thread[i], &torn) == 0 && !torn);
	}
	CHECK(dcf_whereabouts_count(w) <= 64);
	dcf_whereabouts_free(w);
}

/* --- bodies ------------------------------------------------------------------------------------------------ */

static const char good[] =
	"{\"time\":\"2026-11-22T12:00:00.25+01:00\",\"at\":[7.4,-46.9],\"altitude\":{\"value\":100,\"unit\":\"FL\"},"
	"\"accuracy_h_m\":4,\"accuracy_v_m\":8.5,\"speed\":{\"value\":36,\"unit\":\"km/h\"},\"track_deg\":271.5,"
	"\"extrapolated\":true,\"next\":\"2026-11-22T11:00:01Z\",\"exercise\":null}";

static void a_body_is_read(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_telemetry t;
	struct dcf_plan remarks;
	int64_t noon;

	dcf_plan_init(&remarks, &heap);
	CHECK(!dcf_time_parse(DCF_SPAN("2026-11-22T11:00:00Z"), false, &noon));
	CHECK(dcf_telemetry_read(DCF_SPAN(good), &remarks, &t) == DCF_OK && remarks.remark_count == 0);
	CHECK(t.time_us == noon + 250000 && t.next_us == noon + 1000000 && t.at.lon_e7 == 74000000 &&
	      t.at.lat_e7 == -469000000);
	CHECK(t.has_altitude && t.altitude.ref == DCF_REF_STD && t.altitude.e4 == 100 * (int64_t)DCF_FL_E4);
	CHECK(t.accuracy_h_m == 4 && t.accuracy_v_m == 8.5 && t.speed_mps > 9.999999 && t.speed_mps < 10.000001 &&
	      t.track_deg == 271.5 && t.extrapolated);
	CHECK(dcf_telemetry_read(DCF_SPAN("{\"time\":\"2026-11-22T11:00:00Z\",\"at\":[0,0],\"speed\":null}"), &remarks, &t) ==
	      DCF_OK);
	CHECK(!t.has_altitude && t.accuracy_h_m == 0 && t.accuracy_v_m == 0 && t.speed_mps < 0 && t.track_deg < 0 &&
	      t.next_us == DCF_TIME_NONE);
	dcf_plan_free(&remarks);
}

/* Whatever comes: taken, and then within bounds, or refused with a reason and a place. */
static void torn_bodies(void)
{
	static const char bits[] = "{}[]\",:019.eE-+ntruZ \\\xff\0";
	struct dcf_alloc heap = dcf_alloc_heap();
	size_t taken = 0;

	for (int i = 0; i < BODIES && tap_failed_checks == 0; i++) {
		char body[2 * sizeof good];
		size_t len = sizeof good - 1;
		struct dcf_telemetry t;
		struct dcf_plan remarks;
		enum dcf_status s;

		memcpy(body, good, sizeof good);
		for (uint64_t n = draw(3); n > 0; n--)
			body[draw(len)] = bits[draw(sizeof bits - 1)];
		if (draw(4) == 0)
			len = draw(len + 1);
		dcf_plan_init(&remarks, &heap);
		s = dcf_telemetry_read((struct dcf_span){ body, len }, &remarks, &t);
		CHECK(s == DCF_OK || s == DCF_E_REFUSED);
		CHECK((s == DCF_E_REFUSED) == (remarks.remark_count > 0));
		for (size_t k = 0; k < remarks.remark_count; k++)
			CHECK(remarks.remarks[k].refused && remarks.remarks[k].text.len && remarks.remarks[k].where.len >= 5);
		if (s == DCF_OK) {
			CHECK(t.at.lat_e7 >= -900000000 && t.at.lat_e7 <= 900000000 && t.at.lon_e7 > -1800000000 &&
			      t.at.lon_e7 <= 1800000000);
			CHECK(t.track_deg < 360 && t.speed_mps <= 10000 && t.accuracy_h_m >= 0 && t.accuracy_v_m >= 0 &&
			      !t.altitude.unlimited);
			taken++;
		}
		dcf_plan_free(&remarks);
	}
	CHECK(taken > BODIES / 10 && taken < BODIES);
}

/* Each allocation fails in turn: it is said, and nothing is lost or kept by half. */
struct failing {
	struct dcf_alloc heap;
	size_t left, live;
};

static void *fail_resize(void *ctx, void *old, size_t had, size_t want)
{
	struct failing *f = ctx;
	void *p;

	if (want && f->left == 0)
		return NULL;
	f->left -= want > 0;
	p = f->heap.resize(f->heap.ctx, old, had, want);
	f->live += want && !old && p;
	f->live -= !want && old;
	return p;
}

static void memory_that_fails(void)
{
	static const char bad[] = "{\"time\":1,\"at\":[1],\"altitude\":{\"value\":\"UNL\"},\"speed\":{},\"b\":2}";
	struct failing f = { .heap = dcf_alloc_heap() };
	const struct dcf_alloc a = { fail_resize, &f };
	struct dcf_last_seen s = { .life = 1 }, held;
	struct dcf_whereabouts *w;
	struct dcf_telemetry t;
	bool done = false;

	for (size_t room = 0; room < 100 && !done; room++) {
		struct dcf_plan remarks;
		enum dcf_status status;

		f.left = room;
		dcf_plan_init(&remarks, &a);
		status = dcf_telemetry_read(DCF_SPAN(bad), &remarks, &t);
		CHECK(status == DCF_E_NOMEM || (status == DCF_E_REFUSED && remarks.remark_count == 5));
		done = status == DCF_E_REFUSED;
		dcf_plan_free(&remarks);
		CHECK(f.live == 0);
	}
	CHECK(done);
	f.left = 0;
	CHECK(dcf_whereabouts_new(&a, &w) == DCF_E_NOMEM);
	f.left = 2;
	CHECK(dcf_whereabouts_new(&a, &w) == DCF_OK);
	while (dcf_whereabouts_put(w, &s, &held) == DCF_OK)
		s.serial++;
	CHECK(s.serial == 32 && dcf_whereabouts_count(w) == 32 && dcf_whereabouts_get(w, 31, 1, &held) &&
	      !dcf_whereabouts_get(w, 32, 1, &held));
	dcf_whereabouts_free(w);
	CHECK(f.live == 0);
}

int main(void)
{
	return TAP_RUN(TAP(the_table_is_a_plain_array), TAP(it_is_bounded), TAP(threads_see_whole_positions),
		       TAP(a_body_is_read), TAP(torn_bodies), TAP(memory_that_fails));
}

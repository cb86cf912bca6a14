/* SPDX-License-Identifier: Apache-2.0 */
/* live_fixture.h - operations to put into a live index, and what brute force says of every pair of them. */
#ifndef DCF_TEST_CORE_LIVE_FIXTURE_H
#define DCF_TEST_CORE_LIVE_FIXTURE_H

#include "core/live.h"
#include "oracle/world.h"

enum { FIXTURE_FRAMES = 3, FIXTURE_OPS = 64, FIXTURE_PARTIES = 16 };

enum { APART, ADVISORY, CONFLICT };

/* One frame: the world's plan with other options and another atmosphere. */
struct fixture_frame {
	struct dcf_check_options question;
	struct dcf_atmosphere atmosphere;
	uint8_t meets[FIXTURE_OPS][FIXTURE_OPS]; /* own party's pairs too */
};

struct fixture {
	struct dcf_ora_world world;
	struct dcf_feature *features; /* operation by operation */
	struct dcf_live_op model[FIXTURE_OPS];
	bool sound[FIXTURE_OPS];
	uint32_t ops;
	struct fixture_frame frame[FIXTURE_FRAMES];
};

/* World `number` of `seed` with up to 48 operations.  Every pair is decided by dcf_check with brute force, in every frame. */
bool fixture_make(struct fixture *f, uint64_t seed, uint64_t number);
void fixture_free(struct fixture *f);

/* The world's plan as frame `k` has it: with its atmosphere.  For one thread at a time. */
const struct dcf_plan *fixture_plan(struct fixture *f, unsigned k);

#endif

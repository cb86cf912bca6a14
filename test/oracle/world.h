/* SPDX-License-Identifier: Apache-2.0 */
/* world.h - random and adversarial worlds for the property test.
 *
 * A world is a plan and options, made from (seed, number) alone, so a number printed by a failing run is
 * enough to make it again.  No expression draws twice: compilers would draw in different order. */
#ifndef DCF_TEST_ORACLE_WORLD_H
#define DCF_TEST_ORACLE_WORLD_H

#include "core/check.h"
#include "core/plan.h"
#include <stdio.h>

struct dcf_ora_world {
	struct dcf_alloc heap;
	struct dcf_plan plan;
	struct dcf_check_options options;
	const char *family;
};

/* How many features a world may have. */
struct dcf_ora_scale {
	uint32_t least, most; /* operations; 2 and 6 for ordinary worlds */
};

/* Make world `number` of `seed`; `family` NULL, or the name of the only family to draw from (an unknown
 * name makes nothing and returns false).  The plan takes its memory from the heap: dcf_ora_world_free. */
bool dcf_ora_world_make(struct dcf_ora_world *w, uint64_t seed, uint64_t number, struct dcf_ora_scale scale,
			const char *family);
void dcf_ora_world_free(struct dcf_ora_world *w);

/* The names of the families, one a call until NULL. */
const char *dcf_ora_family_name(size_t i);

/* The world as an operations file that `deconflict check` reads, options in its title. */
void dcf_ora_world_dump(const struct dcf_ora_world *w, FILE *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* world_int.h - what world.c (which shapes, where) and flight.c (bands, windows, flights) share. */
#ifndef DCF_TEST_ORACLE_WORLD_INT_H
#define DCF_TEST_ORACLE_WORLD_INT_H

#include "oracle/draft.h"
#include "oracle/world.h"

enum gap_mode { GAP_MIX, GAP_GRAZE, GAP_NONE, GAP_HOLE, GAP_SHARED };
enum level_mode { LEVEL_MIX, LEVEL_EXACT, LEVEL_SAME, LEVEL_REFS };
enum window_mode { WINDOW_MIX, WINDOW_EDGE, WINDOW_SAME };

enum family_flag {
	FAMILY_ENCOUNTERS = 1, /* flights are laid against flights */
	FAMILY_VOLUMES = 2,    /* operations of several volumes */
	FAMILY_RULES = 4,      /* minima from the agreement, dwell, advisories, one party's own */
	FAMILY_DOUBLED = 8,    /* repeated vertices */
	FAMILY_HOVER = 16,     /* zero-length legs */
	FAMILY_POLAR = 32,     /* at, around or over a pole */
	FAMILY_DATE_LINE = 64, /* across the antimeridian */
	FAMILY_NORTHERN = 128, /* between 50 and 71 degrees: where maps of the plane bend most before poles are poles */
};

struct family {
	const char *name;
	unsigned weight;
	unsigned kinds; /* bits of 1 << enum dcf_ora_kind */
	double size[2];
	uint32_t vertices[2];
	uint8_t gaps, levels, windows;
	unsigned flags;
};

struct maker {
	struct dcf_ora_world *w;
	struct dcf_plan *plan;
	const struct family *family;
	struct dcf_ora_random r;
	struct dcf_ora_point at;
	double lateral; /* the largest minima that any rule of the world asks */
	int64_t vertical;
	int64_t time; /* around which everything happens */
	uint8_t ref;  /* the world's usual reference */
};

/* Choose the gap in metres to aim at. */
double dcf_ora_aim(struct maker *m);

/* Give a volume its band and window, in relation to `other` (NULL: freely). */
void dcf_ora_band(struct maker *m, struct dcf_feature *f, const struct dcf_feature *other);
void dcf_ora_window(struct maker *m, struct dcf_feature *f, const struct dcf_feature *other);

/* Give the path of `f` times and altitudes. */
void dcf_ora_fly(struct maker *m, struct dcf_feature *f, const struct dcf_feature *other);

/* Make `f` a flight that meets the flight `other` at its closest with the gap aimed at. */
void dcf_ora_encounter(struct maker *m, struct dcf_feature *f, const struct dcf_feature *other);

#endif

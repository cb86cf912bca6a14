/* SPDX-License-Identifier: Apache-2.0 */
/* draft.h - shapes to be placed: the same draft with another centre gives the same shape elsewhere. */
#ifndef DCF_TEST_ORACLE_DRAFT_H
#define DCF_TEST_ORACLE_DRAFT_H

#include "oracle/geo.h"
#include "oracle/random.h"

enum dcf_ora_kind {
	DCF_ORA_STAR,    /* one ring around the centre */
	DCF_ORA_HOLED,   /* the same with a hole */
	DCF_ORA_SEVERAL, /* two or three stars, some with holes */
	DCF_ORA_COMB,    /* a row of teeth on a back: far from convex or star-shaped */
	DCF_ORA_SLIVER,  /* long and thin */
	DCF_ORA_BOX,     /* edges along parallels and meridians, "lonlat" */
	DCF_ORA_LONLAT,  /* a star in longitude and latitude */
	DCF_ORA_DISC,
	DCF_ORA_LINE,    /* corridor */
	DCF_ORA_CAPSULE, /* orbit */
	DCF_ORA_FLIGHT,  /* trajectory */
	DCF_ORA_KIND_COUNT
};

struct dcf_ora_draft {
	enum dcf_ora_kind kind;
	struct dcf_ora_point centre;
	double size;  /* radius, or half the length of a line, metres */
	double width; /* radius of discs, lines and flights as part of the size; flights: metres */
	double turn;  /* degrees */
	uint32_t vertices;
	double rough; /* least radius of a star as part of its size */
	bool doubled; /* repeat some vertices */
	uint64_t seed;
};

/* Fill geometry (shape, edges, points, rings, radius) of `f`; memory from the arena. */
void dcf_ora_draw(const struct dcf_ora_draft *d, struct dcf_arena *arena, struct dcf_feature *f);

/* Move `d` along the azimuth from `from` until its gap to `other` (shape and radius) is about `gap`
 * metres (0.02 m at best; not every shape can).  `inward`: start at `from` itself, inside a hole. */
void dcf_ora_put(struct dcf_ora_draft *d, struct dcf_arena *arena, const struct dcf_feature *other, struct dcf_ora_point from,
		 double azimuth, double gap, bool inward);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* motion.h - features in time: where a trajectory is, and how far apart two features are at an instant. */
#ifndef DCF_TEST_ORACLE_MOTION_H
#define DCF_TEST_ORACLE_MOTION_H

#include "oracle/geo.h"
#include "oracle/vertical.h"

/* A feature made ready for the oracle. */
struct dcf_ora_body {
	const struct dcf_feature *f;
	struct dcf_ora_shape shape;    /* of a trajectory its path */
	struct geod_geodesicline *leg; /* trajectory: one a leg */
	double *speed;                 /* m a microsecond, one a leg */
};

/* Two features over a stretch of time in which both are in one leg (volumes: always). */
struct dcf_ora_meeting {
	struct dcf_ora_body *a, *b;
	uint32_t leg_a, leg_b;
	int64_t start, end;
	bool fixed;   /* neither moves */
	double still; /* then their distance */
	double speed; /* bound of how fast their distance changes, m a microsecond */
};

void dcf_ora_body_init(struct dcf_ora_body *body, const struct dcf_feature *f);
void dcf_ora_body_free(struct dcf_ora_body *body);

/* Where the trajectory is in its leg `at` microseconds since 1970. */
struct dcf_ora_point dcf_ora_place(const struct dcf_ora_body *body, uint32_t leg, long double at);

/* The stretches of the common window of two features, in order: calls `each` until it returns false. */
void dcf_ora_meetings(struct dcf_ora_body *a, struct dcf_ora_body *b, bool (*each)(void *ctx, struct dcf_ora_meeting *m),
		      void *ctx);

/* Distance of the two without their radii (negative: inside) `tau` microseconds after m->start. */
double dcf_ora_apart(struct dcf_ora_meeting *m, long double tau);

/* Distance of a point from a feature without its radius at that time, for `closest`. */
double dcf_ora_from(struct dcf_ora_body *body, const struct dcf_ora_point *p, long double at);

/* What a search over [from, to] found.  `sure`: nothing beyond `best` by more than `within`. */
struct dcf_ora_found {
	double best;
	long double at;
	bool sure;
};

/* Least distance over [from, to] (microseconds after m->start), at most `budget` evaluations; stops at
 * the first below `target`.  `within` below 0: only the question whether there is one matters. */
struct dcf_ora_found dcf_ora_least(struct dcf_ora_meeting *m, long double from, long double to, double target, double within,
				   int budget);
/* Greatest distance; stops at the first above `target`. */
struct dcf_ora_found dcf_ora_greatest(struct dcf_ora_meeting *m, long double from, long double to, double target, double within,
				      int budget);

/* How many searches there were since the program began, and how many of them ended at their budget without
 * being sure: what the judge let pass for want of time. */
void dcf_ora_searches(size_t *all, size_t *unsure);

#endif

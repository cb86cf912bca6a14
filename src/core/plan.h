/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h - what was declared, as plain values: parties, operations, features, atmosphere, agreement.
 *
 * The contract between those who read bytes (src/format) and those who decide (src/core): a reader
 * fills a plan, nobody changes it afterwards.  Everything a plan points to lives in its arena.
 *
 * Numbers that decide are integers: latitude and longitude in 1e-7 degree, altitudes in 0.1 mm
 * (1 ft = 3048), times in microseconds since 1970-01-01T00:00:00Z (no leap seconds).
 * Lengths on the ground are doubles in metres: they are compared with a tolerance (1 m or 1e-5). */
#ifndef DCF_CORE_PLAN_H
#define DCF_CORE_PLAN_H

#include "base/alloc.h"
#include <stdbool.h>
#include <stdint.h>

#define DCF_NONE      UINT32_MAX /* "no such index" in every uint32_t index below */
#define DCF_TIME_NONE INT64_MIN  /* "not given" for times in microseconds */
#define DCF_NO_LIMIT  INT64_MAX  /* max_dwell_us: no such rule */

enum { DCF_FT_E4 = 3048, DCF_M_E4 = 10000, DCF_FL_E4 = 304800 }; /* one foot, metre, level in 0.1 mm */

/* WGS 84.  lat -90e7..90e7, lon -180e7..180e7; readers turn -180 into 180. */
struct dcf_latlon {
	int32_t lat_e7, lon_e7;
};

enum dcf_alt_ref {
	DCF_REF_MSL, /* above mean sea level (the geoid) */
	DCF_REF_STD, /* pressure altitude, 1013.25 hPa */
	DCF_REF_AGL, /* above the ground */
	DCF_REF_SFC, /* as AGL; as a lower limit 0 SFC is the ground wherever it is: nothing lies below it */
	DCF_REF_W84, /* above the WGS 84 ellipsoid */
	DCF_REF_COUNT
};

enum dcf_alt_unit { DCF_UNIT_FT, DCF_UNIT_M, DCF_UNIT_FL };

struct dcf_altitude {
	int64_t e4;     /* 0.1 mm above the reference; not read when `unlimited` */
	uint8_t ref;    /* enum dcf_alt_ref */
	uint8_t unit;   /* enum dcf_alt_unit: how it was declared, for showing it again */
	bool unlimited; /* "UNL": above everything */
};

/* What is not known exactly, as [low, high]; dcf_atmosphere_widest() in altitude.h is the default. */
struct dcf_atmosphere {
	double qnh_hpa[2];     /* 950..1050 when not given; refused outside 850..1100 */
	double geoid_m[2];     /* geoid above ellipsoid; -107..86 */
	int64_t terrain_e4[2]; /* ground above mean sea level, 0.1 mm; -1400 ft..29100 ft */
	bool qnh_given, geoid_given, terrain_given;
	int64_t transition_altitude_e4; /* -1 when not given */
	int32_t transition_level;       /* flight level, -1 when not given */
};

enum dcf_shape_kind { DCF_POLYGON, DCF_CIRCLE, DCF_CORRIDOR, DCF_ORBIT, DCF_TRAJECTORY, DCF_SHAPE_COUNT };
enum dcf_edges { DCF_EDGES_GEODESIC, DCF_EDGES_LONLAT };

/* One ring of a polygon: points[first .. first+count), without the closing point repeated. */
struct dcf_ring {
	uint32_t first, count;
	bool outer; /* begins a polygon; the rings that follow until the next outer one are its holes */
};

/* One vertex of a trajectory in time and altitude, beside its point. */
struct dcf_waypoint {
	int64_t time_us;
	struct dcf_altitude altitude;
};

struct dcf_feature {
	/* what a search reads, together: two cache lines */
	uint32_t party;     /* index in plan.parties */
	uint32_t operation; /* index in plan.operations */
	uint32_t point_count, ring_count;
	uint8_t shape; /* enum dcf_shape_kind */
	uint8_t edges; /* enum dcf_edges */
	bool advisory, is_protected;
	bool is_constraint;               /* an airspace restriction rather than a flight: the same to a check */
	int64_t start_us, end_us;         /* [start, end); of a trajectory its first and last vertex */
	struct dcf_altitude lower, upper; /* volumes; of a trajectory unused */
	double radius_m;                  /* circle, orbit: radius; corridor: half width; trajectory: lateral containment */
	struct dcf_latlon *points;
	struct dcf_ring *rings;         /* polygon only */
	struct dcf_waypoint *waypoints; /* trajectory only: one a point */
	int64_t containment_e4;         /* trajectory: vertical containment */
	/* the rest */
	struct dcf_span id;              /* the feature's own id; of several volumes without ids, the operation's */
	struct dcf_span where;           /* "a.geojson#/features/3": where it was declared */
	struct dcf_span acm;             /* "" when not given */
	int64_t sent_us, received_us;    /* DCF_TIME_NONE when not given */
	struct dcf_span properties_json; /* the feature's properties as read (JSON), for writing them again; may be empty */
	/* Here and in others of these: the members that are not known, as one JSON object, for writing them again; "" when
	 * there are none. */
	struct dcf_span others;
};

/* What a party, or one operation of it, can bear when it is asked to move: read by OPTIONS, ignored by CHECK.
 * dcf_limits_none() is what holds where nothing is given; where both give one the narrower holds. */
struct dcf_limits {
	bool fixed;                           /* not to be moved at all ("movable": false) */
	int64_t max_delay_us, max_advance_us; /* DCF_NO_LIMIT when not given */
	int64_t lowest_e4, highest_e4; /* levels in the reference of the operation's own altitudes; INT64_MIN, INT64_MAX */
	double max_detour_m;           /* least of: metres to the side, extra metres of path; DCF_NO_DETOUR when not given */
	double min_speed_mps, max_speed_mps; /* over the ground; 0 and DCF_NO_DETOUR when not given */
};
#define DCF_NO_DETOUR 1e12

static inline struct dcf_limits dcf_limits_none(void)
{
	return (struct dcf_limits){ false, DCF_NO_LIMIT, DCF_NO_LIMIT, INT64_MIN, INT64_MAX, DCF_NO_DETOUR, 0, DCF_NO_DETOUR };
}

/* Levels that a party gives among its limits, with their references. */
struct dcf_level_limits {
	struct dcf_altitude lowest, highest;
	bool has_lowest, has_highest;
};

struct dcf_operation {
	uint32_t party;
	struct dcf_span id;
	struct dcf_span replaces; /* "" when not given */
	uint32_t feature_count;
	bool by_id;               /* a feature of it names no `operation`: its own id made it */
	struct dcf_limits limits; /* of its features' `limits` the narrowest */
	/* parties that know of it beside its own (`disclosed_to`); NULL: all do */
	uint32_t *disclosed_to;
	uint32_t disclosed_count;
	/* names beside those that are no party's: of members (a node's labels alone have them) */
	struct dcf_span *disclosed_names;
	uint32_t disclosed_name_count;
};

struct dcf_party {
	struct dcf_span id, name;       /* name "" when not given */
	bool in_feet;                   /* shows altitudes in feet and distances in NM first (the default) */
	bool declared;                  /* listed among an input's `parties` */
	struct dcf_limits limits;       /* without levels: */
	struct dcf_level_limits levels; /* reading joins them into the limits of its operations (dcf_read_finish) */
	struct dcf_span others;
};

struct dcf_place {
	struct dcf_span icao, name;
	struct dcf_latlon at;
	struct dcf_span others;
};

/* separation[]: one rule.  `parties` names the parties it holds between; none: every pair of different
 * parties; a party named twice: also inside it. */
struct dcf_separation_rule {
	uint32_t *parties; /* indices in plan.parties */
	uint32_t party_count;
	double lateral_m;
	int64_t vertical_e4;
	int64_t max_dwell_us; /* DCF_NO_LIMIT when not given */
	struct dcf_span article;
	struct dcf_span others;
};

/* notice_min: `acm` "" or "*" is every other one. */
struct dcf_notice_rule {
	struct dcf_span acm;
	int64_t need_us;
	struct dcf_span article;
};

struct dcf_line_rule {
	struct dcf_span id, article;
	struct dcf_latlon *points;
	uint32_t point_count;
	uint32_t left, right; /* parties, DCF_NONE when a name is no party of the plan */
	double buffer_m;
	int64_t crossing_notice_us; /* -1 when not given */
	struct dcf_span where;
	struct dcf_span others;
};

enum dcf_area_kind { DCF_AREA_NO_ENTRY, DCF_AREA_ASK_FIRST, DCF_AREA_CONTACT };

/* areas[]: a feature of the agreement (no operation of any party) and what it asks. */
struct dcf_area_rule {
	struct dcf_span id, article;
	uint8_t kind;
	struct dcf_feature *volume; /* party and operation DCF_NONE; without a window or band: always, at all levels */
	uint32_t *parties;          /* whom it binds; none: everyone */
	uint32_t party_count;
};

/* What a change costs, for ranking options: cost = delay_s * seconds + altitude_ft * feet + extra_m * metres. */
struct dcf_costs {
	double delay_s, altitude_ft, extra_m; /* each >= 0; 1, 0.1 and 0.01 where nothing is given */
	bool given;
};

struct dcf_agreement {
	struct dcf_span id, status;
	struct dcf_span others;
	struct dcf_costs costs;
	struct dcf_separation_rule *separation;
	size_t separation_count, separation_cap;
	struct dcf_notice_rule *notice;
	size_t notice_count, notice_cap;
	struct dcf_line_rule *lines;
	size_t line_count, line_cap;
	struct dcf_area_rule *areas;
	size_t area_count, area_cap;
};

/* Refused with reasons, or read with a doubt: where, and what.  `reasons` of a refusal are several
 * warnings-like rows with the same `where`, kept in reading order. */
struct dcf_remark {
	bool refused;              /* a reason of a refusal; otherwise a warning */
	struct dcf_span party;     /* "" when not known */
	struct dcf_span operation; /* "" when not known */
	struct dcf_span where;     /* "a.geojson#/features/3" or "a.csv:17" */
	struct dcf_span field;     /* "" when it is the whole */
	struct dcf_span text;
	uint64_t more; /* of a refusal: how many others like it, beside the first, it stands for */
};

/* Zero-initialise, then dcf_plan_init.  Arrays grow through `arena.from`; strings and geometry live in
 * the arena.  One thread at a time while filling, any number while only reading. */
struct dcf_plan {
	struct dcf_arena arena;
	struct dcf_span title;
	struct dcf_span others; /* of the collections */
	struct dcf_party *parties;
	size_t party_count, party_cap;
	struct dcf_operation *operations;
	size_t operation_count, operation_cap;
	struct dcf_feature *features;
	size_t feature_count, feature_cap;
	size_t trajectory_count; /* of the features: dcf_plan_add_feature alone appends to them */
	struct dcf_place *places;
	size_t place_count, place_cap;
	struct dcf_remark *remarks;
	size_t remark_count, remark_cap;
	struct dcf_atmosphere atmosphere;
	struct dcf_span atmosphere_others;
	bool atmosphere_seen;
	bool exercise; /* answers about it mark their objects so */
	struct dcf_agreement agreement;
	/* (party, id) -> operation: open addressing, 1 + index, 0 for empty; power of two */
	uint32_t *operation_slots;
	size_t operation_slot_count;
	uint32_t *party_slots;
	size_t party_slot_count;
};

/* An empty plan that takes its memory from `a` (borrowed; must outlive the plan). */
void dcf_plan_init(struct dcf_plan *plan, const struct dcf_alloc *a);
/* Free everything the plan holds.  A zeroed plan is fine. */
void dcf_plan_free(struct dcf_plan *plan);

/* The narrower of two in every respect. */
struct dcf_limits dcf_limits_join(struct dcf_limits a, struct dcf_limits b);
/* May `party` know of operation `o`: is it its own, or disclosed to it? */
bool dcf_plan_may_know(const struct dcf_plan *plan, uint32_t party, uint32_t o);
/* Is any of its remarks a refusal? */
bool dcf_plan_any_refused(const struct dcf_plan *plan);

/* The party called `id`, made when it is new.  `id` is copied. */
DCF_CHECKED enum dcf_status dcf_plan_party(struct dcf_plan *plan, struct dcf_span id, uint32_t *index);
/* The operation (party, id), made when it is new.  `id` is copied. */
DCF_CHECKED enum dcf_status dcf_plan_operation(struct dcf_plan *plan, uint32_t party, struct dcf_span id, uint32_t *index);
/* The index of the party called `id`, or DCF_NONE. */
uint32_t dcf_plan_find_party(const struct dcf_plan *plan, struct dcf_span id);
/* The operation (party, id), or DCF_NONE. */
uint32_t dcf_plan_find_operation(const struct dcf_plan *plan, uint32_t party, struct dcf_span id);
/* The order in which operations stand in every answer, by party id and then by their own, bytes as unsigned numbers:
 * negative, 0 (the same one) or positive. */
int dcf_plan_compare_operations(const struct dcf_plan *plan, uint32_t a, uint32_t b);
/* Fills `by_rank` (the operation of each rank in that order) and `rank` (the rank of each operation), both of
 * plan->operation_count and the caller's.  Takes its workspace from `a`.  DCF_E_NOMEM leaves `rank` as it was. */
DCF_CHECKED enum dcf_status dcf_plan_rank_operations(const struct dcf_plan *plan, const struct dcf_alloc *a, uint32_t *by_rank,
						     uint32_t *rank);
/* Append a feature (copied; what it points to must live in the arena) and count it in its operation. */
DCF_CHECKED enum dcf_status dcf_plan_add_feature(struct dcf_plan *plan, const struct dcf_feature *f);
/* Append a remark.  Spans are copied. */
DCF_CHECKED enum dcf_status dcf_plan_remark(struct dcf_plan *plan, const struct dcf_remark *r);
/* `OPERATION` as people type it: "ID" or "PARTY/ID".  DCF_E_NOT_FOUND, or DCF_E_AMBIGUOUS when several
 * parties have that id (the caller lists them). An exact ID that contains '/' wins over PARTY/ID. */
DCF_CHECKED enum dcf_status dcf_plan_resolve(const struct dcf_plan *plan, struct dcf_span name, uint32_t *operation);

#endif

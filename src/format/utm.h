/* SPDX-License-Identifier: Apache-2.0 */
/* utm.h - what the exchange's interfaces (ASTM F3548-21, F3411-19, F3411-22a) say, as plain values.
 *
 *     utm_ask.c      bodies of requests into struct dcf_utm_ask, with a reason for each that is refused
 *     utm_area.c     the area of F3411's searches
 *     utm_volume.c   one Volume4D: outline, band, window
 *     utm_disc.c     circles larger than the kernel takes
 *     utm_outline.c  polygons: their area, whether they cross or touch themselves, those without area
 *     utm_say.c      why a body is refused: what, where, what was expected
 *     utm_text.c     ids, OVNs, versions, times, states: text and back
 *     utm_record.c   an ask into the text that the record keeps, and back
 *     utm_split.c    features of an operations file into volumes that the wire can carry, and joined again
 *
 * Footprints are features (core/plan.h): circles as circles, polygons with geodesic edges, and polygons without area as the
 * line that they are.  Positions are rounded to 1e-7 degree, bounds outward: times to the microsecond, heights to 0.1 mm. */
#ifndef DCF_FORMAT_UTM_H
#define DCF_FORMAT_UTM_H

#include "base/buf.h"
#include "core/plan.h"
#include "format/json.h"

/* --- ids ------------------------------------------------------------------------------------------------ */

struct dcf_uuid {
	uint8_t b[16];
};
enum { DCF_UUID_TEXT = 36 };

/* Hyphenated, 32 hex digits, in braces, or urn:uuid:, in any case; of the RFC 4122 variant and of version `version` (4 or 7).
 * False otherwise. */
bool dcf_uuid_read(struct dcf_span text, int version, struct dcf_uuid *out);
/* Lower case, hyphenated; no NUL is put behind it. */
void dcf_uuid_write(const struct dcf_uuid *id, char out[static DCF_UUID_TEXT]);
/* A random one of version 4 of 16 random bytes. */
struct dcf_uuid dcf_uuid_of_random(const uint8_t random[static 16]);
bool dcf_uuid_is_zero(const struct dcf_uuid *id); /* all zero: "none" in our structs */
bool dcf_uuid_eq(const struct dcf_uuid *a, const struct dcf_uuid *b);
/* The time of a version 7 id, microseconds. */
int64_t dcf_uuid_time_us(const struct dcf_uuid *id);

/* What `subscription_id` of an intent without one says: 00000000-0000-4000-8000-000000000000. */
extern const struct dcf_uuid dcf_utm_null_subscription;

/* --- volumes -------------------------------------------------------------------------------------------- */

#define DCF_UTM_SINCE_EVER INT64_MIN /* start_us not given */
#define DCF_UTM_FOR_EVER   INT64_MAX /* end_us not given */
#define DCF_UTM_NO_LOWER   INT64_MIN /* lower_e4 not given */
#define DCF_UTM_NO_UPPER   INT64_MAX /* upper_e4 not given */

/* One Volume4D.  Ends are inclusive, as F3548 compares. */
struct dcf_utm_volume {
	struct dcf_feature footprint; /* shape, points, rings, radius_m alone; shape DCF_SHAPE_COUNT: no outline was given */
	int64_t start_us, end_us;     /* DCF_UTM_SINCE_EVER, DCF_UTM_FOR_EVER */
	int64_t lower_e4, upper_e4;   /* W84, 0.1 mm; DCF_UTM_NO_LOWER, DCF_UTM_NO_UPPER */
	double area_m2;               /* of a polygon, on the ellipsoid; 0 of other outlines */
	uint32_t whole, part, parts;  /* of ours that were split: part `part` of `parts`, from 1, of the entity's whole `whole`,
					 from 1; or all 0 */
};

/* All volumes of one entity, and the bounds of the whole: relevance is judged with these and the union of the footprints. */
struct dcf_utm_extents {
	struct dcf_utm_volume *volume;
	uint32_t count;
	int64_t start_us, end_us, lower_e4, upper_e4; /* hull; unbounded where one volume is */
};

/* A polygon beyond this is refused (EXCHANGE: 2,500 km2). */
#define DCF_UTM_AREA_MAX_M2 2.5e9
/* A circle beyond this too, but for F3548: half way around the earth no nearest point is unique.  There it becomes the discs
 * that may reach into it, of DCF_UTM_DISCS that contain the earth: volumes that are alike but for their centres, the first in
 * its place, the others behind all. */
#define DCF_UTM_RADIUS_MAX_M 3000000.0
enum { DCF_UTM_DISCS = 32 };
#define DCF_UTM_DISC_M 2.6e6 /* their radius */
struct dcf_latlon dcf_utm_disc_centre(uint32_t i);
/* Their centres, DCF_UTM_DISC_M around which everything within `radius_m` (above 0) of `centre` lies; how many. */
uint32_t dcf_utm_discs(struct dcf_latlon centre, double radius_m, struct dcf_latlon out[static DCF_UTM_DISCS]);
/* Bounds of one request, far beyond what people send: a polygon's vertices, and the pieces of at most 4,630 m that its edges
 * are cut into; volumes and vertices of all of them; a URL's bytes; the OVNs of a key.  Altitudes are taken from -10,000 km to
 * 10,000 km. */
enum {
	DCF_UTM_VERTICES_MAX = 10000,
	DCF_UTM_PIECES_MAX = 20000,
	DCF_UTM_VOLUMES_MAX = 10000,
	DCF_UTM_ALL_VERTICES_MAX = 100000,
	DCF_UTM_URL_MAX = 4096,
	DCF_UTM_KEY_MAX = 250000
};

/* The bounds of the whole from those of the volumes; of no volumes all unbounded. */
void dcf_utm_hull(struct dcf_utm_extents *extents);

/* --- requests ------------------------------------------------------------------------------------------- */

enum dcf_utm_state { DCF_UTM_ACCEPTED, DCF_UTM_ACTIVATED, DCF_UTM_NONCONFORMING, DCF_UTM_CONTINGENT, DCF_UTM_STATE_COUNT };
const char *dcf_utm_state_name(enum dcf_utm_state s);

enum dcf_utm_availability { DCF_UTM_UNKNOWN, DCF_UTM_NORMAL, DCF_UTM_DOWN, DCF_UTM_AVAILABILITY_COUNT };
const char *dcf_utm_availability_name(enum dcf_utm_availability a);

/* Which body it is: what must be there follows from it. */
enum dcf_utm_form {
	DCF_UTM_INTENT_PUT,       /* F3548 PutOperationalIntentReferenceParameters */
	DCF_UTM_CONSTRAINT_PUT,   /* PutConstraintReferenceParameters */
	DCF_UTM_SUBSCRIPTION_PUT, /* PutSubscriptionParameters */
	DCF_UTM_INTENT_QUERY,     /* {"area_of_interest": Volume4D} of the three queries */
	DCF_UTM_CONSTRAINT_QUERY,
	DCF_UTM_SUBSCRIPTION_QUERY,
	DCF_UTM_AVAILABILITY_PUT, /* SetUssAvailabilityStatusParameters */
	DCF_UTM_ISA_PUT_V1,       /* F3411-19 CreateIdentificationServiceAreaParameters, Update... */
	DCF_UTM_ISA_PUT_V2,       /* F3411-22a likewise */
	DCF_UTM_RID_SUBSCRIPTION_PUT_V1,
	DCF_UTM_RID_SUBSCRIPTION_PUT_V2,
	DCF_UTM_FORM_COUNT
};

/* Everything that a body can say; what a form does not have is zero.  Memory is the arena's that it was read into, or the
 * body's. */
struct dcf_utm_ask {
	struct dcf_utm_extents extents;
	struct dcf_span url; /* uss_base_url; v1: flights_url, callbacks.identification_service_area_url */
	/* intents */
	uint8_t state;        /* enum dcf_utm_state */
	struct dcf_span *key; /* OVNs, sorted by bytes, each once */
	size_t key_count;
	struct dcf_uuid subscription; /* subscription_id; zero: none.  dcf_utm_null_subscription is that of no subscription that
					 there is */
	bool has_new_subscription;
	struct dcf_span new_url; /* of new_subscription */
	bool new_for_constraints;
	struct dcf_uuid suffix;      /* requested_ovn_suffix; zero: none */
	struct dcf_span suffix_text; /* as it was asked for: DCF_UUID_TEXT bytes; not of the record, which has the OVN */
	/* subscriptions */
	bool for_intents, for_constraints;
	/* availability */
	uint8_t availability;
	struct dcf_span old_version;
	/* Updates of F3548's subscriptions and of what F3411 has: the body has no time_start or time_end, and the times stay
	 * those that stand.  The domain puts them into `extents` (there: DCF_UTM_SINCE_EVER, DCF_UTM_FOR_EVER) and asks
	 * dcf_utm_window_fault(). */
	bool keep_start, keep_end;
	/* Such an update begins longer ago than it may: only where that is what stands already. */
	bool late_start;
};

/* The window of a subscription or of an identification service area, both times known: NULL when it may be, else the sentence
 * of the reply (static): an end before the start; a subscription beyond 24 hours.  NULL for forms without such a rule. */
const char *dcf_utm_window_fault(enum dcf_utm_form form, int64_t start_us, int64_t end_us);

/* What a reader must know beside the body. */
struct dcf_utm_rules {
	int64_t now_us;  /* ends in the past, starts too long ago, suffixes too old or new */
	bool allow_http; /* base URLs of http: too */
	bool update;     /* the path has an OVN or a version */
};

/* A body that was refused. */
struct dcf_utm_fault {
	unsigned status; /* 400, or 413 where EXCHANGE_API.md says so */
	char text[240];  /* the message of the reply: what, where (a JSON pointer), what was expected */
};

/* Read `body`.  `doc` is scratch of the calling thread, at rest when this returns; memory comes from `arena`, and what is
 * needed on the way (up to 400 bytes a vertex of one polygon) from the same allocator. The body may be any bytes; unknown
 * members are ignored, null is absent, and of a member twice the last counts, as with the services that clients come from.
 * Checks that need what stands (owners, OVNs, keys, coverage) are the domain's; checks that need the token (scopes) the node's.
 * DCF_OK; DCF_E_REFUSED with `fault`; DCF_E_NOMEM.
 *
 * Subscriptions and identification service areas that are made get the times that were not given: the start `now_us`, the end
 * of a subscription 24 hours behind its start.  A volume without an outline (shape DCF_SHAPE_COUNT: it is nowhere) comes of
 * DCF_UTM_SUBSCRIPTION_PUT alone. */
DCF_CHECKED enum dcf_status dcf_utm_ask_read(struct dcf_span body, enum dcf_utm_form form, const struct dcf_utm_rules *rules,
					     struct dcf_jdoc *doc, struct dcf_arena *arena, struct dcf_utm_ask *ask,
					     struct dcf_utm_fault *fault);
/* The `area` of F3411's searches: "lat,lng,lat,lng,...", three pairs at least.  Fills one volume without band and window. */
DCF_CHECKED enum dcf_status dcf_utm_area_read(struct dcf_span area, struct dcf_arena *arena, struct dcf_utm_extents *extents,
					      struct dcf_utm_fault *fault);

/* --- in the record ------------------------------------------------------------------------------------------ */

/* The ask as one member "ask" of an object that is open (its value is canonical JSON), such that what is read back is the same
 * to the bit, but for the key, which is left out: entries say which positions it held. */
struct dcf_json;
void dcf_utm_ask_put(struct dcf_json *j, enum dcf_utm_form form, const struct dcf_utm_ask *ask);
/* And back: `object` is what that member stands in.  DCF_E_SYNTAX with a sentence (static) in *why; DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_utm_ask_read_back(struct dcf_jval object, enum dcf_utm_form form, struct dcf_arena *arena,
						  struct dcf_utm_ask *ask, const char **why);

/* --- replies -------------------------------------------------------------------------------------------------- */

/* An id as a string. */
void dcf_utm_put_id(struct dcf_json *j, const struct dcf_uuid *id);
/* {"value": "2026-01-01T00:00:00.000001Z", "format": "RFC3339"}; bare: the value alone (F3411-19). */
void dcf_utm_put_time(struct dcf_json *j, int64_t time_us, bool bare);
/* Base 32 (0-9, a-v) of nanoseconds since 1970, F3411's versions. */
enum { DCF_RID_VERSION_TEXT = 13 };
size_t dcf_rid_version_write(int64_t ns, char out[static DCF_RID_VERSION_TEXT]);
bool dcf_rid_version_read(struct dcf_span text, int64_t *ns);

/* On the wire: "deconflict": {"of": 3, "part": 1, "parts": 4} inside a volume that is a part, for its reader to join
 * (read_f3548.c does); nothing of others. */
void dcf_utm_put_part(struct dcf_json *j, const struct dcf_utm_volume *v);

/* --- operations of ours as volumes ------------------------------------------------------------------------------ */

/* Features of one operation as volumes that F3548 can carry: circles, polygons of at most DCF_UTM_AREA_MAX_M2, W84 bands,
 * windows.  Never smaller than the features.  `of[i]` (arena) says which feature volume i is a part of.  Large ones are split,
 * so that parts of one feature touch or overlap and together contain it, and say which part of how many they are.  DCF_E_NOMEM,
 * DCF_E_LIMIT (more than 10,000 volumes). */
DCF_CHECKED enum dcf_status dcf_utm_of_features(const struct dcf_feature *features, uint32_t count,
						const struct dcf_atmosphere *atmosphere, struct dcf_arena *arena,
						struct dcf_utm_extents *out, uint32_t **of);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* notice_object.h - the one canonical encoding of what a notice is about: volumes with every position, altitude and time as
 * integers, so that both sides read the same, and check-words (DOMAIN R1) compare bytes and not wording.
 *
 *     {"volumes":[{"lower":{"e4":27432000,"ref":"STD"},"points":[[lat_e7,lon_e7],...],"radius_mm":1500000,"shape":"circle",
 *                  "edges":"geodesic","end":us,"start":us,"upper":{...}}, ...]}           (members sorted)
 *
 * Trajectories have "waypoints":[[lat_e7,lon_e7,time_us,e4],...] with "ref" and "containment_e4".  Polygons have "rings":
 * points of each ring, the outer one first (several polygons: several volumes).  An unlimited upper limit is {"ref":"UNL"};
 * where the references of waypoints differ "refs":[...] stands in place of "ref".  Radii are rounded outward to a millimetre.
 * What people see of it (names, notes) is no part of it. */
#ifndef DCF_DOMAIN_NOTICE_OBJECT_H
#define DCF_DOMAIN_NOTICE_OBJECT_H

#include "base/buf.h"
#include "core/plan.h"
#include "format/json.h"

/* Of one volume at most 2,000 points, and all edges cut as the core cuts them (geodesy.h, 10 NM) at most 20,000 pieces: what is
 * read is judged at once, and a stranger's shapes must not take long (the worst some 50 ms). */
enum { DCF_NOTICE_VOLUMES_MAX = 200, DCF_NOTICE_POINTS_MAX = 2000, DCF_NOTICE_PIECES_MAX = 20000, DCF_CHECK_WORDS_MAX = 16 };

/* Append the object of these features (all of one operation).  DCF_E_RANGE with `why` when a feature has no window, band or
 * geometry, or too many volumes, points or pieces (then it is no notice).  `why` may be NULL, here and below. */
DCF_CHECKED enum dcf_status dcf_notice_object_put(const struct dcf_feature *const *features, size_t count, struct dcf_buf *out,
						  struct dcf_buf *why);
/* Read it back into features of `plan` (made by dcf_plan_like, or empty) as operation `id` of `party`.  `why` says what is
 * missing or wrong ("volume 1: no altitude band"), one line each, in coded form: these lines go into the automatic
 * clarification request. DCF_E_REFUSED: not a notice (see `why`); DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_notice_object_read(struct dcf_jval object, struct dcf_plan *plan, struct dcf_span party,
						   struct dcf_span id, struct dcf_buf *why);

/* The four groups of three digits for an object's canonical bytes: "123 456 789 012" and a NUL. */
void dcf_check_words_of(struct dcf_span object, char out[DCF_CHECK_WORDS_MAX]);
/* Do typed words say the same?  Spaces, dots and dashes between digits do not matter; exactly twelve digits must be there. */
bool dcf_check_words_equal(const char words[DCF_CHECK_WORDS_MAX], struct dcf_span typed);

/* What differs between two objects, for the sender's eyes: field by field, one line each: "volume 1, centre: sent 35.2568N
 * 040.1410E, read back 35.2045N 040.1760E, 6.6 km apart". */
DCF_CHECKED enum dcf_status dcf_notice_object_differ(struct dcf_jval sent, struct dcf_jval heard, struct dcf_buf *out);
/* How far a volume moved between two versions, in metres, and the radius it is compared with (R4: flagged when moved > radius):
 * half the diameter of the older volume.  Of several the one whose move exceeds its radius the most.  Volumes are matched by
 * their place in the list; one that was added is compared with the nearest older one.  DCF_E_RANGE when there is nothing to
 * compare. */
DCF_CHECKED enum dcf_status dcf_notice_object_moved(struct dcf_jval older, struct dcf_jval newer, double *moved_m,
						    double *radius_m);

#endif

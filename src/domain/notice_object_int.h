/* SPDX-License-Identifier: Apache-2.0 */
/* notice_object_int.h - what the files of notice_object.h share: the names that stand in an object. */
#ifndef DCF_DOMAIN_NOTICE_OBJECT_INT_H
#define DCF_DOMAIN_NOTICE_OBJECT_INT_H

#include "domain/notice_object.h"

/* Every integer of a canonical text is below this. */
#define DCF_NOTICE_INTEGER_MAX (((int64_t)1 << 53) - 1)

/* As of a file: altitudes within 10,000 km, lengths of at most 3,000 km. */
#define DCF_NOTICE_ALTITUDE_MAX_E4 INT64_C(100000000000)
#define DCF_NOTICE_LENGTH_MAX_M    3000000.0

/* By enum dcf_shape_kind, enum dcf_alt_ref, enum dcf_edges. */
extern const char *const dcf_notice_shape_name[DCF_SHAPE_COUNT];
extern const char *const dcf_notice_ref_name[DCF_REF_COUNT];
extern const char *const dcf_notice_edges_name[2];

/* Into how many pieces the core will cut the edges of that feature; looks at each edge, DCF_NOTICE_PIECES_MAX + 1 when there
 * are more than that. */
uint32_t dcf_notice_pieces(const struct dcf_feature *f);
/* The index of a string among `count` names, or `count`; also when it is no string. */
unsigned dcf_notice_named(struct dcf_jval v, const char *const *names, unsigned count);
/* An integer within [low, high]. */
bool dcf_notice_integer(struct dcf_jval v, int64_t low, int64_t high, int64_t *out);
/* The first two of an array: latitude and longitude. */
bool dcf_notice_point(struct dcf_jval v, struct dcf_latlon *out);

#endif

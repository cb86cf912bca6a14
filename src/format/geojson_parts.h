/* SPDX-License-Identifier: Apache-2.0 */
/* geojson_parts.h - the parts of an operations file, for whoever writes such JSON.  All append to the
 * writer `j`, which remembers whether memory ran out. */
#ifndef DCF_FORMAT_GEOJSON_PARTS_H
#define DCF_FORMAT_GEOJSON_PARTS_H

#include "base/json_writer.h"
#include "core/plan.h"
#include "format/put_number.h"

/* One feature of `plan` (or a changed copy of one), on one line: the geometry, the members this program
 * knows from the struct, all others from properties_json. */
void dcf_json_feature(struct dcf_json *j, const struct dcf_plan *plan, const struct dcf_feature *f);
/* The geometry object of a feature. */
void dcf_json_geometry(struct dcf_json *j, const struct dcf_feature *f);
/* A polygon's, corridor's … measures, band and window as members of an open object; what is unlimited or
 * DCF_TIME_NONE is left out when `optional`. */
void dcf_json_extent(struct dcf_json *j, const struct dcf_feature *f, bool nautical, bool optional);
/* An RFC 3339 string with no more decimals than `time_us` needs. */
void dcf_json_time(struct dcf_json *j, int64_t time_us);
/* Member `key` with a ground length, or a height of `e4` 0.1 mm in feet where that is a whole number. */
void dcf_json_length(struct dcf_json *j, const char *key, double metres, bool nautical);
void dcf_json_height(struct dcf_json *j, const char *key, int64_t e4);
/* An altitude object in its own unit; `lean` says to which side of a number without end. */
void dcf_json_altitude(struct dcf_json *j, struct dcf_altitude a, enum dcf_lean lean);
/* Member `limits` of a party's open object; nothing where none is given. */
void dcf_json_party_limits(struct dcf_json *j, const struct dcf_party *p);
/* The members of a JSON object, in the open object: what was read and is not this program's business. */
void dcf_json_others(struct dcf_json *j, struct dcf_span object);
/* [[lon, lat], …] */
void dcf_put_positions(struct dcf_buf *out, const struct dcf_latlon *p, size_t count, bool close);
/* Members `atmosphere` and `agreement` of the open object; nothing where nothing is given. */
void dcf_json_atmosphere(struct dcf_json *j, const struct dcf_plan *plan);
void dcf_json_agreement(struct dcf_json *j, const struct dcf_plan *plan);

#endif

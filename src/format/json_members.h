/* SPDX-License-Identifier: Apache-2.0 */
/* json_members.h - the members of one JSON object, or the elements of an array, as text: for writing through what is not
 * understood.
 *
 * For text that a full parser has already accepted; anything else ends the walk early and harms
 * nothing. */
#ifndef DCF_FORMAT_JSON_MEMBERS_H
#define DCF_FORMAT_JSON_MEMBERS_H

#include "base/buf.h"

struct dcf_json_members {
	const char *p, *end;
};

/* Begin at the object in `text`; text that is no object has no members. */
struct dcf_json_members dcf_json_members_of(struct dcf_span text);
/* The next member: `name` without its quotes (escapes left as they are), `value` as it stands.  Both
 * point into the text.  False at the end. */
bool dcf_json_members_next(struct dcf_json_members *m, struct dcf_span *name, struct dcf_span *value);
/* The same for the elements of an array. */
struct dcf_json_members dcf_json_elements_of(struct dcf_span text);
bool dcf_json_elements_next(struct dcf_json_members *m, struct dcf_span *value);
/* Put JSON text without the white space between its tokens. */
void dcf_put_json_compact(struct dcf_buf *out, struct dcf_span json);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* markup.h - text into XML and HTML, and values of a plan as people read them. */
#ifndef DCF_FORMAT_MARKUP_H
#define DCF_FORMAT_MARKUP_H

#include "base/buf.h"
#include "core/plan.h"

/* `text` as character data or inside a quoted attribute: & < > " ' are escaped; bytes that are not UTF-8,
 * control characters, marks that turn the direction of writing and what else XML 1.0 forbids become U+FFFD.  So the result is
 * well-formed whatever the text holds. */
void dcf_put_markup(struct dcf_buf *out, struct dcf_span text);
/* The same, cut after `limit` characters with an ellipsis: for labels.  */
void dcf_put_markup_short(struct dcf_buf *out, struct dcf_span text, size_t limit);

/* "FL230", "8600 m STD", "0 ft SFC", "UNL": as declared. */
void dcf_show_altitude(struct dcf_buf *out, struct dcf_altitude a);
/* "10 NM" or "20 km", whichever the party uses first; metres below 1 km. */
void dcf_show_length(struct dcf_buf *out, double metres, bool nautical);

#endif

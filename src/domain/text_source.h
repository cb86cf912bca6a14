/* SPDX-License-Identifier: Apache-2.0 */
/* text_source.h - text that is in memory already, for the readers of files. */
#ifndef DCF_DOMAIN_TEXT_SOURCE_H
#define DCF_DOMAIN_TEXT_SOURCE_H

#include "format/read.h"

enum { DCF_JSON_SLACK = 64 }; /* readable bytes behind what dcf_jparse gets */

/* dcf_read_plan on `text`; `name` stands in `where` of what it reads and refuses. */
DCF_CHECKED enum dcf_status dcf_read_text_into(struct dcf_plan *plan, struct dcf_span name, struct dcf_span text);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* options_json.h - the JSON object of `options --format json`. */
#ifndef DCF_FORMAT_OPTIONS_JSON_H
#define DCF_FORMAT_OPTIONS_JSON_H

#include "base/json_writer.h"
#include "format/options_answer.h"

/* Put the whole object and a final newline.  Memory that runs out shows as out->failed. */
void dcf_options_json(const struct dcf_options_answer *answer, const char *version, struct dcf_buf *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* place_names.h - a place's names by language: those members of it that are called like a language ("ru", "ar"). */
#ifndef DCF_CLI_PLACE_NAMES_H
#define DCF_CLI_PLACE_NAMES_H

#include "base/buf.h"
#include "core/plan.h"

/* For people: ", ru: NAME, ar: NAME".  Nothing when there is none. */
void dcf_place_names_text(const struct dcf_place *place, struct dcf_buf *out);
/* As a JSON object on one line, {"ru":"NAME"}: empty when there is none. */
void dcf_place_names_json(const struct dcf_place *place, struct dcf_buf *out);

#endif

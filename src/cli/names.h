/* SPDX-License-Identifier: Apache-2.0 */
/* names.h - what is named on a command line, looked up; messages begin with `who` ("check: --for"). */
#ifndef DCF_CLI_NAMES_H
#define DCF_CLI_NAMES_H

#include "core/plan.h"

/* The party called `name`; DCF_E_USAGE, with a message that lists them, when there is none. */
DCF_CHECKED enum dcf_status dcf_name_party(const struct dcf_plan *plan, const char *who, const char *name, uint32_t *party);
/* The operation called ID or PARTY/ID; DCF_E_USAGE, with a message, when there is none or several. */
DCF_CHECKED enum dcf_status dcf_name_operation(const struct dcf_plan *plan, const char *who, const char *name,
					       uint32_t *operation);
/* Is `path` (may be NULL), to be written, one of the files to be read, or `other` (may be NULL)?  Then with a message:
 * `--report *.geojson`, where a shell puts the first operations file in the report's place. */
bool dcf_name_is_input(const char *who, const char *path, char *const *files, int count, const char *other);

#endif

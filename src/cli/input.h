/* SPDX-License-Identifier: Apache-2.0 */
/* input.h - the files named on the command line into a plan. */
#ifndef DCF_CLI_INPUT_H
#define DCF_CLI_INPUT_H

#include "core/plan.h"

/* Read `count` files ("-" is standard input) into `plan` (initialised) and finish it.  `party` is the
 * value of --party or NULL.  `all_remarks`: also show the refusals and warnings about single features on
 * standard error (the first of them), for commands that do not list them in their answer.
 * A file that cannot be opened or read to its end contributes nothing: it is a refusal in the plan and
 * a line on standard error, and the others are read all the same.
 * DCF_E_NOMEM when memory is short; DCF_E_USAGE, with a message, when "-" is named twice. */
DCF_CHECKED enum dcf_status dcf_input_read(struct dcf_plan *plan, char *const *files, int count, const char *party,
					   bool all_remarks);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* wide.h - does script/soak ask for all there is to try?  By the variable WIDE of the environment. */
#ifndef DCF_TEST_WIDE_H
#define DCF_TEST_WIDE_H

#include <stdbool.h>
#include <stdlib.h>

static inline bool wide(void)
{
	return getenv("WIDE") != NULL;
}

#endif

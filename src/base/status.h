/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - errors as values: what every function that can fail returns, and where it failed.
 *
 * Codes are numbered, append-only and never reused; a test walks them all. */
#ifndef DCF_BASE_STATUS_H
#define DCF_BASE_STATUS_H

#include <deconflict/status.h>

#include <stddef.h>
#include <stdint.h>

#endif

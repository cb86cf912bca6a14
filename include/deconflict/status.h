/* SPDX-License-Identifier: Apache-2.0 */
/* status.h - errors as values.
 *
 * Every function that can fail returns `enum dcf_status`.  Codes are numbered in writing,
 * append-only and never reused, so they may be stored and compared across versions.
 * All functions here are pure and may be called from any thread. */
#ifndef DECONFLICT_STATUS_H
#define DECONFLICT_STATUS_H

#include <deconflict/export.h>

#ifdef __cplusplus
extern "C" {
#endif

enum dcf_status {
	DCF_OK = 0,
	DCF_E_NOMEM = 1,     /* an allocation failed; the object is unchanged */
	DCF_E_RANGE = 2,     /* a value outside its documented range */
	DCF_E_SYNTAX = 3,    /* malformed input */
	DCF_E_IO = 4,        /* reading or writing failed */
	DCF_E_LIMIT = 5,     /* a documented limit (depth, size, count) was passed */
	DCF_E_NOT_FOUND = 6, /* no such thing */
	DCF_E_AMBIGUOUS = 7, /* more than one thing answers to that name */
	DCF_E_USAGE = 8,     /* the call itself is wrong (an unknown option, a missing argument) */
	DCF_E_REFUSED = 9,   /* well-formed, but not something this program will guess about */
	DCF_E_CONFLICT = 10, /* somebody else changed it first; nothing was written, look again */
	DCF_E_BUSY = 11,     /* held by another process */
	DCF_E_CORRUPT = 12,  /* stored bytes are not what was once written */
	DCF_E_FULL = 13,     /* no room left to write */
	DCF_STATUS_END
};

/* A short English sentence for `code`, static storage; "unknown status" for any other number. */
DCF_API const char *dcf_status_text(enum dcf_status code);

#ifdef __cplusplus
}
#endif

#endif

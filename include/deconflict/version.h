/* SPDX-License-Identifier: Apache-2.0 */
/* version.h - which version of the library this is.
 *
 * The macros are those of the headers that a program was compiled with, the functions those of the
 * library that it runs with.  doc/stability.md says which differences are allowed. */
#ifndef DECONFLICT_VERSION_H
#define DECONFLICT_VERSION_H

#include <deconflict/export.h>

#define DCF_LIBRARY_MAJOR 0
#define DCF_LIBRARY_MINOR 1
#define DCF_LIBRARY_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0": the version of the library that is running.  Static storage; any thread. */
DCF_API const char *dcf_library_version(void);

/* 10000 * major + 100 * minor + patch of the library that is running.  Any thread. */
DCF_API int dcf_library_version_number(void);

#ifdef __cplusplus
}
#endif

#endif

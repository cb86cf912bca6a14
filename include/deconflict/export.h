/* SPDX-License-Identifier: Apache-2.0 */
/* export.h - marks on public functions.
 *
 * DCF_API      visible in the shared library; everything else is hidden.
 * DCF_CHECKED  the result must be looked at: ignoring it is a compiler warning. */
#ifndef DECONFLICT_EXPORT_H
#define DECONFLICT_EXPORT_H

#if defined(__GNUC__)
#define DCF_API     __attribute__((visibility("default")))
#define DCF_CHECKED __attribute__((warn_unused_result))
#else
#define DCF_API
#define DCF_CHECKED
#endif

#endif

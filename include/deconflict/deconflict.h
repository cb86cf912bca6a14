/* SPDX-License-Identifier: Apache-2.0 */
/* deconflict.h - all of the library's headers. */
#ifndef DECONFLICT_DECONFLICT_H
#define DECONFLICT_DECONFLICT_H

#include <deconflict/alloc.h>
#include <deconflict/altitude.h>
#include <deconflict/check.h>
#include <deconflict/encounter.h>
#include <deconflict/export.h>
#include <deconflict/geodesy.h>
#include <deconflict/operations.h>
#include <deconflict/options.h>
#include <deconflict/status.h>
#include <deconflict/text.h>
#include <deconflict/time.h>
#include <deconflict/version.h>

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

const char *dcf_status_text(enum dcf_status code)
{
	static const char *const text[] = {
		[DCF_OK] = "ok",
		[DCF_E_NOMEM] = "out of memory",
		[DCF_E_RANGE] = "value out of range",
		[DCF_E_SYNTAX] = "malformed input",
		[DCF_E_IO] = "input or output failed",
		[DCF_E_LIMIT] = "limit exceeded",
		[DCF_E_NOT_FOUND] = "not found",
		[DCF_E_AMBIGUOUS] = "ambiguous",
		[DCF_E_USAGE] = "wrong usage",
		[DCF_E_REFUSED] = "refused",
		[DCF_E_CONFLICT] = "changed by somebody else first",
		[DCF_E_BUSY] = "held by another process",
		[DCF_E_CORRUPT] = "stored data is damaged",
		[DCF_E_FULL] = "no room left to write",
	};
	_Static_assert(sizeof text / sizeof *text == DCF_STATUS_END, "every code needs a sentence");

	return (unsigned)code < DCF_STATUS_END ? text[code] : "unknown status";
}

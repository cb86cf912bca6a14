/* SPDX-License-Identifier: Apache-2.0 */
#include "options/kinds.h"

const struct dcf_kind dcf_kinds[] = {
	{ DCF_OPTION_DELAY, dcf_propose_delay, true },
	{ DCF_OPTION_ADVANCE, dcf_propose_advance, true },
	{ DCF_OPTION_ALTITUDE, dcf_propose_altitude, true },
	{ DCF_OPTION_REROUTE, dcf_propose_reroute, true },
	{ 0, NULL, false },
};

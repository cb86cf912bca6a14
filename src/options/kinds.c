/* SPDX-License-Identifier: Apache-2.0 */
#include "options/kinds.h"

const struct dcf_kind dcf_kinds[] = {
	{ DCF_OPTION_DELAY, dcf_propose_delay, true },
	{ DCF_OPTION_ADVANCE, dcf_propose_advance, true },
	{ DCF_OPTION_ALTITUDE, dcf_propose_altitude, true },
	{ DCF_OPTION_REROUTE, dcf_propose_reroute, true },
	{ DCF_OPTION_SPEED, dcf_propose_speed, true },
	{ DCF_OPTION_RESIZE, dcf_propose_resize, true },
	{ DCF_OPTION_SPLIT, dcf_propose_split, true },
	{ DCF_OPTION_HOLD, dcf_propose_hold, true },
	{ DCF_OPTION_JOINT, dcf_propose_joint, true },
	{ DCF_OPTION_COMBINED, dcf_propose_combined, false },
	{ 0, NULL, false },
};

/* SPDX-License-Identifier: Apache-2.0 */
#include "options/option.h"

const char *dcf_option_kind_name(uint8_t kind)
{
	static const char *const names[DCF_OPTION_KINDS] = {
		[DCF_OPTION_DELAY] = "delay", [DCF_OPTION_ADVANCE] = "advance", [DCF_OPTION_ALTITUDE] = "altitude",
		[DCF_OPTION_SPEED] = "speed", [DCF_OPTION_REROUTE] = "reroute", [DCF_OPTION_RESIZE] = "resize",
		[DCF_OPTION_SPLIT] = "split", [DCF_OPTION_HOLD] = "hold",       [DCF_OPTION_COMBINED] = "combined",
		[DCF_OPTION_JOINT] = "joint",
	};

	return kind < DCF_OPTION_KINDS ? names[kind] : "";
}

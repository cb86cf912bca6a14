/* SPDX-License-Identifier: Apache-2.0 */
#include "format/compass.h"

const char *dcf_compass_point(double azimuth_deg)
{
	static const char *const rose[] = { "N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE",
					    "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW" };

	return rose[(int)(azimuth_deg / 22.5 + 0.5) % 16];
}

/* SPDX-License-Identifier: Apache-2.0 */
/* level-and-time LEVEL QNH TIME: how high a flight level is on this pressure, and an RFC 3339 time in UTC.
 *
 *     level-and-time 190 983 2015-09-20T09:00:00+03:00 */
#include <deconflict/altitude.h>
#include <deconflict/time.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct dcf_air air = dcf_air_widest();
	struct dcf_level level;
	int64_t sea_e4[2], time_us;
	const char *why = "";
	char utc[DCF_TIME_TEXT_MAX];

	if (argc != 4) {
		fprintf(stderr, "usage: level-and-time LEVEL QNH TIME\n");
		return 2;
	}
	air.qnh_hpa[0] = air.qnh_hpa[1] = strtod(argv[2], NULL);
	if (dcf_level_of(strtod(argv[1], NULL), DCF_IN_FLIGHT_LEVELS, DCF_ABOVE_STD, &level) != DCF_OK ||
	    dcf_level_above_sea(&air, level, sea_e4) != DCF_OK) {
		fprintf(stderr, "level-and-time: a level or pressure out of range\n");
		return 2;
	}
	if (dcf_time_read(argv[3], strlen(argv[3]), false, &time_us, &why) != DCF_OK) {
		fprintf(stderr, "level-and-time: %s: %s\n", argv[3], why);
		return 2;
	}
	if (dcf_time_format(time_us, 0, false, utc) != DCF_OK)
		return 3;
	printf("FL%s on QNH %s is %.0f ft above mean sea level\n%s\n", argv[1], argv[2], (double)sea_e4[0] / 3048, utc);
	return 0;
}

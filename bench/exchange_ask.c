/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "bench/exchange.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void dcf_exchange_id(uint64_t a, uint64_t b, unsigned tail, char out[static DCF_ID_TEXT + 1])
{
	(void)snprintf(out, DCF_ID_TEXT + 1, "%08x-%04x-4%03x-%04x-%08x%04x", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
		       (unsigned)(a & 0xfff), (unsigned)(0x8000 | (b >> 48 & 0x3fff)), (unsigned)(b >> 16 & 0xffffffff),
		       tail & 0xffff);
}

static void put_times(char *out, size_t room)
{
	time_t from = time(NULL) / 3600 * 3600 + 7200, to = from + 3600;
	struct tm a, b;
	char start[32], end[32];

	gmtime_r(&from, &a);
	gmtime_r(&to, &b);
	(void)strftime(start, sizeof start, "%Y-%m-%dT%H:%M:%SZ", &a);
	(void)strftime(end, sizeof end, "%Y-%m-%dT%H:%M:%SZ", &b);
	(void)snprintf(
		out, room,
		"\"time_start\":{\"value\":\"%s\",\"format\":\"RFC3339\"},\"time_end\":{\"value\":\"%s\",\"format\":\"RFC3339\"}",
		start, end);
}

size_t dcf_exchange_volume(char *out, size_t room, double lat, double lng, double radius_m, int lower_m, int upper_m)
{
	char times[200];

	put_times(times, sizeof times);
	return (size_t)snprintf(
		out, room,
		"{\"volume\":{\"outline_circle\":{\"center\":{\"lat\":%.7f,\"lng\":%.7f},\"radius\":{\"value\":%.1f,\"units\":\"M\"}},"
		"\"altitude_lower\":{\"value\":%d,\"reference\":\"W84\",\"units\":\"M\"},"
		"\"altitude_upper\":{\"value\":%d,\"reference\":\"W84\",\"units\":\"M\"}},%s}",
		lat, lng, radius_m, lower_m, upper_m, times);
}

size_t dcf_exchange_area(char *out, size_t room, double lat, double lng, double side)
{
	char times[200];

	put_times(times, sizeof times);
	return (size_t)snprintf(
		out, room,
		"{\"volume\":{\"outline_polygon\":{\"vertices\":[{\"lat\":%.7f,\"lng\":%.7f},{\"lat\":%.7f,\"lng\":%.7f},"
		"{\"lat\":%.7f,\"lng\":%.7f},{\"lat\":%.7f,\"lng\":%.7f}]},"
		"\"altitude_lower\":{\"value\":0,\"reference\":\"W84\",\"units\":\"M\"},"
		"\"altitude_upper\":{\"value\":3000,\"reference\":\"W84\",\"units\":\"M\"}},%s}",
		lat, lng, lat, lng + side, lat + side, lng + side, lat + side, lng, times);
}

static size_t skip_space(struct dcf_span t, size_t at)
{
	while (at < t.len && (t.p[at] == ' ' || t.p[at] == '\n' || t.p[at] == '\t' || t.p[at] == '\r'))
		at++;
	return at;
}

bool dcf_exchange_next(struct dcf_span text, size_t *at, const char *name, struct dcf_span *value)
{
	char quoted[40];
	size_t n = (size_t)snprintf(quoted, sizeof quoted, "\"%s\"", name);

	while (*at < text.len) {
		const char *found = memmem(text.p + *at, text.len - *at, quoted, n), *end;
		size_t i;

		if (!found)
			break;
		i = skip_space(text, (size_t)(found - text.p) + n);
		*at = i;
		if (i >= text.len || text.p[i] != ':')
			continue;
		i = skip_space(text, i + 1);
		if (i >= text.len || text.p[i] != '"')
			continue;
		end = memchr(text.p + i + 1, '"', text.len - i - 1);
		if (!end)
			break;
		*value = (struct dcf_span){ text.p + i + 1, (size_t)(end - text.p) - i - 1 };
		*at = (size_t)(end - text.p) + 1;
		return true;
	}
	*at = text.len;
	return false;
}

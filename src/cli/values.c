/* SPDX-License-Identifier: Apache-2.0 */
/* values.c - the values of options: lengths, durations, counts.
 *
 * Decimals are read with integers: a minimum of 1000 ft is 1000 ft, not the double beside it. */
#include "cli/cli.h"
#include "core/check.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	int64_t size; /* in the smallest unit of the quantity */
};

/* 0.1 mm */
static const struct unit lengths[] = { { "NM", 18520000 }, { "km", 10000000 }, { "m", DCF_M_E4 }, { "ft", DCF_FT_E4 }, { 0 } };
static const struct unit heights[] = { { "ft", DCF_FT_E4 }, { "m", DCF_M_E4 }, { "km", 10000000 }, { 0 } };
/* microseconds */
static const struct unit durations[] = {
	{ "s", 1000000 },
	{ "min", 60000000 },
	{ "h", 3600000000 },
	{ 0 },
};

/* Longer than an operations file may say, higher than anything flies, longer than a year: mistyped. */
static const int64_t lateral_max = 5000 * (int64_t)10000000;
static const int64_t vertical_max = 100 * (int64_t)10000000;
static const int64_t duration_max = 366 * 24 * (int64_t)3600000000;

/* Digits with at most six behind the point, times 10^6.  Returns the rest, or NULL. */
static const char *read_decimal(const char *text, int64_t *micro)
{
	int64_t v = 0;
	int behind = -1;
	const char *p = text;

	for (; isdigit((unsigned char)*p) || (*p == '.' && behind < 0); p++) {
		if (*p == '.') {
			behind = 0;
			continue;
		}
		if (behind >= 6 || v > 100000000000)
			return NULL;
		v = v * 10 + (*p - '0');
		behind += behind >= 0;
	}
	if (p == text || !isdigit((unsigned char)p[-1]) || *text == '.')
		return NULL;
	for (int i = behind < 0 ? 0 : behind; i < 6; i++)
		v *= 10;
	*micro = v;
	return p;
}

/* value * size, rounded up or down to whole smallest units; false when it is none or above `max`. */
static bool read_quantity(const char *text, const struct unit *units, bool up, int64_t max, int64_t *out)
{
	int64_t micro;
	const char *rest = read_decimal(text, &micro);

	if (!rest)
		return false;
	rest += strspn(rest, " ");
	/* Nothing is nothing in every unit. */
	if (*rest == '\0' && micro == 0) {
		*out = 0;
		return true;
	}
	for (; units->name; units++) {
		if (strcasecmp(rest, units->name) != 0)
			continue;
		/* max / size < 2^31 and micro is compared first, so nothing overflows. */
		if (micro / 1000000 > max / units->size)
			return false;
		*out = micro / 1000000 * units->size + (micro % 1000000 * units->size + (up ? 999999 : 0)) / 1000000;
		return *out <= max;
	}
	return false;
}

const char *dcf_take_flag(const char *value, void *to)
{
	(void)value;
	*(bool *)to = true;
	return NULL;
}

const char *dcf_take_text(const char *value, void *to)
{
	*(const char **)to = value;
	return *value ? NULL : "a name";
}

const char *dcf_take_lateral(const char *value, void *to)
{
	int64_t e4;

	if (!read_quantity(value, lengths, true, lateral_max, &e4))
		return "a length with its unit (NM, km, m or ft), 0 to 5000 km, such as 5NM";
	*(double *)to = (double)e4 / DCF_M_E4;
	return NULL;
}

const char *dcf_take_vertical(const char *value, void *to)
{
	if (!read_quantity(value, heights, true, vertical_max, to))
		return "a height with its unit (ft or m), 0 to 100 km, such as 1000ft";
	return NULL;
}

const char *dcf_take_duration(const char *value, void *to)
{
	if (!read_quantity(value, durations, false, duration_max, to))
		return "a duration with its unit (s, min or h), 0 to 366 days, such as 180s";
	return NULL;
}

const char *dcf_take_threads(const char *value, void *to)
{
	int64_t micro;
	const char *rest = read_decimal(value, &micro);

	if (!rest || *rest || strchr(value, '.') || micro < 1000000 || micro > 1024 * (int64_t)1000000)
		return "a number of threads, 1 to 1024";
	*(unsigned *)to = (unsigned)(micro / 1000000);
	return NULL;
}

const char *dcf_take_engine(const char *value, void *to)
{
	*(enum dcf_engine *)to = strcmp(value, "brute") == 0 ? DCF_ENGINE_BRUTE : DCF_ENGINE_INDEX;
	return strcmp(value, "brute") == 0 || strcmp(value, "index") == 0 ? NULL : "'index' or 'brute'";
}

const char *dcf_take_count(const char *value, void *to)
{
	uint64_t v = 0;
	const char *p = value;

	for (; isdigit((unsigned char)*p) && v <= 1000000000000000; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	if (p == value || *p || v > 1000000000000000)
		return "a whole number, 0 to 1e15";
	*(uint64_t *)to = v;
	return NULL;
}

const char *dcf_take_share(const char *value, void *to)
{
	int64_t micro;
	const char *rest = read_decimal(value, &micro);

	if (!rest || strcmp(rest, "%") != 0 || micro <= 0 || micro > 100 * (int64_t)1000000)
		return "a share above 0% and up to 100%, such as 60%";
	*(double *)to = (double)micro / 1e8;
	return NULL;
}

/* "FL180" or a height with its unit, up to `end`. */
static bool read_level(const char *text, size_t n, int64_t *e4)
{
	char copy[64];
	int64_t micro;
	const char *rest;

	if (n == 0 || n >= sizeof copy)
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	if (strncasecmp(copy, "FL", 2) != 0)
		return read_quantity(copy, heights, false, vertical_max, e4);
	rest = read_decimal(copy + 2, &micro);
	if (!rest || *rest || micro > vertical_max / DCF_FL_E4 * 1000000)
		return false;
	*e4 = micro * DCF_FL_E4 / 1000000;
	return true;
}

const char *dcf_take_levels(const char *value, void *to)
{
	const char *dots = strstr(value, "..");
	struct dcf_cli_levels l = { .given = true };

	if (!dots || !read_level(value, (size_t)(dots - value), &l.lowest_e4) ||
	    !read_level(dots + 2, strlen(dots + 2), &l.highest_e4) || l.lowest_e4 > l.highest_e4)
		return "two levels, the lower first, such as FL180..FL410 or 1000ft..5000ft";
	*(struct dcf_cli_levels *)to = l;
	return NULL;
}

/* "delay=1": the weight and the rest behind its comma; NULL when it is none, or is there already. */
static const char *read_weight(const char *p, struct dcf_cli_weights *w)
{
	const struct {
		const char *name;
		bool *has;
		double *to;
	} rows[] = {
		{ "delay=", &w->has_delay, &w->delay_s },
		{ "altitude=", &w->has_altitude, &w->altitude_ft },
		{ "extra=", &w->has_extra, &w->extra_m },
	};
	int64_t micro;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t n = strlen(rows[i].name);

		if (strncmp(p, rows[i].name, n) != 0)
			continue;
		p = *rows[i].has ? NULL : read_decimal(p + n, &micro);
		if (!p || (*p && *p != ',') || micro > 1000000000 * (int64_t)1000000)
			return NULL;
		*rows[i].has = true;
		*rows[i].to = (double)micro / 1e6;
		return *p == ',' ? p + 1 : p;
	}
	return NULL;
}

const char *dcf_take_weights(const char *value, void *to)
{
	struct dcf_cli_weights w = { 0 };
	const char *p = value;

	do {
		p = read_weight(p, &w);
	} while (p && *p);
	if (!p || value[strlen(value) - 1] == ',')
		return "weights from 0 such as delay=1,altitude=0.1,extra=0.01, each once";
	*(struct dcf_cli_weights *)to = w;
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/rival.h"

#include <string.h>

/* Known by name whether or not its library was there to build it with. */
const struct dcf_rival_entry dcf_rivals[] = {
	{ "brute", &dcf_rival_brute },
#ifdef DCF_HAVE_GEOS
	{ "geos", &dcf_rival_geos },
#else
	{ "geos", NULL },
#endif
#ifdef DCF_HAVE_BOOST
	{ "boost", &dcf_rival_boost },
#else
	{ "boost", NULL },
#endif
#ifdef DCF_HAVE_SQLITE
	{ "sqlite", &dcf_rival_sqlite },
#else
	{ "sqlite", NULL },
#endif
#ifdef DCF_HAVE_POSTGIS
	{ "postgis", &dcf_rival_postgis },
#else
	{ "postgis", NULL },
#endif
};

_Static_assert(sizeof dcf_rivals / sizeof *dcf_rivals == DCF_RIVAL_COUNT, "every rival stands once");

bool dcf_rival_choose(struct dcf_span list, bool chosen[DCF_RIVAL_COUNT], struct dcf_span *unknown)
{
	bool all = dcf_span_eq(list, DCF_SPAN("all"));

	for (size_t i = 0; i < DCF_RIVAL_COUNT; i++)
		chosen[i] = all;
	if (all || dcf_span_eq(list, DCF_SPAN("none")))
		return true;
	while (list.len) {
		const char *comma = memchr(list.p, ',', list.len);
		struct dcf_span name = { list.p, comma ? (size_t)(comma - list.p) : list.len };
		size_t i = 0;

		while (i < DCF_RIVAL_COUNT && !dcf_span_eq(name, dcf_span_of(dcf_rivals[i].name)))
			i++;
		if (i == DCF_RIVAL_COUNT) {
			*unknown = name;
			return false;
		}
		chosen[i] = true;
		list = comma ? (struct dcf_span){ comma + 1, list.len - name.len - 1 } : DCF_SPAN("");
	}
	return true;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/rival.h"
#include "bench/choose.h"

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
	const char *names[DCF_RIVAL_COUNT];

	for (size_t i = 0; i < DCF_RIVAL_COUNT; i++)
		names[i] = dcf_rivals[i].name;
	return dcf_choose_names(list, names, DCF_RIVAL_COUNT, chosen, unknown);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/rival.h"

const struct dcf_rival *const dcf_rivals[] = {
	&dcf_rival_brute,
#ifdef DCF_HAVE_GEOS
	&dcf_rival_geos,
#endif
#ifdef DCF_HAVE_BOOST
	&dcf_rival_boost,
#endif
#ifdef DCF_HAVE_SQLITE
	&dcf_rival_sqlite,
#endif
#ifdef DCF_HAVE_POSTGIS
	&dcf_rival_postgis,
#endif
};

const size_t dcf_rival_count = sizeof dcf_rivals / sizeof *dcf_rivals;

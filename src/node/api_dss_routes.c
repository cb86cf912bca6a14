/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api_dss.h"

const struct dcf_http_route dcf_dss_routes[] = {
	{ 0, NULL, NULL, NULL, 0, NULL },
};
const size_t dcf_dss_route_count = 0;

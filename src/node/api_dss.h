/* SPDX-License-Identifier: Apache-2.0 */
/* api_dss.h - ASTM F3548-21's DSS interface, /dss/v1.
 *
 *     api_dss_intent.c        operational intents
 *     api_dss_constraint.c    constraints
 *     api_dss_subscription.c  subscriptions
 *     api_dss_other.c         availability, reports
 *     api_dss_put.c           references and subscriptions as JSON; what callers may see of them
 *     api_dss_meet.c          what more there is to say: which volumes meet, when, by how much
 *     api_dss_routes.c        the table */
#ifndef DCF_NODE_API_DSS_H
#define DCF_NODE_API_DSS_H

#include "node/api_exchange.h"

extern const struct dcf_http_route dcf_dss_routes[];
extern const size_t dcf_dss_route_count;

#endif

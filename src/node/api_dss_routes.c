/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api_dss.h"

#define SC DCF_SCOPE_SC
#define CM DCF_SCOPE_CM
#define CP DCF_SCOPE_CP
#define SA DCF_SCOPE_SA
#define AA DCF_SCOPE_AA

const struct dcf_http_route dcf_dss_routes[] = {
	DCF_EXCHANGE_ROUTE(POST, "/dss/v1/operational_intent_references/query", dcf_dss_intent_query, SC, SA),
	DCF_EXCHANGE_ROUTE(GET, "/dss/v1/operational_intent_references/{entityid}", dcf_dss_intent_get, SC, SA),
	DCF_EXCHANGE_ROUTE(PUT, "/dss/v1/operational_intent_references/{entityid}", dcf_dss_intent_create, SC, SC | CP, SA),
	DCF_EXCHANGE_ROUTE(PUT, "/dss/v1/operational_intent_references/{entityid}/{ovn}", dcf_dss_intent_update, SC, SC | CP,
			   SA),
	DCF_EXCHANGE_ROUTE(DELETE, "/dss/v1/operational_intent_references/{entityid}/{ovn}", dcf_dss_intent_delete, SC, SA),
	DCF_EXCHANGE_ROUTE(POST, "/dss/v1/constraint_references/query", dcf_dss_constraint_query, CM, CP),
	DCF_EXCHANGE_ROUTE(GET, "/dss/v1/constraint_references/{entityid}", dcf_dss_constraint_get, CM, CP),
	DCF_EXCHANGE_ROUTE(PUT, "/dss/v1/constraint_references/{entityid}", dcf_dss_constraint_create, CM),
	DCF_EXCHANGE_ROUTE(PUT, "/dss/v1/constraint_references/{entityid}/{ovn}", dcf_dss_constraint_update, CM),
	DCF_EXCHANGE_ROUTE(DELETE, "/dss/v1/constraint_references/{entityid}/{ovn}", dcf_dss_constraint_delete, CM),
	DCF_EXCHANGE_ROUTE(POST, "/dss/v1/subscriptions/query", dcf_dss_subscription_query, CP, SC),
	DCF_EXCHANGE_ROUTE(GET, "/dss/v1/subscriptions/{subscriptionid}", dcf_dss_subscription_get, CP, SC),
	DCF_EXCHANGE_ROUTE(PUT, "/dss/v1/subscriptions/{subscriptionid}", dcf_dss_subscription_create, CP, SC),
	DCF_EXCHANGE_ROUTE(PUT, "/dss/v1/subscriptions/{subscriptionid}/{version}", dcf_dss_subscription_update, CP, SC),
	DCF_EXCHANGE_ROUTE(DELETE, "/dss/v1/subscriptions/{subscriptionid}/{version}", dcf_dss_subscription_delete, CP, SC),
	DCF_EXCHANGE_ROUTE(POST, "/exchange/v1/options", dcf_exchange_options, SC, SA),
	DCF_EXCHANGE_ROUTE(POST, "/dss/v1/reports", dcf_dss_report, CM, CP, SA, AA, SC),
	DCF_EXCHANGE_ROUTE(PUT, "/dss/v1/uss_availability/{uss_id}", dcf_dss_availability_put, AA),
	DCF_EXCHANGE_ROUTE(GET, "/dss/v1/uss_availability/{uss_id}", dcf_dss_availability_get, AA, SC, SA),
};
const size_t dcf_dss_route_count = sizeof dcf_dss_routes / sizeof *dcf_dss_routes;

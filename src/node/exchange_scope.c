/* SPDX-License-Identifier: Apache-2.0 */
#include "node/exchange_scope.h"

static const char *const names[DCF_SCOPE_EXCHANGE_COUNT] = {
	"utm.strategic_coordination",
	"utm.constraint_management",
	"utm.constraint_processing",
	"utm.conformance_monitoring_sa",
	"utm.availability_arbitration",
	"dss.read.identification_service_areas",
	"dss.write.identification_service_areas",
	"rid.display_provider",
	"rid.service_provider",
	"interuss.pool_status.read",
	"interuss.pool_status.heartbeat.write",
	"interuss.versioning.read_system_versions",
};

const char *dcf_exchange_scope_name(unsigned bit)
{
	return bit < DCF_SCOPE_EXCHANGE_COUNT ? names[bit] : "";
}

bool dcf_exchange_is_scope(struct dcf_span scope)
{
	for (unsigned i = 0; i < DCF_SCOPE_EXCHANGE_COUNT; i++)
		if (dcf_span_eq(scope, dcf_span_of(names[i])))
			return true;
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_scope.h - the scopes of the exchange's interfaces.  A token with any of them has none of the native API's when it is
 * this node's own. */
#ifndef DCF_NODE_EXCHANGE_SCOPE_H
#define DCF_NODE_EXCHANGE_SCOPE_H

#include "base/span.h"
#include <stdbool.h>

/* Scopes, as bits. */
enum dcf_exchange_scope {
	DCF_SCOPE_SC = 1 << 0,              /* utm.strategic_coordination */
	DCF_SCOPE_CM = 1 << 1,              /* utm.constraint_management */
	DCF_SCOPE_CP = 1 << 2,              /* utm.constraint_processing */
	DCF_SCOPE_SA = 1 << 3,              /* utm.conformance_monitoring_sa */
	DCF_SCOPE_AA = 1 << 4,              /* utm.availability_arbitration */
	DCF_SCOPE_RID_R = 1 << 5,           /* dss.read.identification_service_areas */
	DCF_SCOPE_RID_W = 1 << 6,           /* dss.write.identification_service_areas */
	DCF_SCOPE_RID_DP = 1 << 7,          /* rid.display_provider */
	DCF_SCOPE_RID_SP = 1 << 8,          /* rid.service_provider */
	DCF_SCOPE_POOL = 1 << 9,            /* interuss.pool_status.read */
	DCF_SCOPE_POOL_HEARTBEAT = 1 << 10, /* interuss.pool_status.heartbeat.write */
	DCF_SCOPE_VERSIONS = 1 << 11,       /* interuss.versioning.read_system_versions */
	DCF_SCOPE_EXCHANGE_COUNT = 12
};
/* The name of bit number `bit`, "" when there is no such. */
const char *dcf_exchange_scope_name(unsigned bit);
/* Is the word one of those scopes? */
bool dcf_exchange_is_scope(struct dcf_span scope);

#endif

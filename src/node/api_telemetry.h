/* SPDX-License-Identifier: Apache-2.0 */
/* api_telemetry.h - where aircraft are: what a party tells of its own operations, and who may read it.
 *
 * DISCLOSURE  A position is shown to the operation's own party, and through /uss/v1 (api_uss.c) to whom the exchange's standard
 * gives it, while the operation is released there and its intent is Nonconforming or Contingent; to nobody else, in nothing
 * else: it is in no entry, no event, no list, no message of the line. */
#ifndef DCF_NODE_API_TELEMETRY_H
#define DCF_NODE_API_TELEMETRY_H

#include "node/api.h"
#include "node/whereabouts.h"

DCF_API_HANDLER(dcf_api_telemetry_put);
DCF_API_HANDLER(dcf_api_telemetry_get);

/* The last position of an operation that stands; false: none. */
bool dcf_api_position_of(struct dcf_api *api, const struct dcf_op *op, struct dcf_last_seen *out);
/* Forget positions of operations that stand no more.  Behind each publication. */
void dcf_api_tend_positions(struct dcf_api *api);
/* Counters and a gauge. */
void dcf_api_position_metrics(struct dcf_api *api);

#endif

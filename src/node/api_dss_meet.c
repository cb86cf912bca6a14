/* SPDX-License-Identifier: Apache-2.0 */
/* api_dss_meet.c - what a caller learns beside the standard's answer: which of its volumes really meet which of others', when, in which levels, and by
 * how much.  What is relevant by F3548 is found by the bounds of whole entities, so much of what a key must hold meets nothing.
 *
 * "deconflict": {
 *   "summary": "2 of the 3 volumes asked for meet 1 of 4 relevant entities",
 *   "relevant": 4, "looked_at": 4, "meet": 1,
 *   "entities": [ { "id", "kind", "manager", "pairs": [ { "volume", "their_volume", "time_start", "time_end", "lower_m", "upper_m", "overlap_m" } ],
 *                   "pairs_found", "text" } ],
 *   "options": { "method": "POST", "href": "/v1/exchange/options?entityid=ID", "body": "that of this request" } } */
#include "node/api_dss.h"

void dcf_dss_put_meetings(struct dcf_json *j, struct dcf_exchange_change *c, const struct dcf_entity *const *list, size_t count, bool refused)
{
	/* dcf_entities_meet is not there yet. */
	(void)j, (void)c, (void)list, (void)count, (void)refused;
}

void dcf_dss_put_neighbours(struct dcf_json *j, struct dcf_exchange_change *c)
{
	(void)j, (void)c;
}

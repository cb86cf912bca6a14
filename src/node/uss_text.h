/* SPDX-License-Identifier: Apache-2.0 */
/* uss_text.h - what F3548-21 has providers say to each other, as JSON.  Pure; any thread.
 *
 * All of it is made from one version of an intent or constraint as it stands in the exchange, and of nothing else that the node
 * knows: what was not released to the exchange has no entity there, so it cannot come out here. */
#ifndef DCF_NODE_USS_TEXT_H
#define DCF_NODE_USS_TEXT_H

#include "base/json_writer.h"
#include "domain/exchange.h"

/* One Volume4D, with every digit that it has; not `strict`: with what its reader needs to join parts of one feature again. */
void dcf_uss_put_volume(struct dcf_json *j, const struct dcf_utm_volume *v, bool strict);

/* {"reference": {...}, "details": {...}} of an intent of ours: with its OVN, all its volumes, and those as off-nominal ones
 * where its state asks for them.  Nonconforming: the node knows of no other volumes than those declared (whoever flies
 * elsewhere declares anew), so they are both; Contingent: off-nominal alone. */
void dcf_uss_put_intent(struct dcf_json *j, const struct dcf_entity *e, bool strict);

/* Likewise of a constraint of ours.  Which type it is nobody says. */
void dcf_uss_put_constraint(struct dcf_json *j, const struct dcf_entity *e, bool strict);

/* PutOperationalIntentDetailsParameters, PutConstraintDetailsParameters: what a subscriber is told of a change.  `subscription`
 * of the notices, `count` of them (at least one), go to one URL.  `ended`: without the intent or constraint. */
void dcf_uss_put_notification(struct dcf_json *j, const struct dcf_entity *e, bool ended, bool strict,
			      const struct dcf_notice_to *notice, size_t count);

/* {"value", "reference", "units"} under `key`: 0.1 mm above the ellipsoid, as metres. */
void dcf_uss_put_altitude(struct dcf_json *j, const char *key, int64_t e4);

#endif

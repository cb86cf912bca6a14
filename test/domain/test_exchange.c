/* SPDX-License-Identifier: Apache-2.0 */
/* What may be written to the exchange, what follows, and who is told: one case after the other. */
#include "exchange_kit.h"

/* --- intents --------------------------------------------------------------------------------------------------------------- */

static void lives_of_an_intent(void)
{
	struct kit *k = kit_new();
	struct kit_put p = kit_intent(1, "uss1", 0, 0, 500, 0, 3600);
	struct dcf_span first;

	CHECK(kit_put(k, &p) == DCF_EXCHANGE_FINE && k->answer.entity->version == 1 && k->answer.entity->state == DCF_UTM_ACCEPTED);
	first = kit_keep(k, k->answer.entity->tag);
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_THERE);
	p.manager = "uss2";
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_NOT_YOURS);
	p.tag = DCF_SPAN("wrong-ovn-0123456789");
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_NOT_YOURS);
	p.manager = "uss1";
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_CHANGED);
	p.tag = first;
	p.state = DCF_UTM_ACTIVATED;
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_FINE && k->answer.entity->version == 2 && !dcf_span_eq(k->answer.entity->tag, first));
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_CHANGED);
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss2", kit_tag(k, DCF_ENTITY_INTENT, 1)) == DCF_EXCHANGE_NOT_YOURS);
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", first) == DCF_EXCHANGE_CHANGED);
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", kit_tag(k, DCF_ENTITY_INTENT, 1)) == DCF_EXCHANGE_FINE);
	CHECK(k->answer.entity && k->answer.entity->version == 2 && !kit_now(k, DCF_ENTITY_INTENT, 1));
	CHECK(kit_delete(k, DCF_ENTITY_INTENT, 1, "uss1", first) == DCF_EXCHANGE_NOT_THERE);
	p.id = 2;
	CHECK(kit_put(k, &p) == DCF_EXCHANGE_NOT_THERE);
	kit_free(k);
}

int main(void)
{
	return TAP_RUN(TAP(lives_of_an_intent));
}

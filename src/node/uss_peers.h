/* SPDX-License-Identifier: Apache-2.0 */
/* uss_peers.h - what other providers said of their intents and constraints (notifications), the last of each.
 *
 * In memory, at most DCF_USS_PEERS of them and DCF_USS_PEERS_BYTES of text: what came longest ago goes first.  It is word of
 * mouth: whoever uses it compares its version with the exchange's.  Any thread. */
#ifndef DCF_NODE_USS_PEERS_H
#define DCF_NODE_USS_PEERS_H

#include "crypto/hash.h"
#include "domain/exchange.h"

enum { DCF_USS_PEERS = 20000 };
#define DCF_USS_PEERS_BYTES ((size_t)128 << 20)

struct dcf_uss_peers;

DCF_CHECKED enum dcf_status dcf_uss_peers_new(const struct dcf_alloc *a, struct dcf_uss_peers **out);
void dcf_uss_peers_free(struct dcf_uss_peers *p);

/* One notification.  Borrowed. */
struct dcf_uss_word {
	uint8_t kind; /* enum dcf_entity_kind: INTENT, CONSTRAINT */
	struct dcf_uuid id;
	struct dcf_span peer; /* who said it */
	int64_t version;
	struct dcf_hash digest; /* of what makes up this version */
	struct dcf_span text;   /* the whole message; absent: the entity is gone */
	int64_t at_us;
};
/* DCF_E_CONFLICT: a later version was said, or of this one something else; DCF_E_REFUSED: another party said the last;
 * DCF_E_NOMEM, DCF_E_LIMIT (too long). */
DCF_CHECKED enum dcf_status dcf_uss_peers_take(struct dcf_uss_peers *p, const struct dcf_uss_word *word);
/* What `peer` said of that version: the message put to `out`.  False when it is not there. */
bool dcf_uss_peers_find(struct dcf_uss_peers *p, enum dcf_entity_kind kind, const struct dcf_uuid *id, struct dcf_span peer,
			int64_t version, struct dcf_buf *out, int64_t *at_us);
/* How many are kept. */
size_t dcf_uss_peers_count(struct dcf_uss_peers *p);

#endif

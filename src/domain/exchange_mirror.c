/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/state_int.h"
#include "crypto/hash.h"

static enum dcf_status keep(const struct dcf_alloc *a, struct dcf_span *to, struct dcf_span text)
{
	char *p = dcf_alloc_new(a, text.len);

	if (!p)
		return DCF_E_NOMEM;
	if (text.len)
		memcpy(p, text.p, text.len);
	dcf_alloc_free(a, (void *)to->p, to->len);
	*to = (struct dcf_span){ p, text.len };
	return DCF_OK;
}

enum dcf_status dcf_state_exchange_own(struct dcf_state *st, const struct dcf_exchange_own *own)
{
	struct dcf_exchange *x = st->exchange;
	enum dcf_status s = keep(x->from, &x->own_party, own->party);

	s = s == DCF_OK ? keep(x->from, &x->own_manager, own->manager) : s;
	s = s == DCF_OK ? keep(x->from, &x->own_url, own->url) : s;
	x->own_look = true;
	return s;
}

struct dcf_uuid dcf_exchange_own_id(struct dcf_span party, struct dcf_span operation)
{
	struct dcf_sha256 sum;
	struct dcf_hash hash;

	dcf_sha256_begin(&sum);
	dcf_sha256_put(&sum, party.p, party.len);
	dcf_sha256_put(&sum, "", 1);
	dcf_sha256_put(&sum, operation.p, operation.len);
	hash = dcf_sha256_end(&sum);
	return dcf_uuid_of_random(hash.b);
}

enum dcf_status dcf_state_exchange_own_due(struct dcf_state *st, const struct dcf_random *random, struct dcf_buf *body, bool *due)
{
	(void)st;
	(void)random;
	(void)body;
	*due = false;
	return DCF_OK;
}

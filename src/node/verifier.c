/* SPDX-License-Identifier: Apache-2.0 */
/* verifier.c - tokens against the keys of the moment, and those that were checked before.
 *
 * KEYS   a keyring (a set for each slot) is immutable and counted; publishing makes a new one with a higher generation.
 * CACHE  DCF_JWT_CACHE entries in sets of WAYS; SHARDS locks, each for its share of the sets.  An entry of an older generation
 * or past its time is as good as none.  Only tokens whose signature held get in, so strangers cannot push others out. */
#include "node/claims.h"
#include "node/jwt_parts.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "crypto/hash.h"

enum { WAYS = 8, SETS = DCF_JWT_CACHE / WAYS, SHARDS = 64 };

struct entry {
	struct dcf_hash hash;
	enum dcf_jwt_rules rules;        /* by which it was found good */
	const struct dcf_claims *claims; /* NULL: free */
	uint64_t generation;
	uint64_t used; /* the shard's count when it was used last */
};

struct shard {
	_Alignas(64) pthread_mutex_t lock;
	uint64_t uses, hits, misses;
};

struct names {
	size_t count;
	struct dcf_span name[DCF_JWT_AUDIENCES];
};

struct dcf_verifier {
	struct dcf_alloc from;
	struct dcf_arena texts;
	struct dcf_span own_audience;
	struct names audiences, issuers;
	void (*unknown_key)(void *ctx);
	void *unknown_key_ctx;
	pthread_mutex_t lock; /* of `keys` */
	struct dcf_keyring *keys;
	_Atomic uint64_t generation; /* of `keys` */
	struct shard *shard;         /* SHARDS */
	void *shard_block;
	struct entry *entry; /* DCF_JWT_CACHE */
};

enum { SHARD_BLOCK = SHARDS * sizeof(struct shard) + 64 };

/* --- making and freeing ------------------------------------------------------------------------------------ */

static void keyring_free(const struct dcf_alloc *a, struct dcf_keyring *k)
{
	if (!k || atomic_fetch_sub(&k->refs, 1) != 1)
		return;
	for (unsigned i = 0; i < DCF_VERIFIER_SLOTS; i++)
		dcf_keyset_free(k->slot[i]);
	dcf_alloc_free(a, k, sizeof *k);
}

static struct dcf_keyring *keyring_new(const struct dcf_alloc *a)
{
	struct dcf_keyring *k = dcf_alloc_new(a, sizeof *k);

	if (!k)
		return NULL;
	memset(k, 0, sizeof *k);
	atomic_init(&k->refs, 1);
	return k;
}

static enum dcf_status copy_names(struct dcf_verifier *v, struct names *to, const struct dcf_span *from, size_t count)
{
	if (count > DCF_JWT_AUDIENCES)
		return DCF_E_LIMIT;
	for (size_t i = 0; i < count; i++)
		if (!(to->name[i] = dcf_arena_copy(&v->texts, from[i])).p)
			return DCF_E_NOMEM;
	to->count = count;
	return DCF_OK;
}

static enum dcf_status cache_new(struct dcf_verifier *v)
{
	v->entry = dcf_alloc_new(&v->from, DCF_JWT_CACHE * sizeof *v->entry);
	if (!v->entry)
		return DCF_E_NOMEM;
	memset(v->entry, 0, DCF_JWT_CACHE * sizeof *v->entry);
	v->shard_block = dcf_alloc_new(&v->from, SHARD_BLOCK);
	if (!v->shard_block)
		return DCF_E_NOMEM;
	memset(v->shard_block, 0, SHARD_BLOCK);
	v->shard = (struct shard *)(((uintptr_t)v->shard_block + 63) & ~(uintptr_t)63);
	/* Linux's default mutexes need no memory: they cannot fail to be made. */
	for (unsigned i = 0; i < SHARDS; i++)
		(void)pthread_mutex_init(&v->shard[i].lock, NULL);
	return DCF_OK;
}

enum dcf_status dcf_verifier_new(const struct dcf_alloc *a, const struct dcf_verifier_options *options,
				 struct dcf_verifier **out)
{
	struct dcf_verifier *v = dcf_alloc_new(a, sizeof *v);
	enum dcf_status s = DCF_E_NOMEM;

	if (!v)
		return s;
	*v = (struct dcf_verifier){ .from = *a,
				    .unknown_key = options->unknown_key,
				    .unknown_key_ctx = options->unknown_key_ctx };
	v->texts.from = &v->from;
	(void)pthread_mutex_init(&v->lock, NULL);
	if (!(v->keys = keyring_new(&v->from)) || (s = cache_new(v)) != DCF_OK)
		goto done;
	v->own_audience = dcf_arena_copy(&v->texts, options->own_audience);
	if (options->own_audience.len && !v->own_audience.p) {
		s = DCF_E_NOMEM;
		goto done;
	}
	if ((s = copy_names(v, &v->audiences, options->audiences, options->audience_count)) != DCF_OK ||
	    (s = copy_names(v, &v->issuers, options->issuers, options->issuer_count)) != DCF_OK)
		goto done;
	*out = v;
	v = NULL;
done:
	dcf_verifier_free(v);
	return s;
}

void dcf_verifier_free(struct dcf_verifier *v)
{
	struct dcf_alloc from;

	if (!v)
		return;
	from = v->from;
	for (size_t i = 0; v->entry && i < DCF_JWT_CACHE; i++)
		dcf_claims_free(v->entry[i].claims);
	for (unsigned i = 0; v->shard && i < SHARDS; i++)
		pthread_mutex_destroy(&v->shard[i].lock);
	dcf_alloc_free(&from, v->entry, DCF_JWT_CACHE * sizeof *v->entry);
	dcf_alloc_free(&from, v->shard_block, SHARD_BLOCK);
	keyring_free(&from, v->keys);
	dcf_arena_free(&v->texts);
	pthread_mutex_destroy(&v->lock);
	dcf_alloc_free(&from, v, sizeof *v);
}

/* --- keys ---------------------------------------------------------------------------------------------------- */

static struct dcf_keyring *keys_now(struct dcf_verifier *v)
{
	struct dcf_keyring *k;

	pthread_mutex_lock(&v->lock);
	k = v->keys;
	atomic_fetch_add(&k->refs, 1);
	pthread_mutex_unlock(&v->lock);
	return k;
}

enum dcf_status dcf_verifier_publish(struct dcf_verifier *v, unsigned slot, struct dcf_keyset *set)
{
	struct dcf_keyring *next = keyring_new(&v->from), *old;

	if (!next)
		return DCF_E_NOMEM;
	pthread_mutex_lock(&v->lock);
	old = v->keys;
	for (unsigned i = 0; i < DCF_VERIFIER_SLOTS; i++)
		next->slot[i] = dcf_keyset_ref(i == slot ? set : old->slot[i]);
	next->generation = old->generation + 1;
	v->keys = next;
	atomic_store(&v->generation, next->generation);
	pthread_mutex_unlock(&v->lock);
	keyring_free(&v->from, old);
	return DCF_OK;
}

/* --- the cache ------------------------------------------------------------------------------------------------- */

static unsigned set_of(const struct dcf_hash *h)
{
	return (unsigned)(h->b[0] | h->b[1] << 8) % SETS;
}

static struct entry *find(struct dcf_verifier *v, unsigned set, enum dcf_jwt_rules rules, const struct dcf_hash *hash)
{
	for (unsigned i = 0; i < WAYS; i++) {
		struct entry *e = &v->entry[set * WAYS + i];

		if (e->claims && e->rules == rules && dcf_hash_eq(&e->hash, hash))
			return e;
	}
	return NULL;
}

static void forget(struct entry *e)
{
	dcf_claims_free(e->claims);
	e->claims = NULL;
}

/* The claims of a token that was checked with the keys of now and whose time it is; NULL otherwise. */
static const struct dcf_claims *recall(struct dcf_verifier *v, enum dcf_jwt_rules rules, const struct dcf_hash *hash,
				       int64_t now_s)
{
	unsigned set = set_of(hash);
	struct shard *shard = &v->shard[set % SHARDS];
	const struct dcf_claims *c = NULL;
	struct entry *e;

	pthread_mutex_lock(&shard->lock);
	e = find(v, set, rules, hash);
	if (e &&
	    (e->generation != atomic_load(&v->generation) || dcf_claims_time_fault(e->claims, rules, now_s) != DCF_JWT_FINE)) {
		forget(e);
		e = NULL;
	}
	if (e) {
		e->used = ++shard->uses;
		c = e->claims;
		dcf_claims_ref(c);
		shard->hits++;
	} else {
		shard->misses++;
	}
	pthread_mutex_unlock(&shard->lock);
	return c;
}

/* A free place, one of older keys, or the one that was not used longest. */
static struct entry *place_in(struct dcf_verifier *v, unsigned set, uint64_t generation)
{
	struct entry *best = &v->entry[set * WAYS];

	for (unsigned i = 0; i < WAYS; i++) {
		struct entry *e = &v->entry[set * WAYS + i];

		if (!e->claims || e->generation != generation)
			return e;
		if (e->used < best->used)
			best = e;
	}
	return best;
}

static void keep(struct dcf_verifier *v, enum dcf_jwt_rules rules, const struct dcf_hash *hash, uint64_t generation,
		 const struct dcf_claims *c)
{
	unsigned set = set_of(hash);
	struct shard *shard = &v->shard[set % SHARDS];
	struct entry *e;

	pthread_mutex_lock(&shard->lock);
	e = find(v, set, rules, hash);
	if (!e)
		e = place_in(v, set, generation);
	forget(e);
	dcf_claims_ref(c);
	*e = (struct entry){ .hash = *hash, .rules = rules, .claims = c, .generation = generation, .used = ++shard->uses };
	pthread_mutex_unlock(&shard->lock);
}

struct dcf_verifier_figures dcf_verifier_figures(struct dcf_verifier *v)
{
	struct dcf_verifier_figures f = { 0 };

	for (unsigned i = 0; i < SHARDS; i++) {
		pthread_mutex_lock(&v->shard[i].lock);
		f.hits += v->shard[i].hits;
		f.misses += v->shard[i].misses;
		pthread_mutex_unlock(&v->shard[i].lock);
	}
	return f;
}

/* --- verifying -------------------------------------------------------------------------------------------- */

static bool is_one_of(const struct names *names, struct dcf_span s)
{
	for (size_t i = 0; i < names->count; i++)
		if (dcf_span_eq(names->name[i], s))
			return true;
	return false;
}

static bool audience_fits(const struct dcf_verifier *v, const struct dcf_claims *c)
{
	for (size_t i = 0; i < c->aud_count; i++)
		if (c->slot == DCF_SLOT_OWN ? dcf_span_eq(c->aud[i], v->own_audience) : is_one_of(&v->audiences, c->aud[i]))
			return true;
	return false;
}

static enum dcf_jwt_fault judge(const struct dcf_verifier *v, enum dcf_jwt_rules rules, const struct dcf_claims *c,
				int64_t now_s)
{
	if (rules == DCF_JWT_EXCHANGE && !c->sub.len)
		return DCF_JWT_NO_SUBJECT;
	if (rules == DCF_JWT_EXCHANGE && !c->iss.len)
		return DCF_JWT_NO_ISSUER;
	if (rules == DCF_JWT_EXCHANGE && c->scope_is_list)
		return DCF_JWT_CLAIMS;
	if (!audience_fits(v, c))
		return DCF_JWT_AUDIENCE;
	if (c->slot != DCF_SLOT_OWN && v->issuers.count && !is_one_of(&v->issuers, c->iss))
		return DCF_JWT_ISSUER;
	return dcf_claims_time_fault(c, rules, now_s);
}

static bool hash_token(struct dcf_span token, struct dcf_hash *out)
{
	/* OpenSSL's: it uses the processor's own instructions. */
	return EVP_Digest(token.p, token.len, out->b, NULL, EVP_sha256(), NULL) == 1;
}

static enum dcf_status verify_anew(struct dcf_verifier *v, enum dcf_jwt_rules rules, struct dcf_span token,
				   const struct dcf_hash *hash, int64_t now_s, const struct dcf_claims **claims,
				   enum dcf_jwt_fault *why)
{
	struct dcf_keyring *keys = keys_now(v);
	const struct dcf_claims *c = NULL;
	enum dcf_status s;
	bool asked;

	s = dcf_jwt_open(&v->from, keys, rules, token, &c, why, &asked);
	if (s == DCF_OK && (*why = judge(v, rules, c, now_s)) != DCF_JWT_FINE)
		s = DCF_E_REFUSED;
	if (s == DCF_OK) {
		keep(v, rules, hash, keys->generation, c);
		*claims = c;
		c = NULL;
	}
	keyring_free(&v->from, keys);
	dcf_claims_free(c);
	if (asked && v->unknown_key)
		v->unknown_key(v->unknown_key_ctx);
	return s;
}

enum dcf_status dcf_jwt_verify_by(struct dcf_verifier *v, enum dcf_jwt_rules rules, struct dcf_span token, int64_t now_s,
				  const struct dcf_claims **claims, enum dcf_jwt_fault *why)
{
	struct dcf_hash hash;

	*claims = NULL;
	*why = token.len == 0 ? DCF_JWT_NO_TOKEN : token.len > DCF_JWT_MAX ? DCF_JWT_TOO_LONG : DCF_JWT_FINE;
	if (*why != DCF_JWT_FINE)
		return DCF_E_REFUSED;
	if (!hash_token(token, &hash))
		return DCF_E_NOMEM;
	*claims = recall(v, rules, &hash, now_s);
	return *claims ? DCF_OK : verify_anew(v, rules, token, &hash, now_s, claims, why);
}

enum dcf_status dcf_jwt_verify(struct dcf_verifier *v, struct dcf_span token, int64_t now_s, const struct dcf_claims **claims,
			       enum dcf_jwt_fault *why)
{
	return dcf_jwt_verify_by(v, DCF_JWT_NATIVE, token, now_s, claims, why);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "node/uss_peers.h"
#include "crypto/random.h"

#include <pthread.h>

enum { BUCKETS = 8192 };

struct kept {
	struct kept *next;          /* of its bucket */
	struct kept *newer, *older; /* in the order of their coming */
	struct dcf_uss_word word;   /* texts behind it in the same block */
	size_t bytes;
};

struct dcf_uss_peers {
	struct dcf_alloc from;
	pthread_mutex_t lock;
	struct kept *bucket[BUCKETS];
	struct kept *newest, *oldest;
	size_t count, bytes;
	uint64_t salt; /* ids are strangers' choice */
};

/* --- places ------------------------------------------------------------------------------------------------ */

static struct kept **bucket_of(struct dcf_uss_peers *p, const struct dcf_uuid *id)
{
	uint64_t h = p->salt;

	for (size_t i = 0; i < sizeof id->b; i++) {
		h = (h ^ id->b[i]) * 0x100000001b3u;
		h ^= h >> 29;
	}
	return &p->bucket[h % BUCKETS];
}

static struct kept **find(struct dcf_uss_peers *p, uint8_t kind, const struct dcf_uuid *id)
{
	struct kept **at = bucket_of(p, id);

	while (*at && ((*at)->word.kind != kind || !dcf_uuid_eq(&(*at)->word.id, id)))
		at = &(*at)->next;
	return at;
}

static void drop(struct dcf_uss_peers *p, struct kept **at)
{
	struct kept *k = *at;

	*at = k->next;
	*(k->newer ? &k->newer->older : &p->newest) = k->older;
	*(k->older ? &k->older->newer : &p->oldest) = k->newer;
	p->count--;
	p->bytes -= k->bytes;
	dcf_alloc_free(&p->from, k, k->bytes);
}

static void put(struct dcf_uss_peers *p, struct kept *k)
{
	struct kept **at = bucket_of(p, &k->word.id);

	k->next = *at;
	*at = k;
	k->older = p->newest;
	*(p->newest ? &p->newest->newer : &p->oldest) = k;
	p->newest = k;
	p->count++;
	p->bytes += k->bytes;
	while (p->count > DCF_USS_PEERS || p->bytes > DCF_USS_PEERS_BYTES)
		drop(p, find(p, p->oldest->word.kind, &p->oldest->word.id));
}

static struct kept *copy(struct dcf_uss_peers *p, const struct dcf_uss_word *word)
{
	size_t bytes = sizeof(struct kept) + word->peer.len + word->text.len;
	struct kept *k = dcf_alloc_new(&p->from, bytes);
	char *at = (char *)(k + 1);

	if (!k)
		return NULL;
	*k = (struct kept){ .word = *word, .bytes = bytes };
	if (word->peer.len)
		memcpy(at, word->peer.p, word->peer.len);
	memcpy(at + word->peer.len, word->text.p, word->text.len);
	k->word.peer.p = at;
	k->word.text.p = at + word->peer.len;
	return k;
}

/* --- what callers see ------------------------------------------------------------------------------------------- */

/* Does it fit behind what was said? */
static enum dcf_status judge(const struct kept *old, const struct dcf_uss_word *word)
{
	if (!old)
		return DCF_OK;
	if (!dcf_span_eq(old->word.peer, word->peer))
		return DCF_E_REFUSED;
	if (!word->text.p || word->version > old->word.version)
		return DCF_OK;
	return word->version == old->word.version && dcf_hash_eq(&old->word.digest, &word->digest) ? DCF_OK : DCF_E_CONFLICT;
}

enum dcf_status dcf_uss_peers_take(struct dcf_uss_peers *p, const struct dcf_uss_word *word)
{
	struct kept *fresh = NULL, **old;
	enum dcf_status s = DCF_OK;

	if (word->text.len > DCF_USS_PEERS_BYTES / 2)
		return DCF_E_LIMIT;
	if (word->text.p && !(fresh = copy(p, word)))
		return DCF_E_NOMEM;
	pthread_mutex_lock(&p->lock);
	old = find(p, word->kind, &word->id);
	s = judge(*old, word);
	if (s == DCF_OK && *old)
		drop(p, old);
	if (s == DCF_OK && fresh)
		put(p, fresh);
	pthread_mutex_unlock(&p->lock);
	if (s != DCF_OK && fresh)
		dcf_alloc_free(&p->from, fresh, fresh->bytes);
	return s;
}

bool dcf_uss_peers_find(struct dcf_uss_peers *p, enum dcf_entity_kind kind, const struct dcf_uuid *id, struct dcf_span peer,
			int64_t version, struct dcf_buf *out, int64_t *at_us)
{
	const struct kept *k;
	bool found;

	pthread_mutex_lock(&p->lock);
	k = *find(p, (uint8_t)kind, id);
	found = k && dcf_span_eq(k->word.peer, peer) && k->word.version == version;
	if (found) {
		dcf_buf_span(out, k->word.text);
		*at_us = k->word.at_us;
	}
	pthread_mutex_unlock(&p->lock);
	return found && !out->failed;
}

size_t dcf_uss_peers_count(struct dcf_uss_peers *p)
{
	size_t count;

	pthread_mutex_lock(&p->lock);
	count = p->count;
	pthread_mutex_unlock(&p->lock);
	return count;
}

enum dcf_status dcf_uss_peers_new(const struct dcf_alloc *a, struct dcf_uss_peers **out)
{
	const struct dcf_random random = dcf_random_system();
	struct dcf_uss_peers *p = dcf_alloc_new(a, sizeof *p);

	if (!p)
		return DCF_E_NOMEM;
	memset(p, 0, sizeof *p);
	p->from = *a;
	dcf_random_fill(&random, &p->salt, sizeof p->salt);
	pthread_mutex_init(&p->lock, NULL);
	*out = p;
	return DCF_OK;
}

void dcf_uss_peers_free(struct dcf_uss_peers *p)
{
	struct dcf_alloc from;

	if (!p)
		return;
	from = p->from;
	while (p->oldest)
		drop(p, find(p, p->oldest->word.kind, &p->oldest->word.id));
	pthread_mutex_destroy(&p->lock);
	dcf_alloc_free(&from, p, sizeof *p);
}

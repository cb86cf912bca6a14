/* SPDX-License-Identifier: Apache-2.0 */
/* test_tree.c - trees, tiles and proofs against published numbers and against the definitions of RFC 9162.
 *
 * The definitions are written out here once more, over plain arrays and by recursion, as the RFC has them; the library goes
 * through tiles and by bits.  What is proved is checked, and everything near it is refused. */
#include "record/merkle.h"
#include "sanitized.h"
#include "tap.h"
#include "wide.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SMALL = DCF_SANITIZED ? 130 : 300, LARGE = 70000 };

static struct dcf_hash leaves[LARGE], roots[SMALL + 1]; /* roots by the definition, see main */

/* A generator that gives the same numbers everywhere (splitmix64). */
static uint64_t random_state;

static uint64_t random_below(uint64_t n)
{
	uint64_t z = (random_state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (z ^ z >> 31) % n;
}

static void make_leaves(void)
{
	for (size_t i = 0; i < LARGE; i++) {
		struct dcf_hash commitment = dcf_sha256((struct dcf_span){ (const char *)&i, sizeof i });

		leaves[i] = dcf_entry_leaf(&commitment);
	}
}

/* --- a record's tiles, as a folder of one head has them ----------------------------------------------------------------------
 */

struct kept {
	struct dcf_tree tree;
	struct dcf_tile *tiles;
	size_t count;
	unsigned reads, fail_at; /* reads so far; which of them fails, 0 for none */
};

static enum dcf_status read_kept(void *ctx, struct dcf_tile_id tile, struct dcf_hash *out)
{
	struct kept *k = ctx;
	const struct dcf_hash *from = NULL;

	CHECK(tile.width >= 1 && tile.width <= DCF_TILE_WIDTH);
	if (++k->reads == k->fail_at)
		return DCF_E_IO;
	for (size_t i = 0; i < k->count; i++)
		if (k->tiles[i].level == tile.level && k->tiles[i].index == tile.index)
			from = k->tiles[i].hash;
	if (!from && tile.index == dcf_tile_count(k->tree.size, tile.level) &&
	    tile.width <= dcf_tile_open(k->tree.size, tile.level))
		from = k->tree.open[tile.level];
	CHECK_MSG(from != NULL, "tile %" PRIu32 "/%" PRIu64 " of width %" PRIu32, tile.level, tile.index, tile.width);
	if (!from)
		return DCF_E_NOT_FOUND;
	memcpy(out, from, tile.width * sizeof *out);
	return DCF_OK;
}

static struct dcf_tile_source source_of(struct kept *k)
{
	return (struct dcf_tile_source){ read_kept, k };
}

static struct kept *keep(uint64_t size)
{
	struct kept *k = calloc(1, sizeof *k);
	size_t room = (size_t)dcf_tiles_completed(0, size);

	if (k)
		k->tiles = calloc(room ? room : 1, sizeof *k->tiles);
	if (!k || !k->tiles)
		abort();
	k->count = dcf_tree_append(&k->tree, leaves, (size_t)size, k->tiles);
	CHECK(k->count == room);
	return k;
}

static void drop(struct kept *k)
{
	free(k->tiles);
	free(k);
}

/* --- the definitions ---------------------------------------------------------------------------------------------------------
 */

static uint64_t below(uint64_t n)
{
	uint64_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

static struct dcf_hash join(struct dcf_hash l, struct dcf_hash r)
{
	char bytes[65] = { 1 };

	memcpy(bytes + 1, l.b, 32);
	memcpy(bytes + 33, r.b, 32);
	return dcf_sha256((struct dcf_span){ bytes, 65 });
}

static struct dcf_hash mth(const struct dcf_hash *d, uint64_t n)
{
	if (n == 0)
		return dcf_sha256(DCF_SPAN(""));
	if (n == 1)
		return d[0];
	return join(mth(d, below(n)), mth(d + below(n), n - below(n)));
}

static void path(uint64_t m, const struct dcf_hash *d, uint64_t n, struct dcf_proof *out)
{
	uint64_t k;

	if (n == 1)
		return;
	k = below(n);
	if (m < k)
		path(m, d, k, out);
	else
		path(m - k, d + k, n - k, out);
	out->hash[out->count++] = m < k ? mth(d + k, n - k) : mth(d, k);
}

static void subproof(uint64_t m, const struct dcf_hash *d, uint64_t n, bool whole, struct dcf_proof *out)
{
	uint64_t k;

	if (m == n) {
		if (!whole)
			out->hash[out->count++] = mth(d, n);
		return;
	}
	k = below(n);
	if (m <= k)
		subproof(m, d, k, whole, out);
	else
		subproof(m - k, d + k, n - k, false, out);
	out->hash[out->count++] = m <= k ? mth(d + k, n - k) : mth(d, k);
}

static bool same(const struct dcf_proof *a, const struct dcf_proof *b)
{
	return a->count == b->count && memcmp(a->hash, b->hash, a->count * sizeof *a->hash) == 0;
}

/* --- published numbers -------------------------------------------------------------------------------------------------------
 */

static struct dcf_hash hash_of_hex(const char *hex)
{
	struct dcf_hash h = { 0 };

	for (size_t i = 0; i < sizeof h.b; i++) {
		unsigned v = 0;

		CHECK(sscanf(hex + 2 * i, "%2x", &v) == 1);
		h.b[i] = (uint8_t)v;
	}
	return h;
}

static bool is(struct dcf_hash h, const char *hex)
{
	struct dcf_hash expected = hash_of_hex(hex);

	return dcf_hash_eq(&h, &expected);
}

/* The eight leaves and their numbers that implementations of Certificate Transparency (RFC 6962) test with, as in
 * github.com/google/certificate-transparency, merkletree/merkle_tree_test.cc and merkle_verifier_test.cc. */
static const struct dcf_span ct_inputs[8] = {
	{ "", 0 },
	{ "\x00", 1 },
	{ "\x10", 1 },
	{ "\x20\x21", 2 },
	{ "\x30\x31", 2 },
	{ "\x40\x41\x42\x43", 4 },
	{ "\x50\x51\x52\x53\x54\x55\x56\x57", 8 },
	{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16 },
};
static const char *const ct_roots[9] = {
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};
#define CT_10 "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define CT_23 "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define CT_47 "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define CT_4  "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define CT_67 "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define CT_45 "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
#define CT_03 "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define CT_01 "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define CT_0  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"

static struct dcf_hash ct_leaf(size_t i)
{
	char bytes[17] = { 0 };

	memcpy(bytes + 1, ct_inputs[i].p, ct_inputs[i].len);
	return dcf_sha256((struct dcf_span){ bytes, 1 + ct_inputs[i].len });
}

static void has_the_published_roots(void)
{
	struct dcf_tree t = { 0 };
	struct dcf_hash all[8];

	for (size_t n = 0; n <= 8; n++) {
		CHECK_MSG(is(dcf_tree_root(&t), ct_roots[n]), "%zu", n);
		CHECK_MSG(is(dcf_merkle_root(all, n), ct_roots[n]), "%zu", n);
		CHECK(t.size == n);
		if (n == 8)
			break;
		all[n] = ct_leaf(n);
		CHECK(dcf_tree_append(&t, &all[n], 1, NULL) == 0);
	}
}

static enum dcf_status read_ct(void *ctx, struct dcf_tile_id tile, struct dcf_hash *out)
{
	(void)ctx;
	CHECK(tile.level == 0 && tile.index == 0 && tile.width <= 8);
	for (size_t i = 0; i < tile.width; i++)
		out[i] = ct_leaf(i);
	return DCF_OK;
}

static bool is_proof(const struct dcf_proof *p, const char *const *hex)
{
	size_t n = 0;

	while (n < 4 && hex[n])
		n++;
	for (size_t i = 0; i < n && i < p->count; i++)
		if (!is(p->hash[i], hex[i]))
			return false;
	return p->count == n;
}

static void has_the_published_proofs(void)
{
	/* Leaves are numbered from 1 there, from 0 here. */
	static const struct {
		uint64_t index, size;
		const char *path[4];
	} inclusion[] = {
		{ 0, 1, { NULL } },  { 0, 8, { CT_10, CT_23, CT_47 } }, { 5, 8, { CT_4, CT_67, CT_03 } },
		{ 2, 3, { CT_01 } }, { 1, 5, { CT_0, CT_23, CT_4 } },
	};
	static const struct {
		uint64_t old, size;
		const char *path[4];
	} consistency[] = {
		{ 1, 1, { NULL } },
		{ 1, 8, { CT_10, CT_23, CT_47 } },
		{ 6, 8, { CT_45, CT_67, CT_03 } },
		{ 2, 5, { CT_23, CT_4 } },
	};
	struct dcf_tile_source from = { read_ct, NULL };
	struct dcf_proof p;

	for (size_t i = 0; i < sizeof inclusion / sizeof *inclusion; i++) {
		struct dcf_hash leaf = ct_leaf(inclusion[i].index), root = hash_of_hex(ct_roots[inclusion[i].size]);

		CHECK(dcf_prove_inclusion(&from, inclusion[i].index, inclusion[i].size, &p) == DCF_OK);
		CHECK_MSG(is_proof(&p, inclusion[i].path), "%zu", i);
		CHECK(dcf_inclusion_holds(&leaf, inclusion[i].index, inclusion[i].size, &p, &root));
	}
	for (size_t i = 0; i < sizeof consistency / sizeof *consistency; i++) {
		struct dcf_hash old = hash_of_hex(ct_roots[consistency[i].old]),
				root = hash_of_hex(ct_roots[consistency[i].size]);

		CHECK(dcf_prove_consistency(&from, consistency[i].old, consistency[i].size, &p) == DCF_OK);
		CHECK_MSG(is_proof(&p, consistency[i].path), "%zu", i);
		CHECK(dcf_consistency_holds(consistency[i].old, &old, consistency[i].size, &root, &p));
	}
}

/* --- growing and loading -----------------------------------------------------------------------------------------------------
 */

static bool same_tree(const struct dcf_tree *a, const struct dcf_tree *b)
{
	if (a->size != b->size)
		return false;
	for (uint32_t i = 0; i < DCF_TREE_HEIGHT; i++)
		if ((a->size >> i & 1) != 0 && !dcf_hash_eq(&a->node[i], &b->node[i]))
			return false;
	for (uint32_t l = 0; l < DCF_TILE_LEVELS; l++)
		if (memcmp(a->open[l], b->open[l], dcf_tile_open(a->size, l) * sizeof *a->open[l]) != 0)
			return false;
	return true;
}

static void every_small_tree_is_the_definition(void)
{
	struct kept *all = keep(LARGE);

	for (uint64_t n = 0; n <= 2 * SMALL; n++) {
		struct kept *k = keep(n);
		struct dcf_tile_source from = source_of(k), later = source_of(all);
		struct dcf_hash expected = mth(leaves, n), root = dcf_tree_root(&k->tree);
		struct dcf_tree loaded;

		CHECK_MSG(dcf_hash_eq(&root, &expected), "%" PRIu64, n);
		CHECK(dcf_tree_root_at(&from, n, &root) == DCF_OK && dcf_hash_eq(&root, &expected));
		CHECK(dcf_tree_root_at(&later, n, &root) == DCF_OK && dcf_hash_eq(&root, &expected));
		CHECK(dcf_tree_load(&loaded, &from, n) == DCF_OK && same_tree(&loaded, &k->tree));
		root = dcf_merkle_root(leaves, (size_t)n);
		CHECK(dcf_hash_eq(&root, &expected));
		drop(k);
	}
	drop(all);
}

/* In batches of any length, and going on from a load, a tree comes out the same; every tile has the hashes that tlog-tiles
 * says. */
static void grows_the_same_in_any_batches(void)
{
	struct kept *all = keep(LARGE);
	struct dcf_tile_source from = source_of(all);
	struct dcf_tile *done = calloc(400, sizeof *done);
	size_t seen = 0;
	struct dcf_tree t = { 0 };

	if (!done)
		abort();
	while (t.size < LARGE) {
		uint64_t n = 1 + random_below(random_below(8) ? 700 : 70000);
		size_t expected;

		if (n > LARGE - t.size)
			n = LARGE - t.size;
		if (random_below(3) == 0)
			CHECK(dcf_tree_load(&t, &from, t.size) == DCF_OK);
		expected = (size_t)dcf_tiles_completed(t.size, t.size + n);
		CHECK(dcf_tree_append(&t, leaves + t.size, (size_t)n, done) == expected);
		for (size_t i = 0; i < expected; i++, seen++)
			CHECK(memcmp(&done[i], &all->tiles[seen], sizeof *done) == 0);
	}
	CHECK(seen == all->count && seen == 273 + 1);
	CHECK(same_tree(&t, &all->tree));
	for (size_t i = 0; i < all->count; i++) {
		const struct dcf_tile *tile = &all->tiles[i];
		uint64_t span = tile->level == 0 ? 1 : 256;
		struct dcf_hash above = dcf_tile_hash(tile->hash),
				expected = mth(leaves + tile->index * 256 * span, 256 * span);

		for (uint64_t h = 0; h < 256; h++) {
			struct dcf_hash e = mth(leaves + (tile->index * 256 + h) * span, span);

			CHECK(dcf_hash_eq(&tile->hash[h], &e));
		}
		CHECK(dcf_hash_eq(&above, &expected));
	}
	free(done);
	drop(all);
}

/* --- proofs ------------------------------------------------------------------------------------------------------------------
 */

/* The definition needs n hashes for every proof: for each small size, for those about a tile's width, for every ninth. */
static bool defined_here(uint64_t n)
{
	return n <= 70 || (n >= 254 && n <= 258) || n % 9 == 0;
}

static void flip(struct dcf_hash *h, uint64_t bit)
{
	h->b[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

/* In larger trees, every fourth hash of a proof. */
static size_t stride(uint64_t n)
{
	return n > 64 ? 4 : 1;
}

/* All small sizes; without WIDE, those above 130 that are near a tile's width, and every ninth. */
static bool tried_here(uint64_t n)
{
	return n <= 130 || defined_here(n) || wide();
}

/* Nothing near an inclusion proof holds: each hash with one bit turned, another leaf, another root, a hash more or less. */
static void refuse_near_inclusion(uint64_t m, uint64_t n, const struct dcf_proof *p, struct dcf_hash root)
{
	struct dcf_hash leaf = leaves[m];
	struct dcf_proof bad = *p;

	for (size_t i = random_below(stride(n)); i < p->count; i += stride(n)) {
		uint64_t bit = random_below(256);

		flip(&bad.hash[i], bit);
		CHECK(!dcf_inclusion_holds(&leaf, m, n, &bad, &root));
		flip(&bad.hash[i], bit);
	}
	flip(&leaf, random_below(256));
	CHECK(!dcf_inclusion_holds(&leaf, m, n, p, &root));
	flip(&root, random_below(256));
	CHECK(!dcf_inclusion_holds(&leaves[m], m, n, p, &root));
	root = roots[n];
	if (p->count) {
		bad.count--;
		CHECK(!dcf_inclusion_holds(&leaves[m], m, n, &bad, &root));
	}
	bad.count = p->count + 1;
	bad.hash[p->count] = root;
	CHECK(!dcf_inclusion_holds(&leaves[m], m, n, &bad, &root));
}

static void inclusion_holds_and_nothing_near_it(void)
{
	struct kept *all = keep(SMALL);
	struct dcf_tile_source from = source_of(all);

	for (uint64_t n = 1; n <= SMALL; n++) {
		for (uint64_t m = 0; m < n && tried_here(n); m++) {
			struct dcf_hash root = roots[n];
			struct dcf_proof p, expected = { 0 };

			CHECK(dcf_prove_inclusion(&from, m, n, &p) == DCF_OK);
			if (defined_here(n)) {
				path(m, leaves, n, &expected);
				CHECK_MSG(same(&p, &expected), "%" PRIu64 " in %" PRIu64, m, n);
			}
			CHECK_MSG(dcf_inclusion_holds(&leaves[m], m, n, &p, &root), "%" PRIu64 " in %" PRIu64, m, n);
			for (uint64_t other = 0; other <= n; other += n > 40 ? 1 + random_below(n) : 1)
				CHECK(other == m || !dcf_inclusion_holds(&leaves[m], other, n, &p, &root));
			CHECK(!dcf_inclusion_holds(&leaves[m], m + ((uint64_t)1 << 63), n, &p, &root));
			refuse_near_inclusion(m, n, &p, root);
		}
	}
	drop(all);
}

static void refuse_near_consistency(uint64_t m, uint64_t n, const struct dcf_proof *p, struct dcf_hash old,
				    struct dcf_hash root)
{
	struct dcf_proof bad = *p;
	struct dcf_hash other = old;

	for (size_t i = random_below(stride(n)); i < p->count; i += stride(n)) {
		uint64_t bit = random_below(256);

		flip(&bad.hash[i], bit);
		CHECK(!dcf_consistency_holds(m, &old, n, &root, &bad));
		flip(&bad.hash[i], bit);
	}
	flip(&other, random_below(256));
	CHECK(!dcf_consistency_holds(m, &other, n, &root, p));
	other = root;
	flip(&other, random_below(256));
	/* Every tree continues the empty one: there the head's signature vouches for its root. */
	CHECK(m == 0 || !dcf_consistency_holds(m, &old, n, &other, p));
	if (p->count) {
		bad.count--;
		CHECK(!dcf_consistency_holds(m, &old, n, &root, &bad));
	}
	bad.count = p->count + 1;
	bad.hash[p->count] = root;
	CHECK(!dcf_consistency_holds(m, &old, n, &root, &bad));
	CHECK(!dcf_consistency_holds(n + 1, &old, n, &root, p));
}

static void consistency_holds_and_nothing_near_it(void)
{
	struct kept *all = keep(SMALL);
	struct dcf_tile_source from = source_of(all);

	for (uint64_t n = 0; n <= SMALL; n++) {
		for (uint64_t m = 0; m <= n && tried_here(n); m++) {
			struct dcf_hash old = roots[m], root = roots[n];
			struct dcf_proof p, expected = { 0 };

			CHECK(dcf_prove_consistency(&from, m, n, &p) == DCF_OK);
			if (m > 0 && m < n && defined_here(n))
				subproof(m, leaves, n, true, &expected);
			CHECK_MSG((m > 0 && m < n && !defined_here(n)) || same(&p, &expected), "%" PRIu64 " to %" PRIu64, m, n);
			CHECK_MSG(dcf_consistency_holds(m, &old, n, &root, &p), "%" PRIu64 " to %" PRIu64, m, n);
			for (uint64_t other = 1; other <= n; other += n > 40 ? 1 + random_below(n) : 1)
				CHECK_MSG(other == m || !dcf_consistency_holds(other, &old, n, &root, &p),
					  "%" PRIu64 " taken for %" PRIu64 " to %" PRIu64, m, other, n);
			refuse_near_consistency(m, n, &p, old, root);
		}
	}
	drop(all);
}

/* A root says nothing of its size, so a true path can be shown for another size and index: there its length must give it away.
 * The root over 4 leaves is node(H01, node(l2, l3)): l2's path, said to be that of leaf 0 of 2, has a hash too many. */
enum { OTHER = 40 };

static void proofs_for_other_sizes_have_another_length(void)
{
	static size_t path_length[OTHER + 1][OTHER], subproof_length[OTHER + 1][OTHER];
	struct kept *all = keep(SMALL);
	struct dcf_tile_source from = source_of(all);
	unsigned tried = 0;

	for (uint64_t n = 1; n <= OTHER; n++) {
		for (uint64_t m = 0; m < n; m++) {
			struct dcf_proof p = { 0 }, c = { 0 };

			path(m, leaves, n, &p);
			if (m > 0)
				subproof(m, leaves, n, true, &c);
			path_length[n][m] = p.count;
			subproof_length[n][m] = c.count;
		}
	}
	for (uint64_t n = 2; n <= 24; n++) {
		for (uint64_t m = 0; m < n; m++) {
			struct dcf_hash old = roots[m], root = roots[n];
			struct dcf_proof inclusion, consistency;

			CHECK(dcf_prove_inclusion(&from, m, n, &inclusion) == DCF_OK);
			CHECK(dcf_prove_consistency(&from, m, n, &consistency) == DCF_OK);
			for (uint64_t n2 = 1; n2 <= OTHER; n2++) {
				for (uint64_t m2 = 0; m2 < n2; m2++) {
					if (path_length[n2][m2] != inclusion.count && ++tried)
						CHECK(!dcf_inclusion_holds(&leaves[m], m2, n2, &inclusion, &root));
					if (m2 > 0 && subproof_length[n2][m2] != consistency.count)
						CHECK(!dcf_consistency_holds(m2, &old, n2, &root, &consistency));
				}
			}
		}
	}
	CHECK(tried > 100000);
	drop(all);
}

/* All bits of all hashes, in trees small enough. */
static void no_bit_of_a_proof_can_change(void)
{
	struct kept *all = keep(SMALL);
	struct dcf_tile_source from = source_of(all);

	for (uint64_t n = 2; n <= 17; n++) {
		for (uint64_t m = 1; m < n; m++) {
			struct dcf_hash old = roots[m], root = roots[n];
			struct dcf_proof inclusion, consistency;

			CHECK(dcf_prove_inclusion(&from, m, n, &inclusion) == DCF_OK);
			CHECK(dcf_prove_consistency(&from, m, n, &consistency) == DCF_OK);
			for (uint64_t bit = 0; bit < 256 * inclusion.count; bit++) {
				flip(&inclusion.hash[bit / 256], bit % 256);
				CHECK(!dcf_inclusion_holds(&leaves[m], m, n, &inclusion, &root));
				flip(&inclusion.hash[bit / 256], bit % 256);
			}
			for (uint64_t bit = 0; bit < 256 * consistency.count; bit++) {
				flip(&consistency.hash[bit / 256], bit % 256);
				CHECK(!dcf_consistency_holds(m, &old, n, &root, &consistency));
				flip(&consistency.hash[bit / 256], bit % 256);
			}
		}
	}
	drop(all);
}

/* Trees of three levels of tiles: sizes and positions near multiples of 256 and anywhere. */
static uint64_t any_size(void)
{
	switch (random_below(4)) {
	case 0:
		return 65536 - 3 + random_below(6);
	case 1:
		return 256 * (1 + random_below(272)) - 2 + random_below(4);
	case 2:
		return 1 + random_below(600);
	default:
		return 1 + random_below(LARGE);
	}
}

static void large_trees_prove_too(void)
{
	struct kept *all = keep(LARGE);
	struct dcf_tile_source from = source_of(all);

	for (int i = 0, count = wide() ? 3000 : 600; i < count; i++) {
		uint64_t a = any_size(), b = any_size(), n = a > b ? a : b, m = a > b ? b : a, index = random_below(n);
		struct dcf_hash old, root;
		struct dcf_proof p;

		CHECK(dcf_tree_root_at(&from, m, &old) == DCF_OK && dcf_tree_root_at(&from, n, &root) == DCF_OK);
		all->reads = 0;
		CHECK(dcf_prove_inclusion(&from, index, n, &p) == DCF_OK && all->reads <= 2 * 3);
		CHECK_MSG(dcf_inclusion_holds(&leaves[index], index, n, &p, &root), "%" PRIu64 " in %" PRIu64, index, n);
		CHECK(!dcf_inclusion_holds(&leaves[index], index ^ 1, n, &p, &root));
		CHECK(m == n || !dcf_inclusion_holds(&leaves[index], index, n, &p, &old));
		all->reads = 0;
		CHECK(dcf_prove_consistency(&from, m, n, &p) == DCF_OK && all->reads <= 2 * 3);
		CHECK_MSG(dcf_consistency_holds(m, &old, n, &root, &p), "%" PRIu64 " to %" PRIu64, m, n);
		CHECK(m == n || !dcf_consistency_holds(m, &root, n, &old, &p));
	}
	drop(all);
}

/* --- what goes wrong ---------------------------------------------------------------------------------------------------------
 */

static void hands_on_why_a_tile_cannot_be_read(void)
{
	struct kept *all = keep(LARGE);
	struct dcf_tile_source from = source_of(all);
	static struct dcf_tree t, empty;
	struct dcf_proof p;

	for (int what = 0; what < 4; what++) {
		enum dcf_status s = DCF_E_IO;

		for (all->fail_at = 1; s != DCF_OK; all->fail_at++) {
			struct dcf_hash root = { { 7 } };

			CHECK(all->fail_at < 10);
			all->reads = 0;
			if (what == 0)
				s = dcf_tree_load(&t, &from, LARGE);
			else if (what == 1)
				s = dcf_tree_root_at(&from, LARGE, &root);
			else if (what == 2)
				s = dcf_prove_inclusion(&from, 300, LARGE, &p);
			else
				s = dcf_prove_consistency(&from, 300, LARGE, &p);
			CHECK(s == DCF_OK || s == DCF_E_IO);
			if (s == DCF_OK)
				continue;
			CHECK(all->reads == all->fail_at);
			CHECK(what != 0 || memcmp(&t, &empty, sizeof t) == 0);
			CHECK(what != 1 || root.b[0] == 7);
			CHECK(what < 2 || p.count == 0);
		}
		CHECK(all->fail_at > 3);
		all->fail_at = 0;
	}
	drop(all);
}

static void refuses_numbers_out_of_range(void)
{
	struct kept *k = keep(10);
	struct dcf_tile_source from = source_of(k);
	struct dcf_hash root = { 0 }, empty = dcf_merkle_empty();
	struct dcf_proof p = { .count = DCF_PROOF_MAX + 1 }, none = { 0 };
	static struct dcf_tree t;

	CHECK(dcf_prove_inclusion(&from, 10, 10, &p) == DCF_E_RANGE && p.count == 0);
	CHECK(dcf_prove_inclusion(&from, 0, 0, &p) == DCF_E_RANGE);
	CHECK(dcf_prove_inclusion(&from, 0, DCF_TREE_MAX + 1, &p) == DCF_E_RANGE);
	CHECK(dcf_prove_consistency(&from, 11, 10, &p) == DCF_E_RANGE);
	CHECK(dcf_prove_consistency(&from, 1, UINT64_MAX, &p) == DCF_E_RANGE);
	CHECK(dcf_tree_root_at(&from, DCF_TREE_MAX + 1, &root) == DCF_E_RANGE);
	CHECK(dcf_tree_load(&t, &from, UINT64_MAX) == DCF_E_RANGE && t.size == 0);
	CHECK(k->reads == 0);
	p.count = DCF_PROOF_MAX + 1;
	CHECK(!dcf_inclusion_holds(&root, 0, DCF_TREE_MAX, &p, &root));
	CHECK(!dcf_inclusion_holds(&root, 0, UINT64_MAX, &none, &root));
	CHECK(!dcf_inclusion_holds(&root, 0, 0, &none, &root));
	CHECK(!dcf_consistency_holds(1, &root, DCF_TREE_MAX, &root, &p));
	CHECK(!dcf_consistency_holds(1, &root, UINT64_MAX, &root, &none));
	CHECK(dcf_consistency_holds(0, &empty, 0, &empty, &none));
	CHECK(!dcf_consistency_holds(0, &root, 0, &root, &none));
	CHECK(!dcf_consistency_holds(0, &root, 5, &root, &none));
	drop(k);
}

/* Sizes up to the last: nothing is read beyond the proof, no shift goes too far. */
static void the_largest_trees_are_within_bounds(void)
{
	struct dcf_proof p = { .count = DCF_PROOF_MAX };

	for (int i = 0; i < 20000; i++) {
		uint64_t size = DCF_TREE_MAX - random_below(i % 2 ? 3 : DCF_TREE_MAX), index = random_below(size ? size : 1);

		p.count = (size_t)random_below(DCF_PROOF_MAX + 1);
		CHECK(!dcf_inclusion_holds(&leaves[0], index, size, &p, &leaves[1]));
		CHECK(!dcf_consistency_holds(index, &leaves[0], size, &leaves[1], &p));
	}
	CHECK(dcf_tiles_completed(0, DCF_TREE_MAX) > DCF_TREE_MAX / 256 && dcf_tiles_completed(5, 5) == 0);
	CHECK(dcf_tiles_completed(9, 5) == 0);
}

int main(void)
{
	make_leaves();
	for (size_t n = 0; n <= SMALL; n++)
		roots[n] = mth(leaves, n);
	return TAP_RUN(TAP(has_the_published_roots), TAP(has_the_published_proofs), TAP(every_small_tree_is_the_definition),
		       TAP(grows_the_same_in_any_batches), TAP(inclusion_holds_and_nothing_near_it),
		       TAP(consistency_holds_and_nothing_near_it), TAP(proofs_for_other_sizes_have_another_length),
		       TAP(no_bit_of_a_proof_can_change), TAP(large_trees_prove_too), TAP(hands_on_why_a_tile_cannot_be_read),
		       TAP(refuses_numbers_out_of_range), TAP(the_largest_trees_are_within_bounds));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* proof.c - do proofs hold?  RFC 9162, sections 2.1.3.2 and 2.1.4.2, step by step and in its words (fn, sn, fr, sr). */
#include "record/merkle.h"

static bool in_order(uint64_t size, const struct dcf_proof *proof)
{
	return size <= DCF_TREE_MAX && proof->count <= DCF_PROOF_MAX;
}

/* After a step with the right edge: up to where the left node has a sibling again. */
static void skip(uint64_t *fn, uint64_t *sn)
{
	while ((*fn & 1) == 0 && *fn != 0) {
		*fn >>= 1;
		*sn >>= 1;
	}
}

bool dcf_inclusion_holds(const struct dcf_hash *leaf, uint64_t index, uint64_t size, const struct dcf_proof *proof,
			 const struct dcf_hash *root)
{
	uint64_t fn = index, sn = size - 1;
	struct dcf_hash r = *leaf;

	if (index >= size || !in_order(size, proof))
		return false;
	for (size_t i = 0; i < proof->count; i++) {
		const struct dcf_hash *p = &proof->hash[i];

		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn) {
			r = dcf_merkle_node(p, &r);
			skip(&fn, &sn);
		} else {
			r = dcf_merkle_node(&r, p);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && dcf_hash_eq(&r, root);
}

/* Beyond the RFC: what needs no proof. */
static bool needs_no_proof(uint64_t old_size, const struct dcf_hash *old_root, uint64_t size, const struct dcf_hash *root)
{
	struct dcf_hash empty = dcf_merkle_empty();

	if (size == 0 && !dcf_hash_eq(root, &empty))
		return false;
	return old_size == 0 ? dcf_hash_eq(old_root, &empty) : dcf_hash_eq(old_root, root);
}

static bool path_holds(uint64_t old_size, const struct dcf_hash *old_root, uint64_t size, const struct dcf_hash *root,
		       const struct dcf_proof *proof)
{
	/* The root of a perfect old tree is not in the proof: it comes first. */
	bool given = (old_size & (old_size - 1)) == 0;
	uint64_t fn = old_size - 1, sn = size - 1;
	struct dcf_hash fr = given ? *old_root : proof->hash[0], sr = fr;

	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	for (size_t i = given ? 0 : 1; i < proof->count; i++) {
		const struct dcf_hash *c = &proof->hash[i];

		if (sn == 0)
			return false;
		if ((fn & 1) || fn == sn) {
			fr = dcf_merkle_node(c, &fr);
			sr = dcf_merkle_node(c, &sr);
			skip(&fn, &sn);
		} else {
			sr = dcf_merkle_node(&sr, c);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && dcf_hash_eq(&fr, old_root) && dcf_hash_eq(&sr, root);
}

bool dcf_consistency_holds(uint64_t old_size, const struct dcf_hash *old_root, uint64_t size, const struct dcf_hash *root,
			   const struct dcf_proof *proof)
{
	if (old_size > size || !in_order(size, proof))
		return false;
	if (old_size == 0 || old_size == size)
		return proof->count == 0 && needs_no_proof(old_size, old_root, size, root);
	return proof->count > 0 && path_holds(old_size, old_root, size, root, proof);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* record_prove.c - `deconflict record prove` and `record diff`. */
#include "cli/record.h"
#include "crypto/text.h"
#include "record/proof_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- prove -------------------------------------------------------------------------------------------------------------------
 */

struct proving {
	bool inclusion;
	uint64_t number, size;     /* the entry or the old size; the size that the proof is for */
	struct dcf_hash root, old; /* at `size`; at `number` */
	struct dcf_hash commitment;
	struct dcf_proof proof;
	struct dcf_buf head; /* the signed head; empty when there is none of that size */
	struct dcf_buf text; /* C2SP's form, with the head alone */
	bool found, erased;
};

/* The text of an inclusion proof has the content in it, so it is made where the entry is at hand. */
static enum dcf_status take_entry(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct proving *p = ctx;

	p->found = dcf_entry_holds(e);
	p->erased = e->erased;
	p->commitment = e->commitment;
	if (!p->found || p->head.len == 0)
		return DCF_OK;
	return dcf_inclusion_put(&p->text, position, &p->proof, e, dcf_buf_as_span(&p->head));
}

static enum dcf_status prove_inclusion(const struct dcf_record *r, struct proving *p, struct dcf_store_error *err)
{
	struct dcf_hash leaf;
	enum dcf_status s = dcf_log_prove_inclusion(r->log, p->number, p->size, &p->proof, err);

	if (s == DCF_OK)
		s = dcf_store_read(r->store, p->number, 1, DCF_READ_ALL, take_entry, p, err);
	if (s != DCF_OK)
		return s;
	leaf = dcf_entry_leaf(&p->commitment);
	/* Nothing is handed out that its reader would refuse. */
	if (!p->found || !dcf_inclusion_holds(&leaf, p->number, p->size, &p->proof, &p->root))
		return dcf_store_fail(err, DCF_E_CORRUPT, "entry %" PRIu64 " is not the one in the tree: verify the record",
				      p->number);
	return DCF_OK;
}

static enum dcf_status prove_consistency(const struct dcf_record *r, struct proving *p, struct dcf_store_error *err)
{
	enum dcf_status s = dcf_log_prove_consistency(r->log, p->number, p->size, &p->proof, err);

	if (s == DCF_OK)
		s = dcf_log_root_at(r->log, p->number, &p->old, err);
	if (s == DCF_OK && !dcf_consistency_holds(p->number, &p->old, p->size, &p->root, &p->proof))
		return dcf_store_fail(err, DCF_E_CORRUPT, "the tiles do not fit each other: verify the record");
	if (s == DCF_OK && p->head.len)
		s = dcf_consistency_put(&p->text, p->number, &p->proof, dcf_buf_as_span(&p->head));
	return s;
}

static void put_plain(struct dcf_buf *out, const struct proving *p)
{
	char line[64];

	snprintf(line, sizeof line, "%s %" PRIu64 "\nsize %" PRIu64 "\nroot ", p->inclusion ? "index" : "old", p->number,
		 p->size);
	dcf_buf_z(out, line);
	dcf_text_put(out, DCF_TEXT_BASE64, p->root.b, DCF_HASH_BYTES);
	dcf_buf_char(out, '\n');
	for (size_t i = 0; i < p->proof.count; i++) {
		dcf_text_put(out, DCF_TEXT_BASE64, p->proof.hash[i].b, DCF_HASH_BYTES);
		dcf_buf_char(out, '\n');
	}
}

static void put_json(struct dcf_buf *out, const struct dcf_record *r, const struct proving *p)
{
	char hex[2 * DCF_HASH_BYTES];
	struct dcf_json j;

	dcf_record_json_begin(&j, out, "prove");
	dcf_json_key(&j, "origin");
	dcf_json_z(&j, r->origin);
	dcf_json_key(&j, "proof");
	dcf_json_z(&j, p->inclusion ? "inclusion" : "consistency");
	dcf_json_key(&j, p->inclusion ? "index" : "old");
	dcf_json_i64(&j, (int64_t)p->number);
	dcf_json_key(&j, "size");
	dcf_json_i64(&j, (int64_t)p->size);
	if (p->inclusion) {
		dcf_json_key(&j, "commitment");
		dcf_json_string(&j,
				(struct dcf_span){ hex, dcf_text_write(DCF_TEXT_HEX, hex, p->commitment.b, DCF_HASH_BYTES) });
		dcf_json_key(&j, "erased");
		dcf_json_bool(&j, p->erased);
	} else {
		dcf_record_json_hash(&j, "old_root", &p->old);
	}
	dcf_record_json_hash(&j, "root", &p->root);
	dcf_json_key(&j, "hashes");
	dcf_json_begin(&j, '[');
	for (size_t i = 0; i < p->proof.count; i++)
		dcf_record_json_hash(&j, NULL, &p->proof.hash[i]);
	dcf_json_end(&j, ']');
	if (p->head.len) {
		dcf_json_key(&j, "checkpoint");
		dcf_json_string(&j, dcf_buf_as_span(&p->head));
	}
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
}

/* Which proof is asked for?  A complaint when it is none. */
static bool read_what(const struct dcf_record_args *args, struct proving *p)
{
	const char *expected = NULL;

	p->inclusion = args->entry != DCF_RECORD_ALL;
	p->number = p->inclusion ? args->entry : args->consistency;
	p->size = args->size;
	if (p->inclusion == (args->consistency != DCF_RECORD_ALL))
		expected = "either --entry or --consistency was expected";
	else if (p->inclusion && args->operands > 1)
		expected = "one folder was expected";
	else if (!p->inclusion && args->size != DCF_RECORD_ALL)
		expected = "--size belongs to --entry; the second size follows the first";
	else if (args->operands > 1)
		expected = dcf_take_count(args->operand[1], &p->size) ? "a second size, a whole number, was expected" : NULL;
	if (expected)
		dcf_complain("record prove: %s", expected);
	return expected == NULL;
}

static enum dcf_status prove(const struct dcf_record *r, struct proving *p, struct dcf_store_error *err)
{
	uint64_t now;
	enum dcf_status s = DCF_OK;

	/* The record that was opened, for readers too where others append meanwhile: the log was read once. */
	if (p->size == DCF_RECORD_ALL)
		p->size = r->size;
	if (p->size == r->size)
		s = dcf_log_head(r->log, &now, NULL, &p->head);
	if (s != DCF_OK)
		return dcf_store_fail(err, s, "out of memory");
	s = dcf_log_root_at(r->log, p->size, &p->root, err);
	if (s != DCF_OK)
		return s;
	return p->inclusion ? prove_inclusion(r, p, err) : prove_consistency(r, p, err);
}

int dcf_record_prove(const struct dcf_record_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_store_error err = { .code = DCF_OK };
	struct proving p = { .head.from = &heap, .text.from = &heap };
	struct dcf_record r;
	enum dcf_status s;
	int status;

	if (!read_what(args, &p))
		return DCF_EXIT_BAD;
	status = dcf_record_open(args->operand[0], true, &r);
	if (status != DCF_EXIT_OK)
		goto done;
	s = prove(&r, &p, &err);
	if (s != DCF_OK) {
		status = dcf_record_failed(r.path, s, err.code ? err.text : dcf_status_text(s));
		goto done;
	}
	if (args->json)
		put_json(&out, &r, &p);
	else if (p.head.len)
		dcf_buf_span(&out, dcf_buf_as_span(&p.text));
	else
		put_plain(&out, &p);
	status = dcf_record_flush(&out);
done:
	dcf_record_close(&r);
	dcf_buf_free(&p.text);
	dcf_buf_free(&p.head);
	dcf_buf_free(&out);
	return status;
}

/* --- diff --------------------------------------------------------------------------------------------------------------------
 */

enum { LISTED = 20 };

enum relation { SAME, A_BEGINS_B, B_BEGINS_A, PART };
static const char *const relation_name[] = { "same", "a_begins_b", "b_begins_a", "part" };

struct comparison {
	struct dcf_record a, b;
	enum relation relation;
	uint64_t common; /* entries that both begin with */
	uint64_t listed; /* at most, of each */
};

/* The longer one proves that it began as the shorter one; the proof is checked like a stranger's. */
static enum dcf_status begins(const struct dcf_record *shorter, const struct dcf_record *longer, bool *yes,
			      struct dcf_store_error *err)
{
	struct dcf_proof proof;
	enum dcf_status s = dcf_log_prove_consistency(longer->log, shorter->size, longer->size, &proof, err);

	*yes = s == DCF_OK && dcf_consistency_holds(shorter->size, &shorter->root, longer->size, &longer->root, &proof);
	return s;
}

/* Roots of equal sizes are equal up to where they part and nowhere after. */
static enum dcf_status find_parting(struct comparison *c, struct dcf_store_error *err)
{
	uint64_t same = 0, differ = c->a.size < c->b.size ? c->a.size : c->b.size;
	enum dcf_status s = DCF_OK;

	while (s == DCF_OK && differ - same > 1) {
		uint64_t mid = same + (differ - same) / 2;
		struct dcf_hash a, b;

		s = dcf_log_root_at(c->a.log, mid, &a, err);
		if (s == DCF_OK)
			s = dcf_log_root_at(c->b.log, mid, &b, err);
		if (s == DCF_OK && dcf_hash_eq(&a, &b))
			same = mid;
		else
			differ = mid;
	}
	c->common = same;
	return s;
}

static enum dcf_status compare(struct comparison *c, struct dcf_store_error *err)
{
	bool a_is_shorter = c->a.size <= c->b.size, yes;
	const struct dcf_record *shorter = a_is_shorter ? &c->a : &c->b, *longer = a_is_shorter ? &c->b : &c->a;
	enum dcf_status s = begins(shorter, longer, &yes, err);

	if (s != DCF_OK)
		return s;
	c->common = shorter->size;
	c->relation = c->a.size == c->b.size ? SAME : a_is_shorter ? A_BEGINS_B : B_BEGINS_A;
	if (yes)
		return DCF_OK;
	c->relation = PART;
	return find_parting(c, err);
}

struct listing {
	struct dcf_buf *out;
	struct dcf_json *json; /* NULL: for people */
};

static enum dcf_status list_one(void *ctx, uint64_t position, const struct dcf_entry *e)
{
	struct listing *l = ctx;

	if (l->json)
		dcf_record_json_entry(l->json, position, e, false);
	else
		dcf_record_put_entry(l->out, position, e, false);
	return DCF_OK;
}

static enum dcf_status list(const struct comparison *c, const struct dcf_record *r, struct listing *l,
			    struct dcf_store_error *err)
{
	uint64_t more = r->size - c->common, n = more < c->listed ? more : c->listed;

	return dcf_store_read(r->store, c->common, n, DCF_READ_ALL, list_one, l, err);
}

static void put_number(struct dcf_buf *out, uint64_t n, const char *behind)
{
	dcf_buf_i64(out, (int64_t)n);
	dcf_buf_z(out, n == 1 ? " entry" : " entries");
	dcf_buf_z(out, behind);
}

static void put_path(struct dcf_buf *out, const struct dcf_record *r)
{
	dcf_put_shown(out, dcf_span_of(r->path));
}

static enum dcf_status put_only(const struct comparison *c, const struct dcf_record *r, struct dcf_buf *out,
				struct dcf_store_error *err)
{
	struct listing l = { out, NULL };
	uint64_t more = r->size - c->common;
	enum dcf_status s;

	if (more == 0)
		return DCF_OK;
	dcf_buf_z(out, "\nonly ");
	put_path(out, r);
	dcf_buf_z(out, " has ");
	put_number(out, more, more > c->listed ? ", the first of them:\n" : ":\n");
	s = list(c, r, &l, err);
	return s;
}

static enum dcf_status put_text(const struct comparison *c, struct dcf_buf *out, struct dcf_store_error *err)
{
	enum dcf_status s;

	if (strcmp(c->a.origin, c->b.origin) != 0) {
		dcf_buf_z(out, "records of two origins: ");
		dcf_put_shown(out, dcf_span_of(c->a.origin));
		dcf_buf_z(out, " and ");
		dcf_put_shown(out, dcf_span_of(c->b.origin));
		dcf_buf_char(out, '\n');
	}
	switch (c->relation) {
	case SAME:
		dcf_buf_z(out, "the same: ");
		put_number(out, c->common, "\n");
		break;
	case A_BEGINS_B:
	case B_BEGINS_A:
		put_path(out, c->relation == A_BEGINS_B ? &c->b : &c->a);
		dcf_buf_z(out, " goes on from ");
		put_path(out, c->relation == A_BEGINS_B ? &c->a : &c->b);
		dcf_buf_z(out, ": ");
		put_number(out, c->common, " in common\n");
		break;
	case PART:
		dcf_buf_z(out, "they part at entry ");
		dcf_buf_i64(out, (int64_t)c->common);
		dcf_buf_z(out, ": ");
		put_number(out, c->common, " in common\n");
		break;
	}
	s = put_only(c, &c->a, out, err);
	return s == DCF_OK ? put_only(c, &c->b, out, err) : s;
}

static void put_one(struct dcf_json *j, const char *name, const struct dcf_record *r)
{
	dcf_json_key(j, name);
	dcf_json_begin(j, '{');
	dcf_json_key(j, "path");
	dcf_json_z(j, r->path);
	dcf_json_key(j, "origin");
	dcf_json_z(j, r->origin);
	dcf_json_key(j, "size");
	dcf_json_i64(j, (int64_t)r->size);
	dcf_record_json_hash(j, "root", &r->root);
	dcf_json_end(j, '}');
}

static enum dcf_status put_json_diff(const struct comparison *c, struct dcf_buf *out, struct dcf_store_error *err)
{
	struct dcf_json j;
	struct listing l = { out, &j };
	enum dcf_status s;

	dcf_record_json_begin(&j, out, "diff");
	dcf_json_key(&j, "relation");
	dcf_json_z(&j, relation_name[c->relation]);
	dcf_json_key(&j, "common");
	dcf_json_i64(&j, (int64_t)c->common);
	put_one(&j, "a", &c->a);
	put_one(&j, "b", &c->b);
	dcf_json_key(&j, "only_a");
	dcf_json_begin(&j, '[');
	s = list(c, &c->a, &l, err);
	dcf_json_end(&j, ']');
	dcf_json_key(&j, "only_b");
	dcf_json_begin(&j, '[');
	if (s == DCF_OK)
		s = list(c, &c->b, &l, err);
	dcf_json_end(&j, ']');
	dcf_json_end(&j, '}');
	dcf_buf_char(out, '\n');
	return s;
}

int dcf_record_diff(const struct dcf_record_args *args)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_store_error err = { .code = DCF_OK };
	struct comparison c = { .listed = args->count == DCF_RECORD_ALL ? LISTED : args->count };
	enum dcf_status s;
	int status = dcf_record_open(args->operand[0], true, &c.a);

	if (status == DCF_EXIT_OK)
		status = dcf_record_open(args->operand[1], true, &c.b);
	if (status != DCF_EXIT_OK)
		goto done;
	s = compare(&c, &err);
	if (s == DCF_OK)
		s = args->json ? put_json_diff(&c, &out, &err) : put_text(&c, &out, &err);
	if (s != DCF_OK)
		status = dcf_record_failed(args->operand[0], s, err.code ? err.text : dcf_status_text(s));
	else
		status = dcf_record_flush(&out);
	if (status == DCF_EXIT_OK && c.relation == PART)
		status = DCF_EXIT_FOUND;
done:
	dcf_record_close(&c.b);
	dcf_record_close(&c.a);
	dcf_buf_free(&out);
	return status;
}

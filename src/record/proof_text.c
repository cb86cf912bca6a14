/* SPDX-License-Identifier: Apache-2.0 */
#include "record/proof_text.h"

#include "crypto/text.h"
#include "record/note_int.h"

static const char first_line[] = "c2sp.org/tlog-proof@v1";

enum { EXTRA_MAX = DCF_SALT_BYTES + DCF_CONTENT_MAX };

/* --- writing ----------------------------------------------------------------------------------------------------------------
 */

static enum dcf_status put_rest(struct dcf_buf *out, const struct dcf_proof *proof, struct dcf_span checkpoint)
{
	for (size_t i = 0; i < proof->count; i++) {
		dcf_text_put(out, DCF_TEXT_BASE64, proof->hash[i].b, sizeof proof->hash[i].b);
		dcf_buf_char(out, '\n');
	}
	dcf_buf_char(out, '\n');
	dcf_buf_span(out, checkpoint);
	return out->failed ? DCF_E_NOMEM : DCF_OK;
}

/* Base64 of salt and content: the first of them in groups of three bytes, what is left of it with the beginning of the second.
 */
static void put_extra(struct dcf_buf *out, const struct dcf_entry *entry)
{
	uint8_t seam[3] = { entry->salt[30], entry->salt[31], 0 };
	size_t taken = entry->content.len ? 1 : 0;

	_Static_assert(DCF_SALT_BYTES == 32, "ten groups of three and two bytes");
	if (taken)
		seam[2] = (uint8_t)entry->content.p[0];
	dcf_text_put(out, DCF_TEXT_BASE64, entry->salt, 30);
	dcf_text_put(out, DCF_TEXT_BASE64, seam, 2 + taken);
	if (entry->content.len > 1)
		dcf_text_put(out, DCF_TEXT_BASE64, entry->content.p + 1, entry->content.len - 1);
}

enum dcf_status dcf_inclusion_put(struct dcf_buf *out, uint64_t index, const struct dcf_proof *proof,
				  const struct dcf_entry *entry, struct dcf_span checkpoint)
{
	if (index > DCF_TREE_MAX || proof->count > DCF_PROOF_MAX || (entry && entry->content.len > DCF_CONTENT_MAX))
		return DCF_E_RANGE;
	dcf_buf_z(out, first_line);
	dcf_buf_char(out, '\n');
	if (entry && !entry->erased) {
		dcf_buf_z(out, "extra ");
		put_extra(out, entry);
		dcf_buf_char(out, '\n');
	}
	dcf_buf_z(out, "index ");
	dcf_buf_i64(out, (int64_t)index);
	dcf_buf_char(out, '\n');
	return put_rest(out, proof, checkpoint);
}

enum dcf_status dcf_consistency_put(struct dcf_buf *out, uint64_t old_size, const struct dcf_proof *proof,
				    struct dcf_span checkpoint)
{
	if (old_size > DCF_TREE_MAX || proof->count > DCF_PROOF_MAX)
		return DCF_E_RANGE;
	dcf_buf_z(out, "old ");
	dcf_buf_i64(out, (int64_t)old_size);
	dcf_buf_char(out, '\n');
	return put_rest(out, proof, checkpoint);
}

/* --- reading ----------------------------------------------------------------------------------------------------------------
 */

/* Does the line begin with `word`?  Then that is taken from it. */
static bool take_word(struct dcf_span *line, const char *word)
{
	size_t n = strlen(word);

	if (line->len < n || memcmp(line->p, word, n) != 0)
		return false;
	*line = (struct dcf_span){ line->p + n, line->len - n };
	return true;
}

static enum dcf_status fail_at(const struct dcf_lines *l, const char *at, struct dcf_note_error *error, const char *expected,
			       enum dcf_status s)
{
	return dcf_note_fail(error, at ? (size_t)(at - l->from) : 0, expected, s);
}

/* "old N", or the first line, perhaps "extra ...", and "index N". */
static enum dcf_status read_number(struct dcf_lines *l, struct dcf_proof_text *out, struct dcf_note_error *error)
{
	struct dcf_span line = { l->p, 0 };
	const char *word = "old ";
	enum dcf_status s;

	if (!dcf_lines_next(l, &line))
		return fail_at(l, line.p, error, "a first line: \"c2sp.org/tlog-proof@v1\", or \"old\" and a size",
			       DCF_E_SYNTAX);
	out->kind = DCF_PROOF_CONSISTENCY;
	if (dcf_span_eq(line, DCF_SPAN("c2sp.org/tlog-proof@v1"))) {
		out->kind = DCF_PROOF_INCLUSION;
		word = "index ";
		line = (struct dcf_span){ l->p, 0 };
		if (dcf_lines_next(l, &line) && take_word(&line, "extra ")) {
			out->extra = line;
			line = (struct dcf_span){ l->p, 0 };
			(void)dcf_lines_next(l, &line);
		}
	}
	if (!take_word(&line, word))
		return fail_at(l, line.p, error,
			       out->kind == DCF_PROOF_INCLUSION ? "\"index\" and a number"
								: "\"c2sp.org/tlog-proof@v1\", or \"old\" and a size",
			       DCF_E_SYNTAX);
	s = dcf_decimal_read(line, &out->number);
	return s == DCF_OK ? s : fail_at(l, line.p, error, "a decimal number without leading zeros, below 2^63", s);
}

static enum dcf_status read_proof(struct dcf_span text, struct dcf_proof_text *out, struct dcf_note_error *error)
{
	struct dcf_lines l = dcf_lines_of(text);
	struct dcf_span line = { NULL, 0 };
	enum dcf_status s = read_number(&l, out, error);

	if (s != DCF_OK)
		return s;
	for (;;) {
		if (!dcf_lines_next(&l, &line))
			return fail_at(&l, l.p, error, "an empty line and a checkpoint", DCF_E_SYNTAX);
		if (line.len == 0)
			break;
		if (out->proof.count == DCF_PROOF_MAX)
			return fail_at(&l, line.p, error, "at most 64 hashes", DCF_E_LIMIT);
		if (dcf_text_read_exactly(DCF_TEXT_BASE64, line, out->proof.hash[out->proof.count].b, DCF_HASH_BYTES) != DCF_OK)
			return fail_at(&l, line.p, error, "a hash, 32 bytes in base64, or an empty line", DCF_E_SYNTAX);
		out->proof.count++;
	}
	out->checkpoint = (struct dcf_span){ l.p, (size_t)(l.end - l.p) };
	if (out->checkpoint.len == 0)
		return fail_at(&l, l.p, error, "a checkpoint", DCF_E_SYNTAX);
	return DCF_OK;
}

enum dcf_status dcf_proof_text_read(struct dcf_span text, struct dcf_proof_text *out, struct dcf_note_error *error)
{
	enum dcf_status s;

	memset(out, 0, sizeof *out);
	s = read_proof(text, out, error);
	if (s != DCF_OK)
		memset(out, 0, sizeof *out);
	return s;
}

enum dcf_status dcf_proof_text_entry(const struct dcf_proof_text *p, struct dcf_buf *content, struct dcf_entry *e)
{
	size_t room = dcf_text_room(DCF_TEXT_BASE64, p->extra.len), n = 0;
	void *to = content->p;
	enum dcf_status s;

	if (!p->extra.p)
		return DCF_E_NOT_FOUND;
	if (p->extra.len > dcf_text_length(DCF_TEXT_BASE64, EXTRA_MAX))
		return DCF_E_LIMIT;
	content->len = 0;
	s = content->failed ? DCF_E_NOMEM : dcf_grow(content->from, &to, &content->cap, room, 1);
	content->p = to;
	if (s == DCF_OK)
		s = dcf_text_read(DCF_TEXT_BASE64, p->extra, content->p, content->cap, &n);
	if (s != DCF_OK)
		return s;
	content->len = n;
	if (n < DCF_SALT_BYTES)
		return DCF_E_SYNTAX;
	memset(e, 0, sizeof *e);
	memcpy(e->salt, content->p, DCF_SALT_BYTES);
	e->content = (struct dcf_span){ content->p + DCF_SALT_BYTES, n - DCF_SALT_BYTES };
	e->commitment = dcf_entry_commit(e->salt, e->content);
	return e->content.len > DCF_CONTENT_MAX ? DCF_E_LIMIT : DCF_OK;
}

/* --- checking ---------------------------------------------------------------------------------------------------------------
 */

enum dcf_status dcf_proof_text_holds(const struct dcf_proof_text *p, const struct dcf_hash *commitment,
				     const struct dcf_keyring *ring, struct dcf_checkpoint *head, struct dcf_note_error *error)
{
	enum dcf_status s = dcf_keyring_open(ring, p->checkpoint, head, error);
	struct dcf_hash leaf = dcf_entry_leaf(commitment);
	bool holds;

	if (s != DCF_OK)
		return s;
	if (p->kind == DCF_PROOF_INCLUSION)
		holds = dcf_inclusion_holds(&leaf, p->number, head->size, &p->proof, &head->root);
	else
		holds = dcf_consistency_holds(p->number, commitment, head->size, &head->root, &p->proof);
	if (holds)
		return DCF_OK;
	memset(head, 0, sizeof *head);
	return dcf_note_fail(error, 0, "hashes that lead to the root of the head", DCF_E_REFUSED);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_record.c - every reader of the record: notes, heads, keys, tiles, contents, proofs, and bytes as text.
 *
 * The first byte says which; the rest is what is read.  Beside not crashing: what is taken has one form only, so writing it
 * again gives the same bytes; what is refused leaves nothing behind and says where, within the bytes. */
#include "crypto/text.h"
#include "record/keyring.h"
#include "record/merkle.h"
#include "record/note.h"
#include "record/proof_text.h"
#include "record/tile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stay a failure in release builds too. */
static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct dcf_alloc heap;

static void check_error(enum dcf_status s, const struct dcf_note_error *error, struct dcf_span bytes)
{
	must(s == DCF_OK || (error->expected && error->at <= bytes.len));
}

/* What was written is what was read; frees it. */
static void check_same(struct dcf_buf *written, struct dcf_span bytes)
{
	must(!written->failed && dcf_span_eq(dcf_buf_as_span(written), bytes));
	dcf_buf_free(written);
}

/* The first key of the vectors of doc/protocol-record.md (seed 00 01 02 ...). */
static const struct dcf_keyring *known_keys(void)
{
	static struct dcf_keyring ring;

	if (ring.count == 0)
		must(dcf_keyring_read(DCF_SPAN("0 example.com/node+902bab02+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4\n"
					       "256 example.com/node+a83c4deb+Ac0Us3+VbpUxlP9/tzs9gdzFYdYadTgJS3w+GmQ+5fOq\n"),
				      &ring, NULL) == DCF_OK);
	return &ring;
}

/* --- notes and heads ---------------------------------------------------------------------------------------------------------
 */

static void read_note(struct dcf_span bytes)
{
	struct dcf_buf again = { .from = &heap };
	struct dcf_note_error error = { 0, NULL };
	struct dcf_note note;
	uint64_t by;
	enum dcf_status s = dcf_note_read(bytes, &note, &error);

	check_error(s, &error, bytes);
	if (s != DCF_OK) {
		must(note.count == 0 && !note.text.p);
		return;
	}
	dcf_buf_span(&again, note.text);
	dcf_buf_char(&again, '\n');
	for (size_t i = 0; i < note.count; i++) {
		must(dcf_key_name_ok(note.signature[i].name));
		dcf_buf_z(&again, "\xe2\x80\x94 ");
		dcf_buf_span(&again, note.signature[i].name);
		dcf_buf_char(&again, ' ');
		dcf_buf_span(&again, note.signature[i].bytes);
		dcf_buf_char(&again, '\n');
	}
	check_same(&again, bytes);
	s = dcf_note_verify(&note, &known_keys()->key[0].key, 1, &by);
	must(s == DCF_OK ? by == 1 : by == 0);
}

static void read_head(struct dcf_span bytes)
{
	struct dcf_buf again = { .from = &heap };
	struct dcf_note_error error = { 0, NULL };
	struct dcf_checkpoint head;
	enum dcf_status s = dcf_checkpoint_read(bytes, &head, &error);

	check_error(s, &error, bytes);
	if (s != DCF_OK) {
		must(head.size == 0 && !head.origin.p);
		return;
	}
	must(head.size <= DCF_TREE_MAX);
	dcf_buf_span(&again, head.origin);
	dcf_buf_char(&again, '\n');
	dcf_buf_i64(&again, (int64_t)head.size);
	dcf_buf_char(&again, '\n');
	dcf_text_put(&again, DCF_TEXT_BASE64, head.root.b, sizeof head.root.b);
	dcf_buf_char(&again, '\n');
	dcf_buf_span(&again, head.extension);
	check_same(&again, bytes);
}

static void open_head(struct dcf_span bytes)
{
	struct dcf_note_error error = { 0, NULL };
	struct dcf_checkpoint head;
	enum dcf_status s = dcf_keyring_open(known_keys(), bytes, &head, &error);

	check_error(s, &error, bytes);
	must(s == DCF_OK ? dcf_span_eq(head.origin, DCF_SPAN("example.com/node")) : !head.origin.p);
	s = dcf_keyring_handover(known_keys(), 1, bytes, &head, &error);
	check_error(s, &error, bytes);
	must(s == DCF_OK ? head.size == 256 : !head.origin.p);
}

/* --- keys --------------------------------------------------------------------------------------------------------------------
 */

static void read_vkey(struct dcf_span bytes)
{
	struct dcf_note_error error = { 0, NULL };
	struct dcf_vkey k;
	char again[DCF_VKEY_MAX];
	enum dcf_status s = dcf_vkey_read(bytes, &k, &error);

	check_error(s, &error, bytes);
	if (s == DCF_OK)
		must(dcf_span_eq(bytes, (struct dcf_span){ again, dcf_vkey_write(&k, again) }));
}

static void read_keys(struct dcf_span bytes)
{
	struct dcf_buf again = { .from = &heap };
	struct dcf_note_error error = { 0, NULL };
	static struct dcf_keyring ring, second;
	enum dcf_status s = dcf_keyring_read(bytes, &ring, &error);

	check_error(s, &error, bytes);
	if (s != DCF_OK) {
		must(ring.count == 0);
		return;
	}
	must(ring.count >= 1 && ring.count <= DCF_KEYS_MAX && ring.key[0].from == 0);
	dcf_keyring_put(&again, &ring);
	must(again.len <= DCF_KEYRING_TEXT_MAX);
	must(dcf_keyring_read(dcf_buf_as_span(&again), &second, NULL) == DCF_OK && second.count == ring.count);
	for (size_t i = 0; i < ring.count; i++) {
		must(second.key[i].from == ring.key[i].from && dcf_vkey_eq(&second.key[i].key, &ring.key[i].key));
		must(dcf_keyring_at(&ring, ring.key[i].from) == &ring.key[i].key);
	}
	dcf_buf_free(&again);
}

/* --- tiles and contents ------------------------------------------------------------------------------------------------------
 */

static void read_path(struct dcf_span bytes)
{
	enum dcf_tile_kind kind;
	struct dcf_tile_id tile;
	char again[DCF_TILE_PATH_MAX];

	if (dcf_tile_path_read(bytes, &kind, &tile) != DCF_OK)
		return;
	must(tile.level < DCF_TILE_LEVELS && tile.width >= 1 && tile.width <= DCF_TILE_WIDTH);
	must(dcf_tile_width(DCF_TREE_MAX, tile.level, tile.index) >= tile.width);
	must(dcf_span_eq(bytes, (struct dcf_span){ again, dcf_tile_path(kind, tile, again) }));
}

static void read_files(struct dcf_span bytes)
{
	static struct dcf_hash commitments[DCF_TILE_WIDTH];
	static uint8_t again[DCF_BUNDLE_MAX];
	struct dcf_buf file = { .from = &heap };
	struct dcf_hash right, wrong = { 0 };
	struct dcf_entry e;

	for (size_t count = 0; count <= DCF_TILE_WIDTH + 1; count++)
		if (dcf_bundle_read(bytes, count, commitments) == DCF_OK)
			must(dcf_bundle_write(commitments, count, again) == bytes.len &&
			     memcmp(again, bytes.p, bytes.len) == 0);
	must(dcf_content_read(bytes, &wrong, &e) != DCF_OK);
	if (bytes.len < DCF_SALT_BYTES)
		return;
	right = dcf_entry_commit((const uint8_t *)bytes.p,
				 (struct dcf_span){ bytes.p + DCF_SALT_BYTES, bytes.len - DCF_SALT_BYTES });
	must(dcf_content_read(bytes, &right, &e) == DCF_OK && dcf_entry_holds(&e));
	dcf_content_put(&file, &e);
	check_same(&file, bytes);
}

/* --- proofs ------------------------------------------------------------------------------------------------------------------
 */

static void check_extra(const struct dcf_proof_text *p)
{
	struct dcf_buf content = { .from = &heap }, again = { .from = &heap };
	struct dcf_checkpoint head;
	struct dcf_entry e;

	if (dcf_proof_text_entry(p, &content, &e) == DCF_OK) {
		must(dcf_entry_holds(&e));
		dcf_text_put(&again, DCF_TEXT_BASE64, content.p, content.len);
		check_same(&again, p->extra);
		(void)!dcf_proof_text_holds(p, &e.commitment, known_keys(), &head, NULL);
	}
	dcf_buf_free(&content);
}

static void read_proof(struct dcf_span bytes)
{
	struct dcf_buf again = { .from = &heap };
	struct dcf_note_error error = { 0, NULL };
	struct dcf_proof_text p;
	enum dcf_status s = dcf_proof_text_read(bytes, &p, &error);

	check_error(s, &error, bytes);
	if (s != DCF_OK) {
		must(p.proof.count == 0 && !p.checkpoint.p);
		return;
	}
	if (p.kind == DCF_PROOF_CONSISTENCY) {
		must(dcf_consistency_put(&again, p.number, &p.proof, p.checkpoint) == DCF_OK);
	} else if (!p.extra.p) {
		must(dcf_inclusion_put(&again, p.number, &p.proof, NULL, p.checkpoint) == DCF_OK);
	} else {
		struct dcf_buf content = { .from = &heap };
		struct dcf_entry e;

		if (dcf_proof_text_entry(&p, &content, &e) == DCF_OK)
			must(dcf_inclusion_put(&again, p.number, &p.proof, &e, p.checkpoint) == DCF_OK);
		else
			dcf_buf_span(&again, bytes);
		dcf_buf_free(&content);
	}
	check_same(&again, bytes);
	check_extra(&p);
}

/* Numbers and hashes of any kind: old size, size, index, then hashes. */
static void check_proof(struct dcf_span bytes)
{
	uint64_t n[3] = { 0 };
	struct dcf_proof p = { 0 };
	struct dcf_hash h[2] = { { { 0 } }, { { 1 } } };
	size_t at = bytes.len < sizeof n ? bytes.len : sizeof n;

	if (at)
		memcpy(n, bytes.p, at);
	for (; bytes.len - at >= DCF_HASH_BYTES && p.count < DCF_PROOF_MAX; at += DCF_HASH_BYTES)
		memcpy(p.hash[p.count++].b, bytes.p + at, DCF_HASH_BYTES);
	/* Nobody finds hashes that lead to these. */
	must(!dcf_inclusion_holds(&h[0], n[2], n[1], &p, &h[1]));
	must(!dcf_consistency_holds(n[0], &h[0], n[1], &h[1], &p));
}

/* --- text --------------------------------------------------------------------------------------------------------------------
 */

static void read_text(struct dcf_span bytes)
{
	for (int kind = DCF_TEXT_BASE64; kind <= DCF_TEXT_HEX; kind++) {
		struct dcf_buf again = { .from = &heap };
		size_t room = dcf_text_room((enum dcf_text)kind, bytes.len), n = 0;
		uint8_t *out = malloc(room ? room : 1); /* no more, so that a sanitizer sees a byte too many */

		must(out != NULL);
		if (out && dcf_text_read((enum dcf_text)kind, bytes, out, room, &n) == DCF_OK) {
			must(dcf_text_length((enum dcf_text)kind, n) == bytes.len);
			dcf_text_put(&again, (enum dcf_text)kind, out, n);
			check_same(&again, bytes);
		} else {
			must(n == 0);
		}
		free(out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct dcf_span) = { read_note, read_head,  open_head,  read_vkey,   read_keys,
							    read_path, read_files, read_proof, check_proof, read_text };

	if (size < 1)
		return 0;
	heap = dcf_alloc_heap();
	readers[data[0] % (sizeof readers / sizeof *readers)]((struct dcf_span){ (const char *)data + 1, size - 1 });
	return 0;
}

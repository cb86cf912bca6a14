/* SPDX-License-Identifier: Apache-2.0 */
#include "record/keyring.h"

#include "record/merkle.h"
#include "record/note_int.h"

enum dcf_status dcf_keyring_add(struct dcf_keyring *ring, uint64_t from, const struct dcf_vkey *key)
{
	const struct dcf_key_from *last = ring->count ? &ring->key[ring->count - 1] : NULL;

	if (from > DCF_TREE_MAX || (last ? from <= last->from : from != 0))
		return DCF_E_RANGE;
	if (last && !dcf_span_eq(dcf_vkey_name(&last->key), dcf_vkey_name(key)))
		return DCF_E_RANGE;
	for (size_t i = 0; i < ring->count; i++)
		if (ring->key[i].key.id == key->id)
			return DCF_E_RANGE;
	if (ring->count == DCF_KEYS_MAX)
		return DCF_E_LIMIT;
	ring->key[ring->count++] = (struct dcf_key_from){ from, *key };
	return DCF_OK;
}

/* "0 NAME+ID+KEY", or the vkey alone. */
static enum dcf_status read_line(struct dcf_span line, size_t at, bool numbered, struct dcf_keyring *ring,
				 struct dcf_note_error *error)
{
	const char *space = numbered ? memchr(line.p, ' ', line.len) : NULL;
	size_t digits = space ? (size_t)(space - line.p) : 0, behind = space ? digits + 1 : 0;
	struct dcf_vkey key;
	uint64_t from = 0;
	enum dcf_status s;

	if (numbered && (!space || dcf_decimal_read((struct dcf_span){ line.p, digits }, &from) != DCF_OK))
		return dcf_note_fail(error, at, "the size from which the key holds, a space, the key", DCF_E_SYNTAX);
	s = dcf_vkey_read((struct dcf_span){ line.p + behind, line.len - behind }, &key, error);
	if (s != DCF_OK) {
		if (error)
			error->at += at + behind;
		return s;
	}
	s = dcf_keyring_add(ring, from, &key);
	if (s == DCF_E_LIMIT)
		return dcf_note_fail(error, at, "at most 64 keys", s);
	if (s != DCF_OK)
		return dcf_note_fail(error, at, "sizes that ascend from 0, keys of one name, each once", DCF_E_SYNTAX);
	return DCF_OK;
}

static enum dcf_status read_ring(struct dcf_span text, struct dcf_keyring *out, struct dcf_note_error *error)
{
	const char *nl = text.len ? memchr(text.p, '\n', text.len) : NULL;
	bool one = !nl || nl == text.p + text.len - 1, numbered;
	struct dcf_span line;
	enum dcf_status s = DCF_OK;

	if (text.len > DCF_KEYRING_TEXT_MAX)
		return dcf_note_fail(error, DCF_KEYRING_TEXT_MAX, "at most 24576 bytes of keys", DCF_E_LIMIT);
	if (text.len == 0)
		return dcf_note_fail(error, 0, "a key", DCF_E_SYNTAX);
	numbered = !one || memchr(text.p, ' ', text.len);
	for (size_t at = 0; at < text.len && s == DCF_OK; at += line.len + 1) {
		nl = memchr(text.p + at, '\n', text.len - at);
		line = (struct dcf_span){ text.p + at, nl ? (size_t)(nl - text.p) - at : text.len - at };
		s = read_line(line, at, numbered, out, error);
	}
	return s;
}

enum dcf_status dcf_keyring_read(struct dcf_span text, struct dcf_keyring *out, struct dcf_note_error *error)
{
	enum dcf_status s;

	memset(out, 0, sizeof *out);
	s = read_ring(text, out, error);
	if (s != DCF_OK)
		memset(out, 0, sizeof *out);
	return s;
}

void dcf_keyring_put(struct dcf_buf *out, const struct dcf_keyring *ring)
{
	for (size_t i = 0; i < ring->count; i++) {
		char vkey[DCF_VKEY_MAX];

		dcf_buf_i64(out, (int64_t)ring->key[i].from);
		dcf_buf_char(out, ' ');
		dcf_buf_put(out, vkey, dcf_vkey_write(&ring->key[i].key, vkey));
		dcf_buf_char(out, '\n');
	}
}

const struct dcf_vkey *dcf_keyring_at(const struct dcf_keyring *ring, uint64_t size)
{
	size_t i = ring->count;

	while (i > 0 && ring->key[i - 1].from > size)
		i--;
	return i > 0 ? &ring->key[i - 1].key : NULL;
}

/* What size does it say?  Nothing else of it is believed here. */
static enum dcf_status claimed_size(struct dcf_span bytes, uint64_t *size, struct dcf_note_error *error)
{
	struct dcf_checkpoint head;
	struct dcf_note note;
	enum dcf_status s = dcf_note_read(bytes, &note, error);

	if (s == DCF_OK)
		s = dcf_checkpoint_read(note.text, &head, error);
	if (s == DCF_OK)
		*size = head.size;
	return s;
}

enum dcf_status dcf_keyring_open(const struct dcf_keyring *ring, struct dcf_span bytes, struct dcf_checkpoint *out,
				 struct dcf_note_error *error)
{
	const struct dcf_vkey *key;
	uint64_t size = 0;
	enum dcf_status s;

	memset(out, 0, sizeof *out);
	s = claimed_size(bytes, &size, error);
	if (s != DCF_OK)
		return s;
	key = dcf_keyring_at(ring, size);
	if (!key)
		return dcf_note_fail(error, 0, "a key to verify it by", DCF_E_NOT_FOUND);
	return dcf_checkpoint_open(bytes, key, 1, out, NULL, error);
}

enum dcf_status dcf_keyring_handover(const struct dcf_keyring *ring, size_t to, struct dcf_span bytes,
				     struct dcf_checkpoint *out, struct dcf_note_error *error)
{
	struct dcf_vkey both[2];
	uint64_t signed_by = 0;
	enum dcf_status s;

	memset(out, 0, sizeof *out);
	if (to < 1 || to >= ring->count)
		return dcf_note_fail(error, 0, "a key with a key before it", DCF_E_RANGE);
	both[0] = ring->key[to - 1].key;
	both[1] = ring->key[to].key;
	s = dcf_checkpoint_open(bytes, both, 2, out, &signed_by, error);
	if (s == DCF_OK && out->size != ring->key[to].from)
		s = dcf_note_fail(error, out->origin.len + 1, "the size from which the key holds", DCF_E_RANGE);
	if (s == DCF_OK && signed_by != 3)
		s = dcf_note_fail(error, 0, "signatures of both the key before and the key that follows", DCF_E_NOT_FOUND);
	if (s != DCF_OK)
		memset(out, 0, sizeof *out);
	return s;
}

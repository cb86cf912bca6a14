/* SPDX-License-Identifier: Apache-2.0 */
#include "record/tile.h"

#include "crypto/text.h"
#include "record/merkle.h"

/* --- which there are --------------------------------------------------------------------------------------------------------
 */

/* Hashes of `level` in a tree of `size`: perfect subtrees of 256^level leaves. */
static uint64_t hashes(uint64_t size, uint32_t level)
{
	return level < DCF_TILE_LEVELS ? size >> (DCF_TILE_HEIGHT * level) : 0;
}

uint64_t dcf_tile_count(uint64_t size, uint32_t level)
{
	return hashes(size, level) / DCF_TILE_WIDTH;
}

uint32_t dcf_tile_open(uint64_t size, uint32_t level)
{
	return (uint32_t)(hashes(size, level) % DCF_TILE_WIDTH);
}

uint32_t dcf_tile_width(uint64_t size, uint32_t level, uint64_t index)
{
	uint64_t complete = dcf_tile_count(size, level);

	if (index < complete)
		return DCF_TILE_WIDTH;
	return index == complete ? dcf_tile_open(size, level) : 0;
}

uint64_t dcf_tiles_completed(uint64_t from, uint64_t to)
{
	uint64_t n = 0;

	for (uint32_t level = 0; level < DCF_TILE_LEVELS && to > from; level++)
		n += dcf_tile_count(to, level) - dcf_tile_count(from, level);
	return n;
}

/* --- where they lie ---------------------------------------------------------------------------------------------------------
 */

static size_t put_z(char *out, size_t at, const char *z)
{
	size_t n = strlen(z);

	memcpy(out + at, z, n);
	return at + n;
}

static size_t put_number(char *out, size_t at, uint32_t v)
{
	char digits[10];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + v % 10);
	} while ((v /= 10) != 0);
	while (n > 0)
		out[at++] = digits[--n];
	return at;
}

/* 1234067 as x001/x234/067. */
static size_t put_index(char *out, size_t at, uint64_t index)
{
	uint32_t group[7]; /* 7 * 3 digits: more than 2^64 has */
	size_t n = 0;

	do {
		group[n++] = (uint32_t)(index % 1000);
	} while ((index /= 1000) != 0);
	while (n-- > 0) {
		if (n > 0)
			out[at++] = 'x';
		out[at++] = (char)('0' + group[n] / 100);
		out[at++] = (char)('0' + group[n] / 10 % 10);
		out[at++] = (char)('0' + group[n] % 10);
		if (n > 0)
			out[at++] = '/';
	}
	return at;
}

size_t dcf_tile_path(enum dcf_tile_kind kind, struct dcf_tile_id tile, char out[DCF_TILE_PATH_MAX])
{
	size_t at = put_z(out, 0, "tile/");

	if (kind == DCF_TILE_ENTRIES)
		at = put_z(out, at, "entries");
	else
		at = put_number(out, at, tile.level);
	out[at++] = '/';
	at = put_index(out, at, tile.index);
	if (tile.width < DCF_TILE_WIDTH) {
		at = put_z(out, at, ".p/");
		at = put_number(out, at, tile.width);
	}
	out[at] = '\0';
	return at;
}

/* A cursor over a path. */
struct path {
	const char *p, *end;
};

static bool take_z(struct path *r, const char *z)
{
	size_t n = strlen(z);

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, z, n) != 0)
		return false;
	r->p += n;
	return true;
}

/* One to three digits; the number is compared with its written form afterwards. */
static bool take_digits(struct path *r, size_t least, uint32_t *v)
{
	size_t n = 0;

	for (*v = 0; n < 3 && r->p < r->end && *r->p >= '0' && *r->p <= '9'; n++)
		*v = *v * 10 + (uint32_t)(*r->p++ - '0');
	return n >= least;
}

static bool take_index(struct path *r, uint64_t *index)
{
	uint32_t group;
	bool more;

	*index = 0;
	for (int groups = 0; groups < 6; groups++) {
		more = take_z(r, "x");
		if (!take_digits(r, 3, &group))
			return false;
		*index = *index * 1000 + group;
		if (!more)
			return true;
		if (!take_z(r, "/"))
			return false;
	}
	return false;
}

/* Is there a tree of at most DCF_TREE_MAX leaves that has it? */
static bool can_be(struct dcf_tile_id tile)
{
	return tile.level < DCF_TILE_LEVELS && tile.width >= 1 && tile.width <= DCF_TILE_WIDTH &&
	       dcf_tile_width(DCF_TREE_MAX, tile.level, tile.index) >= tile.width;
}

enum dcf_status dcf_tile_path_read(struct dcf_span path, enum dcf_tile_kind *kind, struct dcf_tile_id *tile)
{
	const char *p = path.len ? path.p : "";
	struct path r = { p, p + path.len };
	struct dcf_tile_id t = { .width = DCF_TILE_WIDTH };
	char again[DCF_TILE_PATH_MAX];
	enum dcf_tile_kind k = DCF_TILE_HASHES;

	if (path.len >= DCF_TILE_PATH_MAX || !take_z(&r, "tile/"))
		return DCF_E_SYNTAX;
	if (take_z(&r, "entries"))
		k = DCF_TILE_ENTRIES;
	else if (!take_digits(&r, 1, &t.level))
		return DCF_E_SYNTAX;
	if (!take_z(&r, "/") || !take_index(&r, &t.index))
		return DCF_E_SYNTAX;
	if (take_z(&r, ".p/") && !take_digits(&r, 1, &t.width))
		return DCF_E_SYNTAX;
	if (!can_be(t) || !dcf_span_eq(path, (struct dcf_span){ again, dcf_tile_path(k, t, again) }))
		return DCF_E_SYNTAX;
	*kind = k;
	*tile = t;
	return DCF_OK;
}

void dcf_content_path(const struct dcf_hash *commitment, char out[DCF_CONTENT_PATH_MAX])
{
	size_t at = put_z(out, 0, "content/");

	at += dcf_text_write(DCF_TEXT_HEX, out + at, commitment->b, sizeof commitment->b);
	out[at] = '\0';
}

/* --- what is in them --------------------------------------------------------------------------------------------------------
 */

size_t dcf_bundle_write(const struct dcf_hash *commitments, size_t count, uint8_t out[])
{
	for (size_t i = 0; i < count; i++, out += DCF_BUNDLE_ENTRY) {
		out[0] = 0;
		out[1] = DCF_HASH_BYTES;
		memcpy(out + 2, commitments[i].b, DCF_HASH_BYTES);
	}
	return count * DCF_BUNDLE_ENTRY;
}

enum dcf_status dcf_bundle_read(struct dcf_span bytes, size_t count, struct dcf_hash *out)
{
	if (count < 1 || count > DCF_TILE_WIDTH || bytes.len != count * DCF_BUNDLE_ENTRY)
		return DCF_E_SYNTAX;
	for (size_t i = 0; i < count; i++) {
		const char *entry = bytes.p + i * DCF_BUNDLE_ENTRY;

		if (entry[0] != 0 || entry[1] != DCF_HASH_BYTES)
			return DCF_E_SYNTAX;
		memcpy(out[i].b, entry + 2, DCF_HASH_BYTES);
	}
	return DCF_OK;
}

void dcf_content_put(struct dcf_buf *b, const struct dcf_entry *e)
{
	dcf_buf_put(b, e->salt, sizeof e->salt);
	dcf_buf_span(b, e->content);
}

enum dcf_status dcf_content_read(struct dcf_span bytes, const struct dcf_hash *commitment, struct dcf_entry *e)
{
	struct dcf_entry read = { .commitment = *commitment };

	if (bytes.len < DCF_SALT_BYTES)
		return DCF_E_SYNTAX;
	if (bytes.len - DCF_SALT_BYTES > DCF_CONTENT_MAX)
		return DCF_E_LIMIT;
	memcpy(read.salt, bytes.p, DCF_SALT_BYTES);
	read.content = (struct dcf_span){ bytes.p + DCF_SALT_BYTES, bytes.len - DCF_SALT_BYTES };
	if (!dcf_entry_holds(&read))
		return DCF_E_REFUSED;
	*e = read;
	return DCF_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "format/gzip.h"

#include <string.h>
#include <zlib.h>

enum { PACKED = 64 * 1024, HEADER = 16, GZIP_WINDOW = 16 + 15 /* zlib: gzip wrapper, 32 KiB window */ };

struct dcf_gunzip {
	const struct dcf_alloc *from;
	const struct dcf_source *packed;
	z_stream z;
	bool open;    /* `z` was initialised */
	bool between; /* no member is open: the end may come here */
	bool eof;
	enum dcf_status status;
	int64_t why; /* of DCF_E_IO: what the packed source answered */
	const char *text;
	uint64_t taken; /* packed bytes read */
	unsigned char in[PACKED];
};

/* zlib frees without saying how much; a block's size stands before it. */
static void *z_get(void *opaque, unsigned items, unsigned size)
{
	const struct dcf_alloc *a = opaque;
	size_t n = (size_t)items * size + HEADER;
	char *p = dcf_alloc_new(a, n);

	if (!p)
		return NULL;
	memcpy(p, &n, sizeof n);
	return p + HEADER;
}

static void z_give(void *opaque, void *address)
{
	const struct dcf_alloc *a = opaque;
	char *p = (char *)address - HEADER;
	size_t n;

	memcpy(&n, p, sizeof n);
	dcf_alloc_free(a, p, n);
}

bool dcf_is_gzip(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	return n >= 2 && p[0] == 0x1f && p[1] == 0x8b;
}

enum dcf_status dcf_gunzip_new(const struct dcf_alloc *a, const struct dcf_source *packed, struct dcf_span first,
			       struct dcf_gunzip **out)
{
	struct dcf_gunzip *g = dcf_alloc_new(a, sizeof *g);

	if (!g)
		return DCF_E_NOMEM;
	*g = (struct dcf_gunzip){ .from = a, .packed = packed, .taken = first.len };
	g->z.zalloc = z_get;
	g->z.zfree = z_give;
	g->z.opaque = (void *)(uintptr_t)a; /* zlib has no const here; nothing writes through it */
	if (first.len)
		memcpy(g->in, first.p, first.len);
	g->z.next_in = g->in;
	g->z.avail_in = (unsigned)first.len;
	if (inflateInit2(&g->z, GZIP_WINDOW) != Z_OK) {
		dcf_alloc_free(a, g, sizeof *g);
		return DCF_E_NOMEM;
	}
	g->open = true;
	*out = g;
	return DCF_OK;
}

void dcf_gunzip_free(struct dcf_gunzip *g)
{
	if (!g)
		return;
	if (g->open)
		(void)inflateEnd(&g->z);
	dcf_alloc_free(g->from, g, sizeof *g);
}

static bool fail(struct dcf_gunzip *g, enum dcf_status status, const char *text)
{
	g->status = status;
	g->text = text;
	return false;
}

static bool fill(struct dcf_gunzip *g)
{
	int64_t n;

	if (g->z.avail_in || g->eof)
		return true;
	n = g->packed->read(g->packed->ctx, g->in, sizeof g->in);
	g->why = n < 0 ? n : -1;
	if (n < 0 || (uint64_t)n > sizeof g->in)
		return fail(g, DCF_E_IO, "reading failed");
	g->eof = n == 0;
	g->taken += (uint64_t)n;
	g->z.next_in = g->in;
	g->z.avail_in = (unsigned)n;
	return true;
}

/* Between two members: another may follow, or zeros up to the end (as tapes and block devices pad). */
static bool next_member(struct dcf_gunzip *g)
{
	while (g->between) {
		if (!fill(g))
			return false;
		if (g->eof && !g->z.avail_in)
			return true;
		if (*g->z.next_in == 0) {
			g->z.next_in++;
			g->z.avail_in--;
			continue;
		}
		if (*g->z.next_in != 0x1f)
			return fail(g, DCF_E_SYNTAX, "found other bytes after the gzip data, expected its end");
		if (inflateReset2(&g->z, GZIP_WINDOW) != Z_OK)
			return fail(g, DCF_E_NOMEM, "out of memory");
		g->between = false;
	}
	return true;
}

static bool inflate_some(struct dcf_gunzip *g)
{
	int z;

	if (!fill(g))
		return false;
	if (g->eof && !g->z.avail_in)
		return fail(g, DCF_E_SYNTAX, "found the gzip data cut short, expected more of it");
	z = inflate(&g->z, Z_NO_FLUSH);
	if (z == Z_STREAM_END)
		g->between = true;
	else if (z == Z_MEM_ERROR)
		return fail(g, DCF_E_NOMEM, "out of memory");
	else if (z != Z_OK && z != Z_BUF_ERROR)
		return fail(g, DCF_E_SYNTAX, "found damaged gzip data, expected to unpack it");
	return true;
}

/* What a read answers after a failure: an errno value goes through. */
static int64_t failed(const struct dcf_gunzip *g)
{
	return g->status == DCF_E_IO ? g->why : -1;
}

static int64_t unpack(void *ctx, void *to, size_t n)
{
	struct dcf_gunzip *g = ctx;
	unsigned room = n > 1u << 30 ? 1u << 30 : (unsigned)n;

	if (g->status != DCF_OK)
		return failed(g);
	g->z.next_out = to;
	g->z.avail_out = room;
	while (g->z.avail_out == room) {
		if (g->between && !next_member(g))
			return failed(g);
		if (g->between)
			return 0; /* the end, where it may be */
		/* What came out before a fault is still good, and the fault is told next time: so the same is found
		 * in whatever pieces the packed bytes arrive. */
		if (!inflate_some(g) && g->z.avail_out == room)
			return failed(g);
	}
	return (int64_t)(room - g->z.avail_out);
}

struct dcf_source dcf_gunzip_source(struct dcf_gunzip *g)
{
	return (struct dcf_source){ unpack, g };
}

enum dcf_status dcf_gunzip_failure(const struct dcf_gunzip *g, const char **text, uint64_t *packed_bytes)
{
	*text = g->text;
	*packed_bytes = g->taken - g->z.avail_in;
	return g->status;
}

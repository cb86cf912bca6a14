/* SPDX-License-Identifier: Apache-2.0 */
/* store.h - the seam: where a record is kept, as a struct of functions.
 *
 * A store keeps, durably and in order:
 *   entries    positions 0, 1, 2, ... without gaps; never changed, except that content can be erased
 *   head       the signed checkpoint of all entries, replaced together with every append
 *   tiles      complete hash tiles of the tree (level, number), written with the entries that complete them
 *   snapshots  state at a position, in pieces; the two latest are kept
 *   meta       a few named values (the record's origin, its public key)
 * It knows nothing of signatures, trees or commands: log.h puts those on top.  Engines: memory.h, sqlite.h,
 * folder.h (an exported record, to be read only).
 *
 * THREADS    Everything but close may be called from any thread at any time; engines order the writers (append, erase,
 *            snapshot_put, meta_put, backup) themselves.  Readers never wait for a writer, and a writer never for a reader.
 * DURABLE    What a writer has answered with DCF_OK survives the end of the process, of the system and of its power.
 *            After any other answer nothing, or (DCF_E_IO, DCF_E_FULL, DCF_E_NOMEM) nothing or all of it, is there: never a
 * part. A reader sees the store as of one moment between its call and its answer; an entry once seen stays seen.
 *
 * Errors, of every function: DCF_E_NOMEM; DCF_E_IO, reading or writing failed; DCF_E_FULL, no room on the medium;
 * DCF_E_CORRUPT, stored bytes cannot be what was written; DCF_E_BUSY, another process holds it; DCF_E_REFUSED, a writer was
 * called on a store that was opened for reading; DCF_E_LIMIT, more than the limits below.  Others are said at the function.
 * `err` may be NULL everywhere; it is written only on an error, and `code` is then what was returned. */
#ifndef DCF_STORE_STORE_H
#define DCF_STORE_STORE_H

#include "base/alloc.h"
#include "base/buf.h"
#include "record/entry.h"
#include "record/tile.h"

enum {
	DCF_STORE_BATCH_MAX = 65536,     /* entries in one append; one has at most DCF_CONTENT_MAX bytes */
	DCF_STORE_HEAD_MAX = 64 * 1024,  /* bytes of a signed head */
	DCF_STORE_PIECE_MAX = 1 << 20,   /* bytes of one piece of a snapshot */
	DCF_STORE_PIECES_MAX = 1 << 20,  /* pieces of one snapshot */
	DCF_STORE_META_KEY_MAX = 64,     /* bytes of a name in meta */
	DCF_STORE_META_MAX = 256 * 1024, /* bytes of a value in meta */
	DCF_STORE_SNAPSHOTS = 2,         /* snapshots kept */
};
#define DCF_STORE_BATCH_BYTES_MAX ((size_t)256 << 20) /* content in one append, all entries together */
#define DCF_STORE_POSITION_MAX    ((uint64_t)1 << 48) /* entries in one store */

struct dcf_store_error {
	enum dcf_status code;
	char text[240]; /* what happened and where, one line without a stop at its end */
};

/* What one append writes, whole or not at all.  Everything is borrowed. */
struct dcf_batch {
	uint64_t expected; /* how many entries the store must have now */
	const struct dcf_entry *entries;
	size_t entry_count;           /* 0 only replaces the head: a new signature over the same entries */
	const struct dcf_tile *tiles; /* those that these entries complete */
	size_t tile_count;
	struct dcf_span head; /* the checkpoint of size expected + entry_count, signed; not empty */
};

enum dcf_store_read {
	DCF_READ_ALL,
	DCF_READ_COMMITMENTS, /* salt zero and content empty; `erased` is true only if it is */
};

/* Gets one entry; what it points to holds until the return.  Anything but DCF_OK ends the reading, which returns it. */
typedef enum dcf_status dcf_store_each(void *ctx, uint64_t position, const struct dcf_entry *entry);

/* One piece of the snapshot of the state after `position` entries. */
struct dcf_snapshot_piece {
	uint64_t position;
	uint32_t index;        /* 0, 1, 2, ... in this order */
	bool last;             /* with this piece the snapshot is whole and begins to exist */
	struct dcf_span bytes; /* 1..DCF_STORE_PIECE_MAX */
};

struct dcf_snapshot_info {
	uint64_t position;
	uint32_t pieces;
	uint64_t bytes;
};

/* Gets the pieces in order. */
typedef enum dcf_status dcf_snapshot_each(void *ctx, uint32_t index, struct dcf_span bytes);

struct dcf_store;

/* What an engine fills; callers use the functions below, which check arguments first.  All members are there. */
struct dcf_store_ops {
	const char *name; /* "memory", "sqlite" */
	enum dcf_status (*append)(struct dcf_store *s, const struct dcf_batch *batch, struct dcf_store_error *err);
	enum dcf_status (*read)(struct dcf_store *s, uint64_t from, uint64_t max, enum dcf_store_read what,
				dcf_store_each *each, void *ctx, struct dcf_store_error *err);
	enum dcf_status (*head)(struct dcf_store *s, uint64_t *count, struct dcf_buf *note, struct dcf_store_error *err);
	enum dcf_status (*tile)(struct dcf_store *s, uint32_t level, uint64_t number, struct dcf_hash hashes[DCF_TILE_WIDTH],
				struct dcf_store_error *err);
	enum dcf_status (*erase)(struct dcf_store *s, const uint64_t *positions, size_t count, struct dcf_store_error *err);
	enum dcf_status (*snapshot_put)(struct dcf_store *s, const struct dcf_snapshot_piece *piece,
					struct dcf_store_error *err);
	enum dcf_status (*snapshot_list)(struct dcf_store *s, struct dcf_snapshot_info out[DCF_STORE_SNAPSHOTS], size_t *count,
					 struct dcf_store_error *err);
	enum dcf_status (*snapshot_read)(struct dcf_store *s, uint64_t position, dcf_snapshot_each *each, void *ctx,
					 struct dcf_store_error *err);
	enum dcf_status (*meta_put)(struct dcf_store *s, const char *key, struct dcf_span value, struct dcf_store_error *err);
	enum dcf_status (*meta_get)(struct dcf_store *s, const char *key, struct dcf_buf *value, struct dcf_store_error *err);
	enum dcf_status (*backup)(struct dcf_store *s, const char *path, struct dcf_store_error *err);
	void (*close)(struct dcf_store *s);
};

/* An engine's own struct begins with this. */
struct dcf_store {
	const struct dcf_store_ops *ops;
};

/* Append the batch in one durable step.
 * DCF_E_CONFLICT: the store does not have `expected` entries (somebody else appended); nothing was written.
 * DCF_E_RANGE: a tile of a level that does not exist, a head that is empty.  DCF_E_LIMIT: too many, too large.
 * Entries must have `erased` false.  A tile that is there already is left as it is. */
DCF_CHECKED enum dcf_status dcf_store_append(struct dcf_store *s, const struct dcf_batch *batch, struct dcf_store_error *err);

/* Call `each` for the entries from position `from` on, in order, at most `max` of them; fewer, or none, at the end.
 * `each` must not call the store.  Returns what `each` returned, where that is not DCF_OK (`err` is then not written). */
DCF_CHECKED enum dcf_status dcf_store_read(struct dcf_store *s, uint64_t from, uint64_t max, enum dcf_store_read what,
					   dcf_store_each *each, void *ctx, struct dcf_store_error *err);

/* How many entries there are, and the signed head (put at the end of `note`, which may be NULL).  A store to which nothing was
 * appended has count 0 and puts nothing. */
DCF_CHECKED enum dcf_status dcf_store_head(struct dcf_store *s, uint64_t *count, struct dcf_buf *note,
					   struct dcf_store_error *err);

/* A complete tile.  DCF_E_NOT_FOUND: it is not there (not complete yet). */
DCF_CHECKED enum dcf_status dcf_store_tile(struct dcf_store *s, uint32_t level, uint64_t number,
					   struct dcf_hash hashes[DCF_TILE_WIDTH], struct dcf_store_error *err);

/* Forget salt and content of these entries, all in one durable step; their commitments stay.  Erased ones may be named again.
 * DCF_E_RANGE: a position without an entry; nothing was erased then.  What was erased is overwritten in the file, as far as
 * the engine can see to it (not in backups, nor by file systems that keep what was).  Snapshots are left as they are: what they
 * hold of it goes as two later ones push them out, and is overwritten while the next ones are put. */
DCF_CHECKED enum dcf_status dcf_store_erase(struct dcf_store *s, const uint64_t *positions, size_t count,
					    struct dcf_store_error *err);

/* Put one piece of a snapshot.  Piece 0 begins one and throws an unfinished one away; the last one makes it exist, durably, and
 * forgets all but the two of the highest positions.  A finished snapshot of the same position is replaced.
 * Pieces before the last need not be durable by themselves.
 * DCF_E_RANGE: not the piece that comes next, an empty or too long one, or a position above the number of entries. */
DCF_CHECKED enum dcf_status dcf_store_snapshot_put(struct dcf_store *s, const struct dcf_snapshot_piece *piece,
						   struct dcf_store_error *err);

/* The snapshots there are, the highest position first; `*count` is 0..2. */
DCF_CHECKED enum dcf_status dcf_store_snapshot_list(struct dcf_store *s, struct dcf_snapshot_info out[DCF_STORE_SNAPSHOTS],
						    size_t *count, struct dcf_store_error *err);

/* Read the pieces of the snapshot of `position`.  Every piece is checked against a hash of it: DCF_E_CORRUPT.
 * DCF_E_NOT_FOUND: there is none (any more: a newer one may have pushed it out).  Returns what `each` returned otherwise. */
DCF_CHECKED enum dcf_status dcf_store_snapshot_read(struct dcf_store *s, uint64_t position, dcf_snapshot_each *each, void *ctx,
						    struct dcf_store_error *err);

/* Set the value called `key` (1..64 of a-z, 0-9, '.', '_', '-'), durably; at most DCF_STORE_META_MAX bytes. */
DCF_CHECKED enum dcf_status dcf_store_meta_put(struct dcf_store *s, const char *key, struct dcf_span value,
					       struct dcf_store_error *err);

/* Put the value called `key` at the end of `value`.  DCF_E_NOT_FOUND: there is none. */
DCF_CHECKED enum dcf_status dcf_store_meta_get(struct dcf_store *s, const char *key, struct dcf_buf *value,
					       struct dcf_store_error *err);

/* Write a copy of everything, as of one moment, to the file `path`, which must not be there (DCF_E_CONFLICT); it appears whole
 * or not at all.  Others go on reading and writing meanwhile.  The copy is what dcf_sqlite_open opens, whatever the engine
 * (DCF_E_REFUSED: this engine has no such copies). */
DCF_CHECKED enum dcf_status dcf_store_backup(struct dcf_store *s, const char *path, struct dcf_store_error *err);

/* Give everything back.  No other call may be going on or follow.  `s` may be NULL. */
void dcf_store_close(struct dcf_store *s);

/* Fill `err` (may be NULL) in the style of printf and return `code`. */
enum dcf_status dcf_store_fail(struct dcf_store_error *err, enum dcf_status code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif

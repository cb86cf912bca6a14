/* SPDX-License-Identifier: Apache-2.0 */
#include "store/kept_head.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

/* A head has some 200 bytes, two signatures 350: within a sector, so that it is replaced whole or not at all. */
enum { ROOM = 512, MOST = DCF_CHECKPOINT_MAX };

struct dcf_kept_head {
	struct dcf_alloc alloc;
	int fd;
	size_t filled; /* bytes of the file that mean something; the putting thread's */
	_Atomic bool dirty;
	_Atomic int failed; /* an errno value of the last put; 0: it went well */
	char path[4096];
};

static enum dcf_status failed(const char *path, int number, const char *what, struct dcf_store_error *err)
{
	bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;

	return dcf_store_fail(err, full ? DCF_E_FULL : DCF_E_IO, "%.150s: %s: %.60s", path, what, strerror(number));
}

/* --- keeping --------------------------------------------------------------------------------------- */

/* The room is taken when the file is made, so that a full disk does not keep later heads out. */
static bool take_room(int fd, size_t *filled)
{
	static const char empty[ROOM];
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	*filled = st.st_size > ROOM ? (size_t)st.st_size : ROOM;
	if (st.st_size >= ROOM)
		return true;
	return pwrite(fd, empty, (size_t)(ROOM - st.st_size), st.st_size) == ROOM - st.st_size && fsync(fd) == 0;
}

enum dcf_status dcf_kept_head_open(const struct dcf_alloc *alloc, const char *path, struct dcf_kept_head **out,
				   struct dcf_store_error *err)
{
	struct dcf_kept_head *k = dcf_alloc_new(alloc, sizeof *k);
	enum dcf_status s;

	*out = NULL;
	if (!k)
		return dcf_store_fail(err, DCF_E_NOMEM, "out of memory");
	memset(k, 0, sizeof *k);
	k->alloc = *alloc;
	if (strlen(path) >= sizeof k->path) {
		dcf_alloc_free(alloc, k, sizeof *k);
		return dcf_store_fail(err, DCF_E_LIMIT, "%.150s...: the path is too long", path);
	}
	memcpy(k->path, path, strlen(path) + 1);
	errno = 0;
	k->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (k->fd >= 0 && take_room(k->fd, &k->filled)) {
		*out = k;
		return DCF_OK;
	}
	s = failed(path, errno ? errno : EIO, "cannot be written", err);
	if (k->fd >= 0)
		close(k->fd);
	dcf_alloc_free(alloc, k, sizeof *k);
	return s;
}

void dcf_kept_head_put(struct dcf_kept_head *k, struct dcf_span note)
{
	char text[MOST];
	size_t n = note.len > k->filled ? note.len : k->filled;
	ssize_t done;

	if (n > sizeof text) {
		atomic_store(&k->failed, EFBIG);
		return;
	}
	memcpy(text, note.p, note.len);
	memset(text + note.len, '\n', n - note.len);
	errno = 0;
	done = pwrite(k->fd, text, n, 0);
	atomic_store(&k->failed, done == (ssize_t)n ? 0 : errno ? errno : EIO);
	k->filled = n;
	atomic_store(&k->dirty, true);
}

enum dcf_status dcf_kept_head_sync(struct dcf_kept_head *k, struct dcf_store_error *err)
{
	int number = atomic_load(&k->failed);

	if (atomic_exchange(&k->dirty, false) && fdatasync(k->fd) != 0) {
		atomic_store(&k->dirty, true);
		number = number ? number : errno;
	}
	return number ? failed(k->path, number, "cannot be written", err) : DCF_OK;
}

void dcf_kept_head_close(struct dcf_kept_head *k)
{
	struct dcf_alloc alloc;

	if (!k)
		return;
	alloc = k->alloc;
	if (dcf_kept_head_sync(k, NULL) != DCF_OK)
		errno = 0; /* said already, by the syncs before */
	close(k->fd);
	dcf_alloc_free(&alloc, k, sizeof *k);
}

/* --- comparing ------------------------------------------------------------------------------------- */

enum dcf_status dcf_kept_head_read(const char *path, struct dcf_buf *note, struct dcf_store_error *err)
{
	char text[MOST + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : -1;
	int number = errno;

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return number == ENOENT ? dcf_store_fail(err, DCF_E_NOT_FOUND, "%.150s: %s", path, strerror(number))
					: failed(path, number, "cannot be read", err);
	if (n > MOST)
		return dcf_store_fail(err, DCF_E_LIMIT, "%.150s: longer than any head", path);
	/* Line ends fill up the room behind the note, zeros the room where nothing was put. */
	while (n > 0 &&
	       (text[n - 1] == '\0' || (text[n - 1] == '\n' && (n == 1 || text[n - 2] == '\n' || text[n - 2] == '\0'))))
		n--;
	if (n == 0)
		return dcf_store_fail(err, DCF_E_NOT_FOUND, "%.150s: empty", path);
	dcf_buf_put(note, text, (size_t)n);
	return note->failed ? dcf_store_fail(err, DCF_E_NOMEM, "out of memory") : DCF_OK;
}

/* Is it whole?  Its signature is looked at where a key of the ring made it; the key of entries that are lost is not in the
 * ring. */
static enum dcf_status open_kept(const struct dcf_keyring *ring, struct dcf_span note, struct dcf_checkpoint *cp,
				 struct dcf_store_error *err)
{
	struct dcf_vkey key[DCF_KEYS_MAX];
	struct dcf_note_error where = { 0 };
	struct dcf_note read;
	uint64_t by;
	enum dcf_status s = dcf_note_read(note, &read, &where);

	s = s == DCF_OK ? dcf_checkpoint_read(read.text, cp, &where) : s;
	if (s != DCF_OK)
		return dcf_store_fail(err, DCF_E_CORRUPT, "the head that was kept is damaged: byte %zu: expected %.100s",
				      where.at, where.expected ? where.expected : "a signed head");
	for (size_t i = 0; i < ring->count; i++)
		key[i] = ring->key[i].key;
	if (ring->count && dcf_note_verify(&read, key, ring->count, &by) == DCF_E_REFUSED)
		return dcf_store_fail(err, DCF_E_CORRUPT, "the head that was kept is damaged: its signature does not hold");
	if (ring->count && !dcf_span_eq(cp->origin, dcf_vkey_name(&key[0])))
		return dcf_store_fail(err, DCF_E_CORRUPT, "the head that was kept is another record's");
	return DCF_OK;
}

enum dcf_status dcf_kept_head_check(struct dcf_log *log, struct dcf_span note, uint64_t *size, struct dcf_store_error *err)
{
	static _Thread_local struct dcf_keyring ring;
	struct dcf_checkpoint cp;
	struct dcf_hash root;
	uint64_t now, doubt = 0;
	enum dcf_status s = dcf_log_head(log, &now, NULL, NULL);

	dcf_log_keys(log, &ring);
	s = s == DCF_OK ? open_kept(&ring, note, &cp, err) : s;
	if (s == DCF_OK && cp.size > now) {
		doubt = now;
		s = dcf_store_fail(err, DCF_E_CORRUPT,
				   "the record has %" PRIu64 " entries, but %" PRIu64 " were acknowledged: its end is lost",
				   now, cp.size);
	} else if (s == DCF_OK) {
		s = dcf_log_root_at(log, cp.size, &root, err);
		if (s == DCF_OK && !dcf_hash_eq(&root, &cp.root))
			s = dcf_store_fail(err, DCF_E_CORRUPT,
					   "the first %" PRIu64 " entries are not those that were acknowledged", cp.size);
	}
	if (size)
		*size = doubt;
	return s;
}

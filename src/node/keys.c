/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c - the node's private keys: files that are whole, ours alone, and replaced in one step.
 *
 * Every function opens DIR/keys, checks that nobody else may look into it, and holds a lock on it (flock) while it changes
 * something, so that a command and a server never make two keys.  All names are relative to that descriptor: nobody can swap
 * the folder meanwhile. */
#include "node/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "node/keys_int.h"
#include "node/read_file.h"

enum { KEY_FILE_MAX = 4096 };

static const char *const key_file[DCF_KEY_NAME_END] = {
	[DCF_KEY_RECORD] = "record.key", [DCF_KEY_TOKEN] = "token.key", [DCF_KEY_LINE] = "line.key"
};
static const char *const next_file[DCF_KEY_NAME_END] = {
	[DCF_KEY_RECORD] = "record.key.next", [DCF_KEY_TOKEN] = "token.key.next", [DCF_KEY_LINE] = "line.key.next"
};

/* --- the folder -------------------------------------------------------------------------------------------- */

/* Nobody but its owner may look in, and the owner is who we are, or we are root. */
static enum dcf_status check_private(int fd, const char *name, struct dcf_node_error *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return dcf_node_fail(err, DCF_E_IO, "%s: %s", name, strerror(errno));
	if (st.st_mode & 077)
		return dcf_node_fail(err, DCF_E_REFUSED,
				     "%s: mode %04o lets others in; expected %s (chmod go= it, and ask who has read it)", name,
				     (unsigned)st.st_mode & 07777, S_ISDIR(st.st_mode) ? "0700" : "0600");
	if (st.st_uid != geteuid() && geteuid() != 0)
		return dcf_node_fail(err, DCF_E_REFUSED, "%s: belongs to user %u, this is user %u", name, (unsigned)st.st_uid,
				     (unsigned)geteuid());
	return DCF_OK;
}

/* Root makes files for the folder's owner. */
static int give_to_owner_of(int like, int fd)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	return fstat(like, &st) ? -1 : fchown(fd, st.st_uid, st.st_gid);
}

static int make_folder(int dir)
{
	int fd, e = 0;

	if (mkdirat(dir, "keys", 0700))
		return errno == EEXIST ? 0 : -1;
	fd = openat(dir, "keys", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* The umask may have taken more away than it should. */
	if (fchmod(fd, 0700) || give_to_owner_of(dir, fd) || fsync(fd) || fsync(dir))
		e = errno;
	close(fd);
	errno = e;
	return e ? -1 : 0;
}

enum dcf_status dcf_keys_folder(const char *dir, bool make, bool lock, int *out, struct dcf_node_error *err)
{
	int top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	enum dcf_status s;
	char name[300];

	(void)snprintf(name, sizeof name, "%s/keys", dir);
	if (top < 0)
		return dcf_node_fail(err, errno == ENOENT ? DCF_E_NOT_FOUND : DCF_E_IO, "%s: %s", dir, strerror(errno));
	if (make && make_folder(top)) {
		s = dcf_node_fail(err, DCF_E_IO, "%s: cannot be made: %s", name, strerror(errno));
		goto done;
	}
	fd = openat(top, "keys", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		s = dcf_node_fail(err, errno == ENOENT ? DCF_E_NOT_FOUND : DCF_E_REFUSED, "%s: expected a folder: %s", name,
				  strerror(errno));
		goto done;
	}
	if ((s = check_private(fd, name, err)) != DCF_OK)
		goto done;
	if (lock && flock(fd, LOCK_EX)) {
		s = dcf_node_fail(err, DCF_E_IO, "%s: cannot be locked: %s", name, strerror(errno));
		goto done;
	}
	*out = fd;
	fd = -1;
done:
	if (fd >= 0)
		close(fd);
	close(top);
	return s;
}

/* --- writing a file whole --------------------------------------------------------------------------------------- */

static bool write_all(int fd, struct dcf_span text)
{
	while (text.len) {
		ssize_t n = write(fd, text.p, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text.p += n;
		text.len -= (size_t)n;
	}
	return true;
}

enum dcf_status dcf_keys_write(int folder, const char *name, struct dcf_span text, unsigned mode, struct dcf_node_error *err)
{
	char beside[300];
	int fd = -1, e;

	if ((size_t)snprintf(beside, sizeof beside, ".%s.new", name) >= sizeof beside)
		return dcf_node_fail(err, DCF_E_USAGE, "a name of a file that is too long");
	/* What a crash left.  We hold the lock: nobody is writing it. */
	if (unlinkat(folder, beside, 0) && errno != ENOENT)
		goto failed;
	fd = openat(folder, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, (mode_t)mode) || give_to_owner_of(folder, fd) || !write_all(fd, text) || fsync(fd))
		goto failed;
	if (renameat(folder, beside, folder, name) || fsync(folder))
		goto failed;
	close(fd);
	return DCF_OK;
failed:
	e = errno;
	if (fd >= 0) {
		close(fd);
		(void)unlinkat(folder, beside, 0);
	}
	return dcf_node_fail(err, DCF_E_IO, "%s: cannot be written: %s", name, strerror(e));
}

enum dcf_status dcf_keys_put_file(const char *dir, const char *name, struct dcf_span text, bool secret,
				  struct dcf_node_error *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum dcf_status s;

	if (fd < 0)
		return dcf_node_fail(err, DCF_E_IO, "%s: %s", dir, strerror(errno));
	s = dcf_keys_write(fd, name, text, secret ? 0600 : 0644, err);
	close(fd);
	return s;
}

/* --- a key as PEM ----------------------------------------------------------------------------------------- */

/* A password that is asked for is not given: keys are protected by their mode. */
static int no_password(char *to, int size, int writing, void *ctx)
{
	(void)to, (void)size, (void)writing, (void)ctx;
	return -1;
}

static enum dcf_status key_of_pem(struct dcf_span pem, const char *name, struct dcf_signing_key *key,
				  struct dcf_node_error *err)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.len);
	EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
	enum dcf_status s = DCF_OK;
	uint8_t seed[DCF_SEED_BYTES];
	size_t n = sizeof seed;

	if (!pkey || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_ED25519 || !EVP_PKEY_get_raw_private_key(pkey, seed, &n) ||
	    n != sizeof seed)
		s = dcf_node_fail(err, DCF_E_SYNTAX, "%s: expected an Ed25519 private key as PKCS#8 PEM without a password",
				  name);
	else
		dcf_signing_key_from_seed(key, seed);
	dcf_wipe(seed, sizeof seed);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	ERR_clear_error();
	return s;
}

/* Text of a memory BIO into a folder's file. */
static enum dcf_status write_bio(int folder, const char *name, BIO *bio, unsigned mode, struct dcf_node_error *err)
{
	char *p = NULL;
	long n = BIO_get_mem_data(bio, &p);

	return dcf_keys_write(folder, name, (struct dcf_span){ p, (size_t)n }, mode, err);
}

static enum dcf_status write_key(int folder, const char *name, const struct dcf_signing_key *key, struct dcf_node_error *err)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, key->seed, sizeof key->seed);
	BIO *bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
	enum dcf_status s;

	if (pkey && bio && PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL))
		s = write_bio(folder, name, bio, 0600, err);
	else
		s = dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", name);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return s;
}

static enum dcf_status write_public(int folder, const char *name, const struct dcf_public_key *key, struct dcf_node_error *err)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->b, sizeof key->b);
	BIO *bio = BIO_new(BIO_s_mem());
	enum dcf_status s;

	if (pkey && bio && PEM_write_bio_PUBKEY(bio, pkey))
		s = write_bio(folder, name, bio, 0644, err);
	else
		s = dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", name);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return s;
}

static enum dcf_status read_key(int folder, const char *name, struct dcf_signing_key *key, struct dcf_node_error *err)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf text = { .from = &heap };
	enum dcf_status s;
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return dcf_node_fail(err,
				     errno == ENOENT  ? DCF_E_NOT_FOUND
				     : errno == ELOOP ? DCF_E_REFUSED
						      : DCF_E_IO,
				     "%s: %s", name, errno == ELOOP ? "is a symbolic link" : strerror(errno));
	if ((s = check_private(fd, name, err)) == DCF_OK &&
	    (s = dcf_node_read_fd(fd, name, KEY_FILE_MAX, &text, err)) == DCF_OK)
		s = key_of_pem(dcf_buf_as_span(&text), name, key, err);
	close(fd);
	if (text.p)
		dcf_wipe(text.p, text.cap);
	dcf_buf_free(&text);
	return s;
}

/* --- making, loading, replacing --------------------------------------------------------------------------- */

/* The key in `file`, made when there is none. */
static enum dcf_status read_or_make(int folder, const char *file, struct dcf_signing_key *key, bool *made,
				    struct dcf_node_error *err)
{
	enum dcf_status s = read_key(folder, file, key, err);

	if (s != DCF_E_NOT_FOUND)
		return s;
	dcf_signing_key_make(key);
	s = write_key(folder, file, key, err);
	*made = s == DCF_OK;
	return s;
}

enum dcf_status dcf_keys_load(const char *dir, enum dcf_key_name name, bool make, struct dcf_signing_key *key, bool *made,
			      struct dcf_node_error *err)
{
	bool is_made = false;
	enum dcf_status s;
	int folder;

	dcf_signing_key_wipe(key);
	if ((s = dcf_keys_folder(dir, make, make, &folder, err)) == DCF_OK) {
		s = make ? read_or_make(folder, key_file[name], key, &is_made, err)
			 : read_key(folder, key_file[name], key, err);
		close(folder);
	}
	if (s != DCF_OK)
		dcf_signing_key_wipe(key);
	if (made)
		*made = is_made;
	return s;
}

enum dcf_status dcf_keys_prepare(const char *dir, enum dcf_key_name name, struct dcf_signing_key *next,
				 struct dcf_node_error *err)
{
	enum dcf_status s;
	bool made = false;
	int folder;

	dcf_signing_key_wipe(next);
	if ((s = dcf_keys_folder(dir, false, true, &folder, err)) == DCF_OK) {
		s = read_or_make(folder, next_file[name], next, &made, err);
		close(folder);
	}
	if (s != DCF_OK)
		dcf_signing_key_wipe(next);
	return s;
}

/* token-KID.pem of the key in use; nothing when there is none or it cannot be read any more. */
static enum dcf_status keep_public(int folder, struct dcf_node_error *err)
{
	struct dcf_signing_key old = { 0 };
	enum dcf_status s = read_key(folder, key_file[DCF_KEY_TOKEN], &old, err);
	char kid[44], file[64];

	if (s == DCF_OK) {
		dcf_jwt_thumbprint(&old.public_key, kid);
		(void)snprintf(file, sizeof file, "token-%s.pem", kid);
		s = write_public(folder, file, &old.public_key, err);
	}
	dcf_signing_key_wipe(&old);
	return s == DCF_E_NOT_FOUND ? DCF_OK : s;
}

enum dcf_status dcf_keys_adopt(const char *dir, enum dcf_key_name name, bool drop_old, struct dcf_node_error *err)
{
	struct dcf_signing_key next = { 0 };
	enum dcf_status s;
	int folder;

	if ((s = dcf_keys_folder(dir, false, true, &folder, err)) != DCF_OK)
		return s;
	if ((s = read_key(folder, next_file[name], &next, err)) != DCF_OK)
		goto done;
	if (name == DCF_KEY_TOKEN && !drop_old && (s = keep_public(folder, err)) != DCF_OK)
		goto done;
	if (name == DCF_KEY_RECORD)
		(void)unlinkat(folder, DCF_KEY_REASON_FILE, 0); /* the record tells it now */
	if (renameat(folder, next_file[name], folder, key_file[name]) || fsync(folder))
		s = dcf_node_fail(err, DCF_E_IO, "%s: cannot be put in its place: %s", next_file[name], strerror(errno));
done:
	dcf_signing_key_wipe(&next);
	close(folder);
	return s;
}

static bool has_file(const char *dir, const char *name)
{
	struct stat st;
	bool has;
	int folder;

	if (dcf_keys_folder(dir, false, false, &folder, NULL) != DCF_OK)
		return false;
	has = fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	close(folder);
	return has;
}

bool dcf_keys_has(const char *dir, enum dcf_key_name name)
{
	return has_file(dir, key_file[name]);
}

bool dcf_keys_has_next(const char *dir, enum dcf_key_name name)
{
	return has_file(dir, next_file[name]);
}

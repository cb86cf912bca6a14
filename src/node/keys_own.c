/* SPDX-License-Identifier: Apache-2.0 */
/* keys_own.c - the public halves of this node's token keys, of now and of before. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "node/keys.h"
#include "node/keys_int.h"
#include "node/keyset.h"
#include "node/read_file.h"

enum { PUBLIC_FILE_MAX = 4096 };

static bool is_public_file(const char *name)
{
	size_t n = strlen(name);

	return n > 10 && memcmp(name, "token-", 6) == 0 && strcmp(name + n - 4, ".pem") == 0;
}

/* Call `take` for each token-*.pem, in no order. */
static enum dcf_status
each_public_file(int folder, enum dcf_status (*take)(int folder, const char *name, void *ctx, struct dcf_node_error *err),
		 void *ctx, struct dcf_node_error *err)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	enum dcf_status s = DCF_OK;
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return dcf_node_fail(err, DCF_E_IO, "keys: %s", strerror(errno));
	}
	while (s == DCF_OK && (e = readdir(d)) != NULL)
		if (is_public_file(e->d_name))
			s = take(folder, e->d_name, ctx, err);
	closedir(d);
	return s;
}

/* Files hold Ed25519 keys; each goes by its thumbprint, whatever the file is called. */
static enum dcf_status add_public_file(int folder, const char *name, void *ctx, struct dcf_node_error *err)
{
	struct dcf_keyset *set = ctx, *one = NULL;
	struct dcf_buf text = { .from = &set->from };
	enum dcf_status s;
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? DCF_OK : dcf_node_fail(err, DCF_E_IO, "%s: %s", name, strerror(errno));
	if ((s = dcf_node_read_fd(fd, name, PUBLIC_FILE_MAX, &text, err)) != DCF_OK ||
	    (s = dcf_keyset_new(&set->from, &one)) != DCF_OK ||
	    (s = dcf_keyset_add_pem(one, dcf_buf_as_span(&text), (struct dcf_span){ 0 }, name, err)) != DCF_OK)
		goto done;
	if (one->count != 1 || one->key[0].alg != DCF_ALG_EDDSA)
		s = dcf_node_fail(err, DCF_E_REFUSED, "%s: expected one Ed25519 public key", name);
	else
		s = dcf_keyset_add_ed25519(set, &one->key[0].raw, err);
done:
	close(fd);
	dcf_buf_free(&text);
	dcf_keyset_free(one);
	return s;
}

enum dcf_status dcf_keys_own_set(const struct dcf_alloc *a, const char *dir, struct dcf_keyset **out,
				 struct dcf_node_error *err)
{
	struct dcf_signing_key key = { 0 };
	struct dcf_keyset *set = NULL;
	enum dcf_status s;
	int folder = -1;

	if ((s = dcf_keys_load(dir, DCF_KEY_TOKEN, false, &key, NULL, err)) != DCF_OK ||
	    (s = dcf_keyset_new(a, &set)) != DCF_OK || (s = dcf_keyset_add_ed25519(set, &key.public_key, err)) != DCF_OK ||
	    (s = dcf_keys_folder(dir, false, false, &folder, err)) != DCF_OK ||
	    (s = each_public_file(folder, add_public_file, set, err)) != DCF_OK)
		goto done;
	*out = set;
	set = NULL;
done:
	dcf_signing_key_wipe(&key);
	dcf_keyset_free(set);
	if (folder >= 0)
		close(folder);
	return s;
}

struct expiry {
	int64_t before_us;
	size_t deleted;
};

static enum dcf_status expire_file(int folder, const char *name, void *ctx, struct dcf_node_error *err)
{
	struct expiry *x = ctx;
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode) ||
	    (int64_t)st.st_mtime >= x->before_us / 1000000)
		return DCF_OK;
	if (unlinkat(folder, name, 0))
		return errno == ENOENT ? DCF_OK
				       : dcf_node_fail(err, DCF_E_IO, "%s: cannot be deleted: %s", name, strerror(errno));
	x->deleted++;
	return DCF_OK;
}

enum dcf_status dcf_keys_expire(const char *dir, int64_t now_us, int64_t age_us, size_t *deleted, struct dcf_node_error *err)
{
	struct expiry x = { .before_us = now_us - age_us };
	enum dcf_status s;
	int folder;

	if ((s = dcf_keys_folder(dir, false, true, &folder, err)) == DCF_OK) {
		s = each_public_file(folder, expire_file, &x, err);
		close(folder);
	}
	if (deleted)
		*deleted = x.deleted;
	return s;
}

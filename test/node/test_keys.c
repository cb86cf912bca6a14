/* SPDX-License-Identifier: Apache-2.0 */
/* test_keys.c - key files: who may read them, what a crash leaves, how they are replaced. */
#include "crypto/init.h"
#include "node/keys.h"
#include "scratch.h"
#include "tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

static struct dcf_alloc heap;
static char dir[80], path[200];

static const char *in(const char *name)
{
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

static void fresh(void)
{
	scratch_folder(dir, sizeof dir);
}

static void put(const char *name, const char *text, mode_t mode)
{
	int fd = open(in(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fchmod(fd, mode) == 0);
	close(fd);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	return lstat(in(name), &st) ? 0 : st.st_mode & 07777;
}

static int files(void)
{
	DIR *d = opendir(in("keys"));
	int n = -2;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static enum dcf_status load(enum dcf_key_name name, bool make, struct dcf_signing_key *key, bool *made,
			    struct dcf_node_error *err)
{
	err->text[0] = '\0';
	return dcf_keys_load(dir, name, make, key, made, err);
}

static void the_first_start_makes_keys(void)
{
	struct dcf_signing_key a, b, c;
	struct dcf_node_error err;
	mode_t old = umask(0);
	bool made;

	fresh();
	CHECK(load(DCF_KEY_RECORD, false, &a, &made, &err) == DCF_E_NOT_FOUND && !made && err.text[0]);
	CHECK(load(DCF_KEY_RECORD, true, &a, &made, &err) == DCF_OK && made);
	CHECK(mode_of("keys") == 0700 && mode_of("keys/record.key") == 0600 && files() == 1);
	CHECK(load(DCF_KEY_RECORD, true, &b, &made, &err) == DCF_OK && !made && memcmp(&a, &b, sizeof a) == 0);
	CHECK(load(DCF_KEY_RECORD, false, &b, NULL, &err) == DCF_OK && memcmp(&a, &b, sizeof a) == 0);
	CHECK(load(DCF_KEY_TOKEN, true, &c, &made, &err) == DCF_OK && made && memcmp(a.seed, c.seed, 32) != 0);
	umask(0777);
	fresh();
	CHECK_MSG(load(DCF_KEY_TOKEN, true, &c, &made, &err) == DCF_OK, "%s", err.text);
	CHECK(mode_of("keys") == 0700 && mode_of("keys/token.key") == 0600);
	umask(old);
	strcpy(dir, "/tmp/deconflict-no-such-folder");
	CHECK(load(DCF_KEY_TOKEN, true, &c, &made, &err) == DCF_E_NOT_FOUND && strstr(err.text, dir));
}

static void the_file_is_what_openssl_reads(void)
{
	/* RFC 8410, section 10.3: the private key that its certificate belongs to. */
	static const char pem[] =
		"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END "
		"PRIVATE KEY-----\n";
	static const uint8_t public_key[] = { 0x19, 0xbf, 0x44, 0x09, 0x69, 0x84, 0xcd, 0xfe, 0x85, 0x41, 0xba,
					      0xc1, 0x67, 0xdc, 0x3b, 0x96, 0xc8, 0x50, 0x86, 0xaa, 0x30, 0xb6,
					      0xb6, 0xcb, 0x0c, 0x5c, 0x38, 0xad, 0x70, 0x31, 0x66, 0xe1 };
	struct dcf_signing_key key;
	struct dcf_node_error err;

	fresh();
	mkdir(in("keys"), 0700);
	put("keys/record.key", pem, 0400);
	CHECK_MSG(load(DCF_KEY_RECORD, false, &key, NULL, &err) == DCF_OK, "%s", err.text);
	CHECK(key.seed[0] == 0xd4 && key.seed[31] == 0x42 && memcmp(key.public_key.b, public_key, 32) == 0);
}

static bool is_wiped(const struct dcf_signing_key *key)
{
	static const struct dcf_signing_key zero;

	return memcmp(key, &zero, sizeof zero) == 0;
}

static void keys_that_others_may_read_are_refused(void)
{
	static const mode_t bad[] = { 0640, 0604, 0660, 0601, 0610, 0666, 0777 };
	struct dcf_signing_key key;
	struct dcf_node_error err;

	fresh();
	CHECK(load(DCF_KEY_RECORD, true, &key, NULL, &err) == DCF_OK);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		chmod(in("keys/record.key"), bad[i]);
		CHECK(load(DCF_KEY_RECORD, true, &key, NULL, &err) == DCF_E_REFUSED && strstr(err.text, "record.key: mode") &&
		      is_wiped(&key));
	}
	chmod(in("keys/record.key"), 0600);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		chmod(in("keys"), bad[i] | 0700);
		CHECK(load(DCF_KEY_RECORD, true, &key, NULL, &err) == DCF_E_REFUSED && strstr(err.text, "keys: mode"));
	}
	chmod(in("keys"), 0700);
	CHECK(load(DCF_KEY_RECORD, true, &key, NULL, &err) == DCF_OK);
	/* Somebody else's, when we are not root: told apart by becoming nobody in a child. */
	if (geteuid() == 0) {
		pid_t child = fork();
		int status;

		if (child == 0) {
			chmod(dir, 0755);
			if (chown(in("keys"), 65534, 65534) || setgid(65534) || setuid(65534))
				_exit(9);
			_exit(dcf_keys_load(dir, DCF_KEY_RECORD, false, &key, NULL, &err) == DCF_OK);
		}
		CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

static void links_and_rubbish_are_refused(void)
{
	static const char *const rubbish[] = {
		"",
		"x",
		"-----BEGIN PRIVATE KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		/* X25519, and an encrypted key. */
		"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VuBCIEIHgtO7XWDuJw3kQZQ0rPBs8d2ulbXDkS3tcQJ0bQvmZd\n-----END "
		"PRIVATE KEY-----\n",
		"-----BEGIN ENCRYPTED PRIVATE "
		"KEY-----\nMIGjMF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBCqg6GAjpQdHYd6DhhR\n-----END ENCRYPTED PRIVATE "
		"KEY-----\n",
	};
	struct dcf_signing_key key;
	struct dcf_node_error err;
	char target[200];

	fresh();
	mkdir(in("keys"), 0700);
	for (size_t i = 0; i < sizeof rubbish / sizeof *rubbish; i++) {
		put("keys/record.key", rubbish[i], 0600);
		/* Never made anew over what is there. */
		CHECK_MSG(load(DCF_KEY_RECORD, true, &key, NULL, &err) == DCF_E_SYNTAX && strstr(err.text, "record.key"),
			  "%zu: %s", i, err.text);
		CHECK(is_wiped(&key));
	}
	unlink(in("keys/record.key"));
	strcpy(target, in("elsewhere"));
	CHECK(symlink(target, in("keys/record.key")) == 0);
	CHECK(load(DCF_KEY_RECORD, true, &key, NULL, &err) == DCF_E_REFUSED && access(target, F_OK) != 0);
	unlink(in("keys/record.key"));
	CHECK(mkfifo(in("keys/record.key"), 0600) == 0);
	CHECK(load(DCF_KEY_RECORD, true, &key, NULL, &err) == DCF_E_IO && strstr(err.text, "regular"));
	fresh();
	CHECK(symlink("/tmp", in("keys")) == 0);
	CHECK(load(DCF_KEY_RECORD, true, &key, NULL, &err) != DCF_OK && strstr(err.text, "keys"));
}

static void what_a_crash_leaves_does_no_harm(void)
{
	struct dcf_signing_key a, b;
	struct dcf_node_error err;
	bool made;

	fresh();
	mkdir(in("keys"), 0700);
	put("keys/.record.key.new", "half a k", 0600);
	CHECK(load(DCF_KEY_RECORD, true, &a, &made, &err) == DCF_OK && made && files() == 1);
	/* Prepared and not adopted: the same one again. */
	CHECK(dcf_keys_prepare(dir, DCF_KEY_RECORD, &a, &err) == DCF_OK);
	CHECK(dcf_keys_prepare(dir, DCF_KEY_RECORD, &b, &err) == DCF_OK && memcmp(&a, &b, sizeof a) == 0);
	CHECK(mode_of("keys/record.key.next") == 0600);
}

static void record_keys_rotate(void)
{
	struct dcf_signing_key old, next, now;
	struct dcf_node_error err;

	fresh();
	CHECK(load(DCF_KEY_RECORD, true, &old, NULL, &err) == DCF_OK);
	CHECK(dcf_keys_adopt(dir, DCF_KEY_RECORD, false, &err) == DCF_E_NOT_FOUND);
	CHECK(dcf_keys_prepare(dir, DCF_KEY_RECORD, &next, &err) == DCF_OK && memcmp(old.seed, next.seed, 32) != 0);
	CHECK(load(DCF_KEY_RECORD, false, &now, NULL, &err) == DCF_OK && memcmp(&old, &now, sizeof old) == 0);
	CHECK(dcf_keys_adopt(dir, DCF_KEY_RECORD, false, &err) == DCF_OK);
	CHECK(load(DCF_KEY_RECORD, false, &now, NULL, &err) == DCF_OK && memcmp(&next, &now, sizeof next) == 0 && files() == 1);
	/* A broken next key is not adopted. */
	put("keys/record.key.next", "x", 0600);
	CHECK(dcf_keys_adopt(dir, DCF_KEY_RECORD, false, &err) == DCF_E_SYNTAX);
	CHECK(load(DCF_KEY_RECORD, false, &now, NULL, &err) == DCF_OK && memcmp(&next, &now, sizeof next) == 0);
	/* Nor is a lost old key in the way of a new one. */
	unlink(in("keys/record.key"));
	unlink(in("keys/record.key.next"));
	CHECK(dcf_keys_prepare(dir, DCF_KEY_RECORD, &next, &err) == DCF_OK &&
	      dcf_keys_adopt(dir, DCF_KEY_RECORD, false, &err) == DCF_OK);
}

static void the_reason_lies_beside_the_next_key(void)
{
	struct dcf_signing_key key;
	struct dcf_node_error err;
	struct dcf_buf out = { .from = &heap };
	char big[DCF_KEY_REASON_MAX + 1];

	fresh();
	CHECK(!dcf_keys_has(dir, DCF_KEY_RECORD) && !dcf_keys_has_next(dir, DCF_KEY_RECORD));
	CHECK(load(DCF_KEY_RECORD, true, &key, NULL, &err) == DCF_OK && dcf_keys_has(dir, DCF_KEY_RECORD) &&
	      !dcf_keys_has(dir, DCF_KEY_TOKEN));
	CHECK(dcf_keys_get_reason(dir, &out, &err) == DCF_OK && out.len == 0);
	memset(big, 'x', sizeof big);
	CHECK(dcf_keys_put_reason(dir, (struct dcf_span){ big, sizeof big }, &err) == DCF_E_USAGE);
	CHECK(dcf_keys_put_reason(dir, DCF_SPAN(""), &err) == DCF_E_USAGE &&
	      dcf_keys_put_reason(dir, DCF_SPAN("a\nb"), &err) == DCF_E_USAGE);
	CHECK(dcf_keys_put_reason(dir, DCF_SPAN("yearly"), &err) == DCF_OK &&
	      dcf_keys_prepare(dir, DCF_KEY_RECORD, &key, &err) == DCF_OK);
	CHECK(dcf_keys_has_next(dir, DCF_KEY_RECORD));
	CHECK(dcf_keys_get_reason(dir, &out, &err) == DCF_OK && dcf_span_eq(dcf_buf_as_span(&out), DCF_SPAN("yearly")));
	CHECK(dcf_keys_adopt(dir, DCF_KEY_RECORD, false, &err) == DCF_OK && files() == 1 &&
	      !dcf_keys_has_next(dir, DCF_KEY_RECORD));
	dcf_buf_free(&out);
}

static void old_token_keys_count_until_they_are_deleted(void)
{
	struct dcf_signing_key key[3];
	struct dcf_node_error err;
	struct dcf_keyset *set = NULL;
	struct utimbuf long_ago = { 1000, 1000 };
	char kid[44], file[80];
	size_t deleted;

	fresh();
	CHECK(load(DCF_KEY_TOKEN, true, &key[0], NULL, &err) == DCF_OK);
	for (int i = 1; i < 3; i++)
		CHECK(dcf_keys_prepare(dir, DCF_KEY_TOKEN, &key[i], &err) == DCF_OK &&
		      dcf_keys_adopt(dir, DCF_KEY_TOKEN, i == 2, &err) == DCF_OK);
	CHECK(dcf_keys_own_set(&heap, dir, &set, &err) == DCF_OK && dcf_keyset_count(set) == 2);
	dcf_jwt_thumbprint(&key[2].public_key, kid);
	CHECK(dcf_span_eq(dcf_keyset_kid(set, 0), dcf_span_of(kid)));
	dcf_jwt_thumbprint(&key[0].public_key, kid);
	CHECK(dcf_span_eq(dcf_keyset_kid(set, 1), dcf_span_of(kid)));
	dcf_keyset_free(set);
	(void)snprintf(file, sizeof file, "keys/token-%s.pem", kid);
	CHECK(mode_of(file) == 0644);
	CHECK(dcf_keys_expire(dir, INT64_C(1000000000000), INT64_C(1000000000), &deleted, &err) == DCF_OK && deleted == 0);
	utime(in(file), &long_ago);
	CHECK(dcf_keys_expire(dir, INT64_C(2000000000), INT64_C(1000000000), &deleted, &err) == DCF_OK && deleted == 0);
	CHECK(dcf_keys_expire(dir, INT64_C(2001000000), INT64_C(1000000000), &deleted, &err) == DCF_OK && deleted == 1);
	CHECK(dcf_keys_own_set(&heap, dir, &set, &err) == DCF_OK && dcf_keyset_count(set) == 1);
	dcf_keyset_free(set);
	/* What does not belong there is an error, not passed over. */
	put("keys/token-x.pem", "x", 0644);
	CHECK(dcf_keys_own_set(&heap, dir, &set, &err) == DCF_E_SYNTAX && strstr(err.text, "token-x.pem"));
}

static void files_are_written_whole(void)
{
	struct dcf_node_error err;
	char text[8] = { 0 };
	FILE *f;

	fresh();
	CHECK(dcf_keys_put_file(dir, "record.vkey", DCF_SPAN("first"), false, &err) == DCF_OK &&
	      mode_of("record.vkey") == 0644);
	CHECK(dcf_keys_put_file(dir, "record.vkey", DCF_SPAN("two"), false, &err) == DCF_OK);
	f = fopen(in("record.vkey"), "r");
	CHECK(f && fread(text, 1, 8, f) == 3 && memcmp(text, "two", 3) == 0);
	fclose(f);
	CHECK(dcf_keys_put_file(dir, "admin.token", DCF_SPAN("t"), true, &err) == DCF_OK && mode_of("admin.token") == 0600);
	CHECK(dcf_keys_put_file("/tmp/deconflict-no-such-folder", "x", DCF_SPAN("t"), true, &err) == DCF_E_IO);
	CHECK(mkdir(in("folder"), 0700) == 0 && dcf_keys_put_file(dir, "folder", DCF_SPAN("t"), true, &err) == DCF_E_IO);
	CHECK(access(in(".folder.new"), F_OK) != 0);
}

/* Many at once: one key. */
static void processes_make_one_key(void)
{
	struct dcf_signing_key key;
	struct dcf_node_error err;
	uint8_t first[32];
	int status, made = 0, p[2];

	fresh();
	CHECK(pipe(p) == 0);
	for (int i = 0; i < 8; i++) {
		if (fork() == 0) {
			bool mine = false;

			if (dcf_keys_load(dir, DCF_KEY_TOKEN, true, &key, &mine, &err) != DCF_OK ||
			    write(p[1], key.seed, 32) != 32)
				_exit(9);
			_exit(mine);
		}
	}
	for (int i = 0; i < 8; i++) {
		CHECK(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) < 2);
		made += WEXITSTATUS(status);
	}
	CHECK(made == 1 && read(p[0], first, 32) == 32);
	for (int i = 1; i < 8; i++)
		CHECK(read(p[0], key.seed, 32) == 32 && memcmp(first, key.seed, 32) == 0);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	heap = dcf_alloc_heap();
	if (dcf_crypto_init() != DCF_OK)
		return 3;
	return TAP_RUN(TAP(the_first_start_makes_keys), TAP(the_file_is_what_openssl_reads),
		       TAP(keys_that_others_may_read_are_refused), TAP(links_and_rubbish_are_refused),
		       TAP(what_a_crash_leaves_does_no_harm), TAP(record_keys_rotate), TAP(the_reason_lies_beside_the_next_key),
		       TAP(old_token_keys_count_until_they_are_deleted), TAP(files_are_written_whole),
		       TAP(processes_make_one_key));
}

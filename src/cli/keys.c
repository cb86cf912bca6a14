/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c - `deconflict keys`: look at a node's keys, and replace them.
 *
 * The token key and the line's are replaced here.  The record's next key is only made here: the node, which alone writes the
 * record, hands over to it when it is told to read its keys (SIGHUP) or starts. */
#include "cli/cli.h"
#include "crypto/init.h"
#include "node/keys.h"
#include "node/line_key.h"
#include "node/read_file.h"

#include <stdio.h>
#include <string.h>

struct args {
	const char *reason;
	bool compromised;
};

const struct dcf_cli_option dcf_cmd_keys_options[] = {
	{ "--reason", 0, "TEXT", "why the record gets another key: stands in the record", dcf_take_text,
	  offsetof(struct args, reason) },
	{ "--compromised", 0, NULL, "tokens of the old token key count no longer", dcf_take_flag,
	  offsetof(struct args, compromised) },
	{ 0 },
};

static int say_failed(const struct dcf_node_error *err)
{
	dcf_complain("%s", err->text);
	return err->code == DCF_E_IO || err->code == DCF_E_NOMEM ? DCF_EXIT_FAILED : DCF_EXIT_BAD;
}

/* --- show --------------------------------------------------------------------------------------------------- */

static void put_line(struct dcf_buf *out, const char *what, struct dcf_span text)
{
	dcf_buf_z(out, what);
	dcf_buf_fill(out, ' ', strlen(what) < 22 ? 22 - strlen(what) : 1);
	dcf_put_shown(out, text);
	dcf_buf_char(out, '\n');
}

static enum dcf_status put_tokens(struct dcf_buf *out, const struct dcf_alloc *heap, const char *dir,
				  struct dcf_node_error *err)
{
	struct dcf_keyset *set = NULL;
	enum dcf_status s = dcf_keys_own_set(heap, dir, &set, err);

	for (size_t i = 0; s == DCF_OK && i < dcf_keyset_count(set); i++)
		put_line(out, i ? "earlier token key" : "token key", dcf_keyset_kid(set, i));
	dcf_keyset_free(set);
	return s;
}

static enum dcf_status put_record(struct dcf_buf *out, const struct dcf_alloc *heap, const char *dir,
				  struct dcf_node_error *err)
{
	struct dcf_buf vkey = { .from = heap };
	struct dcf_signing_key key;
	char path[4096];
	enum dcf_status s = dcf_keys_load(dir, DCF_KEY_RECORD, false, &key, NULL, err);

	dcf_signing_key_wipe(&key);
	if (s == DCF_OK && (size_t)snprintf(path, sizeof path, "%s/record.vkey", dir) < sizeof path)
		s = dcf_node_read_file(path, 32 * 1024, &vkey, err);
	while (vkey.len && vkey.p[vkey.len - 1] == '\n')
		vkey.len--;
	if (s == DCF_OK)
		put_line(out, "record key", dcf_buf_as_span(&vkey));
	if (s == DCF_OK && dcf_keys_has_next(dir, DCF_KEY_RECORD))
		put_line(out, "next record key", DCF_SPAN("waits for the node: send it SIGHUP, or start it"));
	dcf_buf_free(&vkey);
	return s;
}

/* Where there is one: as people compare it. */
static enum dcf_status put_line_key(struct dcf_buf *out, const char *dir, struct dcf_node_error *err)
{
	struct dcf_signing_key key;
	char digits[DCF_LINE_DIGITS];
	enum dcf_status s;

	if (!dcf_keys_has(dir, DCF_KEY_LINE))
		return DCF_OK;
	s = dcf_keys_load(dir, DCF_KEY_LINE, false, &key, NULL, err);
	if (s == DCF_OK) {
		dcf_line_key_digits(&key.public_key, digits);
		put_line(out, "line key", dcf_span_of(digits));
	}
	dcf_signing_key_wipe(&key);
	return s;
}

static int show(const char *dir)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };
	struct dcf_node_error err = { 0 };
	int status;

	if (put_record(&out, &heap, dir, &err) != DCF_OK || put_tokens(&out, &heap, dir, &err) != DCF_OK ||
	    put_line_key(&out, dir, &err) != DCF_OK)
		status = say_failed(&err);
	else
		status = dcf_output_standard(&out) == DCF_OK ? DCF_EXIT_OK : DCF_EXIT_FAILED;
	dcf_buf_free(&out);
	return status;
}

/* --- rotate --------------------------------------------------------------------------------------------------- */

static int rotate_token(const char *dir, const struct args *a)
{
	struct dcf_node_error err = { 0 };
	struct dcf_signing_key next;
	enum dcf_status s;

	if (a->reason) {
		dcf_complain("keys: --reason is for the record's key");
		return DCF_EXIT_BAD;
	}
	s = dcf_keys_prepare(dir, DCF_KEY_TOKEN, &next, &err);
	dcf_signing_key_wipe(&next);
	if (s != DCF_OK || dcf_keys_adopt(dir, DCF_KEY_TOKEN, a->compromised, &err) != DCF_OK)
		return say_failed(&err);
	puts("There is a new token key.  A node that runs takes it when it gets SIGHUP (systemctl reload deconflict).");
	puts(a->compromised ? "Tokens of the old key are refused from then on: mint new ones (deconflict token)."
			    : "Tokens of the old key count until they expire, or its file keys/token-*.pem is deleted.");
	return fflush(stdout) ? DCF_EXIT_FAILED : DCF_EXIT_OK;
}

static int rotate_record(const char *dir, const struct args *a)
{
	struct dcf_node_error err = { 0 };
	struct dcf_signing_key next;
	enum dcf_status s;

	if (a->compromised || !a->reason) {
		dcf_complain("keys: found %s, expected --reason TEXT for the record's key",
			     a->compromised ? "--compromised" : "no reason");
		return DCF_EXIT_BAD;
	}
	if (dcf_keys_put_reason(dir, dcf_span_of(a->reason), &err) != DCF_OK)
		return say_failed(&err);
	s = dcf_keys_prepare(dir, DCF_KEY_RECORD, &next, &err);
	dcf_signing_key_wipe(&next);
	if (s != DCF_OK)
		return say_failed(&err);
	puts("The record's next key is made.  The node hands over to it when it gets SIGHUP (systemctl reload deconflict) or "
	     "starts;\n"
	     "then give the new record.vkey to everybody who checks the record.");
	return fflush(stdout) ? DCF_EXIT_FAILED : DCF_EXIT_OK;
}

static int rotate_line(const char *dir, const struct args *a)
{
	struct dcf_node_error err = { 0 };
	struct dcf_signing_key next;
	char digits[DCF_LINE_DIGITS];
	enum dcf_status s;

	if (a->reason || a->compromised) {
		dcf_complain("keys: found %s, expected no option for the line's key", a->reason ? "--reason" : "--compromised");
		return DCF_EXIT_BAD;
	}
	if (!dcf_keys_has(dir, DCF_KEY_LINE)) {
		dcf_complain("%s: there is no line key: the first start with line.party makes it", dir);
		return DCF_EXIT_BAD;
	}
	s = dcf_keys_prepare(dir, DCF_KEY_LINE, &next, &err);
	if (s == DCF_OK)
		dcf_line_key_digits(&next.public_key, digits);
	dcf_signing_key_wipe(&next);
	if (s != DCF_OK || dcf_keys_adopt(dir, DCF_KEY_LINE, false, &err) != DCF_OK)
		return say_failed(&err);
	printf("There is a new line key.  Its fingerprint:\n    %s\n", digits);
	puts("End the node and start it; then nothing goes over the line to a peer until it has pinned the new fingerprint.");
	return fflush(stdout) ? DCF_EXIT_FAILED : DCF_EXIT_OK;
}

int dcf_cmd_keys(int argc, char **argv)
{
	struct args a = { 0 };
	int operands, status;

	if (!dcf_options_read(dcf_command_find("keys"), argc, argv, &a, &operands, &status))
		return status;
	if (dcf_crypto_init() != DCF_OK) {
		dcf_complain("the system gives no random numbers");
		return DCF_EXIT_FAILED;
	}
	if (operands == 2 && strcmp(argv[1], "show") == 0 && !a.reason && !a.compromised)
		return show(argv[2]);
	if (operands == 3 && strcmp(argv[1], "rotate") == 0 && strcmp(argv[3], "token") == 0)
		return rotate_token(argv[2], &a);
	if (operands == 3 && strcmp(argv[1], "rotate") == 0 && strcmp(argv[3], "record") == 0)
		return rotate_record(argv[2], &a);
	if (operands == 3 && strcmp(argv[1], "rotate") == 0 && strcmp(argv[3], "line") == 0)
		return rotate_line(argv[2], &a);
	dcf_complain(
		"keys: expected 'show DIR', 'rotate DIR token [--compromised]', 'rotate DIR record --reason TEXT' or 'rotate DIR line'");
	return DCF_EXIT_BAD;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* token.c - `deconflict token`: mint a token with a node's own key. */
#include "cli/cli.h"
#include "crypto/init.h"
#include "node/auth.h"
#include "node/exchange_scope.h"
#include "node/keys.h"
#include "node/token.h"

#include <stdlib.h>
#include <time.h>

enum { LIFE_S = 12 * 3600 };

struct args {
	const char *data, *party, *member, *sub, *audience, *scope, *role;
	int64_t ttl_us;
};

/* As durations elsewhere, and in days. */
static const char *take_life(const char *value, void *to)
{
	char *end;
	long days = strtol(value, &end, 10);

	if (end != value && strcmp(end, "d") == 0) {
		if (days < 1 || days > 366)
			return "1d to 366d";
		*(int64_t *)to = (int64_t)days * 86400 * 1000000;
		return NULL;
	}
	return dcf_take_duration(value, to);
}

/* clang-format off */
const struct dcf_cli_option dcf_cmd_token_options[] = {
	{ "--data", 0, "DIR", "the node's data folder", dcf_take_text, offsetof(struct args, data) },
	{ "--party", 0, "ID", "the party that the bearer belongs to; without it a cell or an administrator", dcf_take_text,
	  offsetof(struct args, party) },
	{ "--member", 0, "ID", "the member of that party that the bearer acts for", dcf_take_text, offsetof(struct args, member) },
	{ "--scope", 0, "LIST", "what it allows, with commas between: deconflict.read, .declare, .line, .cell, .admin; or of the exchange: "
	  "utm.*, rid.*, dss.*, interuss.*", dcf_take_text,
	  offsetof(struct args, scope) },
	{ "--sub", 0, "NAME", "who it is, as the record will say (default: the party)", dcf_take_text, offsetof(struct args, sub) },
	{ "--role", 0, "ID", "the duty role in which the bearer acts", dcf_take_text, offsetof(struct args, role) },
	{ "--audience", 0, "NAME", "the node's audience (default: its own)", dcf_take_text, offsetof(struct args, audience) },
	{ "--ttl", 0, "12h", "how long it holds: s, min, h or d (default 12h, at most a year; of the exchange 1h)", take_life, offsetof(struct args, ttl_us) },
	{ 0 },
};
/* clang-format on */

/* The scopes that a node knows; any other is a slip of the pen. */
static bool known(struct dcf_span scope)
{
	static const char *const names[] = { DCF_SCOPE_READ, DCF_SCOPE_DECLARE, DCF_SCOPE_CELL, DCF_SCOPE_ADMIN,
					     DCF_SCOPE_LINE };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (dcf_span_eq(scope, dcf_span_of(names[i])))
			return true;
	if (dcf_exchange_is_scope(scope))
		return true;
	dcf_complain(
		"token: --scope: found '%.*s', expected deconflict.read, .declare, .line, .cell or .admin, or one of the exchange's",
		(int)scope.len, scope.p);
	return false;
}

static size_t split(struct dcf_span list, struct dcf_span *out, size_t most)
{
	size_t n = 0;

	while (list.len && n < most) {
		const char *comma = memchr(list.p, ',', list.len);
		size_t len = comma ? (size_t)(comma - list.p) : list.len;

		out[n++] = (struct dcf_span){ list.p, len };
		len += comma ? 1 : 0;
		list = (struct dcf_span){ list.p + len, list.len - len };
	}
	return n;
}

static int mint(const struct args *a)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_span scopes[DCF_JWT_SCOPES], role = dcf_span_of(a->role);
	struct dcf_token_request r = { .sub = dcf_span_of(a->sub),
				       .party = dcf_span_of(a->party),
				       .member = dcf_span_of(a->member),
				       .audience = dcf_span_of(a->audience),
				       .scopes = scopes,
				       .scope_count = split(dcf_span_of(a->scope), scopes, DCF_JWT_SCOPES),
				       .roles = &role,
				       .role_count = a->role != NULL,
				       .random = dcf_random_system(),
				       .now_s = time(NULL),
				       .ttl_s = a->ttl_us / 1000000 };
	struct dcf_signing_key key;
	struct dcf_buf out = { .from = &heap };
	struct dcf_node_error err;
	enum dcf_status s;
	int status = DCF_EXIT_BAD;

	if (a->ttl_us < 0)
		r.ttl_s = dcf_token_is_of_exchange(&r) ? DCF_JWT_EXCHANGE_S : LIFE_S;
	for (size_t i = 0; i < r.scope_count; i++)
		if (!known(scopes[i]))
			return DCF_EXIT_BAD;
	s = dcf_keys_load(a->data, DCF_KEY_TOKEN, false, &key, NULL, &err);
	s = s == DCF_OK ? dcf_token_mint(&key, &r, &out, &err) : s;
	dcf_buf_char(&out, '\n');
	if (s != DCF_OK)
		dcf_complain("%s", err.text);
	else
		status = dcf_output_standard(&out) == DCF_OK ? DCF_EXIT_OK : DCF_EXIT_FAILED;
	dcf_signing_key_wipe(&key);
	dcf_buf_free(&out);
	return status;
}

int dcf_cmd_token(int argc, char **argv)
{
	struct args a = { .audience = DCF_AUTH_AUDIENCE, .ttl_us = -1 };
	int operands, status;

	if (!dcf_options_read(dcf_command_find("token"), argc, argv, &a, &operands, &status))
		return status;
	if (operands || !a.data || !a.scope) {
		dcf_complain("token: found %s, expected --data DIR --scope LIST",
			     operands ? "operands" : "no --data or --scope");
		return DCF_EXIT_BAD;
	}
	if (dcf_crypto_init() != DCF_OK) {
		dcf_complain("the system gives no random numbers");
		return DCF_EXIT_FAILED;
	}
	return mint(&a);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* config_table.c - every key of the configuration, once.  A new key is a member in config.h and a row here. */
#include "node/config_int.h"

#include <stddef.h>
#include "node/log.h"

#define AT(member) offsetof(struct dcf_config, member)
#define SECOND     INT64_C(1000000)
#define DAY        (86400 * SECOND)
#define KIB        INT64_C(1024)
#define MIB        (1024 * KIB)
#define GIB        (1024 * MIB)

static const char *const client_choice[] = { "none", "ask", "require", NULL };

/* clang-format off */
#define TEXT(s, n, member, preset, flag, value, help)                                                                          \
	{                                                                                                                      \
		s, n, DCF_CONFIG_TEXT, AT(member), 0, 0, NULL, preset, flag, value, help                                       \
	}
#define ADDRESS(s, n, member, preset, flag, value, help)                                                                       \
	{                                                                                                                      \
		s, n, DCF_CONFIG_ADDRESS, AT(member), 0, 0, NULL, preset, flag, value, help                                    \
	}
#define TEXTS(s, n, member, flag, value, help)                                                                                 \
	{                                                                                                                      \
		s, n, DCF_CONFIG_TEXTS, AT(member), 0, 0, NULL, "", flag, value, help                                          \
	}
#define URLS(s, n, member, flag, value, help)                                                                                  \
	{                                                                                                                      \
		s, n, DCF_CONFIG_URLS, AT(member), 0, 0, NULL, "", flag, value, help                                           \
	}
#define SWITCH(s, n, member, flag, help)                                                                                       \
	{                                                                                                                      \
		s, n, DCF_CONFIG_SWITCH, AT(member), 0, 0, NULL, "no", flag, NULL, help                                        \
	}
#define COUNT(s, n, member, least, most, preset, help)                                                                         \
	{                                                                                                                      \
		s, n, DCF_CONFIG_COUNT, AT(member), least, most, NULL, preset, NULL, "N", help                                 \
	}
#define SIZE(s, n, member, least, most, preset, help)                                                                          \
	{                                                                                                                      \
		s, n, DCF_CONFIG_SIZE, AT(member), least, most, NULL, preset, NULL, "SIZE", help                               \
	}
#define TIME(s, n, member, least, most, preset, help)                                                                          \
	{                                                                                                                      \
		s, n, DCF_CONFIG_TIME, AT(member), least, most, NULL, preset, NULL, "TIME", help                               \
	}
#define CHOICE(s, n, member, choice, preset, flag, value, help)                                                                \
	{                                                                                                                      \
		s, n, DCF_CONFIG_CHOICE, AT(member), 0, 0, choice, preset, flag, value, help                                   \
	}

const struct dcf_config_row dcf_config_rows[] = {
	TEXT("server", "data", server.data, "", "data", "DIR",
	     "The data folder: record, keys.  Made at the first start.  Needed."),
	ADDRESS("server", "listen", server.listen, "127.0.0.1:8080", "listen", "ADDR:PORT",
		"Where to listen; an IPv6 address in brackets.  Port 0 takes a free one and the log says which."),
	SWITCH("server", "allow_plain", server.allow_plain, "allow-plain",
	       "Serve HTTP without TLS beyond loopback too: only behind a proxy that ends TLS."),
	COUNT("server", "threads", server.threads, 0, 256, "0", "Threads that answer requests; 0 for one a processor."),
	SWITCH("server", "exercise", server.exercise, "exercise",
	       "This is an exercise: every object, screen and log line says so."),
	TIME("server", "drain", server.drain_us, 0, 600 * SECOND, "20s",
	     "How long requests under way may take when the server is told to end."),

	TEXT("tls", "certificate", tls.certificate, "", NULL, "FILE",
	     "PEM file with the server's certificate and those above it.  With it, TLS 1.3."),
	TEXT("tls", "key", tls.key, "", NULL, "FILE", "PEM file with the private key of it."),
	CHOICE("tls", "client", tls.client, client_choice, "none", NULL, "none|ask|require",
	       "Client certificates: not asked for, asked for, or required."),
	TEXT("tls", "client_ca", tls.client_ca, "", NULL, "FILE",
	     "PEM file with the authorities that client certificates must come from, and all between them."),
	TEXTS("tls", "pin", tls.pin, NULL, "sha256//BASE64",
	      "Public keys of the client certificates that may connect, as curl's --pinnedpubkey has them.  None: any that is "
	      "valid."),

	TEXTS("auth", "jwt_key", auth.jwt_key, "jwt-key", "FILE",
	      "PEM file with public keys (or certificates) whose tokens are taken."),
	URLS("auth", "jwt_jwks", auth.jwt_jwks, "jwt-jwks", "URL",
	     "JSON Web Key Set whose keys' tokens are taken: https:, or http: on loopback."),
	TEXTS("auth", "jwt_audience", auth.jwt_audience, "jwt-audience", "NAME",
	      "Audiences that tokens of those keys must name one of."),
	TEXTS("auth", "jwt_issuer", auth.jwt_issuer, "jwt-issuer", "NAME",
	      "Issuers that tokens of those keys must name one of.  None: any."),
	SWITCH("auth", "jwks_allow_http", auth.jwks_allow_http, NULL,
	       "Fetch key sets by http: from other machines too.  Not safe."),
	TEXT("auth", "jwks_ca", auth.jwks_ca, "", NULL, "FILE",
	     "PEM file with the authorities for key sets; empty: the system's."),
	TIME("auth", "jwks_least", auth.jwks_least_us, SECOND, DAY, "30s", "Shortest time between two looks at a key set."),
	TIME("auth", "jwks_most", auth.jwks_most_us, SECOND, 7 * DAY, "15min", "Longest time between two looks at a key set."),
	TIME("auth", "jwks_keep", auth.jwks_keep_us, SECOND, 30 * DAY, "1d",
	     "How long keys stay in use while their key set cannot be fetched."),
	TIME("auth", "jwks_timeout", auth.jwks_timeout_us, SECOND / 10, 120 * SECOND, "10s",
	     "How long one look at a key set may take."),

	SIZE("limit", "body", limit.body, KIB, GIB, "8MiB", "Longest body of a request."),
	SIZE("limit", "headers", limit.headers, KIB, MIB, "16KiB", "Longest header of a request."),
	COUNT("limit", "connections", limit.connections, 1, 100000, "1000", "Connections at once."),
	COUNT("limit", "connections_per_address", limit.connections_per_address, 1, 100000, "256",
	      "Connections at once from one address."),
	TIME("limit", "request", limit.request_us, SECOND, 600 * SECOND, "15s",
	     "How long a client may take to send a request."),
	TIME("limit", "handler", limit.handler_us, SECOND, 600 * SECOND, "10s",
	     "How long the exchange may take to begin a reply; 503 beyond."),
	TIME("limit", "idle", limit.idle_us, SECOND, 3600 * SECOND, "30s",
	     "How long a connection may stand without a request."),
	COUNT("limit", "rate", limit.rate, 0, 1000000, "0", "Requests a second that one client address may make; 0: no limit."),
	COUNT("limit", "burst", limit.burst, 1, 1000000, "200",
	      "Requests that one client address may make at once above that rate."),
	COUNT("limit", "streams", limit.streams, 0, 100000, "500", "Event streams at once."),
	COUNT("limit", "streams_per_client", limit.streams_per_client, 0, 100000, "50", "Event streams at once of one client."),
	COUNT("limit", "questions", limit.questions, 0, 1000000000, "3600",
	      "Operations that one party may ask about (what if) in an hour; 0: no limit."),

	TEXT("record", "origin", record.origin, "", NULL, "NAME",
	     "The record's name in its signed heads; made at the first start when empty."),
	COUNT("record", "batch", record.batch, 1, 65536, "1024", "Most commands that share one durable write."),
	COUNT("record", "snapshot_every", record.snapshot_every, 100, 100000000, "100000",
	      "Entries between two snapshots of the state."),
	TIME("record", "retention", record.retention_us, 0, 36500 * DAY, "7d",
	     "How long an operation can be asked for after its end (a day at least where a request had a key); then it leaves the "
	     "state.  0s: for ever."),
	SWITCH("record", "erase", record.erase, NULL,
	       "Delete from the record what an operation said when it leaves the state.  Commitments stay; nobody can bring it "
	       "back."),
	TIME("record", "clock_jump", record.clock_jump_us, 0, DAY, "10s",
	     "When the wall clock jumps ahead by more than this, nothing is ended or purged by it until the jump is confirmed.  0s: it is "
	     "believed at once."),
	TIME("record", "clock_grace", record.clock_grace_us, 0, 30 * DAY, "15min",
	     "A jump is confirmed when the clock has stood so for this long, or by SIGHUP (systemctl reload)."),

	TEXT("line", "party", line.party, "", NULL, "ID",
	     "The party that this node speaks for on the line to other nodes.  Empty: it has no line."),
	ADDRESS("line", "listen", line.listen, "", NULL, "ADDR:PORT",
		"Where other nodes reach it, by TLS 1.3 alone and with pinned keys on both sides.  Empty: it calls them, or messages go by "
		"file."),
	TIME("line", "heartbeat", line.heartbeat_us, SECOND / 10, 300 * SECOND, "5s",
	     "Between two checks of a peer to whom nothing is to be sent.  Agree on it with the other side."),
	COUNT("line", "miss", line.miss, 1, 100, "3", "Checks without an echo until the line counts as down."),
	COUNT("line", "max_rate", line.max_rate, 10, 1000000, "5000",
	      "Messages a second that one peer may send; beyond it is told to wait."),
	SIZE("line", "max_bytes", line.max_bytes, 64 * KIB, GIB, "16MiB", "Bytes a second that one peer may send, likewise."),
	TIME("line", "tick", line.tick_us, SECOND / 10, 3600 * SECOND, "1s",
	     "Replies about what of ours a notice meets leave at whole multiples of this time, whatever was found."),
	COUNT("line", "disclose_per_h", line.disclose_per_h, 0, 1000000, "60",
	      "Such replies with a content that one peer gets in an hour; beyond them they say nothing."),

	TEXT("exchange", "pool", exchange.pool, "", NULL, "NAME",
	     "The name of the pool of exchanges that this node is.  Empty: the record's origin."),
	TEXT("exchange", "locality", exchange.locality, "", NULL, "NAME", "Where this instance stands, as it tells the pool."),
	TEXT("exchange", "public_endpoint", exchange.public_endpoint, "", NULL, "URL",
	     "The base URL under which others reach this instance, as it tells the pool.  Empty: it tells none."),
	TIME("exchange", "retention", exchange.retention_us, SECOND, 365 * DAY, "1h",
	     "How long operational intents, constraints and subscriptions stand behind their end; so long they are found, and asked for in "
	     "keys."),
	TIME("exchange", "rid_retention", exchange.rid_retention_us, SECOND, 365 * DAY, "30min",
	     "The same for identification service areas and their subscriptions."),
	SWITCH("exchange", "strict", exchange.strict, "strict", "Replies of the exchange have no members beside the standards'."),
	TEXT("exchange", "ca_certs", exchange.ca_certs, "", NULL, "FILE",
	     "PEM file with the certificates of authorities that this instance tells others it uses."),
	TEXT("exchange", "accepted_ca_certs", exchange.accepted_ca_certs, "", NULL, "FILE",
	     "PEM file with those that it tells others it accepts."),

	SWITCH("uss", "allow_http_uss", uss.allow_http_uss, "allow-http-uss",
	       "Take base URLs of other providers that begin with http: too."),
	SWITCH("uss", "time_based_notification_index", uss.time_based_notification_index, "time-based-notification-index",
	       "Notification indices of F3548 are milliseconds since midnight UTC, not counted for each subscription."),
	TEXT("uss", "party", uss.party, "", NULL, "ID",
	     "The party that this node is a provider (USS) for: operations of it that are released to the exchange stand there.  Empty: none."),
	TEXT("uss", "manager", uss.manager, "", NULL, "NAME", "Its name in the exchange.  Empty: the party's id."),
	TEXT("uss", "url", uss.url, "", NULL, "URL", "Under which base URL others ask this node for details of its operations."),
	TEXTS("uss", "destination", uss.destination, NULL, "URL",
	      "Base URLs of other providers that this node may call: scheme, host, port and the beginning of the path.  None: it calls "
	      "nobody."),
	TEXT("uss", "token_url", uss.token_url, "", NULL, "URL", "Where tokens for such calls are asked for (OAuth 2.0 client credentials)."),
	TEXT("uss", "token_client", uss.token_client, "", NULL, "NAME", "The client's name there."),
	TEXT("uss", "token_secret", uss.token_secret, "", NULL, "FILE", "File with the client's secret."),
	TEXT("uss", "token_key", uss.token_key, "", NULL, "FILE",
	     "PEM file with an RSA private key: tokens are signed by this node itself instead."),
	TEXT("uss", "ca", uss.ca, "", NULL, "FILE", "PEM file with the authorities for such calls; empty: the system's."),
	TIME("uss", "timeout", uss.timeout_us, SECOND / 10, 120 * SECOND, "10s", "How long one call may take."),
	COUNT("uss", "attempts", uss.attempts, 1, 100, "8", "How often a notification is tried, at growing distances, before it is given up."),

	CHOICE("log", "format", log.format, dcf_log_form_names, "text", "log-format", "text|json",
	       "Form of the log on standard error."),
	CHOICE("log", "level", log.level, dcf_log_level_names, "info", "log-level", "debug|info|warn|error",
	       "Least that is logged."),
};
/* clang-format on */
const size_t dcf_config_row_count = sizeof dcf_config_rows / sizeof *dcf_config_rows;
_Static_assert(sizeof dcf_config_rows / sizeof *dcf_config_rows <= DCF_CONFIG_ROWS,
	       "struct dcf_config has a place for each key");

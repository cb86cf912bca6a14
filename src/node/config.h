/* SPDX-License-Identifier: Apache-2.0 */
/* config.h - how the node is set up: one INI file, the environment and the command line, read by one table.
 *
 * Each key has one row in config_table.c: section, name, type, bounds, default, flag, help.  The row gives
 *     the file          [server]
 *                       listen = 127.0.0.1:8080
 *     the environment   DECONFLICT_SERVER_LISTEN=127.0.0.1:8080
 *     the command line  --server-listen 127.0.0.1:8080, and the short flag where the row names one: --listen 127.0.0.1:8080
 * and the text of the manual, so they cannot disagree.  What is later in this list wins: default, file, environment, command
 * line. A list that is given in a later place replaces the one of an earlier; within one place each line (or flag) adds to it,
 * and in the environment items are parted by blanks.
 *
 * Bad input is refused with its place ("/etc/deconflict.ini:12: ..."), never guessed: unknown sections and keys, a key twice, a
 * value out of bounds, lines over DCF_CONFIG_LINE bytes, what is not UTF-8.  After dcf_config_load the struct is read only; any
 * thread. */
#ifndef DCF_NODE_CONFIG_H
#define DCF_NODE_CONFIG_H

#include "base/buf.h"
#include "node/error.h"

#include <stdbool.h>

enum {
	DCF_CONFIG_LINE = 190,       /* bytes of a line of the file (libinih is built for 200) */
	DCF_CONFIG_FILE = 64 * 1024, /* bytes of the file */
	DCF_CONFIG_VALUE = 4096,     /* bytes of one value from the environment or the command line */
	DCF_CONFIG_LIST = 16,        /* items of one list */
	DCF_CONFIG_ROWS = 128        /* keys */
};

struct dcf_config_list {
	size_t count;
	const char *item[DCF_CONFIG_LIST];
};

enum dcf_client_certificates { DCF_CLIENT_NONE, DCF_CLIENT_ASK, DCF_CLIENT_REQUIRE };

/* Texts are NUL-terminated and live as long as the configuration; "" is none.  Sizes in bytes, times in microseconds. */
struct dcf_config {
	struct {
		const char *data;   /* DIR */
		const char *listen; /* ADDR:PORT, [v6]:PORT */
		bool allow_plain;   /* plain HTTP beyond loopback */
		uint64_t threads;   /* workers; 0: as many as processors */
		bool exercise;
		int64_t drain_us; /* at the end: how long requests under way may take */
	} server;
	struct {
		const char *certificate, *key; /* PEM files; none: plain HTTP */
		const char *client_ca;
		unsigned client;            /* enum dcf_client_certificates */
		struct dcf_config_list pin; /* "sha256//BASE64" of a client certificate's public key */
	} tls;
	struct {
		struct dcf_config_list jwt_key, jwt_jwks, jwt_audience, jwt_issuer;
		bool jwks_allow_http;
		const char *jwks_ca;
		int64_t jwks_least_us, jwks_most_us, jwks_keep_us, jwks_timeout_us;
	} auth;
	struct {
		uint64_t body, headers; /* bytes of a request */
		uint64_t connections, connections_per_address;
		int64_t request_us;   /* to send a whole request */
		int64_t handler_us;   /* of the exchange: until a reply begins */
		int64_t idle_us;      /* between requests of a connection */
		uint64_t rate, burst; /* requests a second of one client, and at once; rate 0: no limit */
		uint64_t streams;     /* event streams at once */
		uint64_t streams_per_client;
		uint64_t questions; /* operations that one party may ask about in an hour; 0: no limit */
	} limit;
	struct {
		const char *origin;      /* of the record's checkpoints; "": made at first start */
		uint64_t batch;          /* commands in one durable write */
		uint64_t snapshot_every; /* entries between snapshots */
		int64_t retention_us;    /* of operations behind their end; 0: for ever */
		bool erase;              /* delete their contents then */
		int64_t clock_jump_us;   /* a wall clock further ahead than this is not believed at once; 0: it is */
		int64_t clock_grace_us;  /* but after so long */
	} record;
	struct {
		const char *party;       /* whose side of the line this node speaks for; "": it has no line */
		const char *listen;      /* where peers reach it; "": it calls them, or uses files */
		int64_t heartbeat_us;    /* between two checks of a peer that has nothing to send */
		uint64_t miss;           /* checks without an echo until the line is down */
		uint64_t max_rate;       /* messages and exchanges a second that one peer may send */
		uint64_t max_bytes;      /* bytes a second */
		int64_t tick_us;         /* disclosure replies leave at its multiples */
		uint64_t disclose_per_h; /* with a content, to one peer */
	} line;
	struct {
		const char *pool;            /* the name of the pool; "": the record's origin */
		const char *locality;        /* where this instance stands, as it tells the pool */
		const char *public_endpoint; /* the base URL under which others reach it; "": not told */
		int64_t retention_us;        /* of operational intents, constraints and their subscriptions behind their end */
		int64_t rid_retention_us;    /* of identification service areas and theirs */
		bool strict;                 /* no members beside the standards' */
		const char *ca_certs, *accepted_ca_certs; /* PEM files told of; "": none */
	} exchange;
	struct {
		bool allow_http_uss;
		bool time_based_notification_index;
		const char *party;                  /* whose operations are offered to the exchange; "": nobody's */
		const char *manager;                /* its name there; "": the party's id */
		const char *url;                    /* where others ask for details: the base URL of this node */
		struct dcf_config_list destination; /* what may be called: beginnings of URLs */
		const char *token_url, *token_client, *token_secret; /* OAuth 2.0 client credentials; the secret is a file */
		const char *token_key;                               /* a file: sign tokens by oneself */
		const char *ca;
		int64_t timeout_us;
		uint64_t attempts;
	} uss;
	struct {
		unsigned format, level; /* enum dcf_log_form, enum dcf_log_level */
	} log;
	const char *file; /* the INI file that was read, "" when none was */

	struct dcf_alloc from; /* the rest is config.c's own */
	struct dcf_arena texts;
	uint8_t place[DCF_CONFIG_ROWS]; /* where each key was set: enum dcf_config_place */
};

enum dcf_config_place { DCF_CONFIG_DEFAULT, DCF_CONFIG_IN_FILE, DCF_CONFIG_IN_ENVIRONMENT, DCF_CONFIG_ON_COMMAND_LINE };

/* All defaults.  `a` is copied. */
void dcf_config_init(struct dcf_config *c, const struct dcf_alloc *a);
void dcf_config_free(struct dcf_config *c);

/* Everything in its order: command line (for --config FILE, also DECONFLICT_CONFIG), file, environment, command line; then
 * dcf_config_check.  argv[0] is skipped.  "--name=value" and "--name value"; a switch may stand alone or be "--name=no".
 * `*help` (may be NULL) is set, and nothing else is read, when --help or -h is among the arguments.
 * `envp` may be NULL.  DCF_E_USAGE, DCF_E_SYNTAX, DCF_E_IO, DCF_E_LIMIT, DCF_E_NOMEM. */
DCF_CHECKED enum dcf_status dcf_config_load(struct dcf_config *c, int argc, char **argv, char **envp, bool *help,
					    struct dcf_node_error *err);

/* The parts of it. */
DCF_CHECKED enum dcf_status dcf_config_text(struct dcf_config *c, struct dcf_span text, const char *name,
					    struct dcf_node_error *err);
DCF_CHECKED enum dcf_status dcf_config_file(struct dcf_config *c, const char *path, struct dcf_node_error *err);
DCF_CHECKED enum dcf_status dcf_config_environment(struct dcf_config *c, char **envp, struct dcf_node_error *err);
DCF_CHECKED enum dcf_status dcf_config_arguments(struct dcf_config *c, int argc, char **argv, struct dcf_node_error *err);
/* What no single key shows: no data folder, a key without a certificate, required client certificates without TLS, plain HTTP
 * beyond loopback, keys of strangers without an audience, bounds the wrong way round. */
DCF_CHECKED enum dcf_status dcf_config_check(const struct dcf_config *c, struct dcf_node_error *err);

/* Does ADDR:PORT (as listen) stand for this machine alone?  127.0.0.0/8, [::1], localhost. */
bool dcf_config_is_loopback(const char *listen);

/* The manual, from the table: for --help, an INI file with every key and its default, and mdoc lines for the manual page. */
void dcf_config_put_help(struct dcf_buf *out);
void dcf_config_put_example(struct dcf_buf *out);
void dcf_config_put_mdoc(struct dcf_buf *out);
/* The configuration in force as an INI file, each key with the place it comes from.  Holds no secrets: keys are file names. */
void dcf_config_put(const struct dcf_config *c, struct dcf_buf *out);

#endif

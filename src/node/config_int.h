/* SPDX-License-Identifier: Apache-2.0 */
/* config_int.h - inside of the configuration: the table, and how values are read and shown.  Callers see config.h. */
#ifndef DCF_NODE_CONFIG_INT_H
#define DCF_NODE_CONFIG_INT_H

#include "node/config.h"

enum dcf_config_kind {
	DCF_CONFIG_TEXT,    /* const char * */
	DCF_CONFIG_ADDRESS, /* const char *, ADDR:PORT */
	DCF_CONFIG_TEXTS,   /* struct dcf_config_list */
	DCF_CONFIG_URLS,    /* struct dcf_config_list of http: and https: */
	DCF_CONFIG_SWITCH,  /* bool */
	DCF_CONFIG_COUNT,   /* uint64_t, least..most */
	DCF_CONFIG_SIZE,    /* uint64_t, bytes, least..most */
	DCF_CONFIG_TIME,    /* int64_t, microseconds, least..most */
	DCF_CONFIG_CHOICE   /* unsigned, index into `choice` */
};

struct dcf_config_row {
	const char *section, *name;
	enum dcf_config_kind kind;
	size_t offset;             /* of the member in struct dcf_config */
	int64_t least, most;       /* of counts, sizes, times */
	const char *const *choice; /* NULL-terminated */
	const char *preset;        /* the default as it would be written; "" for none */
	const char *flag;          /* the short flag without "--", NULL for none */
	const char *value;         /* as help shows it: "DIR" */
	const char *help;          /* one or two sentences */
};

extern const struct dcf_config_row dcf_config_rows[];
extern const size_t dcf_config_row_count;

/* Set the row's member from `text` as given in `place`.  A sentence of what was expected when it is no such value (static),
 * NULL when all is well; *s is DCF_E_NOMEM, DCF_E_LIMIT, DCF_E_RANGE (outside least..most) or DCF_E_SYNTAX then. */
const char *dcf_config_set(struct dcf_config *c, size_t row, struct dcf_span text, enum dcf_config_place place,
			   enum dcf_status *s);

/* The member as it would be written; a list one item a call (`item`), false behind the last. */
bool dcf_config_show(const struct dcf_config *c, size_t row, size_t item, struct dcf_buf *out);

/* "DECONFLICT_SERVER_LISTEN", "server-listen": NUL-terminated in `out`. */
void dcf_config_variable(const struct dcf_config_row *row, char out[64]);
void dcf_config_long_flag(const struct dcf_config_row *row, char out[64]);

static inline bool dcf_config_is_list(const struct dcf_config_row *row)
{
	return row->kind == DCF_CONFIG_TEXTS || row->kind == DCF_CONFIG_URLS;
}

/* "1MiB", "30s": one word, a whole number and a unit.  False when it is none or beyond 64 bits. */
bool dcf_config_take_size(struct dcf_span text, int64_t *bytes);
bool dcf_config_take_time(struct dcf_span text, int64_t *us);
void dcf_config_put_size(struct dcf_buf *out, int64_t bytes);
void dcf_config_put_time(struct dcf_buf *out, int64_t us);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* config.c - the three places that settings come from, each walked once by the table. */
#include "node/config.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include "node/config_int.h"
#include "node/read_file.h"

void dcf_config_init(struct dcf_config *c, const struct dcf_alloc *a)
{
	*c = (struct dcf_config){ .from = *a, .file = "" };
	c->texts.from = &c->from;
	for (size_t i = 0; i < dcf_config_row_count; i++) {
		const struct dcf_config_row *row = &dcf_config_rows[i];
		void *to = (char *)c + row->offset;
		enum dcf_status s;

		/* Defaults are literals: no memory is needed, and a test sets each through dcf_config_set too. */
		if (row->kind == DCF_CONFIG_TEXT || row->kind == DCF_CONFIG_ADDRESS)
			*(const char **)to = row->preset;
		else if (!dcf_config_is_list(row))
			(void)dcf_config_set(c, i, dcf_span_of(row->preset), DCF_CONFIG_DEFAULT, &s);
	}
}

void dcf_config_free(struct dcf_config *c)
{
	dcf_arena_free(&c->texts);
}

static enum dcf_status out_of_bounds(const struct dcf_alloc *a, const struct dcf_config_row *row, const char *where,
				     const char *name, struct dcf_node_error *err)
{
	struct dcf_buf text = { .from = a };
	void (*put)(struct dcf_buf *, int64_t) = row->kind == DCF_CONFIG_SIZE   ? dcf_config_put_size
						 : row->kind == DCF_CONFIG_TIME ? dcf_config_put_time
										: dcf_buf_i64;

	put(&text, row->least);
	dcf_buf_z(&text, " to ");
	put(&text, row->most);
	(void)dcf_node_fail(err, DCF_E_RANGE, "%s%s: expected %.*s", where, name, (int)text.len, text.p ? text.p : "");
	dcf_buf_free(&text);
	return DCF_E_RANGE;
}

/* Set a key in one place; `where` and `name` are for the message: "FILE:12: " and "listen", or "" and "--listen".  The value is
 * not shown: someone may have put a secret into the wrong key. */
static enum dcf_status set(struct dcf_config *c, size_t row, struct dcf_span value, enum dcf_config_place place,
			   const char *where, const char *name, struct dcf_node_error *err)
{
	const struct dcf_config_row *r = &dcf_config_rows[row];
	enum dcf_status s;
	const char *expected;

	if (c->place[row] == place && !dcf_config_is_list(r) && place != DCF_CONFIG_IN_ENVIRONMENT)
		return dcf_node_fail(err, DCF_E_SYNTAX, "%s%s: given twice", where, name);
	expected = dcf_config_set(c, row, value, place, &s);
	if (!expected)
		return DCF_OK;
	if (s == DCF_E_RANGE)
		return out_of_bounds(&c->from, r, where, name, err);
	return dcf_node_fail(err, s, r->kind == DCF_CONFIG_CHOICE ? "%s%s: expected one of %s" : "%s%s: %s", where, name,
			     expected);
}

/* --- the file --------------------------------------------------------------------------------------------- */

struct reading {
	struct dcf_config *c;
	const char *name;
	struct dcf_span rest;
	unsigned line;
	enum dcf_status status;
	struct dcf_node_error *err;
	char where[DCF_NODE_ERROR_TEXT];
};

static char *place_of(struct reading *r)
{
	(void)snprintf(r->where, sizeof r->where, "%.300s:%u: ", r->name, r->line);
	return r->where;
}

/* libinih's fgets: a line without white space before it, so that none is taken for the continuation of the one above.  Lines
 * that do not fit are refused here: libinih would go on in the middle of them. */
static char *next_line(char *to, int size, void *ctx)
{
	struct reading *r = ctx;
	const char *end;
	struct dcf_span line;

	if (r->status != DCF_OK || r->rest.len == 0)
		return NULL;
	r->line++;
	end = memchr(r->rest.p, '\n', r->rest.len);
	line = (struct dcf_span){ r->rest.p, end ? (size_t)(end - r->rest.p) : r->rest.len };
	r->rest.p += line.len + (end != NULL);
	r->rest.len -= line.len + (end != NULL);
	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	if (line.len > DCF_CONFIG_LINE || line.len + 2 > (size_t)size) {
		r->status = dcf_node_fail(r->err, DCF_E_LIMIT, "%sa line of %zu bytes; expected at most %d", place_of(r),
					  line.len, DCF_CONFIG_LINE);
		return NULL;
	}
	while (line.len && (line.p[0] == ' ' || line.p[0] == '\t'))
		line.p++, line.len--;
	if (memchr(line.p, '\0', line.len)) {
		r->status = dcf_node_fail(r->err, DCF_E_SYNTAX, "%sa NUL character", place_of(r));
		return NULL;
	}
	memcpy(to, line.p, line.len);
	memcpy(to + line.len, "\n", 2);
	return to;
}

static void keys_of(const char *section, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < dcf_config_row_count; i++) {
		const struct dcf_config_row *row = &dcf_config_rows[i];
		const char *word = section ? row->name : row->section;

		if (section ? strcmp(row->section, section) != 0
			    : i > 0 && strcmp(row->section, dcf_config_rows[i - 1].section) == 0)
			continue;
		if (n + strlen(word) + 3 < size)
			n += (size_t)snprintf(out + n, size - n, "%s%s", n ? ", " : "", word);
	}
}

static int take_pair(void *ctx, const char *section, const char *name, const char *value)
{
	struct reading *r = ctx;
	bool known = false;
	char list[300];

	if (r->status != DCF_OK)
		return 0;
	for (size_t i = 0; i < dcf_config_row_count; i++) {
		const struct dcf_config_row *row = &dcf_config_rows[i];

		if (strcmp(row->section, section) != 0)
			continue;
		known = true;
		if (strcmp(row->name, name) != 0)
			continue;
		r->status = set(r->c, i, dcf_span_of(value), DCF_CONFIG_IN_FILE, place_of(r), name, r->err);
		return r->status == DCF_OK;
	}
	keys_of(known ? section : NULL, list, sizeof list);
	if (known)
		r->status = dcf_node_fail(r->err, DCF_E_SYNTAX, "%sno key '%s' in [%s]; expected one of %s", place_of(r), name,
					  section, list);
	else
		r->status = dcf_node_fail(r->err, DCF_E_SYNTAX, "%s'%s' in [%s], which is no section; expected one of %s",
					  place_of(r), name, section, list);
	return 0;
}

enum dcf_status dcf_config_text(struct dcf_config *c, struct dcf_span text, const char *name, struct dcf_node_error *err)
{
	struct reading r = { .c = c, .name = name, .rest = text, .status = DCF_OK, .err = err };
	int bad;

	if (text.len > DCF_CONFIG_FILE)
		return dcf_node_fail(err, DCF_E_LIMIT, "%s: more than %d bytes", name, DCF_CONFIG_FILE);
	bad = ini_parse_stream(next_line, &r, take_pair, &r);
	/* libinih goes on behind a line that it cannot read: the first mistake is the one to tell. */
	if (bad > 0 && (r.status == DCF_OK || (unsigned)bad < r.line)) {
		r.line = (unsigned)bad;
		r.status = dcf_node_fail(err, DCF_E_SYNTAX, "%sexpected [section], name = value or a comment", place_of(&r));
	} else if (r.status == DCF_OK && bad < 0) {
		r.status = dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", name);
	}
	return r.status;
}

enum dcf_status dcf_config_file(struct dcf_config *c, const char *path, struct dcf_node_error *err)
{
	struct dcf_buf text = { .from = &c->from };
	enum dcf_status s = dcf_node_read_file(path, DCF_CONFIG_FILE, &text, err);
	struct dcf_span copy;

	if (s == DCF_OK)
		s = dcf_config_text(c, dcf_buf_as_span(&text), path, err);
	dcf_buf_free(&text);
	if (s != DCF_OK)
		return s;
	copy = dcf_arena_copy(&c->texts, dcf_span_of(path));
	if (!copy.p)
		return dcf_node_fail(err, DCF_E_NOMEM, "%s: no memory", path);
	c->file = copy.p;
	return DCF_OK;
}

/* --- the environment -------------------------------------------------------------------------------------- */

static bool is_ours(const char *entry, char section[64])
{
	static const char head[] = "DECONFLICT_";
	size_t n;

	if (strncmp(entry, head, sizeof head - 1) != 0)
		return false;
	entry += sizeof head - 1;
	for (size_t i = 0; i < dcf_config_row_count; i++) {
		n = strlen(dcf_config_rows[i].section);
		for (size_t k = 0; k < n; k++)
			section[k] = (char)(dcf_config_rows[i].section[k] - 'a' + 'A');
		section[n] = '\0';
		if (strncmp(entry, section, n) == 0 && entry[n] == '_')
			return true;
	}
	return false;
}

/* A list's items have blanks between them. */
static enum dcf_status set_variable(struct dcf_config *c, size_t row, const char *name, const char *value,
				    struct dcf_node_error *err)
{
	enum dcf_status s = DCF_OK;

	if (!dcf_config_is_list(&dcf_config_rows[row]))
		return set(c, row, dcf_span_of(value), DCF_CONFIG_IN_ENVIRONMENT, "", name, err);
	while (s == DCF_OK && *(value += strspn(value, " \t"))) {
		size_t n = strcspn(value, " \t");

		s = set(c, row, (struct dcf_span){ value, n }, DCF_CONFIG_IN_ENVIRONMENT, "", name, err);
		value += n;
	}
	return s;
}

static enum dcf_status take_variable(struct dcf_config *c, const char *entry, struct dcf_node_error *err)
{
	const char *equals = strchr(entry, '=');
	char section[64], name[64];

	if (!equals || !is_ours(entry, section))
		return DCF_OK;
	for (size_t i = 0; i < dcf_config_row_count; i++) {
		dcf_config_variable(&dcf_config_rows[i], name);
		if (strlen(name) == (size_t)(equals - entry) && memcmp(name, entry, strlen(name)) == 0)
			return set_variable(c, i, name, equals + 1, err);
	}
	return dcf_node_fail(err, DCF_E_USAGE, "%.*s: no such setting", (int)(equals - entry < 100 ? equals - entry : 100),
			     entry);
}

enum dcf_status dcf_config_environment(struct dcf_config *c, char **envp, struct dcf_node_error *err)
{
	enum dcf_status s = DCF_OK;

	for (; envp && *envp && s == DCF_OK; envp++)
		s = take_variable(c, *envp, err);
	return s;
}

/* --- the command line ------------------------------------------------------------------------------------- */

/* The row of a flag's name (without "--"); the count of rows when there is none. */
static size_t row_of_flag(const char *name, size_t n)
{
	char word[64];
	size_t i;

	for (i = 0; i < dcf_config_row_count; i++) {
		const char *flag = dcf_config_rows[i].flag;

		if (flag && strlen(flag) == n && memcmp(flag, name, n) == 0)
			break;
		dcf_config_long_flag(&dcf_config_rows[i], word);
		if (strlen(word) == n && memcmp(word, name, n) == 0)
			break;
	}
	return i;
}

static bool is_flag(const char *argument, const char *name)
{
	size_t n = strlen(name);

	return strncmp(argument, name, n) == 0 && (argument[n] == '\0' || argument[n] == '=');
}

/* Take the flag at argv[*at]; moves on behind its value. */
static enum dcf_status take_flag(struct dcf_config *c, int argc, char **argv, int *at, struct dcf_node_error *err)
{
	const char *flag = argv[*at], *equals = strchr(flag, '='), *value = equals ? equals + 1 : NULL;
	size_t n = equals ? (size_t)(equals - flag) : strlen(flag), row;
	char name[80];

	if (strncmp(flag, "--", 2) != 0 || n < 3)
		return dcf_node_fail(err, DCF_E_USAGE, "found '%.200s', expected an option (--help lists them)", flag);
	row = is_flag(flag, "--config") ? dcf_config_row_count : row_of_flag(flag + 2, n - 2);
	(void)snprintf(name, sizeof name, "%.*s", (int)n, flag);
	if (row == dcf_config_row_count && !is_flag(flag, "--config"))
		return dcf_node_fail(err, DCF_E_USAGE, "no option '%s' (--help lists them)", name);
	if (!value && row < dcf_config_row_count && dcf_config_rows[row].kind == DCF_CONFIG_SWITCH)
		value = "yes";
	if (!value && ++*at < argc)
		value = argv[*at];
	if (!value || (!equals && strncmp(value, "--", 2) == 0))
		return dcf_node_fail(err, DCF_E_USAGE, "%s: expected a value behind it", name);
	/* --config was read before all others. */
	return row == dcf_config_row_count ? DCF_OK
					   : set(c, row, dcf_span_of(value), DCF_CONFIG_ON_COMMAND_LINE, "", name, err);
}

enum dcf_status dcf_config_arguments(struct dcf_config *c, int argc, char **argv, struct dcf_node_error *err)
{
	enum dcf_status s = DCF_OK;

	for (int i = 1; i < argc && s == DCF_OK; i++)
		s = take_flag(c, argc, argv, &i, err);
	return s;
}

/* --- all of them ------------------------------------------------------------------------------------------------------------
 */

/* The file that is asked for: --config, then DECONFLICT_CONFIG; NULL for none.  DCF_E_USAGE when it is asked for twice. */
static enum dcf_status file_asked(int argc, char **argv, char **envp, const char **path, struct dcf_node_error *err)
{
	int asked = 0;

	for (int i = 1; i < argc; i++) {
		if (!is_flag(argv[i], "--config"))
			continue;
		asked++;
		*path = argv[i][8] ? argv[i] + 9 : i + 1 < argc ? argv[i + 1] : NULL;
	}
	if (asked > 1)
		return dcf_node_fail(err, DCF_E_USAGE, "--config: given twice");
	for (; !asked && envp && *envp; envp++)
		if (strncmp(*envp, "DECONFLICT_CONFIG=", 18) == 0 && (*envp)[18])
			*path = *envp + 18;
	return DCF_OK;
}

enum dcf_status dcf_config_load(struct dcf_config *c, int argc, char **argv, char **envp, bool *help,
				struct dcf_node_error *err)
{
	const char *path = NULL;
	enum dcf_status s;

	if (help)
		*help = false;
	for (int i = 1; help && i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			*help = true;
			return DCF_OK;
		}
	if ((s = file_asked(argc, argv, envp, &path, err)) != DCF_OK ||
	    (path && (s = dcf_config_file(c, path, err)) != DCF_OK) || (s = dcf_config_environment(c, envp, err)) != DCF_OK ||
	    (s = dcf_config_arguments(c, argc, argv, err)) != DCF_OK)
		return s;
	return dcf_config_check(c, err);
}

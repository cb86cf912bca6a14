/* SPDX-License-Identifier: Apache-2.0 */
/* config_help.c - the table as text: help, an example file, manual lines, the settings in force. */
#include "node/config_int.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

void dcf_config_variable(const struct dcf_config_row *row, char out[64])
{
	(void)snprintf(out, 64, "DECONFLICT_%s_%s", row->section, row->name);
	for (; *out; out++)
		if (*out >= 'a' && *out <= 'z')
			*out = (char)(*out - 'a' + 'A');
}

void dcf_config_long_flag(const struct dcf_config_row *row, char out[64])
{
	(void)snprintf(out, 64, "%s-%s", row->section, row->name);
	for (; *out; out++)
		if (*out == '_')
			*out = '-';
}

/* `text` in lines of at most `width`, each with `head` before it. */
static void put_wrapped(struct dcf_buf *out, const char *text, const char *head, size_t width)
{
	size_t used = 0;

	while (*(text += strspn(text, " "))) {
		size_t n = strcspn(text, " ");

		if (used == 0 || used + 1 + n > width) {
			if (used)
				dcf_buf_char(out, '\n');
			dcf_buf_z(out, head);
			used = strlen(head);
		} else {
			dcf_buf_char(out, ' ');
			used++;
		}
		dcf_buf_put(out, text, n);
		used += n;
		text += n;
	}
	dcf_buf_char(out, '\n');
}

static bool begins_section(size_t i)
{
	return i == 0 || strcmp(dcf_config_rows[i].section, dcf_config_rows[i - 1].section) != 0;
}

void dcf_config_put_help(struct dcf_buf *out)
{
	char word[64];

	dcf_buf_z(out, "  --config FILE\n        Settings in a file, as below: [server], then listen = ...\n");
	for (size_t i = 0; i < dcf_config_row_count; i++) {
		const struct dcf_config_row *row = &dcf_config_rows[i];

		dcf_config_long_flag(row, word);
		dcf_buf_z(out, "  --");
		dcf_buf_z(out, row->flag ? row->flag : word);
		if (row->value) {
			dcf_buf_char(out, ' ');
			dcf_buf_z(out, row->value);
		}
		dcf_buf_z(out, "   [");
		dcf_buf_z(out, row->section);
		dcf_buf_z(out, "] ");
		dcf_buf_z(out, row->name);
		if (*row->preset) {
			dcf_buf_z(out, " = ");
			dcf_buf_z(out, row->preset);
		}
		dcf_buf_z(out, dcf_config_is_list(row) ? "   (may be given again)\n" : "\n");
		put_wrapped(out, row->help, "        ", 100);
	}
}

void dcf_config_put_example(struct dcf_buf *out)
{
	char word[64];

	dcf_buf_z(out, "; Every setting of `deconflict serve` with its default.  The environment and the command line come "
		       "before it.\n");
	for (size_t i = 0; i < dcf_config_row_count; i++) {
		const struct dcf_config_row *row = &dcf_config_rows[i];

		if (begins_section(i)) {
			dcf_buf_z(out, "\n[");
			dcf_buf_z(out, row->section);
			dcf_buf_z(out, "]\n");
		}
		put_wrapped(out, row->help, "; ", 100);
		dcf_config_variable(row, word);
		dcf_buf_z(out, "; ");
		dcf_buf_z(out, word);
		dcf_config_long_flag(row, word);
		dcf_buf_z(out, ", --");
		dcf_buf_z(out, row->flag ? row->flag : word);
		dcf_buf_z(out, *row->preset ? "\n" : "\n;");
		dcf_buf_z(out, row->name);
		dcf_buf_z(out, " = ");
		dcf_buf_z(out, *row->preset ? row->preset : row->value);
		dcf_buf_char(out, '\n');
	}
}

/* '\' and a '.' or '\'' at the beginning mean something to troff, '-' is a hyphen to it. */
static void put_troff(struct dcf_buf *out, const char *z)
{
	for (; *z; z++) {
		if (*z == '\\')
			dcf_buf_z(out, "\\e");
		else if (*z == '-')
			dcf_buf_z(out, "\\-");
		else
			dcf_buf_char(out, *z);
	}
}

/* Prose as mdoc wants it: a line for each sentence, none over 78 characters. */
static void put_prose(struct dcf_buf *out, const char *text)
{
	enum { WIDTH = 78 };
	size_t width = 0;

	while (*text) {
		size_t n = strcspn(text, " ");
		bool ends = n && strchr(".?!", text[n - 1]);
		char word[256];

		snprintf(word, sizeof word, "%.*s", (int)(n < 255 ? n : 255), text);
		if (width && width + 1 + n > WIDTH) {
			dcf_buf_char(out, '\n');
			width = 0;
		} else if (width) {
			dcf_buf_char(out, ' ');
			width++;
		}
		put_troff(out, word);
		width += n;
		text += n;
		text += strspn(text, " ");
		if (ends && *text) {
			dcf_buf_char(out, '\n');
			width = 0;
		}
	}
}

void dcf_config_put_mdoc(struct dcf_buf *out)
{
	char word[64];

	for (size_t i = 0; i < dcf_config_row_count; i++) {
		const struct dcf_config_row *row = &dcf_config_rows[i];

		if (begins_section(i)) {
			dcf_buf_z(out, i ? ".El\n.Ss Section " : ".Ss Section ");
			dcf_buf_z(out, row->section);
			dcf_buf_z(out, "\n.Bl -tag -width Ds\n");
		}
		dcf_buf_z(out, ".It Ic ");
		dcf_buf_z(out, row->name);
		dcf_buf_z(out, " = Ar ");
		put_troff(out, row->value ? row->value : "yes|no");
		dcf_buf_char(out, '\n');
		put_prose(out, row->help);
		dcf_buf_z(out, "\nFlag\n.Fl \\-");
		dcf_config_long_flag(row, word);
		put_troff(out, row->flag ? row->flag : word);
		dcf_buf_z(out, " ,\nvariable\n.Ev ");
		dcf_config_variable(row, word);
		dcf_buf_z(out, word);
		if (*row->preset) {
			dcf_buf_z(out, " ,\ndefault\n.Li ");
			put_troff(out, row->preset);
		}
		dcf_buf_z(out, " .\n");
	}
	dcf_buf_z(out, ".El\n");
}

void dcf_config_put(const struct dcf_config *c, struct dcf_buf *out)
{
	static const char *const place[] = { [DCF_CONFIG_DEFAULT] = "default",
					     [DCF_CONFIG_IN_FILE] = "file",
					     [DCF_CONFIG_IN_ENVIRONMENT] = "environment",
					     [DCF_CONFIG_ON_COMMAND_LINE] = "command line" };
	struct dcf_buf value = { .from = out->from };

	for (size_t i = 0; i < dcf_config_row_count; i++) {
		if (begins_section(i)) {
			dcf_buf_z(out, i ? "\n[" : "[");
			dcf_buf_z(out, dcf_config_rows[i].section);
			dcf_buf_z(out, "]\n");
		}
		for (size_t item = 0; value.len = 0, dcf_config_show(c, i, item, &value); item++) {
			dcf_buf_z(out, dcf_config_rows[i].name);
			dcf_buf_z(out, " = ");
			dcf_buf_span(out, dcf_buf_as_span(&value));
			dcf_buf_z(out, "   ; ");
			dcf_buf_z(out, place[c->place[i]]);
			dcf_buf_char(out, '\n');
			if (!dcf_config_is_list(&dcf_config_rows[i]))
				break;
		}
	}
	out->failed = out->failed || value.failed;
	dcf_buf_free(&value);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"
#include "cli/cli.h"
#include "format/read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REMARKS_SHOWN = 50 };

static int64_t read_fd(void *ctx, void *to, size_t n)
{
	const int *fd = ctx;
	ssize_t k;

	do {
		k = read(*fd, to, n);
	} while (k < 0 && errno == EINTR);
	return k < 0 ? -(int64_t)errno : k;
}

static void show_remark(const struct dcf_remark *r, const char *kind)
{
	bool named = r->field.len > 0;

	dcf_complain("%.*s: %s%.*s%s%.*s", (int)r->where.len, r->where.p, kind, named ? (int)r->field.len : 0,
		     named ? r->field.p : "", named ? ": " : "", (int)r->text.len, r->text.p);
}

/* Why a file as a whole was refused. */
static void show_refusals(const struct dcf_plan *plan, size_t from)
{
	for (size_t i = from; i < plan->remark_count; i++) {
		if (plan->remarks[i].refused)
			show_remark(&plan->remarks[i], "");
	}
}

static void show_all(const struct dcf_plan *plan, size_t from, size_t *shown)
{
	for (size_t i = from; i < plan->remark_count; i++, ++*shown) {
		if (*shown < REMARKS_SHOWN)
			show_remark(&plan->remarks[i], plan->remarks[i].refused ? "refused: " : "warning: ");
	}
}

static enum dcf_status refuse(struct dcf_plan *plan, const char *name, const char *what, const char *why)
{
	struct dcf_buf text = { .from = plan->arena.from };
	struct dcf_remark r = { .refused = true, .where = dcf_span_of(name) };
	enum dcf_status s = DCF_E_NOMEM;

	dcf_buf_z(&text, what);
	dcf_buf_z(&text, why);
	r.text = dcf_buf_as_span(&text);
	if (!text.failed)
		s = dcf_plan_remark(plan, &r);
	if (s == DCF_OK)
		show_refusals(plan, plan->remark_count - 1);
	dcf_buf_free(&text);
	return s;
}

/* `*whole`: the file contributes what it declares, and its remarks were not shown yet. */
static enum dcf_status read_open_file(struct dcf_plan *plan, const char *name, int fd, const char *party, bool *whole)
{
	struct dcf_source source = { .read = read_fd, .ctx = &fd };
	struct dcf_read_options options = { .name = dcf_span_of(name), .party = dcf_span_of(party ? party : "") };
	size_t before = plan->remark_count;
	enum dcf_status s;
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return refuse(plan, name, "is a folder, expected a file", "");
	s = dcf_read_plan(plan, &options, &source);
	*whole = s == DCF_OK;
	if (s == DCF_OK || s == DCF_E_NOMEM)
		return s;
	show_refusals(plan, before);
	return DCF_OK;
}

static enum dcf_status read_file(struct dcf_plan *plan, const char *name, const char *party, bool *whole)
{
	enum dcf_status s;
	int fd;

	*whole = false;
	if (strcmp(name, "-") == 0)
		return read_open_file(plan, name, STDIN_FILENO, party, whole);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return refuse(plan, name, "cannot be opened: ", strerror(errno));
	s = read_open_file(plan, name, fd, party, whole);
	close(fd);
	return s;
}

static bool standard_input_twice(char *const *files, int count)
{
	int standard = 0;

	for (int i = 0; i < count; i++)
		standard += strcmp(files[i], "-") == 0;
	if (standard > 1)
		dcf_complain("'-' is named %d times, but standard input can be read only once", standard);
	return standard > 1;
}

enum dcf_status dcf_input_read(struct dcf_plan *plan, char *const *files, int count, const char *party, bool all_remarks)
{
	enum dcf_status s = DCF_OK;
	size_t shown = 0, before;

	if (standard_input_twice(files, count))
		return DCF_E_USAGE;
	for (int i = 0; i < count && s == DCF_OK; i++) {
		bool whole;

		before = plan->remark_count;
		s = read_file(plan, files[i], party, &whole);
		if (all_remarks && whole)
			show_all(plan, before, &shown);
	}
	if (s != DCF_OK)
		return s;
	before = plan->remark_count;
	s = dcf_read_finish(plan);
	if (all_remarks)
		show_all(plan, before, &shown);
	if (shown > REMARKS_SHOWN)
		dcf_complain("and %zu more refusals and warnings; 'deconflict check' lists all", shown - REMARKS_SHOWN);
	return s;
}

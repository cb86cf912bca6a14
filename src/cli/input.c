/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/input.h"
#include "cli/cli.h"
#include "format/read.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t read_fd(void *ctx, void *to, size_t n)
{
	const int *fd = ctx;
	ssize_t k;

	do {
		k = read(*fd, to, n);
	} while (k < 0 && errno == EINTR);
	return k;
}

static void show_refusals(const struct dcf_plan *plan, size_t from)
{
	for (size_t i = from; i < plan->remark_count; i++) {
		const struct dcf_remark *r = &plan->remarks[i];

		if (r->refused)
			dcf_complain("%.*s: %.*s", (int)r->where.len, r->where.p, (int)r->text.len, r->text.p);
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

static enum dcf_status read_open_file(struct dcf_plan *plan, const char *name, int fd, const char *party)
{
	struct dcf_source source = { .read = read_fd, .ctx = &fd };
	struct dcf_read_options options = { .name = dcf_span_of(name), .party = dcf_span_of(party ? party : "") };
	size_t before = plan->remark_count;
	enum dcf_status s;
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return refuse(plan, name, "is a folder, expected a file", "");
	s = dcf_read_plan(plan, &options, &source);
	if (s == DCF_OK || s == DCF_E_NOMEM)
		return s;
	show_refusals(plan, before);
	return DCF_OK;
}

static enum dcf_status read_file(struct dcf_plan *plan, const char *name, const char *party)
{
	enum dcf_status s;
	int fd;

	if (strcmp(name, "-") == 0)
		return read_open_file(plan, name, STDIN_FILENO, party);
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return refuse(plan, name, "cannot be opened: ", strerror(errno));
	s = read_open_file(plan, name, fd, party);
	close(fd);
	return s;
}

enum dcf_status dcf_input_read(struct dcf_plan *plan, char *const *files, int count, const char *party)
{
	enum dcf_status s = DCF_OK;
	int standard = 0;

	for (int i = 0; i < count; i++)
		standard += strcmp(files[i], "-") == 0;
	if (standard > 1) {
		dcf_complain("'-' is named %d times, but standard input can be read only once", standard);
		return DCF_E_USAGE;
	}
	for (int i = 0; i < count && s == DCF_OK; i++)
		s = read_file(plan, files[i], party);
	return s == DCF_OK ? dcf_read_finish(plan) : s;
}

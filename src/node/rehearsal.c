/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rehearsal_int.h"
#include "crypto/init.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- the folder of both ------------------------------------------------------------------------------------ */

static enum dcf_status make_folder(struct dcf_stage *st)
{
	const char *tmp = getenv("TMPDIR");

	st->keep = st->o->keep != NULL;
	if (st->keep) {
		snprintf(st->folder, sizeof st->folder, "%s", st->o->keep);
		if (strlen(st->o->keep) >= sizeof st->folder)
			return dcf_node_fail(st->err, DCF_E_LIMIT, "%s: too long a name", st->o->keep);
		/* A record that is there already would go on where it ended. */
		if (mkdir(st->folder, 0700) != 0)
			return dcf_node_fail(st->err, DCF_E_IO, "%s: %s", st->folder, strerror(errno));
		return DCF_OK;
	}
	snprintf(st->folder, sizeof st->folder, "%s/deconflict-rehearsal-XXXXXX",
		 tmp && *tmp && strlen(tmp) < 200 ? tmp : "/tmp");
	return mkdtemp(st->folder) ? DCF_OK : dcf_node_fail(st->err, DCF_E_IO, "%s: %s", st->folder, strerror(errno));
}

/* Data folders have files and one level of folders in them. */
static void remove_all(const char *path, int depth)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && (e = readdir(dir)) != NULL) {
		char name[1000];

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (snprintf(name, sizeof name, "%s/%s", path, e->d_name) >= (int)sizeof name)
			continue;
		if (unlink(name) != 0 && depth > 0)
			remove_all(name, depth - 1);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(path);
}

/* --- the script goes by --------------------------------------------------------------------------------------- */

static enum dcf_status read_terms(struct dcf_stage *st)
{
	enum dcf_status s = dcf_line_terms_read(dcf_buf_as_span(&st->airspace), st->o->from, &st->terms, NULL);

	return s == DCF_E_REFUSED ? dcf_stage_wrong(st, 0, "plan: its agreement's deadlines or roles are not understood") : s;
}

static enum dcf_status begin(struct dcf_stage *st)
{
	enum dcf_status s = DCF_OK;

	atomic_store(&st->wall_us, st->begin_us);
	st->clock = dcf_stage_clock(st);
	for (int i = 0; i < 2 && s == DCF_OK; i++)
		s = dcf_actor_begin(st, &st->actor[i]);
	for (int i = 0; i < 2 && s == DCF_OK; i++)
		s = dcf_actor_found(st, &st->actor[i]);
	for (int i = 0; i < 4 && s == DCF_OK; i++)
		s = dcf_actor_pin(&st->actor[i % 2], &st->actor[1 - i % 2], i >= 2);
	return s == DCF_OK ? dcf_stage_settle(st) : s;
}

static enum dcf_status take_step(struct dcf_stage *st, size_t step, struct dcf_jval v)
{
	struct dcf_jval at = dcf_jget(v, "at");
	int64_t at_us = atomic_load(&st->wall_us);
	enum dcf_status s = DCF_OK;

	if (!dcf_jnone(at) && !dcf_stage_time(at, &at_us))
		return dcf_stage_wrong(st, step, "at: expected a time with its zone");
	if (at_us < atomic_load(&st->wall_us))
		return dcf_stage_wrong(st, step, "at: before the step before it");
	s = dcf_stage_turn_to(st, at_us);
	s = s == DCF_OK ? dcf_stage_act(st, step, v) : s;
	s = s == DCF_OK ? dcf_stage_settle(st) : s;
	s = s == DCF_OK ? dcf_stage_tell(st) : s;
	return s == DCF_OK ? dcf_stage_expect(st, step, v) : s;
}

static enum dcf_status play(struct dcf_stage *st)
{
	struct dcf_jwalk it = dcf_jwalk(dcf_jget(st->root, "steps"));
	struct dcf_jval v, end = dcf_jget(st->root, "end");
	size_t step = 0;
	int64_t end_us;
	enum dcf_status s = DCF_OK;

	while (s == DCF_OK && dcf_jnext(&it, &v)) {
		step++;
		s = dcf_jkind(v) == DCF_J_OBJECT ? take_step(st, step, v) : dcf_stage_wrong(st, step, "expected an object");
	}
	if (s != DCF_OK || dcf_jnone(end))
		return s;
	if (!dcf_stage_time(end, &end_us))
		return dcf_stage_wrong(st, 0, "end: expected a time with its zone");
	return dcf_stage_turn_to(st, end_us);
}

static void close_stage(struct dcf_stage *st)
{
	for (int i = 0; i < 2; i++)
		dcf_actor_end(&st->actor[i]);
	for (int i = 0; i < 2 && *st->folder && !st->keep; i++) {
		char path[420];

		remove_all(st->actor[i].folder, 3);
		snprintf(path, sizeof path, "%s.log", st->actor[i].folder);
		(void)unlink(path);
	}
	if (*st->folder && !st->keep)
		(void)rmdir(st->folder);
	dcf_alloc_free(st->o->from, st->told, st->told_cap * sizeof *st->told);
	dcf_buf_free(&st->plan);
	dcf_buf_free(&st->airspace);
	dcf_jfree(&st->doc);
	dcf_arena_free(&st->arena);
}

enum dcf_status dcf_rehearse(const struct dcf_rehearsal_options *options, struct dcf_buf *out, size_t *failed,
			     struct dcf_node_error *err)
{
	struct dcf_alloc from = *options->from;
	struct dcf_stage *st = dcf_alloc_new(&from, sizeof *st);
	struct dcf_node_error own;
	uint64_t messages[2] = { 0, 0 };
	bool same = false, verified = false;
	enum dcf_status s;

	*failed = 0;
	if (!st)
		return dcf_node_fail(err, DCF_E_NOMEM, "out of memory");
	memset(st, 0, sizeof *st);
	st->o = options;
	st->err = err ? err : &own;
	*st->err = (struct dcf_node_error){ .code = DCF_OK };
	st->out = out;
	st->plan.from = st->airspace.from = st->arena.from = options->from;
	st->actor[0].log_fd = st->actor[1].log_fd = -1;
	s = dcf_crypto_init();
	s = s == DCF_OK ? dcf_stage_read(st) : s;
	s = s == DCF_OK ? read_terms(st) : s;
	s = s == DCF_OK ? make_folder(st) : s;
	s = s == DCF_OK ? begin(st) : s;
	if (s == DCF_OK)
		dcf_stage_open_log(st);
	s = s == DCF_OK ? play(st) : s;
	s = s == DCF_OK ? dcf_stage_compare(st, &same, &verified, messages) : s;
	if (s == DCF_OK)
		dcf_stage_close_log(st, same, verified, messages);
	*failed = st->failed;
	if (s != DCF_OK && st->err->code == DCF_OK)
		(void)dcf_node_fail(st->err, s, "%s: %s", options->name, dcf_status_text(s));
	close_stage(st);
	dcf_alloc_free(&from, st, sizeof *st);
	return s == DCF_OK && out->failed ? DCF_E_NOMEM : s;
}

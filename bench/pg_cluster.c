/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* nftw, setgroups, mkdtemp */
#include "bench/pg_cluster.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A throw-away cluster: nothing needs to survive a crash, all memory may serve the queries. */
static const char settings[] = "listen_addresses = ''\n"
			       "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\nwal_level = minimal\n"
			       "max_wal_senders = 0\nmax_wal_size = 8GB\nautovacuum = off\njit = off\n"
			       "shared_buffers = 2GB\nwork_mem = 256MB\nmaintenance_work_mem = 1GB\n"
			       "max_parallel_workers_per_gather = 0\nmax_parallel_maintenance_workers = 0\n";

static bool find_programs(struct dcf_pg_cluster *c)
{
	glob_t found;
	bool ok = glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0 && found.gl_pathc > 0;

	/* The last one: the newest of those with as many digits. */
	if (ok) {
		const char *path = found.gl_pathv[found.gl_pathc - 1];
		size_t n = strlen(path) - strlen("/initdb");

		ok = n < sizeof c->programs;
		if (ok) {
			memcpy(c->programs, path, n);
			c->programs[n] = '\0';
		}
	}
	globfree(&found);
	return ok;
}

static bool choose_user(struct dcf_pg_cluster *c)
{
	const struct passwd *user;

	c->uid = geteuid();
	c->gid = getegid();
	if (c->uid != 0)
		return true;
	user = getpwnam("postgres");
	if (!user)
		user = getpwnam("nobody");
	if (!user)
		return false;
	c->uid = user->pw_uid;
	c->gid = user->pw_gid;
	return true;
}

static void become(const struct dcf_pg_cluster *c)
{
	int quiet = open("/dev/null", O_RDWR);

	if (geteuid() == 0 && (setgroups(1, &c->gid) != 0 || setgid(c->gid) != 0 || setuid(c->uid) != 0))
		_exit(126);
	/* Should the keeper be killed, so is the server.  A change of user undoes this, so it comes after that. */
	(void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
	if (chdir(c->folder) != 0 || quiet < 0 || dup2(quiet, 0) < 0 || dup2(quiet, 1) < 0 || dup2(quiet, 2) < 0)
		_exit(126);
}

/* Starts one of the server's programs as its user; -1 when that failed. */
static pid_t start(const struct dcf_pg_cluster *c, const char *program, char *const argv[])
{
	char path[sizeof c->programs + 16];
	pid_t child;

	snprintf(path, sizeof path, "%s/%s", c->programs, program);
	child = fork();
	if (child == 0) {
		become(c);
		execv(path, argv);
		_exit(127);
	}
	return child;
}

/* The same, and waits: true when it ended with status 0. */
static bool run(const struct dcf_pg_cluster *c, const char *program, char *const argv[])
{
	int status;
	pid_t child = start(c, program, argv);

	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool write_settings(const struct dcf_pg_cluster *c)
{
	char path[sizeof c->folder + 32];
	FILE *f;
	bool ok;

	snprintf(path, sizeof path, "%s/data/postgresql.conf", c->folder);
	f = fopen(path, "a");
	if (!f)
		return false;
	ok = fputs(settings, f) >= 0 && fprintf(f, "unix_socket_directories = '%s'\n", c->folder) > 0;
	return fclose(f) == 0 && ok;
}

static int remove_one(const char *path, const struct stat *what, int kind, struct FTW *walk)
{
	(void)what;
	(void)kind;
	(void)walk;
	return remove(path);
}

void dcf_pg_where(const struct dcf_pg_cluster *c, char where[128])
{
	snprintf(where, 128, "host=%s user=bench dbname=postgres", c->folder);
}

/* Runs the server until `hold` is closed at the other end or the server ends; then nothing stays. */
static void keep(const struct dcf_pg_cluster *c, int hold)
{
	char data[sizeof c->folder + 8];
	char *const serve[] = { "postgres", "-D", data, NULL };
	struct pollfd end = { .fd = hold, .events = POLLIN };
	int status;
	pid_t server;

	/* Not in the terminal's group: an interrupt is for the program that measures. */
	(void)setsid();
	snprintf(data, sizeof data, "%s/data", c->folder);
	server = start(c, "postgres", serve);
	while (server > 0 && waitpid(server, &status, WNOHANG) == 0)
		if (poll(&end, 1, 100) > 0) {
			/* SIGQUIT is the server's "at once": nothing in it needs saving. */
			(void)kill(server, SIGQUIT);
			(void)waitpid(server, &status, 0);
			break;
		}
	(void)nftw(c->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static bool start_keeper(struct dcf_pg_cluster *c)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	c->keeper = fork();
	if (c->keeper == 0) {
		close(ends[1]);
		keep(c, ends[0]);
		_exit(0);
	}
	close(ends[0]);
	c->hold = ends[1];
	if (c->keeper < 0) {
		close(c->hold);
		c->keeper = 0;
	}
	return c->keeper > 0;
}

void dcf_pg_stop(struct dcf_pg_cluster *c)
{
	int status;

	if (!c->folder[0])
		return;
	if (c->keeper > 0) {
		close(c->hold);
		(void)waitpid(c->keeper, &status, 0);
	}
	(void)nftw(c->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	*c = (struct dcf_pg_cluster){ .keeper = 0 };
}

/* Until it answers, at most a minute; false when it ended instead. */
static bool wait_ready(struct dcf_pg_cluster *c)
{
	const struct timespec pause = { 0, 50 * 1000 * 1000 };
	char where[128];
	int status;

	dcf_pg_where(c, where);
	for (int i = 0; i < 1200 && PQping(where) != PQPING_OK; i++) {
		if (waitpid(c->keeper, &status, WNOHANG) == c->keeper) {
			close(c->hold);
			c->keeper = 0;
			return false;
		}
		nanosleep(&pause, NULL);
	}
	return PQping(where) == PQPING_OK;
}

static bool make_folder(struct dcf_pg_cluster *c)
{
	const char *tmp = getenv("TMPDIR");

	/* A socket's path has room for 107 bytes. */
	if (!tmp || strlen(tmp) > 30)
		tmp = "/tmp";
	snprintf(c->folder, sizeof c->folder, "%s/deconflict-pg-XXXXXX", tmp);
	if (!mkdtemp(c->folder)) {
		c->folder[0] = '\0';
		return false;
	}
	return geteuid() != 0 || chown(c->folder, c->uid, c->gid) == 0;
}

enum dcf_status dcf_pg_start(struct dcf_pg_cluster *c, char *why, size_t why_size)
{
	char data[sizeof c->folder + 8];
	char *const init[] = { "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", NULL };
	const char *failed = NULL;

	*c = (struct dcf_pg_cluster){ .keeper = 0 };
	if (!find_programs(c)) {
		snprintf(why, why_size, "no PostgreSQL server programs found");
		return DCF_E_NOT_FOUND;
	}
	if (!choose_user(c))
		failed = "no unprivileged user to run the server as";
	else if (!make_folder(c))
		failed = "no temporary folder for the server";
	if (failed)
		goto done;
	snprintf(data, sizeof data, "%s/data", c->folder);
	if (!run(c, "initdb", init) || !write_settings(c)) {
		failed = "initdb failed";
		goto done;
	}
	if (!start_keeper(c) || !wait_ready(c))
		failed = "the server did not start";
done:
	if (failed) {
		snprintf(why, why_size, "%s", failed);
		dcf_pg_stop(c);
	}
	return failed ? DCF_E_IO : DCF_OK;
}

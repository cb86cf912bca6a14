/* SPDX-License-Identifier: Apache-2.0 */
/* Processes, ports and /proc. */
#define _GNU_SOURCE
#include "bench/server.h"
#include "bench/load.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SYNCS = 200, BLOCK = 4096, REPLY = 262144, STARTING_S = 60 };

static enum dcf_status complain(const char *what)
{
	fprintf(stderr, "deconflict: bench: node: %s: %s\n", what, strerror(errno));
	return DCF_E_IO;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- one request ------------------------------------------------------------------------------------- */

struct single {
	struct dcf_load_request rq;
	unsigned status;
	char *reply; /* REPLY bytes, ended by NUL; NULL: not wanted */
};

static void make(void *ctx, unsigned connection, uint64_t k, struct dcf_load_request *rq)
{
	(void)connection;
	(void)k;
	*rq = ((struct single *)ctx)->rq;
}

static bool check(void *ctx, unsigned connection, uint64_t k, const struct dcf_load_reply *reply)
{
	struct single *s = ctx;

	(void)connection;
	(void)k;
	s->status = reply->status;
	if (s->reply) {
		size_t n = reply->body.len < REPLY - 1 ? reply->body.len : REPLY - 1;

		memcpy(s->reply, reply->body.p, n);
		s->reply[n] = '\0';
	}
	return true;
}

static unsigned ask(const struct dcf_server *s, const char *method, const char *path, const char *headers, const char *body,
		    char *reply)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct single one = { .rq = { method, dcf_span_of(path), dcf_span_of(headers), dcf_span_of(body) }, .reply = reply };
	struct dcf_load_options o = {
		.url = s->url, .connections = 1, .requests = 1, .timeout_s = 5, .make = make, .check = check, .ctx = &one
	};
	struct dcf_load_result r;

	return dcf_load_run(&heap, &o, &r) == DCF_OK ? one.status : 0;
}

/* --- our own server ---------------------------------------------------------------------------------- */

/* `deconflict` lies beside this program, or where the build or the installation put it. */
static bool find_program(struct dcf_server *s)
{
	static const char *const places[] = { "deconflict", "../src/cli/deconflict", "../../bin/deconflict" };
	char folder[2048];
	ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
	char *slash;

	if (n <= 0)
		return false;
	folder[n] = '\0';
	slash = strrchr(folder, '/');
	slash[1] = '\0';
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(s->program, sizeof s->program, "%s%s", folder, places[i]);
		if (access(s->program, X_OK) == 0)
			return true;
	}
	return false;
}

/* A port that is free now. */
static unsigned free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unsigned port = 0;

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && getsockname(fd, (struct sockaddr *)&at, &len) == 0)
		port = ntohs(at.sin_port);
	if (fd >= 0)
		close(fd);
	return port;
}

static enum dcf_status spawn(struct dcf_server *s)
{
	char listen[64];

	snprintf(listen, sizeof listen, "127.0.0.1:%u", s->port);
	s->pid = fork();
	if (s->pid < 0)
		return complain("fork");
	if (s->pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execl(s->program, "deconflict", "serve", "--data", s->folder, "--listen", listen, "--log-level", "error",
		      (char *)NULL);
		_exit(127);
	}
	return DCF_OK;
}

static enum dcf_status wait_for(const struct dcf_server *s, const char *path, double began, double *took_s)
{
	static const struct timespec pause = { 0, 1000000 };

	while (now_s() - began < STARTING_S) {
		if (ask(s, "GET", path, "", NULL, NULL) == 200) {
			*took_s = now_s() - began;
			return DCF_OK;
		}
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
			break;
		nanosleep(&pause, NULL);
	}
	fprintf(stderr, "deconflict: bench: node: the server does not start\n");
	return DCF_E_IO;
}

/* What a command prints, without its line end. */
static bool read_command(const char *command, char *out, size_t room)
{
	FILE *f = popen(command, "r");
	size_t n = f ? fread(out, 1, room - 1, f) : 0;

	if (!f || pclose(f) != 0 || n == 0)
		return false;
	out[n] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return true;
}

static void set_header(struct dcf_server *s, unsigned which, const char *token)
{
	snprintf(s->header[which], sizeof s->header[which],
		 "Authorization: Bearer %s\r\nContent-Type: application/geo+json\r\n", token);
}

static enum dcf_status prepare(struct dcf_server *s)
{
	static const char *const party[] = { "CO", "RU" };
	char command[9000], token[8300], path[64], body[64], admin[9000];

	snprintf(command, sizeof command, "cat '%s/admin.token'", s->folder);
	if (!read_command(command, token, sizeof token))
		return complain("no administrator's token");
	snprintf(admin, sizeof admin, "Authorization: Bearer %s\r\n", token);
	for (unsigned i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "/v1/parties/%s", party[i]);
		snprintf(body, sizeof body, "{\"id\":\"%s\"}", party[i]);
		if (ask(s, "PUT", path, admin, body, NULL) != 200)
			return complain("a party cannot be made");
		snprintf(command, sizeof command, "'%s' token --data '%s' --party %s --scope deconflict.declare --ttl 24h",
			 s->program, s->folder, party[i]);
		if (!read_command(command, token, sizeof token))
			return complain("no token");
		set_header(s, i, token);
	}
	return DCF_OK;
}

enum dcf_status dcf_server_start(struct dcf_server *s, const char *url, const char *token)
{
	const char *temporary = getenv("TMPDIR");
	double took;
	enum dcf_status st;

	*s = (struct dcf_server){ .own = !url };
	if (url) {
		char command[4200], text[8300];

		snprintf(s->url, sizeof s->url, "%s", url);
		snprintf(command, sizeof command, "cat '%s'", token ? token : "");
		if (!token || !read_command(command, text, sizeof text)) {
			fprintf(stderr, "deconflict: bench: node: --url needs --token FILE\n");
			return DCF_E_USAGE;
		}
		set_header(s, 0, text);
		set_header(s, 1, text);
		return DCF_OK;
	}
	snprintf(s->folder, sizeof s->folder, "%s/deconflict-bench-XXXXXX", temporary ? temporary : "/tmp");
	s->port = free_port();
	snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u", s->port);
	if (!find_program(s) || !s->port || !mkdtemp(s->folder))
		return complain("no program, port or folder");
	st = spawn(s);
	st = st == DCF_OK ? wait_for(s, "/ready", now_s(), &took) : st;
	st = st == DCF_OK ? prepare(s) : st;
	if (st != DCF_OK)
		dcf_server_stop(s);
	return st;
}

static void end(struct dcf_server *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGTERM);
		waitpid(s->pid, NULL, 0);
	}
	s->pid = 0;
}

enum dcf_status dcf_server_restart(struct dcf_server *s, double *healthy_s, double *ready_s)
{
	double began;
	enum dcf_status st;

	end(s);
	began = now_s();
	st = spawn(s);
	st = st == DCF_OK ? wait_for(s, "/healthy", began, healthy_s) : st;
	return st == DCF_OK ? wait_for(s, "/ready", began, ready_s) : st;
}

void dcf_server_stop(struct dcf_server *s)
{
	char command[400];

	if (!s->own)
		return;
	end(s);
	snprintf(command, sizeof command, "rm -rf '%s'", s->folder);
	if (s->folder[0] && system(command) != 0)
		(void)complain(s->folder);
}

/* --- what the system says of it ----------------------------------------------------------------------- */

static bool read_proc(const struct dcf_server *s, const char *name, char *out, size_t room)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)s->pid, name);
	fd = s->own ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	n = fd >= 0 ? read(fd, out, room - 1) : -1;
	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

double dcf_server_cpu_s(const struct dcf_server *s)
{
	char text[2048];
	const char *p;
	unsigned long user, system_time;

	/* Behind the name in brackets, which may hold anything: fields 14 and 15. */
	if (!read_proc(s, "stat", text, sizeof text) || !(p = strrchr(text, ')')) ||
	    sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system_time) != 2)
		return 0;
	return (double)(user + system_time) / (double)sysconf(_SC_CLK_TCK);
}

uint64_t dcf_server_resident(const struct dcf_server *s)
{
	char text[256];
	unsigned long pages;

	if (!read_proc(s, "statm", text, sizeof text) || sscanf(text, "%*u %lu", &pages) != 1)
		return 0;
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t dcf_server_file_bytes(const struct dcf_server *s)
{
	static const char *const names[] = { "record.sqlite3", "record.sqlite3-wal" };
	uint64_t bytes = 0;

	for (size_t i = 0; s->own && i < sizeof names / sizeof *names; i++) {
		char path[300];
		struct stat st;

		snprintf(path, sizeof path, "%s/%s", s->folder, names[i]);
		if (stat(path, &st) == 0)
			bytes += (uint64_t)st.st_size;
	}
	return bytes;
}

static uint64_t metric(const char *page, const char *name)
{
	const char *p = page;
	size_t len = strlen(name);

	while ((p = strstr(p, name))) {
		if ((p == page || p[-1] == '\n') && p[len] == ' ')
			return strtoull(p + len + 1, NULL, 10);
		p += len;
	}
	return 0;
}

void dcf_server_appends(const struct dcf_server *s, uint64_t *entries, uint64_t *appends)
{
	char *page = malloc(REPLY);

	*entries = *appends = 0;
	if (page && ask(s, "GET", "/metrics", "", NULL, page) == 200) {
		*entries = metric(page, "deconflict_record_entries_total");
		*appends = metric(page, "deconflict_record_appends_total");
	}
	free(page);
}

void dcf_server_state(const struct dcf_server *s, uint64_t *entries, uint64_t *operations)
{
	char *page = malloc(REPLY);
	const char *line;

	*entries = *operations = 0;
	if (page && ask(s, "GET", "/metrics", "", NULL, page) == 200)
		*operations = metric(page, "deconflict_operations");
	/* The head's second line. */
	if (page && ask(s, "GET", "/checkpoint", s->header[0], NULL, page) == 200 && (line = strchr(page, '\n')))
		*entries = strtoull(line + 1, NULL, 10);
	free(page);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

enum dcf_status dcf_server_sync_times(const struct dcf_server *s, double *p50_us, double *p99_us)
{
	const char *temporary = getenv("TMPDIR");
	char path[320], block[BLOCK];
	double us[SYNCS];
	int fd;

	memset(block, 'x', sizeof block);
	snprintf(path, sizeof path, "%s/sync-%d", s->own ? s->folder : temporary ? temporary : "/tmp", (int)getpid());
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_TRUNC, 0600);
	if (fd < 0)
		return complain(path);
	for (int i = 0; i < SYNCS; i++) {
		double began = now_s();

		if (write(fd, block, sizeof block) != (ssize_t)sizeof block || fdatasync(fd) != 0) {
			close(fd);
			return complain(path);
		}
		us[i] = (now_s() - began) * 1e6;
	}
	close(fd);
	unlink(path);
	qsort(us, SYNCS, sizeof *us, compare);
	*p50_us = us[SYNCS / 2];
	*p99_us = us[SYNCS * 99 / 100];
	return DCF_OK;
}

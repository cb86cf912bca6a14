/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - `deconflict serve`: a node until it is told to end. */
#include "cli/cli.h"
#include "node/node.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

extern char **environ;

static void show_help(void)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_buf out = { .from = &heap };

	dcf_buf_z(&out, "Usage: deconflict serve --data DIR [--listen ADDR:PORT] [OPTIONS]\n\n"
			"Keep the record of what parties declare, find where it meets, and answer over HTTP.\n\n");
	dcf_config_put_help(&out);
	(void)!dcf_output_standard(&out);
	dcf_buf_free(&out);
}

/* The signals are blocked in every thread and taken here. */
static void block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static void reload(struct dcf_node *node)
{
	struct dcf_node_error err;

	if (dcf_node_reload(node, &err) != DCF_OK)
		dcf_complain("keys were not read again: %s", err.text);
}

/* Until SIGTERM or SIGINT, or a state that cannot be loaded. */
static int watch(struct dcf_node *node, const sigset_t *set)
{
	static const struct timespec while_loading = { 0, 200000000 };
	struct dcf_node_error err;
	bool loading = true;

	for (;;) {
		int taken = loading ? sigtimedwait(set, NULL, &while_loading) : sigwaitinfo(set, NULL);

		if (taken == SIGTERM || taken == SIGINT)
			return DCF_EXIT_OK;
		if (taken == SIGHUP)
			reload(node);
		if (loading) {
			enum dcf_status s = dcf_node_wait(node, 0, &err);

			loading = s == DCF_E_BUSY;
			if (s != DCF_OK && s != DCF_E_BUSY) {
				dcf_complain("%s", err.text);
				return DCF_EXIT_FAILED;
			}
		}
	}
}

int dcf_cmd_serve(int argc, char **argv)
{
	struct dcf_alloc heap = dcf_alloc_heap();
	struct dcf_config config;
	struct dcf_buf hello = { .from = &heap };
	struct dcf_node *node = NULL;
	struct dcf_node_error err = { .code = DCF_OK };
	bool help = false;
	sigset_t set;
	int status = DCF_EXIT_BAD;

	dcf_config_init(&config, &heap);
	if (dcf_config_load(&config, argc, argv, environ, &help, &err) != DCF_OK) {
		dcf_complain("%s", err.text);
	} else if (help) {
		show_help();
		status = DCF_EXIT_OK;
	} else {
		block(&set);
		if (dcf_node_start(&config, DCF_VERSION, &hello, &node, &err) != DCF_OK) {
			dcf_complain("%s", err.text);
			status = DCF_EXIT_FAILED;
		} else {
			fwrite(hello.p ? hello.p : "", 1, hello.len, stderr);
			status = watch(node, &set);
			dcf_node_stop(node);
		}
	}
	dcf_buf_free(&hello);
	dcf_config_free(&config);
	return status;
}

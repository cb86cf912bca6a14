/* SPDX-License-Identifier: Apache-2.0 */
/* test_utm_ask.c - bodies of requests to the exchange: one row for each sentence about them. */
#include "utm/fixture.h"

#include <string.h>

/* Pieces of bodies. */
#define CIRCLE  "\"outline_circle\":{\"center\":{\"lat\":47.4,\"lng\":8.5},\"radius\":{\"value\":300.183,\"units\":\"M\"}}"
#define V(lat, lng) "{\"lat\":" #lat ",\"lng\":" #lng "}"
#define VERTICES(...) "\"vertices\":[" __VA_ARGS__ "]"
#define POLYGON(...) "\"outline_polygon\":{" VERTICES(__VA_ARGS__) "}"
#define SQUARE  V(47.4, 8.5) "," V(47.4, 8.51) "," V(47.41, 8.51) "," V(47.41, 8.5)
#define AUSTRALIA V(-12, 115) "," V(-12, 150) "," V(-35, 150) "," V(-35, 115)
#define ALT(value) "{\"value\":" #value ",\"reference\":\"W84\",\"units\":\"M\"}"
#define BAND(lower, upper) "\"altitude_lower\":" ALT(lower) ",\"altitude_upper\":" ALT(upper)
#define TIME(value) "{\"value\":\"" value "\",\"format\":\"RFC3339\"}"
#define WINDOW(from, to) "\"time_start\":" TIME(from) ",\"time_end\":" TIME(to)
#define SOON WINDOW("2026-06-01T12:10:00Z", "2026-06-01T13:10:00Z")
#define SPACE(...) "\"volume\":{" __VA_ARGS__ "}"
#define VOLUME "{" SPACE(CIRCLE "," BAND(100, 200)) "," SOON "}"
#define URL  "\"uss_base_url\":\"https://uss1.example.com/utm\""
#define HTTP "\"uss_base_url\":\"http://uss1.example.com/utm\""
#define INTENT(more) "{\"extents\":[" VOLUME "]," URL "," more "}"
#define EXTENTS(volume) "{\"extents\":[" volume "]," URL ",\"state\":\"Accepted\"}"
#define ONE(volume) "{\"extents\":" volume "," URL ",\"notify_for_operational_intents\":true}"
#define ACCEPTED "\"state\":\"Accepted\""
#define ID "\"subscription_id\":\"94be9daf-0c39-4f35-8ab3-0123456789ab\""
#define NEW "\"new_subscription\":{" URL "}"

struct row {
	const char *what;
	enum dcf_utm_form form;
	bool update, http;
	unsigned status;    /* 0: taken */
	const char *body, *text;
};

static const struct row intents[] = {
	{ "the least that is enough", DCF_UTM_INTENT_PUT, false, false, 0, INTENT(ACCEPTED), NULL },
	{ "a polygon", DCF_UTM_INTENT_PUT, false, false, 0, EXTENTS("{" SPACE(POLYGON(SQUARE) "," BAND(100, 200)) "," SOON "}"), NULL },
	{ "too large", DCF_UTM_INTENT_PUT, false, false, 400, EXTENTS("{" SPACE(POLYGON(AUSTRALIA) "," BAND(100, 200)) "," SOON "}"), "too large" },
};

static void try_row(struct reading *r, const struct row *row)
{
	struct dcf_utm_rules rules = { .now_us = NOW_US, .allow_http = row->http, .update = row->update };
	enum dcf_status s = read_body(r, row->form, rules, dcf_span_of(row->body));

	if (row->status == 0) {
		CHECK_MSG(s == DCF_OK, "%s: %d %u %s", row->what, s, r->fault.status, r->fault.text);
		return;
	}
	CHECK_MSG(s == DCF_E_REFUSED && r->fault.status == row->status, "%s: %d %u %s", row->what, s, r->fault.status, r->fault.text);
	CHECK_MSG(strstr(r->fault.text, row->text) != NULL, "%s: %s", row->what, r->fault.text);
}

static void bodies_of_intents(void)
{
	struct reading r = { .doc = { .parser = NULL } };

	for (size_t i = 0; i < sizeof intents / sizeof *intents; i++)
		try_row(&r, &intents[i]);
	end_reading(&r);
}

int main(void)
{
	return TAP_RUN(TAP(bodies_of_intents));
}

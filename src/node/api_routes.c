/* SPDX-License-Identifier: Apache-2.0 */
#include "node/api_line.h"
#include "node/api_telemetry.h"
#include "node/api_uss.h"
#include "node/line_file.h"

#define PUBLIC  ""
#define READ    DCF_SCOPE_READ
#define DECLARE DCF_SCOPE_DECLARE
#define ADMIN   DCF_SCOPE_ADMIN
#define LINE    DCF_SCOPE_LINE

/* Whoever adds a row adds it to data/openapi.json too; a test compares them. */
const struct dcf_http_route dcf_api_routes[] = {
	{ DCF_HTTP_GET, "/healthy", PUBLIC, dcf_api_healthy, 0, NULL },
	{ DCF_HTTP_GET, "/ready", PUBLIC, dcf_api_ready, 0, NULL },
	{ DCF_HTTP_GET, "/metrics", PUBLIC, dcf_api_metrics, 0, NULL },
	{ DCF_HTTP_GET, "/openapi.json", PUBLIC, dcf_api_openapi, 0, NULL },
	{ DCF_HTTP_GET, "/v1/node", READ, dcf_api_node, 0, NULL },
	{ DCF_HTTP_POST, "/v1/operations", DECLARE, dcf_api_operations_post, 0, NULL },
	{ DCF_HTTP_GET, "/v1/operations", READ, dcf_api_operations_get, 0, NULL },
	{ DCF_HTTP_GET, "/v1/operations/{party}/{operation}", READ, dcf_api_operation_get, 0, NULL },
	{ DCF_HTTP_PUT, "/v1/operations/{party}/{operation}", DECLARE, dcf_api_operation_put, 0, NULL },
	{ DCF_HTTP_DELETE, "/v1/operations/{party}/{operation}", DECLARE, dcf_api_operation_delete, 0, NULL },
	{ DCF_HTTP_GET, "/v1/operations/{party}/{operation}/conflicts", READ, dcf_api_operation_conflicts, 0, NULL },
	{ DCF_HTTP_GET, "/v1/operations/{party}/{operation}/options", READ, dcf_api_operation_options, 0, NULL },
	{ DCF_HTTP_POST, "/v1/operations/{party}/{operation}/events/{event}", DECLARE, dcf_api_operation_event, 0, NULL },
	{ DCF_HTTP_GET, "/v1/operations/{party}/{operation}/telemetry", READ, dcf_api_telemetry_get, 0, NULL },
	{ DCF_HTTP_PUT, "/v1/operations/{party}/{operation}/telemetry", DECLARE, dcf_api_telemetry_put, DCF_TELEMETRY_MAX,
	  NULL },
	{ DCF_HTTP_GET, "/v1/conflicts", READ, dcf_api_conflicts, 0, NULL },
	{ DCF_HTTP_POST, "/v1/check", DECLARE, dcf_api_check, 0, NULL },
	{ DCF_HTTP_GET, "/v1/questions", READ, dcf_api_questions, 0, NULL },
	{ DCF_HTTP_GET, "/v1/parties", READ, dcf_api_parties_get, 0, NULL },
	{ DCF_HTTP_GET, "/v1/parties/{party}", READ, dcf_api_party_get, 0, NULL },
	{ DCF_HTTP_PUT, "/v1/parties/{party}", ADMIN, dcf_api_party_put, 0, NULL },
	{ DCF_HTTP_GET, "/v1/airspace", READ, dcf_api_airspace_get, 0, NULL },
	{ DCF_HTTP_PUT, "/v1/airspace", ADMIN, dcf_api_airspace_put, 0, NULL },
	{ DCF_HTTP_GET, "/v1/line", READ, dcf_api_line_get, 0, NULL },
	{ DCF_HTTP_PUT, "/v1/line/peers/{party}", ADMIN, dcf_api_line_peer_put, 0, NULL },
	{ DCF_HTTP_DELETE, "/v1/line/peers/{party}", ADMIN, dcf_api_line_peer_delete, 0, NULL },
	{ DCF_HTTP_GET, "/v1/line/peers/{party}/export", LINE, dcf_api_line_export, 0, NULL },
	{ DCF_HTTP_POST, "/v1/line/peers/{party}/import", LINE, dcf_api_line_import, DCF_LINE_FILE_MAX, NULL },
	{ DCF_HTTP_GET, "/v1/line/objects", READ, dcf_api_line_objects, 0, NULL },
	{ DCF_HTTP_GET, "/v1/line/objects/{id}", READ, dcf_api_line_object, 0, NULL },
	{ DCF_HTTP_POST, "/v1/line/messages", LINE, dcf_api_line_message_post, 0, NULL },
	{ DCF_HTTP_GET, "/v1/line/messages/{party}/{way}/{n}", READ, dcf_api_line_message_get, 0, NULL },
	{ DCF_HTTP_GET, "/v1/exchange/operational_intents", READ, dcf_api_exchange_intents, 0, NULL },
	{ DCF_HTTP_GET, "/v1/exchange/operational_intents/{id}", READ, dcf_api_exchange_intent, 0, NULL },
	{ DCF_HTTP_GET, "/v1/events", READ, dcf_api_events, 0, NULL },
	{ DCF_HTTP_GET, "/checkpoint", READ, dcf_api_record_head, 0, NULL },
	{ DCF_HTTP_GET, "/tile/{path...}", READ, dcf_api_record_tile, 0, NULL },
	{ DCF_HTTP_GET, "/v1/record/entries/{position}", READ, dcf_api_record_entry, 0, NULL },
	{ DCF_HTTP_GET, "/v1/record/proof", READ, dcf_api_record_proof, 0, NULL },
};
const size_t dcf_api_route_count = sizeof dcf_api_routes / sizeof *dcf_api_routes;

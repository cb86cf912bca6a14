/* SPDX-License-Identifier: Apache-2.0 */
/* test_utm_ask.c - bodies of requests to the exchange: one row for each sentence about them. */
#include "utm/fixture.h"

#include <string.h>

/* Pieces of bodies. */
#define CENTER                        "\"center\":{\"lat\":47.4,\"lng\":8.5}"
#define RADIUS(value, units)          "\"radius\":{\"value\":" #value ",\"units\":\"" units "\"}"
#define CIRCLE                        "\"outline_circle\":{" CENTER "," RADIUS(300.183, "M") "}"
#define V(lat, lng)                   "{\"lat\":" #lat ",\"lng\":" #lng "}"
#define VERTICES(...)                 "\"vertices\":[" __VA_ARGS__ "]"
#define POLYGON(...)                  "\"outline_polygon\":{" VERTICES(__VA_ARGS__) "}"
#define FOOTPRINT(...)                "\"footprint\":{" VERTICES(__VA_ARGS__) "}"
#define SQUARE                        V(47.4, 8.5) "," V(47.4, 8.51) "," V(47.41, 8.51) "," V(47.41, 8.5)
#define AUSTRALIA                     V(-12, 115) "," V(-12, 150) "," V(-35, 150) "," V(-35, 115)
#define BOW                           V(47.4, 8.5) "," V(47.41, 8.51) "," V(47.4, 8.51) "," V(47.41, 8.5)
#define ALT3(value, reference, units) "{\"value\":" value ",\"reference\":\"" reference "\",\"units\":\"" units "\"}"
#define ALT(value)                    ALT3(#value, "W84", "M")
#define BAND(lower, upper)            "\"altitude_lower\":" ALT(lower) ",\"altitude_upper\":" ALT(upper)
#define LEVELS                        BAND(100, 200)
#define TIME(value)                   "{\"value\":\"" value "\",\"format\":\"RFC3339\"}"
#define WINDOW(from, to)              "\"time_start\":" TIME(from) ",\"time_end\":" TIME(to)
#define SOON                          WINDOW("2026-06-01T12:10:00Z", "2026-06-01T13:10:00Z")
#define SPACE(...)                    "\"volume\":{" __VA_ARGS__ "}"
#define VOLUME                        "{" SPACE(CIRCLE "," LEVELS) "," SOON "}"
#define URL                           "\"uss_base_url\":\"https://uss1.example.com/utm\""
#define HTTP                          "\"uss_base_url\":\"http://uss1.example.com/utm\""
#define INTENT(more)                  "{\"extents\":[" VOLUME "]," URL "," more "}"
#define EXTENTS(...)                  "{\"extents\":[" __VA_ARGS__ "]," URL ",\"state\":\"Accepted\"}"
#define SPACES(...)                   EXTENTS("{" SPACE(__VA_ARGS__) "," SOON "}")
#define TIMES(times)                  EXTENTS("{" SPACE(CIRCLE "," LEVELS) "," times "}")
#define CONSTRAINT(...)               "{\"extents\":[" __VA_ARGS__ "]," URL "}"
#define NOTIFY                        "\"notify_for_operational_intents\":true"
#define ONE(...)                      "{\"extents\":{" __VA_ARGS__ "}," URL "," NOTIFY "}"
#define QUERY(...)                    "{\"area_of_interest\":{" __VA_ARGS__ "}}"
#define ACCEPTED                      "\"state\":\"Accepted\""
#define ACTIVATED                     "\"state\":\"Activated\""
#define ID                            "\"subscription_id\":\"94be9daf-0c39-4f35-8ab3-0123456789ab\""
#define NULL_ID                       "\"subscription_id\":\"00000000-0000-4000-8000-000000000000\""
#define NEW                           "\"new_subscription\":{" URL "}"
#define SUFFIX(id)                    "\"requested_ovn_suffix\":\"" id "\""
/* F3411-19 */
#define SPATIAL(...)   "\"spatial_volume\":{" __VA_ARGS__ "}"
#define BARE(from, to) "\"time_start\":\"" from "\",\"time_end\":\"" to "\""
#define BARE_SOON      BARE("2026-06-01T12:10:00Z", "2026-06-01T13:10:00Z")
#define FLIGHTS        "\"flights_url\":\"https://uss1.example.com/flights\""
#define ISA1(...)      "{\"extents\":{" __VA_ARGS__ "}," FLIGHTS "}"
#define CALLBACKS      "\"callbacks\":{\"identification_service_area_url\":\"https://uss1.example.com/isas\"}"
#define SUB1(...)      "{\"extents\":{" __VA_ARGS__ "}," CALLBACKS "}"
/* F3411-22a */
#define RID2(...) "{\"extents\":{" __VA_ARGS__ "}," URL "}"

#define NONE4   "spatial_volume missing required footprint"
#define EXT     "Missing or malformed required extents"
#define PARSING "Error parsing Volume4D"

struct row {
	const char *what;
	enum dcf_utm_form form;
	bool update, http;
	unsigned status; /* 0: taken */
	const char *body, *text;
};

static const struct row intents[] = {
	{ "the least that is enough", DCF_UTM_INTENT_PUT, 0, 0, 0, INTENT(ACCEPTED), NULL },
	{ "members that are not known", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  INTENT("\"flight_type\":\"VLOS\",\"x\":{\"y\":[1]}," ACCEPTED), NULL },
	{ "null is absent", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  INTENT("\"key\":null,\"subscription_id\":null,\"new_subscription\":null,\"requested_ovn_suffix\":null," ACCEPTED),
	  NULL },
	/* the text */
	{ "nothing", DCF_UTM_INTENT_PUT, 0, 0, 400, "", "Malformed body" },
	{ "no JSON", DCF_UTM_INTENT_PUT, 0, 0, 400, "{\"extents\":[}", "byte 12" },
	{ "no object", DCF_UTM_INTENT_PUT, 0, 0, 400, "[1]", "found an array, expected a JSON object" },
	{ "null", DCF_UTM_INTENT_PUT, 0, 0, 400, "null", "a JSON object" },
	{ "a member twice: the last counts", DCF_UTM_INTENT_PUT, 0, 0, 0, INTENT("\"state\":\"Ended\"," ACCEPTED), NULL },
	{ "and the first does not", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT(ACCEPTED ",\"state\":\"Ended\""), "found \"Ended\"" },
	{ "nor where the last is null", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT(ACCEPTED ",\"stat\\u0065\":null"),
	  "found nothing" },
	{ "the last of an object's objects", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  INTENT("\"new_subscription\":{" URL "},\"new_subscription\":{}," ACCEPTED),
	  "Missing required USS base URL at /new_subscription" },
	{ "blanks around the object", DCF_UTM_INTENT_PUT, 0, 0, 0, "\r\n" INTENT(ACCEPTED) "\t\n ", NULL },
	{ "behind it nothing else may stand", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT(ACCEPTED) " {]\xff \"", "Malformed body" },
	{ "nor another", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT(ACCEPTED) INTENT("\"state\":\"Ended\""), "Malformed body" },
	{ "nor a letter", DCF_UTM_INTENT_PUT, 0, 0, 400, "{}x", "something else at byte 2" },
	{ "before it nothing", DCF_UTM_INTENT_PUT, 0, 0, 400, "x" INTENT(ACCEPTED), "byte 0" },
	{ "a number beyond doubles", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT("\"x\":1e999," ACCEPTED), "Malformed body" },
	/* 1. base URL */
	{ "no URL", DCF_UTM_INTENT_PUT, 0, 0, 400, "{\"extents\":[" VOLUME "]," ACCEPTED "}",
	  "Missing required USS base URL at /uss_base_url: found nothing" },
	{ "an empty URL", DCF_UTM_INTENT_PUT, 0, 0, 400, "{\"extents\":[" VOLUME "],\"uss_base_url\":\"\"," ACCEPTED "}",
	  "Missing required USS base URL" },
	{ "a URL of the wrong type", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  "{\"extents\":[" VOLUME "],\"uss_base_url\":7," ACCEPTED "}", "found 7" },
	{ "http", DCF_UTM_INTENT_PUT, 0, 0, 400, "{\"extents\":[" VOLUME "]," HTTP "," ACCEPTED "}", "must use TLS" },
	{ "http where it is allowed", DCF_UTM_INTENT_PUT, 0, 1, 0, "{\"extents\":[" VOLUME "]," HTTP "," ACCEPTED "}", NULL },
	{ "https in capitals", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  "{\"extents\":[" VOLUME "],\"uss_base_url\":\"HTTPS://uss1\"," ACCEPTED "}", NULL },
	{ "another scheme", DCF_UTM_INTENT_PUT, 0, 1, 400,
	  "{\"extents\":[" VOLUME "],\"uss_base_url\":\"ftp://uss1\"," ACCEPTED "}", "https scheme" },
	{ "a scheme and nothing", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  "{\"extents\":[" VOLUME "],\"uss_base_url\":\"https://\"," ACCEPTED "}", "https" },
	{ "a URL with a blank", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  "{\"extents\":[" VOLUME "],\"uss_base_url\":\"https://a b\"," ACCEPTED "}", "Invalid URL" },
	/* 1. subscriptions */
	{ "a subscription", DCF_UTM_INTENT_PUT, 0, 0, 0, INTENT(ID "," ACCEPTED), NULL },
	{ "a subscription without a name is none", DCF_UTM_INTENT_PUT, 0, 0, 0, INTENT("\"subscription_id\":\"\"," ACCEPTED),
	  NULL },
	{ "what references without one show is an id, of what does not exist", DCF_UTM_INTENT_PUT, 1, 0, 0,
	  INTENT(NULL_ID "," ACTIVATED), NULL },
	{ "a subscription's id of version 1", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  INTENT("\"subscription_id\":\"94be9daf-0c39-1f35-8ab3-0123456789ab\"," ACCEPTED),
	  "Invalid ID format for Subscription ID at /subscription_id" },
	{ "a subscription's id that is a number", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT("\"subscription_id\":1," ACCEPTED),
	  "Subscription ID" },
	{ "a new subscription", DCF_UTM_INTENT_PUT, 0, 0, 0, INTENT(NEW "," ACCEPTED), NULL },
	{ "a new subscription without a URL", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT("\"new_subscription\":{}," ACCEPTED),
	  "Missing required USS base URL at /new_subscription/uss_base_url" },
	{ "a new subscription by http", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT("\"new_subscription\":{" HTTP "}," ACCEPTED),
	  "must use TLS at /new_subscription" },
	{ "a new subscription by http where it is allowed", DCF_UTM_INTENT_PUT, 0, 1, 0,
	  INTENT("\"new_subscription\":{" HTTP "}," ACCEPTED), NULL },
	{ "a new subscription that is no object", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT("\"new_subscription\":[]," ACCEPTED),
	  "Invalid new_subscription" },
	{ "a flag that is no boolean", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  INTENT("\"new_subscription\":{" URL ",\"notify_for_constraints\":1}," ACCEPTED), "Not a boolean" },
	{ "both", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT(ID "," NEW "," ACCEPTED), "Cannot provide both" },
	{ "both, one without a name", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT("\"subscription_id\":\"\"," NEW "," ACCEPTED),
	  "Cannot provide both" },
	/* 1. state */
	{ "no state", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT("\"x\":1"),
	  "Invalid OperationalIntent state at /state: found nothing" },
	{ "Ended is no state", DCF_UTM_INTENT_PUT, 1, 0, 400, INTENT("\"state\":\"Ended\""), "found \"Ended\"" },
	{ "accepted is no state", DCF_UTM_INTENT_PUT, 1, 0, 400, INTENT("\"state\":\"accepted\""),
	  "Invalid OperationalIntent state" },
	{ "made in another state", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT(NEW "," ACTIVATED),
	  "Invalid state for initial version at /state: found Activated" },
	{ "changed into another state", DCF_UTM_INTENT_PUT, 1, 0, 0, INTENT(NEW "," ACTIVATED), NULL },
	{ "Nonconforming", DCF_UTM_INTENT_PUT, 1, 0, 0, INTENT(ID ",\"state\":\"Nonconforming\""), NULL },
	{ "Contingent", DCF_UTM_INTENT_PUT, 1, 0, 0, INTENT(ID ",\"state\":\"Contingent\""), NULL },
	{ "Activated without a subscription", DCF_UTM_INTENT_PUT, 1, 0, 400, INTENT(ACTIVATED),
	  "requires either a subscription ID" },
	{ "Contingent without a subscription", DCF_UTM_INTENT_PUT, 1, 0, 400,
	  INTENT("\"subscription_id\":\"\",\"state\":\"Contingent\""), "requires either" },
	/* 1. extents */
	{ "no extents", DCF_UTM_INTENT_PUT, 0, 0, 400, "{" URL "," ACCEPTED "}", "Missing extents at /extents: found nothing" },
	{ "extents without volumes", DCF_UTM_INTENT_PUT, 0, 0, 400, EXTENTS(""), "Missing extents" },
	{ "extents that are no array", DCF_UTM_INTENT_PUT, 0, 0, 400, "{\"extents\":" VOLUME "," URL "," ACCEPTED "}",
	  "an array of one volume" },
	{ "a volume that is none", DCF_UTM_INTENT_PUT, 0, 0, 400, EXTENTS(VOLUME ",7"),
	  "Not a Volume4D at /extents/1: found 7" },
	{ "two volumes", DCF_UTM_INTENT_PUT, 0, 0, 0, EXTENTS(VOLUME "," VOLUME), NULL },
	{ "no start", DCF_UTM_INTENT_PUT, 0, 0, 400, TIMES("\"time_end\":" TIME("2026-06-01T13:10:00Z")),
	  "Missing start time at /extents/0/time_start" },
	{ "no end", DCF_UTM_INTENT_PUT, 0, 0, 400, TIMES("\"time_start\":" TIME("2026-06-01T12:10:00Z")), "Missing end time" },
	{ "no lower altitude", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(CIRCLE ",\"altitude_upper\":" ALT(200)),
	  "Missing lower altitude at /extents/0/volume/altitude_lower" },
	{ "no upper altitude", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(CIRCLE ",\"altitude_lower\":" ALT(200)),
	  "Missing upper altitude" },
	{ "one of two without times", DCF_UTM_INTENT_PUT, 0, 0, 400, EXTENTS(VOLUME ",{" SPACE(CIRCLE "," LEVELS) "}"),
	  "Missing start time at /extents/1" },
	{ "over", DCF_UTM_INTENT_PUT, 0, 0, 400, TIMES(WINDOW("2026-06-01T10:00:00Z", "2026-06-01T11:59:59Z")),
	  "End time may not be in the past" },
	{ "over, but for one volume", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  EXTENTS("{" SPACE(CIRCLE "," LEVELS) "," WINDOW("2026-06-01T10:00:00Z", "2026-06-01T11:00:00Z") "}," VOLUME), NULL },
	{ "begun long ago", DCF_UTM_INTENT_PUT, 0, 0, 0, TIMES(WINDOW("2025-06-01T10:00:00Z", "2026-06-01T12:00:00Z")), NULL },
	/* 1. suffix */
	{ "a suffix of now", DCF_UTM_INTENT_PUT, 0, 0, 0, INTENT(SUFFIX("019e830e-1a00-7abc-8def-0123456789ab") "," ACCEPTED),
	  NULL },
	{ "a suffix of 5 minutes ago", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  INTENT(SUFFIX("019e8309-8620-7abc-8def-0123456789ab") "," ACCEPTED), NULL },
	{ "a suffix of more", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  INTENT(SUFFIX("019e8309-861f-7abc-8def-0123456789ab") "," ACCEPTED), "a time too long ago" },
	{ "a suffix of in 5 minutes", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  INTENT(SUFFIX("019e8312-ade0-7abc-8def-0123456789ab") "," ACCEPTED), NULL },
	{ "a suffix of later", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  INTENT(SUFFIX("019e8312-ade1-7abc-8def-0123456789ab") "," ACCEPTED), "a time too far ahead" },
	{ "a suffix of version 4", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  INTENT(SUFFIX("019e830e-1a00-4abc-8def-0123456789ab") "," ACCEPTED), "a UUID of version 7" },
	{ "a suffix without hyphens", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  INTENT(SUFFIX("019e830e1a007abc8def0123456789ab") "," ACCEPTED), "a UUID of version 7, hyphenated" },
	{ "a suffix in braces", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  INTENT(SUFFIX("{019e830e-1a00-7abc-8def-0123456789ab}") "," ACCEPTED), "a UUID of version 7, hyphenated" },
	{ "a suffix that is no text", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT("\"requested_ovn_suffix\":7," ACCEPTED),
	  "a UUID of version 7" },
	{ "a suffix that is no UUID", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT(SUFFIX("abc") "," ACCEPTED),
	  "Invalid requested OVN suffix" },
	/* key */
	{ "a key", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  INTENT("\"key\":[\"bbbbbbbbbbbbbbbb\",\"aaaaaaaaaaaaaaaa\",\"bbbbbbbbbbbbbbbb\"]," ACCEPTED), NULL },
	{ "a key of what is no OVN", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  INTENT("\"key\":[\"\",\"x\",\"Available from USS\"]," ACCEPTED), NULL },
	{ "a key that is a text", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT("\"key\":\"aaaaaaaaaaaaaaaa\"," ACCEPTED),
	  "Invalid key at /key" },
	{ "a key with a number", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT("\"key\":[\"aaaaaaaaaaaaaaaa\",3]," ACCEPTED),
	  "Invalid key at /key/1: found 3" },
	/* order: the first of two faults is told */
	{ "URL before subscription", DCF_UTM_INTENT_PUT, 0, 0, 400, "{\"subscription_id\":1}", "USS base URL" },
	{ "subscription before state", DCF_UTM_INTENT_PUT, 0, 0, 400, "{" URL ",\"subscription_id\":1}", "Subscription ID" },
	{ "both before state", DCF_UTM_INTENT_PUT, 0, 0, 400, "{" URL "," ID "," NEW "}", "Cannot provide both" },
	{ "state before extents", DCF_UTM_INTENT_PUT, 0, 0, 400, "{" URL "}", "OperationalIntent state" },
	{ "extents before the first state", DCF_UTM_INTENT_PUT, 0, 0, 400, "{" URL "," ACTIVATED "}", "Missing extents" },
	{ "the first state before the suffix", DCF_UTM_INTENT_PUT, 0, 0, 400, INTENT(SUFFIX("abc") "," ACTIVATED),
	  "initial version" },
	{ "the suffix before the missing subscription", DCF_UTM_INTENT_PUT, 1, 0, 400, INTENT(SUFFIX("abc") "," ACTIVATED),
	  "OVN suffix" },
};

static const struct row volumes[] = {
	{ "a polygon", DCF_UTM_INTENT_PUT, 0, 0, 0, SPACES(POLYGON(SQUARE) "," LEVELS), NULL },
	{ "the other winding", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES(POLYGON(V(47.41, 8.5) "," V(47.41, 8.51) "," V(47.4, 8.51) "," V(47.4, 8.5)) "," LEVELS), NULL },
	{ "circle and polygon", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(POLYGON(SQUARE) "," CIRCLE "," LEVELS),
	  "Both circle and polygon" },
	{ "neither", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(LEVELS), "Missing footprint at /extents/0/volume" },
	{ "neither, of a constraint", DCF_UTM_CONSTRAINT_PUT, 0, 0, 400, CONSTRAINT("{" SPACE(LEVELS) "," SOON "}"),
	  "Missing footprint" },
	{ "no volume at all", DCF_UTM_INTENT_PUT, 0, 0, 400, EXTENTS("{" SOON "}"), "Missing footprint" },
	{ "an outline that is null and one", DCF_UTM_INTENT_PUT, 0, 0, 0, SPACES("\"outline_polygon\":null," CIRCLE "," LEVELS),
	  NULL },
	{ "a polygon that is no object", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES("\"outline_polygon\":[]," LEVELS),
	  "/extents/0/volume/outline_polygon: found an array" },
	/* altitudes */
	{ "feet", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(CIRCLE ",\"altitude_lower\":" ALT3("1", "W84", "FT") ",\"altitude_upper\":" ALT(2)),
	  "/extents/0/volume/altitude_lower/units: found \"FT\", expected M" },
	{ "above the ground", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(CIRCLE ",\"altitude_lower\":" ALT(1) ",\"altitude_upper\":" ALT3("2", "AGL", "M")),
	  "/altitude_upper/reference: found \"AGL\", expected W84" },
	{ "a height that is a text", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(CIRCLE ",\"altitude_lower\":" ALT3("\"1\"", "W84", "M") ",\"altitude_upper\":" ALT(2)), "Invalid altitude" },
	{ "no height", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(CIRCLE ",\"altitude_lower\":{\"reference\":\"W84\",\"units\":\"M\"}"), "Invalid altitude" },
	{ "a height beyond all", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(CIRCLE "," BAND(1e7, 1.1e7)), "Invalid altitude" },
	{ "deep under the ground", DCF_UTM_INTENT_PUT, 0, 0, 0, SPACES(CIRCLE "," BAND(-9000, 200)), NULL },
	{ "lower above upper", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(CIRCLE "," BAND(201, 200)),
	  "Lower altitude cannot be greater" },
	{ "lower is upper", DCF_UTM_INTENT_PUT, 0, 0, 0, SPACES(CIRCLE "," BAND(200, 200)), NULL },
	/* times */
	{ "start after end", DCF_UTM_INTENT_PUT, 0, 0, 400, TIMES(WINDOW("2026-06-01T13:00:00Z", "2026-06-01T12:59:59.999Z")),
	  "Start time cannot be after end" },
	{ "start is end", DCF_UTM_INTENT_PUT, 0, 0, 0, TIMES(WINDOW("2026-06-01T13:00:00Z", "2026-06-01T13:00:00Z")), NULL },
	{ "offsets and fractions", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  TIMES(WINDOW("2026-06-01T14:00:00.123456789+02:00", "2026-06-01T06:00:00.5-07:00")), NULL },
	{ "a time without format", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  TIMES("\"time_start\":{\"value\":\"2026-06-01T12:10:00Z\"},\"time_end\":{\"value\":\"2026-06-01T12:20:00Z\","
		"\"format\":\"\"}"),
	  NULL },
	{ "a time without zone", DCF_UTM_INTENT_PUT, 0, 0, 400, TIMES(WINDOW("2026-06-01T12:10:00", "2026-06-01T12:20:00Z")),
	  "no time zone" },
	{ "a time that is none", DCF_UTM_INTENT_PUT, 0, 0, 400, TIMES(WINDOW("soon", "2026-06-01T12:20:00Z")),
	  "Error converting time at /extents/0/time_start/value" },
	{ "a bare time", DCF_UTM_INTENT_PUT, 0, 0, 400, TIMES("\"time_start\":\"2026-06-01T12:10:00Z\""),
	  "Error converting time" },
	{ "a time without value", DCF_UTM_INTENT_PUT, 0, 0, 400, TIMES("\"time_start\":{\"format\":\"RFC3339\"}"),
	  "Error converting time" },
	/* circles */
	{ "a radius without units", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES("\"outline_circle\":{" CENTER ",\"radius\":{\"value\":1}}," LEVELS), NULL },
	{ "a radius in other units is not looked at", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES("\"outline_circle\":{" CENTER "," RADIUS(1, "FT") "}," LEVELS), NULL },
	{ "a radius of 0", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES("\"outline_circle\":{" CENTER "," RADIUS(0, "M") "}," LEVELS),
	  "Radius must be larger than 0" },
	{ "a radius below 0", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES("\"outline_circle\":{" CENTER "," RADIUS(-5, "M") "}," LEVELS), "Radius must be larger than 0" },
	{ "circles have no greatest area", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES("\"outline_circle\":{" CENTER "," RADIUS(500000, "M") "}," LEVELS), NULL },
	{ "half the earth", DCF_UTM_INTENT_PUT, 0, 0, 0, SPACES("\"outline_circle\":{" CENTER "," RADIUS(1e7, "M") "}," LEVELS),
	  NULL },
	{ "more than there is", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES("\"outline_circle\":{" CENTER "," RADIUS(1e300, "M") "}," LEVELS), NULL },
	{ "more than a number holds", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES("\"outline_circle\":{" CENTER "," RADIUS(1e999, "M") "}," LEVELS), "Malformed body" },
	{ "no radius", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES("\"outline_circle\":{" CENTER "}," LEVELS), "Missing radius" },
	{ "no centre", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES("\"outline_circle\":{" RADIUS(5, "M") "}," LEVELS),
	  "/outline_circle/center" },
	{ "a circle over the North Pole", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES("\"outline_circle\":{\"center\":" V(90, 0) "," RADIUS(5, "M") "}," LEVELS), NULL },
	{ "a circle over the antimeridian", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES("\"outline_circle\":{\"center\":" V(0, 180) "," RADIUS(5, "M") "}," LEVELS), NULL },
	/* positions */
	{ "latitude 90.1", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES("\"outline_circle\":{\"center\":" V(90.1, 0) "," RADIUS(5, "M") "}," LEVELS), "Latitude out of range" },
	{ "longitude -180.1", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(POLYGON(V(0, 0) "," V(1, -180.1) "," V(1, 1)) "," LEVELS),
	  "Longitude out of range at /extents/0/volume/outline_polygon/vertices/1" },
	{ "no longitude", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(POLYGON(V(0, 0) ",{\"lat\":1}," V(1, 1)) "," LEVELS),
	  "No position at /extents/0/volume/outline_polygon/vertices/1" },
	{ "a position that is an array", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(POLYGON(V(0, 0) ",[1,2]," V(1, 1)) "," LEVELS),
	  "No position" },
	/* polygons */
	{ "two vertices", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(POLYGON(V(0, 0) "," V(0, 1)) "," LEVELS),
	  "Not enough points in polygon" },
	{ "no vertices", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES("\"outline_polygon\":{}," LEVELS),
	  "Not enough points in polygon" },
	{ "vertices that are no array", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES("\"outline_polygon\":{\"vertices\":3}," LEVELS),
	  "an array of vertices" },
	{ "a vertex twice", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(POLYGON(V(0, 0) "," V(0, 0.1) "," V(0, 0.1) "," V(0.1, 0)) "," LEVELS), "vertex 2 equal to vertex 1" },
	{ "closed", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(POLYGON(SQUARE "," V(47.4, 8.5)) "," LEVELS),
	  "vertex 4 equal to vertex 0, expected a ring that closes by itself" },
	{ "180 east and west", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(POLYGON(V(0, 180) "," V(0.1, -180) "," V(0, -180)) "," LEVELS), "vertex 2 equal to vertex 0" },
	{ "the pole twice", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(POLYGON(V(90, 0) "," V(89.9, 0) "," V(90, 10)) "," LEVELS),
	  "vertex 2 equal to vertex 0" },
	{ "a bow", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(POLYGON(BOW) "," LEVELS),
	  "edges between vertices 0-1 and 2-3 that cross or touch" },
	{ "a corner on an edge", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(POLYGON(V(0, 0) "," V(0.02, 0) "," V(0.02, 0.01) "," V(0.01, 0) "," V(0, 0.01)) "," LEVELS),
	  "edges between vertices 0-1 and 2-3" },
	{ "edges on one another", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(POLYGON(V(0, 0) "," V(0.03, 0) "," V(0.03, 0.01) "," V(0.02, 0) "," V(0.01, 0) "," V(0, 0.01)) "," LEVELS),
	  "cross or touch" },
	{ "there and back", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(POLYGON(V(0, 0) "," V(0.03, 0) "," V(0.01, 0) "," V(0.01, 0.01)) "," LEVELS), "well-formed area" },
	{ "no area: a line", DCF_UTM_INTENT_PUT, 0, 0, 0, SPACES(POLYGON(V(0, 0) "," V(0.02, 0) "," V(0.01, 0)) "," LEVELS),
	  NULL },
	{ "no area: four along the equator", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES(POLYGON(V(0, 0) "," V(0, 1) "," V(0, 2) "," V(0, 3)) "," LEVELS), NULL },
	{ "no area, over the pole", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES(POLYGON(V(89, 0) "," V(90, 0) "," V(89, 180)) "," LEVELS), NULL },
	{ "around the pole", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES(POLYGON(V(89.9, 0) "," V(89.9, 90) "," V(89.9, 180) "," V(89.9, -90)) "," LEVELS), NULL },
	{ "around the south pole, too large", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(POLYGON(V(-80, 0) "," V(-80, 120) "," V(-80, -120)) "," LEVELS), "too large" },
	{ "over the antimeridian", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES(POLYGON(V(0, 179.9) "," V(0, -179.9) "," V(0.1, -179.9) "," V(0.1, 179.9)) "," LEVELS), NULL },
	/* areas */
	{ "too large", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(POLYGON(AUSTRALIA) "," LEVELS),
	  "too large at /extents/0/volume/outline_polygon/vertices" },
	{ "too large for any plane", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(POLYGON(V(0, 0) "," V(0, 120) "," V(0, -120)) "," LEVELS), "too large" },
	{ "opposite places", DCF_UTM_INTENT_PUT, 0, 0, 400, SPACES(POLYGON(V(0, 0) "," V(0, 180) "," V(80, 90)) "," LEVELS),
	  "too large" },
	{ "a line around half the earth", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(POLYGON(V(0, -80) "," V(0.0001, 0) "," V(0, 85) "," V(-0.0001, 0)) "," LEVELS), "80 degrees" },
	{ "just within", DCF_UTM_INTENT_PUT, 0, 0, 0,
	  SPACES(POLYGON(V(0, 0) "," V(0, 0.45) "," V(0.4511, 0.45) "," V(0.4511, 0)) "," LEVELS), NULL },
	{ "just beyond", DCF_UTM_INTENT_PUT, 0, 0, 400,
	  SPACES(POLYGON(V(0, 0) "," V(0, 0.45) "," V(0.4516, 0.45) "," V(0.4516, 0)) "," LEVELS), "found 2502 km2" },
	{ "too large, of a constraint", DCF_UTM_CONSTRAINT_PUT, 0, 0, 400,
	  CONSTRAINT("{" SPACE(POLYGON(AUSTRALIA)) "," SOON "}"), "too large" },
	{ "too large, of a subscription", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 400, ONE(SPACE(POLYGON(AUSTRALIA))), "too large" },
	{ "too large, of a query for intents", DCF_UTM_INTENT_QUERY, 0, 0, 400, QUERY(SPACE(POLYGON(AUSTRALIA))), "too large" },
	{ "too large, of a query for constraints", DCF_UTM_CONSTRAINT_QUERY, 0, 0, 413, QUERY(SPACE(POLYGON(AUSTRALIA))),
	  "too large" },
	{ "too large, of a query for subscriptions", DCF_UTM_SUBSCRIPTION_QUERY, 0, 0, 413, QUERY(SPACE(POLYGON(AUSTRALIA))),
	  "too large" },
};

static const struct row others[] = {
	/* constraints */
	{ "a constraint at all levels", DCF_UTM_CONSTRAINT_PUT, 0, 0, 0, CONSTRAINT("{" SPACE(CIRCLE) "," SOON "}"), NULL },
	{ "a constraint without times", DCF_UTM_CONSTRAINT_PUT, 0, 0, 400, CONSTRAINT("{" SPACE(CIRCLE) "}"),
	  "Missing start time" },
	{ "a constraint that is over", DCF_UTM_CONSTRAINT_PUT, 1, 0, 400,
	  CONSTRAINT("{" SPACE(CIRCLE) "," WINDOW("2026-06-01T10:00:00Z", "2026-06-01T11:00:00Z") "}"), "in the past" },
	{ "a constraint by http", DCF_UTM_CONSTRAINT_PUT, 0, 0, 400, "{\"extents\":[" VOLUME "]," HTTP "}", "TLS" },
	{ "a constraint without URL", DCF_UTM_CONSTRAINT_PUT, 0, 0, 400, "{\"extents\":[" VOLUME "]}",
	  "Missing required USS base URL" },
	{ "a constraint without extents", DCF_UTM_CONSTRAINT_PUT, 0, 0, 400, "{" URL "}", "Missing extents" },
	/* subscriptions */
	{ "a subscription", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 0, ONE(SPACE(CIRCLE "," LEVELS) "," SOON), NULL },
	{ "a subscription without a footprint", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 0, ONE(SPACE(LEVELS) "," SOON), NULL },
	{ "a subscription of nothing", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 0, ONE(""), NULL },
	{ "a subscription for constraints", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 0,
	  "{\"extents\":{" SPACE(CIRCLE) "}," URL ",\"notify_for_constraints\":true}", NULL },
	{ "a subscription for nothing", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 400,
	  "{\"extents\":{" SPACE(CIRCLE) "}," URL ",\"notify_for_constraints\":false}", "No notification triggers" },
	{ "a subscription with a flag that is none", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 400,
	  "{\"extents\":{" SPACE(CIRCLE) "}," URL ",\"notify_for_constraints\":\"true\"}", "Not a boolean" },
	{ "a subscription without extents", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 0, "{" URL "," NOTIFY "}", NULL },
	{ "or with none", DCF_UTM_SUBSCRIPTION_PUT, 1, 0, 0, "{\"extents\":null," URL "," NOTIFY "}", NULL },
	{ "but not with a list", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 400, "{\"extents\":[]," URL "," NOTIFY "}", "Not a Volume4D" },
	{ "a subscription from 5 minutes ago", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 0,
	  ONE(SPACE(CIRCLE) "," WINDOW("2026-06-01T11:55:00Z", "2026-06-01T13:00:00Z")), NULL },
	{ "a subscription from before", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 400,
	  ONE(SPACE(CIRCLE) "," WINDOW("2026-06-01T11:54:59Z", "2026-06-01T13:00:00Z")),
	  "Subscription time_start must not be in the past at /extents/time_start" },
	{ "when it is changed, it may stand so", DCF_UTM_SUBSCRIPTION_PUT, 1, 0, 0,
	  ONE(SPACE(CIRCLE) "," WINDOW("2026-06-01T11:54:59Z", "2026-06-01T13:00:00Z")), NULL },
	{ "24 hours", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 0,
	  ONE(SPACE(CIRCLE) "," WINDOW("2026-06-01T13:00:00Z", "2026-06-02T13:00:00Z")), NULL },
	{ "more than 24 hours", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 400,
	  ONE(SPACE(CIRCLE) "," WINDOW("2026-06-01T13:00:00Z", "2026-06-02T13:00:00.000001Z")), "exceeds 24 hours" },
	{ "24 hours from now", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 0,
	  ONE(SPACE(CIRCLE) ",\"time_end\":" TIME("2026-06-02T12:00:00Z")), NULL },
	{ "more than 24 hours from now", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 400,
	  ONE(SPACE(CIRCLE) ",\"time_end\":" TIME("2026-06-02T12:00:01Z")), "exceeds 24 hours" },
	{ "an end before now", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 400,
	  ONE(SPACE(CIRCLE) ",\"time_end\":" TIME("2026-06-01T11:59:59Z")), "time_end must be after time_start" },
	{ "an end before the start", DCF_UTM_SUBSCRIPTION_PUT, 0, 0, 400,
	  ONE(SPACE(CIRCLE) "," WINDOW("2026-06-01T14:00:00Z", "2026-06-01T13:00:00Z")), "Start time cannot be after" },
	/* queries */
	{ "a query", DCF_UTM_INTENT_QUERY, 0, 0, 0, QUERY(SPACE(CIRCLE "," LEVELS) "," SOON), NULL },
	{ "a query without bounds", DCF_UTM_INTENT_QUERY, 0, 0, 0, QUERY(SPACE(CIRCLE)), NULL },
	{ "a query into the past", DCF_UTM_INTENT_QUERY, 0, 0, 0,
	  QUERY(SPACE(CIRCLE) "," WINDOW("2020-06-01T14:00:00Z", "2020-06-01T15:00:00Z")), NULL },
	{ "a query for nothing", DCF_UTM_INTENT_QUERY, 0, 0, 400, "{}", "Missing volume at /area_of_interest" },
	{ "a query for constraints nowhere", DCF_UTM_CONSTRAINT_QUERY, 0, 0, 400, "{\"area_of_interest\":null}",
	  "/area_of_interest" },
	{ "a query without a footprint", DCF_UTM_CONSTRAINT_QUERY, 0, 0, 400, QUERY(SPACE(LEVELS)), "Missing footprint" },
	{ "a query for subscriptions without a footprint", DCF_UTM_SUBSCRIPTION_QUERY, 0, 0, 400, QUERY(SPACE(LEVELS)),
	  "Missing footprint" },
	{ "a query with a bow", DCF_UTM_SUBSCRIPTION_QUERY, 0, 0, 400, QUERY(SPACE(POLYGON(BOW))), "cross or touch" },
	{ "a query with start after end", DCF_UTM_SUBSCRIPTION_QUERY, 0, 0, 400,
	  QUERY(SPACE(CIRCLE) "," WINDOW("2026-06-01T14:00:00Z", "2026-06-01T13:00:00Z")), "Start time" },
	/* availability */
	{ "normal", DCF_UTM_AVAILABILITY_PUT, 0, 0, 0, "{\"availability\":\"nORMAL\",\"old_version\":\"\"}", NULL },
	{ "down", DCF_UTM_AVAILABILITY_PUT, 0, 0, 0, "{\"availability\":\"Down\",\"old_version\":\"abc\"}", NULL },
	{ "empty", DCF_UTM_AVAILABILITY_PUT, 0, 0, 0, "{\"availability\":\"\",\"old_version\":\"\"}", NULL },
	{ "another word", DCF_UTM_AVAILABILITY_PUT, 0, 0, 400, "{\"availability\":\"Up\",\"old_version\":\"\"}",
	  "Invalid availability state at /availability: found \"Up\"" },
	{ "a number", DCF_UTM_AVAILABILITY_PUT, 0, 0, 400, "{\"availability\":1}", "Invalid availability state" },
	{ "an old version that is a number", DCF_UTM_AVAILABILITY_PUT, 0, 0, 400,
	  "{\"availability\":\"Down\",\"old_version\":1}", "Invalid old_version" },
};

static const struct row remote_id[] = {
	/* F3411-19 */
	{ "v1: an area", DCF_UTM_ISA_PUT_V1, 0, 0, 0,
	  ISA1(SPATIAL(FOOTPRINT(SQUARE) ",\"altitude_lo\":20,\"altitude_hi\":400.5") "," BARE_SOON), NULL },
	{ "v1: no URL", DCF_UTM_ISA_PUT_V1, 0, 0, 400, "{\"extents\":{" SPATIAL(FOOTPRINT(SQUARE)) "," BARE_SOON "}}",
	  "at /flights_url" },
	{ "v1: http", DCF_UTM_ISA_PUT_V1, 0, 0, 400,
	  "{\"extents\":{" SPATIAL(FOOTPRINT(SQUARE)) "," BARE_SOON "},\"flights_url\":\"http://a\"}", "TLS" },
	{ "v1: http where it is allowed", DCF_UTM_ISA_PUT_V1, 0, 1, 0,
	  "{\"extents\":{" SPATIAL(FOOTPRINT(SQUARE)) "," BARE_SOON "},\"flights_url\":\"http://a\"}", NULL },
	{ "v1: no extents", DCF_UTM_ISA_PUT_V1, 0, 0, 400, "{" FLIGHTS "}", EXT },
	{ "v1: no spatial volume", DCF_UTM_ISA_PUT_V1, 0, 0, 400, ISA1(BARE_SOON), EXT },
	{ "v1: no footprint", DCF_UTM_ISA_PUT_V1, 0, 0, 400, ISA1(SPATIAL("") "," BARE_SOON), EXT ": " NONE4 },
	{ "v1: no vertices", DCF_UTM_ISA_PUT_V1, 0, 0, 400, ISA1(SPATIAL(FOOTPRINT("")) "," BARE_SOON),
	  EXT ": Not enough points in polygon" },
	{ "v1: two vertices", DCF_UTM_ISA_PUT_V1, 0, 0, 400, ISA1(SPATIAL(FOOTPRINT(V(0, 0) "," V(1, 1))) "," BARE_SOON),
	  "Not enough points in polygon" },
	{ "v1: a circle is not known", DCF_UTM_ISA_PUT_V1, 0, 0, 400, ISA1(SPATIAL(CIRCLE) "," BARE_SOON), EXT },
	{ "v1: too large", DCF_UTM_ISA_PUT_V1, 0, 0, 400, ISA1(SPATIAL(FOOTPRINT(AUSTRALIA)) "," BARE_SOON), "too large" },
	{ "v1: a bow", DCF_UTM_ISA_PUT_V1, 0, 0, 400, ISA1(SPATIAL(FOOTPRINT(BOW)) "," BARE_SOON), "cross or touch" },
	{ "v1: no end", DCF_UTM_ISA_PUT_V1, 0, 0, 400,
	  ISA1(SPATIAL(FOOTPRINT(SQUARE)) ",\"time_start\":\"2026-06-01T12:10:00Z\""), "must have an time_end" },
	{ "v1: no end, changed: as it was", DCF_UTM_ISA_PUT_V1, 1, 0, 0,
	  ISA1(SPATIAL(FOOTPRINT(SQUARE)) ",\"time_start\":\"2026-06-01T12:10:00Z\""), NULL },
	{ "v1: no start", DCF_UTM_ISA_PUT_V1, 0, 0, 0,
	  ISA1(SPATIAL(FOOTPRINT(SQUARE)) ",\"time_end\":\"2026-06-01T12:10:00Z\""), NULL },
	{ "v1: from long ago", DCF_UTM_ISA_PUT_V1, 0, 0, 400,
	  ISA1(SPATIAL(FOOTPRINT(SQUARE)) "," BARE("2026-06-01T11:54:59Z", "2026-06-01T13:00:00Z")),
	  "IdentificationServiceArea time_start must not be in the past" },
	{ "v1: an end before the start", DCF_UTM_ISA_PUT_V1, 0, 0, 400,
	  ISA1(SPATIAL(FOOTPRINT(SQUARE)) "," BARE("2026-06-01T13:00:01Z", "2026-06-01T13:00:00Z")),
	  "IdentificationServiceArea time_end must be after time_start" },
	{ "v1: a week", DCF_UTM_ISA_PUT_V1, 0, 0, 0,
	  ISA1(SPATIAL(FOOTPRINT(SQUARE)) "," BARE("2026-06-01T13:00:01Z", "2026-06-08T13:00:00Z")), NULL },
	{ "v1: a time with a format", DCF_UTM_ISA_PUT_V1, 0, 0, 400, ISA1(SPATIAL(FOOTPRINT(SQUARE)) "," SOON),
	  "Error converting time" },
	{ "v1: lower above upper", DCF_UTM_ISA_PUT_V1, 0, 0, 400,
	  ISA1(SPATIAL(FOOTPRINT(SQUARE) ",\"altitude_lo\":401,\"altitude_hi\":400") "," BARE_SOON), "Lower altitude" },
	{ "v1: an altitude with units", DCF_UTM_ISA_PUT_V1, 0, 0, 400,
	  ISA1(SPATIAL(FOOTPRINT(SQUARE) ",\"altitude_lo\":" ALT(3)) "," BARE_SOON), "Invalid altitude" },
	{ "v1: a subscription", DCF_UTM_RID_SUBSCRIPTION_PUT_V1, 0, 0, 0, SUB1(SPATIAL(FOOTPRINT(SQUARE)) "," BARE_SOON),
	  NULL },
	{ "v1: a subscription without times", DCF_UTM_RID_SUBSCRIPTION_PUT_V1, 0, 0, 0, SUB1(SPATIAL(FOOTPRINT(SQUARE))),
	  NULL },
	{ "v1: a subscription of two days", DCF_UTM_RID_SUBSCRIPTION_PUT_V1, 0, 0, 400,
	  SUB1(SPATIAL(FOOTPRINT(SQUARE)) "," BARE("2026-06-01T13:00:00Z", "2026-06-03T13:00:00Z")), "exceeds 24 hours" },
	{ "v1: no callbacks", DCF_UTM_RID_SUBSCRIPTION_PUT_V1, 0, 0, 400, "{\"extents\":{" SPATIAL(FOOTPRINT(SQUARE)) "}}",
	  "Missing required callbacks" },
	{ "v1: callbacks without a URL", DCF_UTM_RID_SUBSCRIPTION_PUT_V1, 0, 0, 400,
	  "{\"extents\":{" SPATIAL(FOOTPRINT(SQUARE)) "},\"callbacks\":{}}", "/callbacks/identification_service_area_url" },
	{ "v1: a subscription nowhere", DCF_UTM_RID_SUBSCRIPTION_PUT_V1, 0, 0, 400, "{" CALLBACKS "}", EXT },
	{ "v1: a subscription from long ago", DCF_UTM_RID_SUBSCRIPTION_PUT_V1, 0, 0, 400,
	  SUB1(SPATIAL(FOOTPRINT(SQUARE)) "," BARE("2026-06-01T11:54:59Z", "2026-06-01T13:00:00Z")),
	  "Subscription time_start must not be in the past" },
	{ "v1: a subscription that ends before it starts", DCF_UTM_RID_SUBSCRIPTION_PUT_V1, 0, 0, 400,
	  SUB1(SPATIAL(FOOTPRINT(SQUARE)) "," BARE("2026-06-01T14:00:00Z", "2026-06-01T13:00:00Z")),
	  "Subscription time_end must be after time_start" },
	/* F3411-22a */
	{ "v2: a circle", DCF_UTM_ISA_PUT_V2, 0, 0, 0, RID2(SPACE(CIRCLE "," LEVELS) "," SOON), NULL },
	{ "v2: a polygon", DCF_UTM_ISA_PUT_V2, 0, 0, 0, RID2(SPACE(POLYGON(SQUARE)) "," SOON), NULL },
	{ "v2: both", DCF_UTM_ISA_PUT_V2, 0, 0, 400, RID2(SPACE(CIRCLE "," POLYGON(SQUARE)) "," SOON), PARSING },
	{ "v2: neither", DCF_UTM_ISA_PUT_V2, 0, 0, 400, RID2(SPACE(LEVELS) "," SOON),
	  PARSING ": Neither outline_polygon nor outline_circle were specified in volume" },
	{ "v2: no extents", DCF_UTM_ISA_PUT_V2, 0, 0, 400, "{" URL "}", PARSING },
	{ "v2: no extents, in the words of v1", DCF_UTM_ISA_PUT_V2, 0, 0, 400, "{" URL "}", EXT },
	{ "v2: no volume", DCF_UTM_ISA_PUT_V2, 0, 0, 400, RID2(SOON),
	  PARSING ": Neither outline_polygon nor outline_circle were specified in volume" },
	{ "v2: no vertices", DCF_UTM_ISA_PUT_V2, 0, 0, 400, RID2(SPACE(POLYGON("")) "," SOON), "Not enough points in polygon" },
	{ "v2: too large", DCF_UTM_ISA_PUT_V2, 0, 0, 400, RID2(SPACE(POLYGON(AUSTRALIA)) "," SOON), "too large" },
	{ "v2: a radius without units", DCF_UTM_ISA_PUT_V2, 0, 0, 400,
	  RID2(SPACE("\"outline_circle\":{" CENTER ",\"radius\":{\"value\":1}}") "," SOON),
	  PARSING ": Only circle radius units of 'M'" },
	{ "v2: a radius beyond 3,000 km", DCF_UTM_ISA_PUT_V2, 0, 0, 400,
	  RID2(SPACE("\"outline_circle\":{" CENTER "," RADIUS(3000000.1, "M") "}") "," SOON), "too large" },
	{ "v2: a radius in feet", DCF_UTM_ISA_PUT_V2, 0, 0, 400,
	  RID2(SPACE("\"outline_circle\":{" CENTER "," RADIUS(1, "FT") "}") "," SOON), "units of 'M'" },
	{ "v2: a format that is none", DCF_UTM_ISA_PUT_V2, 0, 0, 400,
	  RID2(SPACE(CIRCLE) ",\"time_start\":{\"value\":\"2026-06-01T12:10:00Z\",\"format\":\"ISO\"}"),
	  "Invalid time format" },
	{ "v2: no format", DCF_UTM_ISA_PUT_V2, 0, 0, 400,
	  RID2(SPACE(CIRCLE) ",\"time_start\":{\"value\":\"2026-06-01T12:10:00Z\"}"), "Invalid time format" },
	{ "v2: a bare time", DCF_UTM_ISA_PUT_V2, 0, 0, 400, RID2(SPACE(CIRCLE) "," BARE_SOON), PARSING },
	{ "v2: above the ground", DCF_UTM_ISA_PUT_V2, 0, 0, 400,
	  RID2(SPACE(CIRCLE ",\"altitude_lower\":" ALT3("1", "AGL", "M")) "," SOON), "expected W84" },
	{ "v2: feet", DCF_UTM_ISA_PUT_V2, 0, 0, 400, RID2(SPACE(CIRCLE ",\"altitude_lower\":" ALT3("1", "W84", "FT")) "," SOON),
	  "expected M" },
	{ "v2: no URL", DCF_UTM_ISA_PUT_V2, 0, 0, 400, "{\"extents\":{" SPACE(CIRCLE) "," SOON "}}",
	  "Missing required USS base URL" },
	{ "v2: no end", DCF_UTM_ISA_PUT_V2, 0, 0, 400, RID2(SPACE(CIRCLE)), "must have an time_end" },
	{ "v2: from long ago, as it may stand", DCF_UTM_ISA_PUT_V2, 1, 0, 0,
	  RID2(SPACE(CIRCLE) "," WINDOW("2026-06-01T11:54:59Z", "2026-06-01T13:00:00Z")), NULL },
	{ "v2: from long ago", DCF_UTM_ISA_PUT_V2, 0, 0, 400,
	  RID2(SPACE(CIRCLE) "," WINDOW("2026-06-01T11:54:59Z", "2026-06-01T13:00:00Z")),
	  "IdentificationServiceArea time_start must not be in the past" },
	{ "v2: an end before the start", DCF_UTM_ISA_PUT_V2, 0, 0, 400,
	  RID2(SPACE(CIRCLE) "," WINDOW("2026-06-01T14:00:00Z", "2026-06-01T13:00:00Z")),
	  "IdentificationServiceArea time_end must be after time_start" },
	{ "v2: a subscription", DCF_UTM_RID_SUBSCRIPTION_PUT_V2, 0, 0, 0, RID2(SPACE(CIRCLE)), NULL },
	{ "v2: a subscription of two days", DCF_UTM_RID_SUBSCRIPTION_PUT_V2, 0, 0, 400,
	  RID2(SPACE(CIRCLE) "," WINDOW("2026-06-01T13:00:00Z", "2026-06-03T13:00:00Z")), "exceeds 24 hours" },
	{ "v2: a subscription nowhere", DCF_UTM_RID_SUBSCRIPTION_PUT_V2, 0, 0, 400, RID2(SPACE("")),
	  "Neither outline_polygon nor outline_circle" },
};

static void try_row(struct reading *r, const struct row *row)
{
	struct dcf_utm_rules rules = { .now_us = NOW_US, .allow_http = row->http, .update = row->update };
	enum dcf_status s = read_body(r, row->form, rules, dcf_span_of(row->body));

	if (row->status == 0) {
		CHECK_MSG(s == DCF_OK, "%s: %d %u %s", row->what, s, r->fault.status, r->fault.text);
		return;
	}
	CHECK_MSG(s == DCF_E_REFUSED && r->fault.status == row->status, "%s: %d %u %s", row->what, s, r->fault.status,
		  r->fault.text);
	CHECK_MSG(strstr(r->fault.text, row->text) != NULL, "%s: %s", row->what, r->fault.text);
}

static void try_rows(const struct row *rows, size_t count)
{
	struct reading r = { .doc = { .parser = NULL } };

	for (size_t i = 0; i < count; i++)
		try_row(&r, &rows[i]);
	end_reading(&r);
}

#define TRY(rows) try_rows((rows), sizeof(rows) / sizeof *(rows))

static void bodies_of_intents(void)
{
	TRY(intents);
}

static void what_a_volume_may_be(void)
{
	TRY(volumes);
}

static void bodies_of_constraints_subscriptions_queries(void)
{
	TRY(others);
}

static void bodies_of_remote_id(void)
{
	TRY(remote_id);
}

/* --- what was read ---------------------------------------------------------------------------------------- */

static const struct dcf_utm_ask *read_good(struct reading *r, enum dcf_utm_form form, bool update, const char *body)
{
	enum dcf_status s = read_body(r, form, (struct dcf_utm_rules){ .now_us = NOW_US, .update = update }, dcf_span_of(body));

	CHECK_MSG(s == DCF_OK, "%s: %s", body, r->fault.text);
	return &r->ask;
}

static bool same(struct dcf_span s, const char *z)
{
	return dcf_span_eq(s, dcf_span_of(z));
}

static void an_intent_as_it_was_said(void)
{
	struct reading r = { .doc = { .parser = NULL } };
	/* clang-format off */
	static const char body[] =
		"{\"extents\":[" VOLUME ",{" SPACE(POLYGON(SQUARE) "," BAND(-1.00004, 150.00001)) ","
		WINDOW("2026-06-01T14:00:00.0000019+02:00", "2026-06-01T14:10:00.0000011Z") "}]," URL ","
		"\"key\":[\"bbbb\",\"\",\"aaaa\",\"bbbb\"],"
		"\"new_subscription\":{\"uss_base_url\":\"https:\\/\\/uss2\",\"notify_for_constraints\":true},"
		SUFFIX("019E830E-1A00-7ABC-8DEF-0123456789AB") ",\"state\":\"Nonconforming\"}";
	/* clang-format on */
	const struct dcf_utm_ask *a = read_good(&r, DCF_UTM_INTENT_PUT, true, body);
	const struct dcf_utm_extents *e = &a->extents;
	char id[DCF_UUID_TEXT];

	CHECK(same(a->url, "https://uss1.example.com/utm") && same(a->new_url, "https://uss2"));
	CHECK(a->has_new_subscription && a->new_for_constraints && dcf_uuid_is_zero(&a->subscription) &&
	      a->state == DCF_UTM_NONCONFORMING);
	CHECK(a->key_count == 2 && same(a->key[0], "aaaa") && same(a->key[1], "bbbb"));
	dcf_uuid_write(&a->suffix, id);
	CHECK(memcmp(id, "019e830e-1a00-7abc-8def-0123456789ab", sizeof id) == 0);
	CHECK(same(a->suffix_text, "019E830E-1A00-7ABC-8DEF-0123456789AB"));
	CHECK(e->count == 2 && e->volume[0].footprint.shape == DCF_CIRCLE && e->volume[0].footprint.radius_m == 300.183);
	CHECK(e->volume[0].footprint.points[0].lat_e7 == 474000000 && e->volume[0].footprint.points[0].lon_e7 == 85000000);
	CHECK(e->volume[0].lower_e4 == 1000000 && e->volume[0].upper_e4 == 2000000);
	CHECK(e->volume[1].footprint.shape == DCF_POLYGON && e->volume[1].footprint.point_count == 4 &&
	      e->volume[1].footprint.ring_count == 1);
	CHECK(e->volume[1].footprint.edges == DCF_EDGES_GEODESIC && e->volume[1].area_m2 > 8.3e5 &&
	      e->volume[1].area_m2 < 8.5e5);
	/* outward: heights to 0.1 mm, times to the microsecond */
	CHECK(e->volume[1].lower_e4 == -10001 && e->volume[1].upper_e4 == 1500001);
	CHECK(e->volume[1].start_us == NOW_US + 1 && e->volume[1].end_us == NOW_US + INT64_C(7800000002));
	CHECK(e->lower_e4 == -10001 && e->upper_e4 == 2000000 && e->start_us == NOW_US + 1 &&
	      e->end_us == NOW_US + INT64_C(7800000002));
	end_reading(&r);
}

/* At every depth, with names that are the same only once they are read. */
static void the_last_of_a_name_counts(void)
{
	struct reading r = { .doc = { .parser = NULL } };
	const struct dcf_utm_ask *a =
		read_good(&r, DCF_UTM_INTENT_PUT, false,
			  "{\"extents\":[" VOLUME "," VOLUME "],\"k\\u0065y\":[\"old\"],\"extents\":[{\"time_start\":7," SPACE(
				  "\"altitude_lower\":" ALT(900) ",\"outline_polygon\":[],\"outline_polygon\":null," CIRCLE
								 "," LEVELS) "," SOON "}]," URL
									     ",\"key\":[\"new\"],\"\":1,\"\":2," ACCEPTED "}");

	CHECK(a->extents.count == 1 && a->extents.lower_e4 == 1000000 && a->extents.volume[0].footprint.shape == DCF_CIRCLE);
	CHECK(a->key_count == 1 && same(a->key[0], "new"));
	end_reading(&r);
}

static void bounds_that_were_not_given(void)
{
	struct reading r = { .doc = { .parser = NULL } };
	const struct dcf_utm_ask *a = read_good(&r, DCF_UTM_CONSTRAINT_QUERY, false, QUERY(SPACE(CIRCLE)));

	CHECK(a->extents.start_us == DCF_UTM_SINCE_EVER && a->extents.end_us == DCF_UTM_FOR_EVER);
	CHECK(a->extents.lower_e4 == DCF_UTM_NO_LOWER && a->extents.upper_e4 == DCF_UTM_NO_UPPER);
	a = read_good(&r, DCF_UTM_CONSTRAINT_PUT, false,
		      CONSTRAINT(VOLUME ",{" SPACE(CIRCLE ",\"altitude_lower\":" ALT(3)) "," SOON "}"));
	CHECK(a->extents.lower_e4 == 30000 && a->extents.upper_e4 == DCF_UTM_NO_UPPER);
	a = read_good(&r, DCF_UTM_SUBSCRIPTION_PUT, false, ONE(""));
	CHECK(a->extents.count == 1 && a->extents.volume[0].footprint.shape == DCF_SHAPE_COUNT && a->for_intents &&
	      !a->for_constraints);
	end_reading(&r);
}

static void windows_that_were_not_given(void)
{
	static const int64_t day = INT64_C(86400000000);
	struct reading r = { .doc = { .parser = NULL } };
	const struct dcf_utm_ask *a = read_good(&r, DCF_UTM_SUBSCRIPTION_PUT, false, ONE(SPACE(CIRCLE)));

	CHECK(a->extents.start_us == NOW_US && a->extents.volume[0].end_us == NOW_US + day && !a->keep_start && !a->keep_end);
	a = read_good(&r, DCF_UTM_RID_SUBSCRIPTION_PUT_V1, false,
		      SUB1(SPATIAL(FOOTPRINT(SQUARE)) ",\"time_start\":\"2026-06-02T12:00:00Z\""));
	CHECK(a->extents.start_us == NOW_US + day && a->extents.end_us == NOW_US + 2 * day);
	a = read_good(&r, DCF_UTM_ISA_PUT_V2, false, RID2(SPACE(CIRCLE) ",\"time_end\":" TIME("2026-06-03T12:00:00Z")));
	CHECK(a->extents.start_us == NOW_US && a->extents.end_us == NOW_US + 2 * day);
	a = read_good(&r, DCF_UTM_SUBSCRIPTION_PUT, false, "{" URL "," NOTIFY "}");
	CHECK(a->extents.count == 1 && a->extents.volume[0].footprint.shape == DCF_SHAPE_COUNT &&
	      a->extents.start_us == NOW_US && a->extents.end_us == NOW_US + day && a->extents.lower_e4 == DCF_UTM_NO_LOWER);
	/* of what stands, when it is changed: the domain's to fill, or to know */
	a = read_good(&r, DCF_UTM_SUBSCRIPTION_PUT, true,
		      ONE(SPACE(CIRCLE) "," WINDOW("2026-06-01T11:54:59Z", "2026-06-01T13:00:00Z")));
	CHECK(a->late_start && !a->keep_start && !a->keep_end);
	a = read_good(&r, DCF_UTM_SUBSCRIPTION_PUT, true,
		      ONE(SPACE(CIRCLE) "," WINDOW("2026-06-01T11:55:00Z", "2026-06-01T13:00:00Z")));
	CHECK(!a->late_start);
	a = read_good(&r, DCF_UTM_SUBSCRIPTION_PUT, true, ONE(SPACE(CIRCLE)));
	CHECK(a->keep_start && a->keep_end && a->extents.start_us == DCF_UTM_SINCE_EVER &&
	      a->extents.end_us == DCF_UTM_FOR_EVER);
	a = read_good(&r, DCF_UTM_ISA_PUT_V1, true,
		      ISA1(SPATIAL(FOOTPRINT(SQUARE)) ",\"time_start\":\"2026-06-02T12:00:00Z\""));
	CHECK(!a->keep_start && a->keep_end && a->extents.start_us == NOW_US + day && a->extents.end_us == DCF_UTM_FOR_EVER);
	CHECK(dcf_utm_window_fault(DCF_UTM_SUBSCRIPTION_PUT, 0, day) == NULL &&
	      dcf_utm_window_fault(DCF_UTM_SUBSCRIPTION_PUT, 0, day + 1));
	CHECK(dcf_utm_window_fault(DCF_UTM_SUBSCRIPTION_PUT, DCF_UTM_SINCE_EVER, DCF_UTM_FOR_EVER) != NULL);
	CHECK(dcf_utm_window_fault(DCF_UTM_ISA_PUT_V1, 0, day + 1) == NULL && dcf_utm_window_fault(DCF_UTM_ISA_PUT_V2, 1, 0));
	CHECK(dcf_utm_window_fault(DCF_UTM_INTENT_PUT, 1, 0) == NULL);
	end_reading(&r);
}

static void lines_are_lines(void)
{
	struct reading r = { .doc = { .parser = NULL } };
	const struct dcf_utm_ask *a =
		read_good(&r, DCF_UTM_INTENT_QUERY, false, QUERY(SPACE(POLYGON(V(0, 0) "," V(0, 3) "," V(0, 1) "," V(0, 2)))));
	const struct dcf_feature *f = &a->extents.volume[0].footprint;

	CHECK(f->shape == DCF_CORRIDOR && f->radius_m == 0 && f->point_count == 4 && a->extents.volume[0].area_m2 == 0);
	/* neighbours that round to one place are one vertex */
	a = read_good(&r, DCF_UTM_INTENT_QUERY, false,
		      QUERY(SPACE(POLYGON(V(0, 0) "," V(0, 0.00000001) "," V(0, 1) "," V(0, 2)))));
	CHECK(a->extents.volume[0].footprint.point_count == 3);
	end_reading(&r);
}

/* A circle that the kernel does not take is the discs that may reach into it. */
static void large_circles_are_discs(void)
{
#define LARGE(r) "{" SPACE("\"outline_circle\":{" CENTER "," RADIUS(r, "M") "}," LEVELS) "," SOON "}"
	struct reading r = { .doc = { .parser = NULL } };
	const struct dcf_utm_ask *a = read_good(&r, DCF_UTM_INTENT_PUT, false, EXTENTS(LARGE(3000000)));
	uint32_t n;

	CHECK(a->extents.count == 1 && a->extents.volume[0].footprint.radius_m == 3e6);
	/* the first disc in its place, the others behind all */
	a = read_good(&r, DCF_UTM_INTENT_PUT, false, EXTENTS(LARGE(3000000.1) "," VOLUME "," LARGE(1e300)));
	n = a->extents.count - 33;
	CHECK(n > 0 && n < 31 && a->extents.volume[1].footprint.radius_m == 300.183);
	for (uint32_t i = 0; i < a->extents.count; i++) {
		const struct dcf_utm_volume *v = &a->extents.volume[i];

		CHECK(i == 1 ||
		      (v->footprint.shape == DCF_CIRCLE && v->footprint.point_count == 1 && v->footprint.radius_m == 2.6e6));
		CHECK(v->lower_e4 == 1000000 && v->upper_e4 == 2000000 && v->start_us == a->extents.start_us &&
		      v->end_us == a->extents.end_us);
	}
	/* what is left open is filled in for all */
	a = read_good(&r, DCF_UTM_SUBSCRIPTION_PUT, false,
		      ONE(SPACE("\"outline_circle\":{" CENTER "," RADIUS(2.1e7, "M") "}")));
	CHECK(a->extents.count == 32 && a->extents.volume[31].start_us == NOW_US &&
	      a->extents.volume[31].end_us == a->extents.end_us);
	a = read_good(&r, DCF_UTM_CONSTRAINT_QUERY, false,
		      QUERY(SPACE("\"outline_circle\":{" CENTER "," RADIUS(2.1e7, "M") "}")));
	CHECK(a->extents.count == 32 && a->extents.volume[31].end_us == DCF_UTM_FOR_EVER);
	end_reading(&r);
}

static void availability_as_it_was_said(void)
{
	struct reading r = { .doc = { .parser = NULL } };
	const struct dcf_utm_ask *a =
		read_good(&r, DCF_UTM_AVAILABILITY_PUT, false, "{\"availability\":\"dOwN\",\"old_version\":\"v1\"}");

	CHECK(a->availability == DCF_UTM_DOWN && same(a->old_version, "v1"));
	a = read_good(&r, DCF_UTM_AVAILABILITY_PUT, false, "{\"availability\":\"NORMAL\"}");
	CHECK(a->availability == DCF_UTM_NORMAL && same(a->old_version, "") && a->old_version.p);
	a = read_good(&r, DCF_UTM_AVAILABILITY_PUT, false, "{\"availability\":\"\"}");
	CHECK(a->availability == DCF_UTM_UNKNOWN);
	end_reading(&r);
}

/* Bodies at the bounds. */
static void bounds_hold(void)
{
	static const struct {
		enum dcf_utm_form form;
		const char *before, *one, *after, *text;
		size_t most;
	} rows[] = {
		{ DCF_UTM_CONSTRAINT_PUT, "{\"extents\":[", VOLUME, "]," URL "}", "Too many volumes", DCF_UTM_VOLUMES_MAX },
		/* 32 for each; and one for the rest */
		{ DCF_UTM_CONSTRAINT_PUT, "{\"extents\":[" VOLUME ",", LARGE(1e9), "]," URL "}", "Too many volumes", 312 },
		{ DCF_UTM_INTENT_PUT, "{" URL "," ACCEPTED ",\"extents\":[" VOLUME "],\"key\":[", "\"a\"", "]}", "Invalid key",
		  DCF_UTM_KEY_MAX },
	};
	struct reading r = { .doc = { .parser = NULL } };
	struct dcf_alloc heap = dcf_alloc_heap();

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t over = 0; over < 2; over++) {
			struct dcf_buf body = { .from = &heap };
			enum dcf_status s;

			dcf_buf_z(&body, rows[i].before);
			for (size_t k = 0; k < rows[i].most + over; k++) {
				dcf_buf_z(&body, k ? "," : "");
				dcf_buf_z(&body, rows[i].one);
			}
			dcf_buf_z(&body, rows[i].after);
			s = read_body(&r, rows[i].form, (struct dcf_utm_rules){ .now_us = NOW_US }, dcf_buf_as_span(&body));
			CHECK_MSG(s == (over ? DCF_E_REFUSED : DCF_OK), "%zu %zu: %s", i, over, r.fault.text);
			CHECK(!over || strstr(r.fault.text, rows[i].text));
			dcf_buf_free(&body);
		}
	end_reading(&r);
}

/* Every allocation that fails: no memory, nothing leaked (the sanitizer looks), nothing else. */
struct failing {
	struct dcf_alloc heap;
	size_t left;
};

static void *fail_at(void *ctx, void *p, size_t old_size, size_t new_size)
{
	struct failing *f = ctx;

	if (new_size && f->left-- == 0) {
		f->left = 0;
		return NULL;
	}
	return f->heap.resize(f->heap.ctx, p, old_size, new_size);
}

static void memory_runs_out(void)
{
	static const char body[] =
		"{\"extents\":[" VOLUME
		",{" SPACE(POLYGON(SQUARE) "," LEVELS) "," SOON "}]," URL ",\"key\":[\"bbbb\",\"aaaa\"]," NEW "," ACCEPTED "}";
	struct dcf_utm_rules rules = { .now_us = NOW_US };
	struct dcf_jdoc doc = { .parser = NULL };
	bool done = false;

	for (size_t at = 0; !done && at < 200; at++) {
		struct failing f = { dcf_alloc_heap(), at };
		struct dcf_alloc from = { fail_at, &f };
		struct dcf_arena arena = { .from = &from };
		struct dcf_utm_fault fault;
		struct dcf_utm_ask ask;
		enum dcf_status s = dcf_utm_ask_read(DCF_SPAN(body), DCF_UTM_INTENT_PUT, &rules, &doc, &arena, &ask, &fault);

		done = s == DCF_OK;
		CHECK_MSG(done || s == DCF_E_NOMEM, "%zu: %d %s", at, s, fault.text);
		dcf_arena_free(&arena);
	}
	CHECK(done);
	dcf_jfree(&doc);
}

int main(void)
{
	return TAP_RUN(TAP(bodies_of_intents), TAP(what_a_volume_may_be), TAP(bodies_of_constraints_subscriptions_queries),
		       TAP(bodies_of_remote_id), TAP(an_intent_as_it_was_said), TAP(the_last_of_a_name_counts),
		       TAP(bounds_that_were_not_given), TAP(windows_that_were_not_given), TAP(lines_are_lines),
		       TAP(large_circles_are_discs), TAP(availability_as_it_was_said), TAP(bounds_hold), TAP(memory_runs_out));
}

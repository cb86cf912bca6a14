// SPDX-License-Identifier: Apache-2.0
// json_parse.cc - the only C++ here: simdjson's parser behind two C functions.
//
// The error-code interface is used throughout, and nothing that is thrown passes dcf_jparse: it is noexcept
// inside and catches what `new` may throw.
#include "format/json.h"

#include <new>
#include <simdjson.h>

namespace dom = simdjson::dom;

namespace
{

// Deeper than any text that gets here: nesting is bounded where texts are cut out (json_scan.h).
constexpr size_t max_depth = 80;

// Room for the longest text so far, doubling, so that a row of growing texts does not allocate each time.
simdjson::error_code make_room(dom::parser &parser, size_t len)
{
	size_t want = parser.capacity() ? parser.capacity() : size_t{ 16 } << 10;

	if (len <= parser.capacity())
		return simdjson::SUCCESS;
	while (want < len)
		want *= 2;
	return parser.allocate(want, max_depth);
}

enum dcf_status status_of(simdjson::error_code e, const char **text)
{
	*text = simdjson::error_message(e);
	switch (e) {
	case simdjson::SUCCESS:
		return DCF_OK;
	case simdjson::MEMALLOC:
		return DCF_E_NOMEM;
	case simdjson::NUMBER_ERROR:
		return DCF_E_RANGE;
	default:
		return DCF_E_SYNTAX;
	}
}

} // namespace

extern "C" enum dcf_status dcf_jparse(struct dcf_jdoc *doc, const char *p, size_t len, const char **text)
try {
	auto *parser = static_cast<dom::parser *>(doc->parser);

	doc->tape = nullptr;
	if (!parser) {
		parser = new (std::nothrow) dom::parser;
		if (!parser)
			return DCF_E_NOMEM;
		doc->parser = parser;
	}
	if (make_room(*parser, len) != simdjson::SUCCESS)
		return DCF_E_NOMEM;
	simdjson::error_code e = parser->parse(reinterpret_cast<const uint8_t *>(p), len, false).error();
	if (e == simdjson::SUCCESS) {
		doc->tape = parser->doc.tape.get();
		doc->strings = reinterpret_cast<const char *>(parser->doc.string_buf.get());
	}
	return status_of(e, text);
} catch (...) {
	return DCF_E_NOMEM;
}

extern "C" void dcf_jfree(struct dcf_jdoc *doc)
{
	delete static_cast<dom::parser *>(doc->parser);
	*doc = {};
}

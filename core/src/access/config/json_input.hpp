#pragma once
// Reading JSON that people write: job files and configuration files. What is wrong is told by its place, and nothing is quoted that may be a secret.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "access/config/duration.hpp"

namespace millrace::json_input {

using Json = nlohmann::ordered_json;

/// Thrown by the functions below; the caller adds the key and what was found.
struct Unexpected { std::string wanted; };

std::string as_text(const Json& value, const char* wanted = "a text");
bool as_flag(const Json& value);
/// A whole number from `least` to `most`.
std::int64_t as_integer(const Json& value, std::int64_t least, std::int64_t most, const char* wanted);
/// "500ms"; with an optional unit also a number of seconds, which is no text then.
std::chrono::milliseconds as_duration(const Json& value, DurationUnit unit, const char* wanted);

/// "a text", "a list", "the number" ...: what a value is, without quoting it.
std::string kind_of(const Json& value);

/// Parses one JSON object.
/// @param origin   what messages call the text: "job.json"
/// @param shown    how messages name a key, given with its parents: "pool.size"
/// @param example  what to write instead of something that is no object
/// @throws ConfigError  bad syntax (line and column), a key that occurs twice in its object
Json parse_object(std::string_view text, std::string_view origin, const std::function<std::string(const std::string& path)>& shown, std::string_view example);

}  // namespace millrace::json_input

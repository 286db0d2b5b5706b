#include "access/config/json_input.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "millrace/access/error.hpp"

namespace millrace::json_input {
namespace {

/// What nlohmann says behind its talk of positions and lexing. What it read last may be a password.
std::string syntax_reason(std::string what) {
  if (const std::size_t last_read = what.find("; last read: "); last_read != std::string::npos) what.erase(last_read);
  if (const std::size_t dash = what.find(" - "); dash != std::string::npos) what.erase(0, dash + 3);
  else if (const std::size_t colon = what.rfind(": "); colon != std::string::npos) what.erase(0, colon + 2);
  return what;
}

std::string position(std::string_view text, std::size_t at) {
  at = std::min(at, text.size());
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  const std::size_t line_start = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  const std::size_t column = at - (line_start == std::string_view::npos ? 0 : line_start + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

/// Finds the keys that occur twice, of which the parser would keep one in silence.
class KeyWatch {
 public:
  explicit KeyWatch(const std::function<std::string(const std::string&)>& shown) : shown_(shown) {}
  void see(Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) objects_.emplace_back();
    else if (event == Json::parse_event_t::object_end) objects_.pop_back();
    else if (event == Json::parse_event_t::key) see_key(parsed.get<std::string>());
  }

 private:
  struct Object { std::set<std::string> keys; std::string last; };

  void see_key(const std::string& key) {
    objects_.back().last = key;
    if (objects_.back().keys.insert(key).second) return;
    std::string path;
    for (const Object& object : objects_) path += (path.empty() ? "" : ".") + object.last;
    throw ConfigError(shown_(path) + " occurs twice; keep one of them");
  }

  const std::function<std::string(const std::string&)>& shown_;
  std::vector<Object> objects_;
};

}  // namespace

std::string as_text(const Json& value, const char* wanted) {
  if (!value.is_string()) throw Unexpected{wanted};
  return value.get<std::string>();
}

bool as_flag(const Json& value) {
  if (!value.is_boolean()) throw Unexpected{"true or false"};
  return value.get<bool>();
}

std::int64_t as_integer(const Json& value, std::int64_t least, std::int64_t most, const char* wanted) {
  if (!value.is_number_integer()) throw Unexpected{wanted};
  const bool beyond = value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(most);
  const auto number = value.get<std::int64_t>();
  if (beyond || number < least || number > most) throw Unexpected{wanted};
  return number;
}

std::chrono::milliseconds as_duration(const Json& value, DurationUnit unit, const char* wanted) {
  const bool seconds = value.is_number() && unit == DurationUnit::optional;
  const auto duration = seconds ? duration_of_seconds(value.get<double>()) : parse_duration(as_text(value, wanted), DurationUnit::required);
  if (!duration) throw Unexpected{wanted};
  return *duration;
}

std::string kind_of(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null: return "null";
    case Json::value_t::object: return "an object";
    case Json::value_t::array: return "a list";
    case Json::value_t::string: return value.get_ref<const std::string&>().empty() ? "an empty text" : "a text";
    case Json::value_t::boolean: return "true or false";
    case Json::value_t::number_float: return "a number with decimals";
    default: return "a number";
  }
}

Json parse_object(std::string_view text, std::string_view origin, const std::function<std::string(const std::string& path)>& shown, std::string_view example) {
  KeyWatch keys(shown);
  Json object;
  try {
    object = Json::parse(text, [&](int, Json::parse_event_t event, Json& parsed) { keys.see(event, parsed); return true; });
  } catch (const Json::parse_error& error) {
    throw ConfigError(std::string(origin) + ", " + position(text, error.byte == 0 ? 0 : error.byte - 1) + " is not valid JSON: " + syntax_reason(error.what()));
  } catch (const Json::exception&) {
    throw ConfigError(std::string(origin) + " holds a number that is out of range; write a smaller one");
  }
  if (!object.is_object()) throw ConfigError(std::string(origin) + " holds " + kind_of(object) + " instead of one JSON object; write " + std::string(example));
  return object;
}

}  // namespace millrace::json_input

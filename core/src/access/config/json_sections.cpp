#include "access/config/json_sections.hpp"

#include <algorithm>
#include <array>

#include "access/config/location.hpp"
#include "access/config/settings.hpp"
#include "access/config/url_parts.hpp"
#include "millrace/access/error.hpp"
#include "millrace/access/nearest_word.hpp"

namespace millrace {
namespace {

using json_input::Json;

constexpr std::array<std::string_view, 4> kSections = {"connection", "pool", "retry", "load"};
constexpr std::array<std::string_view, 10> kLocationKeys = {"url", "scheme", "host", "port", "database", "user", "password", "password_file", "parameters", "tls"};

class SectionReader {
 public:
  SectionReader(const std::string& text_name, Draft& draft) : text_name_(text_name), draft_(draft) {}

  void read(const Json& file) {
    for (const auto& [section, content] : file.items()) {
      if (std::find(kSections.begin(), kSections.end(), section) == kSections.end()) refuse_unknown("section", "", section, {kSections.begin(), kSections.end()});
      if (content.is_null()) continue;
      if (!content.is_object()) throw ConfigError(named(section) + " must be an object, not " + json_input::kind_of(content));
      if (section == "connection") read_connection(content);
      else if (section != "load") read_settings(section, content);
    }
  }

 private:
  std::string named(const std::string& path) const { return path + " in " + text_name_; }

  void note(const std::string& path) { draft_.origins[path] = {Layer::json_file, named(path)}; }

  [[noreturn]] void refuse(const std::string& path, const Json& value, const char* wanted) const {
    throw ConfigError(named(path) + " must be " + wanted + ", not " + json_input::kind_of(value));
  }

  [[noreturn]] void refuse_unknown(const char* what, const std::string& parent, const std::string& word, const std::vector<std::string>& known) const {
    // What is no word is no slip of the fingers either: perhaps it is a value that lost its key.
    const bool is_word = !word.empty() && word.size() <= 40 && std::all_of(word.begin(), word.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    });
    std::string message = text_name_ + " has an unknown " + what + (is_word ? " " + parent + word : parent.empty() ? "" : " in " + parent.substr(0, parent.size() - 1));
    if (const std::string nearest = nearest_word(word, known); !nearest.empty()) throw ConfigError(message + "; did you mean " + parent + nearest + "?");
    for (std::size_t i = 0; i < known.size(); ++i) message += (i == 0 ? "; write one of " : ", ") + known[i];
    throw ConfigError(message);
  }

  /// A section that is nothing but settings.
  void read_settings(const std::string& section, const Json& content) {
    for (const auto& [key, value] : content.items()) {
      if (!value.is_null() && !read_setting(section, key, value)) refuse_unknown("key", section + ".", key, keys_of_section(section));
    }
  }

  bool read_setting(const std::string& section, const std::string& key, const Json& value) {
    const auto found = std::find_if(settings().begin(), settings().end(), [&](const Setting& s) { return s.section == section && s.key == key; });
    if (found == settings().end()) return false;
    apply(*found, {nullptr, &value}, {Layer::json_file, named(found->path())}, draft_);
    return true;
  }

  // ---- Where the database is

  void read_connection(const Json& content) {
    for (const auto& [key, value] : content.items()) {
      if (!value.is_null()) read_connection_key(key, value);
    }
    if (draft_.origins.contains("connection.password") && !draft_.password_file.empty() && draft_.config.connection.has_password) {
      throw ConfigError(named("connection.password") + " and connection.password_file contradict each other; keep one of them");
    }
    if (!url_.empty()) take_url();
  }

  void read_connection_key(const std::string& key, const Json& value) {
    ConnectionConfig& connection = draft_.config.connection;
    const std::string path = "connection." + key;
    if (key == "url") url_ = text(path, value, "a connection URL");
    else if (key == "scheme") connection.scheme = scheme(value), note(path);
    else if (key == "host") connection.host = text(path, value, "a text that is not empty"), note(path);
    else if (key == "port") connection.port = ports(value), note(path);
    else if (key == "database") connection.database = text(path, value, "a text that is not empty"), note(path);
    else if (key == "user") connection.user = text(path, value, "a text that is not empty"), note(path);
    else if (key == "password") read_password(path, value);
    else if (key == "password_file") draft_.password_file = text(path, value, "the path of a file"), draft_.origins["connection.password"] = {Layer::json_file, named(path)};
    else if (key == "parameters") read_parameters(value);
    else if (key == "tls") read_tls(value);
    else if (!read_setting("connection", key, value)) refuse_unknown("key", "connection.", key, connection_keys());
  }

  static std::vector<std::string> connection_keys() {
    std::vector<std::string> keys(kLocationKeys.begin(), kLocationKeys.end());
    for (std::string& key : keys_of_section("connection")) keys.push_back(std::move(key));
    return keys;
  }

  std::string text(const std::string& path, const Json& value, const char* wanted) const {
    std::string out;
    if (!read_text({nullptr, &value}, out)) refuse(path, value, wanted);
    return out;
  }

  std::string scheme(const Json& value) const {
    constexpr const char* kWanted = "what a URL begins with, for example \"postgresql\" or \"sqlite\"";
    const std::string word = text("connection.scheme", value, kWanted);
    if (!is_scheme(word)) refuse("connection.scheme", value, kWanted);
    return lowered(word);
  }

  std::string ports(const Json& value) const {
    constexpr const char* kWanted = "a port from 1 to 65535, or a list of these as text";
    const std::string list = value.is_number_integer() ? value.dump() : text("connection.port", value, kWanted);
    if (!are_ports(list) || list.find_first_not_of(',') == std::string::npos) refuse("connection.port", value, kWanted);
    return list;
  }

  void read_password(const std::string& path, const Json& value) {
    if (!value.is_string() || value.get_ref<const std::string&>().find('\0') != std::string::npos) refuse(path, value, "a text");
    draft_.config.connection.password = Secret(value.get<std::string>());
    draft_.config.connection.has_password = true;
    note(path);
  }

  void read_parameters(const Json& content) {
    constexpr std::array<std::string_view, 5> kParts = {"host", "port", "user", "password", "dbname"};
    if (!content.is_object()) refuse("connection.parameters", content, "an object");
    for (const auto& [key, value] : content.items()) {
      const std::string path = "connection.parameters." + key;
      if (std::find(kParts.begin(), kParts.end(), key) != kParts.end()) {
        throw ConfigError(named(path) + " has a key of its own: write connection." + (key == "dbname" ? "database" : key));
      }
      if (key.empty() || key.find('\0') != std::string::npos) throw ConfigError(named("connection.parameters") + " has a parameter without a name; name it");
      const bool is_text = value.is_string() && value.get_ref<const std::string&>().find('\0') == std::string::npos;
      if (!is_text && !value.is_number()) refuse("connection.parameters", value, "an object of texts and numbers");
      draft_.config.connection.parameters[key] = is_text ? value.get<std::string>() : value.dump();
      note(path);
    }
  }

  void read_tls(const Json& content) {
    if (!content.is_object()) refuse("connection.tls", content, "an object");
    read_settings("connection.tls", content);
  }

  void take_url() {
    const FoundUrl url{url_, named("connection.url"), Layer::json_file};
    const ConnectionConfig parsed = parse(url);
    const auto refuse_twice = [&](const std::string& path, bool in_url) {
      if (in_url && draft_.origins.contains(path)) throw ConfigError(named("connection.url") + " and " + path + " say the same twice; keep one of them");
    };
    for (const char* key : {"scheme", "host", "port", "database"}) refuse_twice(std::string("connection.") + key, true);
    refuse_twice("connection.user", !parsed.user.empty());
    refuse_twice("connection.password", parsed.has_password);
    for (const auto& [key, value] : parsed.parameters) refuse_twice("connection.parameters." + key, true);
    use_url(url, parsed, draft_);
    note("connection.url");
  }

  const std::string& text_name_;
  Draft& draft_;
  std::string url_;
};

}  // namespace

void read_json_sections(std::string_view text, const std::string& text_name, Draft& draft) {
  const auto shown = [&](const std::string& path) { return path + " in " + text_name; };
  SectionReader(text_name, draft).read(json_input::parse_object(text, text_name, shown, R"({"connection": {...}, "pool": {...}, "retry": {...}, "load": {...}})"));
}

}  // namespace millrace

// Jobs from all their places: the command line, a job file or a configuration file, the environment.

#include <array>
#include <system_error>

#include "access/config/json_input.hpp"
#include "access/config/text_file.hpp"
#include "millrace/access/error.hpp"
#include "millrace/load/job.hpp"

namespace millrace {
namespace {

using json_input::Json;

constexpr std::array<const char*, 4> kSections = {"connection", "pool", "retry", "load"};

/// The object of a configuration file with sections; nothing where it is a job file, or is malformed in a way that its own reader will tell.
std::optional<Json> parse_sections(const std::string& text) {
  Json file = Json::parse(text, nullptr, false);
  if (!file.is_object()) return std::nullopt;
  for (const char* section : kSections) {
    if (file.contains(section)) return file;
  }
  return std::nullopt;
}

std::optional<std::string> json_text(const ConfigSources& sources) {
  if (sources.json || sources.json_file.empty()) return sources.json;
  TextFile file = read_text_file(sources.json_file);
  if (file.error != 0) throw ConfigError("the file " + sources.json_file + " can not be read: " + std::generic_category().message(file.error) + "; check its path and permissions");
  return std::move(file.text);
}

LoadJob job_of_section(const Json& file, const std::string& name) {
  const Json section = file.value("load", Json());
  if (!section.is_object()) return {};  // its absence is fine, and what else it is will be refused with the other sections
  const std::string origin = name + ", section load";
  LoadJob job = parse_job(section.dump(), origin);
  for (const char* key : {"to", "password_file"}) {
    if (job.given.contains(key) && file.contains("connection")) throw ConfigError(origin + ": \"" + key + "\" stands beside the section connection, which says where the database is; keep one of them");
  }
  return job;
}

}  // namespace

LoadJob read_job(const ConfigSources& sources, std::string_view given_json, std::string_view given_origin) {
  LoadJob job;
  if (const auto text = json_text(sources)) {
    const std::string name = sources.json_file.empty() ? "the JSON configuration" : sources.json_file;
    const auto file = parse_sections(*text);
    job = file ? job_of_section(*file, name) : parse_job(*text, name);
  }
  override_job(job, given_json, given_origin);
  return job;
}

void find_database(LoadJob& job, ConfigSources sources) {
  // Whoever names the database means that one: a file that happens to lie in the directory has no say.
  if (!job.to.empty() && !sources.env_file) sources.env_file = "";
  sources.url = job.to;
  if (sources.url_name.empty()) sources.url_name = "--to";
  sources.json = json_text(sources);
  if (sources.json && !parse_sections(*sources.json)) {  // a job file, which says nothing more about its database
    sources.json.reset();
    sources.json_file.clear();
  }
  job.database = ConnectionConfig::from(sources);
  job.to.clear();
}

}  // namespace millrace

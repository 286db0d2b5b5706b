// Plans as JSON: what millrace_run keeps, and what a resume compares.

#include <algorithm>

#include <nlohmann/json.hpp>

#include "load/plan.hpp"

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

Json columns_json(const LoadPlan& plan) {
  Json columns = Json::array();
  for (const DecodePlan::Target& target : plan.decode.targets) {
    columns.push_back({{"name", target.name}, {"type", to_string(target.type)}, {"source", target.source}});
  }
  return columns;
}

Json sets_json(const LoadPlan& plan) {
  Json sets = Json::array();
  for (const SetClause& set : plan.sets) sets.push_back({{"column", set.column}, {"expression", set.expression}, {"on_insert", set.on_insert}, {"on_update", set.on_update}});
  return sets;
}

Json parse(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("job") || !json.contains("plan")) throw DataError("the plan kept in millrace_run cannot be read");
  return json;
}

}  // namespace

std::string plan_to_json(const LoadJob& job, const LoadPlan& plan) {
  const Json resolved = {{"mode", to_string(plan.mode)}, {"target", {{"schema", plan.target.name.schema}, {"name", plan.target.name.name}}}, {"columns", columns_json(plan)},
                         {"source_columns", plan.source_columns}, {"key", plan.key}, {"sets", sets_json(plan)}, {"staged", plan.staged},
                         {"staging", {{"schema", plan.staging.name.schema}, {"name", plan.staging.name.name}, {"permanent", plan.staging.permanent}}}};
  return Json{{"job", Json::parse(job_to_json(job))}, {"plan", resolved}}.dump();
}

LoadJob job_of_plan(const std::string& plan_json) { return parse_job(parse(plan_json).at("job").dump(), "the plan kept in millrace_run"); }

TableName target_of_plan(const std::string& plan_json) {
  const Json target = parse(plan_json).at("plan").at("target");
  return {target.at("schema").get<std::string>(), target.at("name").get<std::string>()};
}

LoadPlan plan_from_json(const std::string& plan_json, const TableInfo& target, const Dialect& dialect, const std::string& run_id) {
  const Json kept = parse(plan_json).at("plan");
  LoadJob job = job_of_plan(plan_json);
  const Json& staging = kept.at("staging");
  // The table of the run, whatever this backend would choose today.
  if (staging.at("permanent").get<bool>()) job.staging = dialect.quote(TableName{staging.at("schema").get<std::string>(), staging.at("name").get<std::string>()});
  return make_plan(job, source_columns_of_plan(plan_json), target, dialect, DriverTraits{}, run_id);
}

std::vector<std::string> source_columns_of_plan(const std::string& plan_json) { return parse(plan_json).at("plan").at("source_columns").get<std::vector<std::string>>(); }

std::string given_to_json(const LoadJob& job) {
  Json all = Json::parse(job_to_json(job)), given = Json::object();
  for (const std::string& key : job.given) given[key] = all.at(key);
  return given.dump();
}

void check_resume(const LoadJob& asked, const LoadJob& kept) {
  const Json a = Json::parse(job_to_json(asked)), b = Json::parse(job_to_json(kept));
  for (const JobField& field : job_fields()) {
    const std::string key(field.key);
    if (!field.bound_to_run || !asked.given.contains(key) || a.at(key) == b.value(key, Json())) continue;
    std::string option = "--" + key;
    std::replace(option.begin(), option.end(), '_', '-');
    throw ConfigError(option + " contradicts run " + asked.resume + ", which was started with " + b.value(key, Json()).dump() + "; leave the option out, or load as a new run");
  }
}

void check_same_plan(const std::string& kept_json, const std::string& now_json) {
  const Json kept = parse(kept_json).at("plan"), now = parse(now_json).at("plan");
  for (const auto& [key, value] : kept.items()) {
    if (now.value(key, Json()) == value) continue;
    throw ConfigError("the run can not be resumed: the input's or the target's " + key + " changed since it began (then " + value.dump() + ", now " + now.value(key, Json()).dump() + "); discard the run and load anew");
  }
}

}  // namespace millrace

#include "arguments.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "exit_status.hpp"
#include "help.hpp"
#include "millrace/access/nearest_word.hpp"
#include "millrace/load/job.hpp"
#include "secrets.hpp"

namespace millrace::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kExitStatus = R"(

Exit status
  0 loaded; 1 failed, the target is as it was; 2 loaded, some records rejected;
  3 failed after part of an append was committed; 4 outcome unknown; 64 wrong usage;
  128+n ended by signal n)";

constexpr const char* kExamples = R"(Examples
  millrace load trades.csv --to postgresql://loader@db/prod --table trades
  millrace load trades.csv.gz --to sqlite:trades.db --table trades --create --key trade_id
  zcat trades.csv.gz | millrace load - --to sqlite:trades.db --table trades --mode reload)";

constexpr const char* kLoadExamples = R"(Examples
  millrace load trades.csv --to postgresql://loader@db/prod --table trades
  millrace load trades.csv --to db2://loader@db:50000/prod --table trades --key id --writers 4
  millrace load trades.tsv --to sqlite:x.db --table trades --delimiter '\t' --columns id,price
  millrace load trades.csv --to postgresql://db/prod --table trades --key id --set updated_at=now
  millrace load --job job.json --writers 4            options given here override the job file
  millrace load --resume RUN_ID --to postgresql://loader@db/prod)";

constexpr const char* kRunExamples = R"(Examples
  millrace load trades.csv --to sqlite:x.db --table trades --key id --stage-only --run-id nightly
  millrace runs --to sqlite:x.db
  millrace show nightly --to sqlite:x.db
  millrace publish nightly --to sqlite:x.db           or give it up: millrace discard nightly)";

constexpr const char* kPingExamples = R"(Examples
  millrace ping postgresql://loader@db:5432/prod
  millrace ping db2://loader@db:50000/prod --password-file secret.txt
  millrace ping 'odbc:DSN=prod;UID=loader'
  millrace ping sqlite:trades.db)";

constexpr const char* kDdlExamples = R"(Examples
  millrace ddl --state --to postgresql://db/prod
  millrace ddl --state --to db2://loader@db:50000/prod --state-schema MILLRACE --grantee LOADER)";

std::string option_of(std::string_view key) {
  std::string name = "--" + std::string(key);
  std::replace(name.begin() + 2, name.end(), '_', '-');
  return name;
}

/// A whole number becomes a JSON number; everything else stays text, which the job judges ("8MiB", "5%", "abc").
Json number_or_text(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  return status == std::errc() && end == text.data() + text.size() ? Json(number) : Json(text);
}

/// Adds one option of the job to `app`; what is given lands in `given` under its key.
void add_job_option(CLI::App& app, const JobField& field, Json& given) {
  const std::string key(field.key), help(field.help), argument(field.argument);
  const std::string name = key == "source" ? key : option_of(key);
  CLI::Option* option = nullptr;
  switch (field.kind) {
    case JobField::Kind::flag:
      // The header is the one flag that is on by default.
      option = key == "header" ? app.add_flag_function("--header,!--no-header", [&given, key](std::int64_t count) { given[key] = count > 0; }, help)
                               : app.add_flag_function(name, [&given, key](std::int64_t) { given[key] = true; }, help);
      break;
    case JobField::Kind::repeated:
      option = app.add_option_function<std::vector<std::string>>(name, [&given, key](const std::vector<std::string>& values) { given[key] = values; }, help)
                   ->expected(1)
                   ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
      break;
    case JobField::Kind::number:
      option = app.add_option_function<std::string>(name, [&given, key](const std::string& value) { given[key] = number_or_text(value); }, help);
      break;
    case JobField::Kind::text:
    case JobField::Kind::list:
      option = app.add_option_function<std::string>(name, [&given, key](const std::string& value) { given[key] = value; }, help);
      break;
  }
  option->group(std::string(field.group))->type_name(argument);
}

void add_logging(CLI::App& app, LoggingOptions& logging) {
  app.add_option("--log-level", logging.level, "debug, info, warning, error or off; logs go to standard error; default warning")->group(kCommonGroup)->type_name("LEVEL");
  app.add_flag("--log-json", logging.json, "log one JSON object a line")->group(kCommonGroup);
}

/// The option of every command but load that reaches a database.
void add_connection(CLI::App& app, ConnectionOptions& connection, bool with_state_schema = true) {
  const char* group = "Database";
  app.add_option("--to", connection.url, "database; default: DATABASE_URL from the environment or from .env")->group(group)->type_name("URL");
  app.add_option("--password-file", connection.password_file, "file whose first line is the password, instead of one in the URL")->group(group)->type_name("PATH");
  if (with_state_schema) {
    app.add_option("--state-schema", connection.state_schema, "where Millrace's own tables live; default: what the session finds")->group(group)->type_name("NAME");
  }
}

void add_run_id(CLI::App& app, std::string& run_id) {
  app.add_option("run_id", run_id, "the run; millrace runs lists them")->required()->group("Database")->type_name("RUN_ID");
}

/// The command line of the whole program. Members that the options fill live as long as the parser.
class Parser {
 public:
  Parser() : app_("Moves rows into databases, fast and without losing one.", "millrace") {
    app_.formatter(std::make_shared<HelpFormatter>());
    app_.set_help_flag("-h,--help", "print this help")->group(kCommonGroup);
    app_.set_version_flag("--version", std::string("millrace ") + MILLRACE_VERSION, "print the version")->group(kCommonGroup);
    app_.require_subcommand(0, 1);
    app_.footer(std::string(kExamples) + kExitStatus);
    add_load();
    add_run_commands();
    add_database_commands();
  }

  Arguments parse(const std::vector<std::string>& arguments) {
    check_options(arguments);
    try {
      app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
      return {PrintCommand{help_of_parsed()}, logging_};
    } catch (const CLI::CallForVersion& version) {
      return {PrintCommand{std::string(version.what()) + "\n"}, logging_};
    } catch (const CLI::ExtrasError&) {
      throw UsageError(unexpected());
    } catch (const CLI::RequiredError&) {
      throw UsageError(missing() + "; see " + name_of_parsed() + " --help");
    } catch (const CLI::ParseError& error) {
      throw UsageError(std::string(error.what()) + "; see " + name_of_parsed() + " --help");
    }
    const auto parsed = app_.get_subcommands();
    if (parsed.empty()) throw UsageError("no command is given; millrace --help lists them");
    return {commands_.at(parsed.front())(), logging_};
  }

 private:
  CLI::App& add(const char* name, const char* description, std::function<decltype(Arguments::command)()> make) {
    CLI::App* command = app_.add_subcommand(name, description);
    command->formatter(app_.get_formatter());
    command->get_help_ptr()->group(kCommonGroup);
    commands_[command] = std::move(make);
    return *command;
  }

  void add_load() {
    CLI::App& load = add("load", "Load a file into a table.", [this] {
      try {
        load_.given = given_.dump();
      } catch (const nlohmann::json::type_error&) {
        throw UsageError("an option's value is not valid UTF-8; convert it (file names included)");
      }
      return load_;
    });
    for (const JobField& field : job_fields()) add_job_option(load, field, given_);
    load.add_option("--job", load_.job_file, "read the options from a JSON file whose keys are the long options with underscores")->group("What and where to")->type_name("PATH");
    load.add_option("--progress", load_.progress, "auto, always or never; auto shows a bar on a terminal only; default auto")
        ->check(CLI::IsMember({"auto", "always", "never"}))->group(kCommonGroup)->type_name("WHEN");
    load.add_option("--report", load_.report_file, "write the run's report as JSON to PATH")->group(kCommonGroup)->type_name("PATH");
    load.add_flag("--json", load_.json, "print the report as JSON instead of text")->group(kCommonGroup);
    add_logging(load, logging_);
    load.footer(std::string(kLoadExamples) + kExitStatus);
  }

  void add_run_commands() {
    CLI::App& runs = add("runs", "List the runs of a database.", [this] { return RunsCommand{connection_, json_}; });
    add_connection(runs, connection_);
    CLI::App& show = add("show", "Show a run. Prints its counts, its ledger and its reconciliation.", [this] { return ShowCommand{connection_, run_id_, json_}; });
    CLI::App& publish = add("publish", "Publish a staged run. Safe to repeat.", [this] { return PublishCommand{connection_, run_id_, json_}; });
    CLI::App& discard = add("discard", "Remove a run's staged rows. The run is abandoned.", [this] { return DiscardCommand{connection_, run_id_}; });
    for (CLI::App* command : {&show, &publish, &discard}) {
      add_run_id(*command, run_id_);
      add_connection(*command, connection_);
    }
    for (CLI::App* command : {&runs, &show, &publish}) command->add_flag("--json", json_, "print JSON instead of text")->group(kCommonGroup);
    for (CLI::App* command : {&runs, &show, &publish, &discard}) {
      command->footer(kRunExamples);
      add_logging(*command, logging_);
    }
  }

  void add_database_commands() {
    CLI::App& ping = add("ping", "Reach a database. Prints its product, its version and the round trip of a query.", [this] {
      if (connection_.url.empty()) connection_.url = positional_url_;
      return PingCommand{connection_};
    });
    ping.add_option("url", positional_url_, "database; the same as --to")->group("Database")->type_name("URL");
    ping.footer(kPingExamples);
    add_connection(ping, connection_, false);
    add_logging(ping, logging_);

    CLI::App& ddl = add("ddl", "Print the DDL of Millrace's own tables. Nothing is created.", [this] {
      if (!ddl_state_) throw UsageError("millrace ddl needs to know of what: add --state for the DDL of Millrace's own tables");
      return DdlCommand{connection_, grantee_};
    });
    ddl.add_flag("--state", ddl_state_, "the tables of runs, ledger and reconciliation, and the grants that a load needs")->group("What");
    ddl.add_option("--grantee", grantee_, "role that the grants are for")->group("What")->type_name("ROLE");
    ddl.footer(kDdlExamples);
    add_connection(ddl, connection_);
    add_logging(ddl, logging_);
  }

  const CLI::App* parsed_command() const {
    const auto parsed = app_.get_subcommands();
    return parsed.empty() ? &app_ : parsed.front();
  }
  std::string name_of_parsed() const { return parsed_command() == &app_ ? "millrace" : "millrace " + parsed_command()->get_name(); }
  std::string help_of_parsed() const { return parsed_command()->help(); }

  std::string missing() const {
    for (const CLI::Option* option : parsed_command()->get_options({})) {
      if (option->get_required() && option->count() == 0) return option->get_type_name() + " is missing: " + option->get_description();
    }
    return "a required option is missing";
  }

  std::string unexpected() const {
    const std::string first = app_.remaining(true).front();
    if (parsed_command() != &app_) return "unexpected argument " + without_secret(first) + "; see " + name_of_parsed() + " --help";
    std::vector<std::string> names;
    for (const CLI::App* command : app_.get_subcommands({})) names.push_back(command->get_name());
    return "unknown command " + without_secret(first) + suggestion(first, names, "millrace --help lists the commands");
  }

  static std::string suggestion(const std::string& word, const std::vector<std::string>& known, const std::string& otherwise) {
    const std::string nearest = nearest_word(word, known);
    return "; " + (nearest.empty() ? otherwise : "did you mean " + nearest + "?");
  }

  /// Unknown options are looked for first: the parser would stumble over their values and name those instead.
  void check_options(const std::vector<std::string>& arguments) const {
    const CLI::App* app = &app_;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string& argument = arguments[i];
      if (argument == "--") return;
      if (!argument.starts_with("--")) {
        if (app == &app_) {
          const auto commands = app_.get_subcommands([&](const CLI::App* command) { return command->get_name() == argument; });
          if (commands.empty()) return;
          app = commands.front();
        }
        continue;
      }
      const std::string name = argument.substr(0, argument.find('='));
      const CLI::Option* option = app->get_option_no_throw(name);
      if (option == nullptr) throw UsageError("unknown option " + name + suggestion(name, option_names(*app), app_name(*app) + " --help lists the options"));
      if (option->get_items_expected_max() > 0 && name.size() == argument.size()) ++i;  // its value may look like an option
    }
  }

  std::string app_name(const CLI::App& app) const { return &app == &app_ ? "millrace" : "millrace " + app.get_name(); }

  static std::vector<std::string> option_names(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options({})) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    return names;
  }

  CLI::App app_;
  std::map<const CLI::App*, std::function<decltype(Arguments::command)()>> commands_;
  LoggingOptions logging_;
  ConnectionOptions connection_;
  LoadCommand load_;
  Json given_ = Json::object();
  std::string run_id_, positional_url_, grantee_;
  bool json_ = false;
  bool ddl_state_ = false;
};

}  // namespace

Arguments parse_arguments(const std::vector<std::string>& arguments) { return Parser().parse(arguments); }

}  // namespace millrace::cli

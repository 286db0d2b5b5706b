#include "help.hpp"

#include <algorithm>
#include <sstream>

namespace millrace::cli {
namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kIndent = 2;
constexpr std::size_t kTextColumn = 28;

/// "-x, --name ARG" padded to the text's column, the text wrapped behind it.
std::string entry(const std::string& name, const std::string& text) {
  std::string out(kIndent, ' ');
  out += name;
  if (out.size() + 2 > kTextColumn) out += "\n" + std::string(kTextColumn, ' ');
  else out.resize(kTextColumn, ' ');
  std::size_t column = kTextColumn;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (column > kTextColumn && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(kTextColumn, ' ');
      column = kTextColumn;
    } else if (column > kTextColumn) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

/// CLI11 appends the values that a check allows; the description has them.
std::string argument_name(const CLI::Option& option) {
  const std::string name = option.get_type_name();
  return name.substr(0, name.find(":{"));
}

std::string option_names(const CLI::Option& option) {
  if (option.get_positional()) return argument_name(option);
  std::string names;
  for (const std::string& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) names += (names.empty() ? "--" : ", --") + name;
  return option.get_items_expected_max() > 0 ? names + " " + argument_name(option) : names;
}

/// In the order of their options, what all commands have at the end.
std::vector<std::string> groups_of(const CLI::App& app) {
  std::vector<std::string> groups = app.get_groups();
  std::stable_partition(groups.begin(), groups.end(), [](const std::string& group) { return group != kCommonGroup; });
  return groups;
}

std::string usage(const CLI::App& app, const std::string& name) {
  std::string line = "Usage: " + name;
  if (!app.get_subcommands({}).empty()) line += " COMMAND";
  for (const CLI::Option* option : app.get_options({})) {
    if (!option->get_positional()) continue;
    line += " " + (option->get_required() ? argument_name(*option) : "[" + argument_name(*option) + "]");
  }
  return line + " [options]\n";
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode) const {
  // CLI11 hands a subcommand the program's name only with its parents' in front.
  if (app->get_parent() != nullptr) name = app->get_parent()->get_name() + " " + app->get_name();
  else name = app->get_name();
  std::string help = usage(*app, name) + "\n" + app->get_description() + "\n";
  if (const auto commands = app->get_subcommands({}); !commands.empty()) {
    help += "\nCommands\n";
    for (const CLI::App* command : commands) {
      const std::string& description = command->get_description();
      help += entry(command->get_name(), description.substr(0, description.find('.')));
    }
  }
  for (const std::string& group : groups_of(*app)) {
    std::string options;
    for (const CLI::Option* option : app->get_options({})) {
      if (option->get_group() == group) options += entry(option_names(*option), option->get_description());
    }
    if (!group.empty() && !options.empty()) help += "\n" + group + "\n" + options;
  }
  const std::string footer = app->get_footer();
  return footer.empty() ? help : help + "\n" + footer + "\n";
}

}  // namespace millrace::cli

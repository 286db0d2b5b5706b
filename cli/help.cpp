#include "help.hpp"

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

std::string option_names(const CLI::Option& option) {
  std::string names = option.get_positional() ? option.get_type_name() : option.get_name(false, true);
  if (const std::size_t comma = names.find(','); comma != std::string::npos) names.replace(comma, 1, ", ");
  const bool takes_value = option.get_items_expected_max() > 0;
  return takes_value && !option.get_positional() ? names + " " + option.get_type_name() : names;
}

std::string usage(const CLI::App& app, const std::string& name) {
  std::string line = "Usage: " + name;
  if (!app.get_subcommands({}).empty()) line += " COMMAND";
  for (const CLI::Option* option : app.get_options({})) {
    if (!option->get_positional()) continue;
    line += " " + (option->get_required() ? option->get_type_name() : "[" + option->get_type_name() + "]");
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
  for (const std::string& group : app->get_groups()) {
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

// Files of variables. Several programs read them, each a little differently; this takes what they agree about.

#include <string>

#include "millrace/access/database_config.hpp"
#include "millrace/access/error.hpp"

namespace millrace {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_in_name(char c) { return begins_name(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; }

class EnvFileParser {
 public:
  EnvFileParser(std::string_view text, std::string_view origin) : text_(text), origin_(origin) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);  // as Windows editors begin files
  }

  std::map<std::string, std::string> parse() {
    while (at_ < text_.size()) {
      parse_line();
      if (at_ < text_.size()) ++at_, ++line_;
    }
    return std::move(variables_);
  }

 private:
  bool at_end_of_line() const { return at_ == text_.size() || text_[at_] == '\n'; }
  void skip_blanks() { while (!at_end_of_line() && is_blank(text_[at_])) ++at_; }
  void skip_line() { while (!at_end_of_line()) ++at_; }

  [[noreturn]] void fail(std::size_t line, const char* what) const { throw ConfigError("line " + std::to_string(line) + " of " + std::string(origin_) + " " + what); }

  void parse_line() {
    skip_blanks();
    if (at_end_of_line()) return;
    if (text_[at_] == '#') return skip_line();
    std::string name = parse_name();
    if (name == "export" && !at_end_of_line() && text_[at_] != '=') name = parse_name();
    if (at_end_of_line() || text_[at_] != '=') fail(line_, "is not NAME=VALUE, a # comment or empty");
    ++at_;
    const std::size_t behind_equals = at_;
    skip_blanks();
    const bool quoted = !at_end_of_line() && (text_[at_] == '"' || text_[at_] == '\'');
    if (!quoted) at_ = behind_equals;
    std::string value = quoted ? parse_quoted(text_[at_]) : parse_plain();
    if (value.find('\0') != std::string::npos) fail(line_, "has a NUL byte");
    variables_[std::move(name)] = std::move(value);
  }

  /// With the blanks behind it.
  std::string parse_name() {
    const std::size_t begin = at_;
    if (at_end_of_line() || !begins_name(text_[at_])) fail(line_, "is not NAME=VALUE, a # comment or empty");
    while (!at_end_of_line() && is_in_name(text_[at_])) ++at_;
    std::string name(text_.substr(begin, at_ - begin));
    skip_blanks();
    return name;
  }

  /// Up to the end of the line, or to a # behind a blank: one inside a URL belongs to it.
  std::string parse_plain() {
    const std::size_t begin = at_;
    while (!at_end_of_line() && !(text_[at_] == '#' && at_ > begin && is_blank(text_[at_ - 1]))) ++at_;
    std::string_view value = text_.substr(begin, at_ - begin);
    skip_line();
    while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
    while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
    return std::string(value);
  }

  std::string parse_quoted(char quote) {
    const std::size_t first_line = line_;
    std::string value;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (quote == '"' && text_[at_] == '\\' && at_ + 1 < text_.size()) add_escape(value);
      else value += text_[at_];
    }
    if (at_ == text_.size()) fail(first_line, "has a quote that is not closed");
    ++at_;
    skip_blanks();
    if (!at_end_of_line() && text_[at_] != '#') fail(line_, "has something behind its closing quote; escape quotes inside double ones as \\\"");
    skip_line();
    return value;
  }

  void add_escape(std::string& value) {
    const char c = text_[at_ + 1];
    switch (c) {
      case 'n': value += '\n'; break;
      case 'r': value += '\r'; break;
      case 't': value += '\t'; break;
      case '"': case '\\': case '$': case '`': value += c; break;
      default: value += '\\'; return;  // it means itself, and so does what follows
    }
    ++at_;
  }

  std::string_view text_;
  std::string_view origin_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::map<std::string, std::string> variables_;
};

}  // namespace

std::map<std::string, std::string> parse_env_file(std::string_view text, std::string_view origin) { return EnvFileParser(text, origin).parse(); }

}  // namespace millrace

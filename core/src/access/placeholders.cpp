#include "millrace/access/placeholders.hpp"

#include <algorithm>

#include "millrace/access/dialect.hpp"
#include "millrace/access/error.hpp"

namespace millrace {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

[[noreturn]] void misuse(std::string message) { throw Error(ErrorCode::misuse, std::move(message)); }

/// One pass over a statement: copies it, and replaces the placeholders on the way.
class Translator {
 public:
  Translator(std::string_view sql, const Params& params, const Dialect& dialect)
      : sql_(sql), params_(params), dialect_(dialect), reusable_(dialect.placeholder(1) != dialect.placeholder(2)), used_(params.named().size()) {
    out_.sql.reserve(sql.size() + 16);
  }

  BoundStatement run() {
    while (at_ < sql_.size()) step();
    check_use();
    return std::move(out_);
  }

 private:
  void step() {
    const char c = sql_[at_];
    if (c == '\'' || c == '"') return copy_to(end_of_quoted(at_));
    if (is_letter(c) || is_digit(c)) return word();
    if (c == '-' && next() == '-') return copy_to(end_of_line());
    if (c == '/' && next() == '*') return copy_to(end_of_comment());
    if (c == '$') return copy_to(end_of_dollar_quote());
    if (c == '?') return question_mark();
    if (c == ':') return colon();
    copy_to(at_ + 1);
  }

  char next() const { return at_ + 1 < sql_.size() ? sql_[at_ + 1] : '\0'; }
  void copy_to(std::size_t end) {
    out_.sql.append(sql_.substr(at_, end - at_));
    at_ = end;
  }

  // Words are taken whole: a $ inside one opens no dollar quote, and only the word E makes backslashes count in the literal behind it.
  void word() {
    std::size_t end = at_;
    while (end < sql_.size() && (is_letter(sql_[end]) || is_digit(sql_[end]) || sql_[end] == '$')) ++end;
    const bool escapes = end - at_ == 1 && (sql_[at_] == 'e' || sql_[at_] == 'E') && end < sql_.size() && sql_[end] == '\'';
    copy_to(escapes ? end_of_escape_literal(end) : end);
  }

  // A doubled quote needs no care: it ends one literal and begins the next.
  std::size_t end_of_quoted(std::size_t begin) const {
    const std::size_t close = sql_.find(sql_[begin], begin + 1);
    return close == std::string_view::npos ? sql_.size() : close + 1;
  }
  // Here it does, and so does a literal that goes on in another line: both still know backslashes.
  std::size_t end_of_escape_literal(std::size_t begin) const {
    for (std::size_t i = begin + 1; i < sql_.size(); ++i) {
      if (sql_[i] == '\\') ++i;
      else if (sql_[i] == '\'') {
        const std::size_t more = sql_.find_first_not_of(" \t\n\r\f", i + 1);
        if (more == std::string_view::npos || sql_[more] != '\'') return i + 1;
        if (more > i + 1 && sql_.substr(i, more - i).find_first_of("\r\n") == std::string_view::npos) return i + 1;
        i = more;
      }
    }
    return sql_.size();
  }
  std::size_t end_of_line() const { return std::min(sql_.find_first_of("\r\n", at_), sql_.size()); }
  std::size_t end_of_comment() const {
    int depth = 1;
    std::size_t i = at_ + 2;
    while (i + 1 < sql_.size() && depth > 0) {
      if (sql_[i] == '/' && sql_[i + 1] == '*') ++depth, i += 2;
      else if (sql_[i] == '*' && sql_[i + 1] == '/') --depth, i += 2;
      else ++i;
    }
    return depth > 0 ? sql_.size() : i;
  }
  std::size_t end_of_dollar_quote() const {
    std::size_t i = at_ + 1;
    if (i < sql_.size() && is_digit(sql_[i])) return i;  // $1 is no tag
    while (i < sql_.size() && (is_letter(sql_[i]) || is_digit(sql_[i]))) ++i;
    if (i >= sql_.size() || sql_[i] != '$') return i;
    const std::string_view tag = sql_.substr(at_, i + 1 - at_);
    const std::size_t close = sql_.find(tag, i + 1);
    return close == std::string_view::npos ? sql_.size() : close + tag.size();
  }

  void question_mark() {
    if (next() == '?') {
      out_.sql += '?';
      at_ += 2;
      return;
    }
    ++at_;
    const std::size_t index = positional_++;
    const auto& values = params_.positional();
    if (index < values.size()) bind(values[index]);
  }

  void colon() {
    if (next() == ':' || next() == '=') return copy_to(at_ + 2);
    if (!is_letter(next())) return copy_to(at_ + 1);
    std::size_t end = at_ + 1;
    while (end < sql_.size() && (is_letter(sql_[end]) || is_digit(sql_[end]))) ++end;
    const std::string_view name = sql_.substr(at_ + 1, end - at_ - 1);
    at_ = end;
    bind_named(name);
  }

  void bind(const Value& value) {
    out_.values.push_back(value);
    out_.sql += dialect_.placeholder(out_.values.size());
  }

  // A name that comes again keeps its number where placeholders are numbered, so that its type is inferred from all its uses.
  void bind_named(std::string_view name) {
    if (named_.empty()) named_ = name;
    const auto& values = params_.named();
    const auto found = std::find_if(values.begin(), values.end(), [&](const auto& entry) { return entry.first == name; });
    if (found == values.end()) {
      if (!values.empty() || params_.positional().empty()) misuse("the statement's placeholder ':" + std::string(name) + "' has no value");
      return;  // positional values for named placeholders: check_use() says so
    }
    std::size_t& number = used_[static_cast<std::size_t>(found - values.begin())];
    if (reusable_ && number != 0) {
      out_.sql += dialect_.placeholder(number);
      return;
    }
    bind(found->second);
    number = out_.values.size();
  }

  void check_use() const {
    if (positional_ != 0 && !named_.empty()) {
      misuse("the statement mixes '?' and ':" + std::string(named_) + "' placeholders: use one style (a question mark as an operator is written '\?\?')");
    }
    if (!named_.empty() && !params_.positional().empty()) {
      misuse("the statement has named placeholders (':" + std::string(named_) + "') but its values have no names: use Params::named");
    }
    for (std::size_t i = 0; i < used_.size(); ++i) {
      const std::string& name = params_.named()[i].first;
      if (used_[i] == 0) misuse("the value named '" + name + "' is given twice, or the statement has no placeholder ':" + name + "'");
    }
    if (positional_ != params_.positional().size()) {
      misuse("the statement has " + std::to_string(positional_) + " '?' placeholders, but " + std::to_string(params_.positional().size()) +
             " values were given");
    }
  }

  std::string_view sql_;
  const Params& params_;
  const Dialect& dialect_;
  const bool reusable_;
  BoundStatement out_;
  std::size_t at_ = 0;
  std::size_t positional_ = 0;
  std::string_view named_;             // the first named placeholder, for messages
  std::vector<std::size_t> used_;      // by named value: the number of its placeholder, 0 = not used yet
};

}  // namespace

BoundStatement translate_placeholders(std::string_view sql, const Params& params, const Dialect& dialect) {
  // A client library would silently run what stands before it.
  if (sql.find('\0') != std::string_view::npos) misuse("the statement contains a NUL byte");
  return Translator(sql, params, dialect).run();
}

}  // namespace millrace

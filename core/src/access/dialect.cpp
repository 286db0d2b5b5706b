#include "millrace/access/dialect.hpp"

#include "millrace/access/error.hpp"

namespace millrace {
namespace {

std::string doubled(std::string_view text, char quote, const char* what) {
  if (text.find('\0') != std::string_view::npos) throw ConfigError(std::string(what) + " contains a NUL byte, which no database stores");
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out += quote;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// What stands unquoted in SQL: a letter, an underscore or any non-ASCII character first, then digits and $ too.
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool continues_name(char c) { return starts_name(c) || (c >= '0' && c <= '9') || c == '$'; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Reads the parts of a qualified name: `a`, `"A b"`, `a . "b"`.
class NameReader {
 public:
  NameReader(const Dialect& dialect, std::string_view text) : dialect_(dialect), text_(text) { skip_blanks(); }

  std::string part() {
    std::string name = at_ < text_.size() && text_[at_] == '"' ? quoted() : unquoted();
    if (name.size() > dialect_.max_identifier_bytes()) {
      fail("is longer than the " + std::to_string(dialect_.max_identifier_bytes()) + " bytes that this database allows");
    }
    skip_blanks();
    return name;
  }
  bool dot() {
    if (at_ >= text_.size() || text_[at_] != '.') return false;
    ++at_;
    skip_blanks();
    return true;
  }
  void end(const char* allowed) {
    if (at_ < text_.size()) fail(std::string("has something behind ") + allowed + "; put a name with other characters in double quotes");
  }

 private:
  std::string quoted() {
    std::string name;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\0') fail("contains a NUL byte");
      if (text_[at_] == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
        ++at_;
      }
      name += text_[at_];
    }
    if (at_ >= text_.size()) fail("has an opening double quote without a closing one");
    ++at_;
    if (name.empty()) fail("has an empty part");
    return name;
  }
  std::string unquoted() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (at_ == begin ? starts_name(text_[at_]) : continues_name(text_[at_]))) ++at_;
    if (at_ > begin) return dialect_.fold(text_.substr(begin, at_ - begin));
    if (at_ >= text_.size() || text_[at_] == '.') fail("has an empty part");
    fail("has a character that needs double quotes around the name");
  }
  void skip_blanks() { while (at_ < text_.size() && is_blank(text_[at_])) ++at_; }
  [[noreturn]] void fail(const std::string& why) const { throw ConfigError("the name '" + printable() + "' " + why); }
  std::string printable() const {
    std::string out(text_.substr(0, 200));
    for (char& c : out) if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    return out;
  }

  const Dialect& dialect_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string Dialect::quote(std::string_view identifier) const {
  if (identifier.empty()) throw ConfigError("a name is empty: every table and column needs one");
  return doubled(identifier, '"', "a name");
}

std::string Dialect::quote(const TableName& table) const {
  return table.schema.empty() ? quote(table.name) : quote(table.schema) + "." + quote(table.name);
}

SqlType Dialect::created_type(const SqlType& inferred) const { return inferred.kind == TypeKind::text ? SqlType::of(TypeKind::text) : inferred; }

std::string Dialect::quote_list(const std::vector<std::string>& identifiers, std::string_view prefix) const {
  std::string list;
  for (const std::string& identifier : identifiers) {
    if (!list.empty()) list += ", ";
    list.append(prefix).append(quote(identifier));
  }
  return list;
}

TableName Dialect::parse_table(std::string_view text) const {
  NameReader reader(*this, text);
  TableName table;
  table.name = reader.part();
  if (reader.dot()) {
    table.schema = std::move(table.name);
    table.name = reader.part();
  }
  reader.end("the table's name (write it as table or schema.table)");
  return table;
}

std::string Dialect::parse_identifier(std::string_view text) const {
  NameReader reader(*this, text);
  std::string name = reader.part();
  reader.end("its end");
  return name;
}

std::string Dialect::limited_name(std::string_view base, std::string_view suffix) const {
  const std::size_t limit = max_identifier_bytes();
  if (suffix.size() > limit) throw Error(ErrorCode::internal, "a name's suffix '" + std::string(suffix) + "' is longer than the database's limit");
  std::size_t keep = std::min(base.size(), limit - suffix.size());
  if (keep < base.size()) {
    while (keep > 0 && is_continuation(base[keep])) --keep;
  }
  return std::string(base.substr(0, keep)).append(suffix);
}

std::string Dialect::string_literal(std::string_view text) const { return doubled(text, '\'', "a text"); }

std::string Dialect::drop_table(const TableName& table) const { return "DROP TABLE IF EXISTS " + quote(table); }

}  // namespace millrace

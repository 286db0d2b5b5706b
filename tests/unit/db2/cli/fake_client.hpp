#pragma once
// A DRDA client without a server: it takes the place of the real one's connect(), answers what a test told it to, and notes what it was asked.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db2/drda/client.hpp"

namespace fake {

using Texts = std::vector<std::optional<std::string>>;   // one row

struct Result {
  std::vector<millrace::drda::Column> columns;
  std::vector<Texts> rows;
};

/// What the fake answers; a test sets it up anew.
struct World {
  millrace::drda::Server server{"Apache Derby", "CSS10140", "CSS10140/10.14.2.0 - (1828579)", true};
  std::map<std::string, Result> results;                                             // by the statement's text
  std::map<std::string, millrace::drda::Sqlca> failures;                             // likewise; of "COMMIT" and "ROLLBACK", too
  std::function<millrace::drda::Sqlca(std::size_t row)> row_answer;                  // of arrays and single rows; nullptr: one row changed
  std::function<void()> while_executing;

  // What was asked.
  millrace::drda::ConnectOptions options;
  std::vector<std::string> log;                                                      // "prepare SQL", "execute SQL", "array 3 SQL", "COMMIT", ...
  std::vector<std::vector<std::string>> values;                                      // of the rows that were written: "text abc", "integer 5", "null"
  std::vector<millrace::drda::ParameterType> types;
  std::vector<std::chrono::milliseconds> timeouts;
  bool open = false;
  int aborts = 0;
};

World& world();
void reset();

/// A cell of a result that is made of texts.
class TextCell final : public millrace::drda::Cell {
 public:
  TextCell() = default;
  explicit TextCell(std::optional<std::string> text) : text_(std::move(text)) {}
  bool is_null() const override { return !text_; }
  std::string_view as_text() const override { return *text_; }
  std::span<const std::byte> as_bytes() const override { return std::as_bytes(std::span(text_->data(), text_->size())); }
  std::int64_t as_integer() const override { return std::stoll(*text_); }
  double as_number() const override { return std::stod(*text_); }

 private:
  std::optional<std::string> text_;
};

/// Notes what is written to it.
class NotingWriter final : public millrace::drda::RowWriter {
 public:
  void null() override { values.emplace_back("null"); }
  void integer(std::int64_t value) override { values.push_back("integer " + std::to_string(value)); }
  void number(double value) override { values.push_back("number " + std::to_string(value)); }
  void decimal(std::string_view text) override { values.push_back("decimal " + std::string(text)); }
  void text(std::string_view utf8) override { values.push_back("text " + std::string(utf8)); }
  void bytes(std::span<const std::byte> value) override { values.push_back("bytes " + std::string(reinterpret_cast<const char*>(value.data()), value.size())); }
  std::vector<std::string> values;
};

}  // namespace fake

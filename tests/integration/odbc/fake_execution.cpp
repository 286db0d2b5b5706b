// What statements do.

#include <algorithm>
#include <charconv>
#include <cstring>
#include <type_traits>

#include "integration/odbc/fake_handles.hpp"

namespace millrace::fake_odbc {
namespace {

constexpr std::size_t kLongText = 4000;

template <class T> T fixed_at(const Parameter& parameter, std::size_t row) {
  T value{};
  std::memcpy(&value, parameter.values + row * sizeof value, sizeof value);
  return value;
}

/// The bytes of a text, as its indicator tells them: one that passes the end of its room would be read from the next row's.
std::string_view text_at(const Parameter& parameter, std::size_t row) {
  const char* const first = parameter.values + row * static_cast<std::size_t>(parameter.width);
  const SQLLEN length = parameter.lengths ? parameter.lengths[row] : SQL_NTS;
  if (length == SQL_NTS) return {first, strnlen(first, static_cast<std::size_t>(parameter.width))};
  if (length < 0 || length > parameter.width) throw Record{"HY090", "[Fake][Driver]a length of " + std::to_string(length) + " in a buffer of " + std::to_string(parameter.width)};
  return {first, static_cast<std::size_t>(length)};
}

bool null_at(const Parameter& parameter, std::size_t row) { return parameter.lengths && parameter.lengths[row] == SQL_NULL_DATA; }

std::optional<std::int64_t> integer_at(const Parameter& parameter, std::size_t row) {
  if (null_at(parameter, row)) return std::nullopt;
  switch (parameter.c_type) {
    case SQL_C_SSHORT: return fixed_at<std::int16_t>(parameter, row);
    case SQL_C_LONG:
    case SQL_C_SLONG: return fixed_at<std::int32_t>(parameter, row);
    case SQL_C_SBIGINT: return fixed_at<std::int64_t>(parameter, row);
    case SQL_C_CHAR: break;
    default: throw Record{"07006", "[Fake][Driver]no integer can be made of C type " + std::to_string(parameter.c_type)};
  }
  const std::string_view text = text_at(parameter, row);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) throw Record{"22018", "[Fake][Driver]\"" + std::string(text) + "\" is no integer"};
  return value;
}

Text varchar_at(const Parameter& parameter, std::size_t row) {
  if (null_at(parameter, row)) return std::nullopt;
  if (parameter.c_type != SQL_C_CHAR) throw Record{"07006", "[Fake][Driver]no text can be made of C type " + std::to_string(parameter.c_type)};
  return std::string(text_at(parameter, row));
}

void note_array(const Statement& statement) {
  FakeOdbcStatistics& statistics = statement.connection.base->statistics;
  std::uint64_t bytes = 0;
  for (const Parameter& parameter : statement.parameters) bytes += static_cast<std::uint64_t>(parameter.width) * statement.array_size;
  ++statistics.executes;
  statistics.largest_array = std::max<std::uint64_t>(statistics.largest_array, statement.array_size);
  statistics.most_bytes = std::max(statistics.most_bytes, bytes);
}

/// One run of the INSERT, over all rows of its array.
class ArrayInsert {
 public:
  explicit ArrayInsert(Statement& statement)
      : statement_(statement), connection_(statement.connection), before_(connection_.transaction.rows()), statuses_(statement.array_size, SQL_PARAM_UNUSED) {}

  SQLRETURN run() {
    store_rows();
    statement_.row_count = connection_.behaves("counts_nothing") ? -1 : static_cast<SQLLEN>(stored_);
    const bool failed = !statement_.records.empty();
    if (failed && connection_.behaves("all_or_nothing")) {
      connection_.transaction.put_back(std::move(before_));
      std::fill(statuses_.begin(), statuses_.end(), static_cast<SQLUSMALLINT>(SQL_PARAM_ERROR));
    }
    tell(seen_ - (!failed && connection_.behaves("miscounts") ? 1 : 0));
    if (!failed) return SQL_SUCCESS;
    if (connection_.behaves("says_nothing")) statement_.records.clear();
    return connection_.behaves("goes_on") && stored_ > 0 ? SQL_SUCCESS_WITH_INFO : SQL_ERROR;
  }

 private:
  void store_rows() {
    const std::size_t rows = statuses_.size();
    for (; seen_ < rows; ++seen_) {
      const bool last_of_many = rows > 1 && seen_ + 1 == rows;
      if (last_of_many && connection_.behaves("leaves_last_unused")) continue;
      if (last_of_many && connection_.behaves("loses_last")) {
        statuses_[seen_] = SQL_PARAM_SUCCESS;
        continue;
      }
      if (connection_.behaves("dies") && connection_.inserted == connection_.after) {
        tell(seen_);
        connection_.die();
      }
      try {
        connection_.transaction.insert(*connection_.base, integer_at(statement_.parameters[0], seen_), varchar_at(statement_.parameters[1], seen_), connection_.length);
        statuses_[seen_] = SQL_PARAM_SUCCESS;
        ++stored_;
        ++connection_.inserted;
      } catch (Record& record) {
        refuse(std::move(record));
        if (connection_.behaves("goes_on")) continue;
        ++seen_;
        return;
      }
    }
  }

  void refuse(Record record) {
    statuses_[seen_] = SQL_PARAM_ERROR;
    const bool nameless = connection_.behaves("no_statuses") || connection_.behaves("refuses_statuses") || connection_.behaves("all_or_nothing");
    if (!nameless) record.row = static_cast<SQLLEN>(seen_ + 1);
    if (connection_.behaves("talks_long")) record.message.resize(kLongText, '.');
    statement_.records.push_back(std::move(record));
  }

  void tell(std::size_t processed) const {
    if (statement_.statuses && !connection_.behaves("no_statuses")) std::copy(statuses_.begin(), statuses_.end(), statement_.statuses);
    if (statement_.processed) *statement_.processed = processed;
  }

  Statement& statement_;
  Connection& connection_;
  Rows before_;
  std::vector<SQLUSMALLINT> statuses_;
  std::size_t seen_ = 0;
  std::size_t stored_ = 0;
};

SQLRETURN insert(Statement& statement) {
  for (const Parameter& parameter : statement.parameters) {
    if (!parameter.values) throw Record{"07002", "[Fake][Driver]a marker has no parameter"};
  }
  note_array(statement);
  return ArrayInsert(statement).run();
}

std::vector<ResultColumn> table_columns(const Connection& connection) { return {{"ID", SQL_INTEGER, 10}, {"V", SQL_VARCHAR, connection.length}}; }

void select_rows(Statement& statement) {
  std::vector<std::vector<Text>> rows;
  for (auto& [id, value] : statement.connection.transaction.visible(*statement.connection.base)) rows.push_back({std::to_string(id), value});
  statement.answer(table_columns(statement.connection), std::move(rows));
}

void select_count(Statement& statement) {
  const std::size_t count = statement.connection.transaction.visible(*statement.connection.base).size();
  statement.answer({{"1", SQL_BIGINT, 19}}, {{std::to_string(count)}});
}

/// A table is what stands in quotes behind INTO or FROM.
void check_table(std::string_view sql) {
  for (const std::string_view word : {std::string_view("INTO \""), std::string_view("FROM \"")}) {
    const std::size_t at = sql.find(word);
    if (at == std::string_view::npos) continue;
    const std::string_view name = sql.substr(at + word.size(), sql.find('"', at + word.size()) - at - word.size());
    if (name != "T") throw Record{"42S02", "[Fake][Driver]there is no table " + std::string(name)};
  }
}

}  // namespace

SQLRETURN execute(Statement& statement) {
  Connection& connection = statement.connection;
  connection.check_alive();
  statement.close();
  const std::string_view sql = statement.sql;
  check_table(sql);
  const auto name_behind = [&](std::string_view words) { return sql.starts_with(words) ? std::optional(std::string(sql.substr(words.size()))) : std::nullopt; };
  if (sql == R"(INSERT INTO "T" ("ID", "V") VALUES (?, ?))") {
    const SQLRETURN code = insert(statement);
    if (connection.auto_commit) connection.transaction.commit(*connection.base);
    return code;
  }
  if (sql == R"(SELECT probed."ID", probed."V" FROM "T" probed WHERE 1 = 0)") statement.answer(table_columns(connection), {});
  else if (sql == R"(SELECT "ID", "V" FROM "T")") select_rows(statement);
  else if (sql == R"(SELECT COUNT(*) FROM "T")") select_count(statement);
  else if (const auto made = name_behind("SAVEPOINT ")) connection.transaction.savepoint(*made);
  else if (const auto gone_back = name_behind("ROLLBACK TO SAVEPOINT ")) connection.transaction.rollback_to(*gone_back);
  else if (const auto released = name_behind("RELEASE SAVEPOINT ")) connection.transaction.release(*released);
  else throw Record{"42000", "[Fake][Driver]a statement that this driver does not know: " + statement.sql};
  return SQL_SUCCESS;
}

}  // namespace millrace::fake_odbc

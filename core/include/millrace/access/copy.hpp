#pragma once
// Rows of a program's own into tables, through the backend's fastest way in.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/access/connection.hpp"
#include "millrace/access/table_ref.hpp"
#include "millrace/data/row_traits.hpp"

namespace millrace {

struct CopyOptions {
  std::size_t flush_rows = 50'000;                 ///< rows that are collected before they are sent; >= 1
  std::size_t flush_bytes = std::size_t{16} << 20;  ///< or this much memory, whichever comes first
  WriterOptions writer;
};

namespace detail {

template <class T>
concept ValueRange = std::ranges::input_range<T> && std::is_constructible_v<Value, std::ranges::range_reference_t<T>> && !std::is_constructible_v<Value, T>;
template <class T>
concept TupleLike = requires { typename std::tuple_size<T>::type; } && !ValueRange<const T>;

/// The part of a copy that does not depend on the type of its rows.
class RecordCopy {
 public:
  /// @param members  the names of a struct's columns; empty for rows whose values have positions only
  RecordCopy(Connection& connection, const TableRef& table, const std::vector<std::string>& columns, const std::vector<std::string>& members, const CopyOptions& options,
             bool repeatable);
  ~RecordCopy();
  RecordCopy(const RecordCopy&) = delete;
  RecordCopy& operator=(const RecordCopy&) = delete;
  /// The values of the next row, or of all of the struct's members. Emptied by append().
  std::vector<Value>& row() { return row_; }
  void append();
  std::int64_t finish();

 private:
  struct Stream;
  void flush();
  std::unique_ptr<Stream> stream_;
  std::vector<Value> row_;
};

/// Throws the error as one that is not safe to retry, since the source of its rows is used up. @pre inside the catch block that caught it
[[noreturn]] void rethrow_read_once(const Error& error);

template <class Record> void put_values(std::vector<Value>& row, const Record& record) {
  if constexpr (std::is_constructible_v<Value, const Record&>) {
    row.emplace_back(record);
  } else if constexpr (ValueRange<const Record>) {
    for (auto&& value : record) row.emplace_back(value);
  } else {
    std::apply([&](const auto&... values) { (row.emplace_back(values), ...); }, record);
  }
}

template <class Record, class Mapping> void put_members(std::vector<Value>& row, const Record& record, const Mapping& mapping) {
  std::apply([&](const auto&... field) { (row.emplace_back(record.*(field.second)), ...); }, mapping.fields);
}

template <class R, class Put> void append_all(RecordCopy& copy, R& records, Put put) {
  for (const std::ranges::range_value_t<R>& record : records) {
    put(copy.row(), record);
    copy.append();
  }
}

}  // namespace detail

/// What can be copied as a row: a struct with a row mapping, a std::tuple, std::pair or std::array, a range of values (std::vector<Value>), or a
/// single value for a table of one column. std::optional and Value carry NULLs; an empty text is no NULL.
template <class T>
concept CopyableRow = MappedRow<T> || std::is_constructible_v<Value, const T&> || detail::ValueRange<const T> || detail::TupleLike<T>;

/// Copies the rows of a range into a table. All of them go in, or none.
///
/// Inside a transaction its owner commits; a copy that fails takes back its own rows alone, and the transaction goes on (the copy stands behind
/// a savepoint). Outside one the copy is a transaction of its own. No rows: nothing is sent, and `copy.skipped` is logged.
///
/// The range is read once. Nothing is repeated here; when the work around a copy is run again, as with_session() and retry() do, the range is
/// read again from its start. A range that can be read only once (no std::ranges::forward_range: an istream view, a generator) would then miss the
/// rows that the first run has read: from the copy on no error of the transaction is safe to retry, and with_session() passes it on.
///
///     copy_from_records(*session, "trades", trades);                                            // structs, by the names of their mapping
///     copy_from_records(*session, "ods.fx", rates, {"day", "currency", "rate"});                // tuples, by position
///
/// @param columns  in the order of the values; of a struct: those of its members to be copied. Empty: all columns of the table that can be written
///                 (neither generated nor always an identity), in its order; of a struct all of its members. A name matches exactly, else in any
///                 case where that is unique.
/// @return rows stored
/// @throws ConfigError    before anything is sent, all of them by name: columns that the table or the struct does not have, that are generated or
///                        named twice, or that are left out though they are NOT NULL and have no default
/// @throws DataError      a value that does not fit its column, or too many or too few values in a row: info().row (from 0) and info().column
/// @throws DatabaseError, ConnectionError, InDoubtError  as BulkWriter and Connection::commit(); and what reading the range throws
/// @thread_safety  One thread at a time, as its connection.
template <std::ranges::input_range R>
  requires CopyableRow<std::ranges::range_value_t<R>>
std::int64_t copy_from_records(Connection& connection, const TableRef& table, R&& records, const std::vector<std::string>& columns = {}, const CopyOptions& options = {}) {
  using Record = std::ranges::range_value_t<R>;
  constexpr bool repeatable = std::ranges::forward_range<R>;
  const auto run = [&](const std::vector<std::string>& members, auto put) {
    detail::RecordCopy copy(connection, table, columns, members, options, repeatable);
    if constexpr (repeatable) {
      detail::append_all(copy, records, put);
    } else {
      try {
        detail::append_all(copy, records, put);
      } catch (const Error& error) {
        detail::rethrow_read_once(error);
      }
    }
    return copy.finish();
  };
  if constexpr (MappedRow<Record>) {
    const auto mapping = mapping_of<Record>();
    return run(column_names(mapping), [&](std::vector<Value>& row, const Record& record) { detail::put_members(row, record, mapping); });
  } else {
    return run({}, [](std::vector<Value>& row, const Record& record) { detail::put_values(row, record); });
  }
}

/// Empties a table; with `cascade` also those that refer to it. What it locks and whether it can be rolled back is the backend's (docs/sessions.md).
void truncate_table(Connection& connection, const TableRef& table, bool cascade = false);
/// Whether SQL in this session would find a table of that name: a name without a schema is looked up as the session does (search_path), never in
/// another schema.
bool table_exists(Connection& connection, const TableRef& table);

}  // namespace millrace

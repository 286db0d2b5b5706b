#pragma once
// The row-wise front end of RecordBatch: append values or a program's own structs, take a batch.

#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/data/record_batch.hpp"

namespace millrace {

/// A column of a batch that a program builds: its name in the table and its type.
struct BatchColumn { std::string name; SqlType type; };

/// Maps the members of T to columns: `row_mapping<Trade>(field("acct_id", &Trade::acct_id), ...)`.
template <class T, class... Members> struct RowMapping {
  std::tuple<std::pair<std::string, Members T::*>...> fields;
};
template <class T, class M> std::pair<std::string, M T::*> field(std::string name, M T::*member) { return {std::move(name), member}; }
template <class T, class... Members> RowMapping<T, Members...> row_mapping(std::pair<std::string, Members T::*>... fields) {
  return {std::make_tuple(std::move(fields)...)};
}

/// Builds batches row by row.
///
///     BatchBuilder rows({{"acct_id", SqlType::varchar(20)}, {"amount", SqlType::decimal(15, 2)}});
///     rows.append("AC1", Decimal::parse("12.50"));
///     group.push(rows.take());
///
/// A row either goes in whole or not at all.
/// @thread_safety  One thread at a time.
class BatchBuilder {
 public:
  explicit BatchBuilder(std::vector<BatchColumn> columns);

  /// One value per column, in order; std::nullopt and nullptr are NULL.
  /// @throws DataError  wrong number of values, or a value that does not fit its column (the column is named)
  template <class... Ts>
    requires(std::is_constructible_v<Value, Ts> && ...)
  void append(Ts&&... values) { append_row({Value(std::forward<Ts>(values))...}); }
  void append_row(const std::vector<Value>& row);

  /// A program's own struct. Members are matched to columns by name; a column without a member becomes NULL.
  template <class T, class... Members> void append(const RowMapping<T, Members...>& mapping, const T& object) {
    std::vector<Value> row(columns_.size());
    std::apply([&](const auto&... f) { ((row[index_of(f.first)] = Value(object.*(f.second))), ...); }, mapping.fields);
    append_row(row);
  }

  const std::vector<BatchColumn>& columns() const { return columns_; }
  std::size_t rows() const { return batch_.rows(); }
  std::size_t byte_size() const { return batch_.byte_size(); }
  /// The batch built so far; the builder starts the next one.
  RecordBatch take();

 private:
  std::size_t index_of(std::string_view name) const;

  std::vector<BatchColumn> columns_;
  std::vector<SqlType> types_;
  RecordBatch batch_;
};

}  // namespace millrace

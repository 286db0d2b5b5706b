#pragma once
// Query results as a program's own types.

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/access/connection.hpp"
#include "millrace/data/data_error.hpp"
#include "millrace/data/row_traits.hpp"

namespace millrace {
namespace detail {

template <class T, class... Ts>
concept OneOf = (std::same_as<T, Ts> || ...);
template <class T>
concept Cell = std::integral<T> || OneOf<T, float, double, std::string, Value, Decimal, Date, TimeOfDay, Timestamp, TimestampTz, Uuid, Bytes>;
/// What one column is read into.
template <class T>
concept Scalar = Cell<T> || (is_optional<T>::value && Cell<typename is_optional<T>::value_type>);

template <class T> struct is_tuple : std::false_type {};
template <class... Ts> struct is_tuple<std::tuple<Ts...>> : std::bool_constant<(Scalar<Ts> && ...)> {};
template <class A, class B> struct is_tuple<std::pair<A, B>> : std::bool_constant<Scalar<A> && Scalar<B>> {};

/// @throws DataError  not exactly this many columns
void require_columns(const ResultSet& result, std::size_t wanted);
/// The positions of a mapping's columns in the result. @throws DataError  names the first one that is not there, and those that are
std::vector<std::size_t> positions_of(const ResultSet& result, const std::vector<std::string>& names);
/// Adds column and row to a conversion's error. @pre inside the catch block that caught it
[[noreturn]] void rethrow_with_cell(const DataError& error, const ResultSet& result, std::size_t row, std::size_t column);
[[noreturn]] void throw_row_count(std::size_t rows, const char* wanted);
float narrowed(double value);

template <class T> T cell_as(const Value& value) {
  if constexpr (std::same_as<T, Value>) {
    return value;
  } else if constexpr (is_optional<T>::value) {
    if (value.is_null()) return std::nullopt;
    return cell_as<typename T::value_type>(value);
  } else if constexpr (std::same_as<T, float>) {
    return narrowed(value.as<double>());
  } else {
    return value.as<T>();
  }
}

template <class T> T read_cell(const ResultSet& result, std::size_t row, std::size_t column) {
  try {
    return cell_as<T>(result[row][column]);
  } catch (const DataError& error) {
    rethrow_with_cell(error, result, row, column);
  }
}

/// Reads rows of one result; what depends on the columns alone is found out once.
template <class T> class RowReader;

template <Scalar T> class RowReader<T> {
 public:
  explicit RowReader(const ResultSet& result) : result_(result) { require_columns(result, 1); }
  T read(std::size_t row) const { return read_cell<T>(result_, row, 0); }

 private:
  const ResultSet& result_;
};

template <class T>
  requires is_tuple<T>::value
class RowReader<T> {
 public:
  explicit RowReader(const ResultSet& result) : result_(result) { require_columns(result, std::tuple_size_v<T>); }
  T read(std::size_t row) const { return read(row, std::make_index_sequence<std::tuple_size_v<T>>()); }

 private:
  template <std::size_t... I> T read(std::size_t row, std::index_sequence<I...>) const { return T{read_cell<std::tuple_element_t<I, T>>(result_, row, I)...}; }
  const ResultSet& result_;
};

template <MappedRow T> class RowReader<T> {
 public:
  explicit RowReader(const ResultSet& result) : result_(result), mapping_(mapping_of<T>()), positions_(positions_of(result, column_names(mapping_))) {}
  T read(std::size_t row) const {
    T object{};
    std::apply([&](const auto&... field) { std::size_t i = 0; ((fill(object, field.second, row, positions_[i++])), ...); }, mapping_.fields);
    return object;
  }

 private:
  template <class M> void fill(T& object, M T::*member, std::size_t row, std::size_t column) const { object.*member = read_cell<M>(result_, row, column); }
  const ResultSet& result_;
  decltype(mapping_of<T>()) mapping_;
  std::vector<std::size_t> positions_;
};

}  // namespace detail

/// What a row can be read into: one value (bool, integers, float, double, std::string, Decimal, Date, TimeOfDay, Timestamp, TimestampTz, Uuid,
/// Bytes, Value, or std::optional of one), a std::tuple or std::pair of those by position, or a struct with a row mapping by name.
template <class T>
concept ReadableRow = detail::Scalar<T> || detail::is_tuple<T>::value || (MappedRow<T> && std::default_initializable<T>);

/// The rows of a result as Ts.
/// @throws DataError  a value needs as many columns as it has parts, and a struct all of its columns (others are passed over); NULL for what is
///                    no std::optional, or a value that does not convert: with the column's name and the row
template <ReadableRow T> std::vector<T> rows_as(const ResultSet& result) {
  const detail::RowReader<T> reader(result);
  std::vector<T> rows;
  rows.reserve(result.size());
  for (std::size_t row = 0; row < result.size(); ++row) rows.push_back(reader.read(row));
  return rows;
}

/// Runs a query and reads all of its rows.
///
///     for (const Trade& trade : query<Trade>(*session, "SELECT * FROM trades WHERE day = ?", {day})) ...
///     for (const auto& [id, name] : query<std::tuple<int, std::string>>(*session, "SELECT id, name FROM accounts")) ...
///
/// Names of columns match exactly, else in any case where that is unique.
/// @throws like Connection::query() and rows_as()
template <ReadableRow T> std::vector<T> query(Connection& connection, std::string_view sql, const Params& params = {}) {
  return rows_as<T>(connection.query(sql, params));
}

/// The one row of a query. @throws DataError  there is none, or more than one
template <ReadableRow T> T query_one(Connection& connection, std::string_view sql, const Params& params = {}) {
  std::vector<T> rows = query<T>(connection, sql, params);
  if (rows.size() != 1) detail::throw_row_count(rows.size(), "exactly one");
  return std::move(rows.front());
}

/// The row of a query, or nothing. @throws DataError  there is more than one
template <ReadableRow T> std::optional<T> query_optional(Connection& connection, std::string_view sql, const Params& params = {}) {
  std::vector<T> rows = query<T>(connection, sql, params);
  if (rows.size() > 1) detail::throw_row_count(rows.size(), "at most one");
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

}  // namespace millrace

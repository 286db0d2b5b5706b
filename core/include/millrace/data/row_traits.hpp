#pragma once
// How a program's own types stand for rows.

#include <concepts>
#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "millrace/data/batch_builder.hpp"

namespace millrace {

/// The columns of T's members: specialize it for a type that can not be changed, with a `static auto row_mapping()`. Other types have that
/// member themselves:
///
///     struct Trade {
///       std::string acct_id;
///       std::optional<Decimal> amount;
///       static auto row_mapping() { return millrace::row_mapping(millrace::field("acct_id", &Trade::acct_id), millrace::field("amount", &Trade::amount)); }
///     };
template <class T> struct RowTraits {};

namespace detail {

template <class M> struct is_row_mapping : std::false_type {};
template <class T, class... Members> struct is_row_mapping<RowMapping<T, Members...>> : std::true_type {};

template <class T>
concept HasRowTraits = requires { requires is_row_mapping<decltype(RowTraits<T>::row_mapping())>::value; };
template <class T>
concept HasOwnMapping = requires { requires is_row_mapping<decltype(T::row_mapping())>::value; };

}  // namespace detail

/// A struct whose members are mapped to columns by name.
template <class T>
concept MappedRow = detail::HasRowTraits<T> || detail::HasOwnMapping<T>;

/// The mapping of T; a specialization of RowTraits goes before T's own.
template <MappedRow T> auto mapping_of() {
  if constexpr (detail::HasRowTraits<T>) return RowTraits<T>::row_mapping();
  else return T::row_mapping();
}

/// The names of a mapping's columns, in its order.
template <class T, class... Members> std::vector<std::string> column_names(const RowMapping<T, Members...>& mapping) {
  return std::apply([](const auto&... fields) { return std::vector<std::string>{fields.first...}; }, mapping.fields);
}

}  // namespace millrace

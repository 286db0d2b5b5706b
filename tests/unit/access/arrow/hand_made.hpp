#pragma once
// Arrow streams made by hand, buffer by buffer.

#include <cstring>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "access/arrow/stream_batches.hpp"
#include "millrace/access/error.hpp"

namespace millrace::test {

using BufferBytes = std::optional<std::string>;   ///< nullopt: a null pointer

struct HandArray {
  std::int64_t length = 0;
  std::vector<BufferBytes> buffers;
  std::int64_t offset = 0;
  std::int64_t null_count = -1;
  std::shared_ptr<HandArray> dictionary;
};

struct HandColumn {
  std::string name;
  std::string format;
  HandArray array;
  std::string dictionary_format;   ///< of the values; empty: no dictionary
};

/// A stream of the same columns; each batch has the columns' arrays.
///
/// Buffers are allocated with exactly their size, so that a sanitizer sees every byte read past them. At the end all that was handed out
/// must have been released.
class HandStream {
 public:
  struct Root {
    std::int64_t length = 0;
    std::int64_t offset = 0;
    BufferBytes validity;
    std::int64_t null_count = -1;
  };

  HandStream(std::vector<HandColumn> columns, Root root);
  /// Rows as long as the first column's array is.
  explicit HandStream(std::vector<HandColumn> columns);
  ~HandStream();
  HandStream(const HandStream&) = delete;
  HandStream& operator=(const HandStream&) = delete;

  void repeat(int batches);                       ///< 1 unless told otherwise
  void fail_schema(int status, const char* message);
  void fail_batch(int batch, int status, const char* message);  ///< the batch of that number, from 0
  void set_root_format(std::string format);
  void drop_children();                           ///< batches come with no columns
  /// Fresh; to be consumed.
  ArrowArrayStream* get() { return &stream_; }
  bool released() const { return stream_.release == nullptr; }

  struct State;

 private:
  std::shared_ptr<State> state_;
  ArrowArrayStream stream_{};
};

template <class T> std::string raw(std::initializer_list<T> values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (values.size() != 0) std::memcpy(bytes.data(), std::data(values), bytes.size());
  return bytes;
}
/// "1011" as a bitmap: the first character is bit 0.
std::string bits(std::string_view ones_and_zeros);

/// A column of fixed-width values without NULLs.
template <class T> HandColumn fixed(std::string format, std::initializer_list<T> values) {
  return {"c", std::move(format), {static_cast<std::int64_t>(values.size()), {std::nullopt, raw(values)}, 0, 0, nullptr}, ""};
}
/// The same with a validity bitmap.
template <class T> HandColumn fixed(std::string format, std::initializer_list<T> values, std::string_view validity) {
  return {"c", std::move(format), {static_cast<std::int64_t>(values.size()), {bits(validity), raw(values)}, 0, -1, nullptr}, ""};
}
/// utf8 or binary, by offsets of 32 bits.
HandColumn texts(std::initializer_list<std::string_view> values, std::string format = "u");
/// The same by offsets of 64 bits.
HandColumn large_texts(std::initializer_list<std::string_view> values, std::string format = "U");
/// utf8_view or binary_view: long values alternate between two buffers.
HandColumn text_views(std::initializer_list<std::string_view> values, std::string format = "vu");
/// A dictionary column: `index` has the format and array of the indexes.
HandColumn dictionary(HandColumn index, const HandColumn& values);

/// Everything that a column of the stream becomes in a column of the type.
std::vector<Value> read(HandStream& stream, const SqlType& type);
std::vector<Value> read(const HandColumn& column, const SqlType& type);
inline std::vector<Value> read(const HandColumn& column, TypeKind kind) { return read(column, SqlType::of(kind)); }

/// What reading the column throws.
ErrorInfo read_error(const HandColumn& column, const SqlType& type);
inline ErrorInfo read_error(const HandColumn& column, TypeKind kind) { return read_error(column, SqlType::of(kind)); }
ErrorInfo read_error(HandStream& stream, const SqlType& type);

template <class F> ErrorInfo error_of(F&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.info();
  }
  FAIL("no error was thrown");
  return {};
}

}  // namespace millrace::test

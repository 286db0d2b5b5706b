#pragma once
// Arrow's C data and C stream interfaces: plain structs with a fixed layout, through which libraries of one process hand columns to
// each other (https://arrow.apache.org/docs/format/CDataInterface.html). No Arrow library is needed. Other headers may define the
// same structs under the same guards.

#include <cstdint>

extern "C" {

#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE

#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4

struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  int64_t flags;
  int64_t n_children;
  struct ArrowSchema** children;
  struct ArrowSchema* dictionary;
  void (*release)(struct ArrowSchema*);
  void* private_data;
};

struct ArrowArray {
  int64_t length;
  int64_t null_count;
  int64_t offset;
  int64_t n_buffers;
  int64_t n_children;
  const void** buffers;
  struct ArrowArray** children;
  struct ArrowArray* dictionary;
  void (*release)(struct ArrowArray*);
  void* private_data;
};

#endif  // ARROW_C_DATA_INTERFACE

#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream*, struct ArrowSchema* out);
  int (*get_next)(struct ArrowArrayStream*, struct ArrowArray* out);
  const char* (*get_last_error)(struct ArrowArrayStream*);
  void (*release)(struct ArrowArrayStream*);
  void* private_data;
};

#endif  // ARROW_C_STREAM_INTERFACE

}  // extern "C"

namespace millrace {

/// Owns an ArrowSchema, ArrowArray or ArrowArrayStream and releases it once.
///
/// The structs move by being copied, with `release` of the source set to null: that is Arrow's own rule.
template <class T> class ArrowOwned {
 public:
  ArrowOwned() = default;
  /// Takes over what `from` owns; `from` counts as released then.
  explicit ArrowOwned(T& from) noexcept : value_(from) { from.release = nullptr; }
  ArrowOwned(ArrowOwned&& other) noexcept : ArrowOwned(other.value_) {}
  ArrowOwned& operator=(ArrowOwned&& other) noexcept {
    if (this != &other) {
      reset();
      value_ = other.value_;
      other.value_.release = nullptr;
    }
    return *this;
  }
  ~ArrowOwned() { reset(); }

  explicit operator bool() const noexcept { return value_.release != nullptr; }
  T* get() noexcept { return &value_; }
  const T* get() const noexcept { return &value_; }
  T* operator->() noexcept { return &value_; }
  const T* operator->() const noexcept { return &value_; }
  T& operator*() noexcept { return value_; }
  const T& operator*() const noexcept { return value_; }

  void reset() noexcept {
    if (value_.release) value_.release(&value_);
    value_.release = nullptr;
  }
  /// For a function that fills one in: what was owned is released first.
  T* out() noexcept {
    reset();
    value_ = T{};
    return &value_;
  }
  /// Hands over to a caller's struct, whose former contents are not looked at.
  void move_to(T* target) noexcept {
    *target = value_;
    value_.release = nullptr;
  }

 private:
  T value_{};
};

using OwnedArrowSchema = ArrowOwned<ArrowSchema>;
using OwnedArrowArray = ArrowOwned<ArrowArray>;
using OwnedArrowStream = ArrowOwned<ArrowArrayStream>;

}  // namespace millrace

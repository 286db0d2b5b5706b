#pragma once
// Bytes of the wire: a reader that never reads beyond its end, and a buffer to write into.
//
// The protocol's own numbers (lengths, code points) are big-endian always; numbers inside of data have the order that its TYPDEFNAM says.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "db2/drda/failure.hpp"

namespace millrace::drda {

enum class ByteOrder : std::uint8_t { big, little };

using Bytes = std::span<const std::uint8_t>;

inline std::string_view as_characters(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline Bytes as_octets(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
inline Bytes as_octets(std::span<const std::byte> bytes) { return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}; }

template <class T> T swapped(T value) {
  static_assert(sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8);
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(static_cast<std::uint16_t>(value)));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(static_cast<std::uint32_t>(value)));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(static_cast<std::uint64_t>(value)));
}

template <class T> T load(const std::uint8_t* at, ByteOrder order = ByteOrder::big) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return (order == ByteOrder::big) == (std::endian::native == std::endian::big) ? value : swapped(value);
}

template <class T> std::uint8_t* store(std::uint8_t* at, T value, ByteOrder order = ByteOrder::big) {
  if ((order == ByteOrder::big) != (std::endian::native == std::endian::big)) value = swapped(value);
  std::memcpy(at, &value, sizeof value);
  return at + sizeof value;
}

/// Reads from front to back. @throws Failure 58009 at the end
class Reader {
 public:
  explicit Reader(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  bool at_end() const { return at_ == end_; }
  Bytes rest() const { return {at_, remaining()}; }

  Bytes take(std::size_t count) {
    if (count > remaining()) fail_protocol("it ends too early");
    const Bytes taken(at_, count);
    at_ += count;
    return taken;
  }
  void skip(std::size_t count) { take(count); }
  template <class T> T number(ByteOrder order = ByteOrder::big) { return load<T>(take(sizeof(T)).data(), order); }
  std::uint8_t u8() { return take(1)[0]; }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  /// A string behind its length of two bytes.
  Bytes counted() { return take(u16()); }
  /// FD:OCA's byte before a group or value that may be missing.
  bool is_null() { return (u8() & 0x80) != 0; }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

/// Bytes that are written to the end. What it has allocated stays for the next use.
class Buffer {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::uint8_t* data() { return data_.get(); }
  Bytes bytes() const { return {data_.get(), size_}; }
  void clear() { size_ = 0; }
  void truncate(std::size_t size) { size_ = size; }

  /// Room for `count` bytes at the end, as yet without a value; they belong to the buffer.
  std::uint8_t* extend(std::size_t count) {
    if (count > capacity_ - size_) grow(count);
    std::uint8_t* const at = data_.get() + size_;
    size_ += count;
    return at;
  }
  void put(Bytes bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }
  void put8(std::uint8_t value) { *extend(1) = value; }
  void put16(std::uint16_t value) { store(extend(2), value); }
  void put32(std::uint32_t value) { store(extend(4), value); }
  void put64(std::uint64_t value) { store(extend(8), value); }
  void insert(std::size_t at, std::size_t count) {
    const std::size_t moved = size_ - at;
    extend(count);
    std::memmove(data_.get() + at + count, data_.get() + at, moved);
  }
  void erase_front(std::size_t count) {
    if (count != 0 && count != size_) std::memmove(data_.get(), data_.get() + count, size_ - count);
    size_ -= count;
  }
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  void grow(std::size_t count) {
    std::size_t capacity = capacity_ < 256 ? 256 : capacity_ * 2;
    if (capacity < size_ + count) capacity = size_ + count;
    std::unique_ptr<std::uint8_t[]> larger(new std::uint8_t[capacity]);
    if (size_ != 0) std::memcpy(larger.get(), data_.get(), size_);
    data_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace millrace::drda

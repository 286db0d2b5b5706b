#pragma once
// One value of a result's row, converted when it is asked for.

#include <string>
#include <vector>

#include "db2/drda/client.hpp"
#include "db2/drda/fdoca.hpp"

namespace millrace::drda {

class ResultCell final : public Cell {
 public:
  ResultCell(fdoca::Value type, ByteOrder order) : type_(type), order_(order) {}
  ResultCell(const ResultCell&) = delete;
  ResultCell(ResultCell&&) = default;
  ResultCell& operator=(const ResultCell&) = delete;
  ResultCell& operator=(ResultCell&&) = default;

  void set_null() { is_null_ = true; }
  void set_value(Bytes value) {
    value_ = value;
    is_null_ = false;
  }
  /// A LOB's value: what its EXTDTA has.
  /// @param indicator  it begins with the byte that says whether it is NULL
  void set_outside(std::vector<std::uint8_t> value, bool indicator);

  bool is_null() const override { return is_null_; }
  std::string_view as_text() const override;
  std::span<const std::byte> as_bytes() const override;
  std::int64_t as_integer() const override;
  double as_number() const override;

 private:
  fdoca::Value type_;
  ByteOrder order_;
  bool is_null_ = true;
  Bytes value_;
  std::vector<std::uint8_t> outside_;
  mutable std::string text_;
};

}  // namespace millrace::drda

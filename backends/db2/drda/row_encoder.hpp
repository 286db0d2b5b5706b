#pragma once
// Parameters' values: one row becomes the SQLDTA of a command, and an EXTDTA for each value that travels outside of it.

#include <vector>

#include "db2/drda/client.hpp"
#include "db2/drda/fdoca.hpp"
#include "db2/drda/server_traits.hpp"

namespace millrace::drda {

/// Made once for a statement and its types; encoding a row allocates nothing once the buffers have their size.
class RowEncoder final : private RowWriter {
 public:
  /// @throws Failure HY000  a kind that no parameter can have
  RowEncoder(std::vector<ParameterType> types, const ServerTraits& traits);

  /// Appends row `index`: structures of the command with this correlator, of which the last has `last_flags`, the others continue the command.
  ///
  /// @return where the last structure starts. @throws Failure 22001, 22003, 22018 a value does not fit; whatever `fill` throws. The buffer is then as it was before
  std::size_t encode(Buffer& out, std::uint16_t correlator, std::uint8_t flags, const FillRow& fill, std::size_t index);

  const std::vector<ParameterType>& types() const { return types_; }

 private:
  struct Outside {
    std::size_t start = 0, size = 0;   // within outside_
  };

  void null() override;
  void integer(std::int64_t value) override;
  void number(double value) override;
  void decimal(std::string_view text) override;
  void text(std::string_view utf8) override;
  void bytes(std::span<const std::byte> value) override;

  const ParameterType& begin_value();
  void put_string(const ParameterType& type, Bytes value);
  [[noreturn]] void fail_value(std::string_view sqlstate, const std::string& what) const;
  [[noreturn]] void fail_kind() const;

  std::vector<ParameterType> types_;
  ByteOrder order_;
  bool status_behind_lob_;
  Buffer head_;                        // SQLDTA's header, FDODSC, FDODTA's header and its first byte
  std::size_t data_in_head_ = 0;       // where FDODTA starts in it
  Buffer* out_ = nullptr;
  std::size_t index_ = 0;              // of the next parameter
  Buffer outside_;
  std::vector<Outside> outsides_;
};

}  // namespace millrace::drda

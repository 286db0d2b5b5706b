#pragma once
// Rows of a result: from the bytes of QRYDTA (or of a procedure's SQLDTARD) to cells.

#include <deque>
#include <optional>
#include <vector>

#include "db2/drda/fdoca.hpp"
#include "db2/drda/result_cell.hpp"
#include "db2/drda/sqlca.hpp"

namespace millrace::drda {

class RowDecoder {
 public:
  /// @param lob_indicator_stays  see ServerTraits
  /// @throws Failure HY000  the server sends a type that the client does not know
  RowDecoder(const std::vector<fdoca::Value>& layout, ByteOrder order, bool lob_indicator_stays = false);

  enum class Outcome : std::uint8_t {
    row,            ///< cells() has it
    sqlca,          ///< no row, only sqlca(): the end of the data (+100), or an error
    more_bytes,     ///< the row goes on in the next block
    more_outside,   ///< a LOB of the row is still to come
  };
  /// Decodes the row at the front of `bytes`. What is not complete is decoded again when there is more.
  /// @throws Failure 58009
  Outcome next(Bytes bytes, std::deque<std::vector<std::uint8_t>>& outside);

  std::size_t consumed() const { return consumed_; }               ///< bytes of the row
  const SqlcaView& sqlca() const { return sqlca_; }                ///< its views live as long as the bytes
  const std::vector<ResultCell>& cells() const { return cells_; }  ///< their bytes too, except those of LOBs

 private:
  bool take_value(Bytes bytes, std::size_t& at, std::size_t column);

  ByteOrder order_;
  bool lob_indicator_stays_;
  std::vector<fdoca::Value> layout_;
  std::vector<ResultCell> cells_;
  std::vector<std::size_t> outside_columns_;
  SqlcaView sqlca_;
  std::size_t consumed_ = 0;
};

}  // namespace millrace::drda

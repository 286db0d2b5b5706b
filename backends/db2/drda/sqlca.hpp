#pragma once
// SQLCAGRP: what the server says about one command, in SQLCARDs, in front of descriptions and of every row. C112, SQLAM level 7.

#include <array>
#include <string>
#include <string_view>

#include "db2/drda/bytes.hpp"

namespace millrace::drda {

/// As it arrives; the views live as long as its bytes.
struct SqlcaView {
  std::int32_t code = 0;
  std::string_view state = "00000";
  std::string_view procedure;            ///< SQLERRPROC: the server's product id or module
  std::array<std::int32_t, 6> errd{};    ///< SQLERRD1..6
  std::string_view warnings;             ///< SQLWARN0..A
  std::string_view tokens;               ///< SQLERRMC: parts of the message, or all of it
};

/// Reads one SQLCAGRP; FF instead of it means "all is well". Its last part, SQLDIAGGRP, is left where it is: in an SQLCARD nothing follows it.
/// @throws Failure 58009
SqlcaView read_sqlca(Reader& reader, ByteOrder order);

/// The same where more follows, so that SQLDIAGGRP must be missing: it comes only to those who ask for it with DIAGLVL, which the client does not.
/// @throws Failure 58009
SqlcaView read_sqlca_in_front(Reader& reader, ByteOrder order);

/// The tokens as one readable line: separators become ", ", control characters blanks, malformed UTF-8 '?'.
std::string readable_tokens(std::string_view tokens, char separator);

/// One line of valid UTF-8.
std::string readable_line(std::string_view text);

}  // namespace millrace::drda

#pragma once
// The one place that knows in what servers differ. Chosen from the class name that EXCSATRD brings, before ACCRDB goes out.

#include <cstdint>
#include <span>
#include <string_view>

#include "db2/drda/bytes.hpp"

namespace millrace::drda {

/// Sections are the places of prepared statements; a package has a fixed number of them.
struct Package {
  std::string_view id;
  std::uint16_t sections = 0;
};

struct ServerTraits {
  std::string_view class_prefix;       ///< of SRVCLSNM
  bool is_derby = false;
  std::string_view client_product;     ///< PRDID that the client shows
  std::string_view type_definition;    ///< TYPDEFNAM of what the client sends
  ByteOrder order = ByteOrder::big;    ///< of that
  std::span<const Package> packages;   ///< used one after the other
  std::uint32_t query_block = 32'767;  ///< QRYBLKSZ
  bool continues_on_error = false;     ///< it runs the commands of a chain behind one that failed, if told so; others are not told, and perhaps pass over them
  bool always_ebcdic = false;          ///< names stay EBCDIC, though both sides have named UNICODEMGR 1208
  bool status_behind_lob = false;      ///< an EXTDTA that the server reads ends with a byte that says whether it is whole
  bool lob_indicator_stays = false;    ///< behind a row's first nullable LOB those that can not be NULL begin with the byte that says so, too
  bool message_procedure = false;      ///< SYSIBM.SQLCAMESSAGE makes an error's text of its tokens, without touching data
  bool high_row_count = false;         ///< SQLERRD4 is the upper half of the row count
  char token_separator = '\xFF';       ///< between an error's tokens
};

/// Never fails: whoever is not known is taken for Db2 LUW.
const ServerTraits& traits_of(std::string_view class_name);

}  // namespace millrace::drda

#pragma once
// SQLDARD: the description of a result's columns or of a statement's parameters. Standard, light and extended ones have the same form, only that more or
// fewer of their groups are missing. C112, SQLAM level 7.

#include <vector>

#include "db2/drda/client.hpp"
#include "db2/drda/sqlca.hpp"

namespace millrace::drda {

struct Description {
  SqlcaView sqlca;
  std::vector<Column> columns;
};

/// @throws Failure 58009
Description read_sqldard(Reader reader, ByteOrder order);

}  // namespace millrace::drda

#pragma once
// The databases that speak Db2's protocol.

#include <memory>
#include <string_view>

#include "common/cli/product.hpp"

namespace millrace::cli_db2 {

inline constexpr std::string_view kBackend = "db2";

/// @param name  SQL_DBMS_NAME: "Apache Derby"; everything else is taken for a Db2 for Linux, UNIX and Windows
/// @param one_way_cancel  a cancel, or a statement's time-out, ends the session
std::unique_ptr<Product> product_of(std::string_view name, bool one_way_cancel);

}  // namespace millrace::cli_db2

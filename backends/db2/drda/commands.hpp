#pragma once
// The commands behind the login, as structures of a chain.

#include <string>
#include <string_view>

#include "db2/drda/bytes.hpp"
#include "db2/drda/dss.hpp"

namespace millrace::drda {

struct ServerTraits;

/// Where a prepared statement is kept: PKGNAMCSN, ready to be sent.
struct Section {
  std::string package_name;        ///< everything but the number
  std::uint16_t number = 0;
};

/// The PKGNAMCSN of a package without its section number; the strings are encoded already.
std::string package_name(std::string_view rdb_name, std::string_view collection, std::string_view package, std::string_view token, char blank);

void put_prepare(Buffer& out, const Section& section, std::string_view sql, bool describe_columns);
void put_describe_parameters(Buffer& out, const Section& section, std::uint16_t correlator = 1);
void put_execute_immediate(Buffer& out, const Section& section, std::string_view sql);
/// @param flags  what follows: a same-correlator object (its parameters), or a command
void put_execute(Buffer& out, const Section& section, std::uint16_t correlator, std::uint8_t flags, bool has_output = false);
void put_open_query(Buffer& out, const Section& section, std::uint32_t block_size, bool has_parameters);
void put_continue_query(Buffer& out, const Section& section, std::uint32_t block_size, std::uint64_t instance);
void put_close_query(Buffer& out, const Section& section, std::uint64_t instance);
void put_commit(Buffer& out);
void put_rollback(Buffer& out);

}  // namespace millrace::drda

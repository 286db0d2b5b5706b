#include "db2/drda/commands.hpp"

#include <algorithm>

#include "db2/drda/ddm.hpp"

namespace millrace::drda {
namespace {

constexpr std::size_t kShortestName = 18;
constexpr std::uint16_t kFirst = 1;                 // correlator of a chain's first command
constexpr std::uint8_t kExtendedColumns = 4;        // TYPSQLDA
constexpr std::uint8_t kExtendedParameters = 5;
constexpr std::uint8_t kCloseAtEnd = 0x01;          // QRYCLSIMP
constexpr std::uint8_t kLobsOfAllRows = 0x02;       // RTNEXTDTA
constexpr std::uint8_t kMissing = 0xFF;

void put_section(Buffer& out, const Section& section) {
  const std::size_t object = begin_ddm(out, cp::PKGNAMCSN);
  out.put(as_octets(section.package_name));
  out.put16(section.number);
  finish_ddm(out, object);
}

void put_instance(Buffer& out, std::uint64_t instance) {
  const std::size_t object = begin_ddm(out, cp::QRYINSID);
  out.put64(instance);
  finish_ddm(out, object);
}

/// SQLSTT: the text in the mixed code page, none in the single-byte one.
void put_statement_text(Buffer& out, std::string_view sql) {
  const std::size_t dss = begin_dss(out, DssType::object, 0, kFirst);
  const std::size_t object = begin_ddm(out, cp::SQLSTT);
  out.put8(0);
  out.put32(static_cast<std::uint32_t>(sql.size()));
  out.put(as_octets(sql));
  out.put8(kMissing);
  finish_ddm(out, object);
  finish_dss(out, dss);
}

template <class Parameters> void put_command(Buffer& out, cp::CodePoint command, std::uint8_t flags, std::uint16_t correlator, Parameters&& parameters) {
  const std::size_t dss = begin_dss(out, DssType::request, flags, correlator);
  const std::size_t object = begin_ddm(out, command);
  parameters();
  finish_ddm(out, object);
  finish_dss(out, dss);
}

constexpr std::uint8_t kWithObject = dss_flag::chained | dss_flag::same_correlator;

}  // namespace

std::string package_name(std::string_view rdb_name, std::string_view collection, std::string_view package, std::string_view token, char blank) {
  const bool extended = std::max({rdb_name.size(), collection.size(), package.size()}) > kShortestName;
  std::string out;
  for (const std::string_view name : {rdb_name, collection, package}) {
    const std::size_t size = std::max(name.size(), kShortestName);
    if (extended) {
      out += static_cast<char>(size >> 8);
      out += static_cast<char>(size & 0xFF);
    }
    out += name;
    out.append(size - name.size(), blank);
  }
  out += token;
  return out;
}

void put_prepare(Buffer& out, const Section& section, std::string_view sql, bool describe_columns) {
  put_command(out, cp::PRPSQLSTT, kWithObject, kFirst, [&] {
    put_section(out, section);
    if (describe_columns) {
      put_ddm8(out, cp::RTNSQLDA, kTrue);
      put_ddm8(out, cp::TYPSQLDA, kExtendedColumns);
    }
  });
  put_statement_text(out, sql);
}

void put_describe_parameters(Buffer& out, const Section& section, std::uint16_t correlator) {
  put_command(out, cp::DSCSQLSTT, 0, correlator, [&] {
    put_section(out, section);
    put_ddm8(out, cp::TYPSQLDA, kExtendedParameters);
  });
}

void put_execute_immediate(Buffer& out, const Section& section, std::string_view sql) {
  put_command(out, cp::EXCSQLIMM, kWithObject, kFirst, [&] { put_section(out, section); });
  put_statement_text(out, sql);
}

void put_execute(Buffer& out, const Section& section, std::uint16_t correlator, std::uint8_t flags, bool has_output) {
  put_command(out, cp::EXCSQLSTT, flags, correlator, [&] {
    put_section(out, section);
    if (has_output) put_ddm8(out, cp::OUTEXP, kTrue);
  });
}

void put_open_query(Buffer& out, const Section& section, std::uint32_t block_size, bool has_parameters) {
  put_command(out, cp::OPNQRY, has_parameters ? kWithObject : 0, kFirst, [&] {
    put_section(out, section);
    put_ddm32(out, cp::QRYBLKSZ, block_size);
    put_ddm8(out, cp::QRYCLSIMP, kCloseAtEnd);
  });
}

void put_continue_query(Buffer& out, const Section& section, std::uint32_t block_size, std::uint64_t instance) {
  put_command(out, cp::CNTQRY, 0, kFirst, [&] {
    put_section(out, section);
    put_ddm32(out, cp::QRYBLKSZ, block_size);
    put_instance(out, instance);
    put_ddm8(out, cp::RTNEXTDTA, kLobsOfAllRows);
  });
}

void put_close_query(Buffer& out, const Section& section, std::uint64_t instance) {
  put_command(out, cp::CLSQRY, 0, kFirst, [&] {
    put_section(out, section);
    put_instance(out, instance);
  });
}

void put_commit(Buffer& out) {
  put_command(out, cp::RDBCMM, 0, kFirst, [] {});
}

void put_rollback(Buffer& out) {
  put_command(out, cp::RDBRLLBCK, 0, kFirst, [] {});
}

}  // namespace millrace::drda

#include "db2/drda/server_traits.hpp"

namespace millrace::drda {
namespace {

// Derby reads the package's name: N closes cursors at COMMIT, 2 is READ COMMITTED.
constexpr Package kDerbyPackages[] = {{"SYSLN200", 64}, {"SYSLN201", 64}, {"SYSLN202", 64}, {"SYSLN203", 64}};

// The packages that IBM's CLI binds into every database: small ones with 64 sections, large ones with 384; H keeps cursors over COMMIT, 2 is CURSOR STABILITY.
constexpr Package kDb2Packages[] = {{"SYSSH200", 64}, {"SYSLH200", 384}, {"SYSLH201", 384}, {"SYSLH202", 384}};

constexpr ServerTraits kTraits[] = {
    {
        .class_prefix = "Apache Derby",
        .is_derby = true,
        .client_product = "DNC10140",  // it lets no other product in; the release decides on nanoseconds, BOOLEAN and long strings
        .type_definition = "QTDSQLASC",
        .order = ByteOrder::big,
        .packages = kDerbyPackages,
        .continues_on_error = true,
        .status_behind_lob = true,
        .lob_indicator_stays = true,
        .message_procedure = true,
        .high_row_count = true,
        .token_separator = '\x14',
    },
    {
        .class_prefix = "",
        .client_product = "SQL11050",
        .type_definition = "QTDSQLX86",
        .order = ByteOrder::little,
        .packages = kDb2Packages,
        .always_ebcdic = true,
    },
};

}  // namespace

const ServerTraits& traits_of(std::string_view class_name) {
  for (const ServerTraits& traits : kTraits) {
    if (class_name.starts_with(traits.class_prefix)) return traits;
  }
  return kTraits[1];
}

}  // namespace millrace::drda

#include "db2/drda/code_points.hpp"

#include <array>

namespace millrace::drda::cp {
namespace {

struct Name {
  CodePoint code_point;
  std::string_view name;
};

constexpr auto kNames = std::to_array<Name>({
    {ABNUOWRM, "ABNUOWRM"}, {AGNPRMRM, "AGNPRMRM"}, {CMDATHRM, "CMDATHRM"}, {CMDCHKRM, "CMDCHKRM"}, {CMDNSPRM, "CMDNSPRM"}, {CMDVLTRM, "CMDVLTRM"},
    {CMMRQSRM, "CMMRQSRM"}, {DTAMCHRM, "DTAMCHRM"}, {MGRDEPRM, "MGRDEPRM"}, {MGRLVLRM, "MGRLVLRM"}, {OBJNSPRM, "OBJNSPRM"}, {OPNQFLRM, "OPNQFLRM"},
    {PRCCNVRM, "PRCCNVRM"}, {PRMNSPRM, "PRMNSPRM"}, {QRYNOPRM, "QRYNOPRM"}, {QRYPOPRM, "QRYPOPRM"}, {RDBACCRM, "RDBACCRM"}, {RDBAFLRM, "RDBAFLRM"},
    {RDBATHRM, "RDBATHRM"}, {RDBNACRM, "RDBNACRM"}, {RDBNFNRM, "RDBNFNRM"}, {RSCLMTRM, "RSCLMTRM"}, {SECCHKRM, "SECCHKRM"}, {SQLERRRM, "SQLERRRM"},
    {SYNTAXRM, "SYNTAXRM"}, {TRGNSPRM, "TRGNSPRM"}, {VALNSPRM, "VALNSPRM"},
});

}  // namespace

std::string name(CodePoint code_point) {
  for (const Name& known : kNames) {
    if (known.code_point == code_point) return std::string(known.name);
  }
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out = "code point 0x";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[code_point >> shift & 0x0F];
  return out;
}

}  // namespace millrace::drda::cp

// Errors' texts. Derby sends only what its messages are made of, the arguments and the message's id, and has a procedure that puts them together:
// it reads the server's message files and touches no table, so that the transaction stays as it is.

#include "db2/drda/row_encoder.hpp"
#include "db2/drda/session.hpp"

namespace millrace::drda {
namespace {

constexpr std::string_view kCall = "CALL SYSIBM.SQLCAMESSAGE(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr std::size_t kTokens = 2, kState = 11, kLocale = 13, kText = 14, kParameters = 16;
constexpr std::uint32_t kLongestTokens = 2'400;

std::vector<ParameterType> parameter_types() {
  std::vector<ParameterType> types(kParameters);
  for (std::size_t i = 0; i < types.size(); ++i) {
    const bool is_text = i == kTokens || i == 3 || (i >= 10 && i <= kText);
    types[i].kind = i == 1 ? Kind::smallint : is_text ? Kind::text : Kind::integer;
    types[i].length = is_text ? kLongestTokens : 0;
  }
  return types;
}

void fill(RowWriter& row, const Sqlca& sqlca) {
  const std::string_view tokens = std::string_view(sqlca.message).substr(0, kLongestTokens);
  for (std::size_t i = 0; i < kParameters; ++i) {
    switch (i) {
      case 0: row.integer(sqlca.code); break;
      case 1: row.integer(static_cast<std::int64_t>(tokens.size())); break;
      case kTokens: row.text(tokens); break;
      case 3: case 10: row.text(""); break;
      case kState: row.text(sqlca.state); break;
      case kLocale: row.text("en_US"); break;
      case 12: case kText: case 15: row.null(); break;
      default: row.integer(0);
    }
  }
}

}  // namespace

std::string Session::text_of(const Sqlca& sqlca) {
  std::string tokens = readable_tokens(sqlca.message, traits_->token_separator);
  if (traits_->message_procedure && !no_message_procedure_ && is_open()) {
    no_message_procedure_ = true;  // for what fails in here, and for good if it does
    try {
      if (!message_prepared_) {
        CommandReply prepared(*traits_);
        put_prepare(out_, message_section_, kCall, false);
        exchange(prepared);
        check(prepared);
        message_prepared_ = true;
      }
      RowEncoder encoder(parameter_types(), *traits_);
      put_execute(out_, message_section_, 1, dss_flag::chained | dss_flag::same_correlator, true);
      encoder.encode(out_, 1, 0, [&](RowWriter& row, std::size_t) { fill(row, sqlca); }, 0);
      CallReply called(*traits_);
      exchange(called);
      const std::vector<ResultCell>* const values = called.values(order_);
      if (values != nullptr && values->size() == kParameters && !(*values)[kText].is_null()) {
        no_message_procedure_ = false;
        return readable_line((*values)[kText].as_text());
      }
    } catch (const Failure&) {
      out_.clear();  // the tokens have to do
    }
  }
  if (!sqlca.failed()) return tokens;
  return "SQLCODE " + std::to_string(sqlca.code) + ", SQLSTATE " + sqlca.state + ": " + tokens;
}

}  // namespace millrace::drda

#include "db2/drda/failure.hpp"

namespace millrace::drda {
namespace {

Sqlca own(std::string_view sqlstate, std::string sentence) {
  Sqlca sqlca;
  sqlca.code = -1;
  sqlca.state = sqlstate;
  sqlca.message = std::move(sentence);
  return sqlca;
}

}  // namespace

void fail(std::string_view sqlstate, std::string sentence) { throw Failure(own(sqlstate, std::move(sentence)), false); }
void fail_and_close(std::string_view sqlstate, std::string sentence) { throw Failure(own(sqlstate, std::move(sentence)), true); }
void fail_protocol(std::string_view what) { fail_and_close("58009", "the server's reply is malformed: " + std::string(what)); }


std::string endpoint_name(const ConnectOptions& options) {
  const bool is_v6 = options.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
}

}  // namespace millrace::drda

#include "sqlite3/now_function.hpp"

#include <chrono>
#include <string>

#include "millrace/data/value.hpp"
#include "sqlite3/errors.hpp"

namespace millrace::sqlite {
namespace {

void now(::sqlite3_context* context, int, ::sqlite3_value**) noexcept {
  using namespace std::chrono;
  const auto& session = *static_cast<const Session*>(sqlite3_user_data(context));
  const auto time = session.transaction_began().value_or(system_clock::now());
  try {
    const std::string text = to_string(Timestamp{duration_cast<milliseconds>(time.time_since_epoch()).count() * 1000});
    sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (...) {
    sqlite3_result_error_nomem(context);
  }
}

}  // namespace

void register_now(::sqlite3* db, const Session& session) {
  const int code = sqlite3_create_function_v2(db, kNow, 0, SQLITE_UTF8, const_cast<Session*>(&session), now, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw_failure(db, code);
}

}  // namespace millrace::sqlite

#pragma once
// What a handle has to say about its last call.

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sqlcli1.h>

#include "db2/drda/client.hpp"

namespace millrace::db2::cli {

/// What is wrong with a call itself, found without the server.
struct CallError : std::runtime_error {
  CallError(std::string sqlstate, const std::string& message) : std::runtime_error(message), state(std::move(sqlstate)) {}
  std::string state;
};

inline constexpr std::int32_t kNoNativeCode = -99999;   // of errors that are not the server's, as Db2's client has it

struct DiagnosticRecord {
  std::string state;
  std::int32_t native = 0;
  std::string text;          ///< "[Millrace][DRDA] ... SQLSTATE=23505", of at most SQL_MAX_MESSAGE_LENGTH bytes
  std::int64_t row = 0;      ///< of an array or a rowset, from 1; 0: of none
};

class Diagnostics {
 public:
  static constexpr std::size_t kMostRecords = 10'000;   // of an array of bad rows: those behind them have their status

  void clear() { records_.clear(); }
  void add(std::string_view state, std::int32_t native, std::string_view message, std::int64_t row = 0);
  void add(const drda::Sqlca& sqlca, std::int64_t row = 0) { add(sqlca.state, sqlca.code, sqlca.message, row); }
  void add(const CallError& error) { add(error.state, kNoNativeCode, error.what()); }

  std::size_t size() const { return records_.size(); }
  const DiagnosticRecord& operator[](std::size_t index) const { return records_[index]; }

 private:
  std::vector<DiagnosticRecord> records_;
};

/// The longest part of a text of at most `room` bytes that does not end inside of a character of UTF-8.
std::string_view cut_text(std::string_view text, std::size_t room);

/// Writes a text and the zero behind it, as much of it as there is room for. @return whether all of it is there
bool put_text(std::string_view text, SQLPOINTER out, std::int64_t room);

}  // namespace millrace::db2::cli

#include "db2/drda/prepared_statement.hpp"

#include <algorithm>
#include <exception>
#include <numeric>

namespace millrace::drda {
namespace {

/// Commands of a chain. The server answers most of it when it has seen its end, so this bounds what it keeps.
constexpr std::size_t kLongestChain = 2'000;
static_assert(kLongestChain <= kMostCorrelators && kLongestChain < Session::kQuestion);
/// Bytes that are sent while the next rows are encoded.
constexpr std::size_t kSendAt = 64 * 1024;

/// The statement's first word in upper case, behind comments and parentheses.
std::string first_word(std::string_view sql) {
  const auto is_skipped = [](char c) { return c == ' ' || c == '(' || (c >= '\t' && c <= '\r'); };
  for (;;) {
    while (!sql.empty() && is_skipped(sql.front())) sql.remove_prefix(1);
    const std::string_view end = sql.starts_with("--") ? "\n" : sql.starts_with("/*") ? "*/" : "";
    if (end.empty()) break;
    const std::size_t at = sql.find(end, 2);
    sql.remove_prefix(at == std::string_view::npos ? sql.size() : at + end.size());
  }
  std::string word;
  for (const char c : sql) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (upper < 'A' || upper > 'Z') break;
    word += upper;
  }
  return word;
}

/// Only such statements have result columns. Derby's server breaks when it is to describe those of a MERGE.
bool has_result(std::string_view sql) {
  const std::string word = first_word(sql);
  return word == "SELECT" || word == "VALUES" || word == "WITH";
}

/// The server forgot the section: Db2 may, at the end of a transaction.
bool is_forgotten(const Sqlca& sqlca) { return sqlca.failed() && (sqlca.state == "26501" || sqlca.code == -514 || sqlca.code == -516 || sqlca.code == -518); }

bool same_types(const std::vector<ParameterType>& a, const std::vector<ParameterType>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const ParameterType& x, const ParameterType& y) {
    return x.kind == y.kind && x.precision == y.precision && x.scale == y.scale && x.length == y.length;
  });
}

}  // namespace

PreparedStatement::PreparedStatement(std::shared_ptr<Session> session, std::string_view sql)
    : session_(std::move(session)), sql_(sql), section_(session_->take_section()) {
  try {
    prepare();
  } catch (...) {
    session_->give_back(section_);
    throw;
  }
}

PreparedStatement::~PreparedStatement() {
  try {
    if (session_->is_open()) close();
  } catch (const std::exception&) {  // the cursor's fate is that of the connection then
  }
  session_->give_back(section_);
}

void PreparedStatement::prepare() {
  const bool describe = has_result(sql_);
  put_prepare(session_->out(), section_, sql_, describe);
  CommandReply reply(session_->traits());
  session_->exchange(reply);
  session_->check(reply);
  if (describe && reply.columns()) columns_ = *reply.columns();
}

std::size_t PreparedStatement::parameter_count() const {
  if (!parameters_) {
    put_describe_parameters(session_->out(), section_);
    CommandReply reply(session_->traits());
    session_->exchange(reply);
    session_->check(reply);
    parameters_ = reply.columns() ? reply.columns()->size() : 0;
  }
  return *parameters_;
}

void PreparedStatement::use_types(const std::vector<ParameterType>& types) {
  if (types.empty()) {
    encoder_.reset();
  } else if (!encoder_ || !same_types(types, given_types_)) {
    encoder_.emplace(types, session_->traits());
  }
  given_types_ = types;
}

/// Behind a command that is in out() already.
void PreparedStatement::encode_only_row(const FillRow& fill) {
  if (!encoder_) return;
  try {
    encoder_->encode(session_->out(), 1, 0, fill, 0);
  } catch (...) {
    session_->out().clear();
    throw;
  }
}

Sqlca PreparedStatement::execute(const std::vector<ParameterType>& types, const FillRow& fill) {
  if (!columns_.empty()) fail("HY010", "the statement has a result: it is to be opened, not executed");
  use_types(types);
  for (bool again = false;; again = true) {
    put_execute(session_->out(), section_, 1, encoder_ ? dss_flag::chained | dss_flag::same_correlator : 0);
    encode_only_row(fill);
    CommandReply reply(session_->traits());
    session_->exchange(reply);
    if (!again && is_forgotten(reply.sqlca())) {
      prepare();
      continue;
    }
    session_->check(reply);
    Sqlca sqlca = reply.sqlca();
    session_->explain(sqlca);
    return sqlca;
  }
}

std::vector<Sqlca> PreparedStatement::execute_array(const std::vector<ParameterType>& types, std::size_t rows, const FillRow& fill) {
  if (!columns_.empty()) fail("HY010", "the statement has a result: it is to be opened, not executed");
  use_types(types);
  std::vector<Sqlca> results(rows);
  std::vector<std::size_t> chain;
  for (std::size_t first = 0; first < rows; first += chain.size()) {
    chain.resize(std::min(kLongestChain, rows - first));
    std::iota(chain.begin(), chain.end(), first);
    run_rows(chain, fill, results);
    // Rows that found no statement have done nothing: they go once more.
    const auto forgotten = [&](std::size_t row) { return is_forgotten(results[row]); };
    if (std::any_of(chain.begin(), chain.end(), forgotten)) {
      std::vector<std::size_t> again;
      std::copy_if(chain.begin(), chain.end(), std::back_inserter(again), forgotten);
      prepare();
      run_rows(std::move(again), fill, results);
    }
    for (const std::size_t row : chain) {
      if (!results[row].message.empty() || results[row].failed()) session_->explain(results[row]);
    }
  }
  return results;
}

/// A server may pass over those behind a row that failed: they have done nothing, and are sent again, unless what failed is not that row's alone. Whoever is
/// passed over is behind an answer, so that each round has fewer rows.
void PreparedStatement::run_rows(std::vector<std::size_t> rows, const FillRow& fill, std::vector<Sqlca>& results) {
  const auto fails_all = [&](std::size_t row) { return is_forgotten(results[row]) || (results[row].failed() && results[row].state.starts_with("40")); };
  while (!rows.empty()) {
    const std::vector<std::size_t> passed_over = run_chain(rows, fill, results);
    if (const auto failed = std::find_if(rows.begin(), rows.end(), fails_all); failed != rows.end()) {
      for (const std::size_t row : passed_over) results[row] = results[*failed];
      return;
    }
    rows = passed_over;
  }
}

/// @return the rows that the server passed over
std::vector<std::size_t> PreparedStatement::run_chain(std::span<const std::size_t> rows, const FillRow& fill, std::vector<Sqlca>& results) {
  Buffer& out = session_->out();
  const bool continues = session_->traits().continues_on_error;
  const std::uint8_t next = continues ? dss_flag::chained | dss_flag::continue_on_error : dss_flag::chained;
  const std::uint8_t command_flags = encoder_ ? next | dss_flag::same_correlator : next;
  std::exception_ptr thrown;
  std::vector<std::size_t> passed_over;
  std::size_t last_dss = 0;
  command_rows_.clear();
  for (const std::size_t row : rows) {
    const std::size_t start = out.size();
    const auto correlator = static_cast<std::uint16_t>(command_rows_.size() + 1);
    try {
      put_execute(out, section_, correlator, command_flags);
      const std::size_t dss = encoder_ ? encoder_->encode(out, correlator, next, fill, row) : start;
      command_rows_.push_back(row);
      last_dss = dss;
    } catch (const Failure& failure) {  // of this row's values: the others go on
      out.truncate(start);
      results[row] = failure.sqlca();
      continue;
    } catch (...) {
      out.truncate(start);
      thrown = std::current_exception();
      break;
    }
    // The last row stays back: only at the end it is known that nothing follows it.
    if (start >= kSendAt) {
      session_->send_front(start);
      last_dss -= start;
    }
  }
  if (!command_rows_.empty()) {
    unchain_dss(out.data() + last_dss);
    ArrayReply reply(session_->traits(), command_rows_.size());
    const auto ask = [&] {
      if (!continues && reply.has_failure()) put_describe_parameters(out, section_, Session::kQuestion);
    };
    session_->finish_chain(reply, [&] { return reply.complete() || reply.damaged(); }, ask);
    for (std::size_t i = 0; i < command_rows_.size(); ++i) {
      if (const std::optional<Sqlca>& sqlca = reply.sqlcas()[i]) {
        results[command_rows_[i]] = *sqlca;
      } else {
        passed_over.push_back(command_rows_[i]);
      }
    }
    if (reply.damaged()) {
      session_->close();
      const auto reason = std::find_if(reply.sqlcas().rbegin(), reply.sqlcas().rend(), [](const std::optional<Sqlca>& sqlca) { return sqlca && sqlca->failed(); });
      if (reason == reply.sqlcas().rend()) fail_and_close("08S01", "the server ended the conversation in the middle of an array");
      Sqlca sqlca = **reason;
      session_->explain(sqlca);
      throw Failure(std::move(sqlca), true);
    }
  }
  if (thrown) std::rethrow_exception(thrown);
  return passed_over;
}

void PreparedStatement::open(const std::vector<ParameterType>& types, const FillRow& fill) {
  if (columns_.empty()) fail("24000", "the statement has no result that could be opened");
  close();
  use_types(types);
  for (bool again = false;; again = true) {
    put_open_query(session_->out(), section_, session_->traits().query_block, encoder_.has_value());
    encode_only_row(fill);
    cursor_.emplace(session_->traits());
    session_->exchange(*cursor_);
    if (!again && is_forgotten(cursor_->sqlca())) {
      cursor_.reset();
      prepare();
      continue;
    }
    if (cursor_->opened() && !cursor_->sqlca().failed() && !cursor_->damaged()) return;
    if (cursor_->sqlca().failed() || cursor_->damaged()) fail_cursor(cursor_->sqlca());
    session_->close();
    cursor_.reset();
    fail_protocol("the query is not answered");
  }
}

void PreparedStatement::fail_cursor(Sqlca sqlca) {
  const bool damaged = cursor_->damaged();
  cursor_.reset();
  if (damaged) session_->close();
  session_->explain(sqlca);
  throw Failure(std::move(sqlca), damaged);
}

bool PreparedStatement::fetch() {
  if (!cursor_) fail("24000", "no cursor is open");
  try {
    for (;;) {
      if (cursor_->next_row(session_->order())) {
        if (cursor_->cells().size() != columns_.size()) fail_protocol("its rows have another number of columns than was described");
        return true;
      }
      if (cursor_->row_error()) fail_cursor(*cursor_->row_error());
      if (cursor_->sqlca().failed()) fail_cursor(cursor_->sqlca());
      if (!cursor_->needs_more()) return false;
      receive_block();
    }
  } catch (const Failure& failure) {
    if (failure.connection_gone()) session_->close();
    throw;
  }
}

void PreparedStatement::receive_block() {
  cursor_->expect_more();
  put_continue_query(session_->out(), section_, session_->traits().query_block, cursor_->instance());
  session_->exchange(*cursor_);
  if (cursor_->is_closed_there()) {
    cursor_.reset();
    fail("24501", "the cursor is not open any more, as its transaction has ended");
  }
  if (!cursor_->arrived() && !cursor_->sqlca().failed()) fail_protocol("a query's next block is empty");
}

const Cell& PreparedStatement::cell(std::size_t column) const {
  if (!cursor_ || column >= cursor_->columns_in_rows()) fail("07009", "there is no row with a column " + std::to_string(column + 1));
  return cursor_->cells()[column];
}

void PreparedStatement::close() {
  if (!cursor_) return;
  // At the end of the data the server has closed it by itself: QRYCLSIMP.
  const bool is_open_there = cursor_->needs_more() && !cursor_->closed_by_server();
  const std::uint64_t instance = cursor_->instance();
  cursor_.reset();
  if (!is_open_there) return;
  put_close_query(session_->out(), section_, instance);
  CursorReply reply(session_->traits());
  session_->exchange(reply);
  if (!reply.is_closed_there()) session_->check(reply);
}

}  // namespace millrace::drda

#include "db2/cli/handles.hpp"

namespace millrace::db2::cli {
std::string_view text_argument(const SQLCHAR* text, SQLINTEGER length) {
  if (text == nullptr) throw CallError("HY009", "a text is needed");
  const char* const bytes = reinterpret_cast<const char*>(text);
  if (length == SQL_NTS) return bytes;
  if (length < 0) throw CallError("HY090", "the length of a text is negative");
  return {bytes, static_cast<std::size_t>(length)};
}

drda::Client& ConnectionHandle::client() const {
  if (client_ == nullptr) throw CallError("08003", "the connection is not open");
  return *client_;
}

void ConnectionHandle::connect(const ConnectKeywords& keywords) {
  if (client_ != nullptr) throw CallError("08002", "the connection is open already");
  std::string isolation_before = keywords_.isolation, schema_before = keywords_.schema;   // attributes that were set before
  keywords_ = keywords;
  if (keywords_.isolation.empty()) keywords_.isolation = std::move(isolation_before);
  if (keywords_.schema.empty()) keywords_.schema = std::move(schema_before);
  drda::ConnectOptions& options = keywords_.options;
  if (login_timeout.count() > 0) options.connect_timeout = login_timeout;
  if (answer_timeout_.count() > 0) options.answer_timeout = answer_timeout_;
  answer_timeout_ = options.answer_timeout;
  client_ = drda::Client::connect(options);
  options.password.clear();
  in_transaction_ = false;
  try {
    if (!keywords_.isolation.empty()) client_->execute_immediate("SET CURRENT ISOLATION = " + keywords_.isolation);
    if (!keywords_.schema.empty()) client_->execute_immediate("SET CURRENT SCHEMA = " + quoted(keywords_.schema));
    if (!keywords_.isolation.empty() || !keywords_.schema.empty()) client_->commit();
  } catch (...) {
    client_.reset();
    throw;
  }
}

std::vector<std::shared_ptr<Handle>> ConnectionHandle::disconnect() {
  for (StatementHandle* const statement : statements) statement->forget();
  std::vector<std::shared_ptr<Handle>> orphans;
  for (const SQLHANDLE number : std::exchange(statement_numbers, {})) orphans.push_back(handle_table::remove(number, SQL_HANDLE_STMT));
  client_.reset();
  in_transaction_ = false;
  return orphans;
}

void ConnectionHandle::close_cursors() noexcept {
  for (StatementHandle* const statement : statements) statement->lose_cursor();
}

void ConnectionHandle::commit(std::chrono::milliseconds timeout) {
  close_cursors();
  Waiting(*this, timeout).client().commit();
  in_transaction_ = false;
}

void ConnectionHandle::rollback() {
  close_cursors();
  Waiting(*this).client().rollback();
  in_transaction_ = false;
}

void ConnectionHandle::set_autocommit(bool on) {
  if (on && !autocommit_ && in_transaction_ && client_ != nullptr) commit();
  autocommit_ = on;
}

/// Whatever ended the connection (a cancel, a time-out): the statement may be in. 08007 is the SQLSTATE for that.
void ConnectionHandle::commit_statement(std::chrono::milliseconds timeout) {
  try {
    commit(timeout);
  } catch (const drda::Failure& failure) {
    if (!failure.connection_gone()) throw;
    drda::Sqlca sqlca = failure.sqlca();
    sqlca.state = "08007";
    sqlca.message = "the connection died during the statement's COMMIT, so nobody knows whether it took effect: look at the data before repeating it (" + sqlca.message + ")";
    throw drda::Failure(std::move(sqlca), true);
  }
}

void ConnectionHandle::statement_done(bool succeeded, std::chrono::milliseconds timeout) {
  in_transaction_ = true;
  if (!autocommit_) return;
  if (succeeded) commit_statement(timeout);
  else if (client_ != nullptr && client_->is_open()) rollback();
}

// Class 40 says so. Derby's code is how far an error reaches, and from 30,000 on it reaches further than its statement: so do its lock time-outs (40XL1).
bool ConnectionHandle::ends_transaction(const drda::Sqlca& sqlca) const {
  constexpr std::int32_t kDerbysTransaction = -30'000;
  const bool derby = client_ != nullptr && client_->server().is_derby;
  return sqlca.failed() && (sqlca.state.starts_with("40") || (derby && sqlca.code <= kDerbysTransaction));
}

void ConnectionHandle::note_failure(const drda::Sqlca& sqlca) {
  if (!ends_transaction(sqlca)) return statement_done(false);
  // Whatever was begun after it is not to stay; where there is nothing this costs a round trip in a case that is rare.
  if (client_ != nullptr && client_->is_open()) rollback();
}

void ConnectionHandle::set_register(const std::string& sql) {
  if (in_transaction_) throw CallError("HY011", "this can not be changed inside of a transaction");
  Waiting(*this).client().execute_immediate(sql);
  commit();
}

void ConnectionHandle::set_isolation(const std::string& name) {
  if (client_ != nullptr) set_register("SET CURRENT ISOLATION = " + name);
  keywords_.isolation = name;
}

void ConnectionHandle::set_schema(const std::string& name) {
  if (client_ != nullptr) set_register("SET CURRENT SCHEMA = " + quoted(name));
  keywords_.schema = name;
}

void ConnectionHandle::set_answer_timeout(std::chrono::milliseconds timeout) {
  answer_timeout_ = timeout;
  if (client_ != nullptr) client_->set_answer_timeout(timeout);
}

bool ConnectionHandle::cancel() noexcept {
  const std::lock_guard lock(waiting_mutex_);
  if (waited_for_ == nullptr) return false;
  waited_for_->abort();
  return true;
}

Waiting::Waiting(ConnectionHandle& connection, std::chrono::milliseconds timeout)
    : connection_(connection), client_(connection.client()), own_timeout_(timeout.count() > 0 && timeout != connection.answer_timeout()) {
  if (own_timeout_) client_.set_answer_timeout(timeout);
  const std::lock_guard lock(connection_.waiting_mutex_);
  connection_.waited_for_ = &client_;
}

Waiting::~Waiting() {
  {
    const std::lock_guard lock(connection_.waiting_mutex_);
    connection_.waited_for_ = nullptr;
  }
  if (!own_timeout_) return;
  try {
    client_.set_answer_timeout(connection_.answer_timeout());
  } catch (const std::exception&) {   // it is closed
  }
}

StatementHandle::StatementHandle(std::shared_ptr<ConnectionHandle> connection)
    : Handle(kType), fill([this](drda::RowWriter& out, std::size_t row) { rows.write(out, row); }), connection_(std::move(connection)) {
  connection_->statements.push_back(this);
}

StatementHandle::~StatementHandle() {
  const std::lock_guard lock(connection_->mutex());
  forget();
  std::erase(connection_->statements, this);
}

void StatementHandle::prepare(std::string_view sql) {
  if (cursor == Cursor::open) throw CallError("24000", "the statement has an open cursor");
  forget();
  row_count = -1;
  text = look_at(sql);
  prepared_ = Waiting(*connection_, timeout).client().prepare(sql);
}

drda::Statement& StatementHandle::prepared() const {
  if (prepared_ == nullptr) throw CallError("HY010", "no statement is prepared");
  return *prepared_;
}

const std::vector<drda::Column>& StatementHandle::columns() const {
  static const std::vector<drda::Column> kNone;   // of a text that went to the server as it is
  return prepared_ != nullptr ? prepared_->columns() : kNone;
}

const drda::Column& StatementHandle::column(SQLUSMALLINT number) const {
  const auto& all = columns();
  if (number < 1 || number > all.size()) throw CallError("07009", "there is no column " + std::to_string(number) + " in a result of " + std::to_string(all.size()));
  return all[number - 1];
}

void StatementHandle::close_cursor() {
  on_row = ended = false;
  reading = false;
  if (std::exchange(cursor, Cursor::none) != Cursor::open) return;
  if (connection_->dead()) return;
  {
    const Waiting waiting(*connection_, timeout);
    prepared_->close();
  }
  const auto is_open = [](const StatementHandle* other) { return other->cursor == Cursor::open; };
  if (connection_->autocommit() && std::none_of(connection_->statements.begin(), connection_->statements.end(), is_open)) connection_->commit();
}

void StatementHandle::lose_cursor() noexcept {
  if (cursor != Cursor::open) return;
  reading = false;
  cursor = Cursor::lost;
  on_row = false;
  try {
    const Waiting waiting(*connection_);
    if (!connection_->dead()) prepared_->close();
  } catch (const std::exception&) {   // the COMMIT or ROLLBACK that follows will tell
  }
}

void StatementHandle::forget() noexcept {
  reading = false;
  cursor = Cursor::none;
  on_row = ended = false;
  prepared_.reset();
}

}  // namespace millrace::db2::cli

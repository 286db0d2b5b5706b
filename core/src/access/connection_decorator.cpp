#include "millrace/access/connection_decorator.hpp"

#include <algorithm>

namespace millrace {
namespace {

[[noreturn]] void throw_closed() {
  ErrorInfo info;
  info.code = ErrorCode::connection_lost;
  info.message = "the connection was closed: open another";
  info.poisons_connection = true;
  info.safe_to_retry = true;
  throw_error(std::move(info));
}

std::unique_ptr<Connection> checked(std::unique_ptr<Connection> inner) {
  if (!inner) throw Error(ErrorCode::misuse, "a connection decorator needs a connection to forward to");
  return inner;
}

}  // namespace

Connection& ConnectionDecorator::open_inner() {
  if (!inner_) throw_closed();
  return *inner_;
}

void ConnectionDecorator::follow_inner() noexcept {
  if (!inner_ || inner_->usable()) return;
  if (inner_->lost()) mark_lost();
  else mark_unusable();
}

// Runs a call, and lets both connections know what became of it: where the call went past the public functions of the one inside, they
// have not seen its error.
template <class F> auto ConnectionDecorator::forward(F&& call) {
  try {
    if constexpr (std::is_void_v<decltype(call(*inner_))>) {
      call(open_inner());
      follow_inner();
    } else {
      auto result = call(open_inner());
      follow_inner();
      return result;
    }
  } catch (const Error& error) {
    if (inner_) inner_->note_failure(error);
    follow_inner();
    throw;
  } catch (...) {
    if (inner_) inner_->mark_unusable();
    follow_inner();
    throw;
  }
}

// What a decorator and its open writers and readers know of each other: either may go first.
class ConnectionDecorator::Stream {
 public:
  explicit Stream(ConnectionDecorator& owner) : owner_(&owner) { owner.streams_.push_back(this); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void orphan() noexcept { owner_ = nullptr; }
  virtual void close_inner() noexcept = 0;

 protected:
  ~Stream() { if (owner_) std::erase(owner_->streams_, this); }

  // A stream may outlive its connection; it then goes on as the one inside does. `owned` gets the connection, `alone` nothing.
  template <class F, class G> auto call(F&& owned, G&& alone) {
    if (!owner_) return alone();
    try {
      return owner_->forward([&](Connection&) { return owned(*owner_); });
    } catch (const Error& error) {
      owner_->note_failure(error);  // nobody else tells the connection: the call was not its own
      throw;
    } catch (...) {
      owner_->mark_unusable();
      throw;
    }
  }
  void follow() noexcept { if (owner_) owner_->follow_inner(); }

 private:
  ConnectionDecorator* owner_;
};

class ConnectionDecorator::Writer final : public BulkWriter, private Stream {
 public:
  Writer(ConnectionDecorator& owner, std::unique_ptr<BulkWriter> inner) : Stream(owner), inner_(std::move(inner)) {}
  ~Writer() override { abandon(); }

 private:
  void do_write(const RecordBatch& batch) override {
    call([&](ConnectionDecorator& owner) { owner.write(inner(), batch); }, [&] { inner().write(batch); });
  }
  WriteResult do_finish() override {
    return call([&](ConnectionDecorator& owner) { return owner.finish(inner()); }, [&] { return inner().finish(); });
  }
  void do_abandon() noexcept override {
    if (inner_) inner_->abandon();
    follow();
  }
  void close_inner() noexcept override { inner_.reset(); }
  BulkWriter& inner() { if (!inner_) throw_closed(); return *inner_; }

  std::unique_ptr<BulkWriter> inner_;
};

class ConnectionDecorator::Reader final : public BatchReader, private Stream {
 public:
  Reader(ConnectionDecorator& owner, std::unique_ptr<BatchReader> inner) : Stream(owner), inner_(std::move(inner)) { columns_ = inner_->columns(); }
  ~Reader() override { close(); }

 private:
  bool do_next(RecordBatch& batch) override {
    return call([&](ConnectionDecorator& owner) { return owner.next(inner(), batch); }, [&] { return inner().next(batch); });
  }
  void do_close() noexcept override {
    if (inner_) inner_->close();
    follow();
  }
  void close_inner() noexcept override { inner_.reset(); }
  BatchReader& inner() { if (!inner_) throw_closed(); return *inner_; }

  std::unique_ptr<BatchReader> inner_;
};

ConnectionDecorator::ConnectionDecorator(std::unique_ptr<Connection> inner) : inner_(checked(std::move(inner))), dialect_(inner_->dialect().clone()) {}

ConnectionDecorator::~ConnectionDecorator() {
  for (Stream* stream : streams_) stream->orphan();
}

void ConnectionDecorator::close_inner() noexcept {
  mark_lost();
  if (!inner_) return;
  try {
    closed_server_ = inner_->server();
  } catch (...) {
    closed_server_ = ServerInfo{};
  }
  for (Stream* stream : streams_) stream->close_inner();  // a stream may keep the session inside open
  std::unique_ptr<Connection> closing;
  {
    const std::lock_guard lock(closing_);
    closing = std::move(inner_);
  }
}

ServerInfo ConnectionDecorator::do_server() const { return closed_server_ ? *closed_server_ : inner_->server(); }

// These three skip the public functions, which would translate the placeholders a second time.
std::int64_t ConnectionDecorator::do_execute(const std::string& sql, const std::vector<Value>& values) {
  return forward([&](Connection& inner) { inner.touched_ = true; return inner.do_execute(sql, values); });
}
ResultSet ConnectionDecorator::do_query(const std::string& sql, const std::vector<Value>& values) {
  return forward([&](Connection& inner) { inner.touched_ = true; return inner.do_query(sql, values); });
}
std::unique_ptr<BatchReader> ConnectionDecorator::do_open_reader(const std::string& sql, const std::vector<Value>& values, const ReaderOptions& options) {
  return forward([&](Connection& inner) -> std::unique_ptr<BatchReader> {
    inner.touched_ = true;
    return std::make_unique<Reader>(*this, inner.do_open_reader(sql, values, options));
  });
}

std::unique_ptr<BulkWriter> ConnectionDecorator::do_open_writer(const TableName& table, const std::vector<ColumnInfo>& columns, const WriterOptions& options) {
  return forward([&](Connection& inner) -> std::unique_ptr<BulkWriter> {
    return std::make_unique<Writer>(*this, inner.open_writer(table, columns, options));
  });
}

void ConnectionDecorator::do_begin(const TransactionOptions& options) { forward([&](Connection& inner) { inner.begin(options); }); }
void ConnectionDecorator::do_commit() { forward([](Connection& inner) { inner.commit(); }); }
void ConnectionDecorator::do_rollback() {
  forward([](Connection& inner) { inner.rollback(); });
}
std::optional<TableInfo> ConnectionDecorator::do_describe(const TableName& table) {
  return forward([&](Connection& inner) { return inner.try_describe(table); });
}
void ConnectionDecorator::do_truncate(const TableName& table, bool cascade) { forward([&](Connection& inner) { inner.truncate(table, cascade); }); }
void ConnectionDecorator::do_ping(std::chrono::milliseconds timeout) { forward([&](Connection& inner) { inner.ping(timeout); }); }
void ConnectionDecorator::do_prepare_for_load(const LoadSession& session) { forward([&](Connection& inner) { inner.prepare_for_load(session); }); }
void ConnectionDecorator::do_set_statement_timeout(std::chrono::milliseconds timeout) {
  forward([&](Connection& inner) { inner.set_statement_timeout(timeout); });
}
void ConnectionDecorator::do_reset() { forward([](Connection& inner) { inner.reset(); }); }

void ConnectionDecorator::do_cancel() noexcept {
  const std::lock_guard lock(closing_);
  if (inner_) inner_->cancel();
}

bool ConnectionDecorator::do_settle_cancel() {
  return forward([](Connection& inner) { return inner.settle_cancel(); });
}
NativeHandle ConnectionDecorator::do_native_handle() {
  return forward([](Connection& inner) { return inner.native_handle(); });
}

}  // namespace millrace

#include "db2/drda/client.hpp"

#include "db2/drda/prepared_statement.hpp"

namespace millrace::drda {
namespace {

class OpenClient final : public Client {
 public:
  explicit OpenClient(const ConnectOptions& options) : session_(std::make_shared<Session>(options)), immediate_(session_->take_section()) {}

  const Server& server() const override { return session_->server(); }

  std::unique_ptr<Statement> prepare(std::string_view sql) override { return std::make_unique<PreparedStatement>(session_, sql); }

  Sqlca execute_immediate(std::string_view sql) override {
    put_execute_immediate(session_->out(), immediate_, sql);
    return exchange();
  }

  void commit() override {
    put_commit(session_->out());
    exchange();
  }

  void rollback() override {
    put_rollback(session_->out());
    exchange();
  }

  void set_answer_timeout(std::chrono::milliseconds timeout) override { session_->set_answer_timeout(timeout); }
  void abort() noexcept override { session_->abort(); }
  bool is_open() const noexcept override { return session_->is_open(); }

 private:
  Sqlca exchange() {
    CommandReply reply(session_->traits());
    session_->exchange(reply);
    session_->check(reply);
    Sqlca sqlca = reply.sqlca();
    session_->explain(sqlca);
    return sqlca;
  }

  std::shared_ptr<Session> session_;
  Section immediate_;
};

}  // namespace

std::unique_ptr<Client> Client::connect(const ConnectOptions& options) { return std::make_unique<OpenClient>(options); }

}  // namespace millrace::drda

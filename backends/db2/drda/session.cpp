#include "db2/drda/session.hpp"

namespace millrace::drda {
namespace {

constexpr std::string_view kCollection = "NULLID";
constexpr std::string_view kToken = "SYSLVL01";  // PKGCNSTKN

std::string seconds(std::chrono::milliseconds time) {
  if (time.count() % 1000 == 0) return std::to_string(time.count() / 1000) + " s";
  return std::to_string(time.count()) + " ms";
}

/// During the login every fault means that no connection was made.
[[noreturn]] void fail_login(const Failure& failure, const ConnectOptions& options) {
  const std::string& state = failure.sqlca().state;
  const std::string name = endpoint_name(options);
  if (state == "HYT00") fail_and_close("08001", "the server at " + name + " did not answer within " + seconds(options.connect_timeout));
  if (state == "58009") fail_and_close("08001", "the server at " + name + " does not speak DRDA" + (options.tls.enabled ? "" : ", or wants TLS") + " (" + failure.what() + ")");
  if (state == "08S01") fail_and_close("08001", "the server at " + name + " closed the connection during the login");
  throw failure;
}

}  // namespace

Session::Session(const ConnectOptions& options) : name_(endpoint_name(options)), answer_timeout_(options.answer_timeout) {
  if (options.connect_timeout.count() > 0) login_deadline_ = std::chrono::steady_clock::now() + options.connect_timeout;
  try {
    transport_ = Transport::connect(options, login_deadline_);
    log_in(options);
  } catch (const Failure& failure) {
    fail_login(failure, options);
  }
  login_deadline_ = kNoDeadline;
}

void Session::log_in(const ConnectOptions& options) {
  LoginReply reply;
  const auto exchange_login = [&] {
    try {
      exchange(reply);
    } catch (const Failure&) {
      reply.check_refusals(options);   // a server may hang up on whom it refuses
      throw;
    }
  };
  put_exchange_attributes(out_, options);
  exchange_login();
  reply.check_attributes(options);
  traits_ = &traits_of(reply.server().class_name);
  encoding_ = reply.encoding();
  put_access(out_, options, encoding_, *traits_);
  exchange_login();
  reply.check_access(options);
  server_ = reply.server();
  order_ = reply.order();

  const std::string database = encoded_database(options, encoding_);
  const auto encoded = [this](std::string_view text) { return encoding_.encode(text, "", ""); };
  for (auto package = traits_->packages.rbegin(); package != traits_->packages.rend(); ++package) {
    const std::string name = package_name(database, encoded(kCollection), encoded(package->id), kToken, encoding_.blank());
    for (std::uint16_t number = package->sections; number > 0; --number) free_sections_.push_back({name, number});
  }
  // Kept from the start: an error must have its text when all other sections are in use, too.
  if (traits_->message_procedure) message_section_ = take_section();
}

Section Session::take_section() {
  if (free_sections_.empty()) fail("HY014", "the connection to " + name_ + " has all of its prepared statements in use");
  Section section = std::move(free_sections_.back());
  free_sections_.pop_back();
  return section;
}

void Session::give_back(const Section& section) noexcept {
  free_sections_.push_back(section);  // there is room: it was taken from here
}

Deadline Session::next_deadline() const {
  if (login_deadline_ != kNoDeadline) return login_deadline_;
  return answer_timeout_.count() > 0 ? std::chrono::steady_clock::now() + answer_timeout_ : kNoDeadline;
}

void Session::receive_some() {
  try {
    const Bytes arrived = transport_->wait(next_deadline());
    if (!arrived.empty()) decoder_.feed(arrived);
  } catch (const Failure& failure) {
    transport_->close();
    if (failure.sqlca().state == "HYT00" && login_deadline_ == kNoDeadline) {
      fail_and_close("HYT00", "the server at " + name_ + " did not answer within " + seconds(answer_timeout_));
    }
    throw;
  }
}

void Session::finish_sending() {
  while (transport_->sending()) receive_some();
}

/// What goes wrong in the middle of an exchange leaves a conversation that nobody can go on with.
template <class Work> void Session::guarded(Work&& work) {
  try {
    if (!transport_->is_open()) receive_some();  // throws, with the reason
    work();
  } catch (...) {
    out_.clear();
    transport_->close();
    throw;
  }
}

void Session::send_front(std::size_t size) {
  guarded([&] {
    finish_sending();
    sending_.clear();
    sending_.put(out_.bytes().subspan(size));
    out_.truncate(size);
    out_.swap(sending_);
    transport_->start_send(sending_.bytes());
  });
}

Dss Session::next_dss() {
  for (;;) {
    if (const std::optional<Dss> dss = decoder_.next()) return *dss;
    receive_some();
  }
}

void Session::exchange(ReplyHandler& handler) { finish_chain(handler, {}); }

void Session::finish_chain(ReplyHandler& handler, const std::function<bool()>& complete, const std::function<void()>& ask) {
  send_front(out_.size());
  guarded([&] {
    for (bool asked = false, ended = false; !ended;) {
      const Dss dss = next_dss();
      const bool answers_question = asked && dss.correlator == kQuestion;
      if (!answers_question) read_reply(dss, order_, handler);
      if (dss.chained) continue;
      ended = answers_question || (!asked && (!complete || complete()));
      if (ended || asked || !ask) continue;
      ask();
      asked = !out_.empty();
      if (asked) send_front(out_.size());
    }
    finish_sending();
  });
}

void Session::check(const CommandReply& reply) {
  Sqlca sqlca = reply.sqlca();
  if (reply.damaged()) transport_->close();
  if (!sqlca.failed() && !reply.damaged()) return;
  explain(sqlca);
  throw Failure(std::move(sqlca), reply.damaged());
}

void Session::explain(Sqlca& sqlca) {
  if (sqlca.message.empty()) {
    if (sqlca.failed()) sqlca.message = "the server reports SQLSTATE " + sqlca.state + " (SQLCODE " + std::to_string(sqlca.code) + ")";
    return;
  }
  const std::string key = sqlca.state + sqlca.message;
  if (const auto known = texts_.find(key); known != texts_.end()) {
    sqlca.message = known->second;
    return;
  }
  std::string text = text_of(sqlca);
  constexpr std::size_t kMostTexts = 256;
  if (texts_.size() >= kMostTexts) texts_.clear();
  texts_.emplace(key, text);
  sqlca.message = std::move(text);
}

}  // namespace millrace::drda

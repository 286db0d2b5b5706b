#pragma once
// A load as an asynchronous operation, for programs that use Boost.Asio. docs/async.md explains it.

#include <exception>
#include <memory>
#include <utility>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/system_executor.hpp>

#include "millrace/access/async.hpp"
#include "millrace/load/detail/background_load.hpp"

namespace millrace {

namespace detail {

template <class Handler> class AsyncLoad final : public BackgroundLoad {
 public:
  AsyncLoad(LoadJob job, LoadEnvironment environment, Handler handler)
      : BackgroundLoad(std::move(job), std::move(environment)), completion_(Joining{std::move(handler)}, boost::asio::system_executor()) {}

 private:
  struct Result {
    RunReport report;
    LastJoin thread;
  };
  /// The handler runs when the load's thread has ended.
  struct Joining {
    using executor_type = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;
    using allocator_type = boost::asio::associated_allocator_t<Handler>;
    executor_type get_executor() const noexcept { return boost::asio::get_associated_executor(handler, boost::asio::any_io_executor(boost::asio::system_executor())); }
    allocator_type get_allocator() const noexcept { return boost::asio::get_associated_allocator(handler); }
    void operator()(std::exception_ptr error, Result result) {
      { const LastJoin ended = std::move(result.thread); }
      std::move(handler)(std::move(error), std::move(result.report));
    }
    Handler handler;
  };

  void complete(std::exception_ptr error, RunReport report, LastJoin thread) noexcept override {
    completion_(std::move(error), Result{std::move(report), std::move(thread)});
  }

  AsyncCompletion<Joining> completion_;
};

}  // namespace detail

/// void(std::exception_ptr, RunReport): run_load() on a thread of its own, which has ended when the handler runs.
///
/// Cancelling (terminal or partial, through the token's slot) is what `environment.stop` is: the run fails as cancelled and can be resumed; before
/// it exists in the database the operation fails with Error{cancelled}. Units that were committed until then stay. `environment.drivers`, and what
/// its functions refer to, must live until the handler has run; the functions are called on the load's threads.
template <class Token> auto async_load(LoadJob job, LoadEnvironment environment, Token&& token) {
  return boost::asio::async_initiate<Token, void(std::exception_ptr, RunReport)>(
      [](auto handler, LoadJob j, LoadEnvironment e) {
        auto slot = boost::asio::get_associated_cancellation_slot(handler);
        auto load = std::make_shared<detail::AsyncLoad<decltype(handler)>>(std::move(j), std::move(e), std::move(handler));
        if (slot.is_connected()) {
          slot.assign([weak = std::weak_ptr<detail::BackgroundLoad>(load)](boost::asio::cancellation_type type) {
            if ((type & (boost::asio::cancellation_type::terminal | boost::asio::cancellation_type::partial)) == boost::asio::cancellation_type::none) return;
            if (const auto running = weak.lock()) running->cancel();
          });
        }
        load->start();
      },
      token, std::move(job), std::move(environment));
}

}  // namespace millrace

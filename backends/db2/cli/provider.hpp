#pragma once
// Who answers the call-level interface: the open DRDA client, or IBM's library.

#include <cstdint>
#include <stdexcept>

#include "db2/cli/functions.hpp"

namespace millrace::db2::cli {

enum class Provider : std::uint8_t { drda, ibm };

/// IBM's library is not there, or is not what it should be: one sentence that says what was tried and what to set.
struct ProviderError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

const CliFunctions& drda_functions() noexcept;

/// libdb2, loaded at the first call and never unloaded: from IBM_DB_HOME, else DB2_HOME, else where the loader looks. Its names stay its own (RTLD_LOCAL).
/// @throws ProviderError  at every call, until it is found
/// @thread_safety  Any thread.
const CliFunctions& ibm_functions();

/// Chooses who provides the environments that this thread allocates while it lives; an environment's connections and statements are of the same provider.
/// Without one it is the DRDA client.
class ProviderScope {
 public:
  /// @throws ProviderError  so that a connection that can not come about fails with the reason
  explicit ProviderScope(Provider provider);
  ~ProviderScope();
  ProviderScope(const ProviderScope&) = delete;
  ProviderScope& operator=(const ProviderScope&) = delete;

 private:
  Provider before_;
};

/// Handles of the DRDA client begin here; IBM's library counts from small numbers.
inline constexpr std::int32_t kFirstHandle = 0x40000000;

}  // namespace millrace::db2::cli

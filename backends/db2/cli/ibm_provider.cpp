// IBM's library as a provider. What this file knows of it: its file names, where it is installed, and the interface's names.

#include <dlfcn.h>

#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "db2/cli/provider.hpp"

namespace millrace::db2::cli {
namespace {

constexpr const char* kNames[] = {"libdb2.so.1", "libdb2.so"};

/// In the order in which they are tried. Where a home is named, another installation is not a substitute.
std::vector<std::string> places() {
  for (const char* const variable : {"IBM_DB_HOME", "DB2_HOME"}) {
    const char* const home = std::getenv(variable);
    if (home == nullptr || *home == '\0') continue;
    std::vector<std::string> found;
    for (const char* const folder : {"/lib/", "/lib64/"}) {
      for (const char* const name : kNames) found.push_back(std::string(home) + folder + name);
    }
    return found;
  }
  return {std::begin(kNames), std::end(kNames)};
}

template <class Function> void resolve(void* library, const char* name, Function& function, std::string& missing) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) missing += (missing.empty() ? "" : ", ") + std::string(name);
}

CliFunctions load() {
  std::string tried;
  for (const std::string& place : places()) {
    void* const library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      const char* const reason = dlerror();
      tried += (tried.empty() ? "" : "; ") + std::string(reason != nullptr ? reason : place);   // names the file
      continue;
    }
    CliFunctions functions{};
    std::string missing;
#define MILLRACE_CLI_RESOLVE(function, name) resolve(library, #function, functions.name, missing);
    MILLRACE_CLI_FUNCTIONS(MILLRACE_CLI_RESOLVE)
#undef MILLRACE_CLI_RESOLVE
    if (!missing.empty()) throw ProviderError(place + " is no Db2 CLI library: it lacks " + missing);
    return functions;
  }
  throw ProviderError("IBM's Db2 CLI library can not be loaded (" + tried + "): set IBM_DB_HOME to the folder of the CLI driver whose lib folder holds libdb2.so, or use driver=drda");
}

}  // namespace

const CliFunctions& ibm_functions() {
  static std::mutex mutex;
  static const CliFunctions* loaded = nullptr;
  const std::lock_guard lock(mutex);
  if (loaded == nullptr) loaded = new CliFunctions(load());   // for the process's life, as the library is
  return *loaded;
}

}  // namespace millrace::db2::cli

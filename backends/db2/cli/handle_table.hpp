#pragma once
// Handles as numbers, and what is behind them.

#include <cstdint>
#include <memory>

#include "db2/cli/diagnostics.hpp"

namespace millrace::db2::cli {

/// What every handle has.
class Handle {
 public:
  explicit Handle(SQLSMALLINT type) : type_(type) {}
  virtual ~Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  SQLSMALLINT type() const { return type_; }
  Diagnostics diagnostics;

 private:
  SQLSMALLINT type_;
};

/// The process's handles: numbers from kFirstHandle on, made of a slot and of how often it was used, so that one that was freed is known as such.
/// Whoever has found a handle keeps it alive, even if it is freed meanwhile.
/// @thread_safety  Any thread; a look-up locks its own slot only.
namespace handle_table {

/// @throws CallError{HY014}  65,536 handles are in use
SQLHANDLE add(std::shared_ptr<Handle> handle);
/// nullptr: there is no such handle of this type
std::shared_ptr<Handle> find(SQLHANDLE number, SQLSMALLINT type);
std::shared_ptr<Handle> remove(SQLHANDLE number, SQLSMALLINT type);

}  // namespace handle_table
}  // namespace millrace::db2::cli

#pragma once
// What the database behind a driver is, and what that changes.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/cli/session.hpp"
#include "millrace/access/connection.hpp"
#include "products/ask.hpp"

namespace millrace::MILLRACE_CLI {

/// @thread_safety  Immutable; any thread.
class Product {
 public:
  virtual ~Product() = default;

  /// With question marks for its placeholders, whatever the product itself has.
  virtual std::unique_ptr<Dialect> dialect() const = 0;
  virtual Manners manners() const { return {}; }
  /// Code, retry, and what else a message tells.
  virtual void interpret(const Diagnostic& record, ErrorInfo& info) const = 0;
  /// The server has rolled the whole transaction back: the next statement would be in another.
  virtual bool ends_transaction(const ErrorInfo&) const { return false; }
  virtual SqlType result_type(const ResultDescription& column) const;
  /// @param ask  runs a query of the product's catalog on that session
  virtual std::optional<TableInfo> describe(Session& session, const Ask& ask, const TableName& table) const = 0;

  virtual std::string ping() const { return "SELECT 1"; }
  /// A query that fails where the transaction can only be rolled back: such a COMMIT answers success. Empty where there is no such state.
  virtual std::string commit_probe() const { return {}; }

  /// An INSERT that takes each column's values of all rows as one parameter (common/cli/packed_rows.hpp); empty where there is no such form, or not for
  /// these columns.
  virtual std::string packed_insert(const Dialect& dialect, const TableName& table, const std::vector<ColumnInfo>& columns) const;

  // What a session is told, as statements. What a product can not do is Error{unsupported}.
  using Statements = std::vector<std::string>;
  virtual std::string_view backend() const = 0;
  virtual Statements baseline(const ConnectionConfig& config) const;
  virtual Statements reset(const ConnectionConfig& config) const;
  /// What reset() does only where `query` has a row.
  struct Conditional { std::string query; Statements statements; };
  virtual Conditional conditional_reset(const ConnectionConfig&) const { return {}; }
  virtual Statements for_load(const LoadSession& load) const;
  virtual Statements statement_timeout(std::chrono::milliseconds timeout) const;
  /// Whether a transaction begins with a statement of the product's, and not by switching auto-commit off.
  virtual bool begins_by_statement() const { return false; }
  virtual Statements begin(const TransactionOptions& options) const;
  virtual Statements after(const TransactionOptions& options) const;
  /// The statements that empty a table; `cascade` is asked for where truncates_cascading() says so.
  virtual Statements truncate(const Dialect& dialect, const TableName& table, bool cascade) const;
  virtual bool truncates_cascading() const { return false; }
};

/// A product's dialect with the interface's placeholders.
template <class Base> class Marked final : public Base {
 public:
  using Base::Base;
  std::unique_ptr<Dialect> clone() const override { return std::make_unique<Marked>(*this); }
  std::string placeholder(std::size_t) const override { return "?"; }
};

[[noreturn]] void throw_unsupported(std::string_view backend, const std::string& what);

}  // namespace millrace::MILLRACE_CLI

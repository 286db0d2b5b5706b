#pragma once
// A statement that the server has prepared in one of the session's sections.

#include <memory>
#include <optional>

#include "db2/drda/row_encoder.hpp"
#include "db2/drda/session.hpp"

namespace millrace::drda {

class PreparedStatement final : public Statement {
 public:
  /// @throws Failure
  PreparedStatement(std::shared_ptr<Session> session, std::string_view sql);
  ~PreparedStatement() override;
  PreparedStatement(const PreparedStatement&) = delete;
  PreparedStatement& operator=(const PreparedStatement&) = delete;

  const std::vector<Column>& columns() const override { return columns_; }
  std::size_t parameter_count() const override;

  Sqlca execute(const std::vector<ParameterType>& types, const FillRow& fill) override;
  std::vector<Sqlca> execute_array(const std::vector<ParameterType>& types, std::size_t rows, const FillRow& fill) override;

  void open(const std::vector<ParameterType>& types, const FillRow& fill) override;
  bool fetch() override;
  const Cell& cell(std::size_t column) const override;
  void close() override;

 private:
  void prepare();
  void use_types(const std::vector<ParameterType>& types);
  void encode_only_row(const FillRow& fill);
  void run_rows(std::vector<std::size_t> rows, const FillRow& fill, std::vector<Sqlca>& results);
  std::vector<std::size_t> run_chain(std::span<const std::size_t> rows, const FillRow& fill, std::vector<Sqlca>& results);
  void receive_block();
  [[noreturn]] void fail_cursor(Sqlca sqlca);

  std::shared_ptr<Session> session_;
  std::string sql_;
  Section section_;
  std::vector<Column> columns_;
  mutable std::optional<std::size_t> parameters_;
  std::vector<ParameterType> given_types_;
  std::optional<RowEncoder> encoder_;       // of those; nothing if there are none
  std::vector<std::size_t> command_rows_;   // the row of each command of the chain
  std::optional<CursorReply> cursor_;       // while it is open
};

}  // namespace millrace::drda

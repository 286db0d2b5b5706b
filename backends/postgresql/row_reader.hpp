#pragma once
// The streaming way out: a query's rows as they arrive, into batches.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "millrace/access/batch_reader.hpp"
#include "millrace/data/decode.hpp"
#include "postgresql/session.hpp"
#include "postgresql/values.hpp"

namespace millrace::postgresql {

/// An open stream of rows, in libpq's chunked mode (17 and later) or its single-row mode.
///
/// Inside a transaction the query runs under a savepoint: stopping it early is an error for the server, which would abort the transaction.
class RowReader final : public BatchReader {
 public:
  /// @throws what a statement throws; the first row, or the error instead of it, is here when it returns
  /// @param may_commit  the statement is its own transaction and may write: a connection that is lost before its end leaves a doubt
  RowReader(std::shared_ptr<Session> session, const std::string& sql, const BoundValues& values, const ReaderOptions& options, bool may_commit);
  ~RowReader() override { close(); }

 private:
  bool do_next(RecordBatch& batch) override;
  void do_close() noexcept override;

  void start(const std::string& sql, const BoundValues& values);
  void describe(const PGresult* result);
  bool has_row();
  std::size_t take_row(RecordBatch& batch);
  void decode(RecordBatch& batch);
  void end();
  [[noreturn]] void fail(const PGresult* result);
  [[noreturn]] void refuse_value(std::size_t column, std::size_t row, DecodeStatus status, std::string_view text) const;

  /// Texts of a column that await their decoding, as places in texts_.
  struct Pending {
    struct Text { std::size_t begin; std::uint32_t size; bool null; };
    std::vector<Text> texts;
  };

  const std::shared_ptr<Session> session_;
  const ReaderOptions options_;
  const bool may_commit_;
  std::uint64_t stream_ = 0;
  bool ended_ = false;
  bool savepoint_ = false;
  Result chunk_;              ///< rows received and not taken yet, from row_ on
  int row_ = 0;
  std::int64_t rows_before_ = 0;   ///< in earlier batches
  std::vector<bool> verbatim_;     ///< columns whose text is their value
  std::vector<Pending> pending_;
  Buffer texts_;
  std::vector<Field> fields_;
  std::vector<FieldError> errors_;
};

}  // namespace millrace::postgresql

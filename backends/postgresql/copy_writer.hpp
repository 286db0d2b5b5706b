#pragma once
// The bulk path: batches into COPY ... FROM STDIN.

#include <cstdint>
#include <memory>
#include <vector>

#include "millrace/access/bulk_writer.hpp"
#include "postgresql/copy_encoder.hpp"
#include "products/postgresql/dialect.hpp"
#include "postgresql/session.hpp"

namespace millrace::postgresql {

/// An open COPY. While it is open, the connection does nothing else.
class CopyWriter final : public BulkWriter {
 public:
  CopyWriter(std::shared_ptr<Session> session, const Dialect& dialect, const TableName& table, const std::vector<ColumnInfo>& columns,
             const WriterOptions& options);
  ~CopyWriter() override { end_copying("the writer was destroyed"); }

 private:
  void do_write(const RecordBatch& batch) override;
  WriteResult do_finish() override;
  void do_abandon() noexcept override { end_copying("the writer was abandoned"); }

  void send();
  void end_copying(const char* reason) noexcept;
  [[noreturn]] void fail(const PGresult* result);
  [[noreturn]] void fail_in_doubt(const PGresult* result);

  const std::shared_ptr<Session> session_;
  const TableName table_;
  const CopyPlan plan_;
  const std::size_t full_;   ///< the buffer is sent when it holds so many bytes
  Buffer buffer_;
  std::uint64_t stream_ = 0;
  bool own_transaction_ = false;   ///< nobody began one around it: its end is a commit
};

}  // namespace millrace::postgresql

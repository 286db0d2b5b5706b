#pragma once
// From a unit's bytes to columns.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load/csv/dialect.hpp"
#include "load/csv/record_index.hpp"
#include "load/csv/record_locator.hpp"
#include "millrace/load/source.hpp"

namespace millrace::csv {

/// Decodes stripes of records column by column: first all field ends of the stripe, then one tight loop per column. Everything is reused from
/// batch to batch, so nothing is allocated per row.
class CsvDecoder final : public UnitDecoder {
 public:
  CsvDecoder(DecodePlan plan, Dialect dialect);

  void start(const Unit& unit) override;
  bool next(RecordBatch& batch, std::vector<Reject>& rejects) override;
  Reject locate(std::int64_t src_row) override;

 private:
  /// A record of the stripe that cannot become a row.
  struct Fault {
    std::size_t record;         ///< index in the stripe
    std::size_t target;         ///< index in the plan, or kWrongCount
    DecodeStatus status;
  };
  static constexpr std::size_t kWrongCount = static_cast<std::size_t>(-1);

  void prepare(RecordBatch& batch) const;
  void decode_stripe(const std::vector<RecordSpan>& records, RecordBatch& batch);
  void keep_well_shaped(const std::vector<RecordSpan>& records);
  void gather(int source_column);
  Field quoted_field(std::uint32_t begin, std::uint32_t end);
  bool is_null_text(std::string_view text) const;
  void note_faults(std::size_t target);
  void add_rejects(const std::vector<RecordSpan>& records, std::vector<Reject>& rejects);
  void describe_fault(const Fault& fault, const RecordSpan& record, Reject& reject);
  std::string_view field_text(const RecordSpan& record, int source_column);

  const DecodePlan plan_;
  const Dialect dialect_;
  std::vector<SqlType> types_;
  bool empty_is_null_ = false;
  std::vector<std::string> long_nulls_;  ///< the NULL texts that are not empty
  std::size_t stripe_records_;

  const Unit* unit_ = nullptr;
  std::string_view bytes_;
  std::int64_t next_record_ = 0;  ///< within the unit
  RecordIndex index_;
  RecordLocator locator_;

  // Of the stripe at hand.
  std::size_t first_row_ = 0;              ///< of the batch
  std::uint32_t stripe_begin_ = 0;
  std::uint32_t stripe_end_ = 0;
  std::vector<RecordSpan> rows_;           ///< the records with the right number of fields
  std::vector<std::uint32_t> row_records_; ///< and which records of the stripe they are
  std::vector<Field> fields_;              ///< of one column
  Buffer unquoted_;                        ///< what fields_ point to where quotes had to be resolved
  std::vector<FieldError> errors_;
  std::vector<Fault> faults_;
  std::vector<bool> bad_rows_;             ///< of the whole batch
  bool any_bad_row_ = false;
};

}  // namespace millrace::csv

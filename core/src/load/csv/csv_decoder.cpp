#include "load/csv/csv_decoder.hpp"

#include <algorithm>
#include <cstring>

#include "millrace/data/data_error.hpp"

namespace millrace::csv {
namespace {

/// Field ends of a stripe, about: so few that they and a column's fields stay in the L2 cache, however wide the records are.
constexpr std::size_t kStripeFields = 64 << 10;
constexpr std::size_t kLeastStripe = 64;

constexpr bool is_temporal(TypeKind kind) {
  return kind == TypeKind::date || kind == TypeKind::time || kind == TypeKind::timestamp || kind == TypeKind::timestamp_tz;
}

/// What PostgreSQL would have said about the value.
const char* sqlstate_of(DecodeStatus status, TypeKind kind) {
  switch (status) {
    case DecodeStatus::ok: return "";
    case DecodeStatus::invalid_syntax: return is_temporal(kind) ? "22007" : "22P02";
    case DecodeStatus::out_of_range: return is_temporal(kind) ? "22008" : "22003";
    case DecodeStatus::precision_exceeded: return "22003";
    case DecodeStatus::too_long: return "22001";
    case DecodeStatus::no_such_date: return "22008";
    case DecodeStatus::invalid_utf8:
    case DecodeStatus::nul_byte: return "22021";
    case DecodeStatus::not_finite: return "22003";
    case DecodeStatus::null_in_key:
    case DecodeStatus::null_not_allowed: return "23502";
  }
  return "22000";
}

std::string count_text(std::size_t count, const char* noun) { return std::to_string(count) + " " + noun + (count == 1 ? "" : "s"); }

void check_plan(const DecodePlan& plan) {
  if (plan.batch_rows < 1) throw Error(ErrorCode::misuse, "a decode plan with batch_rows < 1; give at least 1");
  if (plan.source_columns < 1) throw Error(ErrorCode::misuse, "a decode plan without source columns; a record has at least one field");
  for (const DecodePlan::Target& target : plan.targets) {
    if (target.source < 0 || target.source >= plan.source_columns) {
      throw Error(ErrorCode::misuse, "the decode plan takes column " + target.name + " from source column " + std::to_string(target.source) + " of " +
                                         std::to_string(plan.source_columns));
    }
  }
}

}  // namespace

CsvDecoder::CsvDecoder(DecodePlan plan, Dialect dialect)
    : plan_(std::move(plan)), dialect_(std::move(dialect)), index_(dialect_), locator_(dialect_) {
  check_plan(plan_);
  for (const DecodePlan::Target& target : plan_.targets) types_.push_back(target.type);
  for (const std::string& null : dialect_.nulls) {
    if (null.empty()) empty_is_null_ = true;
    else long_nulls_.push_back(null);
  }
  stripe_records_ = std::max(kLeastStripe, kStripeFields / static_cast<std::size_t>(plan_.source_columns));
}

void CsvDecoder::start(const Unit& unit) {
  if (!unit.bytes) throw Error(ErrorCode::misuse, "a unit without bytes was given to a CSV decoder");
  unit_ = &unit;
  bytes_ = *unit.bytes;
  next_record_ = 0;
  index_.start(bytes_);
  locator_.start(unit);
}

bool CsvDecoder::next(RecordBatch& batch, std::vector<Reject>& rejects) {
  if (unit_ == nullptr) throw Error(ErrorCode::misuse, "next() of a CSV decoder without start()");
  prepare(batch);
  bad_rows_.clear();
  any_bad_row_ = false;
  const auto batch_rows = static_cast<std::size_t>(plan_.batch_rows);
  std::size_t seen = 0;
  while (seen < batch_rows) {
    const std::vector<RecordSpan>& records = index_.next(std::min(stripe_records_, batch_rows - seen));
    if (records.empty()) break;
    decode_stripe(records, batch);
    if (!faults_.empty()) add_rejects(records, rejects);
    seen += records.size();
    next_record_ += static_cast<std::int64_t>(records.size());
  }
  if (any_bad_row_) {
    bad_rows_.resize(batch.src_rows().size());
    batch.remove_rows(bad_rows_);
  }
  if (seen == 0 && next_record_ != unit_->rows) {
    throw Error(ErrorCode::internal, "unit " + std::to_string(unit_->number) + " has " + std::to_string(unit_->rows) + " records, but " +
                                         std::to_string(next_record_) + " were decoded; please report this");
  }
  return seen > 0;
}

Reject CsvDecoder::locate(std::int64_t src_row) { return locator_.find(src_row); }

void CsvDecoder::prepare(RecordBatch& batch) const {
  const bool fits = std::equal(types_.begin(), types_.end(), batch.columns().begin(), batch.columns().end(),
                               [](const SqlType& type, const Column& column) { return type == column.type(); });
  if (fits) batch.clear();
  else batch = RecordBatch(types_);
}

void CsvDecoder::decode_stripe(const std::vector<RecordSpan>& records, RecordBatch& batch) {
  faults_.clear();
  first_row_ = batch.src_rows().size();
  stripe_begin_ = records.front().begin;
  stripe_end_ = records.back().end;
  keep_well_shaped(records);
  const std::int64_t first_src_row = unit_->first_src_row + next_record_;
  for (std::size_t i = 0; i < rows_.size(); ++i) batch.src_rows().push_back(first_src_row + row_records_[i]);

  const bool clean = check_text(bytes_.substr(stripe_begin_, stripe_end_ - stripe_begin_)) == DecodeStatus::ok;
  for (std::size_t target = 0; target < plan_.targets.size(); ++target) {
    gather(plan_.targets[target].source);
    errors_.clear();
    decode_column(fields_, plan_.options, clean, batch.column(target), errors_);
    note_faults(target);
  }
}

void CsvDecoder::keep_well_shaped(const std::vector<RecordSpan>& records) {
  rows_.clear();
  row_records_.clear();
  const auto expected = static_cast<std::uint32_t>(plan_.source_columns);
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (records[i].fields == expected) [[likely]] {
      rows_.push_back(records[i]);
      row_records_.push_back(static_cast<std::uint32_t>(i));
    } else {
      faults_.push_back({i, kWrongCount, DecodeStatus::ok});
    }
  }
}

/// Fills fields_ with one source column of the stripe's rows.
void CsvDecoder::gather(int source_column) {
  fields_.resize(rows_.size());
  unquoted_.clear();
  const std::uint32_t* const ends = index_.field_ends() + source_column;
  const char* const base = bytes_.data();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const std::uint32_t* const end = ends + rows_[i].first_field;
    const std::uint32_t begin = source_column == 0 ? rows_[i].begin : (end[-1] & ~kQuotedField) + 1;
    if (*end & kQuotedField) [[unlikely]] {
      fields_[i] = quoted_field(begin, *end & ~kQuotedField);
    } else {
      fields_[i] = {*end == begin && empty_is_null_ ? nullptr : base + begin, *end - begin};
    }
  }
  if (long_nulls_.empty()) return;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const bool quoted = ends[rows_[i].first_field] & kQuotedField;
    if (!quoted && is_null_text({fields_[i].data, fields_[i].size})) fields_[i] = {};
  }
}

Field CsvDecoder::quoted_field(std::uint32_t begin, std::uint32_t end) {
  const std::string_view text = bytes_.substr(begin, end - begin);
  const char quote = dialect_.quote;
  if (text.size() >= 2 && text.front() == quote && text.back() == quote && std::memchr(text.data() + 1, quote, text.size() - 2) == nullptr) {
    return {text.data() + 1, end - begin - 2};
  }
  // The fields of one column are no longer than the stripe, so this never moves what fields_ point to already.
  unquoted_.reserve(stripe_end_ - stripe_begin_);
  const std::size_t before = unquoted_.size();
  char* const to = reinterpret_cast<char*>(unquoted_.extend(text.size()));
  const auto size = static_cast<std::uint32_t>(unquote(text, quote, to) - to);
  unquoted_.resize(before + size);
  return {to, size};
}

bool CsvDecoder::is_null_text(std::string_view text) const {
  return std::find(long_nulls_.begin(), long_nulls_.end(), text) != long_nulls_.end();
}

/// Of each record only the first fault counts, so targets are noted in their order.
void CsvDecoder::note_faults(std::size_t target) {
  const auto note = [&](std::size_t row, DecodeStatus status) {
    any_bad_row_ = true;
    if (bad_rows_.size() <= first_row_ + row) bad_rows_.resize(first_row_ + row + 1);
    if (bad_rows_[first_row_ + row]) return;
    bad_rows_[first_row_ + row] = true;
    faults_.push_back({row_records_[row], target, status});
  };
  for (const FieldError& error : errors_) note(error.row, error.status);
  const DecodePlan::Target& plan = plan_.targets[target];
  if (!plan.key && !plan.not_null) return;
  for (std::size_t row = 0; row < fields_.size(); ++row) {
    if (fields_[row].data == nullptr) [[unlikely]] note(row, plan.key ? DecodeStatus::null_in_key : DecodeStatus::null_not_allowed);
  }
}

void CsvDecoder::add_rejects(const std::vector<RecordSpan>& records, std::vector<Reject>& rejects) {
  std::sort(faults_.begin(), faults_.end(), [](const Fault& a, const Fault& b) { return a.record < b.record; });
  for (const Fault& fault : faults_) {
    const RecordSpan& record = records[fault.record];
    const std::int64_t src_row = unit_->first_src_row + next_record_ + static_cast<std::int64_t>(fault.record);
    rejects.push_back(locator_.at(src_row, record.begin, record.end));
    describe_fault(fault, record, rejects.back());
  }
}

void CsvDecoder::describe_fault(const Fault& fault, const RecordSpan& record, Reject& reject) {
  if (fault.target == kWrongCount) {
    reject.code = "wrong_column_count";
    reject.sqlstate = "22P04";
    reject.reason = "expected " + count_text(static_cast<std::size_t>(plan_.source_columns), "column") + ", found " + std::to_string(record.fields) +
                    (record.begin == record.end ? " (the line is empty)" : "");
    return;
  }
  const DecodePlan::Target& target = plan_.targets[fault.target];
  reject.column = target.name;
  reject.code = to_string(fault.status);
  reject.sqlstate = sqlstate_of(fault.status, target.type.kind);
  reject.reason = describe(fault.status, target.type, field_text(record, target.source));
}

std::string_view CsvDecoder::field_text(const RecordSpan& record, int source_column) {
  const std::uint32_t* const end = index_.field_ends() + record.first_field + source_column;
  const std::uint32_t begin = source_column == 0 ? record.begin : (end[-1] & ~kQuotedField) + 1;
  unquoted_.clear();
  const Field field = *end & kQuotedField ? quoted_field(begin, *end & ~kQuotedField) : Field{bytes_.data() + begin, *end - begin};
  return {field.data, field.size};
}

}  // namespace millrace::csv

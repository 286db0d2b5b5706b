// Which types a file's columns have, from a sample. What a narrower type would lose - leading zeros, a plus sign, digits - keeps a column text.

#include <algorithm>
#include <limits>
#include <optional>

#include "millrace/data/data_error.hpp"
#include "millrace/data/decode.hpp"
#include "millrace/load/csv.hpp"

namespace millrace {
namespace {

/// Room for larger values behind the sample. numeric is of variable length in databases, so it costs nothing there.
constexpr int kLeastPrecision = 18;
/// More than a double holds for certain.
constexpr int kMostDoubleDigits = 15;

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

std::size_t take_digits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(count);
  return count;
}

struct Number {
  int whole = 0;      ///< digits before the point
  int decimals = 0;   ///< digits behind it
  bool exponent = false;
};

/// A number that survives being stored as one. "007" and "+49" do not: they are codes and telephone numbers.
std::optional<Number> parse_number(std::string_view text) {
  text = trim(text);
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool zero_first = text.starts_with('0');
  const std::size_t whole = take_digits(text);
  if (zero_first && whole > 1) return std::nullopt;
  std::size_t decimals = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    decimals = take_digits(text);
  }
  if (whole + decimals == 0 || whole + decimals > 1000) return std::nullopt;
  Number number{zero_first ? 0 : static_cast<int>(whole), static_cast<int>(decimals), false};
  if (text.starts_with('e') || text.starts_with('E')) {
    number.exponent = true;
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    if (take_digits(text) == 0) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return number;
}

bool is_boolean_word(std::string_view text) {
  const std::string word = lower(trim(text));
  return word == "true" || word == "false" || word == "t" || word == "f";
}

bool is_non_finite_word(std::string_view text) {
  const std::string word = lower(trim(text));
  return word == "nan" || word == "inf" || word == "infinity" || word == "-inf" || word == "-infinity";
}

/// What all values of a column seen so far have in common.
class Guess {
 public:
  void add(std::string_view text) {
    ++values_;
    longest_text_ = std::max(longest_text_, text.size());
    if (boolean_) boolean_ = is_boolean_word(text);
    if (number_) add_number(text);
    if (date_) add_date(text);
    if (timestamp_) add_timestamp(text);
  }

  SqlType type() const {
    SqlType type = type_of_all();
    if (type.kind == TypeKind::text) type.length = static_cast<int>(std::min<std::size_t>(longest_text_, std::numeric_limits<int>::max()));
    return type;
  }

 private:
  SqlType type_of_all() const {
    if (values_ == 0) return SqlType::of(TypeKind::text);
    if (boolean_) return SqlType::of(TypeKind::boolean);
    if (number_ && finite_) return number_type();
    if (date_) return SqlType::of(TypeKind::date);
    if (timestamp_ && with_offset_ == 0) return SqlType::of(TypeKind::timestamp);
    // Some with and some without an offset: what the others mean is not known.
    if (timestamp_ && with_offset_ == values_) return SqlType::of(TypeKind::timestamp_tz);
    return SqlType::of(TypeKind::text);
  }

  void add_number(std::string_view text) {
    if (const std::optional<Number> number = parse_number(text)) {
      finite_ = true;
      whole_ = std::max(whole_, number->whole);
      decimals_ = std::max(decimals_, number->decimals);
      longest_ = std::max(longest_, number->whole + number->decimals);
      double value = 0;
      if (number->exponent && decode_double(text, value) != DecodeStatus::ok) number_ = false;
      inexact_ = inexact_ || number->exponent;
      std::int64_t whole = 0;
      bigint_ = bigint_ && number->decimals == 0 && !number->exponent &&
                decode_integer(text, INT64_MIN, INT64_MAX, whole) == DecodeStatus::ok;
    } else if (is_non_finite_word(text)) {
      inexact_ = true;
    } else {
      number_ = false;
    }
  }

  SqlType number_type() const {
    if (inexact_) return SqlType::of(longest_ <= kMostDoubleDigits ? TypeKind::double_precision : TypeKind::text);
    if (bigint_) return SqlType::of(TypeKind::bigint);
    const int digits = whole_ + decimals_;
    if (digits > kMaxDecimalDigits) return SqlType::of(TypeKind::text);
    return SqlType::decimal(std::max(digits, kLeastPrecision), decimals_);
  }

  void add_date(std::string_view text) {
    Date date;
    date_ = decode_date(text, date) == DecodeStatus::ok;
  }

  void add_timestamp(std::string_view text) {
    // A default offset makes a difference just where the text has none.
    TimestampTz utc, shifted;
    timestamp_ = decode_timestamp_tz(text, 0, utc) == DecodeStatus::ok && decode_timestamp_tz(text, 60, shifted) == DecodeStatus::ok;
    with_offset_ += utc == shifted;
  }

  std::int64_t values_ = 0;
  std::size_t longest_text_ = 0;
  bool boolean_ = true;
  bool number_ = true;
  bool bigint_ = true;
  bool inexact_ = false;  ///< an exponent or no finite number
  bool finite_ = false;
  int whole_ = 0;
  int decimals_ = 0;
  int longest_ = 0;       ///< most digits of one value
  bool date_ = true;
  bool timestamp_ = true;
  std::int64_t with_offset_ = 0;
};

DecodePlan everything_as_text(const std::vector<std::string>& names) {
  DecodePlan plan;
  plan.source_columns = static_cast<int>(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    plan.targets.push_back({names[i], SqlType::of(TypeKind::text), static_cast<int>(i), false, false});
  }
  return plan;
}

}  // namespace

std::vector<ColumnInfo> infer_columns(Source& source, const CsvOptions&, std::int64_t sample_bytes) {
  const std::vector<std::string>& names = source.columns();
  if (names.empty()) throw DataError(source.name() + " has no header, so its columns have no names; name them to create a table");

  std::vector<Guess> guesses(names.size());
  const std::unique_ptr<UnitDecoder> decoder = source.make_decoder(everything_as_text(names));
  RecordBatch batch;
  std::vector<Reject> rejects;  // the load will meet them again
  for (const Unit& unit : source.peek(sample_bytes)) {
    decoder->start(unit);
    while (decoder->next(batch, rejects)) {
      rejects.clear();
      for (std::size_t i = 0; i < guesses.size(); ++i) {
        const Column& column = batch.column(i);
        for (std::size_t row = 0; row < column.rows(); ++row) {
          if (!column.is_null(row)) guesses[i].add(column.bytes(row));
        }
      }
    }
  }

  std::vector<ColumnInfo> columns;
  for (std::size_t i = 0; i < names.size(); ++i) columns.push_back({names[i], guesses[i].type()});
  return columns;
}

}  // namespace millrace

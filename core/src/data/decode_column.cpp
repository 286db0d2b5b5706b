// The hot path of every load: one switch per column of a batch, then a loop that fills the column in place.

#include <cmath>
#include <limits>
#include <numeric>

#include "data/decode_text.hpp"
#include "data/decimal_text.hpp"
#include "data/fast_decode.hpp"
#include "data/scan.hpp"
#include "millrace/data/decode.hpp"

namespace millrace {
namespace {

using enum DecodeStatus;

std::string_view view(const Field& field) { return {field.data, field.size}; }

/// What all loops share: the input, and where results go.
struct Job {
  std::span<const Field> fields;
  const DecodeOptions& options;
  bool clean;
  Column& out;
  std::vector<FieldError>& errors;

  /// Makes a row of the job NULL. Its value must be zero or empty by then.
  void set_null(std::size_t first, std::size_t index, DecodeStatus status) const {
    if (status != ok) errors.push_back({static_cast<std::uint32_t>(index), status});
    out.set_null(first + index);
  }
  /// Why the full parser says no, unless the bytes are no text to begin with.
  DecodeStatus reason(DecodeStatus status, const Field& field) const {
    if (clean) return status;
    const DecodeStatus text = check_text(view(field));
    return text == ok ? status : text;
  }
};

/// `fast(data, size, value)` decodes the plain form of a value or returns false; `full(text, value)` decodes every form.
template <class T, class Fast, class Full> void decode_fixed(const Job& job, Fast fast, Full full) {
  const std::size_t first = job.out.rows();
  T* const values = job.out.extend_fixed<T>(job.fields.size());
  for (std::size_t i = 0; i < job.fields.size(); ++i) {
    const Field& field = job.fields[i];
    if (field.data != nullptr) [[likely]] {
      if (fast(field.data, field.size, values[i])) [[likely]] continue;
      const DecodeStatus status = full(view(field), values[i]);
      if (status == ok) continue;
      values[i] = T{};
      job.set_null(first, i, job.reason(status, field));
    } else {
      values[i] = T{};
      job.set_null(first, i, ok);
    }
  }
}

template <class T> void decode_integers(const Job& job) {
  using Limits = std::numeric_limits<T>;
  decode_fixed<T>(
      job,
      [](const char* text, std::size_t size, T& out) {
        std::int64_t value;
        if (!fast::integer(text, size, value)) return false;
        out = static_cast<T>(value);
        return out == value;
      },
      [](std::string_view text, T& out) {
        std::int64_t value = 0;
        const DecodeStatus status = decode_integer(text, Limits::min(), Limits::max(), value);
        out = static_cast<T>(value);
        return status;
      });
}

template <class T> void decode_floats(const Job& job, DecodeStatus (*decode)(std::string_view, T&)) {
  const bool reject_nan = job.options.reject_nan;
  decode_fixed<T>(job, fast::floating<T>, [=](std::string_view text, T& out) {
    const DecodeStatus status = decode(text, out);
    return status == ok && reject_nan && std::isnan(out) ? not_finite : status;
  });
}

void decode_decimals(const Job& job) {
  const int precision = job.out.type().precision;
  const int scale = job.out.type().scale;
  const fast::DecimalFormat format(precision, scale);
  decode_fixed<int128>(
      job, [&format](const char* text, std::size_t size, int128& out) { return fast::decimal(text, size, format, out); },
      [=](std::string_view text, int128& out) { return decode_decimal(text, precision, scale, out); });
}

void decode_dates(const Job& job) {
  decode_fixed<std::int32_t>(
      job, [](const char* text, std::size_t size, std::int32_t& out) { return size == 10 && fast::date(text, out); },
      [](std::string_view text, std::int32_t& out) {
        Date date;
        const DecodeStatus status = decode_date(text, date);
        out = date.days;
        return status;
      });
}

void decode_times(const Job& job) {
  decode_fixed<std::int64_t>(job, fast::time, [](std::string_view text, std::int64_t& out) {
    TimeOfDay time;
    const DecodeStatus status = decode_time(text, time);
    out = time.micros;
    return status;
  });
}

void decode_timestamps(const Job& job) {
  decode_fixed<std::int64_t>(job, fast::timestamp, [](std::string_view text, std::int64_t& out) {
    Timestamp timestamp;
    const DecodeStatus status = decode_timestamp(text, timestamp);
    out = timestamp.micros;
    return status;
  });
}

void decode_zoned_timestamps(const Job& job) {
  const std::int32_t offset = job.options.utc_offset_seconds;
  // The fast form names no zone; with a default offset other than UTC the result may leave the calendar, which the full
  // parser checks.
  decode_fixed<std::int64_t>(
      job, [=](const char* text, std::size_t size, std::int64_t& out) { return offset == 0 && fast::timestamp(text, size, out); },
      [=](std::string_view text, std::int64_t& out) {
        TimestampTz timestamp;
        const DecodeStatus status = decode_timestamp_tz(text, offset, timestamp);
        out = timestamp.micros;
        return status;
      });
}

void decode_uuids(const Job& job) {
  decode_fixed<Uuid>(job, fast::uuid, decode_uuid);
}

void decode_booleans(const Job& job) {
  const std::size_t first = job.out.rows();
  job.out.extend_bits(job.fields.size());
  for (std::size_t i = 0; i < job.fields.size(); ++i) {
    const Field& field = job.fields[i];
    bool value = false;
    if (field.data != nullptr && fast::boolean(field.data, field.size, value)) {
      if (value) job.out.set_bit(first + i);
      continue;
    }
    const DecodeStatus status = field.data != nullptr ? decode_boolean(view(field), value) : ok;
    if (field.data == nullptr || status != ok) job.set_null(first, i, status == ok ? ok : job.reason(status, field));
    else if (value) job.out.set_bit(first + i);
  }
}

/// memcpy with the short lengths of fields in mind: those need no call and no loop.
inline void copy_field(char* to, const char* from, std::size_t size) {
  if (size > 16) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    const auto head = load<std::uint64_t>(from);
    const auto tail = load<std::uint64_t>(from + size - 8);
    std::memcpy(to, &head, 8);
    std::memcpy(to + size - 8, &tail, 8);
  } else if (size >= 4) {
    const auto head = load<std::uint32_t>(from);
    const auto tail = load<std::uint32_t>(from + size - 4);
    std::memcpy(to, &head, 4);
    std::memcpy(to + size - 4, &tail, 4);
  } else if (size != 0) {
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
}

/// `write(text, to, size)` puts at most text.size() bytes at `to` and says how many.
template <class Write> void decode_bytes(const Job& job, Write write) {
  const std::size_t first = job.out.rows();
  const std::size_t most = std::accumulate(job.fields.begin(), job.fields.end(), std::size_t{0},
                                           [](std::size_t sum, const Field& field) { return sum + field.size; });
  const Column::BytesTail tail = job.out.extend_bytes(job.fields.size(), most);
  char* to = tail.bytes;
  for (std::size_t i = 0; i < job.fields.size(); ++i) {
    const Field& field = job.fields[i];
    std::size_t size = 0;
    const DecodeStatus status = field.data != nullptr ? write(view(field), to, size) : ok;
    if (status == ok) to += size;
    tail.ends[i] = static_cast<std::int32_t>(to - tail.base);
    if (field.data == nullptr || status != ok) [[unlikely]] job.set_null(first, i, status);
  }
  job.out.finish_bytes(to);
}

/// Bytes that go in as they are once `accept(text)` has checked, and perhaps shortened, them.
template <class Accept> void copy_bytes(const Job& job, Accept accept) {
  decode_bytes(job, [accept](std::string_view text, char* to, std::size_t& size) {
    const DecodeStatus status = accept(text);
    if (status != ok) return status;
    size = text.size();
    copy_field(to, text.data(), size);
    return ok;
  });
}

DecodeStatus accept_decimal(std::string_view& text, bool finite_only) {
  text = trim_blanks(text);
  const DecodeStatus status = check_decimal(text);
  return status == ok && finite_only && is_non_finite(text) ? not_finite : status;
}

void decode_texts(const Job& job) {
  const auto most = static_cast<std::size_t>(job.out.type().length);
  const bool unlimited = most == 0 || (job.out.type().kind != TypeKind::varchar && job.out.type().kind != TypeKind::character);
  if (job.clean && unlimited) return copy_bytes(job, [](std::string_view&) { return ok; });
  if (job.clean) return copy_bytes(job, [=](std::string_view& text) { return fit_text(text, most); });
  copy_bytes(job, [=](std::string_view& text) {
    const DecodeStatus status = check_text(text);
    return status == ok && !unlimited ? fit_text(text, most) : status;
  });
}

void decode_binaries(const Job& job) {
  decode_bytes(job, [clean = job.clean](std::string_view text, char* to, std::size_t& size) {
    if (!clean) {
      if (const DecodeStatus status = check_text(text); status != ok) return status;
    }
    return decode_binary_to(text, to, size);
  });
}

void decode_any(const Job& job) {
  switch (job.out.type().kind) {
    case TypeKind::boolean: return decode_booleans(job);
    case TypeKind::smallint: return decode_integers<std::int16_t>(job);
    case TypeKind::integer: return decode_integers<std::int32_t>(job);
    case TypeKind::bigint: return decode_integers<std::int64_t>(job);
    case TypeKind::real: return decode_floats<float>(job, decode_real);
    case TypeKind::double_precision: return decode_floats<double>(job, decode_double);
    case TypeKind::decimal:
      if (job.out.layout() == Layout::int128) return decode_decimals(job);
      return copy_bytes(job, [&job](std::string_view& text) {
        const std::string_view whole = text;
        const DecodeStatus status = accept_decimal(text, job.options.reject_nan);
        return status == ok ? ok : job.reason(status, {whole.data(), static_cast<std::uint32_t>(whole.size())});
      });
    case TypeKind::date: return decode_dates(job);
    case TypeKind::time: return decode_times(job);
    case TypeKind::timestamp: return decode_timestamps(job);
    case TypeKind::timestamp_tz: return decode_zoned_timestamps(job);
    case TypeKind::uuid: return decode_uuids(job);
    case TypeKind::binary: return decode_binaries(job);
    case TypeKind::json:
      if (job.clean) return copy_bytes(job, [](std::string_view& text) { return check_json_syntax(text); });
      return copy_bytes(job, [](std::string_view& text) { return check_json(text); });
    case TypeKind::character:
    case TypeKind::varchar:
    case TypeKind::text:
    case TypeKind::other: return decode_texts(job);
  }
}

}  // namespace

void decode_column(std::span<const Field> fields, const DecodeOptions& options, bool text_is_clean, Column& out,
                   std::vector<FieldError>& errors) {
  decode_any({fields, options, text_is_clean, out, errors});
}

DecodeStatus append_text(Column& out, std::string_view text, const DecodeOptions& options) {
  if (text.size() > std::numeric_limits<std::int32_t>::max()) return too_long;
  const Field field{text.data() != nullptr ? text.data() : "", static_cast<std::uint32_t>(text.size())};
  const std::size_t rows = out.rows();
  std::vector<FieldError> errors;
  decode_column({&field, 1}, options, false, out, errors);
  if (errors.empty()) return ok;
  out.truncate(rows);
  return errors.front().status;
}

}  // namespace millrace

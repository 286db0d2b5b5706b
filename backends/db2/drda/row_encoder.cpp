#include "db2/drda/row_encoder.hpp"

#include <algorithm>
#include <limits>

#include "db2/drda/ddm.hpp"
#include "db2/drda/dss.hpp"
#include "db2/drda/packed_decimal.hpp"

namespace millrace::drda {
namespace {

constexpr std::uint8_t kNull = 0xFF;
constexpr std::uint8_t kNotNull = 0x00;
constexpr std::uint8_t kWhole = 0x7F;     // Derby's status byte behind an EXTDTA
constexpr std::uint16_t kLobLength = 4;   // bytes of the length that stands for a LOB in its row

bool is_string(Kind kind) { return kind == Kind::text || kind == Kind::bytes; }
bool is_outside(Kind kind) { return kind == Kind::clob || kind == Kind::blob; }

/// How the type lies in the row.
fdoca::Value layout_of(const ParameterType& type) {
  switch (type.kind) {
    case Kind::smallint: return {fdoca::kSmall, 2};
    case Kind::integer: return {fdoca::kInteger, 4};
    case Kind::bigint: return {fdoca::kBigint, 8};
    case Kind::real: return {fdoca::kFloat4, 4};
    case Kind::double_precision: return {fdoca::kFloat8, 8};
    case Kind::decimal: return {fdoca::kDecimal, static_cast<std::uint16_t>(type.precision << 8 | type.scale)};
    case Kind::text: return {fdoca::kVaryingMixed, static_cast<std::uint16_t>(type.length)};
    case Kind::bytes: return {fdoca::kVaryingBytes, static_cast<std::uint16_t>(type.length)};
    case Kind::clob: return {fdoca::kLobMixed, fdoca::kOutside | kLobLength};
    case Kind::blob: return {fdoca::kLobBytes, fdoca::kOutside | kLobLength};
    default: fail("HY000", "a parameter can not be of that kind");
  }
}

ParameterType resolved(ParameterType type) {
  if (is_string(type.kind)) {
    if (type.length > kLongestInline) {
      type.kind = type.kind == Kind::text ? Kind::clob : Kind::blob;
    } else if (type.length == 0) {
      type.length = kLongestInline;
    }
  }
  const bool possible = type.precision >= 1 && type.precision <= kMostDigits && type.scale >= 0 && type.scale <= type.precision;
  if (type.kind == Kind::decimal && !possible) fail("HY104", "a decimal parameter has an impossible precision or scale");
  return type;
}

}  // namespace

RowEncoder::RowEncoder(std::vector<ParameterType> types, const ServerTraits& traits)
    : types_(std::move(types)), order_(traits.order), status_behind_lob_(traits.status_behind_lob) {
  std::vector<fdoca::Value> layout;
  for (ParameterType& type : types_) {
    type = resolved(type);
    layout.push_back(layout_of(type));
  }
  begin_ddm(head_, cp::SQLDTA);
  const std::size_t descriptor = begin_ddm(head_, cp::FDODSC);
  fdoca::write_descriptor(head_, layout);
  finish_ddm(head_, descriptor);
  data_in_head_ = begin_ddm(head_, cp::FDODTA);
  head_.put8(kNotNull);  // the row
}

std::size_t RowEncoder::encode(Buffer& out, std::uint16_t correlator, std::uint8_t flags, const FillRow& fill, std::size_t index) {
  const std::size_t start = out.size();
  const auto inside = static_cast<std::uint8_t>(dss_flag::chained | dss_flag::same_correlator | (flags & dss_flag::continue_on_error));
  out_ = &out;
  index_ = 0;
  outsides_.clear();
  outside_.clear();
  try {
    begin_dss(out, DssType::object, inside, correlator);
    out.put(head_.bytes());
    fill(*this, index);
    if (index_ != types_.size()) fail("HY000", "a row has " + std::to_string(index_) + " values for " + std::to_string(types_.size()) + " parameters");
  } catch (...) {
    out.truncate(start);
    throw;
  }
  finish_ddm(out, start + kDssHeader + data_in_head_);
  finish_ddm(out, start + kDssHeader);
  finish_dss(out, start);
  std::size_t last = start;
  for (const Outside& value : outsides_) {
    last = begin_dss(out, DssType::object, inside, correlator);
    const std::size_t object = begin_ddm(out, cp::EXTDTA);
    out.put8(kNotNull);
    out.put(outside_.bytes().subspan(value.start, value.size));
    if (status_behind_lob_) out.put8(kWhole);
    finish_ddm(out, object);
    finish_dss(out, last);
  }
  out.data()[last + 3] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(DssType::object) | flags);
  return last;
}

const ParameterType& RowEncoder::begin_value() {
  if (index_ == types_.size()) fail("HY000", "a row has more values than parameters");
  return types_[index_++];
}

void RowEncoder::fail_value(std::string_view sqlstate, const std::string& what) const { fail(sqlstate, "parameter " + std::to_string(index_) + ": " + what); }
void RowEncoder::fail_kind() const { fail_value("07006", "the value is of another kind than the parameter"); }

void RowEncoder::null() {
  begin_value();
  out_->put8(kNull);
}

void RowEncoder::integer(std::int64_t value) {
  const ParameterType& type = begin_value();
  const auto fits = [value]<class T>(T) { return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max(); };
  const auto put = [&]<class T>(T narrow) {
    std::uint8_t* const at = out_->extend(1 + sizeof narrow);
    *at = kNotNull;
    store(at + 1, narrow, order_);
  };
  switch (type.kind) {
    case Kind::smallint:
      if (!fits(std::int16_t{})) fail_value("22003", std::to_string(value) + " does not fit into SMALLINT");
      put(static_cast<std::int16_t>(value));
      break;
    case Kind::integer:
      if (!fits(std::int32_t{})) fail_value("22003", std::to_string(value) + " does not fit into INTEGER");
      put(static_cast<std::int32_t>(value));
      break;
    case Kind::bigint: put(value); break;
    default: fail_kind();
  }
}

void RowEncoder::number(double value) {
  const ParameterType& type = begin_value();
  if (type.kind == Kind::real) {
    std::uint8_t* const at = out_->extend(1 + sizeof(float));
    *at = kNotNull;
    store(at + 1, std::bit_cast<std::uint32_t>(static_cast<float>(value)), order_);
  } else if (type.kind == Kind::double_precision) {
    std::uint8_t* const at = out_->extend(1 + sizeof(double));
    *at = kNotNull;
    store(at + 1, std::bit_cast<std::uint64_t>(value), order_);
  } else {
    fail_kind();
  }
}

void RowEncoder::decimal(std::string_view text) {
  const ParameterType& type = begin_value();
  if (type.kind != Kind::decimal) fail_kind();
  std::uint8_t* const at = out_->extend(1 + packed_size(type.precision));
  *at = kNotNull;
  pack_decimal(text, type.precision, type.scale, at + 1);
}

void RowEncoder::text(std::string_view utf8) {
  const ParameterType& type = begin_value();
  if (type.kind != Kind::text && type.kind != Kind::clob) fail_kind();
  put_string(type, as_octets(utf8));
}

void RowEncoder::bytes(std::span<const std::byte> value) {
  const ParameterType& type = begin_value();
  if (type.kind != Kind::bytes && type.kind != Kind::blob) fail_kind();
  put_string(type, as_octets(value));
}

void RowEncoder::put_string(const ParameterType& type, Bytes value) {
  if (is_outside(type.kind)) {
    if (value.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) fail_value("22001", "the value has more than 2 GiB");
    std::uint8_t* const at = out_->extend(1 + kLobLength);
    *at = kNotNull;
    store(at + 1, static_cast<std::uint32_t>(value.size()));
    if (value.empty()) return;  // nothing is outside of the row then
    outsides_.push_back({outside_.size(), value.size()});
    outside_.put(value);
    return;
  }
  if (value.size() > type.length) fail_value("22001", "the value has " + std::to_string(value.size()) + " bytes, declared are " + std::to_string(type.length));
  std::uint8_t* const at = out_->extend(3 + value.size());
  *at = kNotNull;
  store(at + 1, static_cast<std::uint16_t>(value.size()));
  if (!value.empty()) std::memcpy(at + 3, value.data(), value.size());
}

}  // namespace millrace::drda

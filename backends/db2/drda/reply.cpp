#include "db2/drda/reply.hpp"

#include <algorithm>

#include "db2/drda/ebcdic.hpp"
#include "db2/drda/server_traits.hpp"

namespace millrace::drda {
namespace {

constexpr std::int32_t kNoMoreRows = 100;

/// Reply messages come in reply structures; what answers EXCSAT and ACCSEC is reply data to Db2 (an object structure), and a message to Derby.
bool is_reply_message(const DdmObject& object, DssType type) {
  if (object.code_point == cp::EXCSATRD || object.code_point == cp::ACCSECRD) return true;
  return type == DssType::reply && object.code_point != cp::TYPDEFOVR;
}

ReplyMessage to_message(const DdmObject& object, std::uint16_t correlator) {
  ReplyMessage message{object.code_point, 0, object.data, correlator};
  if (const std::optional<Bytes> code = find_ddm(object.data, cp::SVRCOD)) message.severity = Reader(*code).u16();
  return message;
}

}  // namespace

ByteOrder order_of(std::string_view type_definition) {
  if (type_definition == "QTDSQLX86") return ByteOrder::little;
  if (type_definition == "QTDSQLASC" || type_definition == "QTDSQLJVM") return ByteOrder::big;
  fail_protocol("data of the type definition \"" + readable_line(type_definition.substr(0, 32)) + "\" can not be read");
}

void read_reply(const Dss& dss, ByteOrder& order, ReplyHandler& handler) {
  Reader reader(dss.payload);
  while (const std::optional<DdmObject> object = next_ddm(reader)) {
    switch (object->code_point) {
      case cp::SQLCARD: {
        Reader card = object->reader();
        handler.on_sqlca(dss.correlator, read_sqlca(card, order));
        break;
      }
      case cp::SQLDARD: handler.on_description(read_sqldard(object->reader(), order)); break;
      case cp::QRYDSC: case cp::QRYDTA: case cp::EXTDTA: case cp::SQLDTARD: handler.on_data(object->code_point, object->data); break;
      case cp::TYPDEFNAM: order = order_of(from_either(object->data)); break;
      default:
        // What else an object may be (the session's settings, what a procedure's cursors are called) is not needed.
        if (is_reply_message(*object, dss.type)) handler.on_message(to_message(*object, dss.correlator));
    }
  }
}

Sqlca to_sqlca(const SqlcaView& view, const ServerTraits& traits) {
  Sqlca sqlca;
  sqlca.code = view.code;
  sqlca.state = view.state == "     " ? "00000" : view.state;  // Derby's way to say that all is well
  sqlca.message = view.tokens;
  constexpr std::size_t kLow = 2, kHigh = 3;
  sqlca.rows = traits.high_row_count ? static_cast<std::int64_t>(static_cast<std::uint64_t>(static_cast<std::uint32_t>(view.errd[kHigh])) << 32 |
                                                                 static_cast<std::uint32_t>(view.errd[kLow]))
                                     : view.errd[kLow];
  return sqlca;
}

void CommandReply::on_sqlca(std::uint16_t, const SqlcaView& view) {
  if (sqlca_ && sqlca_->failed()) return;
  sqlca_ = to_sqlca(view, traits_);
}

void CommandReply::on_message(const ReplyMessage& message) {
  if (message.severity >= severity::severe) damaged_ = true;
  if (message.severity >= severity::error && !refusal_) refusal_ = ReplyMessage{message.code_point, message.severity, {}};
}

void CommandReply::on_description(Description description) {
  on_sqlca(0, description.sqlca);
  columns_ = std::move(description.columns);
}

Sqlca CommandReply::sqlca() const {
  if (sqlca_ && (sqlca_->failed() || !refusal_)) return *sqlca_;
  Sqlca sqlca;
  if (refusal_) {
    sqlca.code = -1;
    sqlca.state = damaged_ ? "58009" : "HY000";
    sqlca.message = "the server refuses the command with " + cp::name(refusal_->code_point) + " (severity " + std::to_string(refusal_->severity) + ")";
  }
  return sqlca;
}

void ArrayReply::on_sqlca(std::uint16_t correlator, const SqlcaView& view) {
  if (correlator == 0 || correlator > sqlcas_.size()) fail_protocol("it answers a command that was not sent");
  std::optional<Sqlca>& sqlca = sqlcas_[correlator - 1u];
  if (!sqlca) ++answered_;
  if (!sqlca || !sqlca->failed() || (view.code < 0 && sqlca->message.empty())) sqlca = to_sqlca(view, traits_);
}

bool ArrayReply::has_failure() const {
  return std::any_of(sqlcas_.begin(), sqlcas_.end(), [](const std::optional<Sqlca>& sqlca) { return sqlca && sqlca->failed(); });
}

/// A command may be refused by a message alone; an Sqlca that follows says more.
void ArrayReply::on_message(const ReplyMessage& message) {
  if (message.severity >= severity::severe) damaged_ = true;
  if (message.severity < severity::error || message.correlator == 0 || message.correlator > sqlcas_.size()) return;
  std::optional<Sqlca>& sqlca = sqlcas_[message.correlator - 1u];
  if (sqlca) return;
  ++answered_;
  sqlca = Sqlca{-1, "HY000", {}, 0};
}

void CursorReply::on_sqlca(std::uint16_t correlator, const SqlcaView& view) {
  // Behind ENDQRYRM: why the cursor ended. Otherwise a warning, or why it could not be opened.
  if (view.code == kNoMoreRows) ended_ = arrived_ = true;
  CommandReply::on_sqlca(correlator, view);
}

void CursorReply::on_message(const ReplyMessage& message) {
  switch (message.code_point) {
    case cp::OPNQRYRM:
      opened_ = true;
      if (const std::optional<Bytes> instance = find_ddm(message.parameters, cp::QRYINSID)) instance_ = Reader(*instance).number<std::uint64_t>();
      break;
    case cp::ENDQRYRM: closed_by_server_ = arrived_ = true; return;
    case cp::QRYNOPRM: closed_by_server_ = not_open_ = arrived_ = true; return;
    case cp::ABNUOWRM: closed_by_server_ = arrived_ = true; break;  // the Sqlca behind it says why, if there is one
    default: break;
  }
  CommandReply::on_message(message);
}

/// A server that answers one request with more than this is not a server.
void CursorReply::count(std::size_t bytes) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 30;
  bytes_ += bytes;
  if (bytes_ > kMostBytes) fail_protocol("it is too long");
  if (bytes != 0) arrived_ = true;
}

void CursorReply::on_data(cp::CodePoint code_point, Bytes data) {
  switch (code_point) {
    case cp::QRYDSC:
      if (decoder_ || descriptor_.size() + data.size() > 1'000'000) fail_protocol("a row's description comes in between its rows");
      descriptor_.insert(descriptor_.end(), data.begin(), data.end());
      break;
    case cp::QRYDTA:
      count(data.size());
      rows_.erase(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(begin_));
      begin_ = 0;
      rows_.insert(rows_.end(), data.begin(), data.end());
      break;
    case cp::EXTDTA:
      count(data.size() + kBytesOfValue);
      outside_.emplace_back(data.begin(), data.end());
      break;
    default: fail_protocol("a query has output parameters");
  }
}

bool CursorReply::next_row(ByteOrder order) {
  if (ended_ && begin_ == rows_.size()) return false;
  if (!decoder_) {
    if (descriptor_.empty()) fail_protocol("rows come without a description");
    decoder_.emplace(fdoca::read_descriptor(descriptor_), order, traits_.lob_indicator_stays);
  }
  const Bytes unread = Bytes(rows_).subspan(begin_);
  switch (decoder_->next(unread, outside_)) {
    case RowDecoder::Outcome::row: begin_ += decoder_->consumed(); return true;
    case RowDecoder::Outcome::sqlca:
      begin_ += decoder_->consumed();
      ended_ = true;
      if (decoder_->sqlca().code < 0) row_error_ = to_sqlca(decoder_->sqlca(), traits_);
      return false;
    case RowDecoder::Outcome::more_bytes:
    case RowDecoder::Outcome::more_outside: break;
  }
  if (closed_by_server_ || ended_) {
    if (!unread.empty()) fail_protocol("the last row is incomplete");
    ended_ = true;
  }
  return false;
}

void CallReply::on_data(cp::CodePoint code_point, Bytes data) {
  if (code_point == cp::SQLDTARD) data_.assign(data.begin(), data.end());
}

const std::vector<ResultCell>* CallReply::values(ByteOrder order) {
  const std::optional<Bytes> descriptor = find_ddm(data_, cp::FDODSC);
  const std::optional<Bytes> row = find_ddm(data_, cp::FDODTA);
  if (!descriptor || !row) return nullptr;
  decoder_.emplace(fdoca::read_descriptor(*descriptor), order, traits_.lob_indicator_stays);
  std::deque<std::vector<std::uint8_t>> outside;
  return decoder_->next(*row, outside) == RowDecoder::Outcome::row ? &decoder_->cells() : nullptr;
}

}  // namespace millrace::drda

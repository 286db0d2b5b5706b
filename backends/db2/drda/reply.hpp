#pragma once
// Replies taken apart, without a socket: which objects a structure has, and what a command's reply comes to.

#include <deque>
#include <optional>
#include <vector>

#include "db2/drda/client.hpp"
#include "db2/drda/ddm.hpp"
#include "db2/drda/dss.hpp"
#include "db2/drda/row_decoder.hpp"
#include "db2/drda/sqlda.hpp"

namespace millrace::drda {

struct ServerTraits;

/// SVRCOD: how bad it is.
namespace severity {
inline constexpr std::uint16_t warning = 4, error = 8, severe = 16;  // from `severe` on the conversation is damaged
}  // namespace severity

struct ReplyMessage {
  cp::CodePoint code_point = 0;
  std::uint16_t severity = 0;
  Bytes parameters;
  std::uint16_t correlator = 0;    ///< of the command that it answers
};

/// What takes the objects of a reply, in their order.
class ReplyHandler {
 public:
  virtual ~ReplyHandler() = default;
  virtual void on_sqlca(std::uint16_t correlator, const SqlcaView& sqlca) = 0;
  virtual void on_message(const ReplyMessage& message) = 0;
  virtual void on_description(Description) {}
  /// QRYDSC, QRYDTA, EXTDTA, SQLDTARD
  virtual void on_data(cp::CodePoint, Bytes) {}
};

/// Hands out the objects of one structure; `order` is that of the server's data, which a TYPDEFNAM changes.
/// @throws Failure 58009
void read_reply(const Dss& dss, ByteOrder& order, ReplyHandler& handler);

/// The order of a TYPDEFNAM's data. @throws Failure 58009  the client can not read such data (hexadecimal floating point, say)
ByteOrder order_of(std::string_view type_definition);

/// An Sqlca as the server sent it: its message has the tokens as they are, until message_text makes a sentence of them.
Sqlca to_sqlca(const SqlcaView& view, const ServerTraits& traits);

/// The reply to a command that is no query: its Sqlca and its description.
class CommandReply : public ReplyHandler {
 public:
  explicit CommandReply(const ServerTraits& traits) : traits_(traits) {}

  void on_sqlca(std::uint16_t correlator, const SqlcaView& view) override;
  void on_message(const ReplyMessage& message) override;
  void on_description(Description description) override;

  /// The worst that the server said; that all is well if it said nothing.
  Sqlca sqlca() const;
  bool damaged() const { return damaged_; }                              ///< the server can not go on with this conversation
  std::optional<ReplyMessage> refusal() const { return refusal_; }       ///< a reply message instead of an Sqlca; its parameters are gone
  const std::optional<std::vector<Column>>& columns() const { return columns_; }

 protected:
  const ServerTraits& traits_;

 private:
  std::optional<Sqlca> sqlca_;
  std::optional<ReplyMessage> refusal_;
  std::optional<std::vector<Column>> columns_;
  bool damaged_ = false;
};

/// The reply to a chain of commands, each of which has its Sqlca.
class ArrayReply final : public ReplyHandler {
 public:
  /// Correlators are 1 to `commands`.
  ArrayReply(const ServerTraits& traits, std::size_t commands) : traits_(traits), sqlcas_(commands) {}

  void on_sqlca(std::uint16_t correlator, const SqlcaView& view) override;
  void on_message(const ReplyMessage& message) override;

  bool complete() const { return answered_ == sqlcas_.size(); }
  bool has_failure() const;
  bool damaged() const { return damaged_; }
  std::vector<std::optional<Sqlca>>& sqlcas() { return sqlcas_; }

 private:
  const ServerTraits& traits_;
  std::vector<std::optional<Sqlca>> sqlcas_;
  std::size_t answered_ = 0;
  bool damaged_ = false;
};

/// The replies to OPNQRY and its CNTQRYs: rows out of blocks.
class CursorReply final : public CommandReply {
 public:
  using CommandReply::CommandReply;

  void on_sqlca(std::uint16_t correlator, const SqlcaView& view) override;
  void on_message(const ReplyMessage& message) override;
  void on_data(cp::CodePoint code_point, Bytes data) override;

  /// Moves to the next row of what has arrived. A false with needs_more() is answered with a CNTQRY.
  /// @throws Failure 58009, HY000 a type that can not be read
  bool next_row(ByteOrder order);
  bool needs_more() const { return !ended_; }
  /// Begins the reply to a CNTQRY.
  void expect_more() {
    arrived_ = false;
    bytes_ = rows_.size() - begin_;   // a row that is not whole yet: it may not grow from reply to reply without end
    for (const auto& value : outside_) bytes_ += value.size() + kBytesOfValue;
  }
  bool arrived() const { return arrived_; }                     ///< that reply had data, or the cursor's end

  bool opened() const { return opened_; }
  bool closed_by_server() const { return closed_by_server_; }
  bool is_closed_there() const { return not_open_; }            ///< QRYNOPRM: there is no such cursor
  std::uint64_t instance() const { return instance_; }          ///< QRYINSID
  const std::optional<Sqlca>& row_error() const { return row_error_; }   ///< of the row that could not be made
  const std::vector<ResultCell>& cells() const { return decoder_->cells(); }
  std::size_t columns_in_rows() const { return decoder_ ? decoder_->cells().size() : 0; }

 private:
  static constexpr std::size_t kBytesOfValue = sizeof(std::vector<std::uint8_t>);   // what an empty one takes as well
  void count(std::size_t bytes);

  std::optional<RowDecoder> decoder_;
  std::vector<std::uint8_t> descriptor_;
  std::vector<std::uint8_t> rows_;
  std::size_t begin_ = 0;                                        // of the first row that is not taken
  std::deque<std::vector<std::uint8_t>> outside_;
  std::optional<Sqlca> row_error_;
  std::uint64_t instance_ = 0;
  std::size_t bytes_ = 0;                                        // of this reply
  bool opened_ = false, closed_by_server_ = false, not_open_ = false, arrived_ = false, ended_ = false;
};

/// The reply to a CALL with output parameters: one row of values.
class CallReply final : public CommandReply {
 public:
  using CommandReply::CommandReply;

  void on_data(cp::CodePoint code_point, Bytes data) override;
  /// @return nothing if there is none; the cells live as long as the reply. @throws Failure 58009
  const std::vector<ResultCell>* values(ByteOrder order);

 private:
  std::vector<std::uint8_t> data_;
  std::optional<RowDecoder> decoder_;
};

}  // namespace millrace::drda

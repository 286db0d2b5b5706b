#pragma once
// The login: EXCSAT and ACCSEC, then SECCHK and ACCRDB. What is sent and what the replies mean; the bytes are the session's.

#include <optional>
#include <string>
#include <vector>

#include "db2/drda/client.hpp"
#include "db2/drda/reply.hpp"

namespace millrace::drda {

/// In which of its two encodings a string travels: EBCDIC, until both sides have named UNICODEMGR 1208.
struct StringEncoding {
  bool is_utf8 = false;

  char blank() const { return is_utf8 ? ' ' : '\x40'; }
  /// @throws Failure  with `sqlstate`, if code page 500 lacks a character of `what`
  std::string encode(std::string_view utf8, std::string_view what, std::string_view sqlstate) const;
  std::string decode(Bytes bytes) const;
};

/// Names of databases are padded to 18 bytes. @throws Failure 08004  longer than 255 bytes, or not in code page 500
std::string encoded_database(const ConnectOptions& options, StringEncoding encoding);

/// EXCSAT and ACCSEC, for SECMEC 3, user and password.
void put_exchange_attributes(Buffer& out, const ConnectOptions& options);
/// SECCHK and ACCRDB.
void put_access(Buffer& out, const ConnectOptions& options, StringEncoding encoding, const ServerTraits& traits);

/// What the server has said, over both exchanges.
class LoginReply final : public ReplyHandler {
 public:
  void on_sqlca(std::uint16_t correlator, const SqlcaView& view) override;
  void on_message(const ReplyMessage& message) override;

  /// Whatever has arrived: what of it is a refusal. @throws Failure 08001, 08004, 28000
  void check_refusals(const ConnectOptions& options) const;
  /// Behind EXCSATRD and ACCSECRD. @throws Failure 08001, 08004, 28000
  void check_attributes(const ConnectOptions& options) const;
  /// Behind SECCHKRM and ACCRDBRM. @throws Failure 08001, 08004, 28000
  void check_access(const ConnectOptions& options) const;

  const Server& server() const { return server_; }
  StringEncoding encoding() const;
  ByteOrder order() const { return order_; }

 private:
  void take_attributes(Bytes parameters);
  void take_security(Bytes parameters);
  void take_access(Bytes parameters);

  Server server_;
  bool attributes_ = false, security_ = false, access_ = false, unicode_ = false;
  std::vector<std::uint16_t> mechanisms_;            ///< of ACCSECRD
  bool mechanism_refused_ = false;                   ///< SECCHKCD of ACCSECRD
  std::optional<std::uint8_t> security_check_;       ///< SECCHKCD of SECCHKRM
  std::optional<ReplyMessage> refusal_;
  std::optional<Sqlca> sqlca_;
  std::uint16_t code_page_ = 1208;
  ByteOrder order_ = ByteOrder::big;
};

}  // namespace millrace::drda

#include "db2/drda/login.hpp"

#include <algorithm>
#include <chrono>

#include "db2/drda/ebcdic.hpp"
#include "db2/drda/server_traits.hpp"

namespace millrace::drda {
namespace {

constexpr std::size_t kShortestDatabase = 18, kLongestDatabase = 255, kLongestName = 255;
constexpr std::uint16_t kUserAndPassword = 3;  // SECMEC: in clear, so over TLS or in a trusted network
constexpr std::uint16_t kUtf8 = 1208, kUtf16 = 1200, kAscii = 367;
constexpr std::uint16_t kLevel = 7;
constexpr std::uint16_t kTcpLevel = 5;

constexpr StringEncoding kEbcdic{false};

void put_string(Buffer& out, cp::CodePoint code_point, const std::string& text) { put_ddm(out, code_point, as_octets(text)); }

void put_manager(Buffer& out, cp::CodePoint manager, std::uint16_t level) {
  out.put16(manager);
  out.put16(level);
}

/// CRRTKN, an id of the conversation, "NF000001.MRxxxx" and six bytes: unique among this host's connections is enough.
std::string correlation_token(StringEncoding encoding) {
  const auto now = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  std::string token = encoding.encode("NF000001.MRCE", "", "HY000");
  for (int shift = 40; shift >= 0; shift -= 8) token += static_cast<char>(now >> shift & 0xFF);
  return token;
}

/// Without Derby's attributes, which can be long.
std::string database_name(const ConnectOptions& options) { return "the database \"" + options.database.substr(0, options.database.find(';')) + "\""; }

std::string of_security_check(std::uint8_t code) {
  switch (code) {
    case 0x01: return "the security mechanism is not supported";
    case 0x0E: return "the password has expired";
    case 0x0F: return "the password is wrong";
    case 0x10: return "the password is missing";
    case 0x12: return "the user is missing";
    case 0x13: return "the user or the password is wrong";
    case 0x14: return "the user is revoked";
    default: return "security check code " + std::to_string(code);
  }
}

/// A sentence, with the server's own text where there is one.
std::string with_reason(std::string sentence, const std::optional<Sqlca>& sqlca) {
  const std::string reason = sqlca ? readable_line(sqlca->message) : std::string();
  return reason.empty() ? sentence : std::move(sentence) + ": " + reason;
}

[[noreturn]] void refuse(std::string_view state, std::string sentence, const std::optional<Sqlca>& server) {
  Sqlca sqlca;
  sqlca.code = server && server->failed() ? server->code : -1;
  sqlca.state = state;
  sqlca.message = std::move(sentence);
  throw Failure(std::move(sqlca), true);
}

}  // namespace

std::string StringEncoding::encode(std::string_view utf8, std::string_view what, std::string_view sqlstate) const {
  if (is_utf8) return std::string(utf8);
  std::optional<std::string> text = to_ebcdic(utf8);
  if (!text) fail_and_close(sqlstate, std::string(what) + " has a character that the server's code page (EBCDIC 500) lacks");
  return *std::move(text);
}

std::string StringEncoding::decode(Bytes bytes) const { return readable_line(is_utf8 ? std::string(as_characters(bytes)) : from_ebcdic(bytes)); }

std::string encoded_database(const ConnectOptions& options, StringEncoding encoding) {
  std::string name = encoding.encode(options.database, "the database's name", "08004");
  if (name.size() > kLongestDatabase) fail_and_close("08004", "the database's name has more than 255 bytes");
  if (name.size() < kShortestDatabase) name.append(kShortestDatabase - name.size(), encoding.blank());
  return name;
}

void put_exchange_attributes(Buffer& out, const ConnectOptions& options) {
  const std::string application = to_ebcdic(options.application.substr(0, kLongestName)).value_or(*to_ebcdic("millrace"));
  std::size_t dss = begin_dss(out, DssType::request, dss_flag::chained, 1);
  std::size_t object = begin_ddm(out, cp::EXCSAT);
  put_string(out, cp::EXTNAM, application);
  const std::size_t managers = begin_ddm(out, cp::MGRLVLLS);
  put_manager(out, cp::AGENT, kLevel);
  put_manager(out, cp::SQLAM, kLevel);
  put_manager(out, cp::CMNTCPIP, kTcpLevel);
  put_manager(out, cp::RDB, kLevel);
  put_manager(out, cp::SECMGR, kLevel);
  put_manager(out, cp::UNICODEMGR, kUtf8);
  finish_ddm(out, managers);
  put_string(out, cp::SRVCLSNM, kEbcdic.encode("MILLRACE", "", ""));
  put_string(out, cp::SRVNAM, kEbcdic.encode("MILLRACE", "", ""));
  put_string(out, cp::SRVRLSLV, kEbcdic.encode("MRC01000", "", ""));
  finish_ddm(out, object);
  finish_dss(out, dss);

  dss = begin_dss(out, DssType::request, 0, 2);
  object = begin_ddm(out, cp::ACCSEC);
  put_ddm16(out, cp::SECMEC, kUserAndPassword);
  put_string(out, cp::RDBNAM, encoded_database(options, kEbcdic));
  finish_ddm(out, object);
  finish_dss(out, dss);
}

void put_access(Buffer& out, const ConnectOptions& options, StringEncoding encoding, const ServerTraits& traits) {
  const std::string database = encoded_database(options, encoding);
  std::size_t dss = begin_dss(out, DssType::request, dss_flag::chained, 1);
  std::size_t object = begin_ddm(out, cp::SECCHK);
  put_ddm16(out, cp::SECMEC, kUserAndPassword);
  put_string(out, cp::RDBNAM, database);
  put_string(out, cp::USRID, encoding.encode(options.user, "the user's name", "28000"));
  put_string(out, cp::PASSWORD, encoding.encode(options.password, "the password", "28000"));
  finish_ddm(out, object);
  finish_dss(out, dss);

  dss = begin_dss(out, DssType::request, 0, 2);
  object = begin_ddm(out, cp::ACCRDB);
  put_string(out, cp::RDBNAM, database);
  put_ddm16(out, cp::RDBACCCL, cp::SQLAM);
  put_string(out, cp::PRDID, encoding.encode(traits.client_product, "", ""));
  put_string(out, cp::TYPDEFNAM, encoding.encode(traits.type_definition, "", ""));
  put_string(out, cp::CRRTKN, correlation_token(encoding));
  const std::size_t overrides = begin_ddm(out, cp::TYPDEFOVR);
  put_ddm16(out, cp::CCSIDSBC, kUtf8);
  put_ddm16(out, cp::CCSIDDBC, kUtf16);
  put_ddm16(out, cp::CCSIDMBC, kUtf8);
  finish_ddm(out, overrides);
  finish_ddm(out, object);
  finish_dss(out, dss);
}

void LoginReply::on_sqlca(std::uint16_t, const SqlcaView& view) {
  if (!sqlca_ || !sqlca_->failed()) sqlca_ = to_sqlca(view, traits_of(server_.class_name));
}

void LoginReply::on_message(const ReplyMessage& message) {
  switch (message.code_point) {
    case cp::EXCSATRD: take_attributes(message.parameters); break;
    case cp::ACCSECRD: take_security(message.parameters); break;
    case cp::SECCHKRM:
      if (const std::optional<Bytes> code = find_ddm(message.parameters, cp::SECCHKCD)) security_check_ = Reader(*code).u8();
      break;
    case cp::ACCRDBRM: take_access(message.parameters); break;
    default:
      if (message.severity >= severity::error && !refusal_) refusal_ = ReplyMessage{message.code_point, message.severity, {}};
  }
}

void LoginReply::take_attributes(Bytes parameters) {
  attributes_ = true;
  Reader reader(parameters);
  while (const std::optional<DdmObject> object = next_ddm(reader)) {
    switch (object->code_point) {
      case cp::SRVCLSNM: server_.class_name = kEbcdic.decode(object->data); break;
      case cp::SRVRLSLV: server_.release = kEbcdic.decode(object->data); break;
      case cp::MGRLVLLS:
        for (Reader managers = object->reader(); !managers.at_end();) {
          const std::uint16_t manager = managers.u16();
          const std::uint16_t level = managers.u16();
          if (manager == cp::UNICODEMGR && level == kUtf8) unicode_ = true;
        }
        break;
      default: break;
    }
  }
  server_.is_derby = traits_of(server_.class_name).is_derby;
}

void LoginReply::take_security(Bytes parameters) {
  security_ = true;
  Reader reader(parameters);
  while (const std::optional<DdmObject> object = next_ddm(reader)) {
    if (object->code_point == cp::SECMEC) {
      for (Reader mechanisms = object->reader(); !mechanisms.at_end();) mechanisms_.push_back(mechanisms.u16());
    } else if (object->code_point == cp::SECCHKCD) {
      mechanism_refused_ = object->reader().u8() != 0;
    }
  }
}

void LoginReply::take_access(Bytes parameters) {
  access_ = true;
  Reader reader(parameters);
  while (const std::optional<DdmObject> object = next_ddm(reader)) {
    switch (object->code_point) {
      case cp::PRDID: server_.product = readable_line(from_either(object->data)); break;
      case cp::TYPDEFNAM: order_ = order_of(from_either(object->data)); break;
      case cp::TYPDEFOVR:
        for (const cp::CodePoint code_page : {cp::CCSIDSBC, cp::CCSIDMBC}) {
          const std::optional<Bytes> value = find_ddm(object->data, code_page);
          const std::uint16_t ccsid = value ? Reader(*value).u16() : 0;
          if (ccsid != 0 && ccsid != kUtf8 && ccsid != kAscii) code_page_ = ccsid;
        }
        break;
      default: break;
    }
  }
}

StringEncoding LoginReply::encoding() const { return {unicode_ && !traits_of(server_.class_name).always_ebcdic}; }

void LoginReply::check_refusals(const ConnectOptions& options) const {
  const std::string name = endpoint_name(options);
  if (security_check_.value_or(0) != 0) {
    refuse("28000", with_reason("the server at " + name + " refuses the user \"" + options.user + "\": " + of_security_check(*security_check_), sqlca_), sqlca_);
  }
  if (!refusal_) return;
  switch (refusal_->code_point) {
    case cp::RDBNFNRM: refuse("08004", with_reason(database_name(options) + " is unknown to the server at " + name, sqlca_), sqlca_);
    case cp::RDBATHRM: refuse("28000", with_reason("the user \"" + options.user + "\" may not use " + database_name(options) + " of the server at " + name, sqlca_), sqlca_);
    case cp::RDBAFLRM: refuse("08004", with_reason("the server at " + name + " refuses " + database_name(options), sqlca_), sqlca_);
    default: refuse("08001", with_reason("the server at " + name + " refuses the login with " + cp::name(refusal_->code_point), sqlca_), sqlca_);
  }
}

void LoginReply::check_attributes(const ConnectOptions& options) const {
  const std::string name = endpoint_name(options);
  check_refusals(options);
  if (!attributes_ || !security_) fail_protocol("the login is not answered");
  if (!mechanism_refused_ && (mechanisms_.empty() || std::find(mechanisms_.begin(), mechanisms_.end(), kUserAndPassword) != mechanisms_.end())) return;
  std::string offered;
  for (const std::uint16_t mechanism : mechanisms_) offered += (offered.empty() ? "" : ", ") + std::to_string(mechanism);
  fail_and_close("28000", "the server at " + name + " takes no user and password in clear (security mechanism 3)" + (offered.empty() ? "" : ", only mechanism " + offered));
}

void LoginReply::check_access(const ConnectOptions& options) const {
  const std::string name = endpoint_name(options), database = database_name(options);
  check_refusals(options);
  if (!access_) fail_protocol("the login is not answered");
  if (sqlca_ && sqlca_->failed()) refuse("08004", with_reason("the server at " + name + " refuses " + database, sqlca_), sqlca_);
  if (code_page_ != kUtf8) {
    fail_and_close("08001", database + " of the server at " + name + " has the code page " + std::to_string(code_page_) + ", and the client reads UTF-8 (1208) only");
  }
}

}  // namespace millrace::drda

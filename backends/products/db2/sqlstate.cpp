#include "products/db2/sqlstate.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace millrace::db2 {
namespace {

constexpr bool kRetry = true;
constexpr bool kPoisons = true;

/// Db2's SQLCODEs that say more than their SQLSTATE.
struct SqlcodeMeaning { std::int32_t sqlcode; SqlStateMeaning means; };
constexpr SqlcodeMeaning kSqlcodes[] = {
    {-289, {"57011", ErrorCode::disk_full}},                               // a table space is full
    {-968, {"57011", ErrorCode::disk_full}},                               // the file system is
    {-1224, {"55032", ErrorCode::connection_lost, kRetry, kPoisons}},      // the database manager ended, or the agent was forced
    {-1403, {"08004", ErrorCode::authentication, false, kPoisons}},
    {-30082, {"08001", ErrorCode::authentication, false, kPoisons}},       // a wrong password locks the user sooner or later: not again
    {-1598, {"42968", ErrorCode::config, false, kPoisons}},                // IBM's driver has no licence for this server
    {-1013, {"42705", ErrorCode::config, false, kPoisons}},                // a database's alias that the driver does not know
};

// Longer codes stand before the classes they belong to. Db2: the list of SQLSTATEs in its messages' reference. Derby: its reference manual, part "Derby exception
// messages and SQL states". CLI: ODBC's appendix A.
constexpr SqlStateMeaning kMeanings[] = {
    // Worth another try, from the start of the transaction
    {"40001", ErrorCode::deadlock, kRetry},             // Db2's -911, rolled back already; Derby's deadlock
    {"40XL1", ErrorCode::lock_timeout, kRetry},         // Derby, which has rolled the transaction back
    {"40XL2", ErrorCode::lock_timeout, kRetry},         // Derby: waits for itself
    {"X0X02", ErrorCode::lock_timeout, kRetry},         // Derby: LOCK TABLE within the time
    {"57033", ErrorCode::lock_timeout, kRetry},         // -913
    {"57011", ErrorCode::resources, kRetry},            // -904, and -912, -964 for a smaller unit of work
    {"40XT6", ErrorCode::resources, kRetry},            // Derby is quiescent
    {"X0Y84", ErrorCode::resources, kRetry},            // Derby: contention on a sequence
    {"X0Y86", ErrorCode::resources, kRetry},
    // The session is gone
    {"08001", ErrorCode::connection_refused, kRetry, kPoisons},   // -30081, -1336
    {"08004", ErrorCode::connection_refused, false, kPoisons},
    {"08506", ErrorCode::connection_lost, kRetry, kPoisons},      // SQL30108N: the client has reconnected, and the session's state is lost
    {"40504", ErrorCode::connection_lost, kRetry, kPoisons},      // -1229
    {"55032", ErrorCode::connection_lost, kRetry, kPoisons},
    {"57019", ErrorCode::connection_refused, false, kPoisons},    // the database needs a DBA
    {"57020", ErrorCode::connection_refused, kRetry, kPoisons},
    {"57030", ErrorCode::connection_refused, kRetry, kPoisons},   // as many connections as are allowed
    {"58009", ErrorCode::internal, false, kPoisons},              // the protocol was broken, by either side
    {"58010", ErrorCode::internal, false, kPoisons},
    {"58005", ErrorCode::internal, false, kPoisons},
    {"08007", ErrorCode::in_doubt, false, kPoisons},
    {"40003", ErrorCode::in_doubt, false, kPoisons},
    {"40XT1", ErrorCode::in_doubt, false, kPoisons},              // Derby: an exception during COMMIT
    {"40506", ErrorCode::internal},                               // -1476: rolled back, and not by chance
    {"40XC", ErrorCode::internal},
    {"40XD", ErrorCode::internal},
    {"40XT", ErrorCode::internal},
    // Constraints and values
    {"23502", ErrorCode::not_null_violation},
    {"23001", ErrorCode::foreign_key_violation},
    {"23503", ErrorCode::foreign_key_violation},
    {"23504", ErrorCode::foreign_key_violation},
    {"23516", ErrorCode::foreign_key_violation},    // from here on Derby's, deferred
    {"23517", ErrorCode::foreign_key_violation},
    {"23506", ErrorCode::unique_violation},
    {"23507", ErrorCode::unique_violation},
    {"23514", ErrorCode::check_violation},
    {"23505", ErrorCode::unique_violation},
    {"23513", ErrorCode::check_violation},
    {"23522", ErrorCode::resources},                // an identity column has no more values
    {"2200H", ErrorCode::resources},                // Derby's word for it
    {"44000", ErrorCode::check_violation},
    {"07006", ErrorCode::invalid_value},
    {"42821", ErrorCode::invalid_value},
    {"428C9", ErrorCode::invalid_value},            // writing a generated column: -798
    {"42Z23", ErrorCode::invalid_value},            // Derby's word for it
    {"42XA3", ErrorCode::invalid_value},
    {"42Z24", ErrorCode::resources},
    {"XCL12", ErrorCode::invalid_value}, {"XCL30", ErrorCode::invalid_value},
    {"XSDA3", ErrorCode::invalid_value},            // a row that does not fit its page
    // Names and rights
    {"42703", ErrorCode::undefined_object}, {"42704", ErrorCode::undefined_object}, {"42705", ErrorCode::undefined_object}, {"42884", ErrorCode::undefined_object},
    {"42X04", ErrorCode::undefined_object}, {"42X05", ErrorCode::undefined_object}, {"42X14", ErrorCode::undefined_object}, {"42X65", ErrorCode::undefined_object},
    {"42X94", ErrorCode::undefined_object}, {"42Y03", ErrorCode::undefined_object}, {"42Y07", ErrorCode::undefined_object}, {"42Y55", ErrorCode::undefined_object},
    {"X0X05", ErrorCode::undefined_object}, {"X0X81", ErrorCode::undefined_object}, {"X0X99", ErrorCode::undefined_object}, {"X0Y38", ErrorCode::undefined_object},
    {"42S02", ErrorCode::undefined_object}, {"42S12", ErrorCode::undefined_object}, {"42S22", ErrorCode::undefined_object},
    {"42710", ErrorCode::duplicate_object}, {"42711", ErrorCode::duplicate_object}, {"42X12", ErrorCode::duplicate_object}, {"42X66", ErrorCode::duplicate_object},
    {"42X91", ErrorCode::duplicate_object}, {"X0Y32", ErrorCode::duplicate_object}, {"X0Y68", ErrorCode::duplicate_object},
    {"42S01", ErrorCode::duplicate_object}, {"42S11", ErrorCode::duplicate_object}, {"42S21", ErrorCode::duplicate_object},
    {"425", ErrorCode::permission},                 // 42501 of Db2, 42500 to 4251K of Derby
    {"42Z60", ErrorCode::unsupported},              // Derby has no rights unless told to
    {"42ZA0", ErrorCode::resources},                // Derby: too complex
    {"42893", ErrorCode::misuse},                   // others depend on the object
    // What a session does and how it ends
    {"57014", ErrorCode::cancelled}, {"XCL52", ErrorCode::cancelled}, {"HY008", ErrorCode::cancelled},
    {"HYT00", ErrorCode::statement_timeout},
    {"HYT01", ErrorCode::connection_lost, kRetry, kPoisons},
    {"25502", ErrorCode::read_only}, {"25503", ErrorCode::read_only}, {"25505", ErrorCode::read_only},
    {"51002", ErrorCode::config},                   // -805: a package that was never bound
    {"57016", ErrorCode::misuse},                   // -668: a table that waits for SET INTEGRITY or the end of a LOAD
    {"HY001", ErrorCode::resources}, {"HY013", ErrorCode::resources}, {"HY014", ErrorCode::resources},
    {"HYC00", ErrorCode::unsupported}, {"IM001", ErrorCode::unsupported}, {"X0X67", ErrorCode::unsupported},
    {"XCL48", ErrorCode::unsupported}, {"XCL49", ErrorCode::unsupported},   // TRUNCATE of a table with foreign keys or triggers
    {"X0Y57", ErrorCode::constraint}, {"X0Y59", ErrorCode::constraint}, {"X0Y63", ErrorCode::constraint}, {"X0Y80", ErrorCode::constraint},   // ALTER TABLE against its rows
    {"XJ004", ErrorCode::connection_refused, false, kPoisons},              // no such database
    {"XJ015", ErrorCode::server_shutdown, kRetry, kPoisons},
    {"XJ04", ErrorCode::connection_refused, false, kPoisons},               // the database does not start
    {"XJ001", ErrorCode::internal},
    {"XSDG1", ErrorCode::disk_full}, {"XSLA4", ErrorCode::disk_full},
    // Classes
    {"07", ErrorCode::misuse},
    {"08", ErrorCode::connection_lost, kRetry, kPoisons},
    {"0A", ErrorCode::unsupported},
    {"21", ErrorCode::invalid_value},               // 21506: a row merged twice
    {"22", ErrorCode::invalid_value},
    {"23", ErrorCode::constraint},
    {"24", ErrorCode::misuse},
    {"25", ErrorCode::misuse},
    {"28", ErrorCode::authentication, false, kPoisons},
    {"3B", ErrorCode::undefined_object},            // a savepoint
    {"40", ErrorCode::serialization, kRetry},
    {"42", ErrorCode::syntax},
    {"51", ErrorCode::misuse},
    {"54", ErrorCode::resources},
    {"55", ErrorCode::misuse},
    {"57", ErrorCode::resources},
    {"58", ErrorCode::internal},
    {"HY", ErrorCode::internal},
    {"IM", ErrorCode::config},
    {"X0", ErrorCode::misuse},                      // the rest is Derby's
    {"XBM", ErrorCode::connection_refused, false, kPoisons},
    {"XCL", ErrorCode::misuse},
    {"XJ", ErrorCode::misuse},
    {"XN", ErrorCode::internal},
    {"XRE", ErrorCode::connection_refused, false, kPoisons},
    {"XS", ErrorCode::io},
};

struct Culprit {
  std::string_view before, after;   // what the message has around the name
  bool column = false;
  bool qualified = false;           // the name's last part is meant
};
constexpr Culprit kCulprits[] = {
    // Derby. What stands behind a name is looked for from the end: a quote in a name is a quote in the message.
    {"identified by '", "' defined on "},
    {"foreign key constraint '", "' for key "},
    {"check constraint '", "' was violated "},
    {"Column '", "'  cannot accept a NULL value", true},
    {"Column '", "' cannot accept a NULL value", true},
    // Db2
    {"index identified by \"", "\" constrains table "},
    {"NOT NULL column \"", "\" is not allowed", true, true},
    {"check constraint \"", "\"", false, true},
    {"FOREIGN KEY \"", "\" is not equal ", false, true},
    {"the relationship \"", "\" restricts", false, true},
};

/// The first token of Db2's messages that come without their text.
struct Token { std::int32_t sqlcode; bool column = false, qualified = true; };
constexpr Token kTokens[] = {{-803, false, false}, {-407, true}, {-545}, {-530}, {-532}};

void set_culprit(std::string_view name, bool column, bool qualified, ErrorInfo& info) {
  if (column && name.find('=') != name.npos) return;   // TBSPACEID=2, TABLEID=4, COLNO=0
  if (qualified && name.find('.') != name.npos) name.remove_prefix(name.rfind('.') + 1);
  (column ? info.column : info.constraint) = name;
}

void add_culprit(std::int32_t native, std::string_view message, ErrorInfo& info) {
  for (const Culprit& culprit : kCulprits) {
    const std::size_t at = message.find(culprit.before);
    if (at == message.npos) continue;
    const std::size_t begin = at + culprit.before.size(), end = message.rfind(culprit.after);
    if (end != message.npos && end > begin) return set_culprit(message.substr(begin, end - begin), culprit.column, culprit.qualified, info);
  }
  const std::string tokens_follow = "SQLSTATE " + info.sqlstate + ": ";
  const std::size_t at = message.find(tokens_follow);
  const auto* const token = std::find_if(std::begin(kTokens), std::end(kTokens), [&](const Token& t) { return t.sqlcode == native; });
  if (at == message.npos || token == std::end(kTokens)) return;
  const std::string_view first = message.substr(at + tokens_follow.size());
  set_culprit(first.substr(0, first.find(", ")), token->column, token->qualified, info);
}

bool says(std::string_view message, std::string_view words) { return message.find(words) != message.npos; }

}  // namespace

SqlStateMeaning meaning_of(std::string_view sqlstate, std::int32_t native) {
  const auto* const by_code = std::find_if(std::begin(kSqlcodes), std::end(kSqlcodes), [&](const SqlcodeMeaning& m) { return m.sqlcode == native; });
  if (by_code != std::end(kSqlcodes)) return by_code->means;
  const auto* const found = std::find_if(std::begin(kMeanings), std::end(kMeanings),
                                         [&](const SqlStateMeaning& m) { return sqlstate.size() == 5 && sqlstate.starts_with(m.sqlstate); });
  return found == std::end(kMeanings) ? SqlStateMeaning{{}, ErrorCode::unknown} : *found;
}

void interpret(std::string_view sqlstate, std::int32_t native, std::string_view message, ErrorInfo& info) {
  const SqlStateMeaning meaning = meaning_of(sqlstate, native);
  info.sqlstate = sqlstate;
  info.native_code = native;
  info.code = meaning.code;
  info.safe_to_retry = meaning.safe_to_retry;
  info.poisons_connection = meaning.poisons_connection;
  // Derby refuses users and databases by one SQLSTATE.
  if (sqlstate == "08004" && (says(message, "authentication") || says(message, "Username or password"))) info.code = ErrorCode::authentication;
  // Db2 has one code for both ways in which a lock is not got; 68 is the time-out.
  if (native == -911 && (says(message, "Reason code \"68\"") || says(message, "SQLSTATE 40001: 68"))) info.code = ErrorCode::lock_timeout;
  if (sqlstate.starts_with("23")) add_culprit(native, message, info);
}

}  // namespace millrace::db2

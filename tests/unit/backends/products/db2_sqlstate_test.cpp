#include "products/db2/sqlstate.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

using namespace millrace;
using millrace::db2::interpret;
using millrace::db2::meaning_of;

namespace {

ErrorInfo said(std::string_view sqlstate, std::int32_t native, std::string_view message) {
  ErrorInfo info;
  interpret(sqlstate, native, message, info);
  return info;
}

}  // namespace

TEST_CASE("the SQLSTATEs of Db2, Derby and CLI mean what programs act on") {
  const struct { const char* sqlstate; ErrorCode code; } cases[] = {
      {"21506", ErrorCode::invalid_value}, {"21000", ErrorCode::invalid_value}, {"22001", ErrorCode::invalid_value}, {"22003", ErrorCode::invalid_value}, {"22007", ErrorCode::invalid_value},
      {"22012", ErrorCode::invalid_value}, {"22018", ErrorCode::invalid_value}, {"23502", ErrorCode::not_null_violation}, {"23503", ErrorCode::foreign_key_violation},
      {"23504", ErrorCode::foreign_key_violation}, {"23001", ErrorCode::foreign_key_violation}, {"23505", ErrorCode::unique_violation}, {"23513", ErrorCode::check_violation},
      {"23999", ErrorCode::constraint}, {"428C9", ErrorCode::invalid_value}, {"42Z23", ErrorCode::invalid_value}, {"42601", ErrorCode::syntax}, {"42X01", ErrorCode::syntax},
      {"42704", ErrorCode::undefined_object}, {"42703", ErrorCode::undefined_object}, {"42X05", ErrorCode::undefined_object}, {"42X04", ErrorCode::undefined_object},
      {"42X14", ErrorCode::undefined_object}, {"42Y55", ErrorCode::undefined_object}, {"42Y07", ErrorCode::undefined_object}, {"3B001", ErrorCode::undefined_object},
      {"42710", ErrorCode::duplicate_object}, {"X0Y32", ErrorCode::duplicate_object}, {"42S01", ErrorCode::duplicate_object}, {"42501", ErrorCode::permission},
      {"42500", ErrorCode::permission}, {"4250A", ErrorCode::permission}, {"42502", ErrorCode::permission}, {"25503", ErrorCode::read_only}, {"25001", ErrorCode::misuse},
      {"57014", ErrorCode::cancelled}, {"XCL52", ErrorCode::cancelled}, {"HY008", ErrorCode::cancelled}, {"HYT00", ErrorCode::statement_timeout}, {"51002", ErrorCode::config},
      {"54001", ErrorCode::resources}, {"HY001", ErrorCode::resources}, {"HYC00", ErrorCode::unsupported}, {"0A000", ErrorCode::unsupported}, {"XCL48", ErrorCode::unsupported},
      {"HY010", ErrorCode::internal}, {"HY000", ErrorCode::internal}, {"IM002", ErrorCode::config}, {"58004", ErrorCode::internal}, {"40XD2", ErrorCode::internal},
      {"XSDG1", ErrorCode::disk_full}, {"XSDG2", ErrorCode::io}, {"XJ001", ErrorCode::internal}, {"X0Y25", ErrorCode::misuse},
  };
  for (const auto& [sqlstate, code] : cases) {
    INFO(sqlstate);
    CHECK(meaning_of(sqlstate).code == code);
    CHECK_FALSE(meaning_of(sqlstate).safe_to_retry);
    CHECK_FALSE(meaning_of(sqlstate).poisons_connection);
  }
}

TEST_CASE("what is worth another try on the same connection") {
  const struct { const char* sqlstate; ErrorCode code; } cases[] = {
      {"40001", ErrorCode::deadlock}, {"40XL1", ErrorCode::lock_timeout}, {"40XL2", ErrorCode::lock_timeout}, {"X0X02", ErrorCode::lock_timeout},
      {"57033", ErrorCode::lock_timeout}, {"57011", ErrorCode::resources}, {"40XT6", ErrorCode::resources}, {"40999", ErrorCode::serialization}};
  for (const auto& [sqlstate, code] : cases) {
    INFO(sqlstate);
    CHECK(meaning_of(sqlstate).code == code);
    CHECK(meaning_of(sqlstate).safe_to_retry);
    CHECK_FALSE(meaning_of(sqlstate).poisons_connection);
  }
}

TEST_CASE("what ends the connection, and whether a new one may help") {
  const struct { const char* sqlstate; ErrorCode code; bool retry; } cases[] = {
      {"08001", ErrorCode::connection_refused, true}, {"08003", ErrorCode::connection_lost, true}, {"08006", ErrorCode::connection_lost, true}, {"08S01", ErrorCode::connection_lost, true},
      {"08506", ErrorCode::connection_lost, true}, {"40504", ErrorCode::connection_lost, true}, {"55032", ErrorCode::connection_lost, true}, {"57030", ErrorCode::connection_refused, true},
      {"XJ015", ErrorCode::server_shutdown, true}, {"HYT01", ErrorCode::connection_lost, true}, {"08004", ErrorCode::connection_refused, false}, {"28000", ErrorCode::authentication, false},
      {"28502", ErrorCode::authentication, false}, {"08007", ErrorCode::in_doubt, false}, {"40003", ErrorCode::in_doubt, false}, {"58009", ErrorCode::internal, false},
      {"XJ004", ErrorCode::connection_refused, false}, {"XJ040", ErrorCode::connection_refused, false}, {"XBM0A", ErrorCode::connection_refused, false}};
  for (const auto& [sqlstate, code, retry] : cases) {
    INFO(sqlstate);
    CHECK(meaning_of(sqlstate).code == code);
    CHECK(meaning_of(sqlstate).safe_to_retry == retry);
    CHECK(meaning_of(sqlstate).poisons_connection);
  }
}

TEST_CASE("a SQLCODE goes before a SQLSTATE that has several meanings") {
  CHECK(meaning_of("08001", -30082).code == ErrorCode::authentication);
  CHECK_FALSE(meaning_of("08001", -30082).safe_to_retry);
  CHECK(meaning_of("08001", -30081).safe_to_retry);
  CHECK(meaning_of("57011", -289).code == ErrorCode::disk_full);
  CHECK_FALSE(meaning_of("57011", -289).safe_to_retry);
  CHECK(meaning_of("57011", -904).safe_to_retry);
  CHECK(meaning_of("40001", -20001).safe_to_retry);   // Derby's codes are classes
}

TEST_CASE("a SQLSTATE that nobody knows means nothing") {
  for (const char* sqlstate : {"", "0", "00000", "01004", "02000", "99999", "4000", "400011", "ABCDE"}) {
    INFO(sqlstate);
    CHECK(meaning_of(sqlstate).code == ErrorCode::unknown);
    CHECK_FALSE(meaning_of(sqlstate).safe_to_retry);
    CHECK_FALSE(meaning_of(sqlstate).poisons_connection);
  }
}

TEST_CASE("Derby's violations name their constraint or column") {
  CHECK(said("23505", -20000, "The statement was aborted because it would have caused a duplicate key value in a unique or primary key constraint or unique index identified by 'my uq' defined on 'E1'.").constraint == "my uq");
  CHECK(said("23505", -20000, "The statement was aborted because ... identified by 'it's' defined on 'T'.").constraint == "it's");
  CHECK(said("23513", -20000, "The check constraint 'CKB' was violated while performing an INSERT or UPDATE on table '\"MILLRACE\".\"E1\"'.").constraint == "CKB");
  CHECK(said("23503", -20000, "INSERT on table 'Ch' caused a violation of foreign key constraint 'FKN' for key (9).  The statement has been rolled back.").constraint == "FKN");
  for (const char* message : {"Column 'B'  cannot accept a NULL value.", "Column 'B' cannot accept a NULL value."}) {
    CHECK(said("23502", -20000, message).column == "B");
    CHECK(said("23502", -20000, message).constraint.empty());
  }
}

TEST_CASE("Db2's violations name their constraint or column") {
  CHECK(said("23505", -803, "SQL0803N One or more values in the INSERT statement, UPDATE statement, or foreign key update caused by a DELETE statement are not valid because the primary key, "
                            "unique constraint or unique index identified by \"1\" constrains table \"APP.T\" from having duplicate values for the index key. SQLSTATE=23505").constraint == "1");
  CHECK(said("23502", -407, "SQL0407N Assignment of a NULL value to a NOT NULL column \"APP.T.A\" is not allowed. SQLSTATE=23502").column == "A");
  CHECK(said("23502", -407, "SQL0407N Assignment of a NULL value to a NOT NULL column \"TBSPACEID=2, TABLEID=4, COLNO=0\" is not allowed. SQLSTATE=23502").column.empty());
  CHECK(said("23513", -545, "SQL0545N The requested operation is not allowed because a row does not satisfy the check constraint \"APP.T.CK\". SQLSTATE=23513").constraint == "CK");
  CHECK(said("23503", -530, "SQL0530N The insert or update value of the FOREIGN KEY \"APP.T.FK\" is not equal to any value of the parent key of the parent table.").constraint == "FK");
  CHECK(said("23504", -532, "SQL0532N A parent row cannot be deleted because the relationship \"APP.C.FK\" restricts the deletion.").constraint == "FK");
}

TEST_CASE("so they do where only a message's tokens arrive") {
  CHECK(said("23505", -803, "SQLCODE -803, SQLSTATE 23505: 1, APP.T").constraint == "1");
  CHECK(said("23513", -545, "SQLCODE -545, SQLSTATE 23513: APP.T.CK").constraint == "CK");
  CHECK(said("23502", -407, "SQLCODE -407, SQLSTATE 23502: A").column == "A");
  CHECK(said("23502", -407, "SQLCODE -407, SQLSTATE 23502: TBSPACEID=2, TABLEID=4, COLNO=0").column.empty());
  CHECK(said("23505", -803, "SQLCODE -803, SQLSTATE 23505: ").constraint.empty());
}

TEST_CASE("a message of another kind names nothing") {
  for (const char* message : {"", "identified by '", "identified by 'x", "' defined on 'T' identified by '", "Column 'A' of another message"}) {
    INFO(message);
    const ErrorInfo info = said("23505", -20000, message);
    CHECK(info.constraint.empty());
    CHECK(info.column.empty());
  }
  CHECK(said("42X04", -20000, "identified by 'x' defined on 'T'").constraint.empty());
}

TEST_CASE("a refused user is told from an unknown database, and a lock's time-out from a deadlock") {
  const ErrorInfo refused = said("08004", -30000, "Connection authentication failure occurred.  Reason: Userid or password invalid.");
  CHECK(refused.code == ErrorCode::authentication);
  CHECK_FALSE(refused.safe_to_retry);
  CHECK(refused.poisons_connection);
  CHECK(said("08004", -30000, "The connection was refused because the database nix was not found.").code == ErrorCode::connection_refused);
  CHECK(said("40001", -911, "SQL0911N The current transaction has been rolled back because of a deadlock or timeout. Reason code \"68\". SQLSTATE=40001").code == ErrorCode::lock_timeout);
  CHECK(said("40001", -911, "SQL0911N The current transaction has been rolled back because of a deadlock or timeout. Reason code \"2\". SQLSTATE=40001").code == ErrorCode::deadlock);
  CHECK(said("40001", -911, "SQLCODE -911, SQLSTATE 40001: 68").code == ErrorCode::lock_timeout);
  CHECK(said("40001", -911, "").safe_to_retry);
}

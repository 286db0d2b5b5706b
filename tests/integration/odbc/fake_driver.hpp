#pragma once
// An ODBC driver that does on demand what real ones do now and then, or may do by the letter of ODBC's reference: it contradicts itself, loses its
// connection, has no words for an error. What such a driver says about rows must never be believed where it can not be true.
//
// It is loaded through the driver manager, by a connection string: Driver=PATH;Database=NAME;Behaviour=A,B;After=N;Length=N;Refuses=SQLSTATE
//
// A database lives as long as the library is loaded, and has one table: T(ID INTEGER NOT NULL PRIMARY KEY, V VARCHAR(200)). Unless a behaviour says
// otherwise, the rows of an array go in one by one, the first one that is refused ends it, and the rows before it are in. One thread at a time.
//
//   refuses_arrays       SQL_ATTR_PARAMSET_SIZE is 1 and nothing else (HYC00)
//   cuts_arrays          no array is longer than two rows; asked for more, it takes two and says so (01S02)
//   refuses_statuses     no SQL_ATTR_PARAM_STATUS_PTR (HYC00)
//   refuses_processed    no SQL_ATTR_PARAMS_PROCESSED_PTR (HYC00)
//   no_statuses          the array for statuses is taken, and never written; no diagnostic has a row number
//   goes_on              a refused row does not keep the rows behind it out: SQL_SUCCESS_WITH_INFO, and its status says so
//   all_or_nothing       one refused row keeps all rows of its array out, and every status is an error
//   miscounts            one row fewer than there are was processed, says the driver of its successes
//   leaves_last_unused   the last row of an array is not stored: success, but its status says so
//   loses_last           the same, but only the row count says so
//   counts_nothing       the row count is not known (-1)
//   says_nothing         an array with a refused row is SQL_ERROR, and there is no diagnostic
//   talks_long           a diagnostic text of 4,000 bytes
//   no_total             SQLGetData does not know how long the rest of a text is (SQL_NO_TOTAL)
//   dies                 the connection is lost (08S01) once After= rows of its lifetime are in
//   dies_before_commit   it is lost in SQLEndTran(SQL_COMMIT), and the transaction with it
//   dies_after_commit    the same, but the transaction was committed
//
// Length= is that of V. With Refuses= the connection is refused with this SQLSTATE and a text that quotes the connection string, as careless drivers do.

#include <cstdint>

struct FakeOdbcStatistics {
  std::uint64_t rows;            ///< that are committed
  std::uint64_t executes;        ///< of INSERTs
  std::uint64_t largest_array;   ///< rows of one of them
  std::uint64_t binds;           ///< calls of SQLBindParameter for them
  std::uint64_t most_bytes;      ///< of memory that was bound for one of them, all parameters together
};

/// Exported by the driver, to be found with dlsym(). Zeros for a database that nobody has connected to.
extern "C" FakeOdbcStatistics fake_odbc_statistics(const char* database);

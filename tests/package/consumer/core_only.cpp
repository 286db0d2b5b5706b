// A program that uses the core without any backend.
#include <iostream>
#include <string>

#include "millrace/data/batch_builder.hpp"

int main() {
  millrace::BatchBuilder rows({{"acct_id", millrace::SqlType::varchar(20)}, {"tran_amt", millrace::SqlType::decimal(15, 2)}});
  rows.append("AC0000000001", millrace::Decimal::parse("12.50"));
  const millrace::RecordBatch batch = rows.take();
  const std::string amount = batch.column(1).value(0).to_text();
  std::cout << batch.rows() << " row, tran_amt = " << amount << '\n';
  return amount == "12.50" ? 0 : 1;
}

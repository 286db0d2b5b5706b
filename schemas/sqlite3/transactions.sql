-- Account transactions, one row per account and product. What examples and tests load.
--
-- SQLite does not check types by itself: Millrace does before a row is written. DECIMAL(15, 2) fits SQLite's numbers exactly;
-- decimals of more than 15 digits need a TEXT column. Dates are stored as ISO text.
CREATE TABLE IF NOT EXISTS transactions (
  acct_id  VARCHAR(20)    NOT NULL,
  prod_cd  VARCHAR(10)    NOT NULL,
  tran_amt DECIMAL(15, 2) NOT NULL,
  tran_dt  DATE           NOT NULL,
  PRIMARY KEY (acct_id, prod_cd)
);

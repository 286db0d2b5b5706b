-- Account transactions, one row per account and product. What examples and tests load.
CREATE TABLE IF NOT EXISTS transactions (
  acct_id  varchar(20)    NOT NULL,
  prod_cd  varchar(10)    NOT NULL,
  tran_amt numeric(15, 2) NOT NULL,
  tran_dt  date           NOT NULL,
  PRIMARY KEY (acct_id, prod_cd)
);

-- The same rows with audit columns, which the load fills: --set last_run_id=:run_id --set update_ts=now
CREATE TABLE IF NOT EXISTS transactions_audited (
  acct_id     varchar(20)    NOT NULL,
  prod_cd     varchar(10)    NOT NULL,
  tran_amt    numeric(15, 2) NOT NULL,
  tran_dt     date           NOT NULL,
  last_run_id varchar(50)    NOT NULL,
  update_ts   timestamp      NOT NULL,
  PRIMARY KEY (acct_id, prod_cd)
);

-- A small reference table that is replaced as a whole.
CREATE TABLE IF NOT EXISTS branches (
  branch_cd varchar(10) NOT NULL PRIMARY KEY,
  city      varchar(60) NOT NULL,
  opened_on date
);

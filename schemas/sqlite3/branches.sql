-- A small reference table that is replaced as a whole.
CREATE TABLE IF NOT EXISTS branches (
  branch_cd VARCHAR(10) NOT NULL PRIMARY KEY,
  city      VARCHAR(60) NOT NULL,
  opened_on DATE
);

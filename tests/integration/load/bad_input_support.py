"""The table and the records that the tests of bad input share."""

HEADER = "id,amount,opened,owner,note\n"
GOOD = ['1,10.50,2023-01-31,ann,"two\nlines"\n', "2,-3.25,2024-02-29,bob,\n"]
LAST = "9,99.99,2023-12-31,zoe,last\n"
MODES = {"merge": ["--key", "id"], "reload": ["--mode", "reload"], "atomic append": ["--mode", "append", "--atomic"]}
ACCOUNT = """
CREATE TABLE account (id integer NOT NULL PRIMARY KEY, amount decimal(8,2), opened date, owner varchar(8), note text);
INSERT INTO account VALUES (50, 1.00, '2000-01-01', 'old', 'old'), (70, 7.00, '2000-01-07', 'old', NULL);
"""
SRC_ROW = "millrace_src_row"
EVERYTHING = "SELECT * FROM account ORDER BY id"

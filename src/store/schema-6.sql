-- Version 6: the configuration in force, as far as it stands in no mailbox's row: what is objected
-- for (of each mailbox, the accounts that one objection covers), and why another one was refused at
-- a reload; '' where none was.

CREATE TABLE configuration (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    objections TEXT    NOT NULL,
    refused    TEXT    NOT NULL DEFAULT ''
) STRICT;

INSERT INTO configuration (id, objections) VALUES (1, '[]');

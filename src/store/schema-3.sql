-- Version 3: what became of the form in the browser, which has no message. As in version 2 the table
-- is made anew.

CREATE TABLE event_3 (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    mailbox TEXT    NOT NULL,
    folder  TEXT    NOT NULL,
    case_id INTEGER REFERENCES "case" (id),
    message TEXT    REFERENCES message (digest),
    name    TEXT    NOT NULL,
    detail  TEXT    NOT NULL,
    because TEXT    NOT NULL,
    links   TEXT    NOT NULL,
    CHECK ((case_id IS NULL)
        = (name IN ('forged', 'pending', 'unproven', 'armed', 'deaf', 'heard', 'gap'))),
    CHECK ((message IS NULL)
        = (name IN ('armed', 'deaf', 'heard', 'gap', 'form', 'reminded', 'noted')))
) STRICT;

INSERT INTO event_3 (id, at, mailbox, folder, case_id, message, name, detail, because, links)
SELECT id, at, mailbox, folder, case_id, message, name, detail, because, links FROM event;

-- With its indexes and triggers; dropping a table is not the deleting of rows that they refuse.
DROP TABLE event;
ALTER TABLE event_3 RENAME TO event;

CREATE INDEX event_case ON event (case_id, name);
CREATE INDEX event_message ON event (message) WHERE message IS NOT NULL;
CREATE INDEX event_arming ON event (mailbox) WHERE name = 'armed';

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;

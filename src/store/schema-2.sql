-- Version 2: events that a case has without a message (a reminder, the person's own word), and the
-- way from a message to its events. SQLite changes a table's CHECK by making the table anew; the
-- numbers of its rows stay, and what refers to them does, too.

CREATE TABLE event_2 (
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
        = (name IN ('armed', 'deaf', 'heard', 'gap', 'reminded', 'noted')))
) STRICT;

INSERT INTO event_2 (id, at, mailbox, folder, case_id, message, name, detail, because, links)
SELECT id, at, mailbox, folder, case_id, message, name, detail, because, links FROM event;

-- With its indexes and triggers; dropping a table is not the deleting of rows that they refuse.
DROP TABLE event;
ALTER TABLE event_2 RENAME TO event;

CREATE INDEX event_case ON event (case_id, name);
CREATE INDEX event_message ON event (message) WHERE message IS NOT NULL;
CREATE INDEX event_arming ON event (mailbox) WHERE name = 'armed';

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;

CREATE INDEX IF NOT EXISTS effect_failed ON effect (ended_at) WHERE state = 'failed';

-- When an objection was filed stood in the state alone.
UPDATE "case" SET state = json_set(state, '$.filed_at', json_extract(state, '$.at'))
WHERE json_extract(state, '$.state') = 'submitted';

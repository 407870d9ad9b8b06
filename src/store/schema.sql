-- What must survive. Times are microseconds since 1970 (UTC); JSON columns hold the values of
-- `mail` and `case` as serde writes them. A code stands nowhere but inside message.raw.

-- A watched folder, how far it was read, and the last proof that it was heard.
CREATE TABLE mailbox (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT    NOT NULL,
    origin       TEXT    NOT NULL,
    folder       TEXT    NOT NULL,
    uid_validity INTEGER NOT NULL,
    uid_next     INTEGER NOT NULL,
    heard_at     INTEGER NOT NULL,
    -- 0: heard. Else the last proof before the person was told that it is deaf.
    deaf_since   INTEGER NOT NULL DEFAULT 0,
    -- How often a look found something that the server should have announced.
    missed       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (name, origin, folder)
) STRICT;

CREATE TABLE message (
    digest        TEXT    PRIMARY KEY NOT NULL CHECK (length(digest) = 64),
    mailbox       TEXT    NOT NULL,
    folder        TEXT    NOT NULL,
    uid_validity  INTEGER NOT NULL,
    uid           INTEGER NOT NULL,
    internal_date INTEGER NOT NULL,
    taken_at      INTEGER NOT NULL,
    truncated     INTEGER NOT NULL CHECK (truncated IN (0, 1)),
    authenticity  TEXT    NOT NULL,
    -- '' where nothing is proved; else the id of the only hand-over this signature can cause.
    handover      TEXT    NOT NULL,
    raw           BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX message_handover ON message (handover) WHERE handover <> '';

-- Every DKIM key record that a proof rests on, so that it can be repeated without DNS, and so that
-- another key under the same name is noticed.
CREATE TABLE key (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL,
    record        TEXT    NOT NULL,
    first_seen_at INTEGER NOT NULL,
    UNIQUE (name, record)
) STRICT;

CREATE TABLE message_key (
    message TEXT    NOT NULL REFERENCES message (digest),
    key_id  INTEGER NOT NULL REFERENCES key (id),
    PRIMARY KEY (message, key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE "case" (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox   TEXT    NOT NULL,
    account   TEXT    NOT NULL,
    campaign  TEXT    NOT NULL,
    opened_at INTEGER NOT NULL,
    state     TEXT    NOT NULL,
    UNIQUE (mailbox, account, campaign)
) STRICT;

-- The decision log. case_id and message are the only columns that may be empty: a mailbox that
-- went deaf belongs to no case and has no message, and what is not proved must touch no case.
CREATE TABLE event (
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
    CHECK ((message IS NULL) = (name IN ('armed', 'deaf', 'heard', 'gap')))
) STRICT;

CREATE INDEX event_case ON event (case_id, name);
CREATE INDEX event_arming ON event (mailbox) WHERE name = 'armed';

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the decision log is append-only'); END;

-- No effect without a cause.
CREATE TABLE effect (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id INTEGER NOT NULL REFERENCES event (id),
    outlet   TEXT    NOT NULL,
    what     TEXT    NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('due', 'started', 'done', 'failed', 'doubtful')),
    tries    INTEGER NOT NULL DEFAULT 0,
    next_at  INTEGER NOT NULL,
    ended_at INTEGER NOT NULL DEFAULT 0,
    note     TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX effect_open ON effect (outlet, next_at) WHERE state IN ('due', 'started');

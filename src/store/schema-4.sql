-- Version 4: whether a folder is watched by the configuration in force. One that was taken out keeps
-- its row, so that it is resumed when it is put back.

ALTER TABLE mailbox ADD COLUMN watched INTEGER NOT NULL DEFAULT 1 CHECK (watched IN (0, 1));

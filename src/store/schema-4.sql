-- Version 4: whether a folder is watched by the configuration in force, and whether it is there at
-- all. One that was taken out keeps its row, so that it is resumed when it is put back; one that was
-- never heard has a row of zeros.

ALTER TABLE mailbox ADD COLUMN watched INTEGER NOT NULL DEFAULT 1 CHECK (watched IN (0, 1));
ALTER TABLE mailbox ADD COLUMN absent INTEGER NOT NULL DEFAULT 0 CHECK (absent IN (0, 1));

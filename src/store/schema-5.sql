-- Version 5: what stands in the way of a folder's next proof, as it was said last; '' where nothing
-- does. It is written when it changes, and gone with the next proof.

ALTER TABLE mailbox ADD COLUMN trouble TEXT NOT NULL DEFAULT '';

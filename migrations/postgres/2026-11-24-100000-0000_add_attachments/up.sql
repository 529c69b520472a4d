-- Who has uploaded a file, where its bytes are, and what may be done with it. The columns are nullable or have a default,
-- since nodes of the version before still run meanwhile; rows of theirs there are none, for they could not upload.
ALTER TABLE support_chat.support_attachments
    ADD COLUMN uploader_kind text CHECK (uploader_kind IN ('user', 'admin')),
    ADD COLUMN uploader_id text,
    ADD COLUMN uploader_type text CHECK (uploader_type IN ('driver', 'customer', 'restaurant')),
    ADD COLUMN storage_key text,
    ADD COLUMN state text NOT NULL DEFAULT 'ready' CHECK (state IN ('pending', 'ready', 'removing')),
    -- Of the message; before that, the one to which the uploader's token was narrowed.
    ADD COLUMN conversation_id uuid,
    -- The place among the files of the message, from 0.
    ADD COLUMN message_position bigint;

-- What is on no message is looked through for what is too old.
CREATE INDEX support_attachments_unsent
    ON support_chat.support_attachments (created_at) WHERE message_id IS NULL;
-- What waits: to be looked at, or to be removed.
CREATE INDEX support_attachments_waiting
    ON support_chat.support_attachments (state, created_at) WHERE state <> 'ready';

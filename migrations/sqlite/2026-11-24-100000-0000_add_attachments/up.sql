-- The same as on PostgreSQL, a column at a time.
ALTER TABLE support_attachments ADD COLUMN uploader_kind text CHECK (uploader_kind IN ('user', 'admin'));
ALTER TABLE support_attachments ADD COLUMN uploader_id text;
ALTER TABLE support_attachments ADD COLUMN uploader_type text
    CHECK (uploader_type IN ('driver', 'customer', 'restaurant'));
ALTER TABLE support_attachments ADD COLUMN storage_key text;
ALTER TABLE support_attachments ADD COLUMN state text NOT NULL DEFAULT 'ready'
    CHECK (state IN ('pending', 'ready', 'removing'));
-- Of the message; before that, the one to which the uploader's token was narrowed.
ALTER TABLE support_attachments ADD COLUMN conversation_id blob;
-- The place among the files of the message, from 0.
ALTER TABLE support_attachments ADD COLUMN message_position bigint;

-- What is on no message is looked through for what is too old.
CREATE INDEX support_attachments_unsent ON support_attachments (created_at) WHERE message_id IS NULL;
-- What waits: to be looked at, or to be removed.
CREATE INDEX support_attachments_waiting ON support_attachments (state, created_at) WHERE state <> 'ready';

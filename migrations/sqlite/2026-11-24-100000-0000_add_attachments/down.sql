DROP INDEX support_attachments_waiting;
DROP INDEX support_attachments_unsent;
ALTER TABLE support_attachments DROP COLUMN message_position;
ALTER TABLE support_attachments DROP COLUMN conversation_id;
ALTER TABLE support_attachments DROP COLUMN state;
ALTER TABLE support_attachments DROP COLUMN storage_key;
ALTER TABLE support_attachments DROP COLUMN uploader_type;
ALTER TABLE support_attachments DROP COLUMN uploader_id;
ALTER TABLE support_attachments DROP COLUMN uploader_kind;

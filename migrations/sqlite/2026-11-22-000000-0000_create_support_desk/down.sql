DROP TABLE support_revoked_tokens;
DROP TABLE support_audit_logs;
DROP TABLE support_attachments;
DROP TABLE support_messages;
DROP TABLE support_conversation_search;
DROP TABLE support_conversations;

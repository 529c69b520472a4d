DROP TABLE support_chat.support_revoked_tokens;
DROP TABLE support_chat.support_audit_logs;
DROP TABLE support_chat.support_attachments;
DROP TABLE support_chat.support_messages;
DROP TABLE support_chat.support_conversation_search;
DROP TABLE support_chat.support_conversations;

-- The desk's schema on PostgreSQL with a day in it, as the first two migrations and the program of their time left it: written
-- by that program, taken with pg_dump --schema=support_chat --column-inserts. Never edited.
CREATE SCHEMA support_chat;
CREATE TABLE support_chat.__diesel_schema_migrations (
    version character varying(50) NOT NULL,
    run_on timestamp without time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);
CREATE TABLE support_chat.support_attachments (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    message_id uuid,
    file_url text NOT NULL,
    file_type text NOT NULL,
    file_name text NOT NULL,
    file_size bigint NOT NULL,
    is_image boolean NOT NULL,
    CONSTRAINT support_attachments_file_size_check CHECK ((file_size >= 0))
);
CREATE TABLE support_chat.support_audit_logs (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    actor_id text,
    actor_email text NOT NULL,
    actor_role text NOT NULL,
    ip_address text,
    user_agent text,
    country_code text,
    action_type text NOT NULL,
    entity_type text NOT NULL,
    entity_id text,
    description text NOT NULL,
    metadata jsonb,
    success boolean NOT NULL,
    environment text NOT NULL,
    delivery_pending boolean NOT NULL
);
CREATE TABLE support_chat.support_conversation_search (
    conversation_id uuid NOT NULL,
    subject_folded text NOT NULL,
    subject_grams text[] NOT NULL
);
CREATE TABLE support_chat.support_conversations (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    status text NOT NULL,
    channel text GENERATED ALWAYS AS (user_type) STORED NOT NULL,
    subject text NOT NULL,
    priority text NOT NULL,
    last_message_at timestamp with time zone NOT NULL,
    last_message_preview text NOT NULL,
    user_id text NOT NULL,
    user_type text NOT NULL,
    country_code text NOT NULL,
    assigned_admin_id text,
    last_seq bigint NOT NULL,
    user_side_count bigint NOT NULL,
    user_read_seq bigint NOT NULL,
    user_seen_count bigint NOT NULL,
    admin_read_seq bigint NOT NULL,
    admin_seen_count bigint NOT NULL,
    unread_count_user bigint GENERATED ALWAYS AS (((last_seq - user_side_count) - user_seen_count)) STORED NOT NULL,
    unread_count_admin bigint GENERATED ALWAYS AS ((user_side_count - admin_seen_count)) STORED NOT NULL,
    version bigint NOT NULL,
    metadata jsonb NOT NULL,
    CONSTRAINT support_conversations_check CHECK (((user_side_count >= 0) AND (user_side_count <= last_seq))),
    CONSTRAINT support_conversations_check1 CHECK (((user_read_seq >= 0) AND (user_read_seq <= last_seq))),
    CONSTRAINT support_conversations_check2 CHECK (((admin_read_seq >= 0) AND (admin_read_seq <= last_seq))),
    CONSTRAINT support_conversations_last_seq_check CHECK ((last_seq >= 0)),
    CONSTRAINT support_conversations_priority_check CHECK ((priority = ANY (ARRAY['low'::text, 'normal'::text, 'high'::text, 'urgent'::text]))),
    CONSTRAINT support_conversations_status_check CHECK ((status = ANY (ARRAY['open'::text, 'pending'::text, 'resolved'::text, 'closed'::text]))),
    CONSTRAINT support_conversations_unread_count_admin_check CHECK ((unread_count_admin >= 0)),
    CONSTRAINT support_conversations_unread_count_user_check CHECK ((unread_count_user >= 0)),
    CONSTRAINT support_conversations_user_type_check CHECK ((user_type = ANY (ARRAY['driver'::text, 'customer'::text, 'restaurant'::text])))
);
CREATE TABLE support_chat.support_messages (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    conversation_id uuid NOT NULL,
    seq bigint NOT NULL,
    sender_type text NOT NULL,
    sender_id text,
    side text NOT NULL,
    content text NOT NULL,
    text text NOT NULL,
    message_type text NOT NULL,
    client_message_id text,
    user_side_count bigint NOT NULL,
    metadata jsonb NOT NULL,
    CONSTRAINT support_messages_check CHECK (((sender_type = 'system'::text) = (sender_id IS NULL))),
    CONSTRAINT support_messages_check1 CHECK (((sender_type = 'system'::text) OR (sender_type = side))),
    CONSTRAINT support_messages_message_type_check CHECK ((message_type = ANY (ARRAY['text'::text, 'system'::text, 'attachment'::text]))),
    CONSTRAINT support_messages_sender_type_check CHECK ((sender_type = ANY (ARRAY['user'::text, 'admin'::text, 'system'::text]))),
    CONSTRAINT support_messages_seq_check CHECK ((seq >= 1)),
    CONSTRAINT support_messages_side_check CHECK ((side = ANY (ARRAY['user'::text, 'admin'::text])))
);
CREATE TABLE support_chat.support_revoked_tokens (
    revocation_id text NOT NULL,
    revoked_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
CREATE TABLE support_chat.support_socket_tickets (
    ticket_hash text NOT NULL,
    caller jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL
);
INSERT INTO support_chat.__diesel_schema_migrations (version, run_on) VALUES ('202611220000000000', '2026-11-24 10:34:15.983394');
INSERT INTO support_chat.__diesel_schema_migrations (version, run_on) VALUES ('202611221200000000', '2026-11-24 10:34:15.983394');
INSERT INTO support_chat.support_attachments (id, created_at, message_id, file_url, file_type, file_name, file_size, is_image) VALUES ('01a20d1a-d970-7055-9024-542e3da7f1a4', '2026-11-24 10:34:16.816941+00', NULL, '/x', 'image/png', 'x.png', 3, true);
INSERT INTO support_chat.support_audit_logs (id, created_at, actor_id, actor_email, actor_role, ip_address, user_agent, country_code, action_type, entity_type, entity_id, description, metadata, success, environment, delivery_pending) VALUES ('01a20d1e-dd71-7579-9e4e-75a509e9c44c', '2026-11-24 10:34:16.305+00', 'driver-1', 'unknown', 'driver', '127.0.0.1', 'curl/7.88.1', 'BD', 'SUPPORT_CONVERSATION_CREATED', 'support_conversation', '01a20d1e-dd6a-7573-9d5b-d805adcbe993', 'User opened conversation 01a20d1e-dd6a-7573-9d5b-d805adcbe993', '{"by": "user", "channel": "driver", "priority": "high"}', true, 'development', false);
INSERT INTO support_chat.support_audit_logs (id, created_at, actor_id, actor_email, actor_role, ip_address, user_agent, country_code, action_type, entity_type, entity_id, description, metadata, success, environment, delivery_pending) VALUES ('01a20d1e-de1a-77b8-af98-514105064826', '2026-11-24 10:34:16.474+00', 'support_admin-1', 'unknown', 'SUPPORT_ADMIN', '127.0.0.1', 'curl/7.88.1', 'BD', 'SUPPORT_MESSAGE_SENT', 'support_conversation', '01a20d1e-dd6a-7573-9d5b-d805adcbe993', 'Admin replied to conversation 01a20d1e-dd6a-7573-9d5b-d805adcbe993', '{"by": "admin", "seq": 2, "messageId": "01a20d1e-de12-714f-aedb-6c82cf4afacb"}', true, 'development', false);
INSERT INTO support_chat.support_audit_logs (id, created_at, actor_id, actor_email, actor_role, ip_address, user_agent, country_code, action_type, entity_type, entity_id, description, metadata, success, environment, delivery_pending) VALUES ('01a20d1e-de2a-77b3-93d1-20abcbf1dbd5', '2026-11-24 10:34:16.49+00', 'support_admin-1', 'unknown', 'SUPPORT_ADMIN', '127.0.0.1', 'curl/7.88.1', 'BD', 'SUPPORT_CONVERSATION_STATUS_CHANGED', 'support_conversation', '01a20d1e-dd6a-7573-9d5b-d805adcbe993', 'Admin changed status of conversation 01a20d1e-dd6a-7573-9d5b-d805adcbe993 from open to pending', '{"by": "admin", "newStatus": "pending", "oldStatus": "open"}', true, 'development', false);
INSERT INTO support_chat.support_audit_logs (id, created_at, actor_id, actor_email, actor_role, ip_address, user_agent, country_code, action_type, entity_type, entity_id, description, metadata, success, environment, delivery_pending) VALUES ('01a20d1e-de2a-77b3-93d1-20ace3f77a08', '2026-11-24 10:34:16.49+00', 'support_admin-1', 'unknown', 'SUPPORT_ADMIN', '127.0.0.1', 'curl/7.88.1', 'BD', 'SUPPORT_CONVERSATION_ASSIGNED', 'support_conversation', '01a20d1e-dd6a-7573-9d5b-d805adcbe993', 'Conversation 01a20d1e-dd6a-7573-9d5b-d805adcbe993 assigned to support_admin-1', '{"newAssignedAdminId": "support_admin-1", "oldAssignedAdminId": null}', true, 'development', false);
INSERT INTO support_chat.support_audit_logs (id, created_at, actor_id, actor_email, actor_role, ip_address, user_agent, country_code, action_type, entity_type, entity_id, description, metadata, success, environment, delivery_pending) VALUES ('01a20d1e-de40-7173-8818-cea6a2067cf3', '2026-11-24 10:34:16.512+00', 'driver-1', 'unknown', 'driver', '127.0.0.1', 'curl/7.88.1', 'BD', 'SUPPORT_MESSAGE_SENT', 'support_conversation', '01a20d1e-dd6a-7573-9d5b-d805adcbe993', 'User wrote to conversation 01a20d1e-dd6a-7573-9d5b-d805adcbe993', '{"by": "user", "seq": 4, "messageId": "01a20d1e-de3d-700a-a1ae-be3180fc965b"}', true, 'development', false);
INSERT INTO support_chat.support_audit_logs (id, created_at, actor_id, actor_email, actor_role, ip_address, user_agent, country_code, action_type, entity_type, entity_id, description, metadata, success, environment, delivery_pending) VALUES ('01a20d1e-de40-7173-8818-cea7a75fe7cc', '2026-11-24 10:34:16.512+00', 'driver-1', 'unknown', 'driver', '127.0.0.1', 'curl/7.88.1', 'BD', 'SUPPORT_CONVERSATION_STATUS_CHANGED', 'support_conversation', '01a20d1e-dd6a-7573-9d5b-d805adcbe993', 'User''s message changed status of conversation 01a20d1e-dd6a-7573-9d5b-d805adcbe993 from pending to open', '{"by": "user", "newStatus": "open", "oldStatus": "pending"}', true, 'development', false);
INSERT INTO support_chat.support_audit_logs (id, created_at, actor_id, actor_email, actor_role, ip_address, user_agent, country_code, action_type, entity_type, entity_id, description, metadata, success, environment, delivery_pending) VALUES ('01a20d1e-de51-75b3-9f28-1b84396bbdf3', '2026-11-24 10:34:16.529+00', 'driver-1', 'unknown', 'driver', '127.0.0.1', 'curl/7.88.1', 'BD', 'SUPPORT_CONVERSATION_CREATED', 'support_conversation', '01a20d1e-de50-7599-bb92-a669a191996c', 'User opened conversation 01a20d1e-de50-7599-bb92-a669a191996c', '{"by": "user", "channel": "driver", "priority": "normal"}', true, 'development', false);
INSERT INTO support_chat.support_audit_logs (id, created_at, actor_id, actor_email, actor_role, ip_address, user_agent, country_code, action_type, entity_type, entity_id, description, metadata, success, environment, delivery_pending) VALUES ('01a20d1e-df30-7155-81bb-86c84557d293', '2026-11-24 10:34:16.752+00', 'support_admin-1', 'unknown', 'SUPPORT_ADMIN', '127.0.0.1', 'curl/7.88.1', 'BD', 'SUPPORT_CONVERSATION_STATUS_CHANGED', 'support_conversation', '01a20d1e-de50-7599-bb92-a669a191996c', 'Admin changed status of conversation 01a20d1e-de50-7599-bb92-a669a191996c from open to closed', '{"by": "admin", "newStatus": "closed", "oldStatus": "open"}', true, 'development', false);
INSERT INTO support_chat.support_conversation_search (conversation_id, subject_folded, subject_grams) VALUES ('01a20d1e-dd6a-7573-9d5b-d805adcbe993', 'before the change', '{" ch"," th",ang,bef,cha,"e c","e t",efo,for,han,"he ",nge,ore,"re ",the}');
INSERT INTO support_chat.support_conversation_search (conversation_id, subject_folded, subject_grams) VALUES ('01a20d1e-de50-7599-bb92-a669a191996c', 'another one', '{" on",ano,"er ",her,not,one,oth,"r o",the}');
INSERT INTO support_chat.support_conversations (id, created_at, updated_at, status, subject, priority, last_message_at, last_message_preview, user_id, user_type, country_code, assigned_admin_id, last_seq, user_side_count, user_read_seq, user_seen_count, admin_read_seq, admin_seen_count, version, metadata) VALUES ('01a20d1e-dd6a-7573-9d5b-d805adcbe993', '2026-11-24 10:34:16.303+00', '2026-11-24 10:34:16.511+00', 'open', 'Before the change', 'high', '2026-11-24 10:34:16.511+00', 'An old reply', 'driver-1', 'driver', 'BD', 'support_admin-1', 5, 3, 0, 0, 0, 0, 3, '{"trip": 812}');
INSERT INTO support_chat.support_conversations (id, created_at, updated_at, status, subject, priority, last_message_at, last_message_preview, user_id, user_type, country_code, assigned_admin_id, last_seq, user_side_count, user_read_seq, user_seen_count, admin_read_seq, admin_seen_count, version, metadata) VALUES ('01a20d1e-de50-7599-bb92-a669a191996c', '2026-11-24 10:34:16.529+00', '2026-11-24 10:34:16.752+00', 'closed', 'Another one', 'normal', '2026-11-24 10:34:16.752+00', 'Closed since', 'driver-1', 'driver', 'BD', NULL, 2, 1, 0, 0, 0, 0, 2, '{}');
INSERT INTO support_chat.support_messages (id, created_at, updated_at, conversation_id, seq, sender_type, sender_id, side, content, text, message_type, client_message_id, user_side_count, metadata) VALUES ('01a20d1e-dd6a-7573-9d5b-d806c73ab898', '2026-11-24 10:34:16.303+00', '2026-11-24 10:34:16.303+00', '01a20d1e-dd6a-7573-9d5b-d805adcbe993', 1, 'user', 'driver-1', 'user', 'An old question', 'An old question', 'text', 'old-1', 1, '{}');
INSERT INTO support_chat.support_messages (id, created_at, updated_at, conversation_id, seq, sender_type, sender_id, side, content, text, message_type, client_message_id, user_side_count, metadata) VALUES ('01a20d1e-de12-714f-aedb-6c82cf4afacb', '2026-11-24 10:34:16.473+00', '2026-11-24 10:34:16.473+00', '01a20d1e-dd6a-7573-9d5b-d805adcbe993', 2, 'admin', 'support_admin-1', 'admin', 'An old answer', 'An old answer', 'text', NULL, 1, '{}');
INSERT INTO support_chat.support_messages (id, created_at, updated_at, conversation_id, seq, sender_type, sender_id, side, content, text, message_type, client_message_id, user_side_count, metadata) VALUES ('01a20d1e-de29-77c9-a519-9607528df24d', '2026-11-24 10:34:16.49+00', '2026-11-24 10:34:16.49+00', '01a20d1e-dd6a-7573-9d5b-d805adcbe993', 3, 'system', NULL, 'admin', 'The conversation was set to pending.', 'The conversation was set to pending.', 'system', NULL, 1, '{}');
INSERT INTO support_chat.support_messages (id, created_at, updated_at, conversation_id, seq, sender_type, sender_id, side, content, text, message_type, client_message_id, user_side_count, metadata) VALUES ('01a20d1e-de3d-700a-a1ae-be3180fc965b', '2026-11-24 10:34:16.511+00', '2026-11-24 10:34:16.511+00', '01a20d1e-dd6a-7573-9d5b-d805adcbe993', 4, 'user', 'driver-1', 'user', 'An old reply', 'An old reply', 'text', NULL, 2, '{}');
INSERT INTO support_chat.support_messages (id, created_at, updated_at, conversation_id, seq, sender_type, sender_id, side, content, text, message_type, client_message_id, user_side_count, metadata) VALUES ('01a20d1e-de3d-700a-a1ae-be32e78eeb6f', '2026-11-24 10:34:16.511+00', '2026-11-24 10:34:16.511+00', '01a20d1e-dd6a-7573-9d5b-d805adcbe993', 5, 'system', NULL, 'user', 'The conversation was reopened.', 'The conversation was reopened.', 'system', NULL, 3, '{}');
INSERT INTO support_chat.support_messages (id, created_at, updated_at, conversation_id, seq, sender_type, sender_id, side, content, text, message_type, client_message_id, user_side_count, metadata) VALUES ('01a20d1e-de50-7599-bb92-a66a1b72fc05', '2026-11-24 10:34:16.529+00', '2026-11-24 10:34:16.529+00', '01a20d1e-de50-7599-bb92-a669a191996c', 1, 'user', 'driver-1', 'user', 'Closed since', 'Closed since', 'text', NULL, 1, '{}');
INSERT INTO support_chat.support_messages (id, created_at, updated_at, conversation_id, seq, sender_type, sender_id, side, content, text, message_type, client_message_id, user_side_count, metadata) VALUES ('01a20d1e-df2f-76a7-9170-8a2a8116c10d', '2026-11-24 10:34:16.752+00', '2026-11-24 10:34:16.752+00', '01a20d1e-de50-7599-bb92-a669a191996c', 2, 'system', NULL, 'admin', 'The conversation was closed.', 'The conversation was closed.', 'system', NULL, 1, '{}');
INSERT INTO support_chat.support_socket_tickets (ticket_hash, caller, created_at, expires_at) VALUES ('old-hash', '{}', '2026-11-24 10:34:16.811642+00', '2099-01-01 00:00:00+00');
INSERT INTO support_chat.support_revoked_tokens (revocation_id, revoked_at, expires_at) VALUES ('00ab', '2026-11-24 10:34:16+00', '2099-01-01 00:00:00+00');
ALTER TABLE ONLY support_chat.__diesel_schema_migrations
    ADD CONSTRAINT __diesel_schema_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY support_chat.support_attachments
    ADD CONSTRAINT support_attachments_pkey PRIMARY KEY (id);
ALTER TABLE ONLY support_chat.support_audit_logs
    ADD CONSTRAINT support_audit_logs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY support_chat.support_conversation_search
    ADD CONSTRAINT support_conversation_search_pkey PRIMARY KEY (conversation_id);
ALTER TABLE ONLY support_chat.support_conversations
    ADD CONSTRAINT support_conversations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY support_chat.support_messages
    ADD CONSTRAINT support_messages_id_key UNIQUE (id);
ALTER TABLE ONLY support_chat.support_messages
    ADD CONSTRAINT support_messages_pkey PRIMARY KEY (conversation_id, seq);
ALTER TABLE ONLY support_chat.support_revoked_tokens
    ADD CONSTRAINT support_revoked_tokens_pkey PRIMARY KEY (revocation_id);
ALTER TABLE ONLY support_chat.support_socket_tickets
    ADD CONSTRAINT support_socket_tickets_pkey PRIMARY KEY (ticket_hash);
CREATE INDEX support_attachments_by_message ON support_chat.support_attachments USING btree (message_id) WHERE (message_id IS NOT NULL);
CREATE INDEX support_audit_logs_pending ON support_chat.support_audit_logs USING btree (id) WHERE delivery_pending;
CREATE INDEX support_conversation_search_by_grams ON support_chat.support_conversation_search USING gin (subject_grams);
CREATE INDEX support_conversations_by_admin ON support_chat.support_conversations USING btree (assigned_admin_id, last_message_at DESC, id DESC) WHERE (assigned_admin_id IS NOT NULL);
CREATE INDEX support_conversations_by_country ON support_chat.support_conversations USING btree (country_code, last_message_at DESC, id DESC);
CREATE INDEX support_conversations_by_status ON support_chat.support_conversations USING btree (status, country_code, last_message_at DESC, id DESC);
CREATE INDEX support_conversations_by_user ON support_chat.support_conversations USING btree (user_id, last_message_at DESC, id DESC);
CREATE INDEX support_conversations_unassigned ON support_chat.support_conversations USING btree (country_code, last_message_at DESC, id DESC) WHERE (assigned_admin_id IS NULL);
CREATE UNIQUE INDEX support_messages_client_message_id ON support_chat.support_messages USING btree (conversation_id, sender_type, sender_id, client_message_id) WHERE (client_message_id IS NOT NULL);
CREATE UNIQUE INDEX support_messages_opening_client_message_id ON support_chat.support_messages USING btree (sender_type, sender_id, client_message_id) WHERE ((client_message_id IS NOT NULL) AND (seq = 1));
ALTER TABLE ONLY support_chat.support_attachments
    ADD CONSTRAINT support_attachments_message_id_fkey FOREIGN KEY (message_id) REFERENCES support_chat.support_messages(id) ON DELETE CASCADE;
ALTER TABLE ONLY support_chat.support_conversation_search
    ADD CONSTRAINT support_conversation_search_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES support_chat.support_conversations(id) ON DELETE CASCADE;
ALTER TABLE ONLY support_chat.support_messages
    ADD CONSTRAINT support_messages_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES support_chat.support_conversations(id) ON DELETE CASCADE;

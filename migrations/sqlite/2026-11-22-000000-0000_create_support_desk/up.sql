-- The same tables as on PostgreSQL. Ids are blobs of 16 bytes, times whole microseconds since 1970, JSON is text,
-- booleans are 0 and 1.
CREATE TABLE support_conversations (
    id blob NOT NULL PRIMARY KEY,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'pending', 'resolved', 'closed')),
    channel text NOT NULL GENERATED ALWAYS AS (user_type) STORED,
    subject text NOT NULL,
    priority text NOT NULL CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    last_message_at bigint NOT NULL,
    last_message_preview text NOT NULL,
    user_id text NOT NULL,
    user_type text NOT NULL CHECK (user_type IN ('driver', 'customer', 'restaurant')),
    country_code text NOT NULL,
    assigned_admin_id text,
    last_seq bigint NOT NULL CHECK (last_seq >= 0),
    -- How many of the messages are of the user's side; the others are of the desk's.
    user_side_count bigint NOT NULL CHECK (user_side_count BETWEEN 0 AND last_seq),
    -- Read watermarks: the last message that a side has read, and how many of the other side's stand up to there.
    user_read_seq bigint NOT NULL CHECK (user_read_seq BETWEEN 0 AND last_seq),
    user_seen_count bigint NOT NULL,
    admin_read_seq bigint NOT NULL CHECK (admin_read_seq BETWEEN 0 AND last_seq),
    admin_seen_count bigint NOT NULL,
    -- Derived, so that no statement can let them drift.
    unread_count_user bigint NOT NULL GENERATED ALWAYS AS (last_seq - user_side_count - user_seen_count) STORED
        CHECK (unread_count_user >= 0),
    unread_count_admin bigint NOT NULL GENERATED ALWAYS AS (user_side_count - admin_seen_count) STORED
        CHECK (unread_count_admin >= 0),
    version bigint NOT NULL,
    metadata text NOT NULL
);

-- The desk's lists: newest activity first within a country, with and without a status.
CREATE INDEX support_conversations_by_country
    ON support_conversations (country_code, last_message_at DESC, id DESC);
CREATE INDEX support_conversations_by_status
    ON support_conversations (status, country_code, last_message_at DESC, id DESC);
-- What one admin has, and what nobody has: each conversation stands in one of the two.
CREATE INDEX support_conversations_by_admin
    ON support_conversations (assigned_admin_id, last_message_at DESC, id DESC)
    WHERE assigned_admin_id IS NOT NULL;
CREATE INDEX support_conversations_unassigned
    ON support_conversations (country_code, last_message_at DESC, id DESC)
    WHERE assigned_admin_id IS NULL;
-- A user's own list, and the desk's list of one user.
CREATE INDEX support_conversations_by_user
    ON support_conversations (user_id, last_message_at DESC, id DESC);

-- What a search looks through: the subject in lower case. A table of its own, because it never changes.
CREATE TABLE support_conversation_search (
    conversation_id blob NOT NULL PRIMARY KEY REFERENCES support_conversations (id) ON DELETE CASCADE,
    subject_folded text NOT NULL
) WITHOUT ROWID;

CREATE TABLE support_messages (
    id blob NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    conversation_id blob NOT NULL REFERENCES support_conversations (id) ON DELETE CASCADE,
    seq bigint NOT NULL CHECK (seq >= 1),
    sender_type text NOT NULL CHECK (sender_type IN ('user', 'admin', 'system')),
    sender_id text,
    -- The side that wrote the message, or caused it when the system did.
    side text NOT NULL CHECK (side IN ('user', 'admin')),
    content text NOT NULL,
    text text NOT NULL,
    message_type text NOT NULL CHECK (message_type IN ('text', 'system', 'attachment')),
    client_message_id text,
    -- How many messages of the user's side stand up to and including this one.
    user_side_count bigint NOT NULL,
    metadata text NOT NULL,
    PRIMARY KEY (conversation_id, seq),
    CHECK ((sender_type = 'system') = (sender_id IS NULL)),
    CHECK (sender_type = 'system' OR sender_type = side)
);

-- A repeated send is the same message, for as long as the message lives.
CREATE UNIQUE INDEX support_messages_client_message_id
    ON support_messages (conversation_id, sender_type, sender_id, client_message_id)
    WHERE client_message_id IS NOT NULL;
-- And a repeated opening is the same conversation.
CREATE UNIQUE INDEX support_messages_opening_client_message_id
    ON support_messages (sender_type, sender_id, client_message_id)
    WHERE client_message_id IS NOT NULL AND seq = 1;

CREATE TABLE support_attachments (
    id blob NOT NULL PRIMARY KEY,
    created_at bigint NOT NULL,
    message_id blob REFERENCES support_messages (id) ON DELETE CASCADE,
    file_url text NOT NULL,
    file_type text NOT NULL,
    file_name text NOT NULL,
    file_size bigint NOT NULL CHECK (file_size >= 0),
    is_image boolean NOT NULL
);
CREATE INDEX support_attachments_by_message ON support_attachments (message_id) WHERE message_id IS NOT NULL;

-- What was done, never what was said. The columns are those of the host's audit_logs, and what delivery needs.
CREATE TABLE support_audit_logs (
    id blob NOT NULL PRIMARY KEY,
    created_at bigint NOT NULL,
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
    metadata text,
    success boolean NOT NULL,
    environment text NOT NULL,
    -- Whether the host's own helper still has to be told.
    delivery_pending boolean NOT NULL
);
CREATE INDEX support_audit_logs_pending ON support_audit_logs (id) WHERE delivery_pending;

CREATE TABLE support_revoked_tokens (
    revocation_id text NOT NULL PRIMARY KEY,
    revoked_at bigint NOT NULL,
    -- When the token would have ended by itself; after that the row is of no use.
    expires_at bigint NOT NULL
);

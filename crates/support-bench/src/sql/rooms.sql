-- Open conversations, so many as psql's variable `conversations` says, to which `send.sql` writes.
INSERT INTO support_chat.support_conversations (id, created_at, updated_at, status, subject, priority, last_message_at,
    last_message_preview, user_id, user_type, country_code, last_seq, user_side_count, user_read_seq, user_seen_count,
    admin_read_seq, admin_seen_count, version, metadata)
SELECT ('00000000-0000-7000-8000-00000000' || (1000 + n))::uuid, at, at, 'open', 'A trip', 'normal', at, '',
    'bench-user-' || n, 'driver', 'BD', 0, 0, 0, 0, 0, 0, 1, '{}'
FROM generate_series(0, :conversations - 1) n, LATERAL (SELECT date_trunc('milliseconds', now()) AS at) m;

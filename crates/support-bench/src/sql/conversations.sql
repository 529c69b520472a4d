-- So many conversations (psql's variable `conversations`), as a desk has them after three months: two to four messages in
-- each, most of them closed, one in 167 in the rare country. Every column says what the desk itself would have written.
-- Indexes that only serve reads are made at the end, all at once, and foreign keys are not looked at: what is inserted
-- here keeps them by its making.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
SET session_replication_role = replica;
SET maintenance_work_mem = '256MB';

CREATE TEMPORARY TABLE indexes AS
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index
WHERE indrelid IN (
    'support_chat.support_conversations'::regclass, 'support_chat.support_messages'::regclass,
    'support_chat.support_conversation_search'::regclass
) AND indexrelid NOT IN (SELECT conindid FROM pg_constraint);
SELECT format('DROP INDEX %s', name) FROM indexes \gexec

CREATE TEMPORARY TABLE phrases (number int PRIMARY KEY, subject text, said text);
INSERT INTO phrases VALUES
    (0, 'Charged twice for trip', 'I was charged twice for the same trip, please look into it and send back what was too much.'),
    (1, 'Driver never came to', 'The driver waited at the wrong gate for ten minutes and then the trip was gone.'),
    (2, 'Parcel is late, order', 'The parcel should have been here at noon, and the restaurant does not know of it either.'),
    (3, 'Wrong dish in order', 'One of the dishes was not what we had ordered, and the drink was missing.'),
    (4, 'Payout missing for day', 'The payout of yesterday has not come yet, while that of the day before was there at once.');

-- A conversation a row: its number, when it was opened, and how many messages it has.
CREATE TEMPORARY TABLE plan AS
SELECT n, opened, 2 + n % 3 AS messages,
    (lpad(to_hex((extract(epoch FROM opened) * 1000)::bigint), 12, '0') || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
    CASE WHEN n % 20 < 2 THEN 'open' WHEN n % 20 = 2 THEN 'pending' WHEN n % 20 < 6 THEN 'resolved' ELSE 'closed' END AS status,
    'user-' || n % (:conversations / 3 + 1) AS user_id
FROM generate_series(1, :conversations) n,
    LATERAL (SELECT date_trunc('milliseconds', now() - interval '90 days' + n * (interval '89 days' / :conversations)) AS opened) o;

INSERT INTO support_chat.support_conversations (id, created_at, updated_at, status, subject, priority, last_message_at,
    last_message_preview, user_id, user_type, country_code, assigned_admin_id, last_seq, user_side_count, user_read_seq,
    user_seen_count, admin_read_seq, admin_seen_count, version, metadata)
SELECT id, opened, opened + (messages - 1) * interval '1 minute', status, subject || ' ' || n % 2000,
    CASE n % 10 WHEN 0 THEN 'high' WHEN 1 THEN 'low' ELSE 'normal' END, opened + (messages - 1) * interval '1 minute', said,
    user_id, (ARRAY['driver', 'customer', 'restaurant'])[1 + n % 3], CASE WHEN n % 167 = 0 THEN 'US' ELSE 'BD' END,
    CASE WHEN n % 5 > 0 THEN 'admin-' || n % 40 END, messages, (messages + 1) / 2,
    messages, messages / 2,
    CASE WHEN status = 'open' THEN 0 ELSE messages END, CASE WHEN status = 'open' THEN 0 ELSE (messages + 1) / 2 END,
    1, '{}'
FROM plan JOIN phrases ON number = n % 5
ORDER BY n;

INSERT INTO support_chat.support_messages (id, created_at, updated_at, conversation_id, seq, sender_type, sender_id, side,
    content, text, message_type, client_message_id, user_side_count, metadata)
SELECT (lpad(to_hex((extract(epoch FROM sent) * 1000)::bigint), 12, '0') || '-7001-8' || lpad(to_hex(seq), 3, '0') || '-'
        || lpad(to_hex(n), 12, '0'))::uuid,
    sent, sent, id, seq, side, CASE side WHEN 'user' THEN user_id ELSE 'admin-' || n % 40 END, side,
    said, said, 'text', CASE side WHEN 'user' THEN gen_random_uuid()::text END, (seq + 1) / 2, '{}'
FROM plan JOIN phrases ON number = n % 5, generate_series(1, messages) seq,
    LATERAL (SELECT opened + (seq - 1) * interval '1 minute' AS sent, (ARRAY['admin', 'user'])[1 + seq % 2] AS side) m
ORDER BY n, seq;

CREATE TEMPORARY TABLE pieces AS
SELECT subject, lower(subject) AS folded, ARRAY(
    SELECT DISTINCT substr(lower(subject), place, 3) FROM generate_series(1, length(subject) - 2) place ORDER BY 1
) AS grams
FROM (SELECT DISTINCT subject FROM support_chat.support_conversations) s;
INSERT INTO support_chat.support_conversation_search (conversation_id, subject_folded, subject_grams)
SELECT id, folded, grams FROM support_chat.support_conversations JOIN pieces USING (subject) ORDER BY id;

SELECT definition FROM indexes \gexec
VACUUM ANALYZE support_chat.support_conversations, support_chat.support_messages, support_chat.support_conversation_search;
CHECKPOINT;

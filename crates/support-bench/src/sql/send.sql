\set n :client_id + :clients * random(0, :conversations / :clients - 1)
WITH head AS (
    UPDATE support_chat.support_conversations
    SET updated_at = date_trunc('milliseconds', now()), last_message_at = date_trunc('milliseconds', now()),
        last_message_preview = 'the driver waited at the wrong gate and now the trip is gone',
        last_seq = last_seq + 1, user_side_count = user_side_count + 1
    WHERE id = ('00000000-0000-7000-8000-00000000' || (1000 + :n))::uuid AND user_id = 'bench-user-' || :n
        AND status = 'open'
    RETURNING id, user_id, last_seq, user_side_count, updated_at
), posted AS (
    INSERT INTO support_chat.support_messages (id, created_at, updated_at, conversation_id, seq, sender_type, sender_id,
        side, content, text, message_type, client_message_id, user_side_count, metadata)
    SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
            || substr(gen_random_uuid()::text, 14))::uuid,
        updated_at, updated_at, id, last_seq, 'user', user_id, 'user',
        'the driver waited at the wrong gate and now the trip is gone',
        'the driver waited at the wrong gate and now the trip is gone',
        'text', gen_random_uuid()::text, user_side_count, '{}'
    FROM head
    RETURNING id, conversation_id, seq, sender_id, created_at
), logged AS (
    INSERT INTO support_chat.support_audit_logs (id, created_at, actor_id, actor_email, actor_role, ip_address, user_agent,
        country_code, action_type, entity_type, entity_id, description, metadata, success, environment, delivery_pending)
    SELECT (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0')
            || substr(gen_random_uuid()::text, 14))::uuid,
        created_at, sender_id, 'unknown', 'driver', '127.0.0.1', '', 'BD', 'SUPPORT_MESSAGE_SENT', 'support_conversation',
        conversation_id::text, 'User wrote to conversation ' || conversation_id,
        jsonb_build_object('by', 'user', 'seq', seq, 'messageId', id), true, 'development', false
    FROM posted
)
SELECT id, seq FROM posted;

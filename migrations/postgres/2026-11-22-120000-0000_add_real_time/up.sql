-- Tickets with which a browser opens a socket. Only the hash of a ticket is kept, from which no ticket can be made, and
-- whom it speaks for. Whoever deletes the row first has used it.
CREATE TABLE support_chat.support_socket_tickets (
    ticket_hash text PRIMARY KEY,
    caller jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

-- What people have set while the desk runs: one row, and none as long as nobody has set anything. What it does not name
-- is left to the configuration. What was before stands in the audit log.
CREATE TABLE support_chat.support_settings (
    id smallint PRIMARY KEY CHECK (id = 1),
    settings jsonb NOT NULL,
    -- Grows by one with every change; 0 is nothing saved.
    version bigint NOT NULL CHECK (version >= 0),
    updated_at timestamptz NOT NULL,
    updated_by text
);

-- The staff that was seen here, for a desk that has no host to ask who works there: as they last came.
CREATE TABLE support_chat.support_admins (
    id text PRIMARY KEY,
    role text NOT NULL,
    country_code text,
    may_reply boolean NOT NULL,
    last_seen_at timestamptz NOT NULL
);

-- Who was given the last new conversation of a country. Whoever takes the next turn holds the row.
CREATE TABLE support_chat.support_turns (
    country_code text PRIMARY KEY,
    admin_id text
);

//! The tables, as diesel sees them. On PostgreSQL every name is qualified, since the host has tables of these very names.

/// Declares the tables, each name behind the given qualifier.
macro_rules! tables {
    ($($schema:tt)*) => {
        diesel::table! {
            use diesel::sql_types::{BigInt, Nullable, Text};
            use crate::sql_types::sql::{Id, Json, Moment};

            $($schema)* support_conversations (id) {
                id -> Id,
                created_at -> Moment,
                updated_at -> Moment,
                status -> Text,
                channel -> Text,
                subject -> Text,
                priority -> Text,
                last_message_at -> Moment,
                last_message_preview -> Text,
                user_id -> Text,
                user_type -> Text,
                country_code -> Text,
                assigned_admin_id -> Nullable<Text>,
                last_seq -> BigInt,
                user_side_count -> BigInt,
                user_read_seq -> BigInt,
                user_seen_count -> BigInt,
                admin_read_seq -> BigInt,
                admin_seen_count -> BigInt,
                version -> BigInt,
                metadata -> Json,
            }
        }

        diesel::table! {
            use diesel::sql_types::{BigInt, Nullable, Text};
            use crate::sql_types::sql::{Id, Json, Moment};

            $($schema)* support_messages (conversation_id, seq) {
                id -> Id,
                created_at -> Moment,
                updated_at -> Moment,
                conversation_id -> Id,
                seq -> BigInt,
                sender_type -> Text,
                sender_id -> Nullable<Text>,
                side -> Text,
                content -> Text,
                text -> Text,
                message_type -> Text,
                client_message_id -> Nullable<Text>,
                user_side_count -> BigInt,
                metadata -> Json,
            }
        }

        diesel::table! {
            use diesel::sql_types::{BigInt, Bool, Nullable, Text};
            use crate::sql_types::sql::{Id, Moment};

            $($schema)* support_attachments (id) {
                id -> Id,
                created_at -> Moment,
                message_id -> Nullable<Id>,
                file_url -> Text,
                file_type -> Text,
                file_name -> Text,
                file_size -> BigInt,
                is_image -> Bool,
                uploader_kind -> Nullable<Text>,
                uploader_id -> Nullable<Text>,
                uploader_type -> Nullable<Text>,
                storage_key -> Nullable<Text>,
                state -> Text,
                conversation_id -> Nullable<Id>,
                message_position -> Nullable<BigInt>,
            }
        }

        diesel::table! {
            use diesel::sql_types::{Bool, Nullable, Text};
            use crate::sql_types::sql::{Id, Json, Moment};

            $($schema)* support_audit_logs (id) {
                id -> Id,
                created_at -> Moment,
                actor_id -> Nullable<Text>,
                actor_email -> Text,
                actor_role -> Text,
                ip_address -> Nullable<Text>,
                user_agent -> Nullable<Text>,
                country_code -> Nullable<Text>,
                action_type -> Text,
                entity_type -> Text,
                entity_id -> Nullable<Text>,
                description -> Text,
                metadata -> Nullable<Json>,
                success -> Bool,
                environment -> Text,
                delivery_pending -> Bool,
            }
        }

        diesel::table! {
            use diesel::sql_types::Text;
            use crate::sql_types::sql::Moment;

            $($schema)* support_revoked_tokens (revocation_id) {
                revocation_id -> Text,
                revoked_at -> Moment,
                expires_at -> Moment,
            }
        }

        diesel::table! {
            use diesel::sql_types::Text;
            use crate::sql_types::sql::{Json, Moment};

            $($schema)* support_socket_tickets (ticket_hash) {
                ticket_hash -> Text,
                caller -> Json,
                created_at -> Moment,
                expires_at -> Moment,
            }
        }

        diesel::table! {
            use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};
            use crate::sql_types::sql::{Json, Moment};

            $($schema)* support_settings (id) {
                id -> SmallInt,
                settings -> Json,
                version -> BigInt,
                updated_at -> Moment,
                updated_by -> Nullable<Text>,
            }
        }

        diesel::table! {
            use diesel::sql_types::{Bool, Nullable, Text};
            use crate::sql_types::sql::Moment;

            $($schema)* support_admins (id) {
                id -> Text,
                role -> Text,
                country_code -> Nullable<Text>,
                may_reply -> Bool,
                last_seen_at -> Moment,
            }
        }

        diesel::table! {
            use diesel::sql_types::{Nullable, Text};

            $($schema)* support_turns (country_code) {
                country_code -> Text,
                admin_id -> Nullable<Text>,
            }
        }

        diesel::allow_tables_to_appear_in_same_query!(support_conversations, support_messages);
        diesel::allow_tables_to_appear_in_same_query!(support_messages, support_attachments);
        diesel::allow_tables_to_appear_in_same_query!(support_conversations, support_conversation_search);
    };
}

pub(crate) use tables;

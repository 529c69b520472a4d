//! Removing conversations that are too old to be kept, a batch at a time. Whoever runs the desk asks for it, at the command
//! line; nobody can over REST or a socket.

use support_audit::{Actor, ActorEmail, AuditEvent};
use support_domain::{ConversationId, ConversationStatus, CountryCode, Timestamp};
use support_store::{OldConversation, OldConversations, Position};

use crate::gate::Done;
use crate::{ServiceError, SupportService};

/// Most conversations of a batch.
pub const MOST_PURGED: usize = 1_000;

/// About how many messages a batch may remove, so that it is a short transaction whatever the conversations are like. One
/// that has more by itself is a batch of its own.
const MOST_MESSAGES: i64 = 5_000;

/// A batch of old conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeConversations {
    /// Of this country.
    pub country: CountryCode,
    /// In this status.
    pub status: ConversationStatus,
    /// With a last message from before that moment.
    pub before: Timestamp,
    /// Where the batch before ended; none for the first.
    pub behind: Option<Position>,
    /// At most so many conversations, and never more than [`MOST_PURGED`].
    pub limit: usize,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purged {
    /// How many conversations are gone.
    pub conversations: usize,
    /// How many messages went with them.
    pub messages: usize,
    /// How many files went with them. Nobody can read those any more; their bytes are removed next, by
    /// [`remove_files`](SupportService::remove_files).
    pub files: usize,
    /// Behind which there may be more.
    pub next: Option<Position>,
}

impl PurgeConversations {
    fn limit(&self) -> i64 {
        i64::try_from(self.limit.clamp(1, MOST_PURGED)).unwrap_or(1)
    }

    fn old(&self) -> OldConversations {
        OldConversations { country: self.country, status: self.status, before: self.before }
    }

    /// Those of what was found that go together, and behind which there may be more.
    fn batch(&self, found: &[OldConversation]) -> (Vec<ConversationId>, Option<Position>) {
        let (mut ids, mut messages) = (Vec::new(), 0_i64);
        for old in found {
            messages = messages.saturating_add(old.messages);
            if messages > MOST_MESSAGES && !ids.is_empty() {
                break;
            }
            ids.push(old.position.id);
        }
        let is_last = ids.len() == found.len() && i64::try_from(found.len()).is_ok_and(|count| count < self.limit());
        let last = found.get(ids.len().saturating_sub(1)).map(|old| old.position);
        (ids, last.filter(|_| !is_last))
    }
}

impl SupportService {
    /// Removes old conversations for good, with their messages, in one transaction with its record in the audit log. What
    /// somebody writes to at the moment is passed over, and is old no longer. To be called until there is no more; two who
    /// do it at once take different ones.
    ///
    /// # Errors
    /// The database's; nothing of the batch is gone then, unless it took too long.
    pub async fn purge_conversations(
        &self,
        operator: Option<ActorEmail>,
        command: PurgeConversations,
    ) -> Result<Purged, ServiceError> {
        let actor = Actor::operator(command.country, operator);
        self.change_as(actor, move |transaction, _| {
            let found = transaction.lock_old_conversations(&command.old(), command.behind, command.limit())?;
            let (ids, next) = command.batch(&found);
            if ids.is_empty() {
                return Ok(Done::unchanged(Purged::default()));
            }
            let files = transaction.update_sent_removing(&ids)?;
            let messages = transaction.delete_conversations(&ids)?;
            let value = Purged { conversations: ids.len(), messages, files, next };
            let PurgeConversations { country, status, before, .. } = command;
            let event =
                AuditEvent::ConversationsPurged { conversations: ids, country, status, before, messages, files };
            Ok(Done { value, events: vec![event], happened: None })
        })
        .await
    }

    /// What [`purge_conversations`](Self::purge_conversations) would remove.
    ///
    /// # Errors
    /// The database's.
    pub async fn count_old_conversations(&self, command: PurgeConversations) -> Result<Purged, ServiceError> {
        self.store()
            .read(move |reader| {
                let found = reader.list_old_conversations(&command.old(), command.behind, command.limit())?;
                let ids: Vec<ConversationId> = found.iter().map(|old| old.position.id).collect();
                let files = reader.count_sent_uploads(&ids)?;
                let messages = found.iter().map(|old| old.messages).sum::<i64>();
                let is_last = i64::try_from(found.len()).is_ok_and(|count| count < command.limit());
                Ok(Purged {
                    conversations: found.len(),
                    messages: usize::try_from(messages).unwrap_or(0),
                    files: usize::try_from(files).unwrap_or(0),
                    next: found.last().map(|old| old.position).filter(|_| !is_last),
                })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(limit: usize) -> PurgeConversations {
        PurgeConversations {
            country: CountryCode::Bangladesh,
            status: ConversationStatus::Closed,
            before: Timestamp::from_millis(1_000),
            behind: None,
            limit,
        }
    }

    fn with_messages(counts: &[i64]) -> Vec<OldConversation> {
        let old = |(number, messages): (u32, &i64)| {
            let id = format!("0190c5a4-0000-7e64-8f5e-{number:012}").parse().unwrap();
            let position = Position { at: Timestamp::from_millis(1), id };
            OldConversation { position, messages: *messages }
        };
        (1..).zip(counts).map(old).collect()
    }

    #[test]
    fn a_batch_is_bounded_by_its_messages_and_never_empty_while_there_is_something() {
        for (limit, counts, taken, has_more) in [
            (3, [].as_slice(), 0, false),
            (3, &[5, 5], 2, false),
            (3, &[5, 5, 5], 3, true),
            (3, &[MOST_MESSAGES, 1], 1, true),
            (3, &[MOST_MESSAGES + 1], 1, false),
            (3, &[MOST_MESSAGES * 9, 1, 1], 1, true),
            (9, &[1, 2, MOST_MESSAGES - 3, 1], 3, true),
            (9, &[1, i64::MAX, i64::MAX], 1, true),
        ] {
            let found = with_messages(counts);
            let (ids, next) = command(limit).batch(&found);
            assert_eq!((ids.len(), next.is_some()), (taken, has_more), "{limit} {counts:?}");
            assert!(next.is_none_or(|next| next == found[taken - 1].position), "{limit} {counts:?}");
        }
    }

    #[test]
    fn no_batch_is_larger_than_a_statement_can_be() {
        assert_eq!((command(0).limit(), command(usize::MAX).limit()), (1, 1_000));
    }
}

//! Following a conversation live.

use std::sync::Arc;

use support_domain::{ConversationId, SupportMessage};
use support_rbac::ListMessages as Action;
use support_realtime::Subscriber;
use support_store::MessagesPage;

use super::list_messages::{ListMessages, MessagesListed};
use crate::metrics::{JoinKind, SERVICE};
use crate::{Context, ServiceError, SupportService};

/// Most messages that joining a room answers with.
pub const MOST_CAUGHT_UP: usize = 100;

/// Most bytes of what people wrote in one such answer, but for a single message that is longer: what is on its way to a
/// socket is bounded.
const MOST_CAUGHT_UP_BYTES: usize = 256 * 1024;

/// About what is shown of a file, with a long name.
const BYTES_OF_A_FILE: usize = 600;

/// A conversation to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FollowConversation {
    /// Which one.
    pub conversation_id: ConversationId,
    /// The last message that the follower has; none if they want only what comes.
    pub after_seq: Option<i64>,
}

impl SupportService {
    /// Enters the conversation's room and reads what came after `after_seq`, at most [`MOST_CAUGHT_UP`] messages. In this
    /// order: what is written in between is in the queue, and perhaps among the messages too, but never in neither.
    ///
    /// # Errors
    /// [`ServiceError::NotFound`] when the conversation does not exist for the caller, who is not in its room then; and
    /// the database's, which end no following that was there before.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn follow_conversation(
        &self,
        context: &Context<Action>,
        subscriber: &Subscriber,
        command: FollowConversation,
    ) -> Result<MessagesListed, ServiceError> {
        let id = command.conversation_id;
        let is_new = subscriber.enter(id, Arc::new(context.grant.visibility().clone()));
        let followed = self.read_on(context, command).await;
        match &followed {
            Ok(listed) => self.hub().go_live(&listed.conversation),
            Err(ServiceError::Store(_)) if !is_new => {}
            Err(_) => subscriber.leave(id),
        }
        if followed.is_ok() {
            let kind = if command.after_seq.is_some() { JoinKind::Resumed } else { JoinKind::Live };
            SERVICE.joins.of(kind).increment(1);
        }
        followed
    }

    /// What a follower has missed after that message.
    ///
    /// # Errors
    /// As [`list_messages`](Self::list_messages).
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn read_on(
        &self,
        context: &Context<Action>,
        command: FollowConversation,
    ) -> Result<MessagesListed, ServiceError> {
        let FollowConversation { conversation_id, after_seq } = command;
        let (page, limit) = match after_seq {
            Some(seq) => (MessagesPage::After(seq), MOST_CAUGHT_UP),
            None => (MessagesPage::After(i64::MAX), 0),
        };
        let mut listed = self.list_messages(context, ListMessages { conversation_id, page, limit }).await?;
        let mut bytes = 0;
        let mut fits = |message: &SupportMessage| {
            bytes += message.content.html().len() + message.content.text().len();
            bytes += message.attachments.len() * BYTES_OF_A_FILE;
            bytes <= MOST_CAUGHT_UP_BYTES
        };
        let fitting = listed.messages.iter().take_while(|message| fits(message)).count().max(1);
        if fitting < listed.messages.len() {
            listed.messages.truncate(fitting);
            listed.has_more = true;
        }
        SERVICE.caught_up.increment(u64::try_from(listed.messages.len()).unwrap_or_default());
        Ok(listed)
    }
}

//! The one way to change something: a transaction, the audit events of the change in it, after the commit those who
//! follow are told, and only then the answer.

use std::sync::Arc;

use support_audit::{AuditEvent, Stamp, log_audit_event};
use support_domain::conversation::Changed;
use support_domain::{AuditLogId, Clock, ConversationId, MessageId, Side, SupportConversation, SupportMessage};
use support_rbac::Action;
use support_realtime::fan_out::{Hint, HintKind};
use support_realtime::{Committed, Source};
use support_store::{StoreError, Transaction};
use tracing::Instrument;

use crate::audit::LogInTransaction;
use crate::{Context, ServiceError, SupportService};

/// What a change comes to. There is no way past the gate without saying what is to be recorded.
pub(crate) struct Done<T> {
    /// The answer.
    pub(crate) value: T,
    /// What was done, for the audit log.
    pub(crate) events: Vec<AuditEvent>,
    /// What happened, for those who follow.
    pub(crate) happened: Option<Happened>,
}

/// What those who follow a conversation are told of.
pub(crate) struct Happened {
    /// The conversation as it is now.
    pub(crate) conversation: SupportConversation,
    /// Its new messages.
    pub(crate) messages: Vec<SupportMessage>,
    /// What other nodes are told.
    pub(crate) kind: HintKind,
}

impl<T> Done<T> {
    /// An answer to which nothing had to be done.
    pub(crate) fn unchanged(value: T) -> Self {
        Self { value, events: Vec::new(), happened: None }
    }
}

impl SupportService {
    /// Runs `work` in one transaction, records its events in the same one, and after the commit tells those who follow and
    /// answers. The work may run more than once, when it meets another transaction. It asks for the time after it has its
    /// locks: whoever waited for one is not to write a moment that others have long passed.
    ///
    /// All of it is a task of its own: a client that hangs up must not keep others from being told of what it has done.
    pub(crate) async fn change<A, T, F>(&self, context: &Context<A>, mut work: F) -> Result<T, ServiceError>
    where
        A: Action,
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_>, &dyn Clock) -> Result<Done<T>, ServiceError> + Send + 'static,
    {
        let (clock, ids) = (Arc::clone(self.clock()), Arc::clone(self.ids()));
        let (actor, environment, deliver) = (context.actor(), self.environment().clone(), self.delivers_audit());
        let service = self.clone();
        let task = async move {
            let written = service.store().write::<_, ServiceError, _>(move |transaction| {
                let done = work(transaction, clock.as_ref())?;
                let at = clock.now();
                for event in &done.events {
                    let stamp = Stamp { id: AuditLogId(ids.next(at)), at, environment: &environment };
                    log_audit_event(&mut LogInTransaction { transaction, deliver }, event, &actor, &stamp)?;
                }
                Ok((done.value, done.happened))
            });
            let (value, happened) = written.await?;
            if let Some(happened) = happened {
                service.tell(happened);
            }
            Ok(value)
        };
        let done = tokio::spawn(task.in_current_span()).await;
        done.unwrap_or_else(|_| Err(StoreError::Internal("the task of a change ended early".to_owned()).into()))
    }

    /// Tells the sockets of this node, and other nodes. Waits for none of them.
    fn tell(&self, happened: Happened) {
        let Happened { conversation, messages, kind } = happened;
        let seq = match kind {
            HintKind::Message => conversation.last_seq,
            HintKind::Conversation => conversation.version,
            HintKind::Read => conversation.read_by_user.seq.max(conversation.read_by_admin.seq),
            HintKind::Typing { .. } => 0,
        };
        let hint = Hint { conversation_id: conversation.id, kind, seq };
        self.hub().publish(&Committed { conversation, messages, source: Source::Here });
        self.fan_out().announce(hint);
    }

    pub(crate) fn new_message_id(&self) -> MessageId {
        MessageId(self.ids().next(self.clock().now()))
    }

    pub(crate) fn new_conversation_id(&self) -> ConversationId {
        ConversationId(self.ids().next(self.clock().now()))
    }
}

/// The audit events of what changed about a conversation.
pub(crate) fn events_of(conversation: ConversationId, changes: Vec<Changed>, by: Side) -> Vec<AuditEvent> {
    changes
        .into_iter()
        .map(|change| match change {
            Changed::Status { from, to } => AuditEvent::StatusChanged { conversation, from, to, by },
            Changed::Priority { from, to } => AuditEvent::PriorityChanged { conversation, from, to },
            Changed::Assignment { from, to } => AuditEvent::ConversationAssigned { conversation, from, to },
        })
        .collect()
}

//! The one way to change something: a transaction, the audit events of the change in it, and only then the answer.

use std::sync::Arc;

use support_audit::{AuditEvent, Stamp, log_audit_event};
use support_domain::conversation::Changed;
use support_domain::{AuditLogId, ConversationId, MessageId, Side, Timestamp};
use support_rbac::Action;
use support_store::Transaction;

use crate::audit::LogInTransaction;
use crate::{Context, ServiceError, SupportService};

/// What a change comes to. There is no way past the gate without saying what is to be recorded.
pub(crate) struct Done<T> {
    /// The answer.
    pub(crate) value: T,
    /// What was done.
    pub(crate) events: Vec<AuditEvent>,
}

impl<T> Done<T> {
    /// An answer to which nothing had to be done, or nothing that is recorded.
    pub(crate) fn unchanged(value: T) -> Self {
        Self { value, events: Vec::new() }
    }
}

impl SupportService {
    /// Runs `work` in one transaction, records its events in the same one, and answers after the commit. The work may
    /// run more than once, when it meets another transaction.
    pub(crate) async fn change<A, T, F>(&self, context: &Context<A>, mut work: F) -> Result<T, ServiceError>
    where
        A: Action,
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_>, Timestamp) -> Result<Done<T>, ServiceError> + Send + 'static,
    {
        let (clock, ids) = (Arc::clone(self.clock()), Arc::clone(self.ids()));
        let (actor, environment, deliver) = (context.actor(), self.environment().clone(), self.delivers_audit());
        self.store()
            .write(move |transaction| {
                let at = clock.now();
                let done = work(transaction, at)?;
                for event in &done.events {
                    let stamp = Stamp { id: AuditLogId(ids.next(at)), at, environment: &environment };
                    log_audit_event(&mut LogInTransaction { transaction, deliver }, event, &actor, &stamp)?;
                }
                Ok(done.value)
            })
            .await
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

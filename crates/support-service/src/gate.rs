//! The one way to change something: a transaction, the audit events of the change in it, after the commit those who
//! follow are told, and only then the answer.

use std::sync::Arc;

use support_audit::{Actor, AuditEvent, AuditLog, Environment, Stamp, log_audit_event};
use support_domain::conversation::Changed;
use support_domain::{
    AuditLogId, Clock, ConversationId, IdSource, MessageId, Side, SupportConversation, SupportMessage, Timestamp,
};
use support_rbac::Action;
use support_realtime::fan_out::{Hint, HintKind};
use support_realtime::{Committed, Source};
use support_store::{Post, PostAddress, StoreError, Transaction};
use tracing::Instrument;

use crate::audit::{LogInTransaction, Records};
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

/// Writes the records of what one actor does.
struct Recorder {
    actor: Actor,
    ids: Arc<dyn IdSource>,
    environment: Environment,
    /// Whether the records have to be delivered as well.
    deliver: bool,
}

impl Recorder {
    fn record<L: AuditLog>(&self, events: &[AuditEvent], at: Timestamp, log: &mut L) -> Result<(), L::Error> {
        events.iter().try_for_each(|event| {
            let stamp = Stamp { id: AuditLogId(self.ids.next(at)), at, environment: &self.environment };
            log_audit_event(log, event, &self.actor, &stamp)
        })
    }
}

/// Runs a change to its end: a client that hangs up must not keep others from being told of what it has done.
async fn in_task<T: Send + 'static>(
    change: impl Future<Output = Result<T, ServiceError>> + Send + 'static,
) -> Result<T, ServiceError> {
    let done = tokio::spawn(change.in_current_span()).await;
    done.unwrap_or_else(|_| Err(StoreError::Internal("the task of a change ended early".to_owned()).into()))
}

impl SupportService {
    /// Runs `work` in one transaction, records its events in the same one, and after the commit tells those who follow and
    /// answers. The work may run more than once, when it meets another transaction. It asks for the time after it has its
    /// locks: whoever waited for one is not to write a moment that others have long passed.
    pub(crate) async fn change<A, T, F>(&self, context: &Context<A>, work: F) -> Result<T, ServiceError>
    where
        A: Action,
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_>, &dyn Clock) -> Result<Done<T>, ServiceError> + Send + 'static,
    {
        self.change_as(context.actor(), work).await
    }

    /// The same for what no caller asks for but whoever runs the desk, at its command line.
    pub(crate) async fn change_as<T, F>(&self, actor: Actor, mut work: F) -> Result<T, ServiceError>
    where
        T: Send + 'static,
        F: FnMut(&mut Transaction<'_>, &dyn Clock) -> Result<Done<T>, ServiceError> + Send + 'static,
    {
        let (clock, recorder) = (Arc::clone(self.clock()), self.recorder(actor));
        let service = self.clone();
        in_task(async move {
            let deliver = recorder.deliver;
            let written = service.store().write::<_, ServiceError, _>(move |transaction| {
                let done = work(transaction, clock.as_ref())?;
                recorder.record(&done.events, clock.now(), &mut LogInTransaction { transaction, deliver })?;
                Ok((done.value, done.happened))
            });
            let (value, happened) = written.await?;
            if let Some(happened) = happened {
                service.store().remember(&happened.conversation);
                service.tell(happened);
            }
            Ok(value)
        })
        .await
    }

    /// The same for work that only adds messages to a conversation: it is told how the conversation stands, without a
    /// lock, and what it comes to is kept if the conversation then still stands so. None when this way does not do, and
    /// [`change`](Self::change) has to be asked; a refusal of the work is such a case, since it may be out of date.
    pub(crate) async fn post<A, T, F>(
        &self,
        context: &Context<A>,
        address: PostAddress,
        mut work: F,
    ) -> Result<Option<T>, ServiceError>
    where
        A: Action,
        T: Send + 'static,
        F: FnMut(&SupportConversation, &dyn Clock) -> Result<Done<T>, ServiceError> + Send + 'static,
    {
        if !self.store().takes_posts() {
            return Ok(None);
        }
        let (clock, recorder) = (Arc::clone(self.clock()), self.recorder(context.actor()));
        let service = self.clone();
        in_task(async move {
            let posted = service.store().post(address, move |stands| {
                let Done { value, events, happened } = work(stands, clock.as_ref()).ok()?;
                let happened = happened?;
                let mut logs = Records::default();
                let Ok(()) = recorder.record(&events, clock.now(), &mut logs);
                let (conversation, messages) = (happened.conversation.clone(), happened.messages.clone());
                let post = Post { conversation, messages, audit_logs: logs.0, deliver: recorder.deliver };
                Some((post, (value, happened)))
            });
            let Some((value, happened)) = posted.await? else { return Ok(None) };
            service.tell(happened);
            Ok(Some(value))
        })
        .await
    }

    fn recorder(&self, actor: Actor) -> Recorder {
        Recorder {
            actor,
            ids: Arc::clone(self.ids()),
            environment: self.environment().clone(),
            deliver: self.delivers_audit(),
        }
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

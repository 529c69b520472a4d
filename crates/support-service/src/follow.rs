//! Keeping sockets in step with the database: what other nodes hint at, what is missing in a room, and, every few seconds,
//! the heads of all that is followed. Whatever was lost on the way is found here; nothing here is on the path of a
//! request.

use std::collections::HashSet;
use std::time::Duration;

use support_domain::visibility::Scope;
use support_domain::{ConversationId, CountryCode, SupportConversation, SupportMessage, TextEnum, Visibility};
use support_realtime::fan_out::{Hint, HintKind, Signal};
use support_realtime::{Committed, Source, Typing};
use support_store::{ConversationFilter, MessagesPage, PageRequest, Reader};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use crate::metrics::{Outcome, SERVICE};
use crate::{ServiceError, SupportService};

/// Conversations that are read with one statement.
const BATCH: usize = 200;
/// Messages that are read with one statement.
const PAGE: usize = 200;
/// Signals that are taken together.
const MOST_SIGNALS: usize = 1_000;
/// How many conversations of each country a sweep looks at for those who watch inboxes: those with the newest activity.
const SWEPT_FOR_INBOXES: usize = 200;
/// A message that is missing is mostly on its way: committed by another request of this node, which is about to say so.
const PATIENCE: Duration = Duration::from_millis(20);

impl SupportService {
    /// Keeps this node's sockets in step, for ever: `signals` come from other nodes, and `every` so often all that is
    /// followed is compared with the database.
    pub async fn keep_in_step(&self, mut signals: mpsc::Receiver<Signal>, every: Duration) {
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut has_failed = false;
        loop {
            let (mut behind, mut sweep) = (HashSet::new(), false);
            tokio::select! {
                Some(signal) = signals.recv() => {
                    // A flood of hints about one conversation is one look at it.
                    sweep |= self.take_signal(signal, &mut behind);
                    for _ in 0..MOST_SIGNALS {
                        let Ok(signal) = signals.try_recv() else { break };
                        sweep |= self.take_signal(signal, &mut behind);
                    }
                }
                wanted = self.hub().wanted() => {
                    tokio::time::sleep(PATIENCE).await;
                    behind.extend(wanted);
                }
                _ = ticks.tick() => sweep = true,
            }
            let mut result = self.catch_up(behind.into_iter().collect(), Source::Hint).await;
            if sweep && self.hub().sockets() > 0 {
                let began = Instant::now();
                let swept = self.sweep().await;
                SERVICE.sweeps.of(Outcome::of(&swept)).increment(1);
                SERVICE.sweep_duration.record(began.elapsed());
                result = result.and(swept);
            }
            match (&result, has_failed) {
                (Err(error), false) => tracing::warn!(error = %error, "those who follow cannot be kept in step"),
                (Ok(()), true) => tracing::info!("those who follow are kept in step again"),
                _ => {}
            }
            has_failed = result.is_err();
        }
    }

    /// Returns whether a sweep is due.
    fn take_signal(&self, signal: Signal, behind: &mut HashSet<ConversationId>) -> bool {
        let hint = match signal {
            Signal::Restored => return true,
            Signal::Hint(hint) => hint,
        };
        let Hint { conversation_id, kind, seq } = hint;
        match kind {
            HintKind::Typing { typist, side, is_typing } => {
                self.hub().show_typing(&Typing { conversation_id, typist, side, is_typing });
            }
            HintKind::Message | HintKind::Conversation | HintKind::Read => {
                let head = self.hub().head(conversation_id);
                let is_known = kind == HintKind::Message && head.is_some_and(|head| head >= seq);
                if self.hub().has_watchers() || (self.hub().has_room(conversation_id) && !is_known) {
                    behind.insert(conversation_id);
                }
            }
        }
        false
    }

    /// Reads these conversations, with the messages that their rooms lack, and tells those who follow; in a sweep only
    /// where they are behind. A failure with some is no reason to leave out the others.
    async fn catch_up(&self, ids: Vec<ConversationId>, source: Source) -> Result<(), ServiceError> {
        let mut result = Ok(());
        for batch in ids.chunks(BATCH) {
            match self.conversations(batch.to_vec()).await {
                Ok(conversations) => {
                    for conversation in conversations {
                        let is_found = source == Source::Sweep && self.hub().is_behind(&conversation);
                        SERVICE.sweep_found.increment(u64::from(is_found));
                        if source == Source::Hint || is_found {
                            result = result.and(self.tell_from_database(conversation, source).await);
                        }
                    }
                }
                Err(error) => result = result.and(Err(error)),
            }
        }
        result
    }

    async fn conversations(&self, ids: Vec<ConversationId>) -> Result<Vec<SupportConversation>, ServiceError> {
        self.store().read(move |reader| Ok(reader.list_conversations_by_id(&Visibility::everything(), &ids)?)).await
    }

    async fn tell_from_database(&self, conversation: SupportConversation, source: Source) -> Result<(), ServiceError> {
        self.store().remember(&conversation);
        loop {
            // Asked anew for each page: meanwhile this node may have told more by itself.
            let head = self.hub().head(conversation.id).filter(|head| *head < conversation.last_seq);
            let messages = match head {
                Some(head) => self.messages_after(conversation.clone(), head).await?,
                None => Vec::new(),
            };
            let is_last = messages.len() < PAGE;
            self.hub().publish(&Committed { conversation: conversation.clone(), messages, source });
            if is_last {
                return Ok(());
            }
        }
    }

    async fn messages_after(
        &self,
        conversation: SupportConversation,
        seq: i64,
    ) -> Result<Vec<SupportMessage>, ServiceError> {
        self.store().read(move |reader| Ok(reader.list_messages(&conversation, MessagesPage::After(seq), PAGE)?)).await
    }

    /// Compares all that is followed with the database.
    async fn sweep(&self) -> Result<(), ServiceError> {
        let mut result = self.catch_up(self.hub().rooms(), Source::Sweep).await;
        if self.hub().has_watchers() {
            for country in CountryCode::ALL {
                match self.store().read_snapshot(move |reader| recent(reader, *country)).await {
                    Ok(conversations) => {
                        for conversation in conversations {
                            let (messages, source) = (Vec::new(), Source::Sweep);
                            self.hub().publish(&Committed { conversation, messages, source });
                        }
                    }
                    Err(error) => result = result.and(Err(error)),
                }
            }
        }
        result
    }
}

/// The country's conversations with the newest activity.
fn recent(reader: &mut Reader<'_>, country: CountryCode) -> Result<Vec<SupportConversation>, ServiceError> {
    let page = PageRequest { limit: SWEPT_FOR_INBOXES, start: None };
    let visibility = Visibility::of(Scope::Countries(vec![country]));
    Ok(reader.list_conversations(&visibility, &ConversationFilter::default(), &page)?.conversations)
}

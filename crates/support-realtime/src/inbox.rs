//! Inbox feeds: who watches which conversations from outside, and which states they have seen.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use support_domain::visibility::Scope;
use support_domain::{ConversationId, CountryCode, PrincipalKey, SupportConversation, Timestamp, Visibility};

use crate::frames::Frames;
use crate::hub::Socket;
use crate::queue::{Delivery, Topic};
use crate::{Revision, SocketId};

/// A socket that watches an inbox.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) socket: Arc<Socket>,
    pub(crate) visibility: Arc<Visibility>,
    /// When it began to watch.
    pub(crate) since: Timestamp,
}

/// The clocks of nodes differ, and a change has its moment before its commit: better a summary too many than one too few.
const LEEWAY: Duration = Duration::from_secs(30);

/// Who watches: users by who they are, admins by country.
#[derive(Debug, Default)]
pub(crate) struct Feeds {
    of_users: HashMap<PrincipalKey, HashMap<SocketId, Watcher>>,
    of_countries: HashMap<CountryCode, HashMap<SocketId, Arc<Watcher>>>,
}

impl Feeds {
    pub(crate) fn is_empty(&self) -> bool {
        self.of_users.is_empty() && self.of_countries.is_empty()
    }

    /// Adds a watcher, in place of what the same socket watched before.
    pub(crate) fn replace(&mut self, before: Option<&Scope>, watcher: Watcher) {
        let id = watcher.socket.id;
        if let Some(scope) = before {
            self.remove(id, scope);
        }
        match watcher.visibility.scope.clone() {
            Scope::Owner(user, user_type) => {
                self.of_users.entry(PrincipalKey::User(user, user_type)).or_default().insert(id, watcher);
            }
            Scope::Countries(countries) => {
                let watcher = Arc::new(watcher);
                for country in countries {
                    self.of_countries.entry(country).or_default().insert(id, Arc::clone(&watcher));
                }
            }
        }
    }

    pub(crate) fn remove(&mut self, id: SocketId, scope: &Scope) {
        match scope {
            Scope::Owner(user, user_type) => {
                let key = PrincipalKey::User(user.clone(), *user_type);
                if let Some(watchers) = self.of_users.get_mut(&key) {
                    watchers.remove(&id);
                    if watchers.is_empty() {
                        self.of_users.remove(&key);
                    }
                }
            }
            Scope::Countries(countries) => {
                for country in countries {
                    if let Some(watchers) = self.of_countries.get_mut(country) {
                        watchers.remove(&id);
                        if watchers.is_empty() {
                            self.of_countries.remove(country);
                        }
                    }
                }
            }
        }
    }

    /// Tells those who watch it; when it may be old news, only those who did not begin to watch long after it.
    pub(crate) fn tell(&self, conversation: &SupportConversation, frames: &Frames<'_>, may_be_old: bool) {
        let user = PrincipalKey::User(conversation.user.id.clone(), conversation.user.user_type);
        let own = self.of_users.get(&user).into_iter().flat_map(HashMap::values);
        let desk = self.of_countries.get(&conversation.user.country).into_iter().flat_map(HashMap::values);
        for watcher in own.chain(desk.map(Arc::as_ref)) {
            let is_old = may_be_old && conversation.updated_at < watcher.since.minus(LEEWAY);
            if watcher.visibility.includes(conversation) && !is_old {
                let frame = frames.seen_by(watcher.socket.side);
                watcher.socket.queue.push(Delivery { conversation_id: conversation.id, topic: Topic::Inbox, frame });
            }
        }
    }
}

/// Remembers the states of conversations that were told last, so that old news and news heard twice are told once.
/// Forgets the oldest.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    young: HashMap<ConversationId, Revision>,
    old: HashMap<ConversationId, Revision>,
}

/// How many conversations one generation of a memory holds.
const GENERATION: usize = 2_048;

/// What a memory says of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// It goes on from a known state.
    Newer,
    /// Nothing is known of the conversation.
    Unknown,
    /// It was told before, or a newer one was.
    Stale,
}

impl Memory {
    /// Notes the state.
    pub(crate) fn note(&mut self, id: ConversationId, revision: Revision) -> News {
        let known = self.young.get(&id).or_else(|| self.old.get(&id)).copied();
        let news = match known {
            Some(known) if !revision.is_news_to(known) => return News::Stale,
            Some(_) => News::Newer,
            None => News::Unknown,
        };
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, known.map_or(revision, |known| known.max(revision)));
        news
    }
}

//! A room: the sockets that follow one conversation, and how far they have been told. Commits may be heard of in any
//! order; the room holds a message back until those before it have been told. Never asks the database: it says that
//! something is missing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use support_domain::{ConversationId, Side, SupportConversation, SupportMessage, TextEnum, Visibility};

use crate::frames::Frames;
use crate::hub::Socket;
use crate::queue::{Delivery, Topic};
use crate::{Committed, Encode, Event, Revision, SocketId, Typing};

/// Most messages that are held back. What is beyond comes from the database later.
const MOST_HELD_BACK: usize = 256;

/// A socket in a room.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) socket: Arc<Socket>,
    pub(crate) visibility: Arc<Visibility>,
}

/// What the members have been told.
#[derive(Debug, Clone, Copy)]
struct Told {
    /// All messages up to this number.
    head: i64,
    revision: Revision,
}

#[derive(Debug)]
struct HeldBack {
    message: SupportMessage,
    conversation: Arc<SupportConversation>,
}

/// The sockets that follow one conversation.
#[derive(Debug)]
pub(crate) struct Room {
    id: ConversationId,
    pub(crate) members: HashMap<SocketId, Member>,
    /// None until the first member has read the database: only then is it known where live begins.
    told: Option<Told>,
    held_back: BTreeMap<i64, HeldBack>,
    /// The newest state that was heard of meanwhile.
    unseen: Option<Arc<SupportConversation>>,
}

/// Whether a room lacks messages that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Complete,
    Lacks,
}

impl Room {
    pub(crate) fn new(id: ConversationId) -> Self {
        Self { id, members: HashMap::new(), told: None, held_back: BTreeMap::new(), unseen: None }
    }

    /// Up to which number the members have been told.
    pub(crate) fn head(&self) -> Option<i64> {
        self.told.map(|told| told.head)
    }

    /// Whether that state has something that the members have not been told.
    pub(crate) fn is_behind(&self, conversation: &SupportConversation) -> bool {
        self.told.is_some_and(|told| {
            conversation.last_seq > told.head || Revision::from(conversation).is_news_to(told.revision)
        })
    }

    /// A member has read the database, and goes on live behind that state.
    pub(crate) fn begin_at(&mut self, conversation: &SupportConversation, encoder: &dyn Encode) -> Standing {
        if self.told.is_none() {
            let revision = Revision::from(conversation);
            self.told = Some(Told { head: conversation.last_seq, revision });
            self.held_back = self.held_back.split_off(&(conversation.last_seq + 1));
            if let Some(unseen) = self.unseen.take()
                && self.tell(&unseen, encoder) == Standing::Lacks
            {
                return Standing::Lacks;
            }
        }
        self.tell(&Arc::new(conversation.clone()), encoder)
    }

    /// Something was committed.
    pub(crate) fn take_in(&mut self, committed: &Committed, encoder: &dyn Encode) -> Standing {
        let conversation = Arc::new(committed.conversation.clone());
        let head = self.head().unwrap_or(0);
        for message in committed.messages.iter().filter(|message| message.seq > head) {
            let held = HeldBack { message: message.clone(), conversation: Arc::clone(&conversation) };
            self.held_back.insert(message.seq, held);
        }
        while self.held_back.len() > MOST_HELD_BACK {
            self.held_back.pop_last();
        }
        if self.told.is_none() {
            let is_news = |unseen: &Arc<SupportConversation>| {
                Revision::from(conversation.as_ref()).is_news_to(Revision::from(unseen.as_ref()))
            };
            if self.unseen.as_ref().is_none_or(is_news) {
                self.unseen = Some(conversation);
            }
            return Standing::Complete;
        }
        self.tell(&conversation, encoder)
    }

    /// Tells the members what they have not been told: messages first, in order, then the rest.
    fn tell(&mut self, conversation: &Arc<SupportConversation>, encoder: &dyn Encode) -> Standing {
        let Some(mut told) = self.told else { return Standing::Complete };
        while let Some(held) = self.held_back.remove(&(told.head + 1)) {
            told.head += 1;
            let event = Event::MessagePosted { message: &held.message, conversation: &held.conversation };
            let frames = Frames::of(event, encoder);
            self.deliver(Some(&held.conversation), &frames, |_| Some(Topic::Message { seq: told.head }));
        }
        let revision = Revision::from(conversation.as_ref());
        for by in Side::ALL.iter().copied().filter(|side| revision.read_by(*side) > told.revision.read_by(*side)) {
            let up_to_seq = revision.read_by(by);
            let frames = Frames::of(Event::MessagesRead { conversation_id: self.id, by, up_to_seq }, encoder);
            self.deliver(Some(conversation), &frames, |_| Some(Topic::Read { by, up_to_seq }));
        }
        if revision.version > told.revision.version {
            let frames = Frames::of(Event::ConversationUpdated { conversation }, encoder);
            let topic = Topic::Update { version: revision.version };
            // Who watches the inbox is told there.
            self.deliver(Some(conversation), &frames, |socket| (!socket.watches_inbox()).then_some(topic));
        }
        told.revision = told.revision.max(revision);
        self.told = Some(told);
        let lacks = !self.held_back.is_empty() || conversation.last_seq > told.head;
        if lacks { Standing::Lacks } else { Standing::Complete }
    }

    /// Tells everybody but the typist.
    pub(crate) fn show_typing(&self, typing: &Typing, encoder: &dyn Encode) {
        let frames = Frames::of(Event::Typing(typing), encoder);
        self.deliver(None, &frames, |socket| (socket.person != typing.typist).then_some(Topic::Typing));
    }

    fn deliver(
        &self,
        conversation: Option<&SupportConversation>,
        frames: &Frames<'_>,
        topic: impl Fn(&Socket) -> Option<Topic>,
    ) {
        for Member { socket, visibility } in self.members.values() {
            // Whoever joined was let in by the same rule; nobody gets a word by a mistake elsewhere.
            let may_see = conversation.is_none_or(|conversation| visibility.includes(conversation));
            if let Some(topic) = topic(socket).filter(|_| may_see) {
                let frame = frames.seen_by(socket.side);
                socket.queue.push(Delivery { conversation_id: self.id, topic, frame });
            }
        }
    }
}

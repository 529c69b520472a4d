//! A database for each test, and conversations to put into it.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use support_domain::conversation::{ConversationDraft, Outcome};
use support_domain::message::MessageDraft;
use support_domain::visibility::Scope;
use support_domain::{
    AdminId, Author, ClientMessageId, ContentFormat, ConversationId, CountryCode, IdSource, Limits, MessageContent,
    MessageId, Metadata, Priority, Subject, SupportConversation, SupportMessage, SystemIds, Timestamp, UserId, UserRef,
    UserType, Visibility,
};
use support_store::{DatabaseUrl, Store, StoreConfig, StoreError};

/// A store on a database that nobody else has, removed afterwards.
pub(crate) struct TestDesk {
    pub(crate) store: Store,
    pub(crate) url: DatabaseUrl,
    ids: SystemIds,
    _place: Place,
}

/// What has to be removed.
pub(crate) enum Place {
    Folder {
        _folder: tempfile::TempDir,
    },
    Database {
        server: String,
        name: String,
    },
    /// Somebody else removes it.
    Elsewhere,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Self::Database { server, name } = self
            && let Ok(mut conn) = PgConnection::establish(server)
        {
            let _ = conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// An empty SQLite database that is not there yet.
pub(crate) fn sqlite_place() -> (DatabaseUrl, Place) {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
    (url, Place::Folder { _folder: folder })
}

/// An empty PostgreSQL database, if there is a server.
pub(crate) fn postgres_place() -> Option<(DatabaseUrl, String, Place)> {
    let Ok(server) = std::env::var("SUPPORT_TEST_POSTGRES_URL") else {
        println!("left out: SUPPORT_TEST_POSTGRES_URL is not set");
        return None;
    };
    let name = format!("store_{}", SystemIds::new().next(Timestamp::from_millis(1)).simple());
    let mut conn = PgConnection::establish(&server).unwrap();
    conn.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let text = address_of(&server, &name);
    Some((text.parse().unwrap(), text, Place::Database { server: server.clone(), name }))
}

fn open(url: &DatabaseUrl) -> Store {
    // A busy machine must not fail a test.
    let time_limit = std::time::Duration::from_secs(60);
    Store::open(&StoreConfig { pool_size: 4, time_limit, ..StoreConfig::new(url.clone()) }).unwrap()
}

fn address_of(server: &str, database: &str) -> String {
    let (address, query) = server.split_once('?').map_or((server, ""), |(address, query)| (address, query));
    let (host, _) = address.rsplit_once('/').unwrap();
    format!("{host}/{database}?{query}")
}

impl TestDesk {
    pub(crate) fn sqlite() -> Self {
        let (url, place) = sqlite_place();
        Self::open(url, place)
    }

    pub(crate) fn postgres() -> Option<Self> {
        let (url, _, place) = postgres_place()?;
        Some(Self::open(url, place))
    }

    fn open(url: DatabaseUrl, place: Place) -> Self {
        Store::migrate(&url, false).unwrap();
        Self { store: open(&url), url, ids: SystemIds::new(), _place: place }
    }

    /// Another store on the same database, which shares nothing else with the first.
    pub(crate) fn another_node(&self) -> Self {
        Self { store: open(&self.url), url: self.url.clone(), ids: SystemIds::new(), _place: Place::Elsewhere }
    }

    /// Where the database is, for a test's own statements.
    pub(crate) fn postgres_address(&self) -> String {
        let server = std::env::var("SUPPORT_TEST_POSTGRES_URL").unwrap();
        let Place::Database { name, .. } = &self._place else { panic!("it is not on PostgreSQL") };
        address_of(&server, name)
    }

    pub(crate) fn message_id(&self) -> MessageId {
        MessageId(self.ids.next(at(0)))
    }

    /// Keeps a conversation with a first message.
    pub(crate) async fn open_conversation(&self, opening: Opening<'_>) -> SupportConversation {
        let draft = ConversationDraft {
            id: ConversationId(self.ids.next(opening.at)),
            user: user(opening.user, opening.user_type, opening.country),
            subject: Subject::parse(opening.subject, &Limits::default()).unwrap(),
            priority: opening.priority,
            metadata: Metadata::default(),
        };
        let author = Author::User(draft.user.id.clone());
        let first = self.draft("first words", None);
        let outcome =
            SupportConversation::open(draft, opening.at).post(author, first, self.message_id(), opening.at).unwrap();
        let kept = outcome.clone();
        self.store
            .write::<_, StoreError, _>(move |transaction| {
                transaction.insert_conversation(&kept.conversation)?;
                kept.messages.iter().try_for_each(|message| transaction.insert_message(message))
            })
            .await
            .unwrap();
        outcome.conversation
    }

    pub(crate) fn draft(&self, text: &str, key: Option<&str>) -> MessageDraft {
        MessageDraft {
            id: self.message_id(),
            content: MessageContent::parse(text, ContentFormat::Text, &Limits::default()).unwrap(),
            attachments: Vec::new(),
            client_message_id: key.map(|key| ClientMessageId::parse(key).unwrap()),
            metadata: Metadata::default(),
        }
    }

    /// Writes a message the way the service does: under the conversation's lock.
    pub(crate) async fn post(
        &self,
        id: ConversationId,
        author: Author,
        text: &str,
        at: Timestamp,
    ) -> Result<Outcome, StoreError> {
        let (draft, system) = (self.draft(text, None), self.message_id());
        self.store
            .write(move |transaction| {
                let conversation = transaction.lock_conversation(&everything(), id)?.unwrap();
                let outcome = conversation.post(author.clone(), draft.clone(), system, at).unwrap();
                transaction.update_conversation(&outcome.conversation)?;
                outcome.messages.iter().try_for_each(|message| transaction.insert_message(message))?;
                Ok(outcome)
            })
            .await
    }

    pub(crate) async fn get(&self, visibility: Visibility, id: ConversationId) -> Option<SupportConversation> {
        self.store.read::<_, StoreError, _>(move |reader| reader.get_conversation(&visibility, id)).await.unwrap()
    }

    pub(crate) async fn messages(&self, conversation: &SupportConversation) -> Vec<SupportMessage> {
        let conversation = conversation.clone();
        self.store
            .read::<_, StoreError, _>(move |reader| {
                reader.list_messages(&conversation, support_store::MessagesPage::After(0), 10_000)
            })
            .await
            .unwrap()
    }
}

/// What a test conversation is like.
#[derive(Clone, Copy)]
pub(crate) struct Opening<'a> {
    pub(crate) user: &'a str,
    pub(crate) user_type: UserType,
    pub(crate) country: CountryCode,
    pub(crate) subject: &'a str,
    pub(crate) priority: Priority,
    pub(crate) at: Timestamp,
}

impl Default for Opening<'_> {
    fn default() -> Self {
        Self {
            user: "driver-1",
            user_type: UserType::Driver,
            country: CountryCode::Bangladesh,
            subject: "Fare",
            priority: Priority::Normal,
            at: at(1_000),
        }
    }
}

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + millis)
}

pub(crate) fn user(id: &str, user_type: UserType, country: CountryCode) -> UserRef {
    UserRef { id: UserId::parse(id).unwrap(), user_type, country }
}

pub(crate) fn driver() -> Author {
    Author::User(UserId::parse("driver-1").unwrap())
}

pub(crate) fn admin() -> Author {
    Author::Admin(AdminId::parse("admin-1").unwrap())
}

pub(crate) fn everything() -> Visibility {
    countries(&[CountryCode::Bangladesh, CountryCode::UnitedStates])
}

pub(crate) fn countries(countries: &[CountryCode]) -> Visibility {
    Visibility::of(Scope::Countries(countries.to_vec()))
}

pub(crate) fn owned_by(id: &str, user_type: UserType) -> Visibility {
    Visibility::of(Scope::Owner(UserId::parse(id).unwrap(), user_type))
}

//! A desk on a database of its own, and people at it.

use std::sync::Arc;

use support_audit::Environment;
use support_domain::{
    AdminId, AttachmentIds, ContentFormat, ConversationId, CountryCode, Limits, MaskedKinds, MessageContent, Metadata,
    Subject, Timestamp, UserId, UserRef, UserType,
};
use support_rbac::{
    Action, AdminPrincipal, AdminRole, Caller, Principal, Restrictions, UserPrincipal, authorize, policy::action,
};
use support_service::{Context, OpenConversation, Opened, Origin, Ports, SendMessage, ServiceConfig, SupportService};
use support_store::{DatabaseUrl, Store, StoreConfig};

pub(crate) struct Desk {
    pub(crate) service: SupportService,
    folder: Arc<tempfile::TempDir>,
}

impl Desk {
    /// A desk with these ports, on a database of its own.
    pub(crate) fn start(ports: Ports) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self { service: service(&folder, ports), folder }
    }

    /// A second node on the same database.
    pub(crate) fn another_node(&self, ports: Ports) -> Self {
        Self { service: service(&self.folder, ports), folder: Arc::clone(&self.folder) }
    }

    pub(crate) async fn open(&self, caller: &Arc<Caller>) -> Opened {
        self.service.open_conversation(&granted::<action::OpenConversation>(caller), opening()).await.unwrap()
    }
}

pub(crate) fn opening() -> OpenConversation {
    OpenConversation {
        subject: Subject::parse("Fare", &Limits::default()).unwrap(),
        initial_message: words("first words"),
        priority: None,
        metadata: Metadata::default(),
        client_message_id: None,
        masked: MaskedKinds::new(),
    }
}

fn service(folder: &tempfile::TempDir, ports: Ports) -> SupportService {
    let url = DatabaseUrl::Sqlite(folder.path().join("desk.db"));
    Store::migrate(&url, false).unwrap();
    let store = StoreConfig { time_limit: std::time::Duration::from_secs(60), ..StoreConfig::new(url) };
    let config = ServiceConfig {
        sends_per_minute: 1_000.try_into().unwrap(),
        uploads_per_minute: 1_000.try_into().unwrap(),
        environment: Environment::parse("test").unwrap(),
        ..ServiceConfig::default()
    };
    SupportService::new(Store::open(&store).unwrap(), config, ports)
}

pub(crate) fn words(text: &str) -> MessageContent {
    MessageContent::parse(text, ContentFormat::Text, &Limits::default()).unwrap()
}

pub(crate) fn message(conversation_id: ConversationId) -> SendMessage {
    SendMessage {
        conversation_id,
        content: words("more words"),
        attachment_ids: AttachmentIds::default(),
        client_message_id: None,
        metadata: Metadata::default(),
        if_last_seq: None,
        masked: MaskedKinds::new(),
    }
}

pub(crate) fn caller(principal: Principal) -> Arc<Caller> {
    let expires_at = Timestamp::from_millis(i64::MAX);
    Arc::new(Caller { principal, restrictions: Restrictions::default(), expires_at, revocation_ids: vec![] })
}

pub(crate) fn driver(id: &str) -> Arc<Caller> {
    let id = UserId::parse(id).unwrap();
    let user = UserRef { id, user_type: UserType::Driver, country: CountryCode::Bangladesh };
    caller(Principal::User(UserPrincipal { user }))
}

pub(crate) fn admin(role: AdminRole, country: Option<CountryCode>) -> Arc<Caller> {
    caller(Principal::Admin(AdminPrincipal {
        id: AdminId::parse("admin-1").unwrap(),
        role,
        country,
        permissions: role.permissions(),
        email: Some("kamal@example.com".to_owned()),
    }))
}

pub(crate) fn granted<A: Action>(caller: &Arc<Caller>) -> Context<A> {
    Context { grant: authorize::<A>(caller).unwrap(), origin: Origin::default() }
}

//! `support-http demo`: the desk on a throw-away database, with people and conversations to try it on.

mod directory;
mod people;

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use support_domain::{
    AttachmentIds, Clock, ContentFormat, ConversationStatus, InvalidValue, Limits, MaskedKinds, MessageContent,
    Metadata, Priority, Subject, SystemClock, Timestamp, UserRef, conversation::ConversationChange,
};
use support_rbac::{
    Action, AdminPrincipal, Caller, Principal, Restrictions, SigningKey, TokenIssuer, TrustedKeys, UserPrincipal,
    authorize, policy::action,
};
use support_service::{
    Context, Directory, OpenConversation, Opened, Origin, Ports, SendMessage, ServiceError, SupportService,
    UpdateConversation,
};
use support_store::{DatabaseUrl, StoreConfig};

use self::directory::DemoDirectory;
use self::people::{ADMINS, DemoAdmin, DemoUser, USERS};
use crate::config::{Config, FilesConfig, InvalidConfig, Variables};
use crate::host::Host;
use crate::server::{ServeError, listen, open_service, serve};
use crate::state::{Console, DemoPerson};

/// How long demo tokens are good.
const TOKEN_LIFE: Duration = Duration::from_secs(12 * 3_600);

/// A picture to upload: one white pixel.
const PHOTO: &[u8] = b"\
    \x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\
    \x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\xda\x63\xf8\x0f\x00\x01\
    \x01\x01\x00\x1c\xb0\x8c\x99\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82";

/// Why the demo could not run.
#[derive(Debug)]
pub(crate) enum DemoError {
    /// The configuration.
    Config(InvalidConfig),
    /// The server.
    Serve(ServeError),
    /// Anything else.
    Other(String),
}

impl From<InvalidConfig> for DemoError {
    fn from(error: InvalidConfig) -> Self {
        Self::Config(error)
    }
}

impl From<ServeError> for DemoError {
    fn from(error: ServeError) -> Self {
        Self::Serve(error)
    }
}

impl From<ServiceError> for DemoError {
    fn from(error: ServiceError) -> Self {
        Self::Other(error.to_string())
    }
}

impl From<InvalidValue> for DemoError {
    fn from(error: InvalidValue) -> Self {
        Self::Other(format!("a demo value {error}"))
    }
}

fn other(error: impl std::fmt::Display) -> DemoError {
    DemoError::Other(error.to_string())
}

/// Runs the demo until it is stopped; its database goes with it.
pub(crate) fn run() -> Result<(), DemoError> {
    let traces = crate::log::start("warn")?;
    let folder = tempfile::Builder::new().prefix("support-demo-").tempdir().map_err(other)?;
    let mut config = Config::from_variables(Variables::of_process_without_secrets())?;
    let database = folder.path().join("demo.db");
    let photo = folder.path().join("photo.png");
    std::fs::write(&photo, PHOTO).map_err(other)?;
    config.files.place = Some(FilesConfig::beside(&database));
    config.store = StoreConfig::new(DatabaseUrl::Sqlite(database));
    let issuer = TokenIssuer::new(SigningKey::generate());
    config.trusted_keys = TrustedKeys::new(issuer.public());
    // The demo people write faster than people do.
    config.service.sends_per_minute = config.service.sends_per_minute.max(NonZeroU32::MIN.saturating_add(599));
    config.web.metrics = crate::metrics::collect();
    let listening = listen(&config)?;
    let served = actix_web::rt::System::new().block_on(async move {
        let (realtime, signals) = config.start_realtime()?;
        let directory = Some(Arc::new(DemoDirectory) as Arc<dyn Directory>);
        let ports = Ports { realtime, files: config.files.open()?, directory, ..Ports::default() };
        let service = open_service(&config.store, config.service.clone(), ports).map_err(other)?;
        let example = seed(&service).await?;
        let people = issue_tokens(&issuer)?;
        let guide = guide(&people, listening.address, &example, &photo);
        std::io::stdout().write_all(guide.as_bytes()).map_err(other)?;
        config.web.allowed_origins.extend(own_origins(listening.address));
        config.web.console = Console::Demo(people.into_iter().map(|(_, person)| person).collect());
        Ok::<_, DemoError>(serve(service, Host::default(), signals, config, listening).await?)
    });
    traces.finish();
    served
}

fn caller(principal: Principal) -> Arc<Caller> {
    let expires_at = Timestamp::from_millis(i64::MAX);
    Arc::new(Caller { principal, restrictions: Restrictions::default(), expires_at, revocation_ids: Vec::new() })
}

fn context<A: Action>(principal: Principal) -> Result<Context<A>, DemoError> {
    let grant = authorize::<A>(&caller(principal)).map_err(other)?;
    Ok(Context { grant, origin: Origin::default() })
}

fn user(person: &DemoUser) -> Result<Principal, DemoError> {
    let id = support_domain::UserId::parse(person.id)?;
    let user = UserRef { id, user_type: person.user_type, country: person.country };
    Ok(Principal::User(UserPrincipal { user }))
}

fn admin(person: &DemoAdmin) -> Result<Principal, DemoError> {
    Ok(Principal::Admin(AdminPrincipal {
        id: support_domain::AdminId::parse(person.id)?,
        role: person.role,
        country: person.country,
        permissions: person.role.permissions(),
        email: Some(format!("{}@demo.example", person.id)),
    }))
}

fn words(text: &str) -> Result<MessageContent, InvalidValue> {
    MessageContent::parse(text, ContentFormat::Text, &Limits::default())
}

/// A few conversations in both countries, by the same use cases that requests go through. Returns the first.
async fn seed(service: &SupportService) -> Result<Opened, DemoError> {
    let mut first = None;
    for person in USERS {
        for opening in person.openings {
            let command = OpenConversation {
                subject: Subject::parse(opening.subject, &Limits::default())?,
                initial_message: words(opening.message)?,
                priority: Some(opening.priority),
                metadata: Metadata::default(),
                client_message_id: None,
                masked: MaskedKinds::new(),
            };
            let opened =
                service.open_conversation(&context::<action::OpenConversation>(user(person)?)?, command).await?;
            let desk = admin(people::desk_of(person.country))?;
            if let Some(reply) = opening.reply {
                let message = SendMessage {
                    conversation_id: opened.conversation.id,
                    content: words(reply)?,
                    attachment_ids: AttachmentIds::default(),
                    client_message_id: None,
                    metadata: Metadata::default(),
                    if_last_seq: None,
                    masked: MaskedKinds::new(),
                };
                service.send_message(&context::<action::SendMessage>(desk.clone())?, message).await?;
            }
            if opening.status != ConversationStatus::Open {
                let change = ConversationChange { status: Some(opening.status), ..ConversationChange::default() };
                let command = UpdateConversation { conversation_id: opened.conversation.id, change, version: None };
                service.update_conversation(&context::<action::UpdateConversation>(desk)?, command).await?;
            }
            if opening.priority != Priority::Low {
                first.get_or_insert(opened);
            }
        }
    }
    first.ok_or_else(|| other("the demo has no conversation"))
}

/// Everybody with a token, and the shell variable that is to hold it.
fn issue_tokens(issuer: &TokenIssuer) -> Result<Vec<(&'static str, DemoPerson)>, DemoError> {
    let now = SystemClock::new().now();
    let users = USERS.iter().map(|one| Ok((one.variable, "user", one.id, one.about, user(one)?)));
    let admins = ADMINS.iter().map(|one| Ok((one.variable, "admin", one.id, one.about, admin(one)?)));
    let issue = |person: Result<_, DemoError>| {
        let (variable, kind, id, about, principal): (_, _, &str, _, _) = person?;
        let token = issuer.issue(&principal, now, TOKEN_LIFE).map_err(other)?;
        Ok((variable, DemoPerson { kind, id: id.to_owned(), about, token }))
    };
    users.chain(admins).map(issue).collect()
}

/// What is printed: tokens, and curl lines that use them.
fn guide(people: &[(&'static str, DemoPerson)], address: SocketAddr, example: &Opened, photo: &Path) -> String {
    let url = format!("http://{}", reachable(address));
    let mut lines = vec![
        format!("# The support desk runs at {url} on a throw-away database. Stop it with Ctrl-C."),
        format!("# A phone and the desk side by side: {url}/console"),
        format!("# Its API, to be tried out: {url}/docs"),
        String::new(),
        "# People and their tokens, good for 12 hours, for the shell of a second terminal:".to_owned(),
    ];
    let (conversation, photo) = (example.conversation.id.to_string(), photo.display().to_string());
    let mut values = vec![("URL", url.as_str()), ("CONVERSATION", &conversation), ("PHOTO", &photo)];
    for (variable, DemoPerson { about, token, .. }) in people {
        lines.push(format!("# {about}"));
        lines.push(format!("export {variable}={token}"));
        values.push((variable, token));
    }
    lines.extend(values[..3].iter().map(|(variable, value)| format!("export {variable}={value}")));
    // Each line has to work by itself, whether or not the exports were pasted.
    let calls = values.iter().fold(include_str!("assets/demo-curl.txt").to_owned(), |calls, (variable, value)| {
        calls.replace(&format!("${variable}"), value)
    });
    lines.push(calls.trim_end().to_owned());
    lines.push(String::new());
    lines.join("\n")
}

/// Where a browser on this machine may have the console from: its sockets are let in only from origins that are named.
fn own_origins(address: SocketAddr) -> [String; 2] {
    [format!("http://{}", reachable(address)), format!("http://localhost:{}", address.port())]
}

/// The address under which this machine reaches it.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address }
}

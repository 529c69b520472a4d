//! What the host knows of people, as far as the desk may show it: a user's card, and whom a conversation can be given to.
//!
//! Everything here is masked where the host's tables are read: there is no field for a whole address or number. The desk
//! works without a directory, and with one that is away: then it shows less.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use support_domain::{AdminId, CountryCode, SupportConversation, UserRef};
use support_rbac::{AdminRole, BoxFuture, ViewConversation};
use support_store::StoreError;

use crate::staff::StaffDirectory;
use crate::{Context, ServiceError, SupportService};

/// How long a page waits for the directory.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the desk may show of a user. `Debug` shows which fields there are, and none of what they hold.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct UserCard {
    /// The id of the profile that the host's own pages are reached by; not the user's id.
    pub profile_id: Option<String>,
    /// What the user is called.
    pub display_name: Option<String>,
    /// As in `k***m@g****.com`.
    pub masked_email: Option<String>,
    /// As in `+880******78`.
    pub masked_phone: Option<String>,
}

impl fmt::Debug for UserCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserCard")
            .field("profile_id", &self.profile_id)
            .field("display_name", &self.display_name.is_some())
            .field("masked_email", &self.masked_email.is_some())
            .field("masked_phone", &self.masked_phone.is_some())
            .finish()
    }
}

/// A member of the staff to whom a conversation can be given. `Debug` shows neither name nor address.
#[derive(Clone, PartialEq, Eq)]
pub struct AssignableAdmin {
    /// Who.
    pub id: AdminId,
    /// As what.
    pub role: AdminRole,
    /// The country that they are of, which binds only some roles.
    pub country: Option<CountryCode>,
    /// What they are called.
    pub display_name: Option<String>,
    /// As in `k***m@g****.com`.
    pub masked_email: Option<String>,
}

impl fmt::Debug for AssignableAdmin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssignableAdmin")
            .field("id", &self.id)
            .field("role", &self.role)
            .field("country", &self.country)
            .finish_non_exhaustive()
    }
}

/// The directory cannot be asked now. The text is for the log, and holds nothing of anybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the directory is unavailable: {0}")]
pub struct DirectoryError(pub String);

/// Whoever knows the people: the host.
pub trait Directory: Send + Sync + fmt::Debug {
    /// The user's card; none if there is no such user: who is of another kind or country is somebody else.
    fn get_user_card<'a>(&'a self, user: &'a UserRef) -> BoxFuture<'a, Result<Option<UserCard>, DirectoryError>>;

    /// Whether there is such a user: of that kind, and of that country. Whether they may come in is another question.
    fn is_user<'a>(&'a self, user: &'a UserRef) -> BoxFuture<'a, Result<bool, DirectoryError>> {
        Box::pin(async move { Ok(self.get_user_card(user).await?.is_some()) })
    }

    /// Those to whom a conversation of at least one of these countries can be given: all of them, each once.
    fn list_assignable_admins<'a>(
        &'a self,
        countries: &'a [CountryCode],
    ) -> BoxFuture<'a, Result<Vec<AssignableAdmin>, DirectoryError>>;

    /// Whether a conversation of that country can be given to that admin. A directory that does not know everybody who
    /// works here says yes to those whom it does not know.
    fn is_assignable<'a>(
        &'a self,
        admin: &'a AdminId,
        country: CountryCode,
    ) -> BoxFuture<'a, Result<bool, DirectoryError>> {
        Box::pin(async move {
            let admins = self.list_assignable_admins(&[country]).await?;
            Ok(admins.iter().any(|known| known.id == *admin))
        })
    }
}

/// The directory as the service asks it: for a bounded time, and its failures are logged once, not for each page.
#[derive(Debug)]
pub(crate) struct AskedDirectory {
    directory: Option<Arc<dyn Directory>>,
    own: StaffDirectory,
    /// A bit for each matter of which the last question found no answer.
    unanswered: AtomicU8,
}

/// What is asked about. What fails for one matter need not fail for another, so each has its own failures told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Matter {
    Cards = 1,
    Users = 2,
    Staff = 4,
}

impl AskedDirectory {
    pub(crate) fn new(directory: Option<Arc<dyn Directory>>, own: StaffDirectory) -> Self {
        Self { directory, own, unanswered: AtomicU8::new(0) }
    }

    /// The directory, or where there is none the staff that was seen here.
    pub(crate) fn get_or_own(&self) -> &dyn Directory {
        self.directory.as_deref().unwrap_or(&self.own)
    }

    /// The directory; none where there is none.
    pub(crate) fn get(&self) -> Option<&dyn Directory> {
        self.directory.as_deref()
    }

    /// Waits for an answer of the directory.
    ///
    /// # Errors
    /// Its own, and that it took too long.
    pub(crate) async fn ask<T>(
        &self,
        matter: Matter,
        question: impl Future<Output = Result<T, DirectoryError>>,
    ) -> Result<T, DirectoryError> {
        let answer = tokio::time::timeout(PATIENCE, question).await;
        let answer = answer.unwrap_or_else(|_| Err(DirectoryError("it took too long".to_owned())));
        let bit = matter as u8;
        let before = match &answer {
            Err(_) => self.unanswered.fetch_or(bit, Ordering::Relaxed),
            Ok(_) => self.unanswered.fetch_and(!bit, Ordering::Relaxed),
        };
        let was_away = before & bit != 0;
        match &answer {
            Err(error) if !was_away => {
                tracing::warn!(about = ?matter, error = %error, "the directory of people cannot be asked");
            }
            Ok(_) if was_away => tracing::info!(about = ?matter, "the directory of people can be asked again"),
            _ => {}
        }
        answer
    }
}

impl SupportService {
    /// What may be shown of the conversation's user; none where nobody knows them or the directory is away, so that a
    /// page never fails for it.
    pub async fn get_user_card(
        &self,
        _: &Context<ViewConversation>,
        conversation: &SupportConversation,
    ) -> Option<UserCard> {
        let asked = self.directory();
        asked.ask(Matter::Cards, asked.get()?.get_user_card(&conversation.user)).await.ok().flatten()
    }

    /// Refuses to write to somebody whom the directory does not know as that user. Without a directory everybody is let
    /// through. The answer is the same for nobody, another kind and another country: it must not tell what there is
    /// beyond an admin's own.
    pub(crate) async fn check_user(&self, user: &UserRef) -> Result<(), ServiceError> {
        let asked = self.directory();
        let Some(directory) = asked.get() else { return Ok(()) };
        match asked.ask(Matter::Users, directory.is_user(user)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(ServiceError::NoSuchUser),
            Err(error) => Err(StoreError::Unavailable(error.to_string()).into()),
        }
    }

    /// Refuses to give a conversation to somebody whom the directory does not know as able to have it. Without a
    /// directory everybody is let through, and whoever has the conversation already.
    pub(crate) async fn check_assignable(
        &self,
        conversation: &SupportConversation,
        admin: &AdminId,
    ) -> Result<(), ServiceError> {
        let asked = self.directory();
        let Some(directory) = asked.get() else { return Ok(()) };
        if conversation.assigned_admin_id.as_ref() == Some(admin) {
            return Ok(());
        }
        match asked.ask(Matter::Staff, directory.is_assignable(admin, conversation.user.country)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(ServiceError::NotAssignable),
            Err(error) => Err(StoreError::Unavailable(error.to_string()).into()),
        }
    }
}

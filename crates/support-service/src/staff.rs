//! Who works here, for a desk that has no host to ask: whoever came with a token that lets them reply, as they last came.
//! Noted in memory on the way of a request, and kept behind it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use support_domain::{AdminId, Clock, CountryCode, Timestamp, UserRef};
use support_rbac::{AdminRole, BoxFuture, Caller, Permission};
use support_store::{SeenAdmin, Store, StoreError};
use tokio::sync::Notify;

use crate::{AssignableAdmin, Directory, DirectoryError, ServiceError, SupportService, UserCard};

/// How often the same person, as the same, is noted.
const NOTED_EVERY: Duration = Duration::from_secs(3_600);
/// How long somebody who does not come any more counts as working here.
const REMEMBERED_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);
/// Most people that are listed.
const MOST_LISTED: i64 = 1_000;
/// Most people that are remembered as noted; beyond, nobody is noted for the hour.
const MOST_NOTED: usize = 10_000;
/// How long to wait before the database is tried again.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// What decides about noting somebody anew.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Standing {
    id: AdminId,
    role: AdminRole,
    country: Option<CountryCode>,
    may_reply: bool,
}

/// The staff that has come, as far as this node still has to note it.
#[derive(Debug, Default)]
pub(crate) struct SeenStaff {
    /// When each was last noted, by the clock that never runs backwards.
    noted: Mutex<HashMap<Standing, Duration>>,
    waiting: Mutex<Vec<SeenAdmin>>,
    came: Notify,
}

impl SeenStaff {
    /// Notes who came, unless that was done within the hour.
    fn note(&self, standing: Standing, now: Duration) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.get(&standing).is_some_and(|at| now.saturating_sub(*at) < NOTED_EVERY) {
            return;
        }
        if noted.len() >= MOST_NOTED && !noted.contains_key(&standing) {
            return;
        }
        noted.insert(standing.clone(), now);
        drop(noted);
        let Standing { id, role, country, may_reply } = standing;
        let seen = SeenAdmin { id, role: role.to_string(), country, may_reply };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
        self.came.notify_one();
    }

    /// Gives back what is remembered of those who may be noted again.
    pub(crate) fn forget_idle(&self, now: Duration) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.retain(|_, at| now.saturating_sub(*at) < NOTED_EVERY);
    }

    fn take_waiting(&self) -> Vec<SeenAdmin> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts back what could not be kept, before what has come meanwhile.
    fn put_back(&self, seen: Vec<SeenAdmin>) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).splice(0..0, seen);
    }
}

/// The moment before which whoever came last does not work here any more.
pub(crate) fn remembered_since(now: Timestamp) -> Timestamp {
    now.minus(REMEMBERED_FOR)
}

impl SupportService {
    /// Notes that somebody came, so that conversations can be given to them. Only looks into memory; whoever comes with
    /// the same standing again within an hour is not noted again, and where a host's directory is, nobody is.
    pub fn note_caller(&self, caller: &Caller) {
        if self.directory().get().is_some() {
            return;
        }
        if let Some(admin) = caller.principal.as_admin() {
            let may_reply = admin.permissions.contains(Permission::Reply);
            let standing = Standing { id: admin.id.clone(), role: admin.role, country: admin.country, may_reply };
            self.staff().note(standing, self.clock().monotonic());
        }
    }

    /// Keeps what was noted of those who came.
    ///
    /// # Errors
    /// The database's; it is kept the next time.
    pub async fn keep_noted_staff(&self) -> Result<(), ServiceError> {
        let seen = self.staff().take_waiting();
        if seen.is_empty() {
            return Ok(());
        }
        let (kept, now) = (seen.clone(), self.clock().now());
        let written = self.store().write::<_, StoreError, _>(move |transaction| {
            kept.iter().try_for_each(|admin| transaction.upsert_admin(admin, now))
        });
        written.await.map_err(|error| {
            self.staff().put_back(seen);
            error.into()
        })
    }

    /// Keeps whoever came, for ever.
    pub async fn keep_noting_staff(&self) {
        let mut has_failed = false;
        loop {
            if has_failed {
                tokio::time::sleep(AFTER_FAILURE).await;
            } else {
                self.staff().came.notified().await;
            }
            let result = self.keep_noted_staff().await;
            match (&result, has_failed) {
                (Err(error), false) => tracing::warn!(error = %error, "the staff that came cannot be noted"),
                (Ok(()), true) => tracing::info!("the staff that comes can be noted again"),
                _ => {}
            }
            has_failed = result.is_err();
        }
    }
}

/// The directory of a desk that has no host's: the staff that was seen here. It does not know everybody who works here,
/// and so refuses nobody.
#[derive(Debug)]
pub(crate) struct StaffDirectory {
    pub(crate) store: Store,
    pub(crate) clock: std::sync::Arc<dyn Clock>,
}

impl Directory for StaffDirectory {
    fn get_user_card<'a>(&'a self, _: &'a UserRef) -> BoxFuture<'a, Result<Option<UserCard>, DirectoryError>> {
        Box::pin(async { Ok(None) })
    }

    fn list_assignable_admins<'a>(
        &'a self,
        countries: &'a [CountryCode],
    ) -> BoxFuture<'a, Result<Vec<AssignableAdmin>, DirectoryError>> {
        Box::pin(async move {
            let since = remembered_since(self.clock.now());
            let listed =
                self.store.read::<_, StoreError, _>(move |reader| reader.list_admins(since, MOST_LISTED)).await;
            let seen = listed.map_err(|error| DirectoryError(error.to_string()))?;
            Ok(seen.into_iter().filter_map(|seen| assignable(seen, countries)).collect())
        })
    }

    fn is_assignable<'a>(&'a self, _: &'a AdminId, _: CountryCode) -> BoxFuture<'a, Result<bool, DirectoryError>> {
        Box::pin(async { Ok(true) })
    }
}

/// Whom one of these countries is open to; none for a role that nobody knows any more.
fn assignable(seen: SeenAdmin, countries: &[CountryCode]) -> Option<AssignableAdmin> {
    let role: AdminRole = seen.role.parse().ok()?;
    let covered = role.declared_scope().countries(seen.country);
    countries.iter().any(|country| covered.contains(country)).then_some(AssignableAdmin {
        id: seen.id,
        role,
        country: seen.country,
        display_name: None,
        masked_email: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(id: &str, may_reply: bool) -> Standing {
        Standing { id: AdminId::parse(id).unwrap(), role: AdminRole::SupportAdmin, country: None, may_reply }
    }

    fn names(seen: &[SeenAdmin]) -> Vec<(&str, bool)> {
        seen.iter().map(|admin| (admin.id.as_str(), admin.may_reply)).collect()
    }

    #[test]
    fn whoever_comes_often_is_noted_once_an_hour() {
        let staff = SeenStaff::default();
        for seconds in [0, 1, 3_599] {
            staff.note(standing("a", true), Duration::from_secs(seconds));
        }
        assert_eq!(names(&staff.take_waiting()), [("a", true)]);
        staff.note(standing("a", true), NOTED_EVERY);
        staff.note(standing("a", false), NOTED_EVERY);
        assert_eq!(names(&staff.take_waiting()), [("a", true), ("a", false)], "another standing is news");
        staff.forget_idle(NOTED_EVERY * 2);
        assert!(staff.noted.lock().unwrap().is_empty());
    }

    #[test]
    fn what_could_not_be_kept_comes_before_what_came_since() {
        let staff = SeenStaff::default();
        staff.note(standing("a", true), Duration::ZERO);
        let taken = staff.take_waiting();
        staff.note(standing("a", false), Duration::ZERO);
        staff.put_back(taken);
        assert_eq!(names(&staff.take_waiting()), [("a", true), ("a", false)], "the last one counts");
    }

    #[test]
    fn a_country_is_open_to_its_own_and_to_those_of_all() {
        let open = |role: &str, country: Option<CountryCode>, wanted| {
            let id = AdminId::parse("a").unwrap();
            assignable(SeenAdmin { id, role: role.to_owned(), country, may_reply: true }, &[wanted]).is_some()
        };
        let (bd, us) = (CountryCode::Bangladesh, CountryCode::UnitedStates);
        assert!(open("SUPPORT_ADMIN", Some(bd), bd) && !open("SUPPORT_ADMIN", Some(bd), us));
        assert!(open("SUPER_ADMIN", Some(bd), us) && open("SUPER_ADMIN", None, us));
        assert!(
            !open("SUPPORT_ADMIN", None, bd) && !open("FINANCE_ADMIN", Some(bd), bd) && !open("KING", Some(bd), bd)
        );
    }
}

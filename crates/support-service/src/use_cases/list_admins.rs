//! Looking who can be given a conversation, and whose turn it is.

use support_domain::visibility::Scope;
use support_domain::{AdminId, AutoAssignMode, CountryCode};
use support_rbac::policy::action;
use support_store::StoreError;

use crate::directory::Matter;
use crate::{AssignableAdmin, Context, ServiceError, SupportService};

impl SupportService {
    /// Those who can be given conversations of the caller's countries, or of one of them, each once, by their ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the directory is away.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn list_admins(
        &self,
        context: &Context<action::ListAdmins>,
        country: Option<CountryCode>,
    ) -> Result<Vec<AssignableAdmin>, ServiceError> {
        let Scope::Countries(countries) = &context.grant.visibility().scope else {
            return Err(ServiceError::Forbidden);
        };
        let wanted: Vec<CountryCode> =
            countries.iter().copied().filter(|own| country.is_none_or(|country| country == *own)).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let unavailable = |error: crate::DirectoryError| StoreError::Unavailable(error.to_string());
        Ok(self.assignable_admins(&wanted).await.map_err(unavailable)?)
    }

    /// Between whom a new conversation of that country goes round, by their ids; nobody where somebody else decides, or
    /// when the directory is away: it is better kept without an admin than not at all.
    pub(crate) async fn admins_in_turn(&self, country: CountryCode) -> Vec<AdminId> {
        match self.settings_in_force().settings.auto_assign_mode {
            AutoAssignMode::Manual => Vec::new(),
            AutoAssignMode::RoundRobin => {
                let admins = self.assignable_admins(&[country]).await.unwrap_or_default();
                admins.into_iter().map(|admin| admin.id).collect()
            }
        }
    }

    async fn assignable_admins(
        &self,
        countries: &[CountryCode],
    ) -> Result<Vec<AssignableAdmin>, crate::DirectoryError> {
        let asked = self.directory();
        let mut admins = asked.ask(Matter::Staff, asked.get_or_own().list_assignable_admins(countries)).await?;
        admins.sort_by(|one, other| one.id.cmp(&other.id));
        admins.dedup_by(|one, other| one.id == other.id);
        Ok(admins)
    }
}

/// Who is next: the first behind whoever was last, by id, and after the last of all the first again. `admins` is sorted.
pub(crate) fn next_in_turn<'a>(admins: &'a [AdminId], last: Option<&AdminId>) -> Option<&'a AdminId> {
    let behind = last.and_then(|last| admins.iter().find(|admin| *admin > last));
    behind.or_else(|| admins.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_go_round_and_survive_whoever_leaves() {
        let id = |name: &str| AdminId::parse(name).unwrap();
        let admins = [id("a"), id("c"), id("e")];
        let next = |last: Option<&str>| next_in_turn(&admins, last.map(id).as_ref()).map(AdminId::as_str);
        assert_eq!(
            [next(None), next(Some("a")), next(Some("c")), next(Some("e"))].map(Option::unwrap),
            ["a", "c", "e", "a"]
        );
        assert_eq!((next(Some("b")), next(Some("z"))), (Some("c"), Some("a")), "whoever was last may have gone");
        assert_eq!(next_in_turn(&[], Some(&id("a"))), None);
    }
}

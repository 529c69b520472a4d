//! What the demo knows of its people, as a host's directory would tell it: names, and what is masked already. It stands in
//! no way of whoever tries something: people whom it does not know are let through.

use support_domain::{AdminId, CountryCode, UserRef};
use support_rbac::{BoxFuture, Permission};
use support_service::{AssignableAdmin, Directory, DirectoryError, UserCard};

use super::people::{ADMINS, DemoAdmin, USERS};

/// The directory of the demo.
#[derive(Debug)]
pub(super) struct DemoDirectory;

impl DemoAdmin {
    fn covers(&self, country: CountryCode) -> bool {
        self.role.permissions().contains(Permission::Reply)
            && self.role.declared_scope().countries(self.country).contains(&country)
    }

    fn assignable(&self) -> Result<AssignableAdmin, DirectoryError> {
        Ok(AssignableAdmin {
            id: AdminId::parse(self.id).map_err(|error| DirectoryError(error.to_string()))?,
            role: self.role,
            country: self.country,
            display_name: Some(self.name.to_owned()),
            masked_email: None,
        })
    }
}

impl Directory for DemoDirectory {
    fn get_user_card<'a>(&'a self, user: &'a UserRef) -> BoxFuture<'a, Result<Option<UserCard>, DirectoryError>> {
        let mut known = USERS.iter().filter(|one| one.user_type == user.user_type && one.country == user.country);
        let card = known.find(|one| one.id == user.id.as_str()).map(|one| UserCard {
            profile_id: None,
            display_name: Some(one.name.to_owned()),
            masked_email: Some(one.masked_email.to_owned()),
            masked_phone: Some(one.masked_phone.to_owned()),
        });
        Box::pin(async move { Ok(card) })
    }

    fn is_user<'a>(&'a self, _: &'a UserRef) -> BoxFuture<'a, Result<bool, DirectoryError>> {
        Box::pin(async { Ok(true) })
    }

    fn list_assignable_admins<'a>(
        &'a self,
        countries: &'a [CountryCode],
    ) -> BoxFuture<'a, Result<Vec<AssignableAdmin>, DirectoryError>> {
        let able = ADMINS.iter().filter(|admin| countries.iter().any(|country| admin.covers(*country)));
        let admins = able.map(DemoAdmin::assignable).collect();
        Box::pin(async move { admins })
    }

    fn is_assignable<'a>(&'a self, _: &'a AdminId, _: CountryCode) -> BoxFuture<'a, Result<bool, DirectoryError>> {
        Box::pin(async { Ok(true) })
    }
}

//! The host's admin roles: what each is permitted, and how far it reaches. Never reads a token and never decides about
//! an action; a token may name fewer or other permissions than its role has.

use support_domain::{CountryCode, TextEnum, text_enum};

use crate::permission::{Permission, PermissionSet};

text_enum! {
    /// A role of the host's staff.
    pub enum AdminRole ("role") {
        /// Everything, everywhere.
        SuperAdmin = "SUPER_ADMIN",
        /// Runs the platform day by day.
        Admin = "ADMIN",
        /// Answers for a country.
        CountryAdmin = "COUNTRY_ADMIN",
        /// Answers for a city; cities are finer than this desk models, so its country counts.
        CityAdmin = "CITY_ADMIN",
        /// Works at the desk.
        SupportAdmin = "SUPPORT_ADMIN",
        /// Watches over rules and law.
        ComplianceAdmin = "COMPLIANCE_ADMIN",
        /// Watches over fraud and abuse.
        RiskAdmin = "RISK_ADMIN",
        /// Looks, and touches nothing.
        ReadonlyAdmin = "READONLY_ADMIN",
        /// Handles money, not conversations.
        FinanceAdmin = "FINANCE_ADMIN",
        /// Handles machines, not conversations.
        InfraAdmin = "INFRA_ADMIN",
    }
}

/// How far a role reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeclaredScope {
    /// Every country. A country in the token does not narrow it.
    Global,
    /// The country in the token; without one, nothing.
    Country,
    /// Nothing.
    None,
}

impl DeclaredScope {
    /// The countries that an admin of this scope sees, with `own` as the country in the token.
    pub fn countries(self, own: Option<CountryCode>) -> Vec<CountryCode> {
        match self {
            Self::Global => CountryCode::ALL.to_vec(),
            Self::Country => own.into_iter().collect(),
            Self::None => Vec::new(),
        }
    }
}

/// Each permission, and whether a role holds it.
type Held = [(Permission, bool); 4];

const YES: bool = true;
const NO_: bool = false;

/// The roles as the host has them. Columns: the permissions in their order, then the scope.
#[rustfmt::skip]
const TABLE: &[(AdminRole, Held, DeclaredScope)] = &[
    //                               View Reply Assign ManageSettings
    (AdminRole::SuperAdmin,      row(YES, YES, YES, YES), DeclaredScope::Global),
    (AdminRole::Admin,           row(YES, YES, NO_, NO_), DeclaredScope::Global),
    (AdminRole::CountryAdmin,    row(YES, YES, YES, NO_), DeclaredScope::Country),
    (AdminRole::CityAdmin,       row(YES, YES, NO_, NO_), DeclaredScope::Country),
    (AdminRole::SupportAdmin,    row(YES, YES, YES, NO_), DeclaredScope::Country),
    (AdminRole::ComplianceAdmin, row(YES, NO_, NO_, NO_), DeclaredScope::Global),
    (AdminRole::RiskAdmin,       row(YES, NO_, NO_, NO_), DeclaredScope::Global),
    (AdminRole::ReadonlyAdmin,   row(YES, NO_, NO_, NO_), DeclaredScope::Country),
    (AdminRole::FinanceAdmin,    row(NO_, NO_, NO_, NO_), DeclaredScope::None),
    (AdminRole::InfraAdmin,      row(NO_, NO_, NO_, NO_), DeclaredScope::None),
];

const fn row(view: bool, reply: bool, assign: bool, manage_settings: bool) -> Held {
    [
        (Permission::View, view),
        (Permission::Reply, reply),
        (Permission::Assign, assign),
        (Permission::ManageSettings, manage_settings),
    ]
}

impl AdminRole {
    /// What the role is permitted, when a token does not say otherwise.
    pub fn permissions(self) -> PermissionSet {
        let rows = TABLE.iter().filter(|(role, ..)| *role == self);
        rows.flat_map(|(_, row, _)| row).filter(|(_, held)| *held).map(|(permission, _)| *permission).collect()
    }

    /// How far the role reaches.
    pub fn declared_scope(self) -> DeclaredScope {
        TABLE.iter().find(|(role, ..)| *role == self).map_or(DeclaredScope::None, |(_, _, scope)| *scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_exactly_one_line_in_table_order() {
        let lines: Vec<AdminRole> = TABLE.iter().map(|(role, ..)| *role).collect();
        assert_eq!(lines, AdminRole::ALL);
    }

    #[test]
    fn a_country_narrows_country_roles_only_and_its_absence_leaves_nothing() {
        let bangladesh = Some(CountryCode::Bangladesh);
        assert_eq!(DeclaredScope::Global.countries(bangladesh), CountryCode::ALL);
        assert_eq!(DeclaredScope::Country.countries(bangladesh), [CountryCode::Bangladesh]);
        assert!(DeclaredScope::Country.countries(None).is_empty());
        assert!(DeclaredScope::None.countries(bangladesh).is_empty());
    }
}

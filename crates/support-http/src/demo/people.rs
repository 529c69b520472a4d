//! The people of the demo. None of them exists.

use support_domain::{ConversationStatus, CountryCode, Priority, UserType};
use support_rbac::AdminRole;

/// A conversation that a demo user has.
pub(super) struct DemoOpening {
    pub(super) subject: &'static str,
    pub(super) message: &'static str,
    pub(super) priority: Priority,
    pub(super) reply: Option<&'static str>,
    pub(super) status: ConversationStatus,
}

/// A driver, customer or restaurant.
pub(super) struct DemoUser {
    /// The shell variable that holds the token.
    pub(super) variable: &'static str,
    pub(super) about: &'static str,
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) masked_email: &'static str,
    pub(super) masked_phone: &'static str,
    pub(super) user_type: UserType,
    pub(super) country: CountryCode,
    pub(super) openings: &'static [DemoOpening],
}

/// A member of the support staff.
pub(super) struct DemoAdmin {
    /// The shell variable that holds the token.
    pub(super) variable: &'static str,
    pub(super) about: &'static str,
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) role: AdminRole,
    pub(super) country: Option<CountryCode>,
}

pub(super) const USERS: &[DemoUser] = &[
    DemoUser {
        variable: "DRIVER_BD",
        about: "a driver in Dhaka",
        id: "driver-rahim",
        name: "Rahim Uddin",
        masked_email: "r***m@g****.com",
        masked_phone: "+880******21",
        user_type: UserType::Driver,
        country: CountryCode::Bangladesh,
        openings: &[
            DemoOpening {
                subject: "Trip fare is missing",
                message: "The fare of my last trip to Uttara is not in my wallet.",
                priority: Priority::High,
                reply: Some("Thank you for writing. We are looking at the trip now."),
                status: ConversationStatus::Open,
            },
            DemoOpening {
                subject: "\u{985}\u{9cd}\u{9af}\u{9be}\u{9aa} \u{995}\u{9be}\u{99c} \u{995}\u{9b0}\u{99b}\u{9c7} \u{9a8}\u{9be}",
                message: "\u{9b8}\u{995}\u{9be}\u{9b2} \u{9a5}\u{9c7}\u{995}\u{9c7} \u{985}\u{9cd}\u{9af}\u{9be}\u{9aa} \u{996}\u{9c1}\u{9b2}\u{99b}\u{9c7} \u{9a8}\u{9be}\u{964}",
                priority: Priority::Normal,
                reply: None,
                status: ConversationStatus::Open,
            },
        ],
    },
    DemoUser {
        variable: "CUSTOMER_BD",
        about: "a customer in Chattogram",
        id: "customer-nadia",
        name: "Nadia Islam",
        masked_email: "n***a@y****.com",
        masked_phone: "+880******78",
        user_type: UserType::Customer,
        country: CountryCode::Bangladesh,
        openings: &[DemoOpening {
            subject: "Parcel arrived wet",
            message: "My parcel was left in the rain and the box is soaked.",
            priority: Priority::Normal,
            reply: Some("We are sorry. Please send us a picture of the box."),
            status: ConversationStatus::Pending,
        }],
    },
    DemoUser {
        variable: "CUSTOMER_US",
        about: "a customer in Austin",
        id: "customer-jane",
        name: "Jane Cooper",
        masked_email: "j***e@o****.com",
        masked_phone: "+1-512-***-**46",
        user_type: UserType::Customer,
        country: CountryCode::UnitedStates,
        openings: &[DemoOpening {
            subject: "Charged twice",
            message: "My ride yesterday was charged twice.",
            priority: Priority::Urgent,
            reply: Some("The second charge was refunded."),
            status: ConversationStatus::Resolved,
        }],
    },
    DemoUser {
        variable: "RESTAURANT_US",
        about: "a restaurant in Chicago",
        id: "restaurant-blue-door",
        name: "Blue Door Kitchen",
        masked_email: "h***o@b****.com",
        masked_phone: "+1-312-***-**10",
        user_type: UserType::Restaurant,
        country: CountryCode::UnitedStates,
        openings: &[DemoOpening {
            subject: "Tablet shows old menu",
            message: "Our tablet still shows last week's menu.",
            priority: Priority::Low,
            reply: None,
            status: ConversationStatus::Open,
        }],
    },
];

pub(super) const ADMINS: &[DemoAdmin] = &[
    DemoAdmin {
        variable: "SUPPORT_BD",
        about: "support staff for Bangladesh",
        id: "admin-kamal",
        name: "Kamal Hossain",
        role: AdminRole::SupportAdmin,
        country: Some(CountryCode::Bangladesh),
    },
    DemoAdmin {
        variable: "SUPPORT_US",
        about: "support staff for the United States",
        id: "admin-maria",
        name: "Maria Lopez",
        role: AdminRole::SupportAdmin,
        country: Some(CountryCode::UnitedStates),
    },
    DemoAdmin {
        variable: "SUPER_ADMIN",
        about: "sees and does everything",
        id: "admin-root",
        name: "Robin Root",
        role: AdminRole::SuperAdmin,
        country: None,
    },
    DemoAdmin {
        variable: "READONLY_ADMIN",
        about: "reads, for Bangladesh, and changes nothing",
        id: "admin-auditor",
        name: "Anika Rahman",
        role: AdminRole::ReadonlyAdmin,
        country: Some(CountryCode::Bangladesh),
    },
];

/// Who answers in that country.
pub(super) fn desk_of(country: CountryCode) -> &'static DemoAdmin {
    ADMINS.iter().find(|admin| admin.country == Some(country)).unwrap_or(&ADMINS[0])
}

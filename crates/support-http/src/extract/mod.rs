//! What a handler's arguments are made of. The caller stands first, so that a request without a token is 401 and one
//! without the permission 403 whatever else is wrong with it: its part is ready before the body is looked at.

mod body;
mod caller;
mod fields;
mod path;
mod query;
mod upload;

pub use body::Body;
pub(crate) use body::parse_value;
pub(crate) use caller::Knocking;
pub use caller::{ForAdmin, ForAnybody, ForUser, authenticate};
pub use path::PathId;
pub use query::Query;
pub use upload::UploadPatience;
pub(crate) use upload::{check_form, read_upload};

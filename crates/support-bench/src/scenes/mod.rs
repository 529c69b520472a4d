//! What is measured, a file each. A scene starts servers of its own, takes turns between what is compared, and notes its
//! figures; what it does not note it has not measured.

pub(crate) mod fan_out;
pub(crate) mod idle;
pub(crate) mod lists;
pub mod micro;
pub(crate) mod sends;
pub(crate) mod sqlite;
pub(crate) mod storm;

//! What clients send. Each type says what may come in (`serde`, `garde`), and turns into a command of the service.

mod bodies;
mod queries;
mod settings;

pub use bodies::{
    MarkReadRequest, OpenConversationForUserRequest, OpenConversationRequest, ReplyRequest, SendMessageRequest,
    UpdateConversationRequest,
};
pub(crate) use bodies::{at_least_zero, whole_at_least};
pub use queries::{AdminsQuery, DeskConversationsQuery, MessagesQuery, NoQuery, OwnConversationsQuery};
pub use settings::UpdateSettingsRequest;
use support_domain::InvalidValue;

use crate::error::ApiError;

/// What a value's own type refuses, under the field's name.
fn field<T>(name: &str, result: Result<T, InvalidValue>) -> Result<T, ApiError> {
    result.map_err(|error| ApiError::invalid_value(name, &error))
}

//! The policy, printed. Never decides: every cell is asked of the very function that answers callers.

/// The whole policy as text, for a person to read and a snapshot to hold.
pub fn table() -> String {
    String::new()
}

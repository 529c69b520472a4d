//! Watching conversations from outside.

use std::sync::Arc;

use support_rbac::ListConversations;
use support_realtime::Subscriber;

use crate::{Context, SupportService};

impl SupportService {
    /// From now on the subscriber is told of every change of a conversation that exists for the caller.
    pub fn watch_inbox(&self, context: &Context<ListConversations>, subscriber: &Subscriber) {
        subscriber.watch(Arc::new(context.grant.visibility().clone()), self.clock().now());
    }
}

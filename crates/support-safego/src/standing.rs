//! Whether callers may still come, by the host's rows: the port that requests and live sockets ask.

use std::collections::HashSet;
use std::sync::Arc;

use support_rbac::{BoxFuture, Caller, Standing, StandingUnavailable, Verdict};

use crate::agreement::verdict;
use crate::people::People;

/// The host's word on people.
#[derive(Debug)]
pub struct HostStanding(Arc<People>);

impl HostStanding {
    /// By these people.
    pub fn new(people: Arc<People>) -> Self {
        Self(people)
    }
}

impl Standing for HostStanding {
    fn check<'a>(&'a self, callers: &'a [Arc<Caller>]) -> BoxFuture<'a, Result<Vec<Verdict>, StandingUnavailable>> {
        Box::pin(async move {
            let ids: HashSet<String> = callers.iter().map(|caller| caller.principal.id().to_owned()).collect();
            let found = self.0.list(ids.into_iter().collect()).await;
            let found = found.map_err(|error| StandingUnavailable(error.to_string()))?;
            Ok(callers.iter().map(|caller| verdict(caller, found.get(caller.principal.id()))).collect())
        })
    }
}

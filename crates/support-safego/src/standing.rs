//! Whether callers may still come, by the host's rows: the port that requests and live sockets ask.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use support_rbac::{BoxFuture, Caller, Standing, StandingUnavailable, Verdict};

use crate::agreement::verdict;
use crate::database::HostUnavailable;
use crate::people::{People, Person};

/// The host's word on people.
#[derive(Debug)]
pub struct HostStanding(Arc<People>);

impl HostStanding {
    /// By these people.
    pub fn new(people: Arc<People>) -> Self {
        Self(people)
    }
}

fn ids(callers: &[Arc<Caller>]) -> Vec<String> {
    let ids: HashSet<&str> = callers.iter().map(|caller| caller.principal.id()).collect();
    ids.into_iter().map(ToOwned::to_owned).collect()
}

fn verdicts(
    callers: &[Arc<Caller>],
    found: Result<HashMap<String, Person>, HostUnavailable>,
) -> Result<Vec<Verdict>, StandingUnavailable> {
    let found = found.map_err(|error| StandingUnavailable(error.to_string()))?;
    Ok(callers.iter().map(|caller| verdict(caller, found.get(caller.principal.id()))).collect())
}

impl Standing for HostStanding {
    fn check<'a>(&'a self, callers: &'a [Arc<Caller>]) -> BoxFuture<'a, Result<Vec<Verdict>, StandingUnavailable>> {
        Box::pin(async move { verdicts(callers, self.0.list(ids(callers)).await) })
    }

    fn check_live<'a>(
        &'a self,
        callers: &'a [Arc<Caller>],
    ) -> BoxFuture<'a, Result<Vec<Verdict>, StandingUnavailable>> {
        Box::pin(async move { verdicts(callers, self.0.list_live(ids(callers)).await) })
    }
}

//! The host beside which the desk stands: its tables and its audit log. Nothing is written there.

use std::sync::Arc;

use support_safego::HostProblem;

use super::Asked;
use super::finding::{Finding, Topic};
use crate::host::examine;

const TOPIC: Topic = Topic("host");

pub(super) async fn check(asked: Arc<Asked>) -> Vec<Finding> {
    let told = |(what, result): (&'static str, Result<(), HostProblem>)| match result {
        Ok(()) => TOPIC.ok(what),
        Err(HostProblem::Away(error)) => TOPIC.problem(
            format!("it cannot be known whether {what}: {error}"),
            "look at SUPPORT_HOST_DATABASE_URL and at the host's database: while it is away nobody comes in",
        ),
        Err(HostProblem::Refused(error)) => TOPIC.problem(
            format!("it is not so that {what}: {error}"),
            "look at SUPPORT_HOST_SCHEMA, and run scripts/postgres-role again (docs/integrate.md)",
        ),
    };
    examine(&asked.config.host).await.into_iter().map(told).collect()
}

//! What a PostgreSQL server's condition means for whoever operates the desk.

use support_store::condition::{Durability, PgCondition, RoleCondition};

use super::Asked;
use super::database::{TOPIC, judge_migrations};
use super::finding::{Finding, Topic};
use super::time::judge_difference;

const CONNECTIONS: Topic = Topic("connections");
/// The oldest version that the desk is tried with (`support-store`'s statements need no more).
const OLDEST: i32 = 140_000;

pub(super) fn judge(condition: &PgCondition, asked: &Asked) -> Vec<Finding> {
    let version = format!("{}.{}", condition.version / 10_000, condition.version % 10_000);
    let mut findings = vec![if condition.version < OLDEST {
        TOPIC.warning(format!("PostgreSQL {version} answers"), "bring it to 14 or newer, which the desk is tried with")
    } else {
        TOPIC.ok(format!("PostgreSQL {version} answers"))
    }];
    if !condition.takes_writes {
        findings.push(TOPIC.problem(
            "it takes no writes: it is a standby, or set to be read only",
            "name the primary in DATABASE_URL, or all hosts of the cluster: of several the one that takes writes is used",
        ));
    }
    if condition.encoding != "UTF8" {
        findings.push(TOPIC.problem(
            format!("its encoding is {}, which cannot hold what people write", condition.encoding),
            "make the database anew with ENCODING 'UTF8'",
        ));
    }
    if condition.is_encrypted == Some(false) {
        findings.push(TOPIC.warning(
            "the connection to it leaves this machine and is not encrypted",
            "add sslmode=verify-full to DATABASE_URL, and TLS to the server",
        ));
    }
    findings.extend(judge_durability(&condition.durability));
    findings.extend(judge_role(&condition.role));
    findings.push(judge_difference(condition.clock_ahead_ms, condition.clock_doubt_ms));
    findings.push(judge_places(condition, asked));
    match &condition.migrations {
        Some(state) => findings.extend(judge_migrations(state, condition.role.may_migrate)),
        None => findings.push(TOPIC.problem(
            "the role may not look into the schema support_chat",
            "run scripts/postgres-role, or grant it USAGE on the schema and its rights to the tables",
        )),
    }
    findings
}

/// An acknowledged message is committed; this is what makes a commit last.
fn judge_durability(durability: &Durability) -> Vec<Finding> {
    let mut findings = Vec::new();
    let lost = "a crash loses acknowledged messages";
    if !durability.syncs {
        let what = format!("fsync is off: {lost}, and may leave a database that cannot be read");
        findings.push(TOPIC.problem(what, "set fsync = on"));
    }
    if !durability.writes_full_pages {
        findings.push(TOPIC.problem(
            "full_page_writes is off: a crash may leave half-written pages",
            "set full_page_writes = on, unless the file system itself never writes half a page",
        ));
    }
    match durability.synchronous_commit.as_str() {
        "off" => findings.push(TOPIC.problem(
            format!("synchronous_commit is off for this role: {lost}"),
            "set synchronous_commit = on for the server, the database or the role",
        )),
        weaker @ ("local" | "remote_write") if durability.has_synchronous_standbys => findings.push(TOPIC.warning(
            format!(
                "synchronous_commit is {weaker}: what was acknowledged may be missing on a standby that takes over"
            ),
            "set synchronous_commit = on, if a failover may lose nothing",
        )),
        _ => {}
    }
    if findings.is_empty() {
        findings.push(TOPIC.ok("what it commits survives a crash (fsync, full_page_writes, synchronous_commit)"));
    }
    findings
}

fn judge_role(role: &RoleCondition) -> Vec<Finding> {
    let mut findings = Vec::new();
    if role.is_superuser {
        findings.push(TOPIC.warning(
            "the configured role is a superuser",
            "serve as a role that may do no more than it has to; scripts/postgres-role makes one",
        ));
    }
    if !role.schema_exists && !role.may_migrate {
        findings.push(TOPIC.problem(
            "there is no schema support_chat, and the configured role may not make it",
            "run `support-http migrate` as a role that may, or let scripts/postgres-role make schema and roles",
        ));
    }
    if role.may_use_schema && !role.lacks.is_empty() {
        findings.push(TOPIC.problem(
            format!("the configured role lacks rights to tables of support_chat: {}", role.lacks.join(", ")),
            "run scripts/postgres-role again, which grants them",
        ));
    } else if role.may_use_schema && !role.is_superuser {
        findings.push(TOPIC.ok("the configured role has its rights to the tables of support_chat"));
    }
    findings
}

/// Whether all nodes find a place. A node takes its pool, its writers, and beside a host those for the host's tables.
fn judge_places(condition: &PgCondition, asked: &Asked) -> Finding {
    let config = &asked.config;
    // One more is for the question after those with open sockets.
    let for_host = config.host.tables.as_ref().map_or(0, |tables| tables.pool_size + 1);
    let per_node = i64::from(config.store.pool_size + config.store.writers + for_host);
    let (nodes, places) = (i64::from(asked.nodes), condition.places);
    let (needed, free) = (per_node * nodes, places.allowed - places.taken_by_others);
    let sum = format!("{nodes} x {per_node} connections");
    if needed > places.allowed {
        CONNECTIONS.problem(
            format!("the nodes may take {sum}, and no more than {} are allowed to this role", places.allowed),
            "raise max_connections (or the limit of role or database), or lower SUPPORT_DB_POOL_SIZE",
        )
    } else if needed > free {
        CONNECTIONS.warning(
            format!("the nodes may take {sum}, and {free} of {} are left by others", places.allowed),
            "raise max_connections, or lower SUPPORT_DB_POOL_SIZE: a node that finds no place answers 503",
        )
    } else {
        CONNECTIONS.ok(format!("the nodes may take {sum}; {free} of {} are left by others", places.allowed))
    }
}

//! Migrations while people write: the command runs beside the nodes, the tables get columns, indexes and neighbours as the
//! next version would give them, behind somebody who holds them, and the nodes are replaced one after the other.

use std::thread;

use support_load::Stop;

use super::{Played, evidence, pair, settle, urls};
use crate::nats::Cluster;
use crate::postgres::Postgres;
use crate::stage::{Stage, pause};
use crate::traffic::{Plan, Traffic};
use std::time::Duration;

/// What an additive migration of the time to come does, in one transaction, as `migrate` runs them. It takes the tables in
/// the order in which the desk locks them, as `migrations/README.md` asks for.
const EXPAND: &str = "BEGIN;
    ALTER TABLE support_chat.support_conversations ADD COLUMN of_the_future bigint;
    ALTER TABLE support_chat.support_messages ADD COLUMN of_the_future text NOT NULL DEFAULT 'none';
    ALTER TABLE support_chat.support_audit_logs ADD COLUMN of_the_future text;
    CREATE TABLE support_chat.support_of_the_future (id uuid PRIMARY KEY, message_id uuid
        REFERENCES support_chat.support_messages (id) ON DELETE CASCADE);
    CREATE INDEX support_messages_of_the_future ON support_chat.support_messages (created_at);
    INSERT INTO support_chat.__diesel_schema_migrations (version) VALUES ('20990101000000');
    COMMIT";

/// And what a later one takes away, when no node names it any more.
const CONTRACT: &str = "BEGIN;
    DELETE FROM support_chat.__diesel_schema_migrations WHERE version = '20990101000000';
    ALTER TABLE support_chat.support_conversations DROP COLUMN of_the_future;
    ALTER TABLE support_chat.support_messages DROP COLUMN of_the_future;
    DROP INDEX support_chat.support_messages_of_the_future;
    DROP TABLE support_chat.support_of_the_future;
    ALTER TABLE support_chat.support_audit_logs DROP COLUMN of_the_future;
    COMMIT";

/// The newest migration whose tables the nodes can miss for a moment: taken back, so that the command has it to apply.
const TAKE_BACK: &str = concat!(
    "BEGIN;",
    include_str!("../../../../migrations/postgres/2026-11-24-110000-0000_add_settings/down.sql"),
    ";DELETE FROM support_chat.__diesel_schema_migrations WHERE version = '202611241100000000'; COMMIT"
);

pub(super) fn play(stage: &Stage) -> Result<Played, Stop> {
    let postgres = stage.postgres()?;
    let nats = Cluster::start(stage.folder.path(), 1)?;
    let mut nodes = pair(stage, &postgres.url(&[]), &nats)?;
    let traffic = Traffic::start(stage, Plan::at(urls(&nodes)))?;
    let (books, mut dice) = (&traffic.shared.books, stage.dice());
    let rounds = stage.pick(1, 6);
    let mut times = Vec::new();
    for round in 0..rounds {
        for (number, statements) in [EXPAND, CONTRACT].into_iter().enumerate() {
            traffic.flows(100)?;
            books.fault_begins();
            let begun = books.now();
            behind_a_reader(&postgres, statements, dice.below(Duration::from_secs(4)))?;
            times.push(books.now().saturating_sub(begun));
            traffic.recovers(2 * round + number + 1)?;
            let printed = nodes[0].migrate()?;
            if !printed.contains("nothing") {
                books.fault(format!("migrate found something to do: {printed}"));
            }
            postgres.execute("desk", &[TAKE_BACK])?;
            let printed = nodes[1].migrate()?;
            if !printed.contains("add_settings") {
                books.fault(format!("migrate did not apply what was taken back: {printed}"));
            }
            for node in &mut nodes {
                node.stop()?;
                node.open()?;
                traffic.flows(50)?;
            }
        }
    }
    let mut account = settle(traffic, &nodes, &evidence(&postgres))?;
    account.count("migrations", 4.0 * rounds as f64);
    account.count("replacements of a node", 4.0 * rounds as f64);
    account.times("a migration behind a reader", &times);
    Ok(Played::Through(account))
}

/// Runs statements while somebody has been reading the tables for a while and goes on for so long: they wait for that one,
/// and everybody else waits for them.
fn behind_a_reader(postgres: &Postgres, statements: &str, time: Duration) -> Result<(), Stop> {
    let read = format!(
        "BEGIN; SELECT count(*) FROM support_chat.support_messages, support_chat.support_conversations \
         WHERE false; SELECT pg_sleep({}); COMMIT",
        time.as_secs_f64()
    );
    thread::scope(|scope| {
        let reader = scope.spawn(|| postgres.execute("desk", &[&read]));
        pause(Duration::from_millis(200));
        let changed = postgres.execute("desk", &[statements]);
        let read = reader.join().map_err(|_| Stop::new("the reader has failed"))?;
        changed.and(read)
    })
}

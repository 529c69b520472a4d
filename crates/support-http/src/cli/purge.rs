//! `support-http purge`: removes conversations that are too old to be kept, a small batch at a time, beside a desk that runs
//! or without one. Says how many, and nothing of what was in them.

use std::time::Duration;

use clap::Args;
use support_audit::ActorEmail;
use support_domain::{Clock, ConversationStatus, CountryCode, SystemClock, TextEnum, Timestamp};
use support_service::{MOST_PURGED, Ports, PurgeConversations, Purged, ServiceError, SupportService};
use support_store::{Store, StoreConfig, StoreError};

use super::{CommandError, print, runtime};
use crate::config::{FilesConfig, Variables, database_url, service as service_config};
use crate::host::{Host, HostOptions};

/// How long a batch may take. Longer than a request may: a conversation can have a great many messages, and nobody waits.
const BATCH_LIMIT: Duration = Duration::from_secs(60);
/// How long to wait before a database that is away or busy is tried again, and how often in a row.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
const MOST_FAILURES: u32 = 30;

/// What to remove, and how fast.
#[derive(Debug, Args)]
pub(super) struct Purge {
    /// How long ago the last message has to be: 400d, 57w; at least a day
    #[arg(long, value_parser = age)]
    older_than: Duration,
    /// Only of this country: BD or US; otherwise of all
    #[arg(long)]
    country: Option<CountryCode>,
    /// In this status: open, pending, resolved or closed; may be repeated
    #[arg(long = "status", default_values = ["closed", "resolved"])]
    statuses: Vec<ConversationStatus>,
    /// Conversations that are removed in one transaction, 1 to 1000; fewer if they have many messages
    #[arg(long, default_value_t = 100, value_parser = batch)]
    batch: usize,
    /// How long to wait after each, for whoever else wants the database: 100ms, 2s, 0s
    #[arg(long, default_value = "100ms", value_parser = pause)]
    pause: Duration,
    /// The mail address of whoever runs this, for the audit log
    #[arg(long, value_parser = email)]
    email: Option<ActorEmail>,
    /// Only count what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(purge: &Purge) -> Result<(), CommandError> {
    crate::log::start("warn")?;
    let variables = Variables::of_process();
    let url = database_url(variables)?;
    let host = HostOptions::from_variables(variables, &url)?;
    let files = FilesConfig::from_variables(variables, &url)?.open_existing()?;
    let service_config = service_config(variables)?;
    let store = StoreConfig { pool_size: 2, writers: 1, time_limit: BATCH_LIMIT, ..StoreConfig::new(url) };
    runtime()?.block_on(async {
        let ports = Ports { files, ..Ports::default() };
        // Only so that the host's audit log is told of it as well.
        let ports = Host::new(&host, &ports.clock).plug_into(ports);
        let service = SupportService::new(open(&store)?, service_config, ports);
        let before = SystemClock::new().now().minus(purge.older_than);
        let (mut files, mut failed) = (0, None);
        for country in CountryCode::ALL.iter().filter(|country| purge.country.is_none_or(|only| only == **country)) {
            let (total, ended) = purge.country(&service, *country, before).await;
            let verb = if purge.dry_run { "would purge" } else { "purged" };
            let Purged { conversations, messages, .. } = total;
            print(&format!(
                "{verb} {country}: {conversations} conversations, {messages} messages, {} files",
                total.files
            ))?;
            // What cannot be done in one country keeps nothing in the others, and no bytes of what is gone.
            if let Err(error) = ended {
                tracing::warn!(error = %error, "{country}: not all could be purged");
                failed.get_or_insert(CommandError::other(error));
            }
            files += total.files;
        }
        let removed = if purge.dry_run { Ok(()) } else { remove_files(&service, files).await };
        failed.map_or(removed, Err)
    })
}

/// Opens a database that has a desk in it. A wrong address makes no new one, in which there would be nothing to remove.
fn open(config: &StoreConfig) -> Result<Store, CommandError> {
    let pending = Store::migrate(&config.url, true).map_err(CommandError::other)?;
    if pending.names.is_empty() {
        return Store::open(config).map_err(CommandError::other);
    }
    let sentence = "there is no desk in the database, or it is not up to date: see `support-http migrate --check`";
    Err(CommandError::Other(sentence.to_owned()))
}

/// Removes the bytes of what was purged, and of what an earlier run has left.
async fn remove_files(service: &SupportService, purged: usize) -> Result<(), CommandError> {
    if !service.keeps_files() {
        if purged > 0 {
            tracing::warn!(
                files = purged,
                "the place of the files is not known here; a running server removes their bytes"
            );
        }
        return Ok(());
    }
    let tidied = service.remove_files().await.map_err(CommandError::other)?;
    if tidied.left > 0 {
        let sentence = format!("the bytes of {} files could not be removed; run it again", tidied.left);
        return Err(CommandError::Other(sentence));
    }
    Ok(())
}

impl Purge {
    /// Removes batch after batch of one country. Returns what went, also when it could not go on.
    async fn country(
        &self,
        service: &SupportService,
        country: CountryCode,
        before: Timestamp,
    ) -> (Purged, Result<(), ServiceError>) {
        let mut total = Purged::default();
        for status in ConversationStatus::ALL.iter().filter(|status| self.statuses.contains(status)) {
            let mut behind = None;
            loop {
                let limit = if self.dry_run { MOST_PURGED } else { self.batch };
                let batch = PurgeConversations { country, status: *status, before, behind, limit };
                let purged = match self.batch(service, batch).await {
                    Ok(purged) => purged,
                    Err(error) => return (total, Err(error)),
                };
                total.conversations += purged.conversations;
                total.messages += purged.messages;
                total.files += purged.files;
                behind = purged.next;
                if behind.is_none() {
                    break;
                }
                if !self.dry_run {
                    tokio::time::sleep(self.pause).await;
                }
            }
        }
        (total, Ok(()))
    }

    /// One batch. A database that is away or busy is tried again: whatever was removed meanwhile is not there to be found.
    async fn batch(&self, service: &SupportService, batch: PurgeConversations) -> Result<Purged, ServiceError> {
        let mut failures = 0;
        loop {
            let done = if self.dry_run {
                service.count_old_conversations(batch.clone()).await
            } else {
                service.purge_conversations(self.email.clone(), batch.clone()).await
            };
            match done {
                Err(ServiceError::Store(error @ (StoreError::Unavailable(_) | StoreError::Conflict(_))))
                    if failures < MOST_FAILURES =>
                {
                    if failures == 0 {
                        tracing::warn!(error = %error, "a batch could not be removed, and is tried again");
                    }
                    failures += 1;
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
                done => return done,
            }
        }
    }
}

/// A number of days or weeks.
fn age(text: &str) -> Result<Duration, String> {
    let days = unit(text, &[("d", 1), ("w", 7)]).filter(|days| (1..=36_525).contains(days));
    let refusal = || "must be a number of d or w, like 400d, at least a day and at most a hundred years".to_owned();
    days.map(|days| Duration::from_secs(days * 86_400)).ok_or_else(refusal)
}

fn pause(text: &str) -> Result<Duration, String> {
    let millis = unit(text, &[("ms", 1), ("s", 1_000)]).filter(|millis| *millis <= 600_000);
    millis.map(Duration::from_millis).ok_or_else(|| "must be a number of ms or s, like 100ms, at most 600s".to_owned())
}

/// A whole number and one of these units, in the smallest of them.
fn unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    units.iter().find_map(|(unit, factor)| {
        let digits = text.strip_suffix(unit)?;
        let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| digits.parse::<u64>().ok()).flatten()?.checked_mul(*factor)
    })
}

fn batch(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=MOST_PURGED).contains(number));
    number.ok_or_else(|| format!("must be a whole number from 1 to {MOST_PURGED}"))
}

fn email(text: &str) -> Result<ActorEmail, String> {
    ActorEmail::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_age_is_a_number_of_days_or_weeks() {
        let days = |days: u64| Ok(Duration::from_secs(days * 86_400));
        assert_eq!((age("400d"), age("57w"), age("1d"), age("36525d")), (days(400), days(399), days(1), days(36_525)));
        for text in [
            "",
            "d",
            "w",
            "400",
            "0d",
            "0w",
            "-1d",
            "+1d",
            "1.5d",
            " 1d",
            "1d ",
            "1 d",
            "1D",
            "24h",
            "10m",
            "1dd",
            "1dw",
            "36526d",
            "5218w",
            "99999999999999999999d",
            "18446744073709551615w",
            "5\u{9ae}",
            "\u{967}d",
        ] {
            assert!(age(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pause_is_a_number_of_seconds_or_thousandths() {
        assert_eq!(pause("100ms"), Ok(Duration::from_millis(100)));
        assert_eq!(
            (pause("2s"), pause("0s"), pause("0ms")),
            (Ok(Duration::from_secs(2)), Ok(Duration::ZERO), Ok(Duration::ZERO))
        );
        for text in ["", "ms", "s", "1", "1m", "-1s", "601s", "600001ms", "1.5s", "18446744073709551615s"] {
            assert!(pause(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_batch_is_neither_empty_nor_larger_than_a_statement_can_be() {
        assert_eq!((batch("1"), batch("1000")), (Ok(1), Ok(1_000)));
        for text in ["", "0", "1001", "-1", "all"] {
            assert!(batch(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_taken_for_less_than_a_day(text in "[0-9]{0,20}[dwhms ]{0,2}") {
            if let Ok(age) = age(&text) {
                prop_assert!((86_400..=36_525 * 86_400).contains(&age.as_secs()) && age.as_secs().is_multiple_of(86_400));
                prop_assert!(text.trim_start_matches('0').starts_with(|digit: char| digit.is_ascii_digit()));
            }
        }

        #[test]
        fn every_number_of_days_is_that_many_days(days in 1_u64..=36_525) {
            prop_assert_eq!(age(&format!("{days}d")), Ok(Duration::from_secs(days * 86_400)));
            prop_assert_eq!(age(&format!("{days}w")).is_ok(), days * 7 <= 36_525);
        }
    }
}

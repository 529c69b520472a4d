//! The clock: tokens end by it, and nodes and database have to agree about it.

use std::sync::Arc;

use support_domain::{Clock, SystemClock, Timestamp};
use support_store::newest_migration;

use super::Asked;
use super::finding::{Finding, Topic};

const TOPIC: Topic = Topic("time");
/// A difference in milliseconds that is told.
const MUCH: i64 = 2_000;
/// With this one, tokens of a quarter of an hour are over, or not yet good, at one node and not at another.
const TOO_MUCH: i64 = 60_000;

pub(super) async fn check(_: Arc<Asked>) -> Vec<Finding> {
    vec![judge(SystemClock::new().now())]
}

/// No clock is right that shows a day before this program was written.
fn judge(now: Timestamp) -> Finding {
    let written = newest_migration().and_then(|name| name.get(..10).and_then(|day| Timestamp::parse_day(day).ok()));
    match written {
        Some(written) if now < written => TOPIC.problem(
            format!("the clock says {now}, before this version was written"),
            "set the clock, and keep it right with NTP (chrony, systemd-timesyncd)",
        ),
        _ => TOPIC.ok(format!("the clock says {now}")),
    }
}

/// How far the database's clock is ahead of ours. What lies within the doubt of the measurement is no difference.
pub(super) fn judge_difference(ahead_ms: i64, doubt_ms: i64) -> Finding {
    let apart = (ahead_ms.abs() - doubt_ms).max(0);
    let advice = "keep both clocks right with NTP (chrony, systemd-timesyncd)";
    if apart < MUCH {
        return TOPIC.ok("the database's clock agrees with ours");
    }
    let direction = if ahead_ms > 0 { "ahead of" } else { "behind" };
    let what = format!("the database's clock is {}.{:03} seconds {direction} ours", apart / 1_000, apart % 1_000);
    if apart < TOO_MUCH { TOPIC.warning(what, advice) } else { TOPIC.problem(what, advice) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;

    #[test]
    fn a_clock_from_before_this_version_is_wrong() {
        assert_eq!(judge(Timestamp::from_millis(0)).level, Level::Problem);
        assert_eq!(judge(SystemClock::new().now()).level, Level::Ok);
    }

    #[test]
    fn what_the_measurement_may_be_off_by_is_no_difference() {
        assert_eq!(judge_difference(-2_500, 1_000).level, Level::Ok);
        let told = judge_difference(-3_500, 100);
        assert_eq!(
            (told.level, told.what.as_str()),
            (Level::Warning, "the database's clock is 3.400 seconds behind ours")
        );
        assert_eq!(judge_difference(90_000, 5).level, Level::Problem);
    }
}

//! Time, and the one place that may ask the system for it.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use crate::InvalidValue;

/// A moment in UTC, whole milliseconds: what the contract shows is what is stored and what a cursor holds, so that none
/// of the three can miss another by a rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The last moment that has an RFC 3339 form with a year of four digits.
const LATEST_MILLIS: i64 = 253_402_300_799_999;

impl Timestamp {
    /// From milliseconds since 1970. Moments before 1970 or after the year 9999 are moved to that border.
    pub const fn from_millis(millis: i64) -> Self {
        Self(if millis < 0 {
            0
        } else if millis > LATEST_MILLIS {
            LATEST_MILLIS
        } else {
            millis
        })
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads RFC 3339 with any offset; what is finer than a millisecond is cut.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let moment = DateTime::parse_from_rfc3339(text)
            .map_err(|_| InvalidValue::new("must be a time as in RFC 3339, like 2026-01-31T09:30:00Z"))?;
        Self::in_range(moment.timestamp_millis())
    }

    /// The first moment of a calendar day in UTC, `2026-01-31`.
    pub fn parse_day(text: &str) -> Result<Self, InvalidValue> {
        let refusal = || InvalidValue::new("must be a date like 2026-01-31 or a time as in RFC 3339");
        let well_formed = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let day =
            well_formed.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten().ok_or_else(refusal)?;
        Self::in_range(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis())
    }

    fn in_range(millis: i64) -> Result<Self, InvalidValue> {
        if (0..=LATEST_MILLIS).contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(InvalidValue::new("must lie between the years 1970 and 9999"))
        }
    }

    /// This moment and `duration` more, at most the end of the year 9999.
    pub fn plus(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This moment less `duration`, at least the start of 1970.
    pub fn minus(self, duration: Duration) -> Self {
        Self::from_millis(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long it is from `earlier` to this moment; nothing if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// RFC 3339 in UTC with milliseconds: `2026-01-31T09:30:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = DateTime::<Utc>::from_timestamp_millis(self.0).unwrap_or_default();
        f.write_str(&moment.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Where time comes from. Everything that needs it is given one, so that a test can hold it still or move it.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present moment.
    fn now(&self) -> Timestamp;
    /// Time since some fixed moment, which never runs backwards: for rates and waits.
    fn monotonic(&self) -> Duration;
}

/// The system's clocks.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: std::time::Instant,
}

impl SystemClock {
    /// A clock whose [`monotonic`](Clock::monotonic) starts now.
    #[expect(clippy::disallowed_methods, reason = "this is the place where time enters")]
    pub fn new() -> Self {
        Self { started: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the place where time enters")]
    fn now(&self) -> Timestamp {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_utc_with_milliseconds() {
        assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            Timestamp::parse("2026-01-31T15:30:00.123456+06:00").unwrap().to_string(),
            "2026-01-31T09:30:00.123Z"
        );
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "2026-01-31", "1969-12-31T23:59:59Z", "NaN"] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
        for text in ["", "2026-02-30", "2026-1-1", "+2026-01-01", "31-01-2026", "0001-01-01"] {
            assert!(Timestamp::parse_day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn arithmetic_stays_within_what_can_be_printed() {
        let last = Timestamp::from_millis(i64::MAX);
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_millis(5).minus(Duration::from_secs(1)).millis(), 0);
        assert_eq!(Timestamp::from_millis(5).since(Timestamp::from_millis(9)), Duration::ZERO);
    }
}

//! The small values that manifests are made of: dates, instants, periods and countries.
//!
//! Each reads exactly what the CRD schema admits and nothing else, so that a value which the API server would
//! refuse cannot be judged offline either.

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Why a text is not the value it should be. The message says what was expected, with an example.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not a calendar day of the form `YYYY-MM-DD`.
    #[error("{0:?} is not a date: expected YYYY-MM-DD such as 2026-12-31")]
    Date(String),
    /// Not an RFC 3339 instant, or beyond the year 2199.
    #[error("{0:?} is not an instant before 2200-01-01: expected RFC 3339 such as 2026-12-31T18:00:00Z")]
    Instant(String),
    /// Not a number and a unit.
    #[error("{0:?} is not a duration: expected a number and one of s, m, h, d such as 72h or 90d")]
    Period(String),
    /// Not two upper-case letters.
    #[error("{0:?} is not a country: expected a quoted ISO 3166-1 alpha-2 code such as \"NO\"")]
    Country(String),
}

/// A calendar day in UTC. A document dated so holds through the end of that day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

impl Date {
    /// The day of an instant, in UTC.
    pub fn of(instant: Timestamp) -> Self {
        Self(instant.to_zoned(TimeZone::UTC).date())
    }

    /// The first instant of the day.
    pub fn start(self) -> Timestamp {
        self.0.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |zoned| zoned.timestamp())
    }

    /// The first instant after the day: when a document valid until this day stops to hold.
    pub fn end(self) -> Timestamp {
        self.0.tomorrow().map_or(Timestamp::MAX, |next| Self(next).start())
    }

    /// The next day. After the last that there is, the same.
    #[must_use]
    pub fn tomorrow(self) -> Self {
        Self(self.0.tomorrow().unwrap_or(self.0))
    }

    /// The same day so many months later; the last day of that month if it is shorter.
    #[must_use]
    pub fn months_later(self, months: u16) -> Self {
        let span = Span::new().months(i64::from(months));
        Self(self.0.checked_add(span).unwrap_or(civil::Date::MAX))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Date {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let error = || ValueError::Date(text.to_owned());
        // The parser of the library also takes times, weeks and signs; the schema's `format: date` does not.
        let shape = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(error());
        }
        text.parse().map(Self).map_err(|_| error())
    }
}

/// A point in time, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Timestamp);

impl Instant {
    /// The instant as the engine compares it.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl Instant {
    /// The instant, if a manifest may hold it: nothing beyond the year 2199.
    pub fn bounded(timestamp: Timestamp) -> Option<Self> {
        (timestamp.as_second() <= LAST_SECOND).then_some(Self(timestamp))
    }
}

/// An instant to the second, as people write instants, and as Kubernetes keeps the times of conditions.
pub fn whole_seconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The last second of 2199: whoever writes 9999 means "never", and never is not an expiry.
const LAST_SECOND: i64 = 7_258_118_399;

impl FromStr for Instant {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let error = || ValueError::Instant(text.to_owned());
        let timestamp: Timestamp = text.parse().map_err(|_| error())?;
        // RFC 3339 wants the `T` in place; the library would also take a space or a bracketed zone.
        let shape = text.as_bytes().get(10).is_some_and(|byte| *byte == b'T') && !text.contains('[');
        if shape && timestamp.as_second() <= LAST_SECOND { Ok(Self(timestamp)) } else { Err(error()) }
    }
}

/// A length of time: a number and a unit, as written.
#[derive(Clone, Copy, Debug)]
pub struct Period {
    count: u32,
    unit: Unit,
}

#[derive(Clone, Copy, Debug)]
enum Unit {
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl Period {
    /// So many days of 24 hours.
    pub const fn days(count: u32) -> Self {
        Self { count, unit: Unit::Days }
    }

    /// So many hours.
    pub const fn hours(count: u32) -> Self {
        Self { count, unit: Unit::Hours }
    }

    /// The length in seconds.
    pub fn seconds(self) -> i64 {
        let unit = match self.unit {
            Unit::Seconds => 1,
            Unit::Minutes => 60,
            Unit::Hours => 3_600,
            Unit::Days => 86_400,
        };
        i64::from(self.count) * unit
    }

    /// `end` less this length, or the beginning of time.
    pub fn before(self, end: Timestamp) -> Timestamp {
        end.checked_sub(SignedDuration::from_secs(self.seconds())).unwrap_or(Timestamp::MIN)
    }

    /// `start` plus this length, or the end of time.
    pub fn after(self, start: Timestamp) -> Timestamp {
        start.checked_add(SignedDuration::from_secs(self.seconds())).unwrap_or(Timestamp::MAX)
    }
}

impl PartialEq for Period {
    fn eq(&self, other: &Self) -> bool {
        self.seconds() == other.seconds()
    }
}

impl Eq for Period {}

impl PartialOrd for Period {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Period {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.seconds().cmp(&other.seconds())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Seconds => 's',
            Unit::Minutes => 'm',
            Unit::Hours => 'h',
            Unit::Days => 'd',
        };
        write!(f, "{}{unit}", self.count)
    }
}

impl FromStr for Period {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let error = || ValueError::Period(text.to_owned());
        let unit = match text.bytes().last() {
            Some(b's') => Unit::Seconds,
            Some(b'm') => Unit::Minutes,
            Some(b'h') => Unit::Hours,
            Some(b'd') => Unit::Days,
            _ => return Err(error()),
        };
        let digits = text.get(..text.len() - 1).unwrap_or_default();
        let shape = (1..=6).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if !shape {
            return Err(error());
        }
        digits.parse().map(|count| Self { count, unit }).map_err(|_| error())
    }
}

/// A country or territory: two upper-case letters. Whether such a country exists, [`crate::reference`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The code, such as `DE`.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Country {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text.as_bytes() {
            [first @ b'A'..=b'Z', second @ b'A'..=b'Z'] => Ok(Self([*first, *second])),
            _ => Err(ValueError::Country(text.to_owned())),
        }
    }
}

/// Serde and JSON schema for a value that is a string on the wire.
macro_rules! text_value {
    ($type:ident, $schema:tt) => {
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

text_value!(Date, { "type": "string", "format": "date", "maxLength": 10 });
// The server's `date-time` admits 12 fraction digits and any year; the pattern admits what we can read.
text_value!(Instant, {
    "type": "string",
    "format": "date-time",
    "maxLength": 35,
    "pattern": "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
});
text_value!(Period, { "type": "string", "maxLength": 7, "pattern": "^[1-9][0-9]{0,5}(s|m|h|d)$" });
text_value!(Country, { "type": "string", "maxLength": 2, "pattern": "^[A-Z]{2}$" });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_holds_through_the_end_of_its_day() {
        let date: Date = "2026-12-31".parse().unwrap();
        assert_eq!(date.start().to_string(), "2026-12-31T00:00:00Z");
        assert_eq!(date.end().to_string(), "2027-01-01T00:00:00Z");
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        for (from, months, to) in [
            ("2026-01-01", 3, "2026-04-01"),
            ("2026-11-30", 3, "2027-02-28"),
            ("2024-02-29", 36, "2027-02-28"),
            ("9999-12-31", 1, "9999-12-31"),
        ] {
            assert_eq!(from.parse::<Date>().unwrap().months_later(months).to_string(), to);
        }
        assert_eq!("2026-12-31".parse::<Date>().unwrap().tomorrow().to_string(), "2027-01-01");
        assert_eq!(Date(civil::Date::MAX).tomorrow(), Date(civil::Date::MAX));
    }

    #[test]
    fn texts_that_the_schema_refuses_are_refused() {
        for text in ["2026-02-29", "2026-1-1", "20260101", "2026-01-01T00:00:00Z", "+002026-01-01", ""] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        for text in
            ["9999-12-31T23:59:59Z", "2026-01-01", "2026-01-01 00:00:00Z", "2200-01-01T00:00:00Z", "x"]
        {
            assert!(text.parse::<Instant>().is_err(), "{text}");
        }
        for text in ["0d", "90", "P90D", "-5h", "1.5d", "1000000d", "d", "", "5\u{e9}"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
        for text in ["no", "NOR", "N", "false", ""] {
            assert!(text.parse::<Country>().is_err(), "{text}");
        }
    }

    #[test]
    fn values_are_written_as_they_were_read() {
        for text in ["72h", "90d", "15m", "30s", "999999d"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        assert_eq!("24h".parse::<Period>(), "1d".parse::<Period>());
        assert_eq!("2026-11-20T08:00:00Z".parse::<Instant>().unwrap().to_string(), "2026-11-20T08:00:00Z");
        assert_eq!("NO".parse::<Country>().unwrap().to_string(), "NO");
    }

    #[test]
    fn the_longest_period_saturates() {
        assert_eq!("999999d".parse::<Period>().unwrap().after(Timestamp::MAX), Timestamp::MAX);
    }
}

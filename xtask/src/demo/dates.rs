//! The dates of the examples, moved to today: they were written for one day and must not go out of date.

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use serde_json::Value;

/// The day for which the examples were written.
const WRITTEN_FOR: Date = Date::constant(2026, 11, 23);

/// Moves every date and instant in a document by the days that have passed since it was written.
pub(super) fn to_today(document: &mut Value, now: Timestamp) -> Result<()> {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = WRITTEN_FOR.until(today).context("no such day")?;
    shift(document, days);
    Ok(())
}

fn shift(value: &mut Value, days: Span) {
    match value {
        Value::String(text) => {
            if let Some(moved) = moved(text, days) {
                *text = moved;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, days)),
        Value::Object(fields) => fields.values_mut().for_each(|field| shift(field, days)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The text with another day, if it is a date or begins with one and goes on with a time.
fn moved(text: &str, days: Span) -> Option<String> {
    let (day, time) = text.split_at_checked(10)?;
    if !(time.is_empty() || time.starts_with('T')) {
        return None;
    }
    let day: Date = day.parse().ok()?;
    Some(format!("{}{time}", day.checked_add(days).ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_and_instants_move_and_nothing_else_does() {
        let mut document = json!({
            "until": "2026-12-31", "at": ["2026-11-19T15:00:00Z"], "name": "inc-2026-11-23", "bits": 128,
            "edition": "2022", "text": "2026-11-23 was a Monday",
        });
        to_today(&mut document, "2026-11-25T23:00:00Z".parse().unwrap()).unwrap();
        let expected = json!({
            "until": "2027-01-02", "at": ["2026-11-21T15:00:00Z"], "name": "inc-2026-11-23", "bits": 128,
            "edition": "2022", "text": "2026-11-23 was a Monday",
        });
        assert_eq!(document, expected);
    }
}

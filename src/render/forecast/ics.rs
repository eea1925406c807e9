//! For calendars: iCalendar (RFC 5545), an event for each change.

use std::io;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::{Entry, Forecast};
use crate::render::visible::visible;

/// The most octets of a line, without its end.
const LONGEST: usize = 75;

/// Writes one calendar. A change at midnight is an event of the whole day, any other one of an instant.
pub fn write(forecast: &Forecast, out: &mut dyn io::Write) -> io::Result<()> {
    let stamp = instant(forecast.from);
    line(out, "BEGIN:VCALENDAR")?;
    line(out, "VERSION:2.0")?;
    line(out, "PRODID:-//cxguard.dev//cxguard forecast//EN")?;
    line(out, "CALSCALE:GREGORIAN")?;
    for entry in &forecast.entries {
        event(entry, &stamp, out)?;
    }
    if let Some(stopped) = forecast.stopped {
        line(out, "BEGIN:VEVENT")?;
        line(out, "UID:stopped@cxguard.dev")?;
        line(out, &format!("DTSTAMP:{stamp}"))?;
        line(out, &format!("DTSTART:{}", instant(stopped)))?;
        line(out, "SUMMARY:cxguard: too many changes\\, none is listed from here on")?;
        line(out, "END:VEVENT")?;
    }
    line(out, "END:VCALENDAR")
}

fn event(entry: &Entry, stamp: &str, out: &mut dyn io::Write) -> io::Result<()> {
    line(out, "BEGIN:VEVENT")?;
    line(out, &format!("UID:{}", entry.uid))?;
    line(out, &format!("DTSTAMP:{stamp}"))?;
    line(out, &start(entry.at))?;
    let what = entry.documents.first().map(|document| format!("{}: ", document.subject)).unwrap_or_default();
    line(out, &format!("SUMMARY:{}", escaped(&format!("cxguard: {what}{}", entry.summary()))))?;
    let lines = entry.lines().into_iter().map(|(word, text)| escaped(&format!("{word} {text}")));
    line(out, &format!("DESCRIPTION:{}", lines.collect::<Vec<_>>().join("\\n")))?;
    // Nobody is busy because a paper ends.
    line(out, "TRANSP:TRANSPARENT")?;
    line(out, "END:VEVENT")
}

fn start(at: Timestamp) -> String {
    let local = at.to_zoned(TimeZone::UTC).datetime();
    if local.time() == Time::midnight() {
        format!("DTSTART;VALUE=DATE:{}", at.strftime("%Y%m%d"))
    } else {
        format!("DTSTART:{}", instant(at))
    }
}

fn instant(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text as a value: nothing in it ends the value or the line.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in visible(text).chars() {
        if matches!(c, '\\' | ';' | ',') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Writes a line, folded between characters where it is too long.
fn line(out: &mut dyn io::Write, text: &str) -> io::Result<()> {
    let mut length = 0;
    let mut bytes = [0; 4];
    for c in text.chars() {
        if length + c.len_utf8() > LONGEST {
            out.write_all(b"\r\n ")?;
            length = 1;
        }
        out.write_all(c.encode_utf8(&mut bytes).as_bytes())?;
        length += c.len_utf8();
    }
    out.write_all(b"\r\n")
}

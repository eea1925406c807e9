//! A comment on a pull request.

use std::fmt::Write as _;
use std::io;

use super::report::{Diagnostic, Report};
use super::summary;
use super::visible::visible;

/// What GitHub takes, in characters.
pub(super) const MOST: usize = 65_536;

/// What is kept free for the end: the line about what is left out, and the details.
const END: usize = 8_192;

/// Writes the report as Markdown that GitHub and GitLab show, no longer than a comment may be.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = format!("### cxguard: {}\n\n", summary::headline(report));
    unread(report, &mut text);
    let shown: Vec<_> = report.findings.iter().filter(|finding| finding.counts()).collect();
    table(&shown, &mut text);
    let _ = writeln!(text, "{}.", summary::extent(report));
    let skipped: Vec<_> = summary::not_judged(report)
        .into_iter()
        .map(|(what, reason)| format!("{}: {}", code(&what), escaped(&reason)))
        .collect();
    details("Not judged", &skipped, MOST - END / 2, &mut text);
    let aside: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| !finding.counts())
        .map(|finding| {
            let why = finding.standing().collect::<Vec<_>>().join("; ");
            format!(
                "{} {}: {} ({why})",
                finding.rule,
                code(&finding.whereabouts()),
                escaped(&finding.message)
            )
        })
        .collect();
    details("Set aside", &aside, MOST - 256, &mut text);
    out.write_all(text.as_bytes())
}

/// How many of what could not be read are named.
const NAMED: usize = 20;

/// What could not be read, above all else: it may hold anything.
fn unread(report: &Report, text: &mut String) {
    if report.unread.is_empty() {
        return;
    }
    text.push_str("**Not read, so nothing in it was judged:**\n\n");
    for unread in report.unread.iter().take(NAMED) {
        let line = unread.at.map(|(line, _)| format!(":{line}")).unwrap_or_default();
        let _ = writeln!(text, "- {}: {}", code(&format!("{}{line}", unread.file)), escaped(&unread.problem));
    }
    if let Some(more) = report.unread.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(text, "- and {more} more");
    }
    text.push('\n');
}

/// As many rows as there is room for, and how many more there would be.
pub(super) fn table(findings: &[&Diagnostic], text: &mut String) {
    if findings.is_empty() {
        return;
    }
    text.push_str("| Rule | Object | Place | What | Remedy |\n|---|---|---|---|---|\n");
    let left_out = fill(findings.iter().map(|finding| row(finding)), MOST - END, text);
    text.push('\n');
    if left_out > 0 {
        let _ =
            writeln!(text, "**{left_out} more are left out here.** The log of the run has all of them.\n");
    }
}

fn row(finding: &Diagnostic) -> String {
    let place = match &finding.place {
        Some(place) => code(&format!("{}:{}", place.relative(), place.line)),
        None => "–".to_owned(),
    };
    let mut what = escaped(&finding.message);
    if let Some(cause) = &finding.cause {
        let _ = write!(what, "; because of {}", code(&cause.whereabouts()));
    }
    for said in finding.standing() {
        let _ = write!(what, "; {said}");
    }
    let (severity, rule) = (finding.severity().as_str(), finding.rule);
    let (object, remedy) = (code(&finding.whereabouts()), escaped(&finding.remedy));
    format!("| {severity} {rule} | {object} | {place} | {what} | {remedy} |\n")
}

/// A list that is folded away.
pub(super) fn details(title: &str, lines: &[String], most: usize, text: &mut String) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n<details><summary>{title}: {}</summary>\n", lines.len());
    let left_out = fill(lines.iter().map(|line| format!("- {line}\n")), most, text);
    if left_out > 0 {
        let _ = writeln!(text, "- and {left_out} more");
    }
    text.push_str("\n</details>\n");
}

/// Appends the parts until there would be too much; how many did not fit.
fn fill(parts: impl Iterator<Item = String>, most: usize, text: &mut String) -> usize {
    let (mut length, mut left_out) = (units(text), 0);
    for part in parts {
        length += units(&part);
        if left_out > 0 || length > most {
            left_out += 1;
        } else {
            text.push_str(&part);
        }
    }
    left_out
}

/// The length by the widest way of counting that a server may use.
fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Text of a cell that is neither markup, nor a link, nor a mention of anybody.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    // An address would be a link in the comment's own name; with an invisible joiner in it, it is only text.
    let text = visible(text).replace("://", ":\u{2060}//");
    let text = text.replace("www.", "www\u{2060}.");
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => safe.extend(['\\', c]),
            // A name would be notified; with an invisible joiner in between it is only text.
            '@' => safe.push_str("@\u{2060}"),
            _ => safe.push(c),
        }
    }
    safe
}

/// The same in the letters of code, where nothing is a link either.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

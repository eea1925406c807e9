//! Annotations of a GitHub workflow: commands in its log, which it shows at the lines of a pull request.

use std::io;

use super::report::{Diagnostic, Report, Severity};
use super::summary;
use super::visible::visible;

/// Writes one command per finding that counts and one that sums up. The gravest come first, because GitHub shows only
/// the first ten of each severity; what is set aside would take their place, and is only counted.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut findings: Vec<_> = report.findings.iter().filter(|finding| finding.counts()).collect();
    findings.sort_by_key(|finding| finding.severity());
    for finding in findings {
        annotation(finding, out)?;
    }
    let mut lines = vec![format!("{}. {}.", summary::counts(report), summary::extent(report))];
    for (what, reason) in summary::not_judged(report) {
        lines.push(format!("not judged: {}: {}", visible(&what), visible(reason)));
    }
    writeln!(out, "::notice title=cxguard::{}", data(&lines.join("\n")))
}

fn annotation(finding: &Diagnostic, out: &mut dyn io::Write) -> io::Result<()> {
    let command = match finding.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    write!(out, "::{command} ")?;
    // Standard input has no line that a pull request could show.
    if let Some(place) = finding.place.as_ref().filter(|place| place.file != "-") {
        let file = property(&visible(place.relative()));
        write!(out, "file={file},line={},endLine={},", place.line, place.end_line)?;
        // GitHub knows columns within one line only.
        if place.line == place.end_line {
            write!(out, "col={},endColumn={},", place.column, place.end_column)?;
        }
    }
    let title = format!("{} {}", finding.rule, finding.whereabouts());
    let mut lines = vec![finding.message.clone(), finding.remedy.clone()];
    lines.extend(finding.remarks());
    lines.retain(|line| !line.is_empty());
    let lines: Vec<_> = lines.iter().map(|line| visible(line)).collect();
    writeln!(out, "title={}::{}", property(&visible(&title)), data(&lines.join("\n")))
}

/// What follows the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which a comma or a colon would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

//! Annotations of a GitHub workflow: commands in its log, which it shows at the lines of a pull request.

use std::io;

use super::report::{Place, Report, Severity};
use super::summary;
use super::visible::visible;

/// Writes one command for each finding that counts, for each object of which something could not be judged and for each
/// file that could not be read, and one that sums up. The gravest come first, because GitHub shows only the first ten of
/// each severity; what is set aside would take their place, and is only counted.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    for unread in &report.unread {
        let (line, column) = unread.at.unzip();
        let place = At { file: &unread.file, line, end_line: line, columns: column.zip(column) };
        command(
            report,
            Severity::Error,
            Some(place),
            "cxguard could not read this",
            &[&unread.problem],
            out,
        )?;
    }
    let lacking = summary::lacking(report);
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let counting = report.findings.iter().filter(|finding| finding.counts());
        for finding in counting.filter(|finding| finding.severity() == severity) {
            let title = format!("{} {}", finding.rule, finding.whereabouts());
            let remarks = finding.remarks();
            let mut lines = vec![finding.message.as_str(), &finding.remedy];
            lines.extend(remarks.iter().map(String::as_str));
            lines.retain(|line| !line.is_empty());
            command(report, severity, finding.place.as_ref().map(At::of), &title, &lines, out)?;
        }
        for lack in lacking.iter().filter(|lack| Severity::of(lack.mode) == severity) {
            command(report, severity, lack.place.map(At::of), &lack.title(), &[&lack.message()], out)?;
        }
    }
    let mut lines = vec![format!("{}. {}.", summary::headline(report), summary::extent(report))];
    for (what, reason) in summary::not_judged(report) {
        lines.push(format!("not judged: {}: {}", visible(&what), visible(&reason)));
    }
    writeln!(out, "::notice title=cxguard::{}", data(&lines.join("\n")))
}

/// Lines of a file.
struct At<'r> {
    file: &'r str,
    line: Option<usize>,
    end_line: Option<usize>,
    columns: Option<(usize, usize)>,
}

impl<'r> At<'r> {
    fn of(place: &'r Place) -> Self {
        // GitHub knows columns within one line only.
        let columns = (place.line == place.end_line).then_some((place.column, place.end_column));
        Self { file: &place.file, line: Some(place.line), end_line: Some(place.end_line), columns }
    }
}

fn command(
    report: &Report,
    severity: Severity,
    at: Option<At<'_>>,
    title: &str,
    lines: &[&str],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let name = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    write!(out, "::{name} ")?;
    // Standard input has no line that a pull request could show.
    if let Some(at) = at.filter(|at| at.file != "-") {
        write!(out, "file={},", property(&visible(&report.in_repository(at.file))))?;
        if let Some((line, end_line)) = at.line.zip(at.end_line) {
            write!(out, "line={line},endLine={end_line},")?;
        }
        if let Some((column, end_column)) = at.columns {
            write!(out, "col={column},endColumn={end_column},")?;
        }
    }
    let title = visible(title);
    let short: String = title.chars().take(LONGEST_TITLE).collect();
    // What is cut is said in full beneath.
    let whole = (short.len() < title.len()).then_some(&*title);
    let lines: Vec<_> = whole.into_iter().chain(lines.iter().copied()).map(visible).collect();
    writeln!(out, "title={}::{}", property(&short), data(&lines.join("\n")))
}

/// What GitHub takes, in characters.
const LONGEST_TITLE: usize = 255;

/// What follows the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which a comma or a colon would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

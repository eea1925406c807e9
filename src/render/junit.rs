//! For views of tests: a rule that holds is a test that passes.
//!
//! The first suite has a case for every rule of which nothing was found, so that a clean run shows what was judged. Each
//! file with findings has a suite of its own, with one case per rule and object.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;

use super::report::{Diagnostic, Place, Report, Subject, Unjudged, Unread};
use super::summary::{self, Lacking};
use super::visible::visible;
use crate::api::Mode;
use crate::rules::{Code, RULES};

/// Writes the report as one XML document.
pub fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let suites = suites(report);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    writeln!(out, r#"<testsuites name="cxguard" {}>"#, totals(all()))?;
    for Suite { name, cases } in &suites {
        let (name, totals) = (attribute(name), totals(cases.iter()));
        writeln!(out, r#"  <testsuite name="{name}" timestamp="{}" {totals}>"#, report.at)?;
        for case in cases {
            case.write(out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

struct Case {
    class: String,
    name: String,
    /// The file and the line.
    place: Option<(String, usize)>,
    status: Status,
}

enum Status {
    Passed,
    /// What is found, and below what fails the run.
    Remarked(String),
    Skipped(String),
    /// It could not be read.
    Broken(String),
    Failed {
        rule: Code,
        message: String,
        text: String,
    },
}

/// The findings of one file by rule and object.
type Grouped<'r> = BTreeMap<(Code, &'r Subject), Vec<&'r Diagnostic>>;

fn suites(report: &Report) -> Vec<Suite> {
    // Without a threshold of the run's own, as with `--exit-zero`, the document still tells good from bad.
    let fails_on = report.fails_on.unwrap_or(Mode::Enforce);
    let mut files: BTreeMap<(bool, &str), Grouped<'_>> = BTreeMap::new();
    for finding in &report.findings {
        let file = finding.place.as_ref().map(Place::relative);
        let cases = files.entry((file.is_none(), file.unwrap_or("in no file"))).or_default();
        cases.entry((finding.rule, &finding.subject)).or_default().push(finding);
    }
    let mut cases: BTreeMap<(bool, &str), Vec<Case>> = BTreeMap::new();
    for ((elsewhere, name), findings) in files {
        let case = |((rule, subject), findings): ((Code, &Subject), Vec<&Diagnostic>)| Case {
            class: name.to_owned(),
            name: format!("{rule} {subject}"),
            place: findings.iter().find_map(|finding| finding.place.as_ref()).map(line),
            status: status(&findings, fails_on),
        };
        cases.insert((elsewhere, name), findings.into_iter().map(case).collect());
    }
    for lack in summary::lacking(report) {
        let file = lack.place.map(Place::relative);
        let suite = (file.is_none(), file.unwrap_or("in no file"));
        cases.entry(suite).or_default().push(lacking(&lack, suite.1, fails_on));
    }
    let mut suites = vec![Suite { name: "rules".to_owned(), cases: rules(report) }];
    suites.extend(cases.into_iter().map(|((_, name), cases)| Suite { name: name.to_owned(), cases }));
    for (name, cases) in [("not judged", skipped_files(report)), ("not read", unread(report))] {
        if !cases.is_empty() {
            suites.push(Suite { name: name.to_owned(), cases });
        }
    }
    suites
}

fn line(place: &Place) -> (String, usize) {
    (place.relative().to_owned(), place.line)
}

/// Of what could not be judged: a failure if it fails the run.
fn lacking(lack: &Lacking<'_>, class: &str, fails_on: Mode) -> Case {
    let message = visible(&lack.message()).into_owned();
    let status = match lack.codes.first() {
        Some(rule) if lack.mode >= fails_on => {
            Status::Failed { rule: *rule, text: format!("{message}\n"), message }
        }
        _ => Status::Remarked(message),
    };
    Case { class: class.to_owned(), name: lack.title(), place: lack.place.map(line), status }
}

/// What could not be read.
fn unread(report: &Report) -> Vec<Case> {
    let case = |unread: &Unread| Case {
        class: "not read".to_owned(),
        name: unread.file.clone(),
        place: unread.at.map(|(line, _)| (unread.file.clone(), line)),
        status: Status::Broken(unread.problem.clone()),
    };
    report.unread.iter().map(case).collect()
}

/// The rules of which nothing was found.
fn rules(report: &Report) -> Vec<Case> {
    let found: BTreeSet<Code> = report.findings.iter().map(|finding| finding.rule).collect();
    let everywhere = report.not_judged.iter().filter_map(|entry| match entry.what {
        Unjudged::Rule(code) => Some((code, entry.reason.as_str())),
        Unjudged::File(_) => None,
    });
    let of_objects = report.gaps.iter().flat_map(|gap| gap.rules.keys().map(|code| (*code, &*gap.reason)));
    let skipped: BTreeMap<Code, &str> = everywhere.chain(of_objects).collect();
    let quiet = RULES.iter().filter(|rule| !found.contains(&rule.code));
    quiet
        .map(|rule| Case {
            class: "rules".to_owned(),
            name: format!("{} {}", rule.code, rule.pattern),
            place: None,
            status: match skipped.get(&rule.code) {
                Some(reason) => Status::Skipped((*reason).to_owned()),
                None => Status::Passed,
            },
        })
        .collect()
}

fn skipped_files(report: &Report) -> Vec<Case> {
    let file = |what: &Unjudged| match what {
        Unjudged::Rule(_) => None,
        Unjudged::File(file) => Some(file.clone()),
    };
    report
        .not_judged
        .iter()
        .filter_map(|entry| file(&entry.what).map(|name| (name, entry.reason.clone())))
        .map(|(name, reason)| Case {
            class: "not judged".to_owned(),
            name,
            place: None,
            status: Status::Skipped(reason),
        })
        .collect()
}

/// Of the findings of one rule on one object.
fn status(findings: &[&Diagnostic], fails_on: Mode) -> Status {
    let failing: Vec<_> =
        findings.iter().filter(|finding| finding.counts() && finding.mode >= fails_on).collect();
    if let Some(first) = failing.first() {
        let more =
            if failing.len() > 1 { format!(" (and {} more)", failing.len() - 1) } else { String::new() };
        let message = format!("{}{more}", first.message);
        return Status::Failed { rule: first.rule, message, text: text(findings) };
    }
    if findings.iter().any(|finding| finding.counts()) {
        return Status::Remarked(text(findings));
    }
    let standing: BTreeSet<_> = findings.iter().flat_map(|finding| finding.standing()).collect();
    Status::Skipped(standing.into_iter().collect::<Vec<_>>().join("; "))
}

fn text(findings: &[&Diagnostic]) -> String {
    let mut text = String::new();
    for finding in findings {
        if let Some(place) = &finding.place {
            let _ = write!(text, "{}:{}:{}: ", visible(place.relative()), place.line, place.column);
        }
        let (severity, whereabouts) = (finding.severity().as_str(), finding.whereabouts());
        let _ = writeln!(text, "{severity}: {}: {}", visible(&whereabouts), visible(&finding.message));
        let mut lines = vec![finding.remedy.clone()];
        lines.extend(finding.remarks());
        for line in lines.iter().filter(|line| !line.is_empty()) {
            let _ = writeln!(text, "  {}", visible(line));
        }
    }
    text
}

fn totals<'c>(cases: impl Iterator<Item = &'c Case>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.status {
            Status::Failed { .. } => failures += 1,
            Status::Broken(_) => errors += 1,
            Status::Skipped(_) => skipped += 1,
            Status::Passed | Status::Remarked(_) => {}
        }
    }
    format!(r#"tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}""#)
}

impl Case {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let (class, name) = (attribute(&self.class), attribute(&self.name));
        write!(out, r#"    <testcase classname="{class}" name="{name}""#)?;
        if let Some((file, line)) = &self.place {
            write!(out, r#" file="{}" line="{line}""#, attribute(file))?;
        }
        match &self.status {
            Status::Passed => return writeln!(out, "/>"),
            Status::Remarked(text) => writeln!(out, ">\n      <system-out>{}</system-out>", escape(text)),
            Status::Skipped(why) => writeln!(out, ">\n      <skipped message=\"{}\"/>", attribute(why)),
            Status::Broken(why) => {
                writeln!(out, ">\n      <error type=\"unread\" message=\"{}\"/>", attribute(why))
            }
            Status::Failed { rule, message, text } => {
                let message = attribute(message);
                write!(out, ">\n      <failure type=\"{rule}\" message=\"{message}\">")?;
                writeln!(out, "{}</failure>", escape(text))
            }
        }?;
        writeln!(out, "    </testcase>")
    }
}

/// The value of an attribute: on one line, because a reader would make spaces of its breaks.
fn attribute(text: &str) -> String {
    escape(&visible(text))
}

/// Text that holds no markup. `>` is escaped for the sake of `]]>`.
fn escape(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;")
}

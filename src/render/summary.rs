//! The sentences that sum a run up, for the formats that people read.

use std::collections::BTreeMap;

use super::report::{Place, Report, Subject, Unjudged};
use crate::api::Mode;
use crate::rules::{Code, RULES};

/// How it came out, and how much there is of what: the first that people read.
pub(super) fn headline(report: &Report) -> String {
    format!("{}: {}", report.outcome, counts(report))
}

/// How many findings there are, the gravest first: `2 errors, 1 warning; 1 exempted`.
fn counts(report: &Report) -> String {
    let counted: Vec<_> =
        report.counts().into_iter().map(|(severity, count)| many(count, severity.as_str())).collect();
    let counted = if counted.is_empty() { "no findings".to_owned() } else { counted.join(", ") };
    let exempted = report.findings.iter().filter(|finding| finding.exempted).count();
    let known = report.findings.iter().filter(|finding| finding.baselined && !finding.exempted).count();
    let aside = [
        (exempted, "exempted"),
        (known, "known from the baseline"),
        (lacking(report).len(), "not judged for want of a fact"),
        (report.unread.len(), "not read"),
    ];
    let aside: Vec<_> = aside
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if aside.is_empty() { counted } else { format!("{counted}; {}", aside.join(", ")) }
}

/// What was judged, for when, and until when that holds.
pub(super) fn extent(report: &Report) -> String {
    let (objects, files) = (many(report.objects, "object"), many(report.files, "file"));
    let until = match report.horizon {
        Some(horizon) => format!("until {horizon}, if nothing is edited"),
        None => "until something is edited".to_owned(),
    };
    format!("{objects} in {files} judged as of {}; this holds {until}", report.at)
}

/// How many of the objects that lack the same fact are named.
const NAMED: usize = 5;

/// What was not judged, as what and why: rules with the same reason together, with the first objects of which that is
/// so, then files. What a baseline knows is apart from what is new.
pub(super) fn not_judged(report: &Report) -> Vec<(String, String)> {
    let mut everywhere: BTreeMap<&str, Vec<Code>> = BTreeMap::new();
    let mut files = Vec::new();
    for entry in &report.not_judged {
        match &entry.what {
            Unjudged::Rule(code) => everywhere.entry(&entry.reason).or_default().push(*code),
            Unjudged::File(file) => files.push((file.clone(), entry.reason.clone())),
        }
    }
    let everywhere = everywhere.into_iter().map(|(reason, rules)| ((reason, false, rules), Vec::new()));
    let mut alike: BTreeMap<(&str, bool, Vec<Code>), Vec<&Subject>> = everywhere.collect();
    for gap in &report.gaps {
        for known in [false, true] {
            let rules: Vec<Code> =
                gap.rules.iter().filter(|(_, lack)| lack.baselined == known).map(|(code, _)| *code).collect();
            if !rules.is_empty() {
                alike.entry((&gap.reason, known, rules)).or_default().push(&gap.subject);
            }
        }
    }
    let listed = alike.into_iter().map(|((reason, known, rules), subjects)| {
        let known = if known { "; known from the baseline, so it counts for nothing" } else { "" };
        (format!("{}{}", codes(&rules), of(&subjects)), format!("{reason}{known}"))
    });
    listed.chain(files).collect()
}

/// The codes; of an object that leaves all open, such as a policy that cannot be read, no list of them.
fn codes(rules: &[Code]) -> String {
    if rules.len() == RULES.len() {
        return "every rule".to_owned();
    }
    rules.iter().map(Code::to_string).collect::<Vec<_>>().join(", ")
}

/// ` of Vendor/a, Vendor/b and 3 more`; nothing where no object is meant.
fn of(subjects: &[&Subject]) -> String {
    let names: Vec<_> = subjects.iter().take(NAMED).map(ToString::to_string).collect();
    let more = subjects.len() - names.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    if names.is_empty() { String::new() } else { format!(" of {}{more}", names.join(", ")) }
}

/// Rules that could not be judged of an object, for one reason, and that count.
pub(super) struct Lacking<'r> {
    pub(super) codes: Vec<Code>,
    pub(super) subject: &'r Subject,
    pub(super) reason: &'r str,
    /// That of the gravest.
    pub(super) mode: Mode,
    pub(super) place: Option<&'r Place>,
    pub(super) fingerprint: &'r str,
}

impl Lacking<'_> {
    /// `CX103, CX104 DataFlow/cx/answers`.
    pub(super) fn title(&self) -> String {
        format!("{} {}", codes(&self.codes), self.subject)
    }

    /// What is to be said of it.
    pub(super) fn message(&self) -> String {
        format!("could not be judged: {}", self.reason)
    }
}

/// What could not be judged and counts, by object and reason: for formats in which only what is listed is seen.
pub(super) fn lacking(report: &Report) -> Vec<Lacking<'_>> {
    let lacking = report.gaps.iter().filter_map(|gap| {
        let counting = || gap.rules.iter().filter(|(_, lack)| !lack.baselined);
        let (_, first) = counting().next()?;
        Some(Lacking {
            codes: counting().map(|(code, _)| *code).collect(),
            subject: &gap.subject,
            reason: &gap.reason,
            mode: counting().map(|(_, lack)| lack.mode).max()?,
            place: gap.place.as_ref(),
            fingerprint: &first.fingerprint,
        })
    });
    lacking.collect()
}

/// The kinds that no rule reads, if there were any: `3 Gadget, 1 Widget`.
pub(super) fn ignored(report: &Report) -> Option<String> {
    let kinds: Vec<_> = report.ignored.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    (!kinds.is_empty()).then(|| kinds.join(", "))
}

/// `1 file`, `2 files`.
pub(crate) fn many(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

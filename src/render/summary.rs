//! The sentences that sum a run up, for the formats that people read.

use std::collections::BTreeMap;

use super::report::{Place, Report, Subject, Unjudged};
use crate::api::Mode;
use crate::rules::Code;

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

/// What was not judged, as what and why: rules with the same reason together, each with the first object of which that
/// is so, then files.
pub(super) fn not_judged(report: &Report) -> Vec<(String, &str)> {
    let mut rules: BTreeMap<(&str, Option<&Subject>), Vec<Code>> = BTreeMap::new();
    let mut files = Vec::new();
    for entry in &report.not_judged {
        match &entry.what {
            Unjudged::Rule(code) => {
                rules.entry((&entry.reason, entry.subject.as_ref())).or_default().push(*code);
            }
            Unjudged::File(file) => files.push((file.clone(), entry.reason.as_str())),
        }
    }
    let listed = |codes: &[Code], subject: Option<&Subject>| {
        let codes = codes.iter().map(Code::to_string).collect::<Vec<_>>().join(", ");
        subject.map_or(codes.clone(), |subject| format!("{codes} of {subject}"))
    };
    let rules = rules.iter().map(|((reason, subject), codes)| (listed(codes, *subject), *reason));
    rules.chain(files).collect()
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
        let codes: Vec<_> = self.codes.iter().map(Code::to_string).collect();
        format!("{} {}", codes.join(", "), self.subject)
    }

    /// What is to be said of it.
    pub(super) fn message(&self) -> String {
        format!("could not be judged: {}", self.reason)
    }
}

/// What could not be judged and counts, by object and reason: for formats in which only what is listed is seen.
pub(super) fn lacking(report: &Report) -> Vec<Lacking<'_>> {
    let mut found: BTreeMap<(&Subject, &str), Lacking<'_>> = BTreeMap::new();
    for entry in &report.not_judged {
        let (Unjudged::Rule(code), Some(subject), Some(lack)) = (&entry.what, &entry.subject, &entry.counts)
        else {
            continue;
        };
        let listed = found.entry((subject, &entry.reason)).or_insert_with(|| Lacking {
            codes: Vec::new(),
            subject,
            reason: &entry.reason,
            mode: lack.mode,
            place: lack.place.as_ref(),
            fingerprint: &lack.fingerprint,
        });
        listed.codes.push(*code);
        listed.mode = listed.mode.max(lack.mode);
    }
    found.into_values().collect()
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

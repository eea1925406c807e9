//! What two states of some files have found, one held against the other.

mod json;
mod markdown;
mod text;

use std::collections::BTreeSet;
use std::io;

use super::report::{Diagnostic, Report, Subject};
use super::text::Look;
use crate::api::Phase;
use crate::engine::{Deadline, Outcome};
use crate::rules::Code;

/// Two states of some files. Data only; the formats read it and nothing else.
#[derive(Clone, Debug)]
pub struct Difference {
    /// The state before, as people are told: a folder or a revision.
    pub old: String,
    /// The state after.
    pub new: String,
    /// What is found after. What was found before, and is no graver now, is known: `baselined`. What could not be
    /// judged before either is left out.
    pub report: Report,
    /// What counted before and does not any more; what is only set aside now is `exempted`.
    pub fixed: Vec<Diagnostic>,
    /// What was edited, and whom it touches.
    pub changes: Vec<Change>,
    /// The objects of which the rules say something else than before, and the workloads and grants that came or went.
    pub shifts: Vec<Shift>,
}

impl Difference {
    /// What is new: what counts now and did not before, or was not as grave.
    pub fn introduced(&self) -> impl Iterator<Item = &Diagnostic> {
        self.report.findings.iter().filter(|finding| finding.counts())
    }

    /// How much is as it was.
    pub fn unchanged(&self) -> usize {
        self.report.findings.iter().filter(|finding| finding.baselined && !finding.exempted).count()
    }

    /// What the rules say of an object, if that is something else than before.
    fn shift(&self, subject: &Subject) -> Option<&Shift> {
        let found = self.shifts.binary_search_by(|shift| shift.subject.cmp(subject)).ok()?;
        self.shifts.get(found)
    }
}

/// An object that was edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The object.
    pub subject: Subject,
    /// What happened to it.
    pub edit: Edit,
    /// The workloads and grants whose judgement rests on it, in order, whether or not it came out different.
    pub touches: Vec<Subject>,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// It is new.
    Added,
    /// It says something else.
    Edited,
    /// It is gone.
    Removed,
}

impl Edit {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Edited => "edited",
            Self::Removed => "removed",
        }
    }
}

/// An object of which the rules say something else than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shift {
    /// The object.
    pub subject: Subject,
    /// What they said; nothing if there was no such object.
    pub before: Option<State>,
    /// What they say; nothing if it is gone.
    pub after: Option<State>,
}

/// What the rules say of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Compliant, Violating or Unknown.
    pub outcome: Outcome,
    /// Of a grant: where in its life it is, as far as files tell.
    pub phase: Option<Phase>,
    /// Of an active grant: when access ends.
    pub deadline: Option<Deadline>,
    /// The rules that found something that counts.
    pub rules: BTreeSet<Code>,
}

impl State {
    /// `Violating (CX101, CX117)`, `Active until 2026-12-18T18:00:00Z, Compliant`.
    fn sentence(&self) -> String {
        let mut parts = Vec::new();
        if let Some(phase) = self.phase {
            let until = self.deadline.map(|deadline| format!(" until {}", deadline.at));
            parts.push(format!("{phase}{}", until.unwrap_or_default()));
        }
        let rules: Vec<String> = self.rules.iter().map(ToString::to_string).collect();
        let rules = if rules.is_empty() { String::new() } else { format!(" ({})", rules.join(", ")) };
        parts.push(format!("{}{rules}", self.outcome));
        parts.join(", ")
    }
}

impl Shift {
    /// What the rules said, and say.
    fn sentence(&self) -> String {
        let said = |state: &Option<State>, none: &str| match state {
            Some(state) => state.sentence(),
            None => none.to_owned(),
        };
        format!("{} → {}", said(&self.before, "new"), said(&self.after, "gone"))
    }
}

/// A form in which a difference is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people at a terminal.
    Text,
    /// For programs.
    Json,
    /// A comment on a pull request.
    Markdown,
}

/// Writes a difference. The look matters to text only.
pub fn write_difference(
    form: Form,
    difference: &Difference,
    look: Look,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match form {
        Form::Text => text::write(difference, look, out),
        Form::Json => json::write(difference, out),
        Form::Markdown => markdown::write(difference, out),
    }
}

/// `1 new finding, 2 fixed, 3 unchanged`. What is only set aside now is not fixed.
fn summary(difference: &Difference) -> String {
    let new = super::summary::many(difference.introduced().count(), "new finding");
    let exempted = difference.fixed.iter().filter(|finding| finding.exempted).count();
    let fixed = difference.fixed.len() - exempted;
    let exempted = if exempted > 0 { format!(", {exempted} exempted") } else { String::new() };
    format!("{new}, {fixed} fixed{exempted}, {} unchanged", difference.unchanged())
}

/// Whom a change touches, in words, and the objects among them of which the rules say something else now.
fn touches<'d>(difference: &'d Difference, change: &Change) -> (String, Vec<&'d Shift>) {
    let many = super::summary::many;
    let (grants, workloads): (Vec<_>, Vec<_>) =
        change.touches.iter().partition(|subject| subject.kind == "AccessGrant");
    let shifts: Vec<&Shift> = change.touches.iter().filter_map(|subject| difference.shift(subject)).collect();
    let kept = change.touches.len() - shifts.len();
    let kept = if kept > 0 { format!("; {kept} of them as before") } else { String::new() };
    let touched = format!("{} and {}", many(workloads.len(), "workload"), many(grants.len(), "grant"));
    (format!("{}, touches {touched}{kept}", change.edit.as_str()), shifts)
}

/// The objects that no change is listed for: they were edited themselves, or what they rest on is no object of ours.
fn others(difference: &Difference) -> Vec<&Shift> {
    let touched: BTreeSet<&Subject> = difference.changes.iter().flat_map(|change| &change.touches).collect();
    difference.shifts.iter().filter(|shift| !touched.contains(&shift.subject)).collect()
}

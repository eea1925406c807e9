//! For programs: everything, in a shape that only grows within its version.

use std::io;

use jiff::Timestamp;
use serde::Serialize;

use super::super::json::{Entry, Object, Skipped, VERSION, whole};
use super::{Difference, State};
use crate::api::{DeadlineCause, Phase};

/// Writes the difference as one JSON object.
pub(super) fn write(difference: &Difference, out: &mut dyn io::Write) -> io::Result<()> {
    let changes = difference.changes.iter().map(|change| Changed {
        subject: Object::new(&change.subject),
        edit: change.edit.as_str(),
        touches: Object::list(&change.touches),
    });
    let objects = difference.shifts.iter().map(|shift| Shifted {
        subject: Object::new(&shift.subject),
        before: shift.before.as_ref().map(Said::new),
        after: shift.after.as_ref().map(Said::new),
    });
    let unchanged =
        difference.report.findings.iter().filter(|finding| finding.baselined && !finding.exempted);
    let document = Document {
        version: VERSION,
        at: difference.report.at,
        old: &difference.old,
        new: &difference.new,
        fails: difference.report.fails(),
        introduced: difference.introduced().map(Entry::new).collect(),
        fixed: difference.fixed.iter().map(Entry::new).collect(),
        unchanged: unchanged.map(Entry::new).collect(),
        not_judged: Skipped::all(&difference.report),
        changes: changes.collect(),
        objects: objects.collect(),
    };
    whole(&document, out)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'d> {
    version: u32,
    at: Timestamp,
    old: &'d str,
    new: &'d str,
    fails: bool,
    introduced: Vec<Entry<'d>>,
    fixed: Vec<Entry<'d>>,
    unchanged: Vec<Entry<'d>>,
    /// Only what could be judged before.
    not_judged: Vec<Skipped<'d>>,
    changes: Vec<Changed<'d>>,
    objects: Vec<Shifted<'d>>,
}

#[derive(Serialize)]
struct Changed<'d> {
    subject: Object<'d>,
    edit: &'static str,
    touches: Vec<Object<'d>>,
}

#[derive(Serialize)]
struct Shifted<'d> {
    subject: Object<'d>,
    before: Option<Said>,
    after: Option<Said>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    outcome: &'static str,
    rules: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phase: Option<Phase>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deadline_cause: Option<DeadlineCause>,
}

impl Said {
    fn new(state: &State) -> Self {
        Self {
            outcome: state.outcome.as_str(),
            rules: state.rules.iter().map(ToString::to_string).collect(),
            phase: state.phase,
            deadline: state.deadline.map(|deadline| deadline.at),
            deadline_cause: state.deadline.map(|deadline| deadline.cause),
        }
    }
}

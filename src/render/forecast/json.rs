//! For programs: everything, in a shape that only grows within its version.

use std::io;

use jiff::Timestamp;
use serde::Serialize;

use super::{Document, Entry, Forecast, Told};
use crate::api::{FindingOutcome, Mode, Phase};
use crate::render::json::{Object, Spot, VERSION, whole};

/// Writes the forecast as one JSON object.
pub fn write(forecast: &Forecast, out: &mut dyn io::Write) -> io::Result<()> {
    let all = Whole {
        version: VERSION,
        at: forecast.from,
        until: forecast.until,
        stopped: forecast.stopped,
        objects: forecast.objects,
        unlisted: &forecast.unlisted,
        entries: forecast.entries.iter().map(change).collect(),
    };
    whole(&all, out)
}

#[derive(Serialize)]
struct Whole<'f> {
    version: u32,
    at: Timestamp,
    until: Timestamp,
    /// From when on nothing is listed, because there is too much.
    stopped: Option<Timestamp>,
    objects: usize,
    unlisted: &'f [String],
    entries: Vec<Change<'f>>,
}

#[derive(Serialize)]
struct Change<'f> {
    at: Timestamp,
    uid: &'f str,
    documents: Vec<Field<'f>>,
    appears: Vec<Finding<'f>>,
    goes: Vec<Finding<'f>>,
    workloads: Vec<Workload<'f>>,
    grants: Vec<Grant<'f>>,
}

#[derive(Serialize)]
struct Field<'f> {
    object: Object<'f>,
    path: &'f str,
    value: Option<&'f str>,
    #[serde(flatten)]
    at: Spot<'f>,
}

#[derive(Serialize)]
struct Finding<'f> {
    rule: String,
    mode: Mode,
    outcome: FindingOutcome,
    subject: Object<'f>,
    path: &'f str,
    message: &'f str,
    remedy: &'f str,
}

#[derive(Serialize)]
struct Workload<'f> {
    subject: Object<'f>,
    from: &'static str,
    to: &'static str,
}

#[derive(Serialize)]
struct Grant<'f> {
    subject: Object<'f>,
    from: Phase,
    to: Phase,
    reasons: &'f [String],
}

fn change(entry: &Entry) -> Change<'_> {
    Change {
        at: entry.at,
        uid: &entry.uid,
        documents: entry.documents.iter().map(field).collect(),
        appears: entry.appears.iter().map(finding).collect(),
        goes: entry.goes.iter().map(finding).collect(),
        workloads: entry
            .workloads
            .iter()
            .map(|turn| Workload {
                subject: Object::new(&turn.subject),
                from: turn.from.as_str(),
                to: turn.to.as_str(),
            })
            .collect(),
        grants: entry
            .grants
            .iter()
            .map(|turn| Grant {
                subject: Object::new(&turn.subject),
                from: turn.from,
                to: turn.to,
                reasons: &turn.reasons,
            })
            .collect(),
    }
}

fn field(document: &Document) -> Field<'_> {
    Field {
        object: Object::new(&document.subject),
        path: &document.path,
        value: document.value.as_deref(),
        at: Spot::new(document.place.as_ref()),
    }
}

fn finding(told: &Told) -> Finding<'_> {
    Finding {
        rule: told.rule.to_string(),
        mode: told.mode,
        outcome: told.outcome,
        subject: Object::new(&told.subject),
        path: &told.path,
        message: &told.message,
        remedy: &told.remedy,
    }
}

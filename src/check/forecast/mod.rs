//! What will change by time alone: judged, moved to the next instant at which something could differ, judged again.
//!
//! Nothing is sampled. Each judgement says until when it holds, so only what has expired is derived again, and what is
//! listed is what differs. A horizon that was cautious changes nothing and is passed over.

mod course;
mod documents;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use self::course::{Course, Step};
use self::documents::Pointed;
use super::report::subject;
use crate::engine::Finding;
use crate::facts::ObjectRef;
use crate::fingerprint::fingerprint;
use crate::manifests::{Estate, Places, Spot};
use crate::render::forecast::{Document, Entry, Forecast, GrantTurn, Told, WorkloadTurn};
use crate::values::Period;

/// The most steps that are taken: more than a decade of daily changes.
const MOST_STEPS: usize = 10_000;

/// What is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// The instant at which it begins; what is so by then is no change.
    pub from: Timestamp,
    /// The last instant of it.
    pub until: Timestamp,
    /// Whether findings are listed that are only recorded, such as reminders.
    pub audited: bool,
}

/// Every change within a span, in order, of the objects that somebody asked for.
pub fn forecast(estate: &Estate, objects: &BTreeSet<ObjectRef>, span: Span) -> Forecast {
    within(MOST_STEPS, estate, objects, span)
}

/// The changes that so many steps find, and where the next one would go on.
fn within(steps: usize, estate: &Estate, objects: &BTreeSet<ObjectRef>, span: Span) -> Forecast {
    let mut course = Course::begin(estate.world.clone(), objects, span);
    let (mut pointed, mut names) = (Vec::new(), BTreeMap::new());
    let mut forecast = Forecast {
        from: span.from,
        until: span.until,
        entries: Vec::new(),
        stopped: None,
        objects: objects.len(),
        unlisted: estate.unlisted.iter().map(|(_, resource)| resource.clone()).collect(),
    };
    let upcoming = |course: &Course<'_>| course.next().filter(|next| *next <= span.until);
    for _ in 0..steps {
        let Some(next) = upcoming(&course) else { break };
        let step = course.advance(next);
        if !step.is_empty() {
            forecast.entries.push(entry(&course, &step, &mut pointed, &mut names));
        }
    }
    forecast.stopped = upcoming(&course);
    put_places(&mut forecast.entries, &pointed, estate);
    forecast
}

/// Says where each document is. All at once: to read a file again for each would take its length times their number.
fn put_places(entries: &mut [Entry], pointed: &[Pointed], estate: &Estate) {
    let fields: Vec<_> =
        pointed.iter().map(|one| Spot { object: &one.object, path: &one.path, at: None }).collect();
    let documents = entries.iter_mut().flat_map(|entry| &mut entry.documents);
    for (document, place) in documents.zip(Places::all(estate, &fields, 1)) {
        document.place = place;
    }
}

/// What is listed of a step. Its documents are named, in order; where they are is said later.
fn entry(
    course: &Course<'_>,
    step: &Step,
    pointed: &mut Vec<Pointed>,
    names: &mut BTreeMap<u64, u32>,
) -> Entry {
    let documents = documents::behind(course, step);
    let entry = Entry {
        at: course.now(),
        uid: uid(&documents, step, names),
        documents: documents.iter().map(|document| shown(document, course)).collect(),
        appears: step.appears.iter().map(told).collect(),
        goes: step.goes.iter().map(told).collect(),
        workloads: step
            .workloads
            .iter()
            .map(|(id, from, to)| WorkloadTurn { subject: subject(id), from: *from, to: *to })
            .collect(),
        grants: step
            .grants
            .iter()
            .map(|turn| GrantTurn {
                subject: subject(&turn.id),
                from: turn.before.phase,
                to: turn.after.phase,
                reasons: turn.after.reasons.clone(),
            })
            .collect(),
    };
    pointed.extend(documents);
    entry
}

fn shown(document: &Pointed, course: &Course<'_>) -> Document {
    let Pointed { object, path } = document;
    Document {
        subject: subject(object),
        path: path.clone(),
        value: documents::value(course.world(), object, path),
        place: None,
    }
}

fn told(finding: &Finding) -> Told {
    Told {
        rule: finding.rule,
        mode: finding.mode.0,
        outcome: finding.outcome,
        subject: subject(&finding.subject),
        path: finding.path.clone(),
        message: finding.message.clone(),
        remedy: finding.remedy.clone(),
    }
}

/// Which of several stages a finding has reached, such as 30 or 7 days before an end: the periods that it speaks of. To
/// count the stages would name them anew once the first has passed.
fn stage(message: &str) -> String {
    let periods: Vec<&str> = message.split(' ').filter(|word| word.parse::<Period>().is_ok()).collect();
    periods.join(" ")
}

/// A name that an entry keeps when its date moves: by the documents and rules behind it, and counted among those that
/// are alike. Calendars know by it that an event has moved.
fn uid(documents: &BTreeSet<Pointed>, step: &Step, names: &mut BTreeMap<u64, u32>) -> String {
    let documents = documents.iter().map(|document| format!("{} {}", document.object, document.path));
    let told = || step.appears.iter().chain(&step.goes);
    let place = |finding: &Finding| (finding.rule, finding.subject.clone(), finding.path.clone());
    let mut places: BTreeMap<_, usize> = BTreeMap::new();
    for finding in told() {
        *places.entry(place(finding)).or_default() += 1;
    }
    let rules = told().map(|finding| match places.get(&place(finding)) {
        Some(2..) => format!("{} {}", finding.rule, stage(&finding.message)),
        _ => finding.rule.to_string(),
    });
    let grants = step.grants.iter().map(|turn| format!("{} {}", turn.id, turn.after.phase));
    let parts: Vec<String> = documents.chain(rules).chain(grants).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let alike = fingerprint(&parts);
    let nth = names.entry(alike).or_default();
    *nth += 1;
    format!("{:016x}@cxguard.dev", fingerprint(&[&format!("{alike:016x}"), &nth.to_string()]))
}

#[cfg(test)]
mod tests;

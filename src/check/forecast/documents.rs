//! The documents behind a change: whose date it is.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::course::{Course, Step, Turn};
use crate::api::{AccessGrantSpec, DeadlineCause, PersonSpec};
use crate::engine::{Memos, Query, people};
use crate::facts::{Fact, Key, Kind, ObjectRef, World};
use crate::values::{Date, Instant};

/// A field of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pointed {
    pub(super) object: ObjectRef,
    /// As a JSON pointer.
    pub(super) path: String,
}

/// The documents behind a step: where what is found has its reason, and the dates of grants that pass into another
/// phase.
pub(super) fn behind(course: &Course<'_>, step: &Step) -> BTreeSet<Pointed> {
    let (mut found, mut whole) = (BTreeSet::new(), Vec::new());
    let none = Memos::new();
    let query = Query::once(course.world(), &none, course.now());
    let findings = if step.appears.is_empty() { &step.goes } else { &step.appears };
    for finding in findings {
        found.extend(ended_exemptions(&query, &finding.subject, course.now()));
        match &finding.cause {
            Some(cause) => found.extend([Pointed { object: cause.object.clone(), path: cause.path.clone() }]),
            None if finding.path.is_empty() => whole.push(finding.subject.clone()),
            None => found.extend([Pointed { object: finding.subject.clone(), path: finding.path.clone() }]),
        }
    }
    for turn in &step.grants {
        found.extend(of_grant(&query, turn, course.now()));
    }
    // Of an object as a whole nothing has a date: it is named only for want of a better one.
    if found.is_empty() {
        found.extend(whole.into_iter().map(|object| Pointed { object, path: String::new() }));
    }
    found
}

/// The exemptions for an object that end just then.
fn ended_exemptions(query: &Query<'_>, subject: &ObjectRef, now: Timestamp) -> Vec<Pointed> {
    let exemptions = query.members(Key::ExemptionsFor(subject.clone())).into_iter();
    let ended = exemptions.filter(|id| {
        let exemption = query.exemption(&id.name).here();
        exemption.and_then(|exemption| exemption.expires_at).map(Instant::timestamp) == Some(now)
    });
    ended.map(|object| Pointed { object, path: "/spec/expiresAt".to_owned() }).collect()
}

/// A date, when it makes a difference, and its field.
type Dated = (ObjectRef, &'static str, Option<Timestamp>);

/// The documents behind the turn of a grant: those whose date comes or ends just then. Where there is none, a policy
/// counts from one.
fn of_grant(query: &Query<'_>, turn: &Turn, now: Timestamp) -> Vec<Pointed> {
    let Some(grant) = query.grant(&turn.id.namespace, &turn.id.name).here() else { return Vec::new() };
    let mut dates = of_spec(&turn.id, &grant.spec);
    for (id, person) in &people(query, &grant.spec).known {
        of_person(query, id, person, &mut dates);
    }
    for id in query.members(Key::IncidentsIn(turn.id.namespace.clone())) {
        let closed = query.incident(&id.name).here().and_then(|incident| incident.closed_at);
        dates.push((id, "/spec/closedAt", closed.map(Instant::timestamp)));
    }
    dates.retain(|(_, _, at)| *at == Some(now));
    if dates.is_empty() {
        let deadline = turn.before.deadline.filter(|deadline| deadline.at == now);
        // What gave no access had no deadline, and the longest time that a policy allows is over all the same.
        let over = (turn.after.due == Some(now)).then_some(DeadlineCause::PolicyMaximum);
        let cause = deadline.map(|deadline| deadline.cause).or(over);
        dates.extend(cause.and_then(|cause| counted(&turn.id, &grant.spec, cause)));
    }
    dates.into_iter().map(|(object, path, _)| Pointed { object, path: path.to_owned() }).collect()
}

fn of_spec(id: &ObjectRef, spec: &AccessGrantSpec) -> Vec<Dated> {
    let approved = spec.approval.as_ref().map(|approval| approval.at);
    [
        ("/spec/expiresAt", spec.expires_at),
        ("/spec/startsAt", spec.starts_at),
        ("/spec/approval/at", approved),
    ]
    .into_iter()
    .map(|(path, at)| (id.clone(), path, at.map(Instant::timestamp)))
    .collect()
}

fn of_person(query: &Query<'_>, id: &ObjectRef, person: &PersonSpec, dates: &mut Vec<Dated>) {
    let paper = person.confidentiality.as_ref();
    let engagement = person.engagement.as_ref();
    for (path, at) in [
        ("/spec/confidentiality/signedOn", paper.and_then(|paper| paper.signed_on).map(Date::start)),
        ("/spec/confidentiality/validUntil", paper.and_then(|paper| paper.valid_until).map(Date::end)),
        ("/spec/engagement/from", engagement.and_then(|engagement| engagement.from).map(Date::start)),
        ("/spec/engagement/until", engagement.and_then(|engagement| engagement.until).map(Date::end)),
        ("/spec/jobRoleChangedOn", person.job_role_changed_on.map(Date::start)),
        ("/spec/leftOn", person.left_on.map(Date::end)),
    ] {
        dates.push((id.clone(), path, at));
    }
    let Some(firm) = &person.vendor else { return };
    let Some(known) = query.vendor(firm).here() else { return };
    let firm = ObjectRef::cluster(Kind::Vendor, firm);
    dates.push((firm.clone(), "/spec/ended/date", known.ended.as_ref().map(|ended| ended.date.end())));
    let Some(agreement) = &known.agreement else { return };
    dates.push((firm.clone(), "/spec/agreement/signedOn", agreement.signed_on.map(Date::start)));
    dates.push((firm, "/spec/agreement/validUntil", agreement.valid_until.map(Date::end)));
}

/// From what a policy counts to the end of a grant.
fn counted(id: &ObjectRef, spec: &AccessGrantSpec, cause: DeadlineCause) -> Option<Dated> {
    let approved = spec.approval.as_ref().map(|approval| approval.at);
    let path = match cause {
        DeadlineCause::Review if spec.reviewed_on.is_some() => "/spec/reviewedOn",
        DeadlineCause::Review | DeadlineCause::PolicyMaximum => {
            if spec.starts_at > approved {
                "/spec/startsAt"
            } else {
                "/spec/approval/at"
            }
        }
        _ => return None,
    };
    Some((id.clone(), path, None))
}

/// What a field of an object says, where it is one value.
pub(super) fn value(world: &World, object: &ObjectRef, path: &str) -> Option<String> {
    let fact = world.get(object)?;
    let path = if matches!(fact, Fact::Grant(_)) { path } else { path.strip_prefix("/spec")? };
    // A fact is written as its kind, and in it what is known.
    let written = serde_json::to_value(fact).ok()?;
    let known = written.as_object()?.values().next()?;
    match known.pointer(path)? {
        Value::String(text) => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

//! Emergencies: access that its holder approves, for a short time, and that somebody else looks at afterwards.
//!
//! It is for themselves and for now. Nobody goes from one to the next: until somebody else has reviewed an emergency,
//! who signed it for themselves signs no further one.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::ends::counted_from;
use super::eyes::Human;
use super::people::people;
use super::policy::Policy;
use super::query::Query;
use super::scope::Scope;
use crate::api::{AccessGrantSpec, Approval, HolderKind, SubjectKind, stated};
use crate::facts::{GrantFact, Key, ObjectRef};
use crate::values::Date;

/// Access that was agreed to in an emergency, which somebody else is to look at afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// Who agreed.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// By when somebody else is to review it.
    pub review_by: Timestamp,
    /// Who has, and on which day.
    pub reviewed: Option<(String, Date)>,
}

/// Why an own approval does not count, though it is an emergency.
pub(crate) struct Refusal {
    /// In words that go on from who approved.
    pub(crate) why: String,
    /// The emergency that somebody else is to review first, if that is all.
    pub(crate) first: Option<ObjectRef>,
}

impl Human {
    /// Why the human may not approve an own grant, though it is an emergency; nothing if they may.
    pub(crate) fn refused(
        &self,
        query: &Query<'_>,
        id: &ObjectRef,
        spec: &AccessGrantSpec,
        approval: &Approval,
    ) -> Option<Refusal> {
        if let Some(why) = self.refused_alone(query, id, spec, approval) {
            return Some(Refusal { why, first: None });
        }
        let first = self.unreviewed_before(query, id, approval)?;
        let why = format!("and may do so again once somebody else has reviewed {first}");
        Some(Refusal { why, first: Some(first) })
    }

    /// The same, whatever other emergencies there are.
    fn refused_alone(
        &self,
        query: &Query<'_>,
        id: &ObjectRef,
        spec: &AccessGrantSpec,
        approval: &Approval,
    ) -> Option<String> {
        let policy = query.policy(&Scope::Namespace(id.namespace.clone()));
        if !self.is_on_call(&policy) {
            return Some("and may not do so in an emergency (access.emergency)".to_owned());
        }
        if !self.is_holder(query, id, spec) {
            let whose = "a User or an IssuedServiceAccount of their own";
            return Some(format!("and in an emergency may do so for {whose} only"));
        }
        let late = spec.starts_at.filter(|start| start.timestamp() > approval.at.timestamp());
        late.map(|start| {
            format!("and in an emergency access begins at once: startsAt {start} is after the approval")
        })
    }

    /// Whether the human may approve own access at all: by a group that every policy names.
    fn is_on_call(&self, policy: &Policy) -> bool {
        let demands = &policy.access.emergency;
        demands.allowed && self.unreadable.is_empty() && !self.groups.is_disjoint(&demands.groups)
    }

    /// Whether the access is the human's alone. A group's is not, also where each member is judged alone.
    fn is_holder(&self, query: &Query<'_>, id: &ObjectRef, spec: &AccessGrantSpec) -> bool {
        let stored = query.grant(&id.namespace, &id.name).here();
        let to_group = stored.is_some_and(|stored| stored.spec.subject.kind == SubjectKind::Group);
        !to_group && holder(spec).is_some_and(|name| self.names.contains(name))
    }

    /// The first emergency that the human signed for themselves earlier and that nobody else has reviewed, but for those
    /// that were refused for themselves.
    fn unreviewed_before(&self, query: &Query<'_>, id: &ObjectRef, approval: &Approval) -> Option<ObjectRef> {
        let signed =
            self.names.iter().flat_map(|name| query.members(Key::EmergenciesBy(name.as_str().into())));
        let open = signed.filter_map(|other| {
            let fact = query.grant(&other.namespace, &other.name).here()?;
            let before = fact.spec.approval.as_ref()?;
            let order = (before.at.timestamp(), &other) < (approval.at.timestamp(), id);
            let counts = || self.refused_alone(query, &other, &fact.spec, before).is_none();
            let open = || review(query, &other, &fact.spec, before, self).is_none();
            let blocks = order && query.reached(before.at.timestamp()) && counts() && open();
            blocks.then_some((before.at, other))
        });
        open.min().map(|(_, other)| other)
    }
}

/// The emergency of a grant, if its approval counts. One that CX508 refuses gives no access, and needs no review. What
/// the status says of access is not asked: a grant that was stored again after its end has lost what it said.
pub(crate) fn emergency(query: &Query<'_>, id: &ObjectRef, grant: &GrantFact) -> Option<Emergency> {
    let spec = &grant.spec;
    let approval = spec.approval.as_ref().filter(|_| spec.emergency == Some(true))?;
    if !query.reached(approval.at.timestamp()) {
        return None;
    }
    let approver = Human::of(query, &approval.by);
    if !approver.is_somebody_else(query, id, spec) && approver.refused(query, id, spec, approval).is_some() {
        return None;
    }
    let policy = query.policy(&Scope::Namespace(id.namespace.clone()));
    Some(Emergency {
        by: approval.by.clone(),
        at: approval.at.timestamp(),
        review_by: policy.access.emergency.review_within.after(counted_from(grant)?),
        reviewed: review(query, id, spec, approval, &approver),
    })
}

/// The review by somebody else, since the approval.
fn review(
    query: &Query<'_>,
    id: &ObjectRef,
    spec: &AccessGrantSpec,
    approval: &Approval,
    approver: &Human,
) -> Option<(String, Date)> {
    let (name, day) = stated(spec.reviewed_by.as_ref()).zip(spec.reviewed_on)?;
    let counts = day.end() > approval.at.timestamp() && query.has_begun(day);
    let reviewer = Human::of(query, name);
    let other = counts && reviewer.is_somebody_else(query, id, spec) && !reviewer.is(approver);
    other.then(|| (name.to_owned(), day))
}

/// The emergencies that nobody else has reviewed and that are on the people behind a grant: by which they had access, by
/// this grant or another, and those that they approved.
pub(crate) fn unreviewed(query: &Query<'_>, grant: &AccessGrantSpec) -> Vec<(ObjectRef, Emergency)> {
    let behind = people(query, grant).known;
    let mut users: BTreeSet<&str> =
        behind.iter().flat_map(|(_, person)| &person.usernames).map(String::as_str).collect();
    // Also somebody who is not on record.
    users.extend(holder(grant));
    let groups = behind.iter().flat_map(|(_, person)| &person.groups).map(String::as_str);
    let named = users.iter().copied().chain(groups).chain([grant.subject.name.as_str()]);
    let named = named.flat_map(|name| query.members(Key::EmergenciesTo(name.into())));
    let signed = users.iter().flat_map(|name| query.members(Key::EmergenciesBy((*name).into())));
    let grants: BTreeSet<ObjectRef> = named.chain(signed).collect();
    let unreviewed = grants.into_iter().filter_map(|id| {
        let fact = query.grant(&id.namespace, &id.name).here()?;
        let others = people(query, &fact.spec).known;
        let has = others.iter().any(|(other, _)| behind.iter().any(|(id, _)| id == other))
            || holder(&fact.spec).is_some_and(|name| users.contains(name));
        let signed = fact.spec.approval.as_ref().is_some_and(|approval| users.contains(approval.by.as_str()));
        let emergency = emergency(query, &id, &fact).filter(|_| has || signed)?;
        emergency.reviewed.is_none().then_some((id, emergency))
    });
    unreviewed.collect()
}

/// The username that has access by a grant, if it is one.
fn holder(grant: &AccessGrantSpec) -> Option<&str> {
    match (grant.subject.kind, &grant.issued_to) {
        (SubjectKind::User, _) => Some(&grant.subject.name),
        (SubjectKind::IssuedServiceAccount, Some(to)) if to.kind == HolderKind::User => Some(&to.name),
        _ => None,
    }
}

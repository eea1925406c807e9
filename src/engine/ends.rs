//! The ends of a grant: every instant at which its access ends, with the cause.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::people::People;
use super::policy::Policy;
use super::query::Query;
use crate::api::{AccessGrantSpec, DeadlineCause, EndCause, PersonSpec, PersonType, Phase};
use crate::facts::GrantFact;
use crate::rules::Code;

/// One of the ends of a grant.
pub(super) struct End {
    pub(super) at: Timestamp,
    pub(super) cause: DeadlineCause,
}

impl End {
    pub(super) fn describe(&self) -> String {
        format!("{} at {}", self.cause.as_str(), self.at)
    }
}

/// Every end that can be foreseen. Those that rest on a rule count where the rule is enforced.
pub(super) fn ends(grant: &GrantFact, policy: &Policy, people: &People, query: &Query<'_>) -> Vec<End> {
    let spec = &grant.spec;
    let mut ends = Vec::new();
    ends.extend(spec.expires_at.map(|at| End { at: at.timestamp(), cause: DeadlineCause::ExpiresAt }));
    let kinds: BTreeSet<Option<PersonType>> = people.types();
    for kind in &kinds {
        let rule = if *kind == Some(PersonType::Consultant) { Code(603) } else { Code(507) };
        if let Some(base) = counted_from(grant).filter(|_| policy.enforces(rule)) {
            let at = policy.access.max_duration(*kind).after(base);
            ends.push(End { at, cause: DeadlineCause::PolicyMaximum });
        }
        let reviewed = spec.reviewed_on.map(|day| day.end()).or_else(|| counted_from(grant));
        if let Some(reviewed) = reviewed.filter(|_| policy.reports(Code(505))) {
            let due = policy.access.review_period(*kind).after(reviewed);
            ends.push(End { at: policy.access.review_grace.after(due), cause: DeadlineCause::Review });
        }
    }
    for (_, person) in &people.known {
        person_ends(&mut ends, grant, person, policy, query);
    }
    ends
}

/// The ends that one person's papers set.
fn person_ends(
    ends: &mut Vec<End>,
    grant: &GrantFact,
    person: &PersonSpec,
    policy: &Policy,
    query: &Query<'_>,
) {
    let mut end = |at: Option<Timestamp>, cause, rule| {
        ends.extend(at.filter(|_| policy.enforces(Code(rule))).map(|at| End { at, cause }));
    };
    end(person.left_on.map(|day| day.end()), DeadlineCause::Left, 506);
    let moved = person.job_role_changed_on.map(|day| day.start());
    let since = approved_at(&grant.spec).or(grant.activated_at);
    end(moved.filter(|moved| since.is_some_and(|since| since < *moved)), DeadlineCause::JobRoleChanged, 506);
    if person.type_ != PersonType::Consultant {
        return;
    }
    let engagement = person.engagement.as_ref().and_then(|engagement| engagement.until);
    end(engagement.map(|day| day.end()), DeadlineCause::Engagement, 602);
    let promise = person.confidentiality.as_ref().and_then(|paper| paper.valid_until);
    end(promise.map(|day| day.end()), DeadlineCause::Confidentiality, 601);
    let firm = person.vendor.as_deref().and_then(|name| query.vendor(name).here());
    let agreement = firm.as_ref().and_then(|firm| firm.agreement.as_ref()?.valid_until);
    end(agreement.map(|day| day.end()), DeadlineCause::Agreement, 605);
}

/// From when the policy maximum counts: the later of start and approval; with neither, from activation.
pub(crate) fn counted_from(grant: &GrantFact) -> Option<Timestamp> {
    let start = grant.spec.starts_at.map(|start| start.timestamp());
    start.into_iter().chain(approved_at(&grant.spec)).max().or(grant.activated_at)
}

fn approved_at(spec: &AccessGrantSpec) -> Option<Timestamp> {
    spec.approval.as_ref().map(|approval| approval.at.timestamp())
}

impl DeadlineCause {
    /// Why access ended, once the deadline has passed.
    pub const fn ended(self) -> EndCause {
        match self {
            Self::ExpiresAt | Self::PolicyMaximum => EndCause::Expired,
            Self::Engagement => EndCause::Engagement,
            Self::Confidentiality => EndCause::Confidentiality,
            Self::Agreement => EndCause::Agreement,
            Self::Review => EndCause::Review,
            Self::Left => EndCause::Left,
            Self::JobRoleChanged => EndCause::JobRoleChanged,
        }
    }
}

impl EndCause {
    /// The phase of a grant whose access ended so. Papers that may be renewed suspend it; the rest is final.
    pub const fn phase(self) -> Phase {
        match self {
            Self::Expired => Phase::Expired,
            Self::Revoked | Self::Left | Self::JobRoleChanged | Self::Deleted => Phase::Revoked,
            Self::Engagement
            | Self::Confidentiality
            | Self::Agreement
            | Self::Review
            | Self::Incident
            | Self::Unapproved
            | Self::Violation => Phase::Suspended,
        }
    }
}

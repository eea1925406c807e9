//! The ends of a grant: every instant at which its access ends, with the cause.

use jiff::Timestamp;

use super::exemptions;
use super::people::People;
use super::policy::Policy;
use super::query::Query;
use crate::api::{AccessGrantSpec, DeadlineCause, EndCause, PersonSpec, PersonType, Phase};
use crate::facts::{GrantFact, ObjectRef};
use crate::rules::Code;
use crate::values::{Date, Instant};

/// One of the ends of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) at: Timestamp,
    pub(super) cause: DeadlineCause,
}

impl End {
    /// Whether nothing but a later approval leads out of it.
    pub(super) fn is_final(&self) -> bool {
        self.cause.ended().phase().is_final()
    }

    /// The order in which ends count: by time; of one instant, what is final before what may be renewed.
    pub(super) fn rank(&self) -> (Timestamp, bool, DeadlineCause) {
        (self.at, !self.is_final(), self.cause)
    }

    /// A sentence about an end that was reached.
    pub(super) fn describe(&self) -> String {
        let what = match self.cause {
            DeadlineCause::ExpiresAt => "the grant ended",
            DeadlineCause::PolicyMaximum => "the longest time that the policy allows was over",
            DeadlineCause::Engagement => "the engagement ended",
            DeadlineCause::Confidentiality => "the confidentiality agreement ended",
            DeadlineCause::Agreement => "the data processing agreement of the consultant's firm ended",
            DeadlineCause::Review => "the grace for an overdue review was over",
            DeadlineCause::Left => "the person had left",
            DeadlineCause::JobRoleChanged => "the person's job role changed",
            DeadlineCause::VendorEnded => "the relation with the consultant's firm ended",
        };
        format!("{what} at {}", self.at)
    }
}

/// What the rules that set ends say of one grant.
#[derive(Clone, Copy)]
pub(super) struct Rules<'r> {
    pub(super) query: &'r Query<'r>,
    pub(super) id: &'r ObjectRef,
    pub(super) policy: &'r Policy,
}

impl Rules<'_> {
    /// An end that a rule sets. Where the rule is set aside, the end comes no earlier than the end of the exemption.
    fn end(self, at: Timestamp, cause: DeadlineCause, rule: u16) -> End {
        let exempted = exemptions::until(self.query, self.id, Code(rule));
        End { at: exempted.map_or(at, |until| at.max(until)), cause }
    }

    /// Whether a rule is enforced and not set aside.
    fn hold(self, rule: u16) -> bool {
        self.policy.enforces(Code(rule)) && exemptions::until(self.query, self.id, Code(rule)).is_none()
    }
}

/// Every end that can be foreseen. Those that rest on a rule count where the rule is enforced.
pub(super) fn ends(grant: &GrantFact, people: &People, rules: Rules<'_>) -> Vec<End> {
    let (spec, policy) = (&grant.spec, rules.policy);
    let mut ends = Vec::new();
    ends.extend(spec.expires_at.map(|at| End { at: at.timestamp(), cause: DeadlineCause::ExpiresAt }));
    for kind in people.types() {
        if let Some(base) = counted_from(grant) {
            let at = policy.access.longest(&grant.spec, kind).after(base);
            let setting = maxima(grant, policy, people, kind).into_iter();
            ends.extend(setting.map(|rule| rules.end(at, DeadlineCause::PolicyMaximum, rule)));
        }
    }
    review_ends(&mut ends, grant, people, rules);
    for (_, person) in &people.known {
        person_ends(&mut ends, grant, person, rules);
    }
    ends
}

/// The ends of the grace for a review that is due. Unlike other ends they count where the rule is at least reported.
fn review_ends(ends: &mut Vec<End>, grant: &GrantFact, people: &People, rules: Rules<'_>) {
    // A review that is dated ahead has not been made.
    let reviewed = grant.spec.reviewed_on.filter(|day| rules.query.has_begun(*day)).map(Date::end);
    let Some(since) = reviewed.or_else(|| counted_from(grant)) else { return };
    let demands = &rules.policy.access;
    let has_consultants = people.consultants().next().is_some();
    for (holds, rule, every) in
        [(true, 505, demands.review_every), (has_consultants, 606, demands.consultant_review_every)]
    {
        if holds && rules.policy.reports(Code(rule)) {
            let due = every.after(since);
            ends.push(rules.end(demands.review_grace.after(due), DeadlineCause::Review, rule));
        }
    }
}

/// The enforced rules by which the policy's maximum is an end of a grant to people of this kind.
fn maxima(grant: &GrantFact, policy: &Policy, people: &People, kind: Option<PersonType>) -> Vec<u16> {
    let mut setting = if kind == Some(PersonType::Consultant) { vec![603] } else { vec![507] };
    // CX602 cuts at the end of the engagement. Where that is not on record either, something else has to.
    let endless =
        grant.spec.expires_at.is_none() && people.consultants().any(|(_, person)| until(person).is_none());
    if kind == Some(PersonType::Consultant) && endless {
        setting.push(602);
    }
    // An own approval is good for so long, whatever else may last.
    if grant.spec.emergency == Some(true) {
        setting.push(508);
    }
    setting.retain(|rule| policy.enforces(Code(*rule)));
    setting
}

/// The last day of a person's engagement.
fn until(person: &PersonSpec) -> Option<Date> {
    person.engagement.as_ref().and_then(|engagement| engagement.until)
}

/// What must come before access begins: the instant, and what the grant waits for.
pub(super) fn starts(grant: &GrantFact, people: &People, rules: Rules<'_>) -> Vec<(Timestamp, String)> {
    let mut starts = Vec::new();
    starts.extend(grant.spec.starts_at.map(|start| (start.timestamp(), format!("starts at {start}"))));
    // The engagement holds at both ends: CX602 cuts what is before it as it cuts what is after it.
    for (id, person) in people.consultants().filter(|_| rules.hold(602)) {
        let from = person.engagement.as_ref().and_then(|engagement| engagement.from);
        starts.extend(from.map(|from| (from.start(), format!("the engagement of {id} begins on {from}"))));
    }
    starts
}

/// The ends that one person's papers set.
fn person_ends(ends: &mut Vec<End>, grant: &GrantFact, person: &PersonSpec, rules: Rules<'_>) {
    let mut end = |day: Option<Timestamp>, cause, rule| {
        let enforced = day.filter(|_| rules.policy.enforces(Code(rule)));
        ends.extend(enforced.map(|at| rules.end(at, cause, rule)));
    };
    end(person.left_on.map(Date::end), DeadlineCause::Left, 506);
    let moved = person.job_role_changed_on.map(Date::start);
    let agreed = agreed_at(grant);
    end(moved.filter(|moved| agreed.is_some_and(|at| at < *moved)), DeadlineCause::JobRoleChanged, 506);
    if person.type_ != PersonType::Consultant {
        return;
    }
    end(until(person).map(Date::end), DeadlineCause::Engagement, 602);
    let promise = person.confidentiality.as_ref().and_then(|paper| paper.valid_until);
    end(promise.map(Date::end), DeadlineCause::Confidentiality, 601);
    let firm = person.vendor.as_deref().and_then(|name| rules.query.vendor(name).here());
    let agreement = firm.as_ref().and_then(|firm| firm.agreement.as_ref()?.valid_until);
    end(agreement.map(Date::end), DeadlineCause::Agreement, 605);
    let ended = firm.as_ref().and_then(|firm| firm.ended.as_ref());
    end(ended.map(|ended| ended.date.end()), DeadlineCause::VendorEnded, 605);
}

/// From when the policy maximum counts: the later of start and approval; with neither, from activation.
pub(crate) fn counted_from(grant: &GrantFact) -> Option<Timestamp> {
    let start = grant.spec.starts_at.map(Instant::timestamp);
    start.into_iter().chain(approved_at(&grant.spec)).max().or(grant.activated_at)
}

/// When the access was agreed upon: at its approval; without one, when it was first given.
pub(crate) fn agreed_at(grant: &GrantFact) -> Option<Timestamp> {
    approved_at(&grant.spec).or(grant.activated_at)
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
            Self::VendorEnded => EndCause::VendorEnded,
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
            | Self::VendorEnded
            | Self::Incident
            | Self::Unapproved
            | Self::Violation => Phase::Suspended,
        }
    }
}

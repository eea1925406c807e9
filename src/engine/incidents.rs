//! Whom an incident has to be told, and until when.

use jiff::Timestamp;

use super::policy::Policy;
use super::query::Query;
use super::scope::Scope;
use crate::api::{AuthorityNotice, IncidentRole, IncidentSpec, Risk};
use crate::facts::ObjectRef;
use crate::values::{Instant, Period};

/// What the clock of an incident says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Until when the authority is to be told, if it is.
    pub deadline: Option<Timestamp>,
    /// When it was told.
    pub told: Option<Timestamp>,
    /// How far the clock has run, while nobody has told it.
    pub notice: Option<AuthorityNotice>,
    /// Who is warned.
    pub owner: Option<String>,
}

/// What the clock of an incident says.
pub(super) fn clock(query: &Query<'_>, id: &ObjectRef) -> Clock {
    let Some(incident) = query.incident(&id.name).here() else { return Clock::default() };
    let deadline = authority_deadline(&query.policy(&Scope::of(id)), &incident);
    let told = told(query, incident.authority_notified_at).map(Instant::timestamp);
    let waits = deadline.filter(|_| told.is_none()).zip(incident.aware_at);
    let notice = waits.and_then(|(deadline, aware)| notice(query, aware.timestamp(), deadline));
    Clock { deadline, told, notice, owner: incident.owner.clone() }
}

/// The last notice that is due. Where the policy leaves less time, those beyond the deadline fall away.
fn notice(query: &Query<'_>, aware: Timestamp, deadline: Timestamp) -> Option<AuthorityNotice> {
    let early =
        [(AuthorityNotice::SixtyHours, 60), (AuthorityNotice::TwoDays, 48), (AuthorityNotice::Day, 24)];
    let early = early.into_iter().map(|(notice, hours)| (notice, Period::hours(hours).after(aware)));
    let early = early.filter(|(_, due)| *due < deadline);
    let mut all = [(AuthorityNotice::Deadline, deadline)].into_iter().chain(early);
    all.find_map(|(notice, due)| query.reached(due).then_some(notice))
}

/// Whether the incident concerns data for which we answer ourselves. It does unless it is known that we do not.
pub(crate) fn is_ours(incident: &IncidentSpec) -> bool {
    incident.role != Some(IncidentRole::Processor)
}

/// Whether the supervisory authority is to be told: of every breach of our data, unless a risk is unlikely.
pub(crate) fn concerns_authority(incident: &IncidentSpec) -> bool {
    is_ours(incident) && incident.risk != Some(Risk::Unlikely)
}

/// Until when the authority is to be told, if it is, and if it is on record since when we are aware.
pub(crate) fn authority_deadline(policy: &Policy, incident: &IncidentSpec) -> Option<Timestamp> {
    let aware = incident.aware_at.filter(|_| concerns_authority(incident))?;
    Some(policy.incidents.notify_within.after(aware.timestamp()))
}

/// When somebody was told. What is dated ahead has not happened.
pub(crate) fn told(query: &Query<'_>, at: Option<Instant>) -> Option<Instant> {
    at.filter(|at| query.reached(at.timestamp()))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::api::AuthorityNotice::{Day, Deadline, SixtyHours, TwoDays};
    use crate::engine::Memos;
    use crate::facts::{World, read};

    const ID: &str = "it";

    /// The clock of an incident with these fields, of which we are aware since 2026-11-21T09:00:00Z, and its horizon.
    fn at(fields: &str, policy: &str, now: &str) -> (Clock, Option<String>) {
        let mut world = World::new();
        for (kind, spec) in [
            ("Incident", format!("{{awareAt: 2026-11-21T09:00:00Z, owner: lead, {fields}}}")),
            ("CompliancePolicy", policy.to_owned()),
        ] {
            let text = format!(
                "{{apiVersion: cxguard.dev/v1alpha1, kind: {kind}, metadata: {{name: {ID}}}, spec: {spec}}}"
            );
            let (id, fact) = read(&serde_saphyr::from_str(&text).unwrap()).unwrap();
            world.set(&id, Some(fact));
        }
        let id = ObjectRef::cluster(crate::facts::Kind::Incident, ID);
        let mut memos = Memos::new();
        memos.want(&id);
        memos.settle(&world, now.parse().unwrap());
        let until = memos.horizon().map(|until| until.to_string());
        ((*memos.clock(&id)).clone(), until)
    }

    #[test]
    fn a_notice_is_due_after_24_48_and_60_hours_and_at_the_deadline() {
        for (now, notice, until) in [
            ("2026-11-22T08:59:59Z", None, Some("2026-11-22T09:00:00Z")),
            ("2026-11-22T09:00:00Z", Some(Day), Some("2026-11-23T09:00:00Z")),
            ("2026-11-23T09:00:00Z", Some(TwoDays), Some("2026-11-23T21:00:00Z")),
            ("2026-11-23T21:00:00Z", Some(SixtyHours), Some("2026-11-24T09:00:00Z")),
            ("2026-11-24T09:00:00Z", Some(Deadline), None),
        ] {
            let (clock, horizon) =
                at("role: Controller, risk: High, customersExemption: RiskRemoved", "{}", now);
            assert_eq!((clock.notice, horizon.as_deref()), (notice, until), "{now}");
            assert_eq!(clock.deadline, Some("2026-11-24T09:00:00Z".parse::<Timestamp>().unwrap()));
            assert_eq!(clock.owner.as_deref(), Some("lead"));
        }
    }

    #[test]
    fn a_shorter_time_has_fewer_notices() {
        let policy = "{incidents: {notifyWithin: 36h}}";
        let (clock, _) = at("risk: Likely", policy, "2026-11-22T20:59:59Z");
        assert_eq!(clock.notice, Some(Day));
        let (clock, _) = at("risk: Likely", policy, "2026-11-24T00:00:00Z");
        assert_eq!(clock.notice, Some(Deadline));
    }

    #[test]
    fn who_is_told_or_need_not_be_is_not_warned_of() {
        let told = "risk: High, authorityNotifiedAt: 2026-11-22T10:00:00Z";
        let (clock, _) = at(told, "{}", "2026-11-30T00:00:00Z");
        assert_eq!((clock.notice, clock.told.is_some(), clock.deadline.is_some()), (None, true, true));
        for spared in ["risk: Unlikely, riskRationale: encrypted", "role: Processor"] {
            let (clock, _) = at(spared, "{}", "2026-11-30T00:00:00Z");
            assert_eq!((clock.notice, clock.deadline), (None, None), "{spared}");
        }
    }
}

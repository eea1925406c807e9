//! Grants while an incident is open.

use super::{EXPIRES, GIVEN, ID, access, at, told, world};
use crate::api::{EndCause, Phase};

fn incident(fields: &str) -> String {
    format!(
        "apiVersion: cxguard.dev/v1alpha1\nkind: Incident\nmetadata: {{name: leak}}\nspec: \
         {{flows: [{{namespace: other, name: b}}, {{namespace: cx-feedback, name: a}}], {fields}}}\n"
    )
}

const OPEN: &str = "containment: SuspendGrants";

#[test]
fn an_open_incident_suspends_every_grant_of_its_flows_namespaces() {
    let contained = world(&[]).with(&incident(OPEN)).access(ID).0;
    let reason = "Incident/leak suspends every grant of the namespace until it is closed";
    assert_eq!(told(&contained), (Phase::Suspended, Some(EndCause::Incident), None, vec![reason]));
    assert_eq!(contained.deadline, None);
    // What gave no access yet gives none.
    let waiting = world(&[(GIVEN, "")]).with(&incident(OPEN)).access(ID).0;
    assert_eq!(told(&waiting), (Phase::Pending, None, None, vec![reason]));
}

#[test]
fn others_do_not() {
    for fields in
        ["containment: None", "risk: High", "containment: SuspendGrants, closedAt: 2026-11-23T12:00:00Z"]
    {
        assert_eq!(world(&[]).with(&incident(fields)).access(ID).0.phase, Phase::Active, "{fields}");
    }
    let elsewhere = incident(OPEN).replace("namespace: cx-feedback", "namespace: third");
    assert_eq!(world(&[]).with(&elsewhere).access(ID).0.phase, Phase::Active);
}

#[test]
fn closing_it_gives_access_back_with_the_same_deadline() {
    let before = access(&[]).deadline;
    let closing = incident("containment: SuspendGrants, closedAt: 2026-11-23T13:00:00Z");
    let bench = world(&[]).with(&closing);
    let (contained, horizon) = bench.access(ID);
    assert_eq!((contained.phase, horizon), (Phase::Suspended, at("2026-11-23T13:00:00Z")));
    let lifted = bench.at("2026-11-23T13:00:00Z").access(ID).0;
    assert_eq!((lifted.phase, lifted.deadline), (Phase::Active, before));
    assert!(before.is_some());
}

#[test]
fn time_goes_on_while_it_is_open() {
    let over = world(&[(EXPIRES, "  expiresAt: 2026-11-23T11:00:00Z\n")]).with(&incident(OPEN)).access(ID).0;
    assert_eq!((over.phase, over.ended.map(|(_, cause)| cause)), (Phase::Expired, Some(EndCause::Expired)));
}

#[test]
fn an_incident_that_cannot_be_read_still_suspends() {
    let broken = world(&[]).with(&incident("containment: SuspendGrants, risk: 5")).access(ID).0;
    assert_eq!((broken.phase, broken.ended), (Phase::Suspended, Some((None, EndCause::Incident))));
    let closed = "containment: SuspendGrants, risk: 5, closedAt: 2026-11-23T11:00:00Z";
    assert_eq!(world(&[]).with(&incident(closed)).access(ID).0.phase, Phase::Active);
}

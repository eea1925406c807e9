//! What a grant waits for, and what stands in its way.

use super::{AGREED, APPROVAL, ENGAGED, GIVEN, ID, PROMISED, STARTS, access, at, modes, told, world};
use crate::api::{EndCause, Phase};

#[test]
fn a_grant_with_all_papers_is_active() {
    let (access, horizon) = world(&[]).access(ID);
    assert_eq!(told(&access), (Phase::Active, None, None, vec![]));
    assert_eq!(access.owners.iter().collect::<Vec<_>>(), ["lead@corp.example"]);
    assert_eq!(access.groups.map(|groups| groups.len()), Some(0));
    // The week's notice comes first.
    assert_eq!(horizon, at("2026-12-11T18:00:00Z"));
}

#[test]
fn a_grant_that_was_never_active_waits_and_says_for_what() {
    for (edits, reason) in [
        ((APPROVAL, ""), "CX508: nobody has approved the grant"),
        (
            (PROMISED, "jobRoleChangedOn: 2026-01-01"),
            "CX601: Person/analyst-7 /spec/confidentiality: no confidentiality agreement is on record",
        ),
        (
            (AGREED, ""),
            "CX605: Person/analyst-7 /spec/vendor: Vendor/insight-partners /spec/agreement: no data processing agreement is on record",
        ),
        (
            ("dataForm: Pseudonymised", "dataForm: Identifiable"),
            "CX604: Identifiable data is more than Person/analyst-7 may see: Pseudonymised (dataForms: consultant)",
        ),
        (
            ("grantableRoles: [feedback-reader]", "grantableRoles: []"),
            "CX514: ClusterRole feedback-reader may not be granted; grantable: none",
        ),
        (("vendor: insight-partners", "vendor: nobody"), "CX605: Vendor/nobody does not exist"),
    ] {
        let access = access(&[(GIVEN, ""), edits]);
        assert_eq!(told(&access), (Phase::Pending, None, None, vec![reason]));
        assert_eq!(access.deadline, None);
    }
}

#[test]
fn what_stands_in_the_way_suspends_a_grant_that_was_active() {
    for (edits, cause) in [
        ((APPROVAL, ""), EndCause::Unapproved),
        ((PROMISED, "jobRoleChangedOn: 2026-01-01"), EndCause::Confidentiality),
        ((AGREED, ""), EndCause::Agreement),
        (("dataForm: Pseudonymised", "dataForm: Identifiable"), EndCause::Violation),
    ] {
        let access = access(&[edits]);
        assert_eq!((access.phase, access.ended), (Phase::Suspended, Some((None, cause))));
        assert_eq!(access.reasons.len(), 1);
    }
}

#[test]
fn a_start_to_come_waits_and_one_that_has_passed_begins() {
    let later = (STARTS, "  startsAt: 2026-11-24T08:00:00Z\n");
    for given in [(GIVEN, ""), (GIVEN, GIVEN)] {
        let bench = world(&[later, given]);
        let (access, horizon) = bench.access(ID);
        assert_eq!(told(&access), (Phase::Pending, None, None, vec!["starts at 2026-11-24T08:00:00Z"]));
        assert_eq!(horizon, at("2026-11-24T08:00:00Z"));
        assert_eq!(bench.at("2026-11-24T08:00:00Z").access(ID).0.phase, Phase::Active);
    }
    // However late the operator comes.
    assert_eq!(access(&[(STARTS, "  startsAt: 2026-11-19T16:00:00Z\n"), (GIVEN, "")]).phase, Phase::Active);
    assert_eq!(access(&[(STARTS, ""), (GIVEN, "")]).phase, Phase::Active);
}

#[test]
fn access_waits_for_the_engagement() {
    let bench = world(&[(ENGAGED, "engagement: {from: 2026-12-01, until: 2026-12-31}"), (GIVEN, "")]);
    let (access, horizon) = bench.access(ID);
    let reason = "the engagement of Person/analyst-7 begins on 2026-12-01";
    assert_eq!(told(&access), (Phase::Pending, None, None, vec![reason]));
    assert_eq!(horizon, at("2026-12-01T00:00:00Z"));
    assert_eq!(bench.at("2026-12-01T00:00:00Z").access(ID).0.phase, Phase::Active);
    let bench = world(&[(ENGAGED, "engagement: {from: 2026-12-01, until: 2026-12-31}")]);
    assert_eq!(modes(bench, &[("CX602", "Warn")]).access(ID).0.phase, Phase::Active);
}

#[test]
fn an_approval_to_come_gives_nothing_yet() {
    let bench = world(&[("at: 2026-11-19T15:00:00Z", "at: 2026-11-23T12:00:01Z"), (GIVEN, "")]);
    assert_eq!(bench.access(ID).0.phase, Phase::Pending);
    assert_eq!(bench.at("2026-11-23T12:00:01Z").access(ID).0.phase, Phase::Active);
}

#[test]
fn what_is_only_a_warning_does_not_stand_in_the_way() {
    let bench = modes(world(&[(PROMISED, "jobRoleChangedOn: 2026-01-01")]), &[("CX601", "Warn")]);
    assert_eq!(bench.access(ID).0.phase, Phase::Active);
}

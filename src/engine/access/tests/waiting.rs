//! What a grant waits for, and what stands in its way.

use super::{AGREED, APPROVAL, ENGAGED, GIVEN, ID, PROMISED, STARTS, access, at, modes, policy, told, world};
use crate::api::{EndCause, Phase};
use crate::rules::testing::{Bench, EMPLOYEE, PEOPLE, edit};

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
            ("jobRole: data-analyst\n  country: \"DE\"", "country: \"IN\""),
            "CX607: Person/analyst-7 /spec/country: the consultant works from India (IN): no mechanism that the policy accepts for GDPR is on record",
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
        (("jobRole: data-analyst\n  country: \"DE\"", "country: \"IN\""), EndCause::Violation),
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

#[test]
fn an_employee_sees_no_more_than_the_job_role_may() {
    let policy = edit(policy(), "dataForms: {", "dataForms: {support: Aggregate, ");
    let grant = format!("{EMPLOYEE}{GIVEN}\n");
    let of = |grant: &str| Bench::new(PEOPLE).with(&policy).with(grant);
    let reason =
        "CX502: Identifiable data is more than Person/support-12 may see: Aggregate (dataForms: support)";
    assert_eq!(told(&of(EMPLOYEE).access(ID).0), (Phase::Pending, None, None, vec![reason]));
    let given = of(&grant).access(ID).0;
    assert_eq!(told(&given), (Phase::Suspended, Some(EndCause::Violation), None, vec![reason]));
    let less = edit(&grant, "dataForm: Identifiable", "dataForm: Aggregate");
    assert_eq!(of(&less).access(ID).0.phase, Phase::Active);
    // Without a job role nothing says how much. A mode that only warns stands in nobody's way.
    let unnamed = edit(PEOPLE, "  jobRole: support\n", "");
    assert_eq!(Bench::new(&unnamed).with(&policy).with(&less).access(ID).0.phase, Phase::Suspended);
    let lenient = edit(&policy, "spec:\n", "spec:\n  rules: [{code: CX502, mode: Warn}]\n");
    assert_eq!(Bench::new(PEOPLE).with(&lenient).with(&grant).access(ID).0.phase, Phase::Active);
}

#[test]
fn a_consultant_abroad_has_access_by_a_mechanism_of_the_firm() {
    let abroad = ("jobRole: data-analyst\n  country: \"DE\"", "country: \"IN\"");
    let clauses = "role: Processor\n  transfers: [{to: \"IN\", mechanism: StandardContractualClauses}]";
    assert_eq!(access(&[abroad]).phase, Phase::Suspended);
    assert_eq!(access(&[abroad, ("role: Processor", clauses)]).phase, Phase::Active);
    assert_eq!(modes(world(&[abroad]), &[("CX607", "Warn")]).access(ID).0.phase, Phase::Active);
    // A firm that cannot be read has no mechanism on record.
    let unreadable = (AGREED, "agreement: {signedOn: soon}");
    let reasons = access(&[abroad, unreadable]).reasons;
    assert!(reasons.contains(&"CX607: Vendor/insight-partners cannot be read".to_owned()), "{reasons:?}");
}

//! The life of a grant, stage by stage.

use jiff::Timestamp;
use proptest::prelude::*;

use super::Access;
use crate::api::{DeadlineCause, EndCause, Notice, Phase};
use crate::facts::GrantEnd;
use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

const ID: &str = "AccessGrant/cx-feedback/churn";
const APPROVAL: &str = "  approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}\n";
const STARTS: &str = "  startsAt: 2026-11-20T08:00:00Z\n";
const EXPIRES: &str = "  expiresAt: 2026-12-18T18:00:00Z\n";
const ENGAGED: &str = "engagement: {from: 2026-10-01, until: 2026-12-31}";
const PROMISED: &str = "confidentiality: {signedOn: 2026-09-28, validUntil: 2027-09-30}";
const AGREED: &str = "agreement: {signedOn: 2026-09-01, validUntil: 2027-08-31}";
const GRANTEE: &str = "{kind: User, name: analyst-7@insight.example}";
const DEMANDS: &str = "approval: Required";
/// Active since its start.
const GIVEN: &str = "status: {activatedAt: 2026-11-20T08:00:00Z, phase: Active}";

/// One text in place of another.
type Edit<'e> = (&'e str, &'e str);

/// The consultant's grant and its world, with some texts in place of others.
fn world(edits: &[Edit<'_>]) -> Bench {
    Bench::new(&written(edits))
}

fn written(edits: &[Edit<'_>]) -> String {
    let text = format!("{PEOPLE}---{GRANT}{GIVEN}\n");
    edits.iter().fold(text, |text, (from, to)| edit(&text, from, to))
}

fn access(edits: &[Edit<'_>]) -> Access {
    world(edits).access(ID).0
}

fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap()
}

/// Phase, why and since when it ended, and the reasons.
fn told(access: &Access) -> (Phase, Option<EndCause>, Option<Timestamp>, Vec<&str>) {
    let ended = access.ended;
    let reasons = access.reasons.iter().map(String::as_str).collect();
    (access.phase, ended.map(|(_, cause)| cause), ended.and_then(|(at, _)| at), reasons)
}

/// Adds a policy that sets the mode of some rules.
fn modes(bench: Bench, modes: &[Edit<'_>]) -> Bench {
    let modes: Vec<String> =
        modes.iter().map(|(code, mode)| format!("{{code: {code}, mode: {mode}}}")).collect();
    let rules = format!("spec:\n  rules: [{}]\n  access:\n    {DEMANDS}", modes.join(", "));
    bench.with(&edit(policy(), &format!("spec:\n  access:\n    {DEMANDS}"), &rules))
}

/// The policy alone.
fn policy() -> &'static str {
    PEOPLE.split("---").next().unwrap()
}

// ---- before --------------------------------------------------------------------------------------------------

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
            "CX605: Person/analyst-7 /spec/vendor: Vendor/insight-partners /spec/agreement: there is no data processing agreement",
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

// ---- the deadline --------------------------------------------------------------------------------------------

#[test]
fn the_deadline_is_the_first_of_all_ends_and_names_its_cause() {
    let long = (EXPIRES, "  expiresAt: 2028-01-01T00:00:00Z\n");
    let engaged = (ENGAGED, "engagement: {until: 2029-01-01}");
    let patient = (DEMANDS, "approval: Required\n    reviewGrace: 9999d");
    let generous =
        (DEMANDS, "approval: Required\n    reviewGrace: 9999d\n    maxDuration: {consultant: 9999d}");
    let open = (AGREED, "agreement: {signedOn: 2026-09-01}");
    let promised = (PROMISED, "confidentiality: {signedOn: 2026-09-28, validUntil: 2029-01-01}");
    let leaving = ("jobRole: data-analyst", "leftOn: 2026-12-01");
    let moving = ("jobRole: data-analyst", "jobRoleChangedOn: 2026-12-01");
    let table: [(&[Edit<'_>], &str, DeadlineCause); 9] = [
        (&[], "2026-12-18T18:00:00Z", DeadlineCause::ExpiresAt),
        (&[long], "2027-01-01T00:00:00Z", DeadlineCause::Engagement),
        (&[long, engaged], "2027-01-03T00:00:00Z", DeadlineCause::Review),
        (&[long, engaged, patient], "2027-02-18T08:00:00Z", DeadlineCause::PolicyMaximum),
        (&[long, engaged, generous], "2027-09-01T00:00:00Z", DeadlineCause::Agreement),
        (&[long, engaged, generous, open], "2027-10-01T00:00:00Z", DeadlineCause::Confidentiality),
        (&[long, engaged, generous, open, promised], "2028-01-01T00:00:00Z", DeadlineCause::ExpiresAt),
        (&[leaving], "2026-12-02T00:00:00Z", DeadlineCause::Left),
        (&[moving], "2026-12-01T00:00:00Z", DeadlineCause::JobRoleChanged),
    ];
    for (edits, end, cause) in table {
        let bench = world(edits);
        let access = bench.access(ID).0;
        let deadline = access.deadline.unwrap();
        assert_eq!((access.phase, deadline.at, deadline.cause), (Phase::Active, at(end), cause), "{edits:?}");
        // It holds to the last nanosecond, ends at the very instant, and is told as it was foretold.
        let last = deadline.at.checked_sub(jiff::SignedDuration::from_nanos(1)).unwrap();
        let (before, horizon) = bench.at(&last.to_string()).access(ID);
        assert_eq!((before.phase, horizon), (Phase::Active, deadline.at), "{edits:?}");
        let after = world(edits).at(end).access(ID).0;
        assert_eq!(
            (after.phase, after.ended),
            (cause.ended().phase(), Some((Some(deadline.at), cause.ended())))
        );
        assert!(!after.reasons.is_empty());
    }
}

#[test]
fn of_two_ends_at_one_instant_the_final_one_counts() {
    let edits = [(EXPIRES, "  expiresAt: 2027-01-01T00:00:00Z\n")];
    let deadline = access(&edits).deadline.unwrap();
    assert_eq!((deadline.at, deadline.cause), (at("2027-01-01T00:00:00Z"), DeadlineCause::ExpiresAt));
    assert_eq!(world(&edits).at("2027-01-01T00:00:00Z").access(ID).0.phase, Phase::Expired);
    // One member of a group leaves on the last day of another's engagement.
    let other = "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {name: zoe}\n\
                 spec: {usernames: [zoe], groups: [team], type: Employee, leftOn: 2026-12-01}\n";
    let team = [
        (GRANTEE, "{kind: Group, name: team}"),
        ("jobRole: data-analyst", "groups: [team]"),
        (ENGAGED, "engagement: {until: 2026-12-01}"),
    ];
    let bench = world(&team).with(other);
    assert_eq!(bench.access(ID).0.deadline.unwrap().cause, DeadlineCause::Left);
    assert_eq!(bench.at("2026-12-02T00:00:00Z").access(ID).0.phase, Phase::Revoked);
}

#[test]
fn the_policy_maximum_counts_from_the_later_of_start_and_approval() {
    let maximum = |edits: &[Edit<'_>]| {
        let short = (DEMANDS, "approval: NotRequired\n    maxDuration: {consultant: 7d}");
        let edits: Vec<_> = edits.iter().copied().chain([short]).collect();
        access(&edits).deadline.map(|deadline| (deadline.at.to_string(), deadline.cause))
    };
    let by_policy = |end: &str| Some((end.to_owned(), DeadlineCause::PolicyMaximum));
    assert_eq!(maximum(&[]), by_policy("2026-11-27T08:00:00Z"));
    assert_eq!(maximum(&[("at: 2026-11-19T15", "at: 2026-11-21T15")]), by_policy("2026-11-28T15:00:00Z"));
    assert_eq!(maximum(&[(STARTS, "")]), by_policy("2026-11-26T15:00:00Z"));
    // With neither, from activation.
    assert_eq!(maximum(&[(STARTS, ""), (APPROVAL, "")]), by_policy("2026-11-27T08:00:00Z"));
    let unknown = maximum(&[(STARTS, ""), (APPROVAL, ""), (GIVEN, "")]);
    assert_eq!(unknown, Some(("2026-12-18T18:00:00Z".to_owned(), DeadlineCause::ExpiresAt)));
}

#[test]
fn what_is_not_enforced_cuts_nothing() {
    let long = [(EXPIRES, "  expiresAt: 2028-01-01T00:00:00Z\n")];
    let lenient = ["CX601", "CX602", "CX603", "CX605"].map(|code| (code, "Warn"));
    let review = ("CX505", "Audit");
    let bench = modes(world(&long), &[lenient[0], lenient[1], lenient[2], lenient[3], review]);
    let deadline = bench.access(ID).0.deadline.unwrap();
    assert_eq!((deadline.at, deadline.cause), (at("2028-01-01T00:00:00Z"), DeadlineCause::ExpiresAt));
    for (open, cause) in [
        ("CX601", DeadlineCause::Confidentiality),
        ("CX602", DeadlineCause::Engagement),
        ("CX603", DeadlineCause::PolicyMaximum),
        ("CX605", DeadlineCause::Agreement),
    ] {
        let rest: Vec<_> = lenient.into_iter().filter(|(code, _)| *code != open).chain([review]).collect();
        let deadline = modes(world(&long), &rest).access(ID).0.deadline.unwrap();
        assert_eq!(deadline.cause, cause);
    }
    let employee = |code: (&str, &str)| {
        let grant = edit(EMPLOYEE, "  expiresAt: 2027-03-31T00:00:00Z\n", "");
        modes(Bench::new(PEOPLE).with(&grant), &[code, review]).access(ID).0.deadline.map(|end| end.cause)
    };
    assert_eq!(employee(("CX507", "Enforce")), Some(DeadlineCause::PolicyMaximum));
    assert_eq!(employee(("CX507", "Warn")), None);
}

#[test]
fn without_any_end_of_its_own_a_consultants_access_ends_at_the_maximum_all_the_same() {
    let bench = world(&[(EXPIRES, ""), (ENGAGED, "")]);
    let quiet = [("CX603", "Warn"), ("CX505", "Audit")];
    let deadline = modes(bench, &quiet).access(ID).0.deadline.unwrap();
    assert_eq!((deadline.at, deadline.cause), (at("2027-02-18T08:00:00Z"), DeadlineCause::PolicyMaximum));
}

#[test]
fn a_review_dated_ahead_does_not_put_off_the_end() {
    let edits = [("reviewedOn: 2026-11-19", "reviewedOn: 2030-01-01"), (EXPIRES, ""), (ENGAGED, "")];
    let deadline = access(&edits).deadline.unwrap();
    // 30 days and 14 of grace from the start.
    assert_eq!((deadline.at, deadline.cause), (at("2027-01-03T08:00:00Z"), DeadlineCause::Review));
}

// ---- suspended and back --------------------------------------------------------------------------------------

#[test]
fn papers_that_are_renewed_bring_a_grant_back() {
    let long = (EXPIRES, "  expiresAt: 2027-03-31T00:00:00Z\n");
    let table: [(&[Edit<'_>], (&str, &str), EndCause); 4] = [
        (
            &[(PROMISED, "confidentiality: {signedOn: 2025-01-01, validUntil: 2026-11-22}")],
            ("2026-11-22", "2027-11-22"),
            EndCause::Confidentiality,
        ),
        (
            &[(AGREED, "agreement: {signedOn: 2025-01-01, validUntil: 2026-11-22}")],
            ("2026-11-22", "2027-11-22"),
            EndCause::Agreement,
        ),
        (
            &[(ENGAGED, "engagement: {from: 2026-01-01, until: 2026-11-22}")],
            ("2026-11-22", "2027-11-22"),
            EndCause::Engagement,
        ),
        (
            &[("reviewedOn: 2026-11-19", "reviewedOn: 2026-10-09")],
            ("reviewedOn: 2026-10-09", "reviewedOn: 2026-11-23"),
            EndCause::Review,
        ),
    ];
    for (lapsed, (from, to), cause) in table {
        let edits: Vec<_> = lapsed.iter().copied().chain([long]).collect();
        let access = access(&edits);
        let since = at("2026-11-23T00:00:00Z");
        assert_eq!((access.phase, access.ended), (Phase::Suspended, Some((Some(since), cause))));
        assert_eq!((access.reasons.len(), access.deadline), (1, None), "{:?}", access.reasons);
        let renewed = Bench::new(&edit(&written(&edits), from, to)).access(ID).0;
        assert_eq!((renewed.phase, renewed.ended), (Phase::Active, None), "{cause}");
    }
}

#[test]
fn the_grace_of_a_review_is_the_policys() {
    let overdue = ("reviewedOn: 2026-11-19", "reviewedOn: 2026-10-10");
    assert_eq!(access(&[overdue]).phase, Phase::Active);
    let strict = (DEMANDS, "approval: Required\n    reviewGrace: 1d");
    assert_eq!(access(&[overdue, strict]).phase, Phase::Suspended);
    assert_eq!(modes(world(&[overdue, strict]), &[("CX505", "Disabled")]).access(ID).0.phase, Phase::Active);
}

#[test]
fn time_that_is_over_outweighs_papers_that_may_be_renewed() {
    let lapsed = (PROMISED, "confidentiality: {signedOn: 2025-01-01, validUntil: 2026-11-20}");
    let access = access(&[lapsed, (EXPIRES, "  expiresAt: 2026-11-22T00:00:00Z\n")]);
    assert_eq!(
        (access.phase, access.ended),
        (Phase::Expired, Some((Some(at("2026-11-22T00:00:00Z")), EndCause::Expired)))
    );
}

// ---- final ---------------------------------------------------------------------------------------------------

#[test]
fn who_left_or_moved_or_is_revoked_has_lost_access_for_good() {
    let left = access(&[("jobRole: data-analyst", "leftOn: 2026-11-22")]);
    assert_eq!(
        (left.phase, left.ended),
        (Phase::Revoked, Some((Some(at("2026-11-23T00:00:00Z")), EndCause::Left)))
    );
    let moved = access(&[("jobRole: data-analyst", "jobRoleChangedOn: 2026-11-22")]);
    let since = Some(at("2026-11-22T00:00:00Z"));
    assert_eq!((moved.phase, moved.ended), (Phase::Revoked, Some((since, EndCause::JobRoleChanged))));
    let revoked = access(&[(STARTS, "  revoked: {reason: done}\n")]);
    assert_eq!(told(&revoked), (Phase::Revoked, Some(EndCause::Revoked), None, vec!["spec.revoked is set"]));
    // An approval of the day of the change, from its first instant, is for the new job role.
    let first = ("at: 2026-11-19T15:00:00Z", "at: 2026-11-19T00:00:00Z");
    assert_eq!(
        access(&[("jobRole: data-analyst", "jobRoleChangedOn: 2026-11-19"), first]).phase,
        Phase::Active
    );
    assert_eq!(access(&[("jobRole: data-analyst", "jobRoleChangedOn: 2026-11-19")]).phase, Phase::Active);
    let lenient = [("CX506", "Warn")];
    let bench = world(&[("jobRole: data-analyst", "leftOn: 2026-11-22")]);
    assert_eq!(modes(bench, &lenient).access(ID).0.phase, Phase::Active);
}

#[test]
fn a_final_end_on_record_stays_until_a_later_approval() {
    let approved = |later: &'static str| ("at: 2026-11-19T15:00:00Z", later);
    for (cause, phase) in [
        (EndCause::Expired, Phase::Expired),
        (EndCause::Revoked, Phase::Revoked),
        (EndCause::Left, Phase::Revoked),
        (EndCause::JobRoleChanged, Phase::Revoked),
    ] {
        let at = at("2026-11-22T10:00:00Z");
        let own = format!(
            "status: {{activatedAt: 2026-11-20T08:00:00Z, revocation: {{at: \"{at}\", cause: {cause}}}}}"
        );
        let apart = |edits: &[Edit<'_>]| world(edits).ended(ID, GrantEnd { at, cause });
        // In its own status; in a status that is gone, as after a restore; and in an older one.
        let older = edit(&own, "2026-11-22T10", "2026-11-21T10");
        for (bench, renewed) in [
            (world(&[(GIVEN, &own)]), world(&[(GIVEN, &own), approved("at: 2026-11-22T10:00:01Z")])),
            (apart(&[(GIVEN, "")]), apart(&[(GIVEN, ""), approved("at: 2026-11-22T10:00:01Z")])),
            (apart(&[(GIVEN, &older)]), apart(&[(GIVEN, &older), approved("at: 2026-11-22T10:00:01Z")])),
        ] {
            let access = bench.access(ID).0;
            let reason = "ended at 2026-11-22T10:00:00Z: only an approval later than that renews it";
            assert_eq!(told(&access), (phase, Some(cause), Some(at), vec![reason]));
            assert_eq!(renewed.access(ID).0.phase, Phase::Active);
        }
        // Not by an approval of the same instant, nor by one between an older record and the newest.
        for early in ["at: 2026-11-22T10:00:00Z", "at: 2026-11-21T12:00:00Z"] {
            assert_eq!(apart(&[(GIVEN, &older), approved(early)]).access(ID).0.phase, phase);
        }
        assert_eq!(apart(&[(APPROVAL, "")]).access(ID).0.phase, phase);
    }
}

#[test]
fn an_approval_to_come_renews_nothing_before_its_time() {
    let edits = [("at: 2026-11-19T15:00:00Z", "at: 2026-11-23T13:00:00Z")];
    let ended = GrantEnd { at: at("2026-11-22T10:00:00Z"), cause: EndCause::Expired };
    let bench = world(&edits).ended(ID, ended);
    let (access, horizon) = bench.access(ID);
    assert_eq!((access.phase, horizon), (Phase::Expired, at("2026-11-23T13:00:00Z")));
    assert_eq!(bench.at("2026-11-23T13:00:00Z").access(ID).0.phase, Phase::Active);
}

#[test]
fn a_suspension_on_record_is_no_end() {
    let own =
        "status: {activatedAt: 2026-11-20T08:00:00Z, revocation: {at: 2026-11-22T10:00:00Z, cause: Review}}";
    assert_eq!(access(&[(GIVEN, own)]).phase, Phase::Active);
}

#[test]
fn the_record_is_not_retold_because_of_later_edits() {
    let own =
        "status: {activatedAt: 2026-11-20T08:00:00Z, revocation: {at: 2026-11-22T10:00:00Z, cause: Expired}}";
    let access = access(&[(GIVEN, own), (STARTS, "  revoked: {}\n")]);
    assert_eq!(
        (access.phase, access.ended.map(|(_, cause)| cause)),
        (Phase::Expired, Some(EndCause::Expired))
    );
}

#[test]
fn revoked_outlives_a_later_approval() {
    let own =
        "status: {activatedAt: 2026-11-20T08:00:00Z, revocation: {at: 2026-11-22T10:00:00Z, cause: Revoked}}";
    let later = ("at: 2026-11-19T15:00:00Z", "at: 2026-11-23T10:00:00Z");
    assert_eq!(access(&[(GIVEN, own), later, (STARTS, "  revoked: {}\n")]).phase, Phase::Revoked);
}

// ---- who -----------------------------------------------------------------------------------------------------

#[test]
fn papers_that_cannot_be_read_give_no_access() {
    let broken = (ENGAGED, "engagement: {until: soon}");
    let waiting = access(&[broken, (GIVEN, "")]);
    assert_eq!((waiting.phase, waiting.groups), (Phase::Pending, None));
    let text = "Person/analyst-7 cannot be read".to_owned();
    assert!(waiting.reasons.contains(&text), "{:?}", waiting.reasons);
    assert_eq!(access(&[broken]).phase, Phase::Suspended);
    // Also where no rule is enforced that would need them.
    let audit = edit(policy(), "spec:\n", "spec:\n  mode: Audit\n");
    assert_eq!(told(&world(&[broken]).with(&audit).access(ID).0).3, [text.as_str()]);
    // Nor the firm's, nor a policy's.
    assert_eq!(access(&[(AGREED, "agreement: {signedOn: soon}")]).phase, Phase::Suspended);
    let bench = world(&[])
        .with("apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: odd}\nspec: 5\n");
    assert_eq!(bench.access(ID).0.phase, Phase::Suspended);
}

#[test]
fn a_person_of_whom_nothing_is_known_has_access_unless_a_policy_says_no() {
    let stranger = |subject: &str, name: &str| {
        let access = access(&[(GRANTEE, subject), (GIVEN, ""), (EXPIRES, "")]);
        assert_eq!((access.phase, access.groups), (Phase::Active, None));
        // Held to the shorter of both maxima; the review of an employee comes first at 90 days and the grace.
        let deadline = access.deadline.unwrap();
        assert_eq!((deadline.at, deadline.cause), (at("2027-02-18T08:00:00Z"), DeadlineCause::PolicyMaximum));
        let bench = modes(world(&[(GRANTEE, subject), (GIVEN, "")]), &[("CX608", "Enforce")]);
        let access = bench.access(ID).0;
        assert_eq!(told(&access), (Phase::Pending, None, None, vec![name]));
    };
    stranger("{kind: User, name: zoe}", "CX608: no Person has zoe among its usernames");
    stranger("{kind: Group, name: team}", "CX608: no Person has team among its groups");
}

#[test]
fn whoever_is_named_like_a_fact_that_is_missing_does_not_hide_it() {
    // The firm that does not exist has the stranger's name.
    let edits = [("vendor: insight-partners", "vendor: zoe"), (GIVEN, "")];
    let access = access(&edits);
    assert_eq!(told(&access), (Phase::Pending, None, None, vec!["CX605: Vendor/zoe does not exist"]));
}

#[test]
fn service_accounts_are_nobody_and_none_is_issued() {
    let account = access(&[(GRANTEE, "{kind: ServiceAccount, name: sender}")]);
    assert_eq!((account.phase, account.groups.map(|groups| groups.len())), (Phase::Active, Some(0)));
    let issued =
        "{kind: IssuedServiceAccount, name: made}\n  issuedTo: {kind: User, name: analyst-7@insight.example}";
    assert_eq!(access(&[(GRANTEE, issued), (GIVEN, "")]).phase, Phase::Pending);
}

#[test]
fn of_a_group_everybody_counts() {
    let other = "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {name: zoe}\n\
                 spec: {usernames: [zoe], groups: [team, all], type: Employee, owner: zoe@corp.example}\n";
    let edits = [
        (GRANTEE, "{kind: Group, name: team}"),
        ("jobRole: data-analyst", "jobRole: data-analyst\n  groups: [team]"),
    ];
    let bench = world(&edits).with(other);
    let access = bench.access(ID).0;
    assert_eq!(access.phase, Phase::Active);
    assert_eq!(access.owners.into_iter().collect::<Vec<_>>(), ["lead@corp.example", "zoe@corp.example"]);
    assert_eq!(access.groups.unwrap().into_iter().collect::<Vec<_>>(), ["all", "team"]);
    assert_eq!(
        bench.with(&edit(other, "type: Employee", "type: Consultant")).access(ID).0.phase,
        Phase::Suspended
    );
}

// ---- notices, and what is not there --------------------------------------------------------------------------

#[test]
fn notices_come_a_week_a_day_and_an_hour_before() {
    let notice = |now: &str| {
        let (access, horizon) = world(&[]).at(now).access(ID);
        (access.notice, horizon.to_string())
    };
    for (now, due, next) in [
        ("2026-12-11T17:59:59Z", None, "2026-12-11T18:00:00Z"),
        ("2026-12-11T18:00:00Z", Some(Notice::Week), "2026-12-17T18:00:00Z"),
        ("2026-12-17T18:00:00Z", Some(Notice::Day), "2026-12-18T17:00:00Z"),
        ("2026-12-18T17:00:00Z", Some(Notice::Hour), "2026-12-18T18:00:00Z"),
    ] {
        assert_eq!(notice(now), (due, next.to_owned()), "{now}");
    }
}

#[test]
fn no_notice_was_due_before_access_began_or_was_agreed_upon_again() {
    let short = (EXPIRES, "  expiresAt: 2026-11-24T12:00:00Z\n");
    let at = |edits: &[Edit<'_>], now: &str| world(edits).at(now).access(ID).0.notice;
    assert_eq!(at(&[short], "2026-11-23T11:59:59Z"), None);
    assert_eq!(at(&[short], "2026-11-23T12:00:00Z"), Some(Notice::Day));
    let late = "status: {activatedAt: 2026-11-23T12:00:00Z}";
    assert_eq!(at(&[short, (GIVEN, late)], "2026-11-24T10:59:59Z"), None);
    assert_eq!(at(&[short, (GIVEN, late)], "2026-11-24T11:00:00Z"), Some(Notice::Hour));
    assert_eq!(at(&[short, (GIVEN, "")], "2026-11-24T11:00:00Z"), None);
    let agreed = ("at: 2026-11-19T15:00:00Z", "at: 2026-11-23T12:00:00Z");
    assert_eq!(at(&[short, agreed], "2026-11-23T12:00:00Z"), None);
    assert_eq!(at(&[short, agreed], "2026-11-24T11:00:00Z"), Some(Notice::Hour));
}

#[test]
fn a_grant_that_cannot_be_read_gives_nothing_new_and_says_why() {
    let access = access(&[("dataForm: Pseudonymised", "dataForm: Everything")]);
    assert_eq!((access.phase, access.ended, access.reasons.len()), (Phase::Pending, None, 1));
    assert!(access.reasons[0].starts_with("/spec/dataForm: "), "{:?}", access.reasons);
}

// ---- time ----------------------------------------------------------------------------------------------------

/// One of some texts.
fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(texts)
}

/// Some grant to some person, on record in some way: the edits that make it.
fn some_world() -> impl Strategy<Value = String> {
    let grant = (
        one_of(&["", STARTS, "  startsAt: 2026-11-25T00:00:00Z\n"]),
        one_of(&["", EXPIRES, "  expiresAt: 2026-11-24T00:00:00Z\n", "  expiresAt: 2027-06-01T00:00:00Z\n"]),
        one_of(&[
            "",
            APPROVAL,
            "  approval: {by: a7@corp.example, at: 2026-11-20T00:00:00Z}\n",
            "  approval: {by: lead, at: 2026-11-24T00:00:00Z}\n",
        ]),
        one_of(&["", "2026-11-19", "2026-10-05", "2026-11-25"]),
        one_of(&[
            GRANTEE,
            "{kind: User, name: zoe}",
            "{kind: User, name: s12@corp.example}",
            "{kind: ServiceAccount, name: sender}",
        ]),
        one_of(&[
            "",
            GIVEN,
            "status: {activatedAt: 2026-11-20T08:00:00Z, revocation: {at: 2026-11-22T00:00:00Z, cause: Expired}}",
        ]),
    );
    let person = (
        one_of(&["", PROMISED, "confidentiality: {signedOn: 2026-11-24, validUntil: 2026-11-26}"]),
        one_of(&[
            "",
            ENGAGED,
            "engagement: {from: 2026-11-24, until: 2026-11-25}",
            "engagement: {until: later}",
        ]),
        one_of(&["", "leftOn: 2026-11-24", "jobRoleChangedOn: 2026-11-24"]),
        one_of(&["", AGREED, "agreement: {signedOn: 2026-09-01, validUntil: 2026-11-24}"]),
    );
    let policy = one_of(&[
        DEMANDS,
        "approval: NotRequired",
        "approval: Required\n    maxDuration: {employee: 5d, consultant: 5d}\n    reviewGrace: 1h",
    ]);
    (grant, person, policy).prop_map(|(grant, person, policy)| {
        let reviewed = if grant.3.is_empty() { String::new() } else { format!("reviewedOn: {}", grant.3) };
        written(&[
            (STARTS, grant.0),
            (EXPIRES, grant.1),
            (APPROVAL, grant.2),
            ("reviewedOn: 2026-11-19", &reviewed),
            (GRANTEE, grant.4),
            (GIVEN, grant.5),
            (PROMISED, person.0),
            (ENGAGED, person.1),
            ("jobRole: data-analyst", &format!("jobRole: data-analyst\n  {}", person.2)),
            (AGREED, person.3),
            (DEMANDS, policy),
        ])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// From any instant on, nothing changes before the horizon that was told.
    #[test]
    fn the_decision_and_the_judgement_are_constant_until_the_horizon(
        text in some_world(),
        hours in 0_i64..24 * 60,
        part in 0.0_f64..1.0,
    ) {
        let now = at("2026-11-18T00:00:00Z") + jiff::SignedDuration::from_hours(hours);
        let bench = Bench::new(&text).at(&now.to_string());
        let (access, horizon) = bench.access(ID);
        let (verdict, judged_until) = bench.judge(ID);
        prop_assert!(horizon > now && judged_until >= horizon);
        let end = horizon.min(at("2199-01-01T00:00:00Z"));
        let nanos = jiff::SignedDuration::from_nanos(1);
        let last = end.checked_sub(nanos).unwrap();
        let between = now + now.duration_until(last).mul_f64(part);
        for later in [between, last] {
            let bench = Bench::new(&text).at(&later.to_string());
            let (then, until) = bench.access(ID);
            prop_assert_eq!(&then, &access, "at {}, from {}", later, now);
            prop_assert_eq!(until, horizon);
            prop_assert_eq!(&bench.judge(ID).0, &verdict);
        }
    }

    /// Nobody is active beyond an end, and whoever is active has nothing against them.
    #[test]
    fn an_active_grant_has_a_deadline_ahead_and_no_reasons(text in some_world(), hours in 0_i64..24 * 60) {
        let now = at("2026-11-18T00:00:00Z") + jiff::SignedDuration::from_hours(hours);
        let (access, horizon) = Bench::new(&text).at(&now.to_string()).access(ID);
        if access.phase == Phase::Active {
            prop_assert!(access.reasons.is_empty() && access.ended.is_none());
            prop_assert!(access.deadline.is_none_or(|deadline| deadline.at > now && horizon <= deadline.at));
        } else {
            prop_assert!(!access.reasons.is_empty() && access.deadline.is_none() && access.notice.is_none());
        }
    }
}

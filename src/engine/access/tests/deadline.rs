//! When access ends, and the notices before.

use super::{
    AGREED, APPROVAL, DEMANDS, ENGAGED, EXPIRES, Edit, GIVEN, GRANTEE, ID, PROMISED, STARTS, access, at,
    modes, world,
};
use crate::api::{DeadlineCause, Notice, Phase};
use crate::rules::testing::{Bench, EMPLOYEE, PEOPLE, edit};

#[test]
fn the_deadline_is_the_first_of_all_ends_and_names_its_cause() {
    let long = (EXPIRES, "  expiresAt: 2028-01-01T00:00:00Z\n");
    let engaged = (ENGAGED, "engagement: {until: 2029-01-01}");
    let patient = (DEMANDS, "approval: Required\n    reviewGrace: 9999d");
    let generous =
        (DEMANDS, "approval: Required\n    reviewGrace: 9999d\n    maxDuration: {consultant: 9999d}");
    let open = (AGREED, "agreement: {signedOn: 2026-09-01, validUntil: 2030-01-01}");
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
                 spec: {usernames: [zoe], groups: [team], type: Employee, jobRole: support, leftOn: 2026-12-01}\n";
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
    let reviews = [("CX505", "Audit"), ("CX606", "Audit")];
    let quiet: Vec<_> = lenient.into_iter().chain(reviews).collect();
    let bench = modes(world(&long), &quiet);
    let deadline = bench.access(ID).0.deadline.unwrap();
    assert_eq!((deadline.at, deadline.cause), (at("2028-01-01T00:00:00Z"), DeadlineCause::ExpiresAt));
    for (open, cause) in [
        ("CX601", DeadlineCause::Confidentiality),
        ("CX602", DeadlineCause::Engagement),
        ("CX603", DeadlineCause::PolicyMaximum),
        ("CX605", DeadlineCause::Agreement),
    ] {
        let rest: Vec<_> = quiet.iter().copied().filter(|(code, _)| *code != open).collect();
        let deadline = modes(world(&long), &rest).access(ID).0.deadline.unwrap();
        assert_eq!(deadline.cause, cause);
    }
    let employee = |code: (&str, &str)| {
        let grant = edit(EMPLOYEE, "  expiresAt: 2027-03-31T00:00:00Z\n", "");
        modes(Bench::new(PEOPLE).with(&grant), &[code, reviews[0]]).access(ID).0.deadline.map(|end| end.cause)
    };
    assert_eq!(employee(("CX507", "Enforce")), Some(DeadlineCause::PolicyMaximum));
    assert_eq!(employee(("CX507", "Warn")), None);
}

#[test]
fn without_any_end_of_its_own_a_consultants_access_ends_at_the_maximum_all_the_same() {
    let bench = world(&[(EXPIRES, ""), (ENGAGED, "")]);
    let quiet = [("CX603", "Warn"), ("CX505", "Audit"), ("CX606", "Audit")];
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

#[test]
fn each_review_rule_sets_its_own_end() {
    let edits =
        [(EXPIRES, "  expiresAt: 2028-01-01T00:00:00Z\n"), (ENGAGED, "engagement: {until: 2029-01-01}")];
    let end = |codes: &[Edit<'_>]| {
        let codes: Vec<_> = codes.iter().copied().chain([("CX603", "Warn")]).collect();
        modes(world(&edits), &codes).access(ID).0.deadline.map(|end| (end.at.to_string(), end.cause))
    };
    let review = |at: &str| Some((at.to_owned(), DeadlineCause::Review));
    // Of a consultant, 30 days and 14 of grace; of everybody, 90 and 14.
    assert_eq!(end(&[("CX505", "Audit")]), review("2027-01-03T00:00:00Z"));
    assert_eq!(end(&[("CX606", "Audit")]), review("2027-03-04T00:00:00Z"));
    assert_eq!(end(&[]), review("2027-01-03T00:00:00Z"));
}

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

//! Suspended and back, and what is final.

use super::{
    AGREED, APPROVAL, DEMANDS, ENGAGED, EXPIRES, Edit, GIVEN, ID, PROMISED, STARTS, access, at, modes, told,
    world, written,
};
use crate::api::{EndCause, Phase};
use crate::facts::GrantEnd;
use crate::rules::testing::{Bench, edit};

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
    let off = [("CX606", "Disabled")];
    assert_eq!(modes(world(&[overdue, strict]), &off).access(ID).0.phase, Phase::Active);
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

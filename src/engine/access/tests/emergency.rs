//! Grants that their holder approves in an emergency: how long they last, and what somebody else has to review.

use super::{APPROVAL, DEMANDS, EXPIRES, Edit, GIVEN, GRANTEE, ID, STARTS, access, at, modes, told, world};
use crate::api::{DeadlineCause, EndCause, Phase};
use crate::rules::testing::edit;

/// The holder approves at nine o'clock, for a month.
const OWN: Edit<'_> =
    (APPROVAL, "  emergency: true\n  approval: {by: analyst-7@insight.example, at: 2026-11-23T09:00:00Z}\n");
const ON_CALL: Edit<'_> = ("jobRole: data-analyst\n", "jobRole: data-analyst\n  groups: [on-call, all]\n");
const ALLOWED: Edit<'_> = (DEMANDS, "approval: Required\n    emergency: {allowed: true, groups: [on-call]}");

#[test]
fn an_own_approval_counts_for_a_few_hours() {
    let bench = || world(&[OWN, ON_CALL, ALLOWED]);
    let deadline = bench().access(ID).0.deadline.unwrap();
    assert_eq!((deadline.at, deadline.cause), (at("2026-11-23T13:00:00Z"), DeadlineCause::PolicyMaximum));
    assert_eq!(bench().at("2026-11-23T12:59:59Z").access(ID).0.phase, Phase::Active);
    let ended = bench().at("2026-11-23T13:00:00Z").access(ID).0;
    assert_eq!((ended.phase, ended.ended), (Phase::Expired, Some((Some(deadline.at), EndCause::Expired))));
    // As long as the policy says; no longer than the grant itself.
    for (change, end, cause) in [
        ((EXPIRES, "  expiresAt: 2026-11-23T12:30:00Z\n"), "2026-11-23T12:30:00Z", DeadlineCause::ExpiresAt),
        (
            ("allowed: true", "allowed: true, maxDuration: 12h"),
            "2026-11-23T21:00:00Z",
            DeadlineCause::PolicyMaximum,
        ),
    ] {
        let deadline = access(&[OWN, ON_CALL, ALLOWED, change]).deadline.unwrap();
        assert_eq!((deadline.at, deadline.cause), (at(end), cause), "{change:?}");
    }
    // Also where the usual maximum cuts nothing.
    let deadline =
        modes(bench(), &[("CX603", "Warn")]).with(&policy_with_modes()).access(ID).0.deadline.unwrap();
    assert_eq!(deadline.at, at("2026-11-23T13:00:00Z"));
}

/// The policy that allows emergencies and enforces no maximum.
fn policy_with_modes() -> String {
    let policy = edit(super::policy(), ALLOWED.0, ALLOWED.1);
    edit(&policy, "spec:\n", "spec:\n  rules: [{code: CX603, mode: Warn}, {code: CX505, mode: Audit}]\n")
}

#[test]
fn it_counts_for_nobody_else_and_nowhere_else() {
    let own = "CX508: approved by analyst-7@insight.example, who gets the access, and may not do so in an emergency \
               (access.emergency)";
    let other_group = (ON_CALL.0, "jobRole: data-analyst\n  groups: [all]\n");
    let not_allowed = (DEMANDS, "approval: Required\n    emergency: {groups: [on-call]}");
    let nobody = (DEMANDS, "approval: Required\n    emergency: {allowed: true}");
    let waiting = (GIVEN, "");
    for edits in [
        [OWN, other_group, ALLOWED, waiting],
        [OWN, ON_CALL, not_allowed, waiting],
        [OWN, ON_CALL, nobody, waiting],
    ] {
        let access = access(&edits);
        assert_eq!(told(&access), (Phase::Pending, None, None, vec![own]), "{edits:?}");
        assert_eq!(access.emergency, None);
    }
    // Each policy that selects the namespace must allow it.
    let second = "apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: second}\n\
                  spec: {access: {emergency: {allowed: true, groups: [all]}}}\n";
    let two = world(&[OWN, ON_CALL, ALLOWED, waiting]).with(second).access(ID).0;
    assert_eq!(told(&two), (Phase::Pending, None, None, vec![own]));
    // Without the word it is an own approval like any other.
    let plain = (OWN.0, "  approval: {by: analyst-7@insight.example, at: 2026-11-23T09:00:00Z}\n");
    assert_eq!(access(&[plain, ON_CALL, ALLOWED, waiting]).phase, Phase::Pending);
    // Whoever approves, an emergency is short.
    let by_another =
        (APPROVAL, "  emergency: true\n  approval: {by: lead@corp.example, at: 2026-11-23T09:00:00Z}\n");
    assert_eq!(access(&[by_another]).deadline.unwrap().at, at("2026-11-23T13:00:00Z"));
}

#[test]
fn it_begins_at_once_and_is_the_signers_alone() {
    let why = |change: Edit<'_>| {
        let access = access(&[OWN, ON_CALL, ALLOWED, (GIVEN, ""), change]);
        assert_eq!((access.phase, access.emergency), (Phase::Pending, None), "{change:?}");
        access.reasons.join("; ")
    };
    let late = (STARTS, "  startsAt: 2026-11-23T09:00:01Z\n");
    let at_once =
        "and in an emergency access begins at once: startsAt 2026-11-23T09:00:01Z is after the approval";
    assert!(why(late).contains(at_once), "{}", why(late));
    let same = (STARTS, "  startsAt: 2026-11-23T09:00:00Z\n");
    assert_eq!(access(&[OWN, ON_CALL, ALLOWED, same]).phase, Phase::Active);
    // For others, asked for by who signs it.
    let asked = "  requestedBy: analyst-7@insight.example\n  role";
    let only = "who asked for the access, and in an emergency may do so for a User or an IssuedServiceAccount of their own only";
    for subject in [
        "{kind: User, name: support-12@corp.example}",
        "{kind: Group, name: team}",
        "{kind: ServiceAccount, name: bot}",
        "{kind: IssuedServiceAccount, name: bot}\n  issuedTo: {kind: User, name: support-12@corp.example}",
        "{kind: IssuedServiceAccount, name: bot}\n  issuedTo: {kind: Group, name: team}",
    ] {
        let text = format!("{subject}\n{asked}");
        let change = (&*format!("{GRANTEE}\n  role"), &*text);
        let access = access(&[OWN, ON_CALL, ALLOWED, (GIVEN, ""), change]);
        assert!(access.reasons.iter().any(|reason| reason.contains(only)), "{subject}: {access:?}");
        assert_eq!((access.phase, access.emergency), (Phase::Pending, None), "{subject}");
    }
    let own = "{kind: IssuedServiceAccount, name: bot}\n  issuedTo: {kind: User, name: a7@corp.example}";
    assert_eq!(access(&[OWN, ON_CALL, ALLOWED, (GRANTEE, own)]).phase, Phase::Active);
}

/// A further one of the same person, half an hour later, under another of their names.
const FURTHER: &str = "
apiVersion: cxguard.dev/v1alpha1
kind: AccessGrant
metadata: {name: again, namespace: cx-feedback}
spec:
  subject: {kind: User, name: a7@corp.example}
  role: {kind: ClusterRole, name: feedback-reader}
  dataForm: Pseudonymised
  emergency: true
  expiresAt: 2026-11-23T20:00:00Z
  approval: {by: a7@corp.example, at: 2026-11-23T09:30:00Z}
";

const AGAIN: &str = "AccessGrant/cx-feedback/again";

#[test]
fn nobody_goes_from_one_to_the_next_unreviewed() {
    let further = |edits: &[Edit<'_>], further: &str| {
        let all: Vec<_> = [OWN, ON_CALL, ALLOWED].iter().chain(edits).copied().collect();
        let bench = || world(&all).with(further);
        // Whichever is signed later: the first one stands.
        assert_eq!(bench().access(ID).0.phase, Phase::Active);
        bench().access(AGAIN).0
    };
    let refused = further(&[], FURTHER);
    let first = "and may do so again once somebody else has reviewed AccessGrant/cx-feedback/churn";
    assert!(refused.phase == Phase::Pending && refused.reasons[0].contains(first), "{refused:?}");
    // Also once the first one is over.
    let over = world(&[OWN, ON_CALL, ALLOWED]).with(FURTHER).at("2026-11-23T13:00:00Z");
    let again = over.access(AGAIN).0;
    assert!(again.phase == Phase::Pending && again.reasons[0].contains(first), "{again:?}");
    let review = "  reviewedOn: 2026-11-23\n  reviewedBy: lead@corp.example\n";
    assert_eq!(further(&[("  reviewedOn: 2026-11-19\n", review)], FURTHER).phase, Phase::Active);
    // What somebody else approves is theirs to answer for.
    let by_lead = edit(FURTHER, "by: a7@corp.example", "by: lead@corp.example");
    assert_eq!(further(&[], &by_lead).phase, Phase::Active);
    // A status that tells of no access proves none: it may be that of a grant that was stored again.
    let ended = "status: {phase: Expired}";
    assert_eq!(
        world(&[OWN, ON_CALL, ALLOWED, (GIVEN, ended)]).with(FURTHER).access(AGAIN).0.phase,
        Phase::Pending
    );
    // What was refused itself is in nobody's way.
    let late = (STARTS, "  startsAt: 2026-11-23T11:00:00Z\n");
    let alone = world(&[OWN, ON_CALL, ALLOWED, late]).with(FURTHER);
    assert_eq!(alone.access(AGAIN).0.phase, Phase::Active);
}

#[test]
fn somebody_else_reviews_it_after_the_approval() {
    let reviewed = |by: &str, on: &str, more: &[Edit<'_>]| {
        let text = format!("  reviewedOn: {on}\n  reviewedBy: {by}\n");
        let edits: Vec<_> = [OWN, ON_CALL, ALLOWED, ("  reviewedOn: 2026-11-19\n", &*text)]
            .into_iter()
            .chain(more.iter().copied())
            .collect();
        let emergency = access(&edits).emergency.unwrap();
        assert_eq!(emergency.review_by, at("2026-11-26T09:00:00Z"));
        emergency.reviewed.map(|(by, _)| by)
    };
    let asked = [(
        OWN.1,
        "  emergency: true\n  requestedBy: rita\n  approval: {by: analyst-7@insight.example, at: 2026-11-23T09:00:00Z}\n",
    )];
    assert_eq!(reviewed("lead@corp.example", "2026-11-23", &[]).as_deref(), Some("lead@corp.example"));
    for (by, on, more) in [
        ("analyst-7@insight.example", "2026-11-23", &[][..]),
        // Another name of the holder, and who asked.
        ("a7@corp.example", "2026-11-23", &[]),
        ("rita", "2026-11-23", &asked),
        // Before the approval, and ahead.
        ("lead@corp.example", "2026-11-22", &[]),
        ("lead@corp.example", "2026-11-24", &[]),
    ] {
        assert_eq!(reviewed(by, on, more), None, "{by} {on}");
    }
    // Nor who approved it for a group that they are not in.
    let group = (GRANTEE, "{kind: Group, name: team}");
    let by_lead =
        (OWN.1, "  emergency: true\n  approval: {by: lead@corp.example, at: 2026-11-23T09:00:00Z}\n");
    assert_eq!(reviewed("lead@corp.example", "2026-11-23", &[by_lead, group]), None);
    assert_eq!(
        reviewed("bea@corp.example", "2026-11-23", &[by_lead, group]).as_deref(),
        Some("bea@corp.example")
    );
}

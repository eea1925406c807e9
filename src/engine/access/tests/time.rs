//! Nothing changes before its time.

use proptest::prelude::*;

use super::{AGREED, APPROVAL, DEMANDS, ENGAGED, EXPIRES, GIVEN, GRANTEE, ID, PROMISED, STARTS, at, written};
use crate::api::Phase;
use crate::rules::testing::Bench;

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

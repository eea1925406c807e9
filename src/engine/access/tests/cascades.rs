//! What takes a person's access away: each cause at its exact instant, with its effect, and whether access returns.
//! `docs/grants.md` has the same table.

use super::{AGREED, ENGAGED, EXPIRES, Edit, GIVEN, ID, PROMISED, at, written};
use crate::api::{EndCause, Phase};
use crate::engine::Access;
use crate::rules::testing::{Bench, edit};

/// A cause of an end.
struct Cascade {
    cause: EndCause,
    effect: Phase,
    /// What makes it so, in the grant's world.
    by: &'static [Edit<'static>],
    /// Beside that world.
    beside: &'static str,
    /// The first instant without access.
    instant: &'static str,
    /// What takes the cause away a day later.
    mended: Edit<'static>,
}

const LONG: Edit<'static> = (EXPIRES, "  expiresAt: 2027-06-01T00:00:00Z\n");
const JOB: &str = "jobRole: data-analyst";
const INCIDENT: &str = "apiVersion: cxguard.dev/v1alpha1\nkind: Incident\nmetadata: {name: leak}\nspec: {containment: \
                        SuspendGrants, flows: [{namespace: cx-feedback, name: a}]}\n";

const TABLE: [Cascade; 8] = [
    Cascade {
        cause: EndCause::Left,
        effect: Phase::Revoked,
        by: &[(JOB, "leftOn: 2026-12-01")],
        beside: "",
        instant: "2026-12-02T00:00:00Z",
        mended: ("leftOn: 2026-12-01", JOB),
    },
    Cascade {
        cause: EndCause::JobRoleChanged,
        effect: Phase::Revoked,
        by: &[(JOB, "jobRoleChangedOn: 2026-12-01")],
        beside: "",
        instant: "2026-12-01T00:00:00Z",
        mended: ("jobRoleChangedOn: 2026-12-01", JOB),
    },
    Cascade {
        cause: EndCause::Confidentiality,
        effect: Phase::Suspended,
        by: &[(PROMISED, "confidentiality: {signedOn: 2026-09-28, validUntil: 2026-12-01}")],
        beside: "",
        instant: "2026-12-02T00:00:00Z",
        mended: ("validUntil: 2026-12-01", "validUntil: 2027-12-01"),
    },
    Cascade {
        cause: EndCause::Engagement,
        effect: Phase::Suspended,
        by: &[(ENGAGED, "engagement: {from: 2026-10-01, until: 2026-12-01}")],
        beside: "",
        instant: "2026-12-02T00:00:00Z",
        mended: ("until: 2026-12-01", "until: 2027-12-01"),
    },
    Cascade {
        cause: EndCause::Agreement,
        effect: Phase::Suspended,
        by: &[(AGREED, "agreement: {signedOn: 2026-09-01, validUntil: 2026-12-01}")],
        beside: "",
        instant: "2026-12-02T00:00:00Z",
        mended: ("validUntil: 2026-12-01", "validUntil: 2027-12-01"),
    },
    Cascade {
        cause: EndCause::VendorEnded,
        effect: Phase::Suspended,
        by: &[(
            AGREED,
            "agreement: {signedOn: 2026-09-01, validUntil: 2027-08-31}\n  ended: {date: 2026-12-01}",
        )],
        beside: "",
        instant: "2026-12-02T00:00:00Z",
        mended: ("\n  ended: {date: 2026-12-01}", ""),
    },
    Cascade {
        cause: EndCause::Review,
        effect: Phase::Suspended,
        by: &[("reviewedOn: 2026-11-19", "reviewedOn: 2026-10-18")],
        beside: "",
        // A consultant's 30 days and 14 of grace after the end of that day.
        instant: "2026-12-02T00:00:00Z",
        mended: ("reviewedOn: 2026-10-18", "reviewedOn: 2026-12-02"),
    },
    Cascade {
        cause: EndCause::Incident,
        effect: Phase::Suspended,
        by: &[],
        beside: INCIDENT,
        instant: "",
        mended: ("SuspendGrants,", "SuspendGrants, closedAt: 2026-12-02T12:00:00Z,"),
    },
];

fn world(edits: &[Edit<'_>], beside: &str) -> Bench {
    let all: Vec<_> = edits.iter().copied().chain([LONG]).collect();
    Bench::new(&written(&all)).with(beside)
}

#[test]
fn each_cause_has_its_effect_at_its_instant() {
    for Cascade { cause, effect, by, beside, instant, .. } in &TABLE {
        // An incident has no instant of its own: it counts as soon as it is on record.
        let Ok(end) = instant.parse::<jiff::Timestamp>() else {
            let before = world(by, "").access(ID).0;
            let after = world(by, beside).access(ID).0;
            assert_eq!(
                (before.phase, after.phase, after.ended),
                (Phase::Active, *effect, Some((None, *cause)))
            );
            continue;
        };
        let before = end.checked_sub(jiff::SignedDuration::from_secs(1)).unwrap().to_string();
        let (before, horizon) = world(by, beside).at(&before).access(ID);
        assert_eq!((before.phase, horizon), (Phase::Active, end), "{cause}: {:?}", before.reasons);
        let after = world(by, beside).at(instant).access(ID).0;
        assert_eq!((after.phase, after.ended), (*effect, Some((Some(end), *cause))), "{cause}");
    }
}

/// The day after the end, with the cause gone: on record as the operator keeps it.
fn mended(cascade: &Cascade, approved: &str) -> Access {
    let end = if cascade.instant.is_empty() { "2026-11-23T12:00:00Z" } else { cascade.instant };
    let all: Vec<_> = cascade.by.iter().copied().chain([LONG]).collect();
    let text = written(&all);
    let (from, to) = cascade.mended;
    let in_world = text.contains(from);
    let text = if in_world { edit(&text, from, to) } else { text };
    let phase = cascade.effect;
    let cause = cascade.cause;
    let status = format!(
        "status: {{activatedAt: 2026-11-20T08:00:00Z, phase: {phase}, revocation: {{at: {end}, cause: {cause}}}}}"
    );
    let text = edit(&edit(&text, GIVEN, &status), "at: 2026-11-19T15:00:00Z", &format!("at: {approved}"));
    let beside = if in_world { cascade.beside.to_owned() } else { edit(cascade.beside, from, to) };
    Bench::new(&text).with(&beside).at("2026-12-02T12:00:00Z").access(ID).0
}

#[test]
fn what_may_be_mended_returns_and_what_is_final_needs_an_approval() {
    for cascade in &TABLE {
        let unmoved = mended(cascade, "2026-11-19T15:00:00Z").phase;
        let expected = if cascade.effect == Phase::Suspended { Phase::Active } else { cascade.effect };
        assert_eq!(unmoved, expected, "{}", cascade.cause);
        let renewed = mended(cascade, "2026-12-02T11:00:00Z");
        assert_eq!(renewed.phase, Phase::Active, "{}: {:?}", cascade.cause, renewed.reasons);
        assert!(renewed.deadline.is_some_and(|deadline| deadline.at > at("2026-12-02T12:00:00Z")));
    }
}

#[test]
fn the_documentation_has_a_row_for_each() {
    let table = include_str!("../../../../docs/grants.md");
    for Cascade { cause, effect, .. } in &TABLE {
        let row = table.lines().find(|line| line.starts_with("| ") && line.contains(&format!("`{cause}`")));
        let row = row.unwrap_or_else(|| panic!("no row of {cause}"));
        assert!(row.contains(&effect.to_string()), "{row}");
    }
}

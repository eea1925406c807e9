//! The life of a grant, stage by stage.

mod cascades;
mod containment;
mod deadline;
mod emergency;
mod ending;
mod members;
mod subjects;
mod time;
mod waiting;

use jiff::Timestamp;

use super::Access;
use crate::api::{EndCause, Phase};
use crate::rules::testing::{Bench, GRANT, PEOPLE, edit};

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

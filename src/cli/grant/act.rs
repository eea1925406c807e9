//! What somebody signs of a grant: when there is a point in it, what it changes, and how it is worded.

use anyhow::{Result, bail, ensure};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::AccessGrant;
use crate::values::{Date, Instant};

/// What is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// That the access may be.
    Approve,
    /// That it may last longer, which is an approval of all that it asks for.
    Extend(Instant),
    /// That it ends earlier, which takes no approval.
    Shorten(Instant),
    /// That it was looked at, on a day.
    Review(Date),
}

impl Act {
    /// What another end is, for the end that a grant has: of its own, or by what the operator says.
    pub(super) fn until(grant: &AccessGrant, until: Instant) -> Result<Self> {
        let own = grant.spec.expires_at;
        ensure!(own != Some(until), "{until} is the end that the grant has");
        let end = own.or_else(|| grant.status.as_ref()?.deadline);
        Ok(if end.is_some_and(|end| until <= end) { Self::Shorten(until) } else { Self::Extend(until) })
    }

    /// Refuses what the API server would store and nothing would come of. `command` words a command about the grant.
    pub(super) fn ensure_useful(
        self,
        grant: &AccessGrant,
        now: Timestamp,
        command: impl Fn(&str) -> String,
    ) -> Result<()> {
        let name = grant.metadata.name.as_deref().unwrap_or_default();
        if grant.spec.revoked.is_some() && !matches!(self, Self::Review(_)) {
            bail!("AccessGrant {name} is revoked, for good: who needs access again asks for it anew");
        }
        match (self, grant.spec.expires_at) {
            (Self::Approve, Some(end)) if end.timestamp() <= now => bail!(
                "the end of AccessGrant {name}, {end}, has passed, and an approval alone gives no access: {} --until INSTANT \
                 gives it another end and approves it",
                command("extend")
            ),
            (Self::Extend(until) | Self::Shorten(until), _) if until.timestamp() <= now => {
                bail!("{until} has passed: to end access now, {}", command("revoke"))
            }
            _ => Ok(()),
        }
    }

    /// In one word.
    pub(super) const fn verb(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Extend(_) => "extend",
            Self::Shorten(_) => "shorten",
            Self::Review(_) => "review",
        }
    }

    /// What whoever signs is asked once they have seen the grant.
    pub(super) fn question(self) -> String {
        match self {
            Self::Approve => "Do you approve this".to_owned(),
            Self::Extend(until) => format!("Do you approve this with the new end {until}"),
            Self::Shorten(until) => format!("Shall this end earlier, at {until}"),
            Self::Review(_) => "Have you reviewed this, and is all as it should be".to_owned(),
        }
    }

    /// What was done, or would be.
    pub(super) fn done(self, dry_run: bool) -> String {
        let would = if dry_run { "would be " } else { "" };
        match self {
            Self::Approve => format!("{would}approved"),
            Self::Extend(until) => format!("{would}extended until {until} and approved anew"),
            Self::Shorten(until) => format!("{would}shortened until {until}"),
            Self::Review(day) => format!("{would}reviewed on {day}"),
        }
    }

    /// What is written, by whom and when.
    pub(super) fn operations(self, me: &str, at: Instant) -> Vec<Value> {
        let put = |path: &str, value: Value| json!({"op": "add", "path": path, "value": value});
        let end = |until: Instant| put("/spec/expiresAt", json!(until));
        let approval = || put("/spec/approval", json!({"by": me, "at": at}));
        match self {
            Self::Approve => vec![approval()],
            Self::Extend(until) => vec![end(until), approval()],
            Self::Shorten(until) => vec![end(until)],
            Self::Review(day) => {
                vec![put("/spec/reviewedOn", json!(day)), put("/spec/reviewedBy", json!(me))]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grant with an end of its own and one that the operator tells.
    fn grant(end: &str, deadline: &str, revoked: bool) -> AccessGrant {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        serde_json::from_value(json!({
            "apiVersion": "cxguard.dev/v1alpha1", "kind": "AccessGrant", "metadata": {"name": "g"},
            "spec": {
                "subject": {"kind": "User", "name": "ann"}, "role": {"kind": "Role", "name": "r"},
                "expiresAt": some(end), "revoked": revoked.then(|| json!({"reason": "r"})),
            },
            "status": {"deadline": some(deadline)},
        }))
        .unwrap()
    }

    const SOON: &str = "2026-12-01T00:00:00Z";
    const LATER: &str = "2026-12-02T00:00:00Z";

    #[test]
    fn another_end_is_later_or_earlier() {
        for (end, deadline, until, expected) in [
            (SOON, "", LATER, Some("extend")),
            (LATER, "", SOON, Some("shorten")),
            (SOON, "", SOON, None),
            // A paper ends before the grant does.
            (LATER, SOON, "2026-12-01T12:00:00Z", Some("shorten")),
            ("", SOON, LATER, Some("extend")),
            ("", LATER, SOON, Some("shorten")),
            ("", SOON, SOON, Some("shorten")),
            ("", "", SOON, Some("extend")),
        ] {
            let found = Act::until(&grant(end, deadline, false), until.parse().unwrap());
            assert_eq!(found.ok().map(Act::verb), expected, "{end} {deadline} {until}");
        }
    }

    #[test]
    fn what_nothing_comes_of_is_refused() {
        let extend = Act::Extend(SOON.parse().unwrap());
        let review = Act::Review("2026-12-01".parse().unwrap());
        let (before, after) = ("2026-11-23T12:00:00Z", SOON);
        for (act, revoked, now, part) in [
            (Act::Approve, false, before, ""),
            (Act::Approve, true, before, "is revoked, for good"),
            (Act::Approve, false, after, "has passed, and an approval alone gives no access: cxguard extend"),
            (extend, false, before, ""),
            (extend, false, after, "has passed: to end access now, cxguard revoke"),
            (extend, true, before, "is revoked, for good"),
            (
                Act::Shorten(SOON.parse().unwrap()),
                false,
                after,
                "has passed: to end access now, cxguard revoke",
            ),
            (review, true, after, ""),
        ] {
            let command = |what: &str| format!("cxguard {what}");
            let done = act.ensure_useful(&grant(SOON, "", revoked), now.parse().unwrap(), command);
            let said = done.err().map(|problem| problem.to_string()).unwrap_or_default();
            assert!(said.contains(part) && said.is_empty() == part.is_empty(), "{act:?} {now}: {said}");
        }
    }

    #[test]
    fn only_an_approval_writes_one() {
        let at: Instant = "2026-11-23T12:00:00Z".parse().unwrap();
        let until = SOON.parse().unwrap();
        for (act, expected) in [
            (Act::Approve, &["/spec/approval"][..]),
            (Act::Extend(until), &["/spec/expiresAt", "/spec/approval"]),
            (Act::Shorten(until), &["/spec/expiresAt"]),
            (Act::Review("2026-12-01".parse().unwrap()), &["/spec/reviewedOn", "/spec/reviewedBy"]),
        ] {
            let paths: Vec<Value> =
                act.operations("anna", at).into_iter().map(|operation| operation["path"].clone()).collect();
            assert_eq!(paths, expected, "{act:?}");
        }
    }
}

//! Grants, new or changed.

use jiff::SignedDuration;

use super::own::{Change, in_full};
use super::review::Review;
use super::said::Said;
use super::weigh::{Scale, is_enforced, weigh, words};
use crate::api::{AccessGrantSpec, Approval};
use crate::engine::Finding;
use crate::facts::Fact;
use crate::rules::Code;
use crate::values::Instant;

/// How far an approval may be dated from the moment at which it is written: clocks differ, and people type.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// The rule on approvals.
const APPROVAL: Code = Code(508);

/// Whether all that changes is that access ends, or ends earlier.
pub(super) fn only_takes_away(new: &AccessGrantSpec, old: &AccessGrantSpec) -> bool {
    let end = |spec: &AccessGrantSpec| spec.expires_at.map(Instant::timestamp);
    let earlier = match (end(new), end(old)) {
        (Some(new), Some(old)) => new <= old,
        (new, old) => new.is_some() || old.is_none(),
    };
    let same = || {
        let revoked = old.revoked.clone().or_else(|| new.revoked.clone());
        *new == AccessGrantSpec { expires_at: new.expires_at, revoked, ..old.clone() }
    };
    earlier && same()
}

/// Judges a grant. All that is enforced stands against it but what is still to come: an approval.
pub(super) fn answer(review: &Review<'_>, change: &Change, said: &mut Said) {
    let (mut now, before) = change.judge(review, in_full);
    let approval = approval(&change.new);
    let signed = approval.filter(|signed| change.old.as_ref().and_then(self::approval) != Some(*signed));
    if let Some(signed) = signed {
        dated(review, signed, said);
    }
    let waits = |finding: &Finding| {
        let comes = approval.is_none() || finding.path == "/spec/approval/at";
        finding.rule == APPROVAL && finding.subject == change.id && comes && is_enforced(finding)
    };
    let (waiting, against) = now.findings.into_iter().partition(waits);
    now.findings = against;
    for finding in waiting {
        let words = words(&change.id, &finding);
        said.find(finding, Some((false, words)));
    }
    weigh(said, &change.id, &now, before.as_ref(), Scale::CLOSED);
}

fn approval(fact: &Fact) -> Option<&Approval> {
    match fact {
        Fact::Grant(grant) => grant.spec.approval.as_ref(),
        _ => None,
    }
}

/// Refuses an approval with a date that is not its own. Who writes another's name holds `vouch` and passes on what was
/// agreed before.
fn dated(review: &Review<'_>, signed: &Approval, said: &mut Said) {
    let ago = review.now.duration_since(signed.at.timestamp());
    let own = signed.by == review.request.user_info.username;
    if -ago > TOLERANCE || (own && ago > TOLERANCE) {
        said.deny(format!(
            "{APPROVAL}: /spec/approval/at: approved at {}, and it is {}; set it to the time of the approval, at most 5 \
             minutes from now",
            signed.at,
            review.now.round(jiff::Unit::Second).unwrap_or(review.now)
        ));
    }
}

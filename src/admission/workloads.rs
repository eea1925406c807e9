//! What makes pods, new or changed, and pods that nothing known made.

use std::sync::Arc;

use super::own::{Change, in_full};
use super::review::{Ground, Review};
use super::said::Said;
use super::weigh::{Scale, weigh};
use crate::api::AdmissionAction;
use crate::engine::Policy;

/// Judges a workload: by what it is and where it may run as its rules say; by what it inherits from flows, surveys and
/// vendors as `admission.paperwork` says. Who deploys can mend the one and not the other.
pub(super) fn answer(review: &Review<'_>, change: &Change, said: &mut Said) {
    match review.ground(&review.look()) {
        Ground::Open => {}
        Ground::Unknown => said.warn(format!(
            "cxguard: Namespace/{} is not known yet: judged once it is",
            review.request.namespace
        )),
        Ground::Protected(policy) => {
            let (now, before) = change.judge(review, in_full);
            weigh(said, &change.id, &now, before.as_ref(), scale(&policy));
        }
    }
}

/// What findings on workloads can do.
pub(super) fn scale(policy: &Arc<Policy>) -> Scale {
    let demands = policy.admission;
    Scale { unknown: demands.unknown, inherited: demands.paperwork, own: AdmissionAction::Deny }
}

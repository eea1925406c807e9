//! What makes pods, new or changed, and pods that nothing known made.

use std::sync::Arc;

use super::own::{Change, in_full};
use super::review::{Ground, Review};
use super::said::Said;
use super::weigh::{Scale, weigh};
use crate::api::AdmissionAction;
use crate::engine::Policy;
use crate::facts::{Fact, ObjectRef};
use crate::rules::Code;

/// The rule on where data goes that no flow declares. Whoever applies a workload with its flow cannot always choose which
/// comes first, so as long as none covers the workload, the flow may be yet to come.
const DESTINATION: Code = Code(124);

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
            let leads_out = now.findings.iter().any(|finding| finding.rule == DESTINATION);
            let is_pending = leads_out && !is_covered(review, &change.id, &change.new);
            let pending = is_pending.then_some(DESTINATION);
            weigh(said, &change.id, &now, before.as_ref(), Scale { pending, ..scale(&policy) });
        }
    }
}

/// Whether a flow or a survey covers a workload as it would be.
pub(super) fn is_covered(review: &Review<'_>, id: &ObjectRef, fact: &Fact) -> bool {
    let over = review.over(id, Some(fact.clone()));
    !review.through(&over).covers(id).is_empty()
}

/// What findings on workloads can do.
pub(super) fn scale(policy: &Arc<Policy>) -> Scale {
    let demands = policy.admission;
    Scale {
        unknown: demands.unknown,
        inherited: demands.paperwork,
        own: AdmissionAction::Deny,
        pending: None,
        ahead: None,
    }
}

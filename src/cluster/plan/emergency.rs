//! What is told of access in an emergency, at once and until somebody else has reviewed it.

use super::conditions::{Saying, conditions_of};
use super::grant::View;
use crate::api::{Phase, conditions};
use crate::cluster::effect::Note;
use crate::cluster::seen::Seen;

/// The reason of the event that announces it.
pub(crate) const ANNOUNCED: &str = "EmergencyAccess";

/// The condition of a grant that gave access in an emergency: True until it is reviewed.
pub(crate) fn saying(view: &View<'_>, phase: Phase) -> Option<Saying> {
    let given = phase == Phase::Active || view.fact.is_some_and(|fact| fact.activated_at.is_some());
    let emergency = view.access.emergency.as_ref().filter(|_| given)?;
    let was = format!("approved in an emergency by {} at {}", emergency.by, emergency.at);
    let (status, reason, message) = if let Some((by, day)) = &emergency.reviewed {
        (false, conditions::REVIEWED, format!("{was}; reviewed by {by} on {day}"))
    } else {
        let due = format!("somebody else is to review it by {}", emergency.review_by);
        (true, conditions::TO_BE_REVIEWED, format!("{was}; {due}"))
    };
    Some(Saying { kind: conditions::EMERGENCY, status: Some(status), reason, message })
}

/// The event that announces it, unless the status has it already.
pub(crate) fn note(view: &View<'_>, grant: &Seen, saying: Option<&Saying>) -> Option<Note> {
    let saying = saying.filter(|saying| saying.status == Some(true))?;
    let before = conditions_of(grant);
    let told = before.iter().any(|condition| {
        condition.type_ == saying.kind && condition.status == "True" && condition.message == saying.message
    });
    let spec = &view.fact?.spec;
    let text = format!("{} {} has access: {}", spec.subject.kind, spec.subject.name, saying.message);
    let (regarding, uid) = (view.id.clone(), view.uid().into());
    (!told).then_some(Note { regarding, uid, warning: true, reason: ANNOUNCED, action: "Grant", text })
}

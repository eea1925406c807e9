//! Judgement at the door: a pure function of a request to the API server, the facts and the time.
//!
//! A [`Request`] is what an `AdmissionReview` asks, an [`Answer`] what it is answered. The object of the request lies over
//! the facts as it would be, and the same rules judge it as everywhere; only what is done about their findings differs,
//! for here somebody waits for a word. Nothing here talks to anything: `cluster::admission` serves it.
//!
//! Read first: `door`, which says what is judged, and `weigh`, which says what a finding does.

mod answer;
mod door;
mod freshness;
mod grants;
mod own;
mod pin;
mod pods;
mod policies;
mod rbac;
mod removal;
mod request;
mod review;
mod said;
mod sessions;
#[cfg(test)]
mod tests;
mod weigh;
mod workloads;

use jiff::Timestamp;

pub use answer::Answer;
pub use freshness::Freshness;
pub use pin::pin;
pub use request::{Operation, Request, Resource, User};

use crate::engine::Knowledge;
use door::{Door, is_exempt};
use own::Change;
use review::Review;
use said::Said;

const NOT_READY: &str = "cxguard: not ready: the facts are still being read; try again in a moment";

/// Answers a validating review, by what is known and how fresh that is.
pub fn answer(request: &Request, knowledge: &Knowledge, freshness: &Freshness, now: Timestamp) -> Answer {
    let exempt = is_exempt(request, &knowledge.world);
    let Some(door) = Door::of(request).filter(|_| !exempt) else {
        return Answer::allowed();
    };
    let review = Review { request, known: knowledge, now };
    let change = match door {
        Door::Own(kind) | Door::Workload(kind) | Door::Rbac(kind) => match Change::of(&review, kind) {
            Some(change) if !change.is_free() => Some(change),
            _ => return Answer::allowed(),
        },
        _ => None,
    };
    let mut said = Said::default();
    // What a failing webhook could block in the whole cluster is not blocked by one that has yet to learn, either.
    let everywhere = request.namespace.is_empty() && matches!(door, Door::Rbac(_) | Door::Session);
    if !knowledge.complete {
        said.say(!everywhere, NOT_READY);
        return said.answer();
    }
    let closed = door.is_about_access() && !everywhere;
    if let Some(stale) = freshness.stale(closed) {
        said.say(
            closed,
            format!("cxguard: what is known is out of date: the API server has shown nothing of {stale}"),
        );
    }
    match (door, change) {
        (Door::Own(_), Some(change)) => own::answer(&review, &change, &mut said),
        (Door::Workload(_), Some(change)) => workloads::answer(&review, &change, &mut said),
        (Door::Rbac(_), Some(change)) => rbac::answer(&review, change, &mut said),
        (Door::Removal(kind), _) => removal::answer(&review, kind, &mut said),
        (Door::Pod, _) if request.operation == Operation::Update => pods::changed(&review, &mut said),
        (Door::Pod, _) => pods::created(&review, &mut said),
        (Door::Placement, _) => pods::placed(&review, &mut said),
        (Door::Session, _) => sessions::answer(&review, &mut said),
        (Door::Own(_) | Door::Workload(_) | Door::Rbac(_), None) => {}
    }
    said.answer()
}

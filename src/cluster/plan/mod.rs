//! From judgements and what the server has to what is to be done. Pure: a plan is a value.

pub(crate) mod conditions;
pub(crate) mod emergency;
mod ending;
pub(crate) mod excluded;
pub(crate) mod grant;
pub(crate) mod grant_status;
pub(crate) mod guarded;
pub(crate) mod incident;
pub(crate) mod issued;
pub(crate) mod lease;
pub(crate) mod own;
pub(crate) mod ungoverned;
pub(crate) mod verification;
pub(crate) mod workload;

use jiff::Timestamp;

use super::effect::{Effect, Note};

/// An effect, and the events to send once it is done.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Task {
    /// What to do.
    pub effect: Effect,
    /// What to tell about it.
    pub notes: Vec<Note>,
}

impl Task {
    pub(crate) fn quiet(effect: Effect) -> Self {
        Self { effect, notes: Vec::new() }
    }
}

/// What is to be done about one object now, and when to look again though nothing happens.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// At most one task per lane.
    pub tasks: Vec<Task>,
    /// When to plan again.
    pub wake: Option<Timestamp>,
}

//! Watches become changes: what each object says, in the compact form that the judgement and the plan read.

pub(crate) mod ends;
mod known;
mod list;
mod pulse;
pub(crate) mod read;
mod watch;

pub use list::{ListError, Listed, Missing, list, list_within};
pub use pulse::Pulse;
pub use read::change;
pub use watch::{Event, Own, STREAMS, streams, watch};

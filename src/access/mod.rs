//! Who gets at the data of a namespace, by which way and until when; and what is said of a single grant.
//!
//! Pure: what is known comes in, a table goes out. The roles and bindings are read as the rules on access read them.

mod explain;
mod grant;
mod known;
mod paths;
#[cfg(test)]
mod tests;
mod text;

pub use explain::{Approver, Asked, Confirmed, Explanation, approvers, explain};
pub use grant::{Row, describe, is_to_be_reviewed, rows, standing};
pub use known::{Known, Unseen};
pub use paths::{Path, Table, Waiting, paths};
pub use text::VIEWER;

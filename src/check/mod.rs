//! Manifests in files, judged: from an [`Estate`](crate::manifests::Estate) to what there is to say of it.
//!
//! The same judgement as everywhere: each object of the files is a subject of [`Query::judge`](crate::engine::Query),
//! and what is found is listed where the cause is. Only here it is known which objects are in the files and where.

mod baseline;
mod compare;
mod demanded;
mod fingerprint;
mod flaws;
mod forecast;
mod judge;
mod report;
mod selection;

pub use baseline::Baseline;
pub use compare::{Side, compare};
pub use flaws::flaws;
pub use forecast::{Span, forecast};
pub use judge::{Judged, judge};
pub use report::{Asked, report};
pub use selection::{Pattern, Selection};

#[cfg(test)]
mod tests;

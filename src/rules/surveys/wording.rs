//! How hits in links are told.

use crate::links::Hit;

/// How many hits of one link a message names.
const TOLD: usize = 3;

/// The first hits, and how many more there are; nothing if there is none.
pub(super) fn told<'h>(hits: impl IntoIterator<Item = &'h Hit>) -> Option<String> {
    let hits: Vec<String> = hits.into_iter().map(ToString::to_string).collect();
    let more = hits.len().saturating_sub(TOLD);
    let told = hits.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join("; ");
    match more {
        0 if told.is_empty() => None,
        0 => Some(told),
        more => Some(format!("{told}; and {more} more")),
    }
}

//! Countries, cloud regions and adequacy decisions: dated data, compiled in.
//!
//! The tables under `data/` are what the judgement knows of the world, as of [`VERSION`]; the two `SOURCES.md`
//! beside them say where each fact comes from and how sure it is. Three questions are answered:
//!
//! - [`Reference::country`]: what is this country, and how does a data protection regime see it?
//! - [`Reference::region`]: in which country is this region of this provider?
//! - [`Reference::node`]: in which country is this node?
//!
//! Nothing here reads a clock: adequacy carries its dates, and the caller asks its own clock. What is not known,
//! or not known well enough, is [`Unresolved`] and never a guess.

use std::sync::OnceLock;

use serde::de::DeserializeOwned;

mod jurisdictions;
mod node;
mod providers;
mod regions;
mod unresolved;
mod zones;

pub use jurisdictions::{Adequacy, Jurisdiction, Regime, Standing};
pub use node::{Hints, NodeLabels};
pub use unresolved::Unresolved;

use jurisdictions::Jurisdictions;
use regions::Regions;
use zones::Zones;

/// The day on which the data was compiled.
pub const VERSION: &str = "2026-11-23";

/// All reference data, indexed.
#[derive(Debug)]
pub struct Reference {
    jurisdictions: Jurisdictions,
    regions: Regions,
    zones: Zones,
}

/// The reference data; parsed at the first call.
pub fn reference() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(|| Reference {
        jurisdictions: Jurisdictions::load(),
        regions: Regions::load(),
        zones: Zones::load(),
    })
}

/// The rows of a compiled-in table.
///
/// A row that cannot be read would be an error of ours and must not end the operator, so the loaders leave it
/// out: what it described is then unknown. The tests of each table prove that there is no such row.
fn rows<T: DeserializeOwned>(table: &'static str) -> impl Iterator<Item = Result<T, csv::Error>> {
    csv::Reader::from_reader(table.as_bytes()).into_deserialize()
}

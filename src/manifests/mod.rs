//! Manifests in files: which are read, what they say, and where.
//!
//! ```text
//!  paths ──► input ──► text ──► split ──► yaml ──► object ──► estate: a world, and the place of every object
//! ```
//!
//! One of the four places that touch the world: here files are read. What is read becomes facts by the same reader that
//! the watches use, so a file and a cluster that say the same are judged alike.

mod beneath;
mod estate;
mod fix;
mod input;
mod lines;
mod load;
mod object;
mod places;
mod revision;
pub mod schema;
mod split;
mod template;
mod text;
mod unrendered;
mod yaml;

pub use beneath::read_facts;
pub use estate::Estate;
pub use fix::{FIXABLE, Fixed, Flaw, fix};
pub use input::{Input, discover};
pub use load::{Reading, load, nodes, text};
pub use places::{Places, Spot};
pub use revision::{Repository, Revision};

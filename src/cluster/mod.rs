//! All that talks to an API server: watches become changes, effects become requests.
//!
//! [`index`] reads the cluster, [`execute`] writes to it. What lies between them is pure and knows neither: the
//! [`Operator`] is handed [`Change`]s and [`Answer`]s and the time, and hands out [`Effect`]s. [`shell`] joins them.

pub mod effect;
pub mod execute;
pub mod health;
pub mod index;
mod operator;
mod plan;
mod resource;
pub mod seen;
pub mod shell;
mod work;

pub use effect::{Answer, Effect, Lane, Lease, Note, Questions, Target};
pub use operator::{Operator, Settings};
pub use seen::{Change, Detail, Seen, SeenBinding};
pub use shell::Configuration;
pub use work::Ticket;

/// A short fingerprint of some texts, the same in every build: names that derive from it must not change with the
/// version of a library. FNV-1a, with a byte between the texts that none of them contains.
fn fingerprint(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

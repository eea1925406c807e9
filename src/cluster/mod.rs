//! All that has to do with an API server: watches in, effects out.
//!
//! [`Operator`] decides and touches nothing.

pub mod effect;
mod operator;
mod plan;
pub mod seen;
mod work;

pub use operator::{Operator, Settings};
pub use work::Ticket;

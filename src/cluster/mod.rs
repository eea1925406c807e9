//! All that talks to an API server: watches become changes, effects become requests.
//!
//! [`index`] reads the cluster, [`execute`] writes to it. What lies between them is pure and knows neither: the
//! [`Operator`] is handed [`Change`]s and [`Answer`]s and the time, and hands out [`Effect`]s. [`shell`] joins them.
//! Of several replicas one is elected to write; all of them serve what [`admission`] is asked.

pub mod admission;
mod agenda;
pub mod effect;
mod election;
pub mod execute;
pub mod health;
pub mod index;
mod metrics;
mod operator;
mod plan;
mod resource;
pub mod seen;
pub mod shell;
mod work;

pub use effect::{Answer, Asked, Effect, Known, Lane, Lease, Note, Questions, Target};
pub use election::Pace;
pub use operator::{Census, Operator, Settings};
pub use seen::{Change, Detail, Seen, SeenBinding};
pub use shell::Configuration;
pub use work::Ticket;

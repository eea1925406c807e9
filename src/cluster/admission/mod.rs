//! What the API server asks before it stores or connects: over TLS, and answered from memory.
//!
//! `server` accepts connections, `peers` says how many of whom, `callers` whose; `handler` answers requests, `review`
//! puts both into words, and `tally` counts. What is answered is not decided here: a [`Judge`] does that. The certificate comes from
//! `files`, or from an `authority` of our own; `trust` tells the API server of it. `webhook` puts it all together.

pub(super) mod authority;
mod callers;
mod certificate;
mod files;
mod handler;
mod limits;
mod peers;
mod review;
mod server;
mod tally;
mod trust;
mod webhook;

use std::sync::Arc;

pub use callers::{Callers, CallersError};
pub use certificate::{CertificateError, Certificates};
pub use files::Files;
pub use limits::Limits;
pub use review::Purpose;
pub use server::Server;
pub use tally::Tally;
pub(super) use webhook::{Serving, Surroundings};
pub use webhook::{Source, Webhook};

use crate::admission::{Answer, Request};

/// Answers a request, at once and without I/O.
pub type Judge = Arc<dyn Fn(Purpose, &Request) -> Answer + Send + Sync>;

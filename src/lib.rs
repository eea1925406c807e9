//! cxguard judges customer-experience data policies: vendors, data flows, people and their access.
//!
//! ```text
//!  API server ──► index ──► facts ──► engine + rules ──► verdict ──► plan ──► execute ──► API server
//!                           (pure)        (pure)          (pure)    (pure)
//! ```
//!
//! Read first: [`engine`], which says how a judgement is made, and [`rules`], which says what is judged. Between
//! `facts` and `plan` there is no I/O, no clock and no environment; the feature `cluster` adds what talks to an API
//! server, and without it none of that is even compiled.

pub mod access;
pub mod admission;
pub mod api;
pub mod check;
#[cfg(feature = "cluster")]
pub mod cli;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod engine;
pub mod facts;
mod fingerprint;
mod json;
pub mod links;
pub mod manifests;
mod parallel;
mod pointer;
pub mod reference;
pub mod render;
pub mod rules;
pub mod values;

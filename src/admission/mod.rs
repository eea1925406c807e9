//! Judgement at the door: a pure function of a request to the API server, the facts and the time.
//!
//! A [`Request`] is what an AdmissionReview asks, an [`Answer`] what it is answered. Nothing here talks to anything:
//! `cluster::admission` serves it.

mod answer;
mod freshness;
mod request;

pub use answer::Answer;
pub use freshness::Freshness;
pub use request::{Operation, Request, Resource, User};

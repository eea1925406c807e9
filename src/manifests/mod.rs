//! From files to facts.

pub mod schema;

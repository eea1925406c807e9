//! YAML as the API server reads it, with the place of everything that is written.
//!
//! The crate granit-parser, on which serde-saphyr rests, says what is written: its events keep what a reader through
//! serde loses, whether a scalar was quoted and where it stands. What the scalars mean, how aliases and merge keys are
//! followed and what is refused is decided here, as the Go library does by which manifests reach the API server.

mod brackets;
mod place;
mod refused;
mod scalar;
mod tabs;
mod tree;
mod value;
mod written;

pub(super) use refused::{BYTE_ORDER_MARK, is_line_break};
pub(crate) use tree::{SyntaxError, Tree};
pub(crate) use value::Content;

#[cfg(test)]
mod tests;

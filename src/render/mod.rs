//! What a run over files has found, as people and programs read it: one file per format.
//!
//! Every format shows the same [`Report`]; none judges, reads files or knows the time.

mod report;

pub use report::{Cause, Diagnostic, NotJudged, Place, Report, Subject, Unjudged};

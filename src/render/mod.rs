//! What a run over files has found, as people and programs read it: one file per format.
//!
//! Every format shows the same [`Report`]; none judges, reads files or knows the time. Names and messages come from
//! other people's manifests: each format escapes them, so that none can break its frame.

mod checkout;
mod difference;
pub mod forecast;
pub mod github;
pub mod gitlab;
pub mod json;
pub mod junit;
pub mod markdown;
mod report;
#[cfg(test)]
mod sample;
pub mod sarif;
mod summary;
#[cfg(test)]
mod tests;
pub mod text;
pub(crate) mod visible;

use std::io;
use std::str::FromStr;

pub use checkout::Checkout;
pub use difference::{Change, Difference, Edit, Form, Shift, State, write_difference};
pub use report::{
    Cause, Diagnostic, Gap, Lack, NotJudged, Place, Report, Severity, Subject, Unjudged, Unread,
};
#[cfg(feature = "cluster")]
pub(crate) use summary::many;
pub use text::Look;

/// A form of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// For programs.
    Json,
    /// For code scanning.
    Sarif,
    /// For views of tests.
    Junit,
    /// Annotations of a GitHub workflow.
    Github,
    /// Code quality of GitLab.
    Gitlab,
    /// A comment on a pull request.
    Markdown,
}

impl Format {
    /// Every format, in the order in which help lists them.
    pub const ALL: &'static [Self] =
        &[Self::Text, Self::Json, Self::Sarif, Self::Junit, Self::Github, Self::Gitlab, Self::Markdown];

    /// As it is spelled on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Junit => "junit",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Markdown => "markdown",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|format| format.as_str() == text).ok_or_else(|| {
            let known = Self::ALL.iter().map(|format| format.as_str()).collect::<Vec<_>>();
            format!("{text:?} is no format: expected one of {}", known.join(", "))
        })
    }
}

/// Writes the report in a format. The look matters to text only.
pub fn write(format: Format, report: &Report, look: Look, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, look, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Github => github::write(report, out),
        Format::Gitlab => gitlab::write(report, out),
        Format::Markdown => markdown::write(report, out),
    }
}

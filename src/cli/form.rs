//! In which form an answer is printed.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde::Serialize;

use super::print::print;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// For people
    Text,
    /// For programs
    Json,
    /// The same, as manifests are written
    Yaml,
}

impl Form {
    /// Prints a value, or for people a text about it.
    pub(super) fn print(self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<ExitCode> {
        let printed = match self {
            Self::Text => text(),
            Self::Json => {
                format!("{:#}\n", serde_json::to_value(value).context("failed to write JSON")?)
            }
            Self::Yaml => serde_saphyr::to_string(value).context("failed to write YAML")?,
        };
        Ok(print(&printed))
    }
}

//! `cxguard schemas`: JSON Schemas of our kinds.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::files::{Existing, write_all};
use super::print::{fail, print};
use crate::manifests::schema::standalone;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard schemas --output schemas
  kubeconform -schema-location default \\
    -schema-location 'schemas/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json' manifests/
  cxguard schemas > cxguard.json         one schema for all kinds

In an editor with yaml-language-server, as the first line of a manifest:
  # yaml-language-server: $schema=schemas/cxguard.dev/all.json

A schema has no rules that compare fields, such as that an agreement ends after it was signed: `cxguard check` and the \
API server ask them too.")]
pub(super) struct Arguments {
    /// Write a file per kind below this folder, as kubeconform looks for them, and cxguard.dev/all.json; without it,
    /// one schema for all kinds is printed
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Prints or writes the schemas.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let Some(folder) = &arguments.output else {
        return print(&format!("{:#}\n", standalone::all()));
    };
    let files = standalone::files();
    let texts: Vec<(&str, String)> =
        files.iter().map(|(name, schema)| (name.as_str(), format!("{schema:#}\n"))).collect();
    let texts = texts.iter().map(|(name, text)| (*name, text.as_str()));
    match write_all(folder, texts, Existing::Replace) {
        Ok(_) => ExitCode::SUCCESS,
        Err(problem) => fail(&problem),
    }
}

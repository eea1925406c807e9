//! Ending access.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::{manifest, words};
use crate::cli::form::Form;
use crate::cli::session::{Place, Session, lacks_right, refused};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard grant revoke ann-feedback-reader -n cx-feedback --reason 'finished early'
  cxguard grant revoke ann-feedback-reader -n cx-feedback --reason 'wrong person' --dry-run

There is no way back: who needs access again asks for it anew.")]
pub(super) struct Arguments {
    /// The name of the grant
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    name: String,

    /// Why
    #[arg(long, value_name = "TEXT", value_parser = words)]
    reason: String,

    #[command(flatten)]
    place: Place,

    /// Ask the API server what it would say, and store nothing
    #[arg(long)]
    dry_run: bool,

    /// The form of the output
    #[arg(short, long, value_enum, default_value = "text")]
    output: Form,
}

/// Whatever else somebody edits at the same time, an end is never refused for it.
pub(super) async fn main(arguments: &Arguments) -> Result<ExitCode> {
    let session = Session::at(&arguments.place).await?;
    let name = &arguments.name;
    let how = PatchParams {
        dry_run: arguments.dry_run,
        field_manager: Some("cxguard-cli".to_owned()),
        ..PatchParams::default()
    };
    let change = json!({"spec": {"revoked": {"reason": arguments.reason}}});
    let revoked = session.grants().patch(name, &how, &Patch::Merge(change)).await.map_err(|error| {
        let problem = refused(&format!("failed to revoke AccessGrant {}/{name}", session.namespace), &error);
        if lacks_right(&error) {
            anyhow!("{problem}\nwho may patch the grant may revoke it: its requesters and approvers")
        } else {
            problem
        }
    })?;
    let would = if arguments.dry_run { "would be " } else { "" };
    let text = || format!("AccessGrant {}/{name} {would}revoked: access ends at once\n", session.namespace);
    arguments.output.print(&manifest(revoked), text)
}

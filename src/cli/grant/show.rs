//! Looking at grants.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde_json::json;

use super::{command, manifest, whom_to_ask};
use crate::access::{Row, describe, is_to_be_reviewed, rows};
use crate::api::Phase;
use crate::cli::form::Form;
use crate::cli::session::{Place, Session, read, refused};
use crate::render::visible::visible;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard grant list -n cx-feedback
  cxguard grant list -A -o json | jq -r '.items[] | select(.phase == \"Pending\").name'")]
pub(super) struct List {
    #[command(flatten)]
    place: Place,

    /// Those of all namespaces
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    all_namespaces: bool,

    /// The form of the output
    #[arg(short, long, value_enum, default_value = "text")]
    output: Form,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard grant show ann-feedback-reader -n cx-feedback
  cxguard grant show ann-feedback-reader -n cx-feedback -o yaml")]
pub(super) struct Show {
    /// The name of the grant
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    name: String,

    #[command(flatten)]
    place: Place,

    /// The form of the output; json and yaml are the grant itself
    #[arg(short, long, value_enum, default_value = "text")]
    output: Form,
}

pub(super) async fn list(arguments: &List) -> Result<ExitCode> {
    let session = Session::at(&arguments.place).await?;
    let listed = session.list(arguments.all_namespaces).await;
    let (grants, unreadable) = listed.map_err(|error| refused("failed to list grants", &error))?;
    for unseen in &unreadable {
        let _ = writeln!(std::io::stderr(), "warning: {}: {}", unseen.what, visible(&unseen.why));
    }
    let rows = rows(&grants);
    let items = json!({"items": rows, "unreadable": unreadable});
    arguments.output.print(&items, || in_columns(&rows))
}

/// A column is as wide as its widest entry; the last one as long as it is.
fn in_columns(rows: &[Row]) -> String {
    let head = ["NAMESPACE", "NAME", "PHASE", "SUBJECT", "ROLE", "UNTIL", "BECAUSE"];
    let cells = rows.iter().map(|row| {
        [&row.namespace, &row.name, &row.phase, &row.subject, &row.role, &row.until, &row.why]
            .map(|cell| visible(cell).into_owned())
    });
    let lines: Vec<[String; 7]> = std::iter::once(head.map(str::to_owned)).chain(cells).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|at| {
            lines.iter().filter_map(|line| Some(line.get(at)?.chars().count())).max().unwrap_or_default()
        })
        .collect();
    let mut text = String::new();
    for line in &lines {
        let mut shown = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            let _ = write!(shown, "{cell:width$}   ");
        }
        let _ = writeln!(text, "{}", shown.trim_end());
    }
    text
}

pub(super) async fn show(arguments: &Show) -> Result<ExitCode> {
    let session = Session::at(&arguments.place).await?;
    let object = manifest(session.grant(&arguments.name).await?);
    if arguments.output != Form::Text {
        return arguments.output.print(&object, String::new);
    }
    let grant = read(object)?;
    let mut text = describe(&grant);
    let phase = grant.status.as_ref().and_then(|status| status.phase);
    let generation = grant.metadata.generation.unwrap_or_default();
    if is_to_be_reviewed(&grant) {
        let review = command("review", &session, &arguments.name);
        let _ = writeln!(text, "once you have looked at it: {review} --generation {generation}");
    }
    let waits = grant.spec.approval.is_none() && phase.is_none_or(|phase| phase == Phase::Pending);
    if waits && grant.spec.revoked.is_none() {
        let approve = command("approve", &session, &arguments.name);
        let _ = writeln!(text, "to approve exactly this: {approve} --generation {generation}");
        text.push_str(&whom_to_ask(&session, &grant).await);
    }
    arguments.output.print(&grant, || text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let row = |name: &str, why: &str| Row {
            namespace: "cx".to_owned(),
            name: name.to_owned(),
            phase: "Pending".to_owned(),
            subject: "User ann".to_owned(),
            role: "Role/r".to_owned(),
            until: "-".to_owned(),
            why: why.to_owned(),
            issued_to: None,
            left_out: Vec::new(),
        };
        let text = in_columns(&[row("a", "waits\u{1b}[31m"), row("much-longer", "")]);
        assert_eq!(
            text,
            "NAMESPACE   NAME          PHASE     SUBJECT    ROLE     UNTIL   BECAUSE\n\
             cx          a             Pending   User ann   Role/r   -       waits␛[31m\n\
             cx          much-longer   Pending   User ann   Role/r   -\n"
        );
    }
}

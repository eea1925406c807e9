//! `cxguard rules` and `cxguard explain`: what is judged, and why.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::print::print;
use crate::rules::{Code, RULES, Rule, find};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard rules
  cxguard rules --format json | jq -r '.[] | select(.mode == \"Enforce\").code'")]
pub(super) struct ListArguments {
    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard explain CX101
  cxguard explain cx601 --format json")]
pub(super) struct ExplainArguments {
    /// The code of the rule, such as CX101
    #[arg(value_parser = parse)]
    code: Code,

    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Lists every rule.
pub(super) fn list(arguments: &ListArguments) -> ExitCode {
    match arguments.format {
        Format::Text => {
            let width = RULES.iter().map(|rule| rule.pattern.len()).max().unwrap_or_default();
            let mut text = String::new();
            for rule in RULES {
                let subjects = rule.subjects().join(", ");
                let _ = writeln!(
                    text,
                    "{}  {:width$}  {:7}  {subjects}",
                    rule.code,
                    rule.pattern,
                    rule.mode.as_str()
                );
            }
            print(&text)
        }
        Format::Json => {
            print(&format!("{:#}\n", json!(RULES.iter().map(|rule| entry(rule)).collect::<Vec<_>>())))
        }
    }
}

/// Prints the documentation of one rule.
pub(super) fn explain(arguments: &ExplainArguments) -> ExitCode {
    // The parser has found it.
    let Some(rule) = find(arguments.code) else { return ExitCode::from(2) };
    match arguments.format {
        Format::Text => print(&rule.markdown()),
        Format::Json => print(&format!("{:#}\n", entry(rule))),
    }
}

fn entry(rule: &Rule) -> serde_json::Value {
    json!({
        "code": rule.code.to_string(),
        "pattern": rule.pattern,
        "mode": rule.mode,
        "since": rule.since,
        "subjects": rule.subjects(),
        "summary": rule.summary(),
        "documentation": rule.markdown(),
    })
}

fn parse(text: &str) -> Result<Code, String> {
    let code: Code = text.to_uppercase().parse()?;
    find(code)
        .map(|rule| rule.code)
        .ok_or_else(|| format!("there is no rule {code}: `cxguard rules` lists all"))
}

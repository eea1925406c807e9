//! `cxguard rules` and `cxguard explain`: what is judged, and why.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::print::print;
use crate::rules::{Code, RESERVED, RULES, Reserved, Rule, find, reserved};

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

/// What a code stands for.
#[derive(Clone, Copy)]
enum Topic {
    Rule(&'static Rule),
    Reserved(&'static Reserved),
}

impl Topic {
    fn of(code: Code) -> Option<Self> {
        find(code).map(Self::Rule).or_else(|| reserved(code).map(Self::Reserved))
    }

    /// Every code, in order.
    fn all() -> Vec<Self> {
        let reserved = RESERVED.iter().map(Self::Reserved);
        let mut all: Vec<_> = RULES.iter().map(|rule| Self::Rule(rule)).chain(reserved).collect();
        all.sort_by_key(|topic| topic.code());
        all
    }

    const fn code(self) -> Code {
        match self {
            Self::Rule(rule) => rule.code,
            Self::Reserved(reserved) => reserved.code,
        }
    }

    const fn pattern(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.pattern,
            Self::Reserved(reserved) => reserved.pattern,
        }
    }

    fn markdown(self) -> String {
        match self {
            Self::Rule(rule) => rule.markdown(),
            Self::Reserved(reserved) => reserved.markdown(),
        }
    }

    /// As programs read it. What is not judged has no mode and no subjects, and no version has it.
    fn entry(self) -> Value {
        let (code, pattern, documentation) = (self.code().to_string(), self.pattern(), self.markdown());
        match self {
            Self::Rule(rule) => json!({
                "code": code,
                "pattern": pattern,
                "judged": true,
                "mode": rule.mode,
                "since": rule.since,
                "subjects": rule.subjects(),
                "summary": rule.summary(),
                "documentation": documentation,
            }),
            Self::Reserved(reserved) => json!({
                "code": code,
                "pattern": pattern,
                "judged": false,
                "summary": format!("Not judged: {}.", reserved.needs),
                "documentation": documentation,
            }),
        }
    }
}

/// Lists every rule.
pub(super) fn list(arguments: &ListArguments) -> ExitCode {
    let all = Topic::all();
    match arguments.format {
        Format::Text => {
            let width = all.iter().map(|topic| topic.pattern().len()).max().unwrap_or_default();
            let mut text = String::new();
            for topic in all {
                let (mode, what) = match topic {
                    Topic::Rule(rule) => (rule.mode.as_str(), rule.subjects().join(", ")),
                    Topic::Reserved(reserved) => ("-", format!("not judged: {}", reserved.needs)),
                };
                let _ = writeln!(text, "{}  {:width$}  {mode:7}  {what}", topic.code(), topic.pattern());
            }
            print(&text)
        }
        Format::Json => {
            let all: Vec<_> = all.into_iter().map(Topic::entry).collect();
            print(&format!("{:#}\n", json!(all)))
        }
    }
}

/// Prints the documentation of one rule.
pub(super) fn explain(arguments: &ExplainArguments) -> ExitCode {
    // The parser has found it.
    let Some(topic) = Topic::of(arguments.code) else { return ExitCode::from(2) };
    match arguments.format {
        Format::Text => print(&topic.markdown()),
        Format::Json => print(&format!("{:#}\n", topic.entry())),
    }
}

fn parse(text: &str) -> Result<Code, String> {
    let code: Code = text.to_uppercase().parse()?;
    Topic::of(code).map(Topic::code).ok_or_else(|| {
        // The next one of the same risk.
        let same = Topic::all().into_iter().filter(|topic| topic.code().0 / 100 == code.0 / 100);
        let near = same.min_by_key(|topic| topic.code().0.abs_diff(code.0));
        let near = near.map(|topic| format!("; near it is {} ({})", topic.code(), topic.pattern()));
        format!("there is no rule {code}: `cxguard rules` lists all{}", near.unwrap_or_default())
    })
}

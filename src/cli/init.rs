//! `cxguard init`: manifests to start from.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::Span;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::clock::now;
use super::files::{Existing, write_all};
use super::print::{fail, print};

/// The files, with days as `{today-60d}`.
const FILES: [(&str, &str); 4] = [
    ("policy.yaml", include_str!("init/policy.yaml")),
    ("vendor.yaml", include_str!("init/vendor.yaml")),
    ("flow.yaml", include_str!("init/flow.yaml")),
    ("incidents.yaml", include_str!("init/incidents.yaml")),
];

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard init                           into the folder where you are
  cxguard init policies && cxguard check policies

The values are made up and hang together: the files pass `cxguard check` as they are.")]
pub(super) struct Arguments {
    /// The folder for the files; it is made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// Writes the files, unless one of them exists.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let files = files(now().to_zoned(TimeZone::UTC).date());
    let texts = files.iter().map(|(name, text)| (*name, text.as_str()));
    match write_all(&arguments.folder, texts, Existing::Keep) {
        Ok(paths) => {
            let mut text = String::new();
            for path in paths {
                let _ = writeln!(text, "{}", path.display());
            }
            print(&text)
        }
        Err(problem) => fail(&problem),
    }
}

fn files(today: Date) -> Vec<(&'static str, String)> {
    FILES.into_iter().map(|(name, template)| (name, dated(template, today))).collect()
}

/// A template with its days.
fn dated(template: &str, today: Date) -> String {
    let mut parts = template.split("{today");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (days, rest) = part.split_once("d}").unwrap_or_default();
        let days: i32 = days.parse().unwrap_or_default();
        let day = today.checked_add(Span::new().days(days)).unwrap_or(today);
        let _ = write!(text, "{day}{rest}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Kind, read};
    use crate::manifests::schema::problems;
    use crate::rules::testing::Bench;

    #[test]
    fn days_are_counted_from_today() {
        let today: Date = "2028-02-28".parse().unwrap();
        let text = dated("a: {today-60d}, b: {today+1d}", today);
        assert_eq!(text, "a: 2027-12-30, b: 2028-02-29");
    }

    /// On any day.
    #[test]
    fn what_one_starts_from_is_in_order() {
        for today in ["2026-11-26", "2028-02-29", "2035-06-30"] {
            let files = files(today.parse().unwrap());
            let text: Vec<&str> = files.iter().map(|(_, text)| text.as_str()).collect();
            let text = text.join("---\n");
            let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(&text).unwrap();
            assert_eq!(documents.len(), 7);
            let bench = Bench::new(&text).at(&format!("{today}T12:00:00Z"));
            for document in &documents {
                let kind = Kind::named(document["kind"].as_str().unwrap()).unwrap();
                assert_eq!(problems(kind, document), [], "{document}");
                let (id, _) = read(document).unwrap();
                let (verdict, _) = bench.judge(&id.to_string());
                assert!(verdict.findings.is_empty(), "{today} {id}: {:#?}", verdict.findings);
                assert!(verdict.lacking.is_empty(), "{today} {id}: {:#?}", verdict.lacking);
            }
        }
    }
}

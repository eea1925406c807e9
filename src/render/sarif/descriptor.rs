//! A rule as SARIF describes it.

use serde::Serialize;

use super::Text;
use crate::render::Severity;
use crate::rules::Rule;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    id: String,
    name: String,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Configuration,
    properties: Tags,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Tags {
    tags: [&'static str; 2],
}

impl Descriptor {
    pub(super) fn new(rule: &Rule) -> Self {
        let level = Severity::of(rule.mode);
        let markdown = rule.markdown();
        Self {
            id: rule.code.to_string(),
            name: pascal(rule.pattern),
            short_description: Text::new(&rule.summary()),
            full_description: Text::new(&rule.what_it_checks()),
            help: Help { text: markdown.clone(), markdown },
            default_configuration: Configuration { level: level.as_str() },
            properties: Tags { tags: ["compliance", rule.risk()] },
        }
    }
}

/// `agreement-missing-or-expired` as `AgreementMissingOrExpired`.
fn pascal(pattern: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    };
    pattern.split('-').map(capital).collect()
}

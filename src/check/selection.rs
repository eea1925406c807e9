//! Which rules somebody wants to hear of.

use std::fmt;
use std::str::FromStr;

use crate::rules::{Code, RESERVED, RULES};

/// A rule, or all whose codes begin alike: `CX101`, `CX1`, `CX`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    fn matches(&self, code: Code) -> bool {
        code.to_string().starts_with(&self.0)
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let pattern = Self(text.to_uppercase());
        let reserved = RESERVED.iter().map(|reserved| reserved.code);
        if RULES.iter().map(|rule| rule.code).chain(reserved).any(|code| pattern.matches(code)) {
            Ok(pattern)
        } else {
            Err("no rule has a code that begins so: `cxguard rules` lists all".to_owned())
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rules that are wanted: those selected, all if none is, without those ignored.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these.
    pub select: Vec<Pattern>,
    /// Not these.
    pub ignore: Vec<Pattern>,
}

impl Selection {
    /// Whether nothing is left out.
    pub fn is_all(&self) -> bool {
        self.select.is_empty() && self.ignore.is_empty()
    }

    /// Whether a rule is wanted. The longer pattern decides, so that one rule can be taken out of many, or many out of
    /// all but one.
    pub fn wants(&self, code: Code) -> bool {
        let longest = |patterns: &[Pattern]| {
            patterns.iter().filter(|pattern| pattern.matches(code)).map(|pattern| pattern.0.len()).max()
        };
        match (longest(&self.select), longest(&self.ignore)) {
            (Some(selected), Some(ignored)) => selected > ignored,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => self.select.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_pattern_decides() {
        let patterns = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        for (select, ignore, code, wanted) in [
            (&[][..], &[][..], 101, true),
            (&["CX1"], &[], 101, true),
            (&["CX1"], &[], 501, false),
            (&[], &["cx5"], 501, false),
            (&[], &["CX5"], 101, true),
            (&["CX1"], &["CX101"], 101, false),
            (&["CX101"], &["CX1"], 101, true),
            (&["CX1"], &["CX1"], 101, false),
        ] {
            let selection = Selection { select: patterns(select), ignore: patterns(ignore) };
            assert_eq!(selection.wants(Code(code)), wanted, "{select:?} {ignore:?} {code}");
        }
        for text in ["CX9", "CX1011", "101", ""] {
            assert_eq!(text.parse::<Pattern>().is_ok(), text.is_empty(), "{text:?}");
        }
    }
}

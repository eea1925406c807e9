//! The documentation of the rules as users read it: made of each rule's own doc comment, and of nothing else.

use std::fmt::Write as _;

use super::{Check, RESERVED, RULES, Rule};

impl Rule {
    /// The documentation of the rule in Markdown, under its code and pattern.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "# {} {}\n\nBy default: {}. Judged: {}. Since {}.\n",
            self.code,
            self.pattern,
            self.mode,
            self.subjects().join(", "),
            self.since
        );
        let mut code = false;
        for line in self.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line)) {
            code ^= line.starts_with("```");
            // Its headings are those of a chapter here.
            let deeper = if line.starts_with('#') && !code { "#" } else { "" };
            let gap = if deeper.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}{deeper}{line}");
        }
        squeeze(&text)
    }

    /// What the rule is judged of, in plain words.
    pub fn subjects(&self) -> Vec<&'static str> {
        let mut subjects: Vec<_> = self.checks.iter().map(Check::subject).collect();
        subjects.dedup();
        subjects
    }

    /// The sentence with which its documentation begins.
    pub fn summary(&self) -> String {
        let lines =
            self.docs.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let text = lines.collect::<Vec<_>>().join(" ");
        let end = text.find(". ").map_or(text.len(), |at| at + 1);
        text.get(..end).unwrap_or(&text).to_owned()
    }

    /// The first chapter of its documentation, which says what it checks.
    pub fn what_it_checks(&self) -> String {
        let lines = self.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
        let chapter: Vec<_> = lines.skip(1).take_while(|line| !line.starts_with("# ")).collect();
        chapter.join("\n").trim().to_owned()
    }

    /// The risk that it is about, which is the first digit of its code.
    pub const fn risk(&self) -> &'static str {
        match self.code.0 / 100 {
            0 => "input",
            1 => "transfers",
            2 => "surveys",
            3 => "training",
            4 => "platform",
            5 => "access",
            6 => "consultants",
            7 => "incidents",
            _ => "exemptions",
        }
    }
}

/// Every rule in a table, in Markdown.
pub fn table() -> String {
    let mut text = String::from("| code | pattern | by default | judged |\n|---|---|---|---|\n");
    for rule in RULES {
        let (code, pattern) = (rule.code, rule.pattern);
        let _ = writeln!(
            text,
            "| [{code}]({code}.md) | {pattern} | {} | {} |",
            rule.mode,
            rule.subjects().join(", ")
        );
    }
    text.push_str("\nThese codes are kept for rules that no version judges yet:\n\n");
    text.push_str("| code | pattern | why |\n|---|---|---|\n");
    for reserved in &RESERVED {
        let _ = writeln!(text, "| {} | {} | {} |", reserved.code, reserved.pattern, reserved.needs);
    }
    text
}

/// The text with no more than one empty line in a row, and none at its end but the last line's own.
fn squeeze(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    let mut empty = false;
    for line in text.trim_end().lines() {
        if !(line.is_empty() && empty) {
            squeezed.push_str(line);
            squeezed.push('\n');
        }
        empty = line.is_empty();
    }
    squeezed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{Code, find};

    #[test]
    fn headings_become_chapters_and_comments_in_examples_stay() {
        let text = find(Code(113)).unwrap().markdown();
        assert!(
            text.starts_with("# CX113 agreement-silent-on-places-or-measures\n\nBy default: Enforce."),
            "{text}"
        );
        assert!(text.contains("\n\n## What it checks\n\nA data processing agreement names"), "{text}");
        assert!(text.contains("\n    # neither countries nor measures\n"), "{text}");
        assert!(text.ends_with('\n') && !text.contains("\n\n\n"), "{text}");
    }

    #[test]
    fn the_first_chapter_says_what_is_checked() {
        for rule in RULES {
            let text = rule.what_it_checks();
            assert!(text.len() > 40 && !text.contains("# "), "{}: {text}", rule.code);
        }
        let text = find(Code(111)).unwrap().what_it_checks();
        assert!(text.starts_with("A vendor that is used has") && text.ends_with("as a processor."), "{text}");
    }

    #[test]
    fn a_summary_is_one_sentence() {
        for rule in RULES {
            let summary = rule.summary();
            assert!(summary.ends_with('.') || summary.ends_with(':'), "{}: {summary}", rule.code);
        }
    }
}

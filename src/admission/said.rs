//! What is said of a request, in words that are bounded: a person reads them in a terminal.

use serde_json::{Value, json};

use super::answer::Answer;
use crate::api::FindingOutcome;
use crate::engine::Finding;

/// The longest message of a refusal, in characters.
const MESSAGE: usize = 1000;

/// How much all warnings of a request may have, in characters, before the API server cuts each.
const ROOM: usize = 4096;

/// The longest warning, in characters, once there is too much.
const WARNING: usize = 256;

/// The most warnings: a person reads them.
const WARNINGS: usize = 10;

/// The longest note in the audit log, in bytes.
const NOTE: usize = 8192;

/// The key of that note. The API server puts the name of the webhook before it.
const FINDINGS: &str = "findings";

/// What is said of a request.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// Why it is refused.
    denials: Vec<String>,
    /// What whoever asks should know.
    warnings: Vec<String>,
    /// What was found, for the audit log.
    findings: Vec<Finding>,
    /// What else was said, for the audit log: whether it refuses, and why.
    remarks: Vec<(bool, String)>,
    /// Whether it is refused for want of something that may be known in a moment.
    hasty: bool,
}

impl Said {
    /// Refuses.
    pub(super) fn deny(&mut self, why: impl Into<String>) {
        self.say(true, why);
    }

    /// Warns.
    pub(super) fn warn(&mut self, what: impl Into<String>) {
        self.say(false, what);
    }

    /// Refuses or warns of what is no finding.
    pub(super) fn say(&mut self, denies: bool, what: impl Into<String>) {
        let what = what.into();
        self.remarks.push((denies, what.clone()));
        self.tell(denies, what);
    }

    /// Refuses or warns for want of something that may be known in a moment.
    pub(super) fn lack(&mut self, denies: bool, what: impl Into<String>) {
        self.hasty |= denies;
        self.say(denies, what);
    }

    /// Tells the audit log, and refuses or warns with these words, if there are any.
    pub(super) fn find(&mut self, finding: Finding, words: Option<(bool, String)>) {
        if let Some((denies, words)) = words {
            self.hasty |= denies && finding.outcome == FindingOutcome::Unknown;
            self.tell(denies, words);
        }
        self.findings.push(finding);
    }

    fn tell(&mut self, denies: bool, what: String) {
        if denies { self.denials.push(what) } else { self.warnings.push(what) }
    }

    /// As the API server is answered.
    pub(super) fn answer(self) -> Answer {
        let mut answer =
            Answer { warnings: warnings(&self.warnings), hasty: self.hasty, ..Answer::default() };
        if !self.denials.is_empty() {
            answer.denied = Some(message(&self.denials));
        }
        if !self.findings.is_empty() || !self.remarks.is_empty() {
            answer.audit.insert(FINDINGS.to_owned(), note(&self.findings, &self.remarks));
        }
        answer.findings = self.findings;
        answer
    }
}

/// On one line, and no longer than that.
fn cut(text: &str, longest: usize) -> String {
    let line = text.replace(char::is_control, " ");
    if line.chars().count() <= longest {
        return line;
    }
    line.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

/// As many whole reasons as there is room for, a line each, and how many more there are.
fn message(denials: &[String]) -> String {
    let more = |count: usize| format!("and {count} more");
    let mut lines: Vec<String> = Vec::new();
    let mut room = MESSAGE - more(usize::MAX).len();
    for denial in denials {
        let line = cut(denial, if lines.is_empty() { room } else { MESSAGE });
        let length = line.chars().count() + 1;
        if !lines.is_empty() && length > room {
            break;
        }
        room = room.saturating_sub(length);
        lines.push(line);
    }
    let left = denials.len() - lines.len();
    lines.extend((left > 0).then(|| more(left)));
    lines.join("\n")
}

/// Whole, remedy and all, as long as there is room for that.
fn warnings(warnings: &[String]) -> Vec<String> {
    let left = warnings.len().saturating_sub(WARNINGS);
    let more =
        (left > 0).then(|| format!("and {left} more warnings: the object's status lists what is found"));
    let lines = |longest: usize| -> Vec<String> {
        let first = warnings.iter().take(WARNINGS).map(|line| cut(line, longest));
        first.chain(more.clone()).collect()
    };
    let whole = lines(MESSAGE);
    if whole.iter().map(|line| line.chars().count()).sum::<usize>() <= ROOM { whole } else { lines(WARNING) }
}

/// What refuses or warns and is no finding, then the findings, as JSON: as many as there is room for, and how many more
/// there are.
fn note(findings: &[Finding], remarks: &[(bool, String)]) -> String {
    let remarks = remarks.iter().map(|(denies, what)| json!({"refuses": denies, "message": what}));
    let all = remarks.chain(findings.iter().map(|finding| {
        json!({
            "code": finding.rule.to_string(),
            "mode": finding.mode.0.as_str(),
            "outcome": finding.outcome.as_str(),
            "exempted": finding.exempted,
            "subject": finding.subject.to_string(),
            "path": finding.path,
            "message": finding.message,
        })
    }));
    let (mut items, mut length, mut left) = (Vec::new(), 0, 0);
    for item in all {
        length += item.to_string().len() + 1;
        if length > NOTE {
            left += 1;
        } else {
            items.push(item);
        }
    }
    items.extend((left > 0).then(|| json!({"more": left})));
    Value::Array(items).to_string()
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use super::*;
    use crate::api::{FindingOutcome, Mode};
    use crate::facts::{Kind, ObjectRef};
    use crate::rules::Code;

    fn finding(message: &str) -> Finding {
        Finding {
            exempted: false,
            mode: Reverse(Mode::Audit),
            rule: Code(101),
            subject: ObjectRef::cluster(Kind::Vendor, "hub"),
            path: "/spec".to_owned(),
            outcome: FindingOutcome::Violating,
            message: message.to_owned(),
            remedy: String::new(),
            cause: None,
        }
    }

    #[test]
    fn a_refusal_is_bounded_and_says_how_much_it_leaves_out() {
        let answer = |denials: &[String]| {
            let mut said = Said::default();
            for denial in denials {
                said.deny(denial.as_str());
            }
            said.answer().denied.unwrap_or_default()
        };
        assert_eq!(answer(&["CX101: a".to_owned(), "CX102: b\nc".to_owned()]), "CX101: a\nCX102: b c");
        let long: Vec<String> = (0..50).map(|at| format!("CX{at:03}: {}", "é".repeat(90))).collect();
        let told = answer(&long);
        assert!(told.chars().count() <= MESSAGE && told.starts_with("CX000: "), "{told}");
        let whole = told.lines().filter(|line| line.starts_with("CX") && line.ends_with('é')).count();
        assert!(told.ends_with(&format!("\nand {} more", 50 - whole)), "{told}");
        let giant = answer(&["x".repeat(5000)]);
        assert!(giant.chars().count() <= MESSAGE && giant.ends_with('…'));
    }

    #[test]
    fn warnings_are_cut_as_the_api_server_would_cut_them() {
        let told = |count: usize, length: usize| {
            let mut said = Said::default();
            for _ in 0..count {
                said.warn("w".repeat(length));
            }
            said.answer().warnings
        };
        let lengths =
            |warnings: &[String]| warnings.iter().map(|line| line.chars().count()).collect::<Vec<_>>();
        // It cuts nothing while all of them have room.
        assert_eq!(lengths(&told(10, 400)), [400; 10]);
        assert_eq!(lengths(&told(10, 410)), [WARNING; 10]);
        assert_eq!(lengths(&told(1, 3000)), [MESSAGE]);
        let many = told(12, 420);
        assert_eq!(many.len(), WARNINGS + 1);
        assert!(many.iter().all(|warning| warning.chars().count() <= WARNING));
        assert!(many[WARNINGS].starts_with("and 2 more warnings"));
    }

    #[test]
    fn the_audit_log_has_what_was_found_and_stays_readable() {
        let mut said = Said::default();
        said.find(finding("wrong"), None);
        let note: Value = serde_json::from_str(&said.answer().audit[FINDINGS]).unwrap();
        assert_eq!(note[0]["code"], "CX101");
        assert_eq!((&note[0]["path"], &note[0]["message"]), (&json!("/spec"), &json!("wrong")));
        let mut said = Said::default();
        for _ in 0..500 {
            said.find(finding("wrong"), None);
        }
        let text = said.answer().audit[FINDINGS].clone();
        assert!(text.len() < NOTE + 100, "{}", text.len());
        let note: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(note.last().unwrap()["more"], 500 - (note.len() - 1));
    }
}

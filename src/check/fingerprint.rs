//! What makes a finding the same finding in another run.

use std::collections::BTreeMap;

use crate::engine::Finding;
use crate::facts::ObjectRef;
use crate::fingerprint::fingerprint;
use crate::rules::Code;

/// Names that a rule could not judge an object for want of a fact. What another object lacks is another thing, though it
/// is the same fact.
pub(super) fn lack(rule: Code, subject: &ObjectRef, what: &str) -> String {
    let ObjectRef { kind, namespace, name } = subject;
    format!("{:016x}", fingerprint(&["not judged", &rule.to_string(), kind.as_str(), namespace, name, what]))
}

/// Names findings so that they keep their names when lines move, texts are reworded and time passes.
///
/// A finding is its rule, its object and its field; items of lists count by their order among the findings of one
/// field, so that one more item before them changes nothing.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    seen: BTreeMap<u64, u32>,
}

impl Fingerprints {
    /// Sixteen hexadecimal digits.
    pub(super) fn of(&mut self, finding: &Finding) -> String {
        let is_number = |step: &str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
        let field: Vec<&str> =
            finding.path.split('/').map(|step| if is_number(step) { "*" } else { step }).collect();
        let subject = &finding.subject;
        let parts = [
            &*finding.rule.to_string(),
            subject.kind.as_str(),
            &*subject.namespace,
            &*subject.name,
            &*field.join("/"),
        ];
        let nth = self.seen.entry(fingerprint(&parts)).or_default();
        *nth += 1;
        let [rule, kind, namespace, name, field] = parts;
        format!("{:016x}", fingerprint(&[rule, kind, namespace, name, field, &nth.to_string()]))
    }
}

//! For the table tests beside the rules: manifests in, findings out.

use jiff::Timestamp;
use serde_json::Value;

use super::{Code, RULES};
use crate::engine::{Memos, Outcome, Verdict};
use crate::facts::{Kind, ObjectRef, World, read};

/// A world made of manifests, judged at an instant.
pub(crate) struct Bench {
    world: World,
    now: Timestamp,
}

impl Bench {
    /// The objects of some YAML documents, judged at 2026-11-23T12:00:00Z.
    pub(crate) fn new(manifests: &str) -> Self {
        let bench = Self { world: World::new(), now: "2026-11-23T12:00:00Z".parse().unwrap() };
        bench.with(manifests)
    }

    /// The same world with more objects, or with others in place of their namesakes.
    pub(crate) fn with(mut self, manifests: &str) -> Self {
        let documents: Vec<Value> = serde_saphyr::from_multiple(manifests).unwrap();
        for document in documents.iter().filter(|document| !document.is_null()) {
            let (id, fact) = read(document).unwrap_or_else(|| panic!("no kind of ours: {document}"));
            self.world.set(&id, Some(fact));
        }
        self
    }

    /// The same world at another instant.
    pub(crate) fn at(mut self, instant: &str) -> Self {
        self.now = instant.parse().unwrap();
        self
    }

    /// The judgement of `Kind/name` or `Kind/namespace/name`, and its horizon.
    pub(crate) fn judge(&self, subject: &str) -> (Verdict, Timestamp) {
        let id = self.find(subject);
        let mut memos = Memos::new();
        memos.want(&id);
        memos.settle(&self.world, self.now);
        let (verdict, horizon) = memos.verdict(&id).unwrap();
        ((*verdict).clone(), horizon)
    }

    /// What a rule says of a subject: `path: message`, one per finding, what it inherits left out.
    pub(crate) fn findings(&self, code: u16, subject: &str) -> Vec<String> {
        assert!(RULES.iter().any(|rule| rule.code == Code(code)), "CX{code} is not registered");
        let id = self.find(subject);
        let (verdict, _) = self.judge(subject);
        let own =
            verdict.findings.into_iter().filter(|found| found.rule == Code(code) && found.subject == id);
        own.map(|found| format!("{}: {}", found.path, found.message)).collect()
    }

    /// Whether a rule could not be judged of a subject for want of a fact.
    pub(crate) fn lacks(&self, code: u16, subject: &str) -> bool {
        self.judge(subject).0.lacking.iter().any(|lack| lack.rule == Code(code))
    }

    /// The outcome for a subject.
    pub(crate) fn outcome(&self, subject: &str) -> Outcome {
        self.judge(subject).0.outcome()
    }

    /// When the judgement of a subject may change by time alone.
    pub(crate) fn horizon(&self, subject: &str) -> String {
        self.judge(subject).1.to_string()
    }

    fn find(&self, subject: &str) -> ObjectRef {
        let found = self.world.objects().find(|id| id.to_string() == subject && id.kind != Kind::GrantEnd);
        found.cloned().unwrap_or_else(|| panic!("no {subject} in this world"))
    }
}

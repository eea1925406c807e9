//! What is known besides the files that are judged: policies that are kept elsewhere, and what a cluster knows.

use std::path::PathBuf;

use clap::Args;

use super::trouble::Trouble;
use crate::facts::Snapshot;
use crate::manifests::{Estate, Reading, discover, load, read_facts};

#[derive(Debug, Args)]
pub(super) struct Elsewhere {
    /// A file with policies that are kept elsewhere
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,

    /// What a cluster knows, as `cxguard facts export` writes it; what files say wins
    #[arg(long, value_name = "FILE")]
    pub(super) facts: Option<PathBuf>,
}

/// What was read of it.
pub(super) struct Beside {
    policies: Estate,
    /// What a cluster knows, and the file that says so.
    facts: Option<(String, Snapshot)>,
}

impl Elsewhere {
    /// Reads it.
    pub(super) fn read(&self, reading: &Reading, trouble: &mut Trouble) -> Beside {
        let (inputs, errors) = discover(&self.policy);
        for error in errors {
            trouble.say(&error.to_string());
        }
        let policies = load(inputs, reading);
        trouble.unread(&policies);
        if policies.objects().next().is_none() && !self.policy.is_empty() {
            trouble.say("--policy: there is no policy in it");
        }
        let facts = self.facts.as_ref().and_then(|file| match read_facts(file) {
            Ok(snapshot) => Some((file.display().to_string(), snapshot)),
            Err(problem) => {
                trouble.say(&format!("--facts: {}: {problem}", file.display()));
                None
            }
        });
        Beside { policies, facts }
    }
}

impl Beside {
    /// Adds it to what files say. A policy of the same name that is read itself counts for less; a fact of the same
    /// object counts for nothing.
    pub(super) fn add_to(&self, estate: &mut Estate, trouble: &mut Trouble) {
        if let Some((file, snapshot)) = &self.facts {
            estate.lay_under(snapshot, file);
        }
        for other in estate.add_policies(&self.policies) {
            trouble.say(&format!("--policy: {other} is no policy"));
        }
    }
}

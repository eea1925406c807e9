//! What files are judged with: the time, and what is known besides them.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::clock::now;
use super::trouble::Trouble;
use crate::facts::{OPERATOR_NAMESPACE, Snapshot};
use crate::manifests::{Estate, Reading, discover, load, read_facts};
use crate::values::Instant;

#[derive(Debug, Args)]
pub(super) struct Around {
    /// Judge as of this instant instead of now
    #[arg(long, value_name = "INSTANT")]
    at: Option<Instant>,

    /// A file with policies that are kept elsewhere
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,

    /// What a cluster knows, as `cxguard facts export` writes it: what the files say wins, and what they refer to is
    /// found there
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,

    /// The namespace in which the operator runs; what --facts says of it, or cxguard-system
    #[arg(long, value_name = "NAME")]
    operator_namespace: Option<String>,

    /// The namespace of objects that name none
    #[arg(short, long, value_name = "NAME", default_value = "default")]
    namespace: String,

    /// How many threads read and judge; as many as there are processors
    #[arg(long, value_name = "NUMBER")]
    threads: Option<usize>,
}

impl Around {
    /// The instant to judge for.
    pub(super) fn at(&self) -> Timestamp {
        self.at.map_or_else(now, Instant::timestamp)
    }

    /// How files are read.
    pub(super) fn reading(&self) -> Reading {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        Reading { namespace: self.namespace.clone(), threads: self.threads.unwrap_or_else(processors) }
    }

    /// The namespace in which the operator runs, unless a file says another.
    pub(super) fn operator_namespace(&self) -> &str {
        self.operator_namespace.as_deref().unwrap_or(OPERATOR_NAMESPACE)
    }

    /// Whether a file says what a cluster knows.
    pub(super) fn has_facts(&self) -> bool {
        self.facts.is_some()
    }

    /// Reads what is known besides the files.
    pub(super) fn besides(&self, trouble: &mut Trouble) -> Besides {
        Besides {
            policies: policies(&self.policy, &self.reading(), trouble),
            facts: self.facts.as_ref().and_then(|file| facts(file, trouble)),
            operator_namespace: self.operator_namespace.clone(),
        }
    }
}

/// What is known besides the files.
pub(super) struct Besides {
    policies: Estate,
    /// What a cluster knows, and the file that says so.
    facts: Option<(String, Snapshot)>,
    /// Where the operator runs, if that was said.
    operator_namespace: Option<String>,
}

impl Besides {
    /// Adds it to what the files say. A policy of the same name that is read itself counts for less.
    pub(super) fn add_to(&self, estate: &mut Estate, trouble: &mut Trouble) {
        if let Some((file, snapshot)) = &self.facts {
            estate.lay_under(snapshot, file);
        }
        if let Some(namespace) = &self.operator_namespace {
            estate.world.set_operator_namespace(namespace);
        }
        for other in estate.add_policies(&self.policies) {
            trouble.say(&format!("--policy: {other} is no policy"));
        }
    }
}

fn facts(file: &Path, trouble: &mut Trouble) -> Option<(String, Snapshot)> {
    let name = file.display().to_string();
    match read_facts(file) {
        Ok(snapshot) => Some((name, snapshot)),
        Err(problem) => {
            trouble.say(&format!("--facts: {name}: {problem}"));
            None
        }
    }
}

fn policies(files: &[PathBuf], reading: &Reading, trouble: &mut Trouble) -> Estate {
    let (inputs, errors) = discover(files);
    for error in errors {
        trouble.say(&error.to_string());
    }
    let elsewhere = load(inputs, reading);
    trouble.unread(&elsewhere);
    if elsewhere.objects().next().is_none() && !files.is_empty() {
        trouble.say("--policy: there is no policy in it");
    }
    elsewhere
}

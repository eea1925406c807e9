//! What files are judged with: the time, and what is known besides them.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;

use super::clock::now;
use super::given::{Given, is_stdin, sources};
use super::when::{When, namespace};
use crate::facts::{OPERATOR_NAMESPACE, Snapshot};
use crate::manifests::{Estate, Input, Reading, read_facts};
use crate::render::Unread;
use crate::values::whole_seconds;

#[derive(Debug, Args)]
pub(super) struct Around {
    /// Judge as of this instant instead of now; a date is its first instant, in UTC
    #[arg(long, value_name = "INSTANT")]
    at: Option<When>,

    /// A file or folder with policies that are kept elsewhere; - is standard input
    #[arg(long, value_name = "FILE")]
    policy: Vec<PathBuf>,

    /// What a cluster knows, as `cxguard facts export` writes it: what the files say wins, and what they refer to is
    /// found there
    #[arg(long, value_name = "FILE")]
    facts: Option<PathBuf>,

    /// The namespace in which the operator runs; what --facts says of it, or cxguard-system
    #[arg(long, value_name = "NAME", value_parser = namespace)]
    operator_namespace: Option<String>,

    /// The namespace of objects that name none
    #[arg(short, long, value_name = "NAME", default_value = "default", value_parser = namespace)]
    namespace: String,

    /// How many threads read and judge; as many as there are processors
    #[arg(long, value_name = "NUMBER")]
    threads: Option<usize>,
}

impl Around {
    /// The instant to judge for, in whole seconds, as everything that is written is.
    pub(super) fn at(&self) -> Timestamp {
        self.at.map_or_else(|| whole_seconds(now()), When::timestamp)
    }

    /// Why nothing can come of what is asked beside these paths.
    pub(super) fn refuses(&self, paths: &[PathBuf]) -> Option<String> {
        let sources = self.policy.iter().chain(paths).filter(|path| is_stdin(path));
        (sources.count() > 1).then(|| "standard input can be read once: - is given more than once".to_owned())
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
    pub(super) fn besides(&self) -> Besides {
        let reading = self.reading();
        let given: Vec<Given> =
            self.policy.iter().map(|path| Given::of(std::slice::from_ref(path))).collect();
        let mut unread = Vec::new();
        for (path, given) in self.policy.iter().zip(&given) {
            let alone = given.load(&reading);
            let is_explained = !alone.unread.is_empty() || !alone.unrendered.is_empty();
            if !is_explained && alone.objects().next().is_none() {
                unread.push(Unread::whole(path, "there is no policy in it"));
            }
        }
        let policies = Given::together(given).load(&reading);
        unread.extend(policies.unread.iter().cloned());
        // Whoever names a folder of policies means all of it.
        let unrendered = policies.unrendered.iter();
        unread.extend(unrendered.map(|(file, reason)| Unread::whole(Path::new(file), reason)));
        let facts = self.facts.as_ref().and_then(|file| {
            let read = read_facts(file).map_err(|problem| unread.push(Unread::whole(file, problem)));
            Some((file.display().to_string(), read.ok()?))
        });
        Besides { policies, unread, facts, operator_namespace: self.operator_namespace.clone() }
    }
}

/// What is known besides the files.
pub(super) struct Besides {
    policies: Estate,
    /// What of all this could not be read.
    unread: Vec<Unread>,
    /// What a cluster knows, and the file that says so.
    facts: Option<(String, Snapshot)>,
    /// Where the operator runs, if that was said.
    operator_namespace: Option<String>,
}

impl Besides {
    /// The files of it.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        let facts = self.facts.iter().map(|(file, _)| Path::new(file));
        sources(&self.policies).chain(facts)
    }

    /// Adds it to what the files say. A policy of the same name that is read itself counts for less.
    pub(super) fn add_to(&self, estate: &mut Estate) {
        if let Some((file, snapshot)) = &self.facts {
            estate.lay_under(snapshot, file);
        }
        if let Some(namespace) = &self.operator_namespace {
            estate.world.set_operator_namespace(namespace);
        }
        estate.unread.extend(self.unread.iter().cloned());
        for other in estate.add_policies(&self.policies) {
            let file = self.policies.input(&other).map(Input::name).unwrap_or_default();
            let problem = format!("{other} is no policy, and --policy takes nothing else");
            estate.unread.push(Unread::whole(Path::new(&file), problem));
        }
    }
}

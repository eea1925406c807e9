//! What the command line names to be read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::trouble::Trouble;
use crate::manifests::{Estate, Input, Reading, discover, load};
use crate::render::Unread;

/// What paths name and hold, and what of it could not be looked at.
pub(super) struct Given {
    inputs: Vec<Input>,
    unread: Vec<Unread>,
}

impl Given {
    /// Looks at files and folders, and reads standard input if it is one of them.
    pub(super) fn of(paths: &[PathBuf]) -> Self {
        let files: Vec<PathBuf> = paths.iter().filter(|path| !is_stdin(path)).cloned().collect();
        let (mut inputs, mut unread) = discover(&files);
        if files.len() < paths.len() {
            match Input::read("-".to_owned(), std::io::stdin().lock()) {
                Ok(input) => inputs.push(input),
                Err(problem) => unread.push(Unread::whole(Path::new("-"), problem)),
            }
        }
        Self { inputs, unread }
    }

    /// All of several as one, each file once.
    pub(super) fn together(given: Vec<Self>) -> Self {
        let (mut inputs, mut unread) = (Vec::new(), Vec::new());
        for one in given {
            inputs.extend(one.inputs);
            unread.extend(one.unread);
        }
        inputs.sort();
        inputs.dedup();
        Self { inputs, unread }
    }

    /// The same, if there is a file to read at all; else it is said why there is none.
    pub(super) fn some(paths: &[PathBuf], trouble: &mut Trouble) -> Option<Self> {
        let given = Self::of(paths);
        if !given.inputs.is_empty() {
            return Some(given);
        }
        for unread in &given.unread {
            trouble.say(&unread.to_string());
        }
        if !trouble.any {
            trouble.say("there is nothing to judge: no file of YAML or JSON was found");
        }
        None
    }

    /// The files that somebody named.
    pub(super) fn named(&self) -> impl Iterator<Item = &Path> {
        self.inputs.iter().filter_map(|input| match input {
            Input::File { path, named: true } => Some(path.as_path()),
            _ => None,
        })
    }

    /// The same with texts in place of the files of their names.
    pub(super) fn instead(&self, texts: Vec<Input>) -> Self {
        let names: BTreeSet<String> = texts.iter().map(Input::name).collect();
        let others = self.inputs.iter().filter(|input| !names.contains(&input.name())).cloned();
        Self { inputs: others.chain(texts).collect(), unread: self.unread.clone() }
    }

    /// What all of it says.
    pub(super) fn load(&self, reading: &Reading) -> Estate {
        let mut estate = load(self.inputs.clone(), reading);
        estate.unread.extend(self.unread.iter().cloned());
        estate
    }
}

/// The files that hold the objects of an estate, each as often as it holds one.
pub(super) fn sources(estate: &Estate) -> impl Iterator<Item = &Path> {
    estate.objects().filter_map(|id| match estate.input(id) {
        Some(Input::File { path, .. }) => Some(path.as_path()),
        _ => None,
    })
}

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

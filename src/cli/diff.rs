//! `cxguard diff`: two states of the same manifests.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::asking::Asking;
use super::given::Given;
use super::output::to_stdout;
use super::trouble::Trouble;
use crate::check::{Asked, Side, compare};
use crate::manifests::{Estate, Repository, load};
use crate::render::{Form, Unread, write_difference};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a comment on a pull request
    Markdown,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard diff old/ new/                      two folders, or files
  cxguard diff main..HEAD deploy/             a folder in two revisions of its Git repository
  cxguard diff main...HEAD                    the same since HEAD left main: a pull request
  cxguard diff --git v1.2 HEAD deploy/        revisions apart, whatever they are called
  cxguard diff main...HEAD --format markdown  a comment on a pull request

Of a revision only what is committed is read; the work tree is not touched. A folder is looked at by itself: name one \
that holds the policies and vendors too.

Exit codes: 0 nothing new, 1 new findings at or above --fail-on, 2 wrong usage or something could not be read.")]
pub(super) struct Arguments {
    /// OLD NEW: two folders or files; or OLD..NEW: two revisions, and a path in their repository
    #[arg(value_name = "OLD NEW | OLD..NEW [PATH]", required = true, num_args = 1..=3)]
    sides: Vec<PathBuf>,

    /// OLD and NEW are revisions; a path may follow
    #[arg(long)]
    git: bool,

    #[command(flatten)]
    asking: Asking,

    /// The form of the output
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// What is held against each other.
#[derive(Debug, PartialEq, Eq)]
enum Sides<'a> {
    Paths(&'a Path, &'a Path),
    Revisions {
        old: &'a str,
        new: &'a str,
        /// Whether the old side is where the two part.
        since_parting: bool,
        path: &'a Path,
    },
}

/// Compares, prints, and says how it ended.
pub(super) fn main(arguments: &Arguments) -> ExitCode {
    let asking = &arguments.asking;
    let mut trouble = Trouble::default();
    if let Some(problem) = asking.refuses(&arguments.sides) {
        trouble.say(&problem);
        return trouble.end();
    }
    let sides = sides(&arguments.sides, arguments.git, Path::exists);
    let estates = sides.and_then(|sides| estates(&sides, asking));
    let [(old_name, mut old), (new_name, mut new)] = match estates {
        Ok(estates) => estates,
        Err(problem) => {
            trouble.say(&problem);
            return trouble.end();
        }
    };
    let (besides, now) = (asking.around().besides(), asking.around().at());
    for estate in [&mut old, &mut new] {
        besides.add_to(estate);
        trouble.unread(estate);
    }
    if trouble.any {
        trouble.say("there is no report: what could not be read would look as if it had come or gone");
        return trouble.end();
    }
    if old.objects().chain(new.objects()).next().is_none() {
        trouble.nothing([&old, &new]);
        return trouble.end();
    }
    let asked = Asked {
        selection: asking.selection(),
        fails_on: Some(asking.fails_on()),
        threads: asking.around().reading().threads,
        ..Asked::default()
    };
    let (mut old, mut new) = (Side::judge(old_name, old, now), Side::judge(new_name, new, now));
    let difference = compare(&mut old, &mut new, now, &asked);
    let form = match arguments.format {
        Format::Text => Form::Text,
        Format::Json => Form::Json,
        Format::Markdown => Form::Markdown,
    };
    if let Err(problem) = to_stdout(|look, out| write_difference(form, &difference, look, out)) {
        trouble.say(&problem);
    }
    asking.end(difference.report.fails(), &trouble)
}

/// What the arguments mean. A path that is there is a path, whatever it looks like.
fn sides<'a>(
    arguments: &'a [PathBuf],
    git: bool,
    exists: impl Fn(&Path) -> bool,
) -> Result<Sides<'a>, String> {
    let revision = |path: &'a Path| path.to_str().ok_or("a revision is no UTF-8");
    let here = Path::new(".");
    match arguments {
        [old, new] | [old, new, _] if git => {
            let path = arguments.get(2).map_or(here, PathBuf::as_path);
            Ok(Sides::Revisions { old: revision(old)?, new: revision(new)?, since_parting: false, path })
        }
        _ if git => Err("--git needs two revisions: cxguard diff --git OLD NEW [PATH]".to_owned()),
        [first] | [first, _] if !exists(first) && range(first).is_some() => {
            let (old, new, since_parting) = range(first).unwrap_or_default();
            let path = arguments.get(1).map_or(here, PathBuf::as_path);
            Ok(Sides::Revisions { old, new, since_parting, path })
        }
        [old, new] => Ok(Sides::Paths(old, new)),
        _ => Err("expected two folders, or two revisions such as main..HEAD and a path".to_owned()),
    }
}

/// `main..HEAD` or `main...HEAD`; either side may be left out and is HEAD then.
fn range<'t>(text: &'t Path) -> Option<(&'t str, &'t str, bool)> {
    let text = text.to_str()?;
    let (old, new, since_parting) = match text.split_once("...") {
        Some((old, new)) => (old, new, true),
        None => text.split_once("..").map(|(old, new)| (old, new, false))?,
    };
    // `../old` is a path, whether or not it is there.
    let is_path = (old.is_empty() && new.is_empty()) || new.starts_with('/');
    let or_head = |side: &'t str| if side.is_empty() { "HEAD" } else { side };
    (!is_path).then(|| (or_head(old), or_head(new), since_parting))
}

/// Both sides, read, each with what people are told it is.
fn estates(sides: &Sides<'_>, asking: &Asking) -> Result<[(String, Estate); 2], String> {
    let reading = asking.around().reading();
    match *sides {
        Sides::Paths(old, new) => {
            let read =
                |path: &Path| (path.display().to_string(), Given::of(&[path.to_owned()]).load(&reading));
            Ok([read(old), read(new)])
        }
        Sides::Revisions { old, new, since_parting, path } => {
            let repository = Repository::of(path)?;
            let base = if since_parting { Some(repository.base(old, new)?) } else { None };
            let read = |revision: &str, name: &str| {
                let found = repository.at(revision, name)?;
                let mut estate = load(found.inputs, &reading);
                let unread =
                    found.unread.iter().map(|(file, problem)| Unread::whole(Path::new(file), problem));
                estate.unread.extend(unread);
                estate.unrendered.extend(found.unrendered);
                Ok::<_, String>((name.to_owned(), estate))
            };
            let before = base.as_deref().map(|base| base.get(..12).unwrap_or(base));
            Ok([read(base.as_deref().unwrap_or(old), before.unwrap_or(old))?, read(new, new)?])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_paths_or_two_revisions() {
        let there = |path: &Path| ["a..b", "old", "new"].iter().any(|name| Path::new(name) == path);
        let revisions = |old, new, since_parting, path| {
            Some(Sides::Revisions { old, new, since_parting, path: Path::new(path) })
        };
        for (arguments, git, expected) in [
            (&["old", "new"][..], false, Some(Sides::Paths(Path::new("old"), Path::new("new")))),
            (&["../old", "../new"], false, Some(Sides::Paths(Path::new("../old"), Path::new("../new")))),
            (&["a..b", "new"], false, Some(Sides::Paths(Path::new("a..b"), Path::new("new")))),
            (&["main..HEAD"], false, revisions("main", "HEAD", false, ".")),
            (&["main..", "old"], false, revisions("main", "HEAD", false, "old")),
            (&["main.."], false, revisions("main", "HEAD", false, ".")),
            (&["..main", "old"], false, revisions("HEAD", "main", false, "old")),
            (&["...main"], false, revisions("HEAD", "main", true, ".")),
            (&["../gone"], false, None),
            (&["..."], false, None),
            (&["v1.2...x/y", "old"], false, revisions("v1.2", "x/y", true, "old")),
            (&["old", "new"], true, revisions("old", "new", false, ".")),
            (&["a..b", "new", "d"], true, revisions("a..b", "new", false, "d")),
            (&["old"], false, None),
            (&["old"], true, None),
            (&["old", "new", "d"], false, None),
        ] {
            let arguments: Vec<PathBuf> = arguments.iter().map(PathBuf::from).collect();
            assert_eq!(sides(&arguments, git, there).ok(), expected, "{arguments:?}");
        }
    }
}

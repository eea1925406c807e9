//! `cxguard check --fix` and `--diff`: what a machine can put right.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use similar::TextDiff;

use super::files;
use super::print::print;
use super::trouble::{Trouble, remark};
use crate::check::{Judged, Selection, flaws};
use crate::manifests::{Estate, Input, fix, text};
use crate::render::many;
use crate::render::visible::visible;

#[derive(Debug, Args)]
pub(super) struct Fixing {
    /// Put right what a machine can: quote texts that are read in two ways, https in survey links, remove exemptions
    /// that have ended. Comments and layout stay
    #[arg(long)]
    fix: bool,

    /// Print what --fix would change and change nothing; ends with 1 if there is something
    #[arg(long, conflicts_with_all = ["fix", "format", "output", "quiet"])]
    diff: bool,
}

impl Fixing {
    /// Whether either was asked for.
    pub(super) fn is_asked(&self) -> bool {
        self.fix || self.diff
    }

    /// Whether files are to be changed.
    pub(super) fn in_place(&self) -> bool {
        self.fix
    }
}

/// With what is looked for what can be put right.
pub(super) struct Looking<'l, L> {
    pub(super) selection: &'l Selection,
    /// The namespace of objects that name none.
    pub(super) namespace: &'l str,
    pub(super) now: Timestamp,
    /// Reads and judges again, with these texts in place of the files of their names.
    pub(super) again: L,
}

impl<L: Fn(Vec<Input>) -> (Estate, Vec<Judged>)> Looking<'_, L> {
    /// Everything that can be put right; what cannot, though it looked so, is said. What is put right may be what kept
    /// another rule from seeing anything, so that it is judged again until nothing is left.
    pub(super) fn find(&self, estate: &Estate, judged: &[Judged], trouble: &mut Trouble) -> Fixes {
        let mut fixes = Fixes::default();
        let mut found = self.round(estate, judged, &mut fixes, trouble);
        for _ in 1..MOST_ROUNDS {
            if !found {
                break;
            }
            let (estate, judged) = (self.again)(fixes.texts());
            found = self.round(&estate, &judged, &mut fixes, trouble);
        }
        for left in &fixes.left {
            remark(left);
        }
        fixes.keep_one_of_each_file();
        fixes
    }

    /// Adds what can be put right now, and says whether that is anything.
    fn round(&self, estate: &Estate, judged: &[Judged], fixes: &mut Fixes, trouble: &mut Trouble) -> bool {
        let mut any = false;
        for (input, flaws) in flaws(estate, judged, self.selection) {
            let before = match text(input) {
                Ok(before) => before,
                Err(problem) => {
                    trouble.say(&format!("{}: {problem}", input.name()));
                    continue;
                }
            };
            let mended = fix(&before, self.namespace, self.now, &flaws);
            fixes.left.extend(mended.left.iter().map(|left| format!("{}: {left}", input.name())));
            if mended.done == 0 {
                continue;
            }
            any = true;
            let name = input.name();
            match fixes.found.get_mut(&name) {
                Some(fix) if fix.after == before => {
                    fix.done += mended.done;
                    fix.after = mended.text;
                }
                // What was put right in one file must not be written into another.
                Some(_) => {
                    trouble.say(&format!("{name}: another file is shown by that name, and is left alone"));
                }
                None => {
                    let fix = Fix { input: input.clone(), before, after: mended.text, done: mended.done };
                    fixes.found.insert(name, fix);
                }
            }
        }
        any
    }
}

/// How often everything is judged again for what was hidden.
const MOST_ROUNDS: usize = 8;

/// What can be put right, by the name of the file.
#[derive(Default)]
pub(super) struct Fixes {
    found: BTreeMap<String, Fix>,
    /// What cannot be, and why.
    left: BTreeSet<String>,
}

struct Fix {
    input: Input,
    before: String,
    after: String,
    /// How many findings.
    done: usize,
}

impl Fixes {
    /// The texts with everything put right that is known by now.
    fn texts(&self) -> Vec<Input> {
        let text = |(name, fix): (&String, &Fix)| Input::Text {
            name: name.clone(),
            text: fix.after.clone(),
            named: true,
        };
        self.found.iter().map(text).collect()
    }

    /// Of the names of one file, links to it among them, keeps the one under which most was found.
    fn keep_one_of_each_file(&mut self) {
        let mut kept: BTreeMap<PathBuf, (usize, String)> = BTreeMap::new();
        for (name, Fix { input, done, .. }) in &self.found {
            let Input::File { path, .. } = input else { continue };
            let most = kept.entry(files::canonical(path)).or_default();
            if *done > most.0 {
                *most = (*done, name.clone());
            }
        }
        let kept: BTreeSet<String> = kept.into_values().map(|(_, name)| name).collect();
        self.found.retain(|name, fix| matches!(fix.input, Input::Text { .. }) || kept.contains(name));
    }

    /// Prints the changes as a patch, and says whether there are any.
    pub(super) fn show(&self, trouble: &mut Trouble) -> bool {
        let mut patch = String::new();
        for (name, Fix { input, before, after, .. }) in &self.found {
            let (name, mark) = match input {
                Input::File { path, .. } => (patched(path), mark(path)),
                Input::Text { .. } => (PathBuf::from(name), ""),
            };
            let (before, after) = (format!("{mark}{before}"), format!("{mark}{after}"));
            let diff = TextDiff::from_lines(&before, &after);
            patch.push_str(&diff.unified_diff().header(&header("a", &name), &header("b", &name)).to_string());
        }
        if print(&patch) != std::process::ExitCode::SUCCESS {
            trouble.any = true;
        }
        if !self.found.is_empty() {
            let done = self.found.values().map(|fix| fix.done).sum();
            let files = many(self.found.len(), "file");
            remark(&format!("{} in {files} would be fixed by --fix", many(done, "finding")));
        }
        !self.found.is_empty()
    }

    /// Writes the files, and says whether any was. One that is no longer what was read is left alone.
    pub(super) fn write(&self, trouble: &mut Trouble) -> bool {
        let mut written = Vec::new();
        for (name, Fix { input, before, after, done }) in &self.found {
            let Input::File { path, .. } = input else {
                trouble.say(&format!("{name}: cannot be changed, for it is no regular file"));
                continue;
            };
            match replace(path, before, after) {
                Ok(()) => written.push((name, *done)),
                Err(problem) => trouble.say(&format!("{}: {problem}", path.display())),
            }
        }
        for (name, done) in &written {
            remark(&format!("{name}: {} fixed", many(*done, "finding")));
        }
        !written.is_empty()
    }
}

/// Writes a text in place of another, unless something else is there by now. A byte order mark stays.
fn replace(file: &Path, before: &str, after: &str) -> Result<(), String> {
    let there = files::read(file).map_err(|error| format!("failed to read it again: {error}"))?;
    let (mark, there) = match there.strip_prefix(MARK) {
        Some(there) => (MARK, there),
        None => ("", there.as_str()),
    };
    if there != before {
        return Err("has changed since it was read, and is left alone: run it again".to_owned());
    }
    let written = files::write(file, format!("{mark}{after}").as_bytes());
    written.map_err(|problem| format!("failed to write it: {problem:#}"))
}

/// A file as a patch names it, from where the command runs; from the root, if it is elsewhere. A link is named as what
/// it leads to: a patch of a link would be one of where it leads.
fn patched(file: &Path) -> PathBuf {
    let named = files::canonical(file);
    let here = files::canonical(Path::new("."));
    let below = named.strip_prefix(&here).or_else(|_| named.strip_prefix("/"));
    below.unwrap_or(&named).to_owned()
}

/// A name in the head of a patch, quoted as Git does if something in it would end or steer the line.
fn header(side: &str, name: &Path) -> String {
    let plain = name.to_str().filter(|text| visible(text) == *text && !text.contains(['"', '\\']));
    if let Some(name) = plain {
        // Where a name has spaces, a tab says where it ends.
        let end = if name.contains(' ') { "\t" } else { "" };
        return format!("{side}/{name}{end}");
    }
    let quoted = name.as_os_str().as_encoded_bytes().iter().map(|byte| match *byte {
        byte @ (b'"' | b'\\') => format!("\\{}", char::from(byte)),
        byte @ b' '..=b'~' => char::from(byte).to_string(),
        byte => format!("\\{byte:03o}"),
    });
    format!("\"{side}/{}\"", quoted.collect::<String>())
}

/// The byte order mark with which a file begins, if it does: what is read leaves it out.
fn mark(file: &Path) -> &'static str {
    if files::read(file).is_ok_and(|text| text.starts_with(MARK)) { MARK } else { "" }
}

/// A byte order mark.
const MARK: &str = "\u{feff}";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::check::judge;
    use crate::manifests::{Reading, load};

    const AT: &str = "2026-11-23T12:00:00Z";

    fn input(text: &str) -> Vec<Input> {
        vec![Input::Text { name: "a.yaml".to_owned(), text: text.to_owned(), named: true }]
    }

    fn judged(inputs: Vec<Input>) -> (Estate, Vec<Judged>) {
        let estate = load(inputs, &Reading { namespace: "cx".to_owned(), threads: 1 });
        let objects: Vec<_> = estate.objects().cloned().collect();
        let judged = judge(&estate.world, &objects, AT.parse().unwrap(), 1);
        (estate, judged)
    }

    /// A text with everything put right, and how many findings that were.
    fn fixed(text: &str) -> (String, usize) {
        let selection = Selection::default();
        let now = AT.parse().unwrap();
        let looking = Looking { selection: &selection, namespace: "cx", now, again: judged };
        let (estate, found) = judged(input(text));
        let fixes = looking.find(&estate, &found, &mut Trouble::default());
        fixes.found.into_values().next().map_or((text.to_owned(), 0), |fix| (fix.after, fix.done))
    }

    #[test]
    fn what_was_hidden_by_what_is_put_right_is_put_right_too() {
        let survey = "apiVersion: cxguard.dev/v1alpha1\nkind: Survey\nmetadata: {name: s}\nspec:\n  vendor: NO\n  links: [\"http://s.example/r\"]\n";
        let expected = survey.replace("NO", "\"NO\"").replace("http:", "https:");
        assert_eq!(fixed(survey), (expected, 2));
        // So it is of objects that the API server names, each by itself.
        let made_up = survey.replace("name: s", "generateName: s-");
        let expected = made_up.replace("NO", "\"NO\"").replace("http:", "https:");
        let both = format!("{made_up}---\n{made_up}");
        assert_eq!(fixed(&both), (format!("{expected}---\n{expected}"), 4));
    }

    /// Lines of which manifests are made.
    fn line() -> impl Strategy<Value = String> {
        let head = |kind: &str, name: &str| {
            format!("---\napiVersion: cxguard.dev/v1alpha1\nkind: {kind}\nmetadata: {{{name}}}\nspec:")
        };
        let heads = vec![
            head("Survey", "name: s"),
            head("Survey", "generateName: s-"),
            head("Vendor", "name: hub"),
            head("Exemption", "name: gap"),
        ];
        let scalars = vec!["NO", "\"NO\"", "&a NO", "*a", "010", "hub", "!!str no", "on # c"];
        let links = vec![
            "http://a.example",
            "\"http://a.example:1\"",
            "&l http://b.example",
            "*l",
            "'HTTP://c.example'",
        ];
        let scalar = prop::sample::select(scalars);
        let gap = "  rules: [CX408]\n  subject: {kind: Vendor, name: hub}\n  reason: r\n  approvedBy: NO\n  expiresAt: 2026-10-31T23:59:59Z";
        prop_oneof![
            3 => prop::sample::select(heads),
            1 => scalar.clone().prop_map(|scalar| format!("  vendor: {scalar}")),
            1 => scalar.prop_map(|scalar| format!("  country: {scalar}")),
            2 => prop::sample::select(links).prop_map(|link| format!("  links: [{link}, \"http://z.example\"]")),
            1 => Just(gap.to_owned()),
            1 => Just("# comment".to_owned()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn a_second_run_finds_nothing_left_to_do(lines in prop::collection::vec(line(), 0..12)) {
            let (once, _) = fixed(&lines.join("\n"));
            prop_assert_eq!(fixed(&once), (once, 0));
        }
    }
}

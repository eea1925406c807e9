//! Files that become manifests only when somebody renders them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;

use super::input::Input;
use super::object::prepared;
use super::split::split;
use super::yaml::Tree;

/// A folder, or file, that is not rendered yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unrendered {
    /// The folder or file.
    pub(crate) path: PathBuf,
    /// What it is, and what to do.
    pub(crate) reason: String,
}

/// The names under which kustomize looks for its configuration.
pub(super) const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Takes out what is not rendered: templates of Helm charts, and folders of kustomize, whose files are patched before
/// they are applied, with what their kustomization names further below. A file that somebody named is read all the same.
///
/// `base` is where relative paths begin: a chart may be above it. `exists` says whether a file is there, `text` what it
/// says, if that can be read.
pub(crate) fn set_aside(
    inputs: Vec<Input>,
    base: &Path,
    exists: impl Fn(&Path) -> bool,
    text: impl Fn(&Path) -> Option<String>,
) -> (Vec<Input>, BTreeSet<Unrendered>) {
    let (mut kept, mut aside) = (Vec::new(), BTreeSet::new());
    let mut looked = Looked { base, exists, text, known: BTreeMap::new(), last: Folder::default() };
    for input in inputs {
        match &input {
            Input::File { path, named: false } => match looked.unrendered(path) {
                Some(unrendered) => drop(aside.insert(unrendered)),
                None => kept.push(input),
            },
            _ => kept.push(input),
        }
    }
    (kept, aside)
}

/// What was found out of the folders looked at.
struct Looked<'b, E, T> {
    base: &'b Path,
    exists: E,
    text: T,
    /// The kustomizations, by their folders.
    known: BTreeMap<PathBuf, Option<Rc<Kustomization>>>,
    /// The folder last looked at: files come sorted, so most share theirs with the one before.
    last: Folder,
}

/// What is known of a folder with files in it.
#[derive(Default)]
struct Folder {
    /// Where it is: whole, without steps back.
    path: Option<PathBuf>,
    /// How many steps above it the folder of templates of a Helm chart is, if it is in one.
    templates: Option<usize>,
    /// The kustomizations in it and above, with how many steps above they are.
    kustomizations: Vec<(usize, Rc<Kustomization>)>,
}

/// A configuration of kustomize.
struct Kustomization {
    folder: PathBuf,
    /// Every text in it that may be a path, from its folder; nothing if it cannot be read.
    names: Option<BTreeSet<PathBuf>>,
}

impl<E: Fn(&Path) -> bool, T: Fn(&Path) -> Option<String>> Looked<'_, E, T> {
    fn unrendered(&mut self, file: &Path) -> Option<Unrendered> {
        let folder = file.parent().unwrap_or(Path::new(""));
        let whole = plain(&self.base.join(folder));
        if self.last.path.as_ref() != Some(&whole) {
            self.last = self.look(&whole);
        }
        if let Some(steps) = self.last.templates {
            return Some(Unrendered {
                reason: format!(
                    "templates of a Helm chart: render them, `helm template {} | cxguard check -`",
                    shown(&above(folder, steps + 1))
                ),
                path: PathBuf::from(shown(&above(folder, steps))),
            });
        }
        let steps = self.last.kustomized(&whole.join(file.file_name()?))?;
        let folder = shown(&above(folder, steps));
        Some(Unrendered {
            reason: format!("a folder of kustomize: render it, `kustomize build {folder} | cxguard check -`"),
            path: PathBuf::from(folder),
        })
    }

    fn look(&mut self, folder: &Path) -> Folder {
        let templates = folder.ancestors().position(|above| {
            above.file_name().is_some_and(|name| name == "templates")
                && above.parent().is_some_and(|chart| (self.exists)(&chart.join("Chart.yaml")))
        });
        let above = folder.ancestors().enumerate();
        let kustomizations = above.filter_map(|(steps, above)| Some((steps, self.kustomization(above)?)));
        let kustomizations = kustomizations.collect();
        Folder { path: Some(folder.to_owned()), templates, kustomizations }
    }

    fn kustomization(&mut self, folder: &Path) -> Option<Rc<Kustomization>> {
        if let Some(known) = self.known.get(folder) {
            return known.clone();
        }
        let file = KUSTOMIZATIONS.iter().map(|name| folder.join(name)).find(|file| (self.exists)(file));
        let found = file.map(|file| {
            let names = (self.text)(&file).and_then(|text| names(&text));
            Rc::new(Kustomization { folder: folder.to_owned(), names })
        });
        self.known.insert(folder.to_owned(), found.clone());
        found
    }
}

impl Folder {
    /// How many steps above it the kustomization is by which a file in it is patched before it is applied, or patches
    /// another: the one beside it, or one above that names it. Of one that cannot be read nobody knows what it names, so
    /// that it has all for which no other is nearer.
    fn kustomized(&self, file: &Path) -> Option<usize> {
        let mut all = self.kustomizations.iter().enumerate();
        let found = all.find(|(nearer, (steps, one))| {
            let names_it = |names: &BTreeSet<PathBuf>| {
                file.strip_prefix(&one.folder).is_ok_and(|path| names.contains(path))
            };
            *steps == 0 || one.names.as_ref().map_or(*nearer == 0, names_it)
        });
        found.map(|(_, (steps, _))| *steps)
    }
}

/// Every text in a kustomization that may be the path of a file: resources, patches, what generators read. Nothing if it
/// cannot be read.
fn names(text: &str) -> Option<BTreeSet<PathBuf>> {
    let parts = split(text);
    let [part] = parts.as_slice() else { return None };
    let prepared = prepared(text.get(part.range.clone())?);
    let content = Tree::parse(&prepared).ok()?.content();
    if !content.problems.is_empty() {
        return None;
    }
    let mut names = BTreeSet::new();
    let mut open = vec![&content.value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => {
                // `key=file`, as generators of ConfigMaps have it.
                let file = text.split_once('=').map(|(_, file)| file);
                names.extend(file.into_iter().chain([text.as_str()]).map(|path| plain(Path::new(path))));
            }
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.values()),
            _ => {}
        }
    }
    Some(names)
}

/// A path without `.` and, as far as it goes, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for step in path.components() {
        match step {
            Component::CurDir => {}
            Component::ParentDir => plain = above(&plain, 1),
            step => plain.push(step),
        }
    }
    plain
}

/// The folder some steps above another, by a path that begins where that of the other does.
fn above(folder: &Path, steps: usize) -> PathBuf {
    let mut above = folder.to_owned();
    for _ in 0..steps {
        if matches!(above.components().next_back(), Some(Component::Normal(_))) {
            above.pop();
        } else if !above.has_root() {
            above.push("..");
        }
    }
    above
}

fn shown(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept of files, and what is set aside with which folder to render, where others are there too, seen from a
    /// folder.
    fn parted(
        base: &str,
        there: &[(&str, &str)],
        files: &[(&str, bool)],
    ) -> (Vec<String>, Vec<(String, String)>) {
        let text = |path: &Path| {
            let file = there.iter().find(|(name, _)| Path::new(name) == path);
            file.map(|(_, text)| (*text).to_owned())
        };
        let inputs = files.iter().map(|(path, named)| Input::File { path: path.into(), named: *named });
        let (kept, aside) = set_aside(inputs.collect(), Path::new(base), |path| text(path).is_some(), text);
        let folder = |reason: &str| reason.split('`').nth(1).unwrap().split(' ').nth(2).unwrap().to_owned();
        let aside = aside.iter().map(|one| (one.path.display().to_string(), folder(&one.reason)));
        (kept.iter().map(Input::name).collect(), aside.collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
    }

    #[test]
    fn charts_and_folders_of_kustomize_are_named_and_left_alone() {
        let there = [
            ("chart/Chart.yaml", ""),
            ("overlay/kustomization.yaml", "resources: [../base, d.yaml]\n"),
            ("Kustomization", "namePrefix: a-\n"),
        ];
        let files = [
            ("chart/Chart.yaml", false),
            ("chart/templates/a.yaml", false),
            ("chart/templates/sub/b.yaml", false),
            ("chart/templates/c.yaml", true),
            ("overlay/d.yaml", false),
            ("overlay/e/f.yaml", false),
            ("root.yaml", false),
            ("templates/g.yaml", false),
        ];
        let (kept, aside) = parted("", &there, &files);
        assert_eq!(
            kept,
            ["chart/Chart.yaml", "chart/templates/c.yaml", "overlay/e/f.yaml", "templates/g.yaml"]
        );
        let expected = [(".", "."), ("chart/templates", "chart"), ("overlay", "overlay")];
        assert_eq!(aside, pairs(&expected));
    }

    #[test]
    fn what_a_kustomization_names_further_below_is_its_own() {
        let kustomization = "resources: [./base/sub/vendor.yaml]
patches:
  - {path: patches/vendor.yaml}
  - target: {kind: Vendor}
    patch: |-
      - {op: remove, path: /spec/country}
patchesJson6902:
  - {path: 'json/../json/one.yaml', target: {kind: Vendor, name: hub}}
configMapGenerator:
  - {name: a, files: [key=config/app.yaml]}
";
        let files = [
            "o/base/sub/vendor.yaml",
            "o/base/vendor.yaml",
            "o/config/app.yaml",
            "o/json/one.yaml",
            "o/patches/vendor.yaml",
            "o/patches/other.yaml",
            "patches/vendor.yaml",
        ];
        let files = files.map(|file| (file, false));
        for name in KUSTOMIZATIONS {
            let (kept, aside) = parted("", &[(&format!("o/{name}"), kustomization)], &files);
            assert_eq!(kept, ["o/base/vendor.yaml", "o/patches/other.yaml", "patches/vendor.yaml"]);
            assert_eq!(aside, pairs(&[("o", "o")]));
        }
        // A base between has its own, and what is named from above beside.
        let there = [("o/kustomization.yaml", kustomization), ("o/patches/kustomization.yaml", "{}")];
        let (kept, aside) = parted("", &there, &files);
        assert_eq!(kept, ["o/base/vendor.yaml", "patches/vendor.yaml"]);
        assert_eq!(aside, pairs(&[("o", "o"), ("o/patches", "o/patches")]));
    }

    #[test]
    fn a_kustomization_that_cannot_be_read_has_all_below() {
        for broken in ["resources: [", "a: 1\n---\nb: 1\n", "a: 1\na: 1\n"] {
            let there = [("o/kustomization.yaml", broken), ("o/own/kustomization.yaml", "resources: []\n")];
            let files = [("o/a/b/c.yaml", false), ("o/own/d/e.yaml", false), ("p/f.yaml", false)];
            let (kept, aside) = parted("", &there, &files);
            assert_eq!(
                (kept, aside),
                (vec!["o/own/d/e.yaml".to_owned(), "p/f.yaml".to_owned()], pairs(&[("o", "o")]))
            );
        }
    }

    #[test]
    fn charts_and_kustomizations_above_are_seen_from_within() {
        let there = [
            ("/w/chart/Chart.yaml", ""),
            ("/w/o/kustomization.yaml", "patches: [{path: patches/vendor.yaml}]\n"),
        ];
        for (base, file, aside) in [
            ("/w/chart/templates", "a.yaml", Some((".", ".."))),
            ("/w/chart/templates", "sub/a.yaml", Some((".", ".."))),
            ("/w/chart/templates/sub", "a.yaml", Some(("..", "../.."))),
            ("/w/chart/templates/sub", "../a.yaml", Some(("..", "../.."))),
            ("/w/chart/templates", "../files/a.yaml", None),
            ("/elsewhere", "/w/chart/templates/a.yaml", Some(("/w/chart/templates", "/w/chart"))),
            ("/w/chart", "templates/a.yaml", Some(("templates", "."))),
            ("/w/o/patches", "vendor.yaml", Some(("..", ".."))),
            ("/w/o/patches", "other.yaml", None),
            ("/w/elsewhere", "../o/patches/vendor.yaml", Some(("../o", "../o"))),
        ] {
            let expected = aside.map(|aside| pairs(&[aside])).unwrap_or_default();
            assert_eq!(parted(base, &there, &[(file, false)]).1, expected, "{file} from {base}");
        }
    }
}

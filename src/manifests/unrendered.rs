//! Files that become manifests only when somebody renders them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::input::Input;

/// A folder, or file, that is not rendered yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unrendered {
    /// The folder or file.
    pub(crate) path: PathBuf,
    /// What it is, and what to do.
    pub(crate) reason: String,
}

/// The names under which kustomize looks for its configuration.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Takes out what is not rendered: templates of Helm charts, and folders of kustomize, whose files are patched before
/// they are applied. A file that somebody named is read all the same. `exists` says whether a file is there.
pub(crate) fn set_aside(
    inputs: Vec<Input>,
    exists: impl Fn(&Path) -> bool,
) -> (Vec<Input>, BTreeSet<Unrendered>) {
    let (mut kept, mut aside) = (Vec::new(), BTreeSet::new());
    let mut looked = Looked { exists, kustomize: None, chart: None };
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

/// What was found out of the folders last looked at: files come sorted, so most share theirs with the one before.
struct Looked<E> {
    exists: E,
    kustomize: Option<(PathBuf, bool)>,
    chart: Option<(PathBuf, Option<PathBuf>)>,
}

impl<E: Fn(&Path) -> bool> Looked<E> {
    fn unrendered(&mut self, file: &Path) -> Option<Unrendered> {
        let folder = file.parent().unwrap_or(Path::new(""));
        if let Some(templates) = self.templates(folder) {
            let chart = shown(templates.parent().unwrap_or(Path::new("")));
            return Some(Unrendered {
                reason: format!(
                    "templates of a Helm chart: render them, `helm template {chart} | cxguard check -`"
                ),
                path: templates,
            });
        }
        self.is_kustomize(folder).then(|| Unrendered {
            reason: format!(
                "a folder of kustomize: render it, `kustomize build {} | cxguard check -`",
                shown(folder)
            ),
            path: PathBuf::from(shown(folder)),
        })
    }

    /// The folder of templates of a Helm chart in which a folder is, if it is in one.
    fn templates(&mut self, folder: &Path) -> Option<PathBuf> {
        if let Some((last, found)) = &self.chart
            && last == folder
        {
            return found.clone();
        }
        let mut above = folder.ancestors();
        let found = above.find(|above| {
            above.file_name().is_some_and(|name| name == "templates")
                && above.parent().is_some_and(|chart| (self.exists)(&chart.join("Chart.yaml")))
        });
        let found = found.map(Path::to_owned);
        self.chart = Some((folder.to_owned(), found.clone()));
        found
    }

    fn is_kustomize(&mut self, folder: &Path) -> bool {
        if let Some((last, found)) = &self.kustomize
            && last == folder
        {
            return *found;
        }
        let found = KUSTOMIZATIONS.iter().any(|name| (self.exists)(&folder.join(name)));
        self.kustomize = Some((folder.to_owned(), found));
        found
    }
}

fn shown(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_and_folders_of_kustomize_are_named_and_left_alone() {
        let there = ["chart/Chart.yaml", "overlay/kustomization.yaml", "Kustomization"];
        let exists = |path: &Path| there.iter().any(|name| Path::new(name) == path);
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
        let inputs = files.map(|(path, named)| Input::File { path: path.into(), named }).to_vec();
        let (kept, aside) = set_aside(inputs, exists);
        let kept: Vec<_> = kept
            .iter()
            .map(|input| match input {
                Input::File { path, .. } => path.to_str().unwrap(),
                Input::Text { name, .. } => name,
            })
            .collect();
        assert_eq!(
            kept,
            ["chart/Chart.yaml", "chart/templates/c.yaml", "overlay/e/f.yaml", "templates/g.yaml"]
        );
        let aside: Vec<_> = aside.iter().map(|one| one.path.to_str().unwrap()).collect();
        assert_eq!(aside, [".", "chart/templates", "overlay"]);
    }
}

//! What of all that is found a machine can put right.

use std::collections::{BTreeMap, BTreeSet};

use super::judge::Judged;
use super::selection::Selection;
use crate::manifests::{Estate, FIXABLE, Flaw, Input};

/// By file: the objects with findings of which something can be put right. What is exempted is left alone: somebody
/// has decided about it.
pub fn flaws<'e>(
    estate: &'e Estate,
    judged: &[Judged],
    selection: &Selection,
) -> BTreeMap<&'e Input, BTreeSet<Flaw>> {
    let mut flaws: BTreeMap<&Input, BTreeSet<Flaw>> = BTreeMap::new();
    for one in judged {
        let found = one.verdict.findings.iter().filter(|finding| {
            finding.subject == one.id
                && !finding.exempted
                && FIXABLE.contains(&finding.rule)
                && selection.wants(finding.rule)
        });
        for finding in found {
            if let Some(input) = estate.input(&one.id) {
                flaws.entry(input).or_default().insert((finding.rule, Estate::as_written(&one.id)));
            }
        }
    }
    flaws
}

//! Which policy demands what was found: composed demands do not say from which policy they are, so it is asked what
//! would be found without each.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::judge::Judged;
use crate::engine::{Finding, Memos, Query};
use crate::facts::{Fact, Key, Kind, ObjectRef, Over, View};
use crate::manifests::Estate;
use crate::parallel::parallel;

/// Of how many objects that is asked: in an estate with more, the first findings show what the policies demand.
const MOST: usize = 1000;

/// The policy behind each finding that has no other cause: without it, the finding would be gone, or of a lesser mode.
/// What the defaults demand too, or two policies by themselves, has none.
pub(super) fn demanded<'f>(
    estate: &Estate,
    judged: &'f [Judged],
    now: Timestamp,
    threads: usize,
) -> BTreeMap<&'f Finding, ObjectRef> {
    let policies: Vec<&ObjectRef> = estate
        .world
        .members(&Key::Policies)
        .filter(|id| matches!(estate.world.get(id), Some(Fact::Policy(_))))
        .collect();
    // A policy does not demand what is wrong with it.
    let asked =
        judged.iter().filter(|one| one.id.kind != Kind::CompliancePolicy && own(one).next().is_some());
    let asked: Vec<&Judged> = asked.take(if policies.is_empty() { 0 } else { MOST }).collect();
    let none = Memos::new();
    let world = &estate.world;
    let gone: Vec<Over> = policies.iter().map(|policy| Over::new(world, policy, None)).collect();
    let without = || gone.iter().map(|gone| Query::once(View::with(world, gone), &none, now)).collect();
    let found = parallel(threads, &asked, without, |without: &mut Vec<Query<'_>>, one| {
        let mut found = Vec::new();
        for (query, policy) in without.iter().zip(&policies) {
            // What it inherits is about other objects.
            let verdict = query.judge_itself(&one.id);
            let same = |finding: &Finding| {
                let alike = |left: &&Finding| {
                    (left.rule, &left.subject, &left.path) == (finding.rule, &finding.subject, &finding.path)
                };
                verdict.findings.iter().filter(alike).any(|left| left.mode.0 >= finding.mode.0)
            };
            found.extend(own(one).filter(|finding| !same(finding)).map(|finding| (finding, *policy)));
        }
        found
    });
    let mut demanded = BTreeMap::new();
    for (finding, policy) in found.into_iter().flatten() {
        demanded.entry(finding).or_insert_with(|| policy.clone());
    }
    demanded
}

/// What is found of the object itself, for no reason elsewhere.
fn own(one: &Judged) -> impl Iterator<Item = &Finding> {
    one.verdict.findings.iter().filter(|finding| finding.subject == one.id && finding.cause.is_none())
}

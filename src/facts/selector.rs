//! Label selectors. As in Kubernetes, all requirements of one must hold, and an empty one matches everything.

use super::labels::Labels;
use crate::api::{LabelOperator, LabelRequirement, LabelSelector};

/// The pods that a workload takes for its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodSelector {
    /// Labels with exactly these values.
    pub equal: Labels,
    /// Further conditions.
    pub further: Box<[LabelRequirement]>,
}

impl PodSelector {
    /// Whether it matches labels.
    pub fn selects(&self, labels: &Labels) -> bool {
        are_equal(self.equal.iter(), labels) && self.further.iter().all(|one| holds(one, labels))
    }
}

/// Whether a selector of ours matches labels.
pub fn selects(selector: &LabelSelector, labels: &Labels) -> bool {
    let equal = selector.match_labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    are_equal(equal, labels) && selector.match_expressions.iter().all(|one| holds(one, labels))
}

fn are_equal<'l>(mut wanted: impl Iterator<Item = (&'l str, &'l str)>, labels: &Labels) -> bool {
    wanted.all(|(key, value)| labels.get(key) == Some(value))
}

fn holds(requirement: &LabelRequirement, labels: &Labels) -> bool {
    let found = labels.get(&requirement.key);
    let listed = found.is_some_and(|found| requirement.values.iter().any(|one| one == found));
    match requirement.operator {
        LabelOperator::In => listed,
        LabelOperator::NotIn => !listed,
        LabelOperator::Exists => found.is_some(),
        LabelOperator::DoesNotExist => found.is_none(),
    }
}

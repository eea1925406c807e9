//! Label selectors.

use super::workload::Labels;
use crate::api::{LabelOperator, LabelSelector};

/// Whether a selector matches labels. As in Kubernetes, all of its requirements must hold, and an empty selector
/// matches everything.
pub fn selects(selector: &LabelSelector, labels: &Labels) -> bool {
    let value = |key: &str| labels.get(key).map(|value| &**value);
    let equal = selector.match_labels.iter().all(|(key, wanted)| value(key) == Some(wanted.as_str()));
    let holds = selector.match_expressions.iter().all(|requirement| {
        let found = value(&requirement.key);
        let listed = found.is_some_and(|found| requirement.values.iter().any(|one| one == found));
        match requirement.operator {
            LabelOperator::In => listed,
            LabelOperator::NotIn => !listed,
            LabelOperator::Exists => found.is_some(),
            LabelOperator::DoesNotExist => found.is_none(),
        }
    });
    equal && holds
}

//! Labels, kept close together: every workload has some, and there are very many workloads.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::id::Name;

/// Labels of an object, in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Name, Name>", into = "BTreeMap<Name, Name>")]
pub struct Labels(Arc<[(Name, Name)]>);

impl Labels {
    /// The value of a label.
    pub fn get(&self, key: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(known, _)| &**known == key)?;
        Some(value)
    }

    /// Each with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// No key is among them twice: they come from a map.
impl FromIterator<(Name, Name)> for Labels {
    fn from_iter<I: IntoIterator<Item = (Name, Name)>>(labels: I) -> Self {
        let mut labels: Vec<_> = labels.into_iter().collect();
        labels.sort();
        Self(labels.into())
    }
}

impl<const N: usize> From<[(Name, Name); N]> for Labels {
    fn from(labels: [(Name, Name); N]) -> Self {
        labels.into_iter().collect()
    }
}

impl From<BTreeMap<Name, Name>> for Labels {
    fn from(labels: BTreeMap<Name, Name>) -> Self {
        labels.into_iter().collect()
    }
}

impl From<Labels> for BTreeMap<Name, Name> {
    fn from(labels: Labels) -> Self {
        labels.0.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_a_map_in_whatever_order_they_are_written() {
        let labels: Labels = serde_json::from_str(r#"{"b": "2", "a": "1"}"#).unwrap();
        assert_eq!(
            labels,
            [("b", "2"), ("a", "1")].map(|(key, value)| (key.into(), value.into())).into_iter().collect()
        );
        assert_eq!((labels.get("a"), labels.get("c"), labels.is_empty()), (Some("1"), None, false));
        assert_eq!(serde_json::to_string(&labels).unwrap(), r#"{"a":"1","b":"2"}"#);
        assert!(Labels::default().is_empty());
    }
}

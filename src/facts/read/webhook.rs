//! Reading webhook configurations.

use serde_json::Value;

use super::{items, name};
use crate::api::LabelSelector;
use crate::facts::{Fact, Webhook};

/// The webhooks of a configuration. One whose selector cannot be read is left out: it is not known to guard anything.
pub(super) fn configuration(object: &Value) -> Fact {
    let webhooks = items(object, "/webhooks").filter_map(|webhook| {
        let namespaces = match webhook.get("namespaceSelector") {
            Some(selector) => serde_json::from_value(selector.clone()).ok()?,
            None => LabelSelector::default(),
        };
        Some(Webhook { name: name(webhook, "/name")?, namespaces })
    });
    Fact::Webhooks(webhooks.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_webhook_its_name_and_its_namespaces_are_kept() {
        let object = json!({"metadata": {"name": "cxguard"}, "webhooks": [
            {"name": "a", "namespaceSelector": {"matchLabels": {"x": "y"}}, "clientConfig": {"caBundle": "Yw=="}},
            {"name": "b"},
            {"name": "c", "namespaceSelector": {"matchExpressions": [{"key": "x", "operator": "Near"}]}},
        ]});
        let labelled = LabelSelector {
            match_labels: [("x".to_owned(), "y".to_owned())].into(),
            ..LabelSelector::default()
        };
        let expected = [("a", labelled), ("b", LabelSelector::default())];
        let expected = expected.map(|(name, namespaces)| Webhook { name: name.into(), namespaces });
        assert_eq!(configuration(&object), Fact::Webhooks(expected.into()));
        assert_eq!(configuration(&json!({"metadata": {"name": "cxguard"}})), Fact::Webhooks([].into()));
    }
}

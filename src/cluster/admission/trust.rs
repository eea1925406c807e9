//! What the API server trusts: `clientConfig.caBundle` of every webhook of our configurations.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use crate::cluster::election::Term;
use crate::cluster::execute::{DEADLINE, Lines, Refusal, json_patch, request};

const COLLECTIONS: [&str; 2] = [
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
];

/// What there was to do.
#[derive(Default)]
pub(super) struct Published {
    /// How many configurations of that name there are: one that is missing is no failure.
    pub(super) found: usize,
    /// Whether one of them said something else before.
    pub(super) written: bool,
}

/// Writes it where it is something else, as long as this replica leads.
pub(super) async fn publish(
    lines: &Lines,
    term: &Term,
    name: &str,
    trusted: &str,
) -> Result<Published, Refusal> {
    let mut published = Published::default();
    for collection in COLLECTIONS {
        let path = format!("{collection}/{name}");
        let read = request(Method::GET, &path, None)?;
        let Some(configuration) = lines.find(read, DEADLINE).await? else { continue };
        published.found += 1;
        if let Some(patch) = patch(&configuration, trusted) {
            if !term.leads() {
                return Err(Refusal::Conflict);
            }
            json_patch::send_to(lines, &path, &patch).await?;
            published.written = true;
            tracing::info!("{name}: the API server is told which certificates to trust");
        }
    }
    Ok(published)
}

/// What makes every webhook of the configuration trust this, if one does not.
fn patch(configuration: &Value, trusted: &str) -> Option<Value> {
    let wanted = json!(STANDARD.encode(trusted));
    let webhooks = configuration.get("webhooks")?.as_array()?;
    let other = webhooks
        .iter()
        .enumerate()
        .filter(|(_, webhook)| webhook.pointer("/clientConfig/caBundle") != Some(&wanted));
    let set = other.map(|(at, _)| {
        json!({"op": "add", "path": format!("/webhooks/{at}/clientConfig/caBundle"), "value": wanted})
    });
    let set: Vec<Value> = set.collect();
    if set.is_empty() {
        return None;
    }
    // Webhooks have positions here: these are those of the version that was read.
    let version = configuration.pointer("/metadata/resourceVersion")?;
    let test = json!({"op": "test", "path": "/metadata/resourceVersion", "value": version});
    Some(std::iter::once(test).chain(set).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_written_and_only_to_what_was_read() {
        let known = |bundles: &[Value]| {
            let webhooks: Vec<Value> =
                bundles.iter().map(|bundle| json!({"clientConfig": {"caBundle": bundle}})).collect();
            json!({"metadata": {"resourceVersion": "7"}, "webhooks": webhooks})
        };
        let (wanted, other) = (json!(STANDARD.encode("new")), json!("b2xk"));
        assert_eq!(patch(&known(&[wanted.clone(), wanted.clone()]), "new"), None);
        assert_eq!(patch(&json!({"metadata": {"resourceVersion": "7"}}), "new"), None);
        let expected = json!([
            {"op": "test", "path": "/metadata/resourceVersion", "value": "7"},
            {"op": "add", "path": "/webhooks/1/clientConfig/caBundle", "value": wanted},
            {"op": "add", "path": "/webhooks/2/clientConfig/caBundle", "value": wanted},
        ]);
        assert_eq!(patch(&known(&[wanted, other, Value::Null]), "new"), Some(expected));
    }
}

//! Reading where traffic goes: Services that stand for other hosts, configuration, and NetworkPolicies.

use std::sync::Arc;

use serde_json::Value;

use super::mentions::Gathered;
use super::{items, text};
use crate::facts::{Egress, Fact};
use crate::json::within;
use crate::pointer::escaped;

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A Service that stands for a host elsewhere; no other is of interest.
pub(super) fn service(object: &Value) -> Option<Fact> {
    let host =
        text(object, "/spec/externalName").filter(|_| text(object, "/spec/type") == Some("ExternalName"))?;
    Some(Fact::ExternalName(host.trim_end_matches('.').to_ascii_lowercase().into()))
}

/// The hosts and links that a ConfigMap names; nothing if it names none. Its data is not kept.
pub(super) fn config_map(object: &Value) -> Option<Fact> {
    let mut found = Gathered::default();
    let data = object.get("data").and_then(Value::as_object);
    for (key, value) in data.into_iter().flatten() {
        found.text(|| format!("/data/{}", escaped(key)), value.as_str().unwrap_or_default());
    }
    found.found().map(|mentions| Fact::Mentions(Arc::new(mentions)))
}

/// The hosts and links that an Ingress or an HTTPRoute names in its spec and annotations; nothing if it names none.
pub(super) fn route(object: &Value) -> Option<Fact> {
    let mut found = Gathered::default();
    for at in ["/metadata/annotations", "/spec"] {
        if let Some(part) = within(object, at) {
            texts(at, part, &mut found);
        }
    }
    found.found().map(|mentions| Fact::Mentions(Arc::new(mentions)))
}

/// Adds what every text in a value names. kubectl's copy of the whole object says nothing new.
fn texts(at: &str, value: &Value, found: &mut Gathered) {
    match value {
        Value::String(text) => found.text(|| at, text),
        Value::Array(items) => {
            for (nth, item) in items.iter().enumerate() {
                texts(&format!("{at}/{nth}"), item, found);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields.iter().filter(|(key, _)| *key != LAST_APPLIED) {
                texts(&format!("{at}/{}", escaped(key)), field, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a NetworkPolicy says of egress; nothing if it leaves egress alone.
pub(super) fn network_policy(object: &Value) -> Option<Fact> {
    let spec = object.get("spec")?;
    let is_empty = |value: &Value, field: &str| match value.get(field) {
        None | Some(Value::Null) => true,
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(_) => false,
    };
    let types: Vec<&str> = items(spec, "/policyTypes").filter_map(Value::as_str).collect();
    // Without types, a policy is about egress if it has rules for it, as the API server fills in.
    let is_about_egress =
        if types.is_empty() { !is_empty(spec, "egress") } else { types.contains(&"Egress") };
    if !is_about_egress {
        return None;
    }
    let every_pod = spec
        .get("podSelector")
        .is_none_or(|selector| is_empty(selector, "matchLabels") && is_empty(selector, "matchExpressions"));
    let everything = |peer: &Value| {
        matches!(text(peer, "/ipBlock/cidr"), Some("0.0.0.0/0" | "::/0"))
            && peer.get("ipBlock").is_some_and(|block| is_empty(block, "except"))
    };
    let anywhere = items(spec, "/egress")
        .any(|rule| is_empty(rule, "ports") && (is_empty(rule, "to") || items(rule, "/to").any(everything)));
    Some(Fact::Egress(Egress { every_pod, anywhere }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_services_that_stand_for_other_hosts_are_kept() {
        let external = json!({"spec": {"type": "ExternalName", "externalName": "API.Hub.example."}});
        assert_eq!(service(&external), Some(Fact::ExternalName("api.hub.example".into())));
        assert_eq!(service(&json!({"spec": {"type": "ClusterIP", "clusterIP": "10.0.0.1"}})), None);
        assert_eq!(service(&json!({})), None);
    }

    #[test]
    fn of_configuration_only_hosts_are_kept() {
        let map = json!({"data": {"a/b": "url=https://api.hub.example/x", "secret": "hunter2"}, "binaryData": {"c": "aHR0"}});
        let Some(Fact::Mentions(found)) = config_map(&map) else { panic!("it names a host") };
        let hosts = &found.hosts;
        assert_eq!(hosts.len(), 1);
        assert_eq!((&*hosts[0].path, &*hosts[0].host), ("/data/a~1b", "api.hub.example"));
        assert_eq!(config_map(&json!({"data": {"secret": "hunter2"}})), None);
        assert_eq!(config_map(&json!({})), None);
    }

    #[test]
    fn of_routes_every_text_is_looked_at() {
        let route_of = |object: Value| match route(&object) {
            Some(Fact::Mentions(found)) => {
                found.hosts.iter().map(|one| format!("{} {}", one.path, one.host)).collect::<Vec<_>>()
            }
            _ => Vec::new(),
        };
        let ingress = json!({
            "metadata": {"annotations": {
                "nginx.ingress.kubernetes.io/permanent-redirect": "https://s.hub.example/r?u=x",
                (LAST_APPLIED): "{\"host\": \"a.example\"}",
            }},
            "spec": {"rules": [{"host": "cx.corp.example", "http": {"paths": [{"path": "/", "pathType": "Prefix"}]}}]},
        });
        let expected = [
            "/metadata/annotations/nginx.ingress.kubernetes.io~1permanent-redirect s.hub.example",
            "/spec/rules/0/host cx.corp.example",
        ];
        assert_eq!(route_of(ingress), expected);
        let http = json!({"spec": {
            "hostnames": ["cx.corp.example"],
            "rules": [{"filters": [{"requestRedirect": {"hostname": "s.hub.example", "port": 443}}]}],
        }});
        let expected = [
            "/spec/hostnames/0 cx.corp.example",
            "/spec/rules/0/filters/0/requestRedirect/hostname s.hub.example",
        ];
        assert_eq!(route_of(http), expected);
        assert_eq!(route(&json!({"spec": {"rules": [{"http": {}}]}})), None);
    }

    #[test]
    fn egress_is_told_from_types_selector_and_rules() {
        let egress = |every_pod, anywhere| Some(Fact::Egress(Egress { every_pod, anywhere }));
        for (spec, expected) in [
            (json!({"podSelector": {}, "policyTypes": ["Egress"]}), egress(true, false)),
            (
                json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "egress": []}),
                egress(true, false),
            ),
            (
                json!({"podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": ["Egress"]}),
                egress(false, false),
            ),
            (
                json!({"podSelector": {"matchExpressions": [{}]}, "policyTypes": ["Egress"]}),
                egress(false, false),
            ),
            (
                json!({"podSelector": {"matchLabels": {}}, "policyTypes": ["Egress"], "egress": [{}]}),
                egress(true, true),
            ),
            (json!({"podSelector": {}, "egress": [{"to": []}]}), egress(true, true)),
            (json!({"podSelector": {}, "egress": [{"ports": [{"port": 53}]}]}), egress(true, false)),
            (
                json!({"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}]}),
                egress(true, true),
            ),
            (
                json!({"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": "::/0", "except": ["fd00::/8"]}}]}]}),
                egress(true, false),
            ),
            (json!({"podSelector": {}, "egress": [{"to": [{"podSelector": {}}]}]}), egress(true, false)),
            (json!({"podSelector": {}, "policyTypes": ["Ingress"]}), None),
            (json!({"podSelector": {}, "policyTypes": ["Ingress"], "egress": [{}]}), None),
            (json!({"podSelector": {}}), None),
        ] {
            assert_eq!(network_policy(&json!({"spec": spec})), expected, "{spec}");
        }
    }
}

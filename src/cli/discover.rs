//! What a resource is called: as kubectl takes names, by what the API server says that it has.

use anyhow::{Result, bail};
use kube::Client;
use kube::core::discovery::v2::{APIGroupDiscovery, APIResourceDiscovery};

use super::session::refused;

/// What impersonation is about, which no API server lists.
const IMPERSONATED: [&str; 4] = ["users", "groups", "uids", "userextras"];

/// A resource as roles name it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Resource {
    /// Its API group, the core group as the empty string.
    pub(super) group: String,
    /// Its plural.
    pub(super) name: String,
    /// The subresource, or empty.
    pub(super) subresource: String,
}

/// The resource that somebody means by `configmap`, `cm`, `deployments`, `deploy.apps`, `pods/log`.
pub(super) async fn resource(client: &Client, verb: &str, text: &str) -> Result<Resource> {
    let asked = parse(text);
    if is_never_listed(verb, &asked) {
        return Ok(asked);
    }
    let failed = |error: kube::Error| refused("failed to learn what resources the API server has", &error);
    let core = client.list_core_api_versions_aggregated().await.map_err(failed)?;
    let others = client.list_api_groups_aggregated().await.map_err(failed)?;
    let groups: Vec<APIGroupDiscovery> = core.items.into_iter().chain(others.items).collect();
    find(&groups, &asked)
}

/// What stands for everything, and what is only ever impersonated.
fn is_never_listed(verb: &str, asked: &Resource) -> bool {
    asked.name == "*" || (verb == "impersonate" && IMPERSONATED.contains(&asked.name.as_str()))
}

/// `deployments.apps/scale`, read and not looked up.
fn parse(text: &str) -> Resource {
    let (object, subresource) = text.split_once('/').unwrap_or((text, ""));
    let (name, group) = object.split_once('.').unwrap_or((object, ""));
    Resource { group: group.to_lowercase(), name: name.to_lowercase(), subresource: subresource.to_owned() }
}

/// The first resource of that name, in the server's order of groups: by its plural, its singular or its kind, else by a
/// short name.
fn find(groups: &[APIGroupDiscovery], asked: &Resource) -> Result<Resource> {
    let all = || groups.iter().flat_map(|group| resources(group, &asked.group));
    let is = |name: Option<&String>| name.is_some_and(|name| name.to_lowercase() == asked.name);
    let named = |resource: &APIResourceDiscovery| {
        let kind = resource.response_kind.as_ref().and_then(|kind| kind.kind.as_ref());
        is(resource.resource.as_ref()) || is(resource.singular_resource.as_ref()) || is(kind)
    };
    let short = |resource: &APIResourceDiscovery| resource.short_names.contains(&asked.name);
    let found = all().find(|(_, resource)| named(resource)).or_else(|| all().find(|(_, it)| short(it)));
    let Some((group, resource)) = found else {
        let group = if asked.group.is_empty() { String::new() } else { format!(".{}", asked.group) };
        bail!(
            "the API server has no resource {}{group}: kubectl api-resources lists what it has",
            asked.name
        );
    };
    let name = resource.resource.clone().unwrap_or_default();
    let mut below = resource.subresources.iter().filter_map(|below| below.subresource.as_deref());
    if !asked.subresource.is_empty() && asked.subresource != "*" && !below.any(|one| one == asked.subresource)
    {
        bail!("the API server has no {} below the resource {name}", asked.subresource);
    }
    Ok(Resource { group: group.to_owned(), name, subresource: asked.subresource.clone() })
}

/// The resources of a group, in its preferred version first, if it is the one that is wanted: `apps`, or `v1.apps`.
fn resources<'g>(
    group: &'g APIGroupDiscovery,
    wanted: &'g str,
) -> impl Iterator<Item = (&'g str, &'g APIResourceDiscovery)> {
    let name = group.metadata.as_ref().and_then(|metadata| metadata.name.as_deref()).unwrap_or_default();
    let versions = group.versions.iter().filter(move |version| {
        let versioned =
            || version.version.as_ref().is_some_and(|version| format!("{version}.{name}") == wanted);
        wanted.is_empty() || wanted == name || versioned()
    });
    versions.flat_map(move |version| version.resources.iter().map(move |resource| (name, resource)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn groups() -> Vec<APIGroupDiscovery> {
        let resource = |plural: &str, kind: &str, short: &[&str], below: &[&str]| {
            let below: Vec<_> = below.iter().map(|name| json!({"subresource": name})).collect();
            json!({
                "resource": plural, "singularResource": kind.to_lowercase(), "responseKind": {"kind": kind},
                "shortNames": short, "subresources": below,
            })
        };
        serde_json::from_value(json!([
            {"metadata": {}, "versions": [{"version": "v1", "resources": [
                resource("configmaps", "ConfigMap", &["cm"], &[]),
                resource("pods", "Pod", &["po"], &["log", "exec"]),
                resource("events", "Event", &["ev"], &[]),
            ]}]},
            {"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": [
                resource("deployments", "Deployment", &["deploy"], &["scale"]),
            ]}]},
            {"metadata": {"name": "events.k8s.io"}, "versions": [{"version": "v1", "resources": [
                resource("events", "Event", &["ev"], &[]),
            ]}]},
            {"metadata": {"name": "shop.example"}, "versions": [{"version": "v1", "resources": [
                resource("carts", "Cart", &["deployments", "cm"], &[]),
            ]}]},
        ]))
        .unwrap()
    }

    #[test]
    fn a_name_is_taken_as_kubectl_takes_it() {
        for (text, expected) in [
            ("configmaps", "configmaps"),
            ("configmap", "configmaps"),
            ("ConfigMap", "configmaps"),
            ("cm", "configmaps"),
            ("pods/log", "pods/log"),
            ("po/exec", "pods/exec"),
            ("pods/*", "pods/*"),
            ("deployments", "apps deployments"),
            ("deploy.apps/scale", "apps deployments/scale"),
            ("deployment.v1.apps", "apps deployments"),
            ("events", "events"),
            ("events.events.k8s.io", "events.k8s.io events"),
            ("cm.shop.example", "shop.example carts"),
        ] {
            let found = find(&groups(), &parse(text)).unwrap();
            let below =
                if found.subresource.is_empty() { String::new() } else { format!("/{}", found.subresource) };
            assert_eq!(format!("{} {}{below}", found.group, found.name).trim_start(), expected, "{text}");
        }
    }

    #[test]
    fn what_the_server_does_not_have_is_an_error() {
        for (text, part) in [
            ("configmapz", "no resource configmapz:"),
            ("deployments.extensions", "no resource deployments.extensions:"),
            ("deployments.v2.apps", "no resource deployments.v2.apps:"),
            ("pods/logs", "no logs below the resource pods"),
            ("", "no resource"),
        ] {
            let said = find(&groups(), &parse(text)).unwrap_err().to_string();
            assert!(said.contains(part), "{text}: {said}");
        }
        assert!(is_never_listed("impersonate", &parse("users")) && is_never_listed("get", &parse("*.apps")));
        assert!(!is_never_listed("get", &parse("users")));
    }
}

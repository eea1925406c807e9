//! What a pod template says of where its pods send data: the hosts and links that it names, and the ConfigMaps that it
//! uses.

use std::collections::{BTreeMap, BTreeSet};

use super::mentions::Gathered;
use super::{items, name, text};
use crate::facts::{Mentions, Name};
use crate::json::{Json, within};

/// The containers of a pod spec, each with the list that it is in and its place there.
fn containers<'o, J: Json<'o>>(pod: J) -> impl Iterator<Item = (&'static str, usize, J)> {
    ["/initContainers", "/containers"]
        .into_iter()
        .flat_map(move |list| items(pod, list).enumerate().map(move |(at, container)| (list, at, container)))
}

/// What the environment, the command and the arguments of the containers name. `at` is the place of the pod spec.
pub(super) fn mentions<'o>(at: &str, pod: impl Json<'o>) -> Mentions {
    let mut found = Gathered::default();
    for (list, place, container) in containers(pod) {
        for (nth, variable) in items(container, "/env").enumerate() {
            if let Some(value) = text(variable, "/value") {
                found.text(|| format!("{at}{list}/{place}/env/{nth}/value"), value);
            }
        }
        for words in ["/command", "/args"] {
            for (nth, word) in items(container, words).enumerate() {
                let word = word.text().unwrap_or_default();
                found.text(|| format!("{at}{list}/{place}{words}/{nth}"), word);
            }
        }
    }
    found.finish()
}

/// The ConfigMaps that a pod spec uses, each with the first place that names it.
pub(super) fn config_maps<'o>(at: &str, pod: impl Json<'o>) -> BTreeMap<Name, Name> {
    let mut found = BTreeMap::new();
    let mut add = |map: Option<&str>, path: &dyn Fn() -> String| {
        if let Some(map) = map {
            found.entry(Name::from(map)).or_insert_with(|| Name::from(path()));
        }
    };
    for (list, place, container) in containers(pod) {
        for (nth, source) in items(container, "/envFrom").enumerate() {
            add(text(source, "/configMapRef/name"), &|| format!("{at}{list}/{place}/envFrom/{nth}"));
        }
        for (nth, one) in items(container, "/env").enumerate() {
            let map = text(one, "/valueFrom/configMapKeyRef/name");
            add(map, &|| format!("{at}{list}/{place}/env/{nth}"));
        }
    }
    for (nth, volume) in items(pod, "/volumes").enumerate() {
        let path = || format!("{at}/volumes/{nth}");
        add(text(volume, "/configMap/name"), &path);
        for source in items(volume, "/projected/sources") {
            add(text(source, "/configMap/name"), &path);
        }
    }
    found
}

/// The volume claims that a pod spec uses.
pub(super) fn claims<'o>(pod: impl Json<'o>) -> BTreeSet<Name> {
    let volumes = items(pod, "/volumes");
    volumes.filter_map(|volume| name(volume, "/persistentVolumeClaim/claimName")).collect()
}

/// The claims that are made for each pod: the templates of a StatefulSet, and ephemeral volumes.
pub(super) fn claim_templates<'o, J: Json<'o>>(object: J, pod: Option<J>) -> BTreeMap<Name, Option<Name>> {
    let of_set = items(object, "/spec/volumeClaimTemplates")
        .filter_map(|template| Some((name(template, "/metadata/name")?, template)));
    let ephemeral = pod.into_iter().flat_map(|pod| items(pod, "/volumes")).filter_map(|volume| {
        Some((name(volume, "/name")?, within(volume, "/ephemeral/volumeClaimTemplate")?))
    });
    let all = of_set.chain(ephemeral);
    all.map(|(template, claim)| (template, name(claim, "/spec/storageClassName"))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hosts_are_kept_with_their_place_and_nothing_else() {
        let pod = json!({
            "initContainers": [{"command": ["sh", "-c", "curl https://a.example/x"]}],
            "containers": [{
                "args": ["--to=b.example:443", "--verbose"],
                "env": [{"name": "PASSWORD", "value": "hunter2"}, {"name": "URL", "value": "https://c.example/?t=s"}],
            }],
        });
        let found = mentions("/spec", &pod).hosts;
        let found: Vec<_> = found.iter().map(|one| format!("{} {}", one.path, one.host)).collect();
        let expected = [
            "/spec/containers/0/args/0 b.example",
            "/spec/containers/0/env/1/value c.example",
            "/spec/initContainers/0/command/2 a.example",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn config_maps_are_used_in_four_ways() {
        let pod = json!({
            "containers": [{
                "envFrom": [{"secretRef": {"name": "s"}}, {"configMapRef": {"name": "a"}}],
                "env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "b", "key": "k"}}}],
            }],
            "volumes": [
                {"name": "v", "configMap": {"name": "c"}},
                {"name": "w", "projected": {"sources": [{"secret": {"name": "t"}}, {"configMap": {"name": "d"}}]}},
            ],
        });
        let found = config_maps("", &pod);
        let found: Vec<_> = found.iter().map(|(name, path)| format!("{name} {path}")).collect();
        let expected = ["a /containers/0/envFrom/1", "b /containers/0/env/0", "c /volumes/0", "d /volumes/1"];
        assert_eq!(found, expected);
    }

    #[test]
    fn claims_are_named_or_made_for_each_pod() {
        let template =
            |class: &str| json!({"metadata": {"name": "data"}, "spec": {"storageClassName": class}});
        let pod = json!({"volumes": [
            {"name": "a", "persistentVolumeClaim": {"claimName": "shared"}},
            {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
            {"name": "b", "emptyDir": {}},
        ]});
        assert_eq!(claims(&pod), BTreeSet::from([Name::from("shared")]));
        let found =
            claim_templates(&json!({"spec": {"volumeClaimTemplates": [template("fast")]}}), Some(&pod));
        let expected = [(Name::from("data"), Some(Name::from("fast"))), (Name::from("scratch"), None)];
        assert_eq!(found, BTreeMap::from(expected));
    }
}

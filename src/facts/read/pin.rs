//! Where the pods of a template may run, by nodeName, or by nodeSelector and required node affinity.

use std::collections::BTreeSet;

use super::{items, name, names, text};
use crate::facts::{Name, Pin, Site};
use crate::json::Json;

const REGION: &str = "topology.kubernetes.io/region";
const ZONE: &str = "topology.kubernetes.io/zone";

/// Where pods of this spec may run. The terms of the affinity are alternatives; nodeSelector holds in each.
pub(super) fn of<'o, J: Json<'o>>(pod: J) -> Pin {
    if let Some(node) = name(pod, "/nodeName").filter(|node| !node.is_empty()) {
        return Pin::Node(node);
    }
    let selector = |label: &str| {
        let value = pod.field("nodeSelector").and_then(|selector| selector.field(label)?.text());
        value.map(|value| BTreeSet::from([Name::from(value)]))
    };
    let (region, zone) = (selector(REGION), selector(ZONE));
    let required = "/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms";
    let terms: Vec<J> = items(pod, required).collect();
    let mut sites = BTreeSet::new();
    for term in terms.iter().copied().map(Some).chain(terms.is_empty().then_some(None)) {
        let regions = within(term, REGION, region.clone());
        let zones = within(term, ZONE, zone.clone());
        // One alternative without a region, and the pod may run anywhere.
        let Some(regions) = regions else { return Pin::Anywhere };
        for region in regions {
            match &zones {
                None => drop(sites.insert(Site { region, zone: None })),
                Some(zones) => sites.extend(
                    zones.iter().map(|zone| Site { region: region.clone(), zone: Some(zone.clone()) }),
                ),
            }
        }
    }
    Pin::Sites(sites.into_iter().collect())
}

/// The values that a term leaves of those that a label may have; nothing if neither says. Only `In` narrows to known
/// places, of which `NotIn` takes away.
fn within<'o>(
    term: Option<impl Json<'o>>,
    label: &str,
    selected: Option<BTreeSet<Name>>,
) -> Option<BTreeSet<Name>> {
    let values = |operator: &'static str| {
        let expressions = term.into_iter().flat_map(|term| items(term, "/matchExpressions"));
        let expressions = expressions.filter(move |expression| {
            text(*expression, "/key") == Some(label) && text(*expression, "/operator") == Some(operator)
        });
        expressions.map(|expression| names(expression, "/values").into_iter().collect::<BTreeSet<Name>>())
    };
    let left = values("In").fold(selected, |known, values| narrow(known, Some(values)))?;
    Some(values("NotIn").fold(left, |left, values| &left - &values))
}

fn narrow(one: Option<BTreeSet<Name>>, two: Option<BTreeSet<Name>>) -> Option<BTreeSet<Name>> {
    match (one, two) {
        (Some(one), Some(two)) => Some(&one & &two),
        (one, two) => one.or(two),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn term(expressions: &Value) -> Value {
        let affinity = json!({"nodeSelectorTerms": [{"matchExpressions": expressions}]});
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": affinity}}})
    }

    fn site(region: &str, zone: Option<&str>) -> Site {
        Site { region: region.into(), zone: zone.map(Name::from) }
    }

    #[test]
    fn without_a_region_a_pod_runs_anywhere() {
        assert_eq!(of(&json!({})), Pin::Anywhere);
        assert_eq!(of(&json!({"nodeSelector": {"disk": "ssd"}})), Pin::Anywhere);
        let not_in = json!([{"key": REGION, "operator": "NotIn", "values": ["us-east-1"]}]);
        assert_eq!(of(&term(&not_in)), Pin::Anywhere);
    }

    #[test]
    fn selector_and_affinity_narrow_to_sites() {
        let spec = json!({"nodeSelector": {REGION: "eu-central-1", ZONE: "eu-central-1a"}});
        assert_eq!(of(&spec), Pin::Sites(vec![site("eu-central-1", Some("eu-central-1a"))]));
        let mut spec =
            term(&json!([{"key": REGION, "operator": "In", "values": ["eu-west-1", "eu-central-1"]}]));
        assert_eq!(of(&spec), Pin::Sites(vec![site("eu-central-1", None), site("eu-west-1", None)]));
        spec["nodeSelector"] = json!({REGION: "eu-west-1"});
        assert_eq!(of(&spec), Pin::Sites(vec![site("eu-west-1", None)]));
        let spec = term(&json!([
            {"key": REGION, "operator": "In", "values": ["eu-west-1", "us-east-1"]},
            {"key": REGION, "operator": "NotIn", "values": ["us-east-1", "us-west-1"]},
        ]));
        assert_eq!(of(&spec), Pin::Sites(vec![site("eu-west-1", None)]));
    }

    #[test]
    fn who_names_a_node_asks_no_scheduler() {
        let spec = json!({"nodeName": "n1", "nodeSelector": {REGION: "eu-central-1"}});
        assert_eq!(of(&spec), Pin::Node("n1".into()));
        assert_eq!(of(&json!({"nodeName": ""})), Pin::Anywhere);
    }

    #[test]
    fn selector_and_affinity_that_exclude_each_other_leave_no_site() {
        let mut spec = term(&json!([{"key": REGION, "operator": "In", "values": ["eu-west-1"]}]));
        spec["nodeSelector"] = json!({REGION: "eu-central-1"});
        assert_eq!(of(&spec), Pin::Sites(Vec::new()));
    }

    #[test]
    fn one_alternative_without_a_region_widens_to_anywhere() {
        let terms = json!([
            {"matchExpressions": [{"key": REGION, "operator": "In", "values": ["eu-west-1"]}]},
            {"matchExpressions": [{"key": "disk", "operator": "Exists"}]},
        ]);
        let required =
            json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
        assert_eq!(of(&json!({"affinity": {"nodeAffinity": required}})), Pin::Anywhere);
    }
}

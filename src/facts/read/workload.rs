//! Reading what runs: namespaces, nodes, pods and workloads.

use std::sync::Arc;

use serde_json::Value;

use super::{controller, items, name, pin, template, text};
use crate::api::labels::NAMESPACE;
use crate::api::{LabelOperator, LabelRequirement};
use crate::facts::{
    Fact, Kind, Labels, Name, Namespace, Node, ObjectRef, Pin, Pod, PodSelector, Runs, Workload,
};
use crate::json::{Json, Seen, within};

pub(super) fn labels<'o>(object: impl Json<'o>) -> Labels {
    pairs(object).collect()
}

fn pairs<'o>(object: impl Json<'o>) -> impl Iterator<Item = (Name, Name)> {
    let pairs = within(object, "/metadata/labels").into_iter().flat_map(Json::fields);
    pairs.filter_map(|(key, value)| Some((key.into(), value.text()?.into())))
}

/// A namespace. The API server labels each with its own name, whatever a manifest says.
pub(super) fn namespace(object: &Value) -> Fact {
    let own = name(object, "/metadata/name").map(|name| (NAMESPACE.into(), name));
    let labels = pairs(object).filter(|(key, _)| own.is_none() || **key != *NAMESPACE);
    Fact::Namespace(Arc::new(Namespace { labels: labels.chain(own.clone()).collect() }))
}

pub(super) fn node(object: &Value) -> Fact {
    Fact::Node(Node {
        provider_id: name(object, "/spec/providerID"),
        region: name(object, "/metadata/labels/topology.kubernetes.io~1region"),
        zone: name(object, "/metadata/labels/topology.kubernetes.io~1zone"),
    })
}

/// A pod; nothing of one that has ended, for it processes nothing any more.
pub(super) fn pod<'o>(id: &ObjectRef, object: impl Json<'o>) -> Option<Fact> {
    if matches!(text(object, "/status/phase"), Some("Succeeded" | "Failed")) {
        return None;
    }
    // Only these make pods, and let go of those that are not theirs. Others are named in vain.
    let makes_pods = [Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Job];
    let runs = match controller(id, object) {
        Some(owner) if makes_pods.contains(&owner.kind) => Runs::For(owner),
        _ => Runs::Alone(Arc::new(running(id, object))),
    };
    Some(Fact::Pod(Pod { runs, node: name(object, "/spec/nodeName") }))
}

/// A ReplicaSet that a Deployment made only links its pods to it. What made any other is not known here, so it is the
/// topmost object that is: a workload, unless it runs nothing, as the earlier revisions of a rollout do.
pub(super) fn replica_set<'o>(id: &ObjectRef, object: impl Json<'o>) -> Option<Fact> {
    let is_none = |replicas| matches!(replicas, Seen::Number(replicas) if replicas.as_i64() == Some(0));
    match controller(id, object) {
        Some(owner) if owner.kind == Kind::Deployment => Some(Fact::Link(owner)),
        _ if within(object, "/spec/replicas").map(Json::seen).is_some_and(is_none) => None,
        _ => Some(workload(id, object)),
    }
}

pub(super) fn workload<'o>(id: &ObjectRef, object: impl Json<'o>) -> Fact {
    Fact::Workload(Arc::new(running(id, object)))
}

/// The pods that a workload takes for its own. An empty selector takes none: the API server refuses it. Of one that it
/// would refuse too nothing is known.
fn selector<'o>(object: impl Json<'o>) -> Option<Box<PodSelector>> {
    let selector = within(object, "/spec/selector")?;
    let equal = selector.field("matchLabels").into_iter().flat_map(Json::fields);
    let equal = equal.map(|(key, value)| Some((key.into(), value.text()?.into())));
    let selector = PodSelector {
        equal: equal.collect::<Option<_>>()?,
        further: items(selector, "/matchExpressions").map(requirement).collect::<Option<_>>()?,
    };
    (selector != PodSelector::default()).then(|| Box::new(selector))
}

fn requirement<'o>(given: impl Json<'o>) -> Option<LabelRequirement> {
    let operator = text(given, "/operator");
    Some(LabelRequirement {
        key: text(given, "/key")?.to_owned(),
        operator: *LabelOperator::ALL.iter().find(|one| Some(one.as_str()) == operator)?,
        values: items(given, "/values").map(|value| Some(value.text()?.to_owned())).collect::<Option<_>>()?,
    })
}

/// What runs, as its template says it, or a pod itself.
fn running<'o, J: Json<'o>>(id: &ObjectRef, object: J) -> Workload {
    let kind = id.kind;
    let at = match kind {
        Kind::Pod => "/spec",
        Kind::CronJob => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    let pod = within(object, at);
    let time = |field: &str| text(object, field).and_then(|time| time.parse().ok());
    let last_success = time("/status/lastSuccessfulTime");
    let never_succeeded = kind == Kind::CronJob && last_success.is_none();
    let made_by = |owner: &ObjectRef| (kind, owner.kind) == (Kind::Job, Kind::CronJob);
    Workload {
        labels: labels(object),
        selector: selector(object),
        owner: controller(id, object).filter(made_by),
        pin: pod.map_or(Pin::Anywhere, pin::of),
        mentions: pod.map(|pod| template::mentions(at, pod)).unwrap_or_default(),
        config_maps: pod.map(|pod| template::config_maps(at, pod)).unwrap_or_default(),
        claims: pod.map(template::claims).unwrap_or_default(),
        claim_templates: template::claim_templates(object, pod),
        last_success,
        created: time("/metadata/creationTimestamp").filter(|_| never_succeeded),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_namespace_is_labelled_with_its_name() {
        let labels = |object: &Value| match namespace(object) {
            Fact::Namespace(found) => found.labels.clone(),
            _ => Labels::default(),
        };
        let name = |name: &str| (Name::from(NAMESPACE), Name::from(name));
        assert_eq!(labels(&json!({"metadata": {"name": "cx"}})), Labels::from([name("cx")]));
        let other = json!({"metadata": {"name": "cx", "labels": {NAMESPACE: "else", "team": "cx"}}});
        assert_eq!(labels(&other), Labels::from([name("cx"), ("team".into(), "cx".into())]));
    }

    fn it(kind: Kind) -> ObjectRef {
        ObjectRef::namespaced(kind, "cx", "it")
    }

    fn cron_job(status: &Value) -> Fact {
        workload(&it(Kind::CronJob), &json!({"metadata": {"name": "backup"}, "status": status}))
    }

    #[test]
    fn of_a_cron_job_s_status_only_its_last_success_is_kept() {
        let at = "2026-11-23T02:17:40Z";
        let fact = cron_job(&json!({"lastSuccessfulTime": at, "lastScheduleTime": "2026-11-23T02:17:00Z"}));
        let Fact::Workload(kept) = &fact else { panic!("it is a workload") };
        assert_eq!(kept.last_success.map(|time| time.to_string()).as_deref(), Some(at));
        // The next run begins, and nothing is judged anew.
        let running =
            json!({"lastSuccessfulTime": at, "lastScheduleTime": "2026-11-24T02:17:00Z", "active": [{}]});
        assert_eq!(cron_job(&running), fact);
        assert_ne!(cron_job(&json!({})), fact);
    }

    #[test]
    fn since_when_it_exists_matters_while_no_run_has_succeeded() {
        let created = |kind: Kind, status: &Value| {
            let metadata = json!({"name": "backup", "creationTimestamp": "2026-11-20T10:00:00Z"});
            match workload(&it(kind), &json!({"metadata": metadata, "status": status})) {
                Fact::Workload(kept) => kept.created.map(|time| time.to_string()),
                _ => None,
            }
        };
        assert_eq!(created(Kind::CronJob, &json!({})).as_deref(), Some("2026-11-20T10:00:00Z"));
        assert_eq!(created(Kind::CronJob, &json!({"lastSuccessfulTime": "2026-11-23T02:17:40Z"})), None);
        assert_eq!(created(Kind::Deployment, &json!({})), None);
    }

    fn owned(kind: Kind, by: &str, more: &Value) -> Value {
        let (group, owner) = by.split_once(' ').unwrap_or_default();
        let owners = json!([{"apiVersion": group, "kind": owner, "name": "o", "controller": true}]);
        let mut object = json!({
            "kind": kind.as_str(),
            "metadata": {"name": "it", "namespace": "cx", "labels": {"app": "a"}, "ownerReferences": owners},
        });
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    }

    #[test]
    fn a_pod_runs_for_its_controller_or_is_a_workload_itself() {
        let spec = json!({"spec": {"nodeName": "n", "containers": [{"args": ["https://a.example"]}]}});
        for (by, kept) in [
            ("apps/v1 ReplicaSet", false),
            ("apps/v1 StatefulSet", false),
            ("apps/v1 DaemonSet", false),
            ("batch/v1 Job", false),
            ("", true),
            ("argoproj.io/v1alpha1 Rollout", true),
            ("v1 Node", true),
            ("v1 ConfigMap", true),
            // Named so that it would be judged in the pod's place: it makes no pods.
            ("apps/v1 Deployment", true),
            ("batch/v1 CronJob", true),
        ] {
            let Some(Fact::Pod(Pod { runs, node })) = pod(&it(Kind::Pod), &owned(Kind::Pod, by, &spec))
            else {
                panic!("it is a pod")
            };
            assert_eq!(node.as_deref(), Some("n"));
            match runs {
                Runs::For(owner) => assert!(!kept && by.ends_with(owner.kind.as_str()), "{by}"),
                Runs::Alone(workload) => {
                    assert!(kept, "{by}");
                    assert_eq!(workload.labels.get("app"), Some("a"));
                    assert_eq!(&*workload.mentions.hosts[0].path, "/spec/containers/0/args/0");
                    assert_eq!(workload.owner, None);
                }
            }
        }
    }

    #[test]
    fn a_pod_takes_no_more_room_than_its_owner_and_its_node() {
        assert_eq!(
            size_of::<Pod>(),
            size_of::<Option<ObjectRef>>() + size_of::<Option<crate::facts::Name>>()
        );
    }

    #[test]
    fn of_a_pod_that_has_ended_nothing_is_known() {
        for (phase, known) in [("Pending", true), ("Running", true), ("Succeeded", false), ("Failed", false)]
        {
            assert_eq!(pod(&it(Kind::Pod), &json!({"status": {"phase": phase}})).is_some(), known, "{phase}");
        }
    }

    #[test]
    fn a_replica_set_links_or_is_the_topmost_object_that_is_known() {
        let read = |by: &str, replicas: i64| {
            replica_set(
                &it(Kind::ReplicaSet),
                &owned(Kind::ReplicaSet, by, &json!({"spec": {"replicas": replicas}})),
            )
        };
        for replicas in [0, 1] {
            assert!(matches!(read("apps/v1 Deployment", replicas), Some(Fact::Link(_))));
        }
        for by in ["", "argoproj.io/v1alpha1 Rollout", "v1 ConfigMap"] {
            assert!(matches!(read(by, 1), Some(Fact::Workload(_))), "{by}");
            assert_eq!(read(by, 0), None, "{by}");
        }
    }

    #[test]
    fn only_a_job_has_a_cron_job_in_its_place() {
        let owner = |kind, by| match workload(&it(kind), &owned(kind, by, &json!({}))) {
            Fact::Workload(workload) => workload.owner.clone(),
            _ => None,
        };
        assert!(owner(Kind::Job, "batch/v1 CronJob").is_some());
        assert_eq!(owner(Kind::Job, "batch/v1 Job"), None);
        assert_eq!(owner(Kind::Deployment, "batch/v1 CronJob"), None);
    }
}

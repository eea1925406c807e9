//! Reading what runs: namespaces, nodes, pods and workloads.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::{controller, name, pin, template, text};
use crate::api::LabelSelector;
use crate::facts::{Fact, Kind, Labels, NAME_LABEL, Namespace, Node, ObjectRef, Pod, Runs, Workload};
use crate::pointer::within;

pub(super) fn labels(object: &Value) -> Labels {
    let labels = within(object, "/metadata/labels").and_then(Value::as_object);
    let pairs = labels.into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into()))).collect()
}

/// A namespace. The API server labels each with its own name, whatever a manifest says.
pub(super) fn namespace(object: &Value) -> Fact {
    let mut labels = labels(object);
    labels.extend(name(object, "/metadata/name").map(|name| (NAME_LABEL.into(), name)));
    Fact::Namespace(Arc::new(Namespace { labels }))
}

pub(super) fn node(object: &Value) -> Fact {
    Fact::Node(Node {
        provider_id: name(object, "/spec/providerID"),
        region: name(object, "/metadata/labels/topology.kubernetes.io~1region"),
        zone: name(object, "/metadata/labels/topology.kubernetes.io~1zone"),
    })
}

/// A pod; nothing of one that has ended, for it processes nothing any more.
pub(super) fn pod(object: &Value) -> Option<Fact> {
    if matches!(text(object, "/status/phase"), Some("Succeeded" | "Failed")) {
        return None;
    }
    // Only these make pods, and let go of those that are not theirs. Others are named in vain.
    let makes_pods = [Kind::ReplicaSet, Kind::StatefulSet, Kind::DaemonSet, Kind::Job];
    let runs = match controller(object) {
        Some(owner) if makes_pods.contains(&owner.kind) => Runs::For(owner),
        _ => Runs::Alone(Arc::new(running(Kind::Pod, object))),
    };
    Some(Fact::Pod(Pod { runs, node: name(object, "/spec/nodeName") }))
}

/// A ReplicaSet that a Deployment made only links its pods to it. What made any other is not known here, so it is the
/// topmost object that is: a workload, unless it runs nothing, as the earlier revisions of a rollout do.
pub(super) fn replica_set(object: &Value) -> Option<Fact> {
    match controller(object) {
        Some(owner) if owner.kind == Kind::Deployment => Some(Fact::Link(owner)),
        _ if within(object, "/spec/replicas").and_then(Value::as_i64) == Some(0) => None,
        _ => Some(workload(Kind::ReplicaSet, object)),
    }
}

pub(super) fn workload(kind: Kind, object: &Value) -> Fact {
    Fact::Workload(Arc::new(running(kind, object)))
}

/// The pods that a workload takes for its own. An empty selector takes none: the API server refuses it.
fn selector(object: &Value) -> Option<Arc<LabelSelector>> {
    let selector = LabelSelector::deserialize(within(object, "/spec/selector")?).ok()?;
    (selector != LabelSelector::default()).then(|| Arc::new(selector))
}

/// What runs, as its template says it, or a pod itself.
fn running(kind: Kind, object: &Value) -> Workload {
    let at = match kind {
        Kind::Pod => "/spec",
        Kind::CronJob => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    let pod = within(object, at).unwrap_or(&Value::Null);
    let time = |field: &str| text(object, field).and_then(|time| time.parse().ok());
    let last_success = time("/status/lastSuccessfulTime");
    let never_succeeded = kind == Kind::CronJob && last_success.is_none();
    let made_by = |owner: &ObjectRef| (kind, owner.kind) == (Kind::Job, Kind::CronJob);
    Workload {
        labels: labels(object),
        selector: selector(object),
        owner: controller(object).filter(made_by),
        pin: pin::of(pod),
        mentions: template::mentions(at, pod),
        config_maps: template::config_maps(at, pod),
        claims: template::claims(pod),
        claim_templates: template::claim_templates(object, pod),
        last_success,
        created: time("/metadata/creationTimestamp").filter(|_| never_succeeded),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::facts::Name;

    #[test]
    fn a_namespace_is_labelled_with_its_name() {
        let labels = |object: &Value| match namespace(object) {
            Fact::Namespace(found) => found.labels.clone(),
            _ => Labels::new(),
        };
        let name = |name: &str| (Name::from(NAME_LABEL), Name::from(name));
        assert_eq!(labels(&json!({"metadata": {"name": "cx"}})), Labels::from([name("cx")]));
        let other = json!({"metadata": {"name": "cx", "labels": {NAME_LABEL: "else", "team": "cx"}}});
        assert_eq!(labels(&other), Labels::from([name("cx"), ("team".into(), "cx".into())]));
    }

    fn cron_job(status: &Value) -> Fact {
        workload(Kind::CronJob, &json!({"metadata": {"name": "backup"}, "status": status}))
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
            match workload(kind, &json!({"metadata": metadata, "status": status})) {
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
            let Some(Fact::Pod(Pod { runs, node })) = pod(&owned(Kind::Pod, by, &spec)) else {
                panic!("it is a pod")
            };
            assert_eq!(node.as_deref(), Some("n"));
            match runs {
                Runs::For(owner) => assert!(!kept && by.ends_with(owner.kind.as_str()), "{by}"),
                Runs::Alone(workload) => {
                    assert!(kept, "{by}");
                    assert_eq!(workload.labels.len(), 1);
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
            assert_eq!(pod(&json!({"status": {"phase": phase}})).is_some(), known, "{phase}");
        }
    }

    #[test]
    fn a_replica_set_links_or_is_the_topmost_object_that_is_known() {
        let read = |by: &str, replicas: i64| {
            replica_set(&owned(Kind::ReplicaSet, by, &json!({"spec": {"replicas": replicas}})))
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
        let owner = |kind, by| match workload(kind, &owned(kind, by, &json!({}))) {
            Fact::Workload(workload) => workload.owner.clone(),
            _ => None,
        };
        assert!(owner(Kind::Job, "batch/v1 CronJob").is_some());
        assert_eq!(owner(Kind::Job, "batch/v1 Job"), None);
        assert_eq!(owner(Kind::Deployment, "batch/v1 CronJob"), None);
    }
}

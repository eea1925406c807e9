//! Reading what runs: namespaces, nodes, pods and workloads.

use std::sync::Arc;

use serde_json::Value;

use super::{controller, name, pin, template, text};
use crate::facts::{Fact, Kind, Labels, Namespace, Node, Pod, Workload};

fn labels(object: &Value) -> Labels {
    let labels = object.pointer("/metadata/labels").and_then(Value::as_object);
    let pairs = labels.into_iter().flatten();
    pairs.filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into()))).collect()
}

pub(super) fn namespace(object: &Value) -> Fact {
    Fact::Namespace(Arc::new(Namespace { labels: labels(object) }))
}

pub(super) fn node(object: &Value) -> Fact {
    Fact::Node(Node {
        provider_id: name(object, "/spec/providerID"),
        region: name(object, "/metadata/labels/topology.kubernetes.io~1region"),
        zone: name(object, "/metadata/labels/topology.kubernetes.io~1zone"),
    })
}

pub(super) fn pod(object: &Value) -> Fact {
    let phase = text(object, "/status/phase").unwrap_or_default();
    Fact::Pod(Pod {
        owner: controller(object),
        node: name(object, "/spec/nodeName"),
        finished: matches!(phase, "Succeeded" | "Failed"),
    })
}

pub(super) fn workload(kind: Kind, object: &Value) -> Fact {
    let at =
        if kind == Kind::CronJob { "/spec/jobTemplate/spec/template/spec" } else { "/spec/template/spec" };
    let pod = object.pointer(at).unwrap_or(&Value::Null);
    Fact::Workload(Arc::new(Workload {
        labels: labels(object),
        owner: controller(object),
        pin: pin::of(pod),
        mentions: template::mentions(at, pod),
        config_maps: template::config_maps(at, pod),
        claims: template::claims(pod),
        claim_templates: template::claim_templates(object, pod),
        last_success: text(object, "/status/lastSuccessfulTime").and_then(|time| time.parse().ok()),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
}

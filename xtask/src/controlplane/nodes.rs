//! Nodes without a kubelet: enough of one for the scheduler.
use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

const MANAGER: &str = "xtask";

/// A node to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeSpec {
    /// The node's name, also its host name.
    pub name: String,
    /// The cloud provider's name of the machine, for example `aws:///eu-central-1a/i-0`.
    pub provider_id: Option<String>,
    /// The label `topology.kubernetes.io/region`.
    pub region: Option<String>,
    /// The label `topology.kubernetes.io/zone`.
    pub zone: Option<String>,
    /// Allocatable CPU, a quantity.
    pub cpu: String,
    /// Allocatable memory, a quantity.
    pub memory: String,
    /// How many pods have room.
    pub pods: u32,
}

impl NodeSpec {
    /// A roomy node without region, zone and provider.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            provider_id: None,
            region: None,
            zone: None,
            cpu: "64".to_owned(),
            memory: "256Gi".to_owned(),
            pods: 500,
        }
    }

    /// The same node in this region and zone.
    #[must_use]
    pub fn located(mut self, region: impl Into<String>, zone: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self.zone = Some(zone.into());
        self
    }
}

/// Creates the node or brings it to this state.
pub(super) async fn create(client: kube::Client, spec: &NodeSpec) -> kube::Result<()> {
    let nodes: Api<Node> = Api::all(client);
    let apply = PatchParams::apply(MANAGER).force();
    nodes.patch(&spec.name, &apply, &Patch::Apply(node(spec))).await?;
    nodes.patch_status(&spec.name, &apply, &Patch::Apply(status(spec))).await?;
    // Admission taints every new node as not ready, and waits for a controller that is not here to take it off. Last,
    // so that no pod is bound before the node has room.
    let untainted = json!({"spec": {"taints": null}});
    nodes.patch(&spec.name, &PatchParams::default(), &Patch::Merge(untainted)).await?;
    Ok(())
}

fn node(spec: &NodeSpec) -> Value {
    let mut labels = json!({
        "kubernetes.io/hostname": spec.name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
    });
    for (key, value) in
        [("topology.kubernetes.io/region", &spec.region), ("topology.kubernetes.io/zone", &spec.zone)]
    {
        if let (Some(labels), Some(value)) = (labels.as_object_mut(), value) {
            labels.insert(key.to_owned(), json!(value));
        }
    }
    let provider = spec.provider_id.as_ref().map_or_else(|| json!({}), |id| json!({"providerID": id}));
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": spec.name, "labels": labels},
        "spec": provider,
    })
}

fn status(spec: &NodeSpec) -> Value {
    let resources = json!({"cpu": spec.cpu, "memory": spec.memory, "pods": spec.pods.to_string()});
    json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": spec.name},
        "status": {
            "capacity": resources,
            "allocatable": resources,
            "conditions": [{
                "type": "Ready",
                "status": "True",
                "reason": "NoKubelet",
                "message": "created without a kubelet: pods are bound, never run",
            }],
        },
    })
}

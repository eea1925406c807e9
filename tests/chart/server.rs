//! The chart on a real API server.

use kube::Client;
use serde_json::{Value, json};
use xtask::controlplane::{ControlPlane, Options};
use xtask::helm::Version;

use crate::support::{SOON, eventually, install_definitions, try_apply, try_create};
use crate::values::{DEFAULT, VARIANTS, find};

/// The namespace of a release, under the strictest standard of Kubernetes.
async fn namespace(admin: &Client, name: &str) {
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    let object =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
    try_apply(admin, &object, false).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "starts a control plane: run by cargo xtask test"]
async fn the_api_server_takes_every_object() {
    let options = Options { scheduler: false, controller_manager: false, ..Options::default() };
    let plane = ControlPlane::start(options).await.unwrap();
    let admin = plane.admin().unwrap();
    install_definitions(&admin).await;
    for variant in VARIANTS {
        namespace(&admin, variant.namespace).await;
        let objects = variant.objects(Version::Four).await;
        assert!(objects.len() > 30, "{}: {}", variant.name, objects.len());
        // Their kinds are not served here: of these it is only known what is rendered.
        let of_others = |object: &Value| {
            let version = object["apiVersion"].as_str().unwrap();
            ["cert-manager.io/", "monitoring.coreos.com/"].iter().any(|group| version.starts_with(group))
        };
        for object in objects.iter().filter(|object| !of_others(object)) {
            if let Err(error) = try_apply(&admin, object, true).await {
                panic!("{}: {} {}: {error}", variant.name, object["kind"], object["metadata"]["name"]);
            }
        }
    }
    the_pods_are_restricted(&admin).await;
}

async fn the_pods_are_restricted(admin: &Client) {
    let objects = DEFAULT.objects(Version::Four).await;
    for kind in ["ServiceAccount", "PriorityClass"] {
        try_apply(admin, find(&objects, kind), false).await.unwrap();
    }
    for variant in VARIANTS {
        let objects = variant.objects(Version::Four).await;
        let mut pod = find(&objects, "Deployment")["spec"]["template"].clone();
        pod["apiVersion"] = json!("v1");
        pod["kind"] = json!("Pod");
        pod["metadata"]["name"] = json!("cxguard");
        pod["metadata"]["namespace"] = json!("cxguard-system");
        // What was stored a moment ago may not have reached every part of the API server.
        let create = async || try_create(admin, &pod, true).await.map(drop);
        eventually(variant.name, SOON, create).await;
        pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = json!(true);
        let said = try_create(admin, &pod, true).await.unwrap_err().to_string();
        assert!(said.contains("violates PodSecurity"), "{}: {said}", variant.name);
    }
}

//! Objects on an API server, as manifests have them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::GroupVersionKind;
use kube::discovery::{ApiResource, Scope, pinned_kind};
use kube::{Client, ResourceExt};
use serde_json::Value;

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The documents of the YAML files of a folder or of one file, in the order of their names.
pub fn documents(path: &Path) -> Result<Vec<Value>> {
    let mut files = vec![path.to_owned()];
    if path.is_dir() {
        let entries: std::io::Result<Vec<_>> = std::fs::read_dir(path)?.collect();
        files = entries?.into_iter().map(|entry| entry.path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml"));
        files.sort();
    }
    let mut documents = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let read: Vec<Value> = serde_saphyr::from_multiple(&text)
            .with_context(|| format!("failed to read {}", file.display()))?;
        documents.extend(read.into_iter().filter(|document| !document.is_null()));
    }
    Ok(documents)
}

/// Where an object lives; nothing if the API server does not know its kind.
pub async fn locate(client: &Client, object: &Value) -> Result<Option<(Api<DynamicObject>, DynamicObject)>> {
    let object: DynamicObject = serde_json::from_value(object.clone())?;
    let types = object.types.as_ref().context("a document without apiVersion and kind")?;
    let kind = GroupVersionKind::try_from(types)?;
    let (resource, capabilities): (ApiResource, _) = match pinned_kind(client, &kind).await {
        Ok(found) => found,
        Err(kube::Error::Discovery(_)) => return Ok(None),
        Err(kube::Error::Api(status)) if status.code == 404 => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("failed to look for the kind {}", kind.kind));
        }
    };
    let api = match (capabilities.scope, object.namespace()) {
        (Scope::Cluster, _) => Api::all_with(client.clone(), &resource),
        (Scope::Namespaced, namespace) => {
            Api::namespaced_with(client.clone(), namespace.as_deref().unwrap_or("default"), &resource)
        }
    };
    Ok(Some((api, object)))
}

/// What came of applying an object.
pub enum Applied {
    /// It is stored.
    Stored,
    /// The API server does not know the kind.
    UnknownKind,
    /// The API server refused it, in its own words.
    Refused(String),
}

/// Applies an object by server-side apply, as its user would with kubectl.
///
/// While the API server has not listed the parameters of an admission policy yet, which takes a moment after the policy
/// was installed, it is asked again.
pub async fn apply(client: &Client, object: &Value) -> Result<Applied> {
    let put = async || match apply_once(client, object).await {
        Ok(Applied::Refused(why)) if why.contains("not yet synced to use for admission") => Err(anyhow!(why)),
        answer => Ok(answer),
    };
    eventually(&format!("{} {}", object["kind"], object["metadata"]["name"]), put).await?
}

async fn apply_once(client: &Client, object: &Value) -> Result<Applied> {
    let Some((api, object)) = locate(client, object).await? else { return Ok(Applied::UnknownKind) };
    let params = PatchParams::apply("demo").force();
    match api.patch(&object.name_any(), &params, &Patch::Apply(&object)).await {
        Ok(_) => Ok(Applied::Stored),
        Err(kube::Error::Api(status)) if status.code == 403 || status.code == 422 => {
            Ok(Applied::Refused(status.message.clone()))
        }
        Err(error) => Err(error).with_context(|| format!("failed to apply {}", object.name_any())),
    }
}

/// Applies everything in a folder or file; what is refused or unknown is an error.
pub async fn install(client: &Client, path: &Path) -> Result<()> {
    for object in documents(path)? {
        let put = async || match apply(client, &object).await? {
            Applied::Stored => Ok(()),
            Applied::UnknownKind => Err(anyhow!("{} is not served yet", object["kind"])),
            Applied::Refused(why) => Err(anyhow!(why)),
        };
        eventually(&format!("{} {}", object["kind"], object["metadata"]["name"]), put).await?;
    }
    Ok(())
}

/// Asks until the answer is there, for 30 seconds; fails with the last reason why it was not.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let mut last = anyhow!("no answer");
    let wait = async {
        loop {
            match ask().await {
                Ok(answer) => return answer,
                Err(error) => last = error,
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(30), wait).await;
    answer.map_err(|_| last.context(format!("{what}: not within 30 seconds")))
}

/// One object as the server has it.
pub async fn get(client: &Client, kind: &str, namespace: &str, name: &str) -> Result<Value> {
    let version = match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" => "apps/v1",
        "Job" | "CronJob" => "batch/v1",
        "RoleBinding" | "Role" => "rbac.authorization.k8s.io/v1",
        _ => "cxguard.dev/v1alpha1",
    };
    let object = serde_json::json!({
        "apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": namespace},
    });
    let (api, _) = locate(client, &object).await?.with_context(|| format!("no kind {kind}"))?;
    Ok(serde_json::to_value(api.get(name).await?)?)
}

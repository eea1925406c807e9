//! A person at an API server: with their own credentials, and nothing that these do not allow.

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::core::v1::Namespace;
use kube::api::{Api, DynamicObject, ListParams, PostParams};
use kube::client::ClientBuilder;
use kube::core::ApiResource;
use kube::{Client, Config, CustomResourceExt as _};
use tower::util::MapResponseLayer;

use super::connection::Connection;
use super::print::fail;
use super::warnings::Warnings;
use super::when::namespace;
use crate::access::{Known, Unseen};
use crate::api::AccessGrant;
use crate::cluster::index::list_within;
use crate::facts::{Kind, World};
use crate::render::visible::visible;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the access to a namespace is read from, beside its grants.
const KINDS: [Kind; 5] =
    [Kind::Role, Kind::RoleBinding, Kind::ClusterRole, Kind::ClusterRoleBinding, Kind::Person];

#[derive(Debug, Args)]
pub(super) struct Place {
    #[command(flatten)]
    pub(super) connection: Connection,

    /// The namespace; without it, that of the kubeconfig's context
    #[arg(short, long, value_name = "NAME", value_parser = namespace)]
    namespace: Option<String>,
}

/// Somebody, somewhere.
pub(super) struct Session {
    pub(super) client: Client,
    pub(super) namespace: String,
    config: Config,
}

/// Who the API server says that one is.
pub(super) struct Me {
    pub(super) name: String,
    pub(super) groups: BTreeSet<String>,
}

/// Does something at an API server, and says why it did not.
pub(super) fn run(task: impl Future<Output = Result<ExitCode>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.context("failed to start the runtime").and_then(|runtime| runtime.block_on(task));
    done.unwrap_or_else(|problem| fail(&problem))
}

impl Session {
    /// At a place.
    pub(super) async fn at(place: &Place) -> Result<Self> {
        Self::within(&place.connection, place.namespace.clone()).await
    }

    /// In a namespace; without, in that of the kubeconfig's context.
    pub(super) async fn within(connection: &Connection, namespace: Option<String>) -> Result<Self> {
        let mut config = connection.config().await?;
        config.read_timeout = Some(PATIENCE);
        let builder = ClientBuilder::try_from(config.clone()).context("failed to prepare the connection")?;
        let warnings = Warnings::default();
        let say = MapResponseLayer::new(move |response| warnings.said(response));
        let client = builder.with_layer(&say).build();
        let namespace = namespace.unwrap_or_else(|| config.default_namespace.clone());
        Ok(Self { client, namespace, config })
    }

    /// The namespace, or nothing if one may not look at it. That there is none is an error: nobody is told of access to
    /// nothing.
    pub(super) async fn namespace_object(&self) -> Result<Option<Namespace>> {
        let namespaces: Api<Namespace> = Api::all(self.client.clone());
        match namespaces.get(&self.namespace).await {
            Ok(namespace) => Ok(Some(namespace)),
            Err(kube::Error::Api(status)) if status.code == 403 => Ok(None),
            Err(error) => Err(refused(&format!("failed to look at namespace {}", self.namespace), &error)),
        }
    }

    /// Who one is to the API server: nobody else is believed about that.
    pub(super) async fn me(&self) -> Result<Me> {
        let reviews: Api<SelfSubjectReview> = Api::all(self.client.clone());
        let review = reviews.create(&PostParams::default(), &SelfSubjectReview::default()).await;
        let review = review.map_err(|error| refused("failed to learn your user name", &error))?;
        let user = review.status.and_then(|status| status.user_info).unwrap_or_default();
        let name = user.username.context("the API server does not say who you are")?;
        Ok(Me { name, groups: user.groups.unwrap_or_default().into_iter().collect() })
    }

    /// The grants of the namespace, as they are written: what cannot be read must still be seen.
    pub(super) fn grants(&self) -> Api<DynamicObject> {
        Api::namespaced_with(self.client.clone(), &self.namespace, &kind())
    }

    /// A grant, as it is written.
    pub(super) async fn grant(&self, name: &str) -> Result<DynamicObject> {
        let what = format!("failed to read AccessGrant {}/{name}", self.namespace);
        self.grants().get(name).await.map_err(|error| refused(&what, &error))
    }

    /// The grants of the namespace or of all, each read by itself, and those that cannot be read.
    pub(super) async fn list(&self, all: bool) -> Result<(Vec<AccessGrant>, Vec<Unseen>), kube::Error> {
        let api = if all { Api::all_with(self.client.clone(), &kind()) } else { self.grants() };
        let mut grants = Vec::new();
        let mut unreadable = Vec::new();
        for object in api.list(&ListParams::default()).await?.items {
            let metadata = &object.metadata;
            let namespace = metadata.namespace.clone().unwrap_or_default();
            let what = format!("AccessGrant/{namespace}/{}", metadata.name.as_deref().unwrap_or_default());
            match read(object) {
                Ok(grant) => grants.push(grant),
                Err(problem) => unreadable.push(Unseen { what, why: problem.to_string() }),
            }
        }
        Ok((grants, unreadable))
    }

    /// What there is of some kinds, as far as it concerns the namespace, and which of them one may not list.
    pub(super) async fn world(&self, kinds: &[Kind]) -> Result<(World, Vec<Unseen>)> {
        let listed = list_within(self.config.clone(), &self.namespace, kinds).await?;
        let mut world = World::new();
        for (id, fact) in listed.facts {
            world.set(&id, Some(fact));
        }
        let missing = listed.missing.into_iter();
        Ok((world, missing.map(|missing| Unseen { what: missing.resource, why: missing.why }).collect()))
    }

    /// What there is to know of the access to the namespace; what one may not see is named in it.
    pub(super) async fn known(&self) -> Result<Known> {
        let (world, mut unseen) = self.world(&KINDS).await?;
        let mut grants = BTreeMap::new();
        match self.list(false).await {
            Ok((read, unreadable)) => {
                unseen.extend(unreadable);
                grants
                    .extend(read.into_iter().filter_map(|grant| Some((grant.metadata.name.clone()?, grant))));
            }
            Err(kube::Error::Api(status)) => {
                let ApiResource { plural, group, .. } = kind();
                unseen.push(Unseen { what: format!("{plural}.{group}"), why: status.message.clone() });
            }
            Err(error) => return Err(refused("failed to list grants", &error)),
        }
        Ok(Known { namespace: self.namespace.clone(), world, grants, unseen })
    }
}

fn kind() -> ApiResource {
    AccessGrant::api_resource()
}

/// A grant that was read as it is written.
pub(super) fn read(object: DynamicObject) -> Result<AccessGrant> {
    let value = serde_json::to_value(object).context("failed to read the grant")?;
    serde_json::from_value(value).context("the grant cannot be read")
}

/// What the API server said against something, in its own words, which cannot steer a terminal.
pub(super) fn refused(what: &str, error: &kube::Error) -> anyhow::Error {
    match error {
        kube::Error::Api(status) => anyhow!("{what}: {}", visible(&status.message)),
        error => {
            let mut said = error.to_string();
            let mut source = std::error::Error::source(error);
            while let Some(cause) = source {
                let cause_said = cause.to_string();
                if !said.contains(&cause_said) {
                    said = format!("{said}: {cause_said}");
                }
                source = cause.source();
            }
            anyhow!("{what}: {said}")
        }
    }
}

/// Whether one lacks a right: RBAC says so in these words, and admission never does.
pub(super) fn lacks_right(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status)
        if status.code == 403 && status.message.contains(" is forbidden: User \""))
}

/// Whether the API server understood and refused, for lack of a right or by a policy.
pub(super) fn is_forbidden(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 403 || status.code == 422)
}

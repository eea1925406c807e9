//! Everything that exists, read once: for who wants to know what a cluster knows and not to follow it.

use futures::{StreamExt, stream};
use kube::api::ListParams;
use kube::core::DynamicObject;
use kube::{Api, Client, Config};

use super::ends;
use super::watch::{SILENCE, causes, whole};
use crate::cluster::resource;
use crate::facts::{Fact, Kind, ObjectRef, read_as};

/// How many kinds are listed at the same time.
const AT_ONCE: usize = 4;

/// How many objects a page has.
const PAGE: u32 = 500;

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The facts.
    pub facts: Vec<(ObjectRef, Fact)>,
    /// The kinds that could not be listed.
    pub missing: Vec<Missing>,
}

/// A kind that could not be listed: whoever asked may not, or the server does not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// As roles name it: `nodes`.
    pub resource: String,
    /// The server's words.
    pub why: String,
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// There is no connection to be had.
    #[error("failed to prepare the connection: {}", causes(.0))]
    Connection(#[source] kube::Error),
    /// A list did not come.
    #[error("failed to list {resource}: {}", causes(.error))]
    List {
        /// Of what, as roles name it.
        resource: String,
        /// Why.
        #[source]
        error: kube::Error,
    },
}

/// Lists kinds in the whole cluster. [`Kind::GrantEnd`] stands for the record of ended grants in the operator's namespace.
///
/// A list that failed for another reason than that it is not to be had is an error: an object that was not seen must
/// not look as if it did not exist.
pub async fn list(config: Config, own_namespace: &str, kinds: &[Kind]) -> Result<Listed, ListError> {
    read(config, own_namespace, None, kinds).await
}

/// Lists kinds as far as they concern one namespace: of those whose objects are in one, what is in this. So it can be
/// read by who may look into no other.
pub async fn list_within(config: Config, namespace: &str, kinds: &[Kind]) -> Result<Listed, ListError> {
    read(config, namespace, Some(namespace), kinds).await
}

async fn read(
    mut config: Config,
    own_namespace: &str,
    within: Option<&str>,
    kinds: &[Kind],
) -> Result<Listed, ListError> {
    config.read_timeout = Some(SILENCE);
    let client = Client::try_from(config).map_err(ListError::Connection)?;
    let lists = kinds.iter().map(|kind| {
        let client = client.clone();
        async move { (*kind, one(client, *kind, own_namespace, within).await) }
    });
    let mut lists = stream::iter(lists).buffered(AT_ONCE);
    let mut listed = Listed::default();
    while let Some((kind, list)) = lists.next().await {
        match list {
            Ok(facts) => listed.facts.extend(facts),
            Err(kube::Error::Api(status)) if status.code == 404 && kind == Kind::HttpRoute => {
                // Not every cluster has the kind, and where it is not, none exists.
            }
            Err(kube::Error::Api(status)) if matches!(status.code, 403 | 404) => {
                listed
                    .missing
                    .push(Missing { resource: resource::plural(kind), why: status.message.clone() });
            }
            Err(error) => return Err(ListError::List { resource: resource::plural(kind), error }),
        }
    }
    Ok(listed)
}

async fn one(
    client: Client,
    kind: Kind,
    own_namespace: &str,
    within: Option<&str>,
) -> Result<Vec<(ObjectRef, Fact)>, kube::Error> {
    let of = resource::api_resource(kind);
    let (api, params): (Api<DynamicObject>, _) = match kind {
        Kind::GrantEnd => {
            let ours = ListParams::default().labels(&format!("{}=true", ends::LABEL));
            (Api::namespaced_with(client, own_namespace, &of), ours)
        }
        Kind::ConfigMap => {
            // Of the one that every namespace has, nothing is read.
            (Api::all_with(client, &of), ListParams::default().fields("metadata.name!=kube-root-ca.crt"))
        }
        _ => match within.filter(|_| kind.is_namespaced()) {
            Some(namespace) => (Api::namespaced_with(client, namespace, &of), ListParams::default()),
            None => (Api::all_with(client, &of), ListParams::default()),
        },
    };
    match pages(&api, kind, params.clone().limit(PAGE)).await {
        // What the next page was to go on from is gone; all at once, no page follows.
        Err(kube::Error::Api(status)) if status.code == 410 => pages(&api, kind, params).await,
        read => read,
    }
}

async fn pages(
    api: &Api<DynamicObject>,
    kind: Kind,
    mut params: ListParams,
) -> Result<Vec<(ObjectRef, Fact)>, kube::Error> {
    let mut facts = Vec::new();
    loop {
        let page = api.list(&params).await?;
        for object in page.items.into_iter().map(whole) {
            if kind == Kind::GrantEnd {
                let changes = ends::changes(&object).into_iter();
                facts.extend(changes.filter_map(|change| Some((change.id, change.now?.0))));
            } else {
                facts.extend(read_as(kind, &object));
            }
        }
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => return Ok(facts),
        }
    }
}

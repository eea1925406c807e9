//! `cxguard access`: who gets at a namespace, and why somebody does or does not.

use std::process::ExitCode;

use anyhow::Result;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec, SubjectAccessReview,
    SubjectAccessReviewSpec, SubjectAccessReviewStatus,
};
use kube::Api;
use kube::api::PostParams;

use super::connection::Connection;
use super::discover;
use super::form::Form;
use super::session::{self, Me, Session};
use super::when::namespace;
use crate::access::{Asked, Confirmed, Unseen, explain, paths};
use crate::engine::Right;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "Examples:
  cxguard access cx-feedback
  cxguard access cx-feedback -o json | jq -r '.paths[] | select(.grant == null).subject'
  cxguard access explain ann@corp.example cx-feedback
  cxguard access explain ann@corp.example cx-feedback --verb get --resource configmaps

It reads what you may list: roles and bindings of the namespace and of the cluster, people, grants. What you may not \
list is named at the end of the answer.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,

    /// The namespace
    #[arg(required = true, value_parser = namespace)]
    namespace: Option<String>,

    #[command(flatten)]
    connection: Connection,

    /// The form of the output
    #[arg(short, long, value_enum, default_value = "text")]
    output: Form,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say why somebody may do something in a namespace or may not, and whom to ask
    Explain(Explain),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cxguard access explain ann@corp.example cx-feedback
  cxguard access explain ann@corp.example cx-feedback --verb list --resource deployments
  cxguard access explain system:serviceaccount:cx-feedback:sender cx-feedback --verb get --resource pods/log

With --verb and --resource the API server is asked too, if you may create SubjectAccessReviews, or if USER is you.")]
struct Explain {
    /// The user name as the API server sees it
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    user: String,

    /// The namespace
    #[arg(value_parser = namespace)]
    namespace: String,

    /// A verb, such as get
    #[arg(long, requires = "resource", value_parser = NonEmptyStringValueParser::new())]
    verb: Option<String>,

    /// A resource as kubectl takes it: configmaps, cm, pods/log, deployments, deployments.apps
    #[arg(long, requires = "verb", value_parser = NonEmptyStringValueParser::new())]
    resource: Option<String>,

    #[command(flatten)]
    connection: Connection,

    /// The form of the output
    #[arg(short, long, value_enum, default_value = "text")]
    output: Form,
}

pub(super) fn main(arguments: &Arguments) -> ExitCode {
    session::run(async {
        match &arguments.command {
            Some(Command::Explain(arguments)) => explanation(arguments).await,
            None => table(arguments).await,
        }
    })
}

async fn table(arguments: &Arguments) -> Result<ExitCode> {
    let session = Session::within(&arguments.connection, arguments.namespace.clone()).await?;
    session.namespace_object().await?;
    let table = paths(&session.known().await?);
    arguments.output.print(&table, || table.to_string())
}

async fn explanation(arguments: &Explain) -> Result<ExitCode> {
    let session = Session::within(&arguments.connection, Some(arguments.namespace.clone())).await?;
    session.namespace_object().await?;
    let right = match arguments.verb.as_deref().zip(arguments.resource.as_deref()) {
        Some((verb, resource)) => Some(right(&session, verb, resource).await?),
        None => None,
    };
    let (known, me) = (session.known().await?, session.me().await?);
    let myself = me.name == arguments.user;
    let asked = Asked { user: arguments.user.clone(), groups: myself.then(|| me.groups.clone()), right };
    let mut explained = explain(&known, &asked);
    if let Some(right) = &asked.right {
        let groups = explained.groups.clone();
        match review(&session, &me, &asked.user, groups, right).await {
            Ok(status) => {
                explained.confirmed =
                    Some(Confirmed { allowed: status.allowed, reason: status.reason.unwrap_or_default() });
            }
            Err(kube::Error::Api(status)) => {
                let what = "subjectaccessreviews.authorization.k8s.io".to_owned();
                explained.unseen.push(Unseen { what, why: status.message.clone() });
            }
            Err(error) => return Err(session::refused("failed to ask for a review", &error)),
        }
    }
    arguments.output.print(&explained, || explained.to_string())
}

/// What is asked about, with the resource as roles name it.
async fn right(session: &Session, verb: &str, resource: &str) -> Result<Right> {
    let found = discover::resource(&session.client, verb, resource).await?;
    Ok(Right {
        verb: verb.to_lowercase().into(),
        group: found.group.into(),
        resource: found.name.into(),
        subresource: found.subresource.into(),
        name: "".into(),
    })
}

/// What the API server says. Everybody may ask about themselves.
async fn review(
    session: &Session,
    me: &Me,
    user: &str,
    groups: Vec<String>,
    right: &Right,
) -> kube::Result<SubjectAccessReviewStatus> {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let resource_attributes = Some(ResourceAttributes {
        namespace: Some(session.namespace.clone()),
        verb: some(&right.verb),
        group: some(&right.group),
        resource: some(&right.resource),
        subresource: some(&right.subresource),
        ..ResourceAttributes::default()
    });
    let status = if me.name == user {
        let spec =
            SelfSubjectAccessReviewSpec { resource_attributes, ..SelfSubjectAccessReviewSpec::default() };
        let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
        let reviews: Api<SelfSubjectAccessReview> = Api::all(session.client.clone());
        reviews.create(&PostParams::default(), &review).await?.status
    } else {
        let spec = SubjectAccessReviewSpec {
            user: Some(user.to_owned()),
            groups: Some(groups),
            resource_attributes,
            ..SubjectAccessReviewSpec::default()
        };
        let review = SubjectAccessReview { spec, ..SubjectAccessReview::default() };
        let reviews: Api<SubjectAccessReview> = Api::all(session.client.clone());
        reviews.create(&PostParams::default(), &review).await?.status
    };
    Ok(status.unwrap_or_default())
}

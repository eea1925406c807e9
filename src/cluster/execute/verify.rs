//! Asking the API server whether a subject may still do what a grant allowed.

use futures::{StreamExt, TryStreamExt, stream};
use http::Method;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::http::{DEADLINE, Lines, request};
use crate::cluster::effect::{Asked, Questions};
use crate::cluster::index::read::text;
use crate::engine::Right;

/// How many questions about one subject are asked at the same time.
const AT_ONCE: usize = 4;

const PATH: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/// The rights that somebody still has, with the reasons that the server gives. One question without an answer, and
/// nothing is said.
pub(super) async fn ask(lines: &Lines, questions: &Questions) -> Result<Vec<(Right, String)>, Refusal> {
    // Gathered first: a stream over a closure that borrows could not be sent between threads.
    let asked: Vec<_> = questions
        .who
        .iter()
        .flat_map(|who| questions.rights.iter().map(move |right| ask_one(lines, questions, who, right)))
        .collect();
    let answers: Vec<Option<(Right, String)>> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    Ok(answers.into_iter().flatten().collect())
}

async fn ask_one(
    lines: &Lines,
    questions: &Questions,
    who: &Asked,
    right: &Right,
) -> Result<Option<(Right, String)>, Refusal> {
    let asked = review(&questions.namespace, who, right);
    let request = request(Method::POST, PATH, Some(&asked))?;
    let answer = lines.send(request, DEADLINE).await?;
    match answer.pointer("/status/allowed").and_then(Value::as_bool) {
        Some(true) => {
            let reason = text(&answer, "/status/reason").unwrap_or_default();
            let to = if questions.who.len() > 1 { format!("to {}, ", who.user) } else { String::new() };
            Ok(Some((right.clone(), format!("{to}{reason}"))))
        }
        Some(false) => Ok(None),
        None => Err(Refusal::Failed("a review of access without an answer".to_owned(), None)),
    }
}

fn review(namespace: &str, who: &Asked, right: &Right) -> Value {
    json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": who.user,
            "groups": who.groups,
            "resourceAttributes": {
                "namespace": namespace,
                "verb": &*right.verb,
                "group": &*right.group,
                "version": "*",
                "resource": &*right.resource,
                "subresource": &*right.subresource,
                "name": &*right.name,
            },
        },
    })
}

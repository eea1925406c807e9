//! Whether access has really ended: the questions to the API server, and what their answers mean.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::Task;
use super::grant::View;
use super::lease::Standing;
use crate::api::{Phase, SubjectKind, Verified};
use crate::cluster::effect::{Effect, Questions};
use crate::engine::{Right, rights};

/// For how long an answer that access is left is asked again where nothing explains it: the API server's view of
/// bindings runs behind the deletion.
const ASK_FOR: SignedDuration = SignedDuration::from_secs(30);

/// The pause between two rounds of questions.
const PAUSE: SignedDuration = SignedDuration::from_millis(500);

/// How an answer begins that access is left though no binding explains it.
const UNEXPLAINED: &str = "the API server still allows";

/// How many paths a status names, and of how many characters each at most: what its definition allows.
const MOST: usize = 50;
const LONGEST: usize = 1024;

/// How many rights of a role are asked about.
const SAMPLE: usize = 16;

/// What the questions after an end have shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verification {
    /// When the first answer came.
    pub(crate) since: Timestamp,
    /// When the last answer came.
    pub(crate) answered: Timestamp,
    /// What is still allowed, with the server's reasons.
    pub(crate) left: Vec<(Right, String)>,
    /// The paths that were left when it came. With others, the questions are asked anew.
    pub(crate) residual: Arc<[String]>,
}

/// The outcome, once there is one: verified, and the paths that are left.
pub(crate) fn outcome(view: &View<'_>) -> Option<(Verified, Vec<String>)> {
    let asked = view.memory.verification.as_ref().filter(|asked| *asked.residual == *view.residual)?;
    let mut residual = listed(view.residual);
    if asked.left.is_empty() && residual.is_empty() {
        // Of a role that is gone nothing could be asked.
        let asked_any = view.role.is_some_and(|role| !rights(role, 1).is_empty());
        let sure = asked_any && groups_known(view);
        return Some((if sure { Verified::True } else { Verified::Partial }, residual));
    }
    if residual.is_empty() {
        if asked.answered < deadline(asked.since) {
            return None;
        }
        residual.extend(asked.left.iter().map(|(right, reason)| {
            format!(
                "{UNEXPLAINED} {right}{}",
                if reason.is_empty() { String::new() } else { format!(": {reason}") }
            )
        }));
    }
    Some((Verified::False, listed(&residual)))
}

/// The next round of questions, or when to ask again.
pub(crate) fn plan(view: &View<'_>) -> (Option<Task>, Option<Timestamp>) {
    let ended = matches!(view.access.phase, Phase::Suspended | Phase::Expired | Phase::Revoked);
    let given = view.fact.is_some_and(|fact| fact.activated_at.is_some());
    if view.observe || !ended || !given || view.standing() == Standing::Ours || is_on_record(view) {
        return (None, None);
    }
    let ask = || (questions(view).map(|questions| Task::quiet(Effect::Verify(questions))), None);
    let known = view.memory.verification.as_ref().filter(|asked| *asked.residual == *view.residual);
    match known {
        None => ask(),
        Some(_) if outcome(view).is_some() => (None, None),
        Some(asked) => match asked.answered.checked_add(PAUSE) {
            Ok(again) if again > view.now => (None, Some(again)),
            _ => ask(),
        },
    }
}

/// Whether the status already says how this end was verified.
fn is_on_record(view: &View<'_>) -> bool {
    let status = view.status();
    view.memory.verification.is_none()
        && status.phase == Some(view.access.phase)
        && status
            .revocation
            .is_some_and(|end| end.verified.is_some() && explains(&end.residual, &listed(view.residual)))
}

/// The paths as a status has room for them.
fn listed(paths: &[String]) -> Vec<String> {
    let cut = |path: &String| path.chars().take(LONGEST).collect();
    paths.iter().take(MOST).map(cut).collect()
}

/// Whether the paths on record are those that are left. What the server allowed for reasons of its own is no path.
fn explains(recorded: &[String], left: &[String]) -> bool {
    recorded == left || (left.is_empty() && recorded.iter().all(|path| path.starts_with(UNEXPLAINED)))
}

fn deadline(since: Timestamp) -> Timestamp {
    since.checked_add(ASK_FOR).unwrap_or(Timestamp::MAX)
}

/// SubjectAccessReview knows no groups: it is told those that the person is known to be in. Of an account the groups
/// are implied.
fn groups_known(view: &View<'_>) -> bool {
    let kind = view.fact.map(|fact| fact.spec.subject.kind);
    kind != Some(SubjectKind::User) || view.access.groups.is_some()
}

fn questions(view: &View<'_>) -> Option<Questions> {
    let spec = &view.fact?.spec;
    let namespace = view.id.namespace.clone();
    let mut groups: BTreeSet<String> = view.access.groups.clone().unwrap_or_default();
    groups.insert("system:authenticated".to_owned());
    let user = match spec.subject.kind {
        SubjectKind::User => spec.subject.name.clone(),
        SubjectKind::Group => {
            groups = BTreeSet::from([spec.subject.name.clone()]);
            String::new()
        }
        SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount => {
            groups.insert("system:serviceaccounts".to_owned());
            groups.insert(format!("system:serviceaccounts:{namespace}"));
            format!("system:serviceaccount:{namespace}:{}", spec.subject.name)
        }
    };
    let rights = view.role.map(|role| rights(role, SAMPLE)).unwrap_or_default();
    Some(Questions { namespace, user, groups: groups.into_iter().collect(), rights })
}

//! Whether access has really ended: the questions to the API server, and what their answers mean.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::grant::View;
use super::lease::Standing;
use super::{Task, ending};
use crate::api::{GrantSubject, Phase, SubjectKind, Verified};
use crate::cluster::effect::{Asked, Effect, Questions};
use crate::engine::{Left, Right, allows, rights};
use crate::facts::{Name, account_groups, account_username};

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

/// How many members of a group are asked about, and how many questions about them there are in all, or one of each.
const MOST_PEOPLE: usize = 64;
const ALL_QUESTIONS: usize = 64;

/// What the questions after an end have shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verification {
    /// When the first answer came.
    pub(crate) since: Timestamp,
    /// When the last answer came.
    pub(crate) answered: Timestamp,
    /// What is still allowed, with the server's reasons.
    pub(crate) allowed: Vec<(Right, String)>,
    /// The paths that were left when it came. With others, the questions are asked anew.
    pub(crate) left: Arc<Left>,
}

/// What came of the questions.
#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) verified: Verified,
    /// The paths that are left.
    pub(crate) residual: Vec<String>,
    /// The paths that are there for a reason of their own.
    pub(crate) retained: Vec<String>,
}

/// The outcome, once there is one. What the server allows because of what is retained is no defect.
pub(crate) fn outcome(view: &View<'_>) -> Option<Outcome> {
    let asked = view.memory.verification.as_ref().filter(|asked| *asked.left == *view.left)?;
    let is_retained = |right: &Right| view.left.retained.iter().any(|path| allows(&path.role, right));
    let unexplained: Vec<&(Right, String)> =
        asked.allowed.iter().filter(|(right, _)| !is_retained(right)).collect();
    let mut residual = listed(&view.left.residual);
    let retained = retained(view);
    if unexplained.is_empty() && residual.is_empty() {
        // Of a role that is gone nothing could be asked.
        let asked_any = view.role.is_some_and(|role| !rights(role, 1).is_empty());
        let sure = asked_any && groups_known(view);
        let verified = if sure { Verified::True } else { Verified::Partial };
        return Some(Outcome { verified, residual, retained });
    }
    if residual.is_empty() {
        if asked.answered < deadline(asked.since) {
            return None;
        }
        residual.extend(unexplained.into_iter().map(|(right, reason)| {
            format!(
                "{UNEXPLAINED} {right}{}",
                if reason.is_empty() { String::new() } else { format!(": {reason}") }
            )
        }));
    }
    Some(Outcome { verified: Verified::False, residual: listed(&residual), retained })
}

/// The next round of questions, or when to ask again.
pub(crate) fn plan(view: &View<'_>) -> (Option<Task>, Option<Timestamp>) {
    let ended = matches!(view.access.phase, Phase::Suspended | Phase::Expired | Phase::Revoked);
    if view.observe
        || !ended
        || !ending::was_given(view)
        || view.standing() == Standing::Ours
        || is_on_record(view)
    {
        return (None, None);
    }
    let ask = || (questions(view).map(|questions| Task::quiet(Effect::Verify(questions))), None);
    let known = view.memory.verification.as_ref().filter(|asked| *asked.left == *view.left);
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
        && status.revocation.is_some_and(|end| {
            end.verified.is_some()
                && end.retained == retained(view)
                && explains(&end.residual, &listed(&view.left.residual))
        })
}

fn retained(view: &View<'_>) -> Vec<String> {
    listed(&view.left.retained.iter().map(|retained| retained.path.clone()).collect::<Vec<_>>())
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
/// are implied. Of more people than are asked about, not everything is known.
fn groups_known(view: &View<'_>) -> bool {
    if view.access.members.is_some() {
        let people = members(view);
        // Of a grant that nobody has access by any more, only the binding that was deleted says who had it.
        let remembered = view.memory.deleted.is_some() || view.access.phase.is_final();
        let asked = !people.is_empty() && people.len() <= MOST_PEOPLE;
        return remembered && asked && people.values().all(Option::is_some);
    }
    let kind = view.fact.map(|fact| fact.spec.subject.kind);
    kind != Some(SubjectKind::User) || view.access.groups.is_some()
}

fn questions(view: &View<'_>) -> Option<Questions> {
    let spec = &view.fact?.spec;
    let namespace = view.id.namespace.clone();
    let who = match &view.access.members {
        Some(_) => {
            let people = members(view).into_iter().take(MOST_PEOPLE);
            people.map(|(name, groups)| user(&name, groups.unwrap_or_default())).collect()
        }
        None => vec![asked(&spec.subject, &namespace, view.access.groups.clone().unwrap_or_default())],
    };
    let sample = (ALL_QUESTIONS / who.len().max(1)).clamp(1, SAMPLE);
    let rights = view.role.map(|role| rights(role, sample)).unwrap_or_default();
    Some(Questions { namespace, who, rights })
}

/// Who had access by name, with their groups: of who is on record in the group no more, these are not known.
fn members(view: &View<'_>) -> BTreeMap<Name, Option<BTreeSet<String>>> {
    let deleted = view.memory.deleted.iter().flat_map(|deleted| &deleted.subjects);
    let mut people: BTreeMap<Name, _> = deleted.map(|subject| (subject.name.clone(), None)).collect();
    let asked = view.access.members.iter().flat_map(|members| &members.asked);
    people.extend(asked.map(|(name, groups)| (name.clone(), Some(groups.clone()))));
    people
}

fn user(name: &str, mut groups: BTreeSet<String>) -> Asked {
    groups.insert("system:authenticated".to_owned());
    Asked { user: name.to_owned(), groups: groups.into_iter().collect() }
}

fn asked(subject: &GrantSubject, namespace: &str, mut groups: BTreeSet<String>) -> Asked {
    let name = &subject.name;
    match subject.kind {
        SubjectKind::User => user(name, groups),
        SubjectKind::Group => Asked { user: String::new(), groups: vec![name.clone()] },
        SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount => {
            groups.extend(account_groups(namespace));
            user(&account_username(namespace, name), groups)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::EndCause;
    use crate::cluster::plan::grant::{Deleted, Memory};
    use crate::engine::{Access, Members, Retained, Verdict};
    use crate::facts::{Kind, ObjectRef, Role, RoleRule};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn role(resource: &str) -> Role {
        let (verbs, groups, resources) = (vec!["get".into()], vec!["".into()], vec![resource.into()]);
        Role { rules: vec![RoleRule { verbs, groups, resources, names: Vec::new() }], ..Role::default() }
    }

    /// What is said of an end when the server still allows reading these, and other bindings are left.
    fn outcome_of(allowed: &[&str], left: Left, answered: i64) -> Option<Outcome> {
        outcome_for(None, &[], allowed, left, answered)
    }

    /// The same of the members of a group, and of whom its binding named.
    fn outcome_for(
        members: Option<Members>,
        bound: &[&str],
        allowed: &[&str],
        left: Left,
        answered: i64,
    ) -> Option<Outcome> {
        let access = Access {
            phase: Phase::Expired,
            ended: Some((Some(at(0)), EndCause::Expired)),
            groups: Some(BTreeSet::new()),
            members,
            ..Access::default()
        };
        let subjects = bound.iter().map(|name| crate::engine::user(&Name::from(*name))).collect();
        let deleted = Some(Deleted { at: at(0), subjects });
        let right = |resource: &&str| rights(&role(resource), 1).remove(0);
        let allowed = allowed.iter().map(|resource| (right(resource), "RBAC".to_owned())).collect();
        let left = Arc::new(left);
        let verification =
            Verification { since: at(0), answered: at(answered), allowed, left: Arc::clone(&left) };
        outcome(&View {
            id: &ObjectRef::namespaced(Kind::AccessGrant, "cx", "churn"),
            now: at(answered),
            observe: false,
            access: &access,
            judged: (&Verdict::default(), Timestamp::MAX),
            fact: None,
            grant: None,
            binding: None,
            record: None,
            memory: &Memory { verification: Some(verification), deleted, ..Memory::default() },
            role: Some(&role("configmaps")),
            issued: None,
            left: &left,
            trouble: None,
        })
    }

    fn left(residual: &[&str], retained: &[&str]) -> Left {
        let retain =
            |resource: &&str| Retained { path: format!("by {resource}"), role: Arc::new(role(resource)) };
        Left {
            residual: residual.iter().map(ToString::to_string).collect(),
            retained: retained.iter().map(retain).collect(),
        }
    }

    #[test]
    fn who_is_in_the_group_no_more_is_asked_about_without_groups() {
        let members = |asked: &[&str]| {
            let asked = asked.iter().map(|name| (Name::from(*name), BTreeSet::new())).collect();
            Some(Members { asked, ..Members::default() })
        };
        for (asked, bound, expected) in [
            (&["anna", "gus"][..], &["gus"][..], Verified::True),
            (&["anna"], &["gus"], Verified::Partial),
            (&[], &["gus"], Verified::Partial),
            // After a restart nobody remembers whom the binding named.
            (&[], &[], Verified::Partial),
        ] {
            let outcome = outcome_for(members(asked), bound, &[], left(&[], &[]), 0).unwrap();
            assert_eq!(outcome.verified, expected, "{asked:?} {bound:?}");
        }
    }

    #[test]
    fn what_is_retained_explains_what_it_gives_and_nothing_else() {
        let said = |verified, residual: &[&str], retained: &[&str]| {
            let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
            Some(Outcome { verified, residual: texts(residual), retained: texts(retained) })
        };
        let secrets = "the API server still allows get secrets: RBAC";
        for (allowed, left, answered, expected) in [
            (&[][..], left(&[], &[]), 0, said(Verified::True, &[], &[])),
            (&["configmaps"], left(&[], &["configmaps"]), 0, said(Verified::True, &[], &["by configmaps"])),
            // Asked again for as long as the server's own view may lag.
            (&["configmaps", "secrets"], left(&[], &["configmaps"]), 29, None),
            (
                &["configmaps", "secrets"],
                left(&[], &["configmaps"]),
                30,
                said(Verified::False, &[secrets], &["by configmaps"]),
            ),
            (
                &["configmaps"],
                left(&["a"], &["configmaps"]),
                0,
                said(Verified::False, &["a"], &["by configmaps"]),
            ),
            (&["configmaps"], left(&["a"], &[]), 0, said(Verified::False, &["a"], &[])),
        ] {
            assert_eq!(outcome_of(allowed, left.clone(), answered), expected, "{allowed:?} {left:?}");
        }
    }
}

//! What a policy's status says of the webhooks, and the event when they no longer guard its namespaces.

use std::collections::BTreeSet;

use super::conditions::{Saying, conditions_of};
use crate::api::conditions;
use crate::cluster::effect::Note;
use crate::cluster::seen::Seen;
use crate::engine::{Gaps, Guarded};
use crate::facts::{Name, ObjectRef};

/// How many namespaces are named.
const NAMED: usize = 5;

/// Whether the webhooks guard the namespaces of a policy. What they leave out is no finding: how they were installed is
/// not the fault of an object.
pub(crate) fn saying(guarded: &Guarded) -> Saying {
    let (status, reason, message) = match guarded {
        Guarded::Whole => (
            Some(true),
            conditions::NAMESPACES_SELECTED,
            "the webhooks select every namespace of the policy".to_owned(),
        ),
        Guarded::Partly(gaps) if gaps.left_out.is_empty() => {
            (Some(false), conditions::WEBHOOKS_MISSING, missing(gaps))
        }
        Guarded::Partly(gaps) => (Some(false), conditions::NAMESPACES_LEFT_OUT, left_out(gaps)),
        Guarded::Unreadable(problems) => (
            None,
            conditions::WEBHOOKS_UNREADABLE,
            format!(
                "{}: the roles of this release give it that",
                problems.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
            ),
        ),
        Guarded::NotInstalled => (
            Some(false),
            conditions::NOT_INSTALLED,
            "there are no webhook configurations: what is wrong in the policy's namespaces is found, and not refused"
                .to_owned(),
        ),
        Guarded::NothingSelected => (
            None,
            conditions::NOTHING_SELECTED,
            "the policy selects no namespace about which webhooks are asked".to_owned(),
        ),
    };
    Saying { kind: conditions::GUARDED, status, reason, message }
}

fn left_out(gaps: &Gaps) -> String {
    let webhooks = match gaps.narrow.len() {
        _ if gaps.is_of_all() => "the webhooks do not select".to_owned(),
        1 => format!("the webhook {} does not select", joined(&gaps.narrow)),
        _ => format!("the webhooks {} do not select", joined(&gaps.narrow)),
    };
    let namespaces = named(&gaps.left_out);
    let said = format!(
        "{webhooks} {namespaces}; workloads, access and sessions there are judged and never refused: label these \
         namespaces as the chart's value protectedNamespaces says, or set that to what the policy selects"
    );
    if gaps.missing.is_empty() { said } else { format!("{said}; {}", missing(gaps)) }
}

fn missing(gaps: &Gaps) -> String {
    format!("the webhook configurations lack {}: install them again", joined(&gaps.missing))
}

fn joined(names: &BTreeSet<&'static str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(", ")
}

/// The first few, and how many more there are.
fn named(namespaces: &BTreeSet<Name>) -> String {
    let first = namespaces.iter().take(NAMED).map(|name| &**name).collect::<Vec<_>>().join(", ");
    match namespaces.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} (and {more} more)"),
    }
}

/// An event when the webhooks no longer guard what they guarded, and when they are found to leave namespaces out. That
/// they are not installed, or not yet all, is no news.
pub(crate) fn note(id: &ObjectRef, seen: &Seen, saying: &Saying) -> Option<Note> {
    let before = conditions_of(seen);
    let before = before.iter().find(|condition| condition.type_ == conditions::GUARDED);
    let was_whole = before.is_some_and(|condition| condition.status == "True");
    let is_other = before.is_none_or(|condition| condition.reason != saying.reason);
    let is_news = was_whole || (is_other && saying.reason == conditions::NAMESPACES_LEFT_OUT);
    (saying.status == Some(false) && is_news).then(|| Note {
        regarding: id.clone(),
        uid: seen.uid.clone(),
        warning: true,
        reason: "NotGuarded",
        action: "Judge",
        text: saying.message.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cluster::seen::Detail;
    use crate::facts::Kind;

    fn gaps(narrow: &[&'static str], left_out: usize, missing: &[&'static str]) -> Guarded {
        Guarded::Partly(Gaps {
            missing: missing.iter().copied().collect(),
            narrow: narrow.iter().copied().collect(),
            left_out: (0..left_out).map(|nth| Name::from(format!("cx-{nth}"))).collect(),
        })
    }

    const ALL: [&str; 5] = [
        "access.cxguard.dev",
        "pin.cxguard.dev",
        "placement.cxguard.dev",
        "sessions.cxguard.dev",
        "workloads.cxguard.dev",
    ];

    #[test]
    fn the_condition_names_what_is_left_out_and_what_to_do() {
        for (guarded, status, reason, parts) in [
            (Guarded::Whole, "True", "NamespacesSelected", vec!["every namespace"]),
            (Guarded::NothingSelected, "Unknown", "NothingSelected", vec!["selects no namespace"]),
            (Guarded::NotInstalled, "False", "NotInstalled", vec!["no webhook configurations"]),
            (
                Guarded::Unreadable(["no permission to list x".to_owned(), "y".to_owned()].into()),
                "Unknown",
                "WebhooksUnreadable",
                vec!["no permission to list x, y: the roles of this release"],
            ),
            (
                gaps(&ALL, 7, &[]),
                "False",
                "NamespacesLeftOut",
                vec![
                    "the webhooks do not select cx-0, cx-1, cx-2, cx-3, cx-4 (and 2 more); ",
                    "protectedNamespaces",
                ],
            ),
            (
                gaps(&ALL[..2], 5, &[]),
                "False",
                "NamespacesLeftOut",
                vec![
                    "the webhooks access.cxguard.dev, pin.cxguard.dev do not select cx-0, cx-1, cx-2, cx-3, cx-4; ",
                ],
            ),
            (
                gaps(&ALL[..1], 1, &["f"]),
                "False",
                "NamespacesLeftOut",
                vec![
                    "the webhook access.cxguard.dev does not select cx-0; ",
                    "; the webhook configurations lack f: install",
                ],
            ),
            (gaps(&[], 0, &["e", "f"]), "False", "WebhooksMissing", vec!["lack e, f: install them again"]),
        ] {
            let saying = saying(&guarded);
            assert_eq!((saying.kind, saying.status(), saying.reason), ("Guarded", status, reason));
            for part in parts {
                assert!(saying.message.contains(part), "{part:?} in {}", saying.message);
            }
        }
    }

    #[test]
    fn an_event_tells_of_what_is_guarded_no_more() {
        let lost = [Guarded::NotInstalled, gaps(&ALL, 1, &[]), gaps(&[], 0, &["a"])];
        for (before, expected) in [
            (json!([]), [false, true, false]),
            (json!([["True", "NamespacesSelected"]]), [true, true, true]),
            (json!([["Unknown", "NothingSelected"]]), [false, true, false]),
            (json!([["False", "NotInstalled"]]), [false, true, false]),
            (json!([["False", "NamespacesLeftOut"]]), [false, false, false]),
            (json!([["False", "WebhooksMissing"]]), [false, true, false]),
        ] {
            let conditions = before.as_array().unwrap().iter().map(|condition| {
                json!({
                    "type": "Guarded", "status": condition[0], "reason": condition[1], "message": "",
                    "lastTransitionTime": "2026-11-23T12:00:00Z",
                })
            });
            let status = json!({"conditions": conditions.collect::<Vec<_>>()});
            let seen = Seen {
                uid: "u".into(),
                resource_version: "7".into(),
                generation: 1,
                deleting: false,
                detail: Detail::Own { status, finalizer: false },
            };
            let id = ObjectRef::cluster(Kind::CompliancePolicy, "gdpr");
            let told = |guarded| note(&id, &seen, &saying(guarded)).is_some();
            assert_eq!(lost.each_ref().map(told), expected, "{before}");
            assert!(!told(&Guarded::Whole) && !told(&Guarded::NothingSelected));
            assert!(!told(&Guarded::Unreadable(["no permission".to_owned()].into())));
        }
    }
}

//! The status of an incident, and the warnings while its clock runs.

use jiff::Timestamp;

use super::Plan;
use super::conditions::{Saying, status};
use super::own::{news, readiness, write, written};
use crate::api::{AuthorityNotice, AuthorityWarned, IncidentStatus, conditions};
use crate::cluster::effect::Note;
use crate::cluster::seen::Seen;
use crate::engine::{Clock, Verdict};
use crate::facts::ObjectRef;
use crate::values::Instant;

/// Writes the status if it differs, and warns while the authority is not told.
pub(crate) fn plan(
    id: &ObjectRef,
    seen: &Seen,
    judged: (&Verdict, Timestamp),
    clock: &Clock,
    now: Timestamp,
) -> Plan {
    let mut sayings = vec![readiness(judged.0, id)];
    sayings.extend(telling(clock));
    let common = status(id, seen, judged, sayings, now);
    let old: IncidentStatus = written(seen);
    let warned = warned(clock, &old);
    let authority_deadline = clock.deadline.and_then(Instant::bounded);
    let Ok(wanted) = serde_json::to_value(IncidentStatus { common, authority_deadline, warned }) else {
        return Plan::default();
    };
    let mut notes: Vec<Note> = news(id, seen, judged.0).into_iter().collect();
    notes.extend(warned.filter(|_| warned != old.warned).map(|warned| warning(id, seen, clock, warned)));
    Plan { tasks: write(id, seen, wanted, notes).into_iter().collect(), wake: None }
}

/// The last warning: the one that is due, unless it or a later one was sent for the same deadline.
fn warned(clock: &Clock, old: &IncidentStatus) -> Option<AuthorityWarned> {
    let deadline = clock.deadline.and_then(Instant::bounded)?;
    let due = AuthorityWarned { notice: clock.notice?, deadline };
    let before = old.warned.filter(|before| before.deadline == deadline && before.notice >= due.notice);
    before.or(Some(due))
}

/// Whether the authority is told, where it is to be.
fn telling(clock: &Clock) -> Option<Saying> {
    let deadline = clock.deadline?;
    let (status, reason, message) = match (clock.told, clock.notice) {
        (Some(at), _) => (true, conditions::TOLD, format!("the authority was told at {at}")),
        (None, Some(AuthorityNotice::Deadline)) => {
            (false, conditions::OVERDUE, format!("the authority was to be told by {deadline} and was not"))
        }
        (None, _) => (false, conditions::DUE, format!("the authority is to be told by {deadline}")),
    };
    Some(Saying { kind: conditions::AUTHORITY_TOLD, status: Some(status), reason, message })
}

fn warning(id: &ObjectRef, seen: &Seen, clock: &Clock, warned: AuthorityWarned) -> Note {
    let since = match warned.notice {
        AuthorityNotice::Day => "24 hours after awareness",
        AuthorityNotice::TwoDays => "48 hours after awareness",
        AuthorityNotice::SixtyHours => "60 hours after awareness",
        AuthorityNotice::Deadline => "the time is over, and",
    };
    let owner = clock.owner.as_deref().unwrap_or("nobody named as owner");
    let deadline = warned.deadline;
    Note {
        regarding: id.clone(),
        uid: seen.uid.clone(),
        warning: true,
        reason: "AuthorityNotTold",
        action: "Warn",
        text: format!("{since} nobody has told the authority: the deadline is {deadline}; owner: {owner}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::cluster::effect::Effect;
    use crate::cluster::seen::Detail;
    use crate::facts::Kind;

    const DEADLINE: &str = "2026-11-24T09:00:00Z";

    fn clock(notice: Option<AuthorityNotice>) -> Clock {
        let owner = Some("lead".to_owned());
        Clock { deadline: Some(DEADLINE.parse().unwrap()), told: None, notice, owner }
    }

    fn seen(status: Value) -> Seen {
        let detail = Detail::Own { status, finalizer: false };
        Seen { uid: "u".into(), resource_version: "1".into(), generation: 1, deleting: false, detail }
    }

    /// The status that is written and the texts of the events, or nothing if nothing is to be done.
    fn planned(status: Value, clock: &Clock) -> Option<(Value, Vec<String>)> {
        let id = ObjectRef::cluster(Kind::Incident, "leak");
        let judged = (&Verdict::default(), Timestamp::MAX);
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        let task = plan(&id, &seen(status), judged, clock, now).tasks.into_iter().next()?;
        let notes = task.notes.into_iter().map(|note| note.text).collect();
        match task.effect {
            Effect::WriteStatus(_, status) => Some((status, notes)),
            other => panic!("{other:?}"),
        }
    }

    fn told(status: &Value) -> (&str, &str) {
        let conditions = status["conditions"].as_array().unwrap();
        let condition = conditions.iter().find(|condition| condition["type"] == "AuthorityTold").unwrap();
        (condition["status"].as_str().unwrap(), condition["reason"].as_str().unwrap())
    }

    #[test]
    fn each_notice_is_sent_once() {
        let mut status = Value::Null;
        for (notice, texts) in [
            (None, [].as_slice()),
            (
                Some(AuthorityNotice::Day),
                &[
                    "24 hours after awareness nobody has told the authority: the deadline is 2026-11-24T09:00:00Z; owner: lead",
                ],
            ),
            (
                Some(AuthorityNotice::TwoDays),
                &[
                    "48 hours after awareness nobody has told the authority: the deadline is 2026-11-24T09:00:00Z; owner: lead",
                ],
            ),
            (
                Some(AuthorityNotice::SixtyHours),
                &[
                    "60 hours after awareness nobody has told the authority: the deadline is 2026-11-24T09:00:00Z; owner: lead",
                ],
            ),
            (
                Some(AuthorityNotice::Deadline),
                &[
                    "the time is over, and nobody has told the authority: the deadline is 2026-11-24T09:00:00Z; owner: lead",
                ],
            ),
        ] {
            let (written, notes) = planned(status, &clock(notice)).unwrap();
            assert_eq!(notes, texts, "{notice:?}");
            assert_eq!(written["authorityDeadline"], DEADLINE);
            let late = notice == Some(AuthorityNotice::Deadline);
            assert_eq!(told(&written), ("False", if late { "Overdue" } else { "Due" }));
            assert_eq!(planned(written.clone(), &clock(notice)), None, "{notice:?}");
            // A clock that was set back warns of nothing again.
            let (_, notes) = planned(written.clone(), &clock(Some(AuthorityNotice::Day))).unwrap_or_default();
            assert!(notes.is_empty() || notice.is_none(), "{notes:?}");
            status = written;
        }
    }

    #[test]
    fn once_told_it_says_so_and_warns_no_more() {
        let (warned, _) = planned(Value::Null, &clock(Some(AuthorityNotice::Day))).unwrap();
        let clock =
            Clock { told: Some("2026-11-22T10:00:00Z".parse().unwrap()), notice: None, ..clock(None) };
        let (status, notes) = planned(warned, &clock).unwrap();
        assert_eq!((told(&status), notes.len()), (("True", "Told"), 0));
        assert_eq!(status["authorityDeadline"], DEADLINE);
    }

    #[test]
    fn an_incident_of_which_nobody_is_to_be_told_has_no_deadline() {
        let (status, notes) = planned(Value::Null, &Clock::default()).unwrap();
        assert!(status["authorityDeadline"].is_null() && notes.is_empty());
        assert!(!status.to_string().contains("AuthorityTold"));
    }
}

//! Grants.

use super::*;
use crate::rules::testing::edit;

/// The grant as somebody asks for it.
fn asked() -> String {
    edit(GRANT, "  approval: {by: lead@corp.example, at: 2026-11-19T15:00:00Z}\n", "")
}

fn approved(by: &str, at: &str) -> String {
    let approval = format!("{{by: {by}, at: {at}}}");
    edit(GRANT, "{by: lead@corp.example, at: 2026-11-19T15:00:00Z}", &approval)
}

#[test]
fn a_grant_may_wait_for_its_approval_and_for_nothing_else() {
    let hall = Hall::new().without(&grant_id());
    for (grant, told) in [
        (asked(), "warn CX508"),
        (edit(&asked(), "analyst-7@insight.example", "stranger@corp.example"), "warn CX508 CX608"),
        (edit(&asked(), "name: feedback-reader", "name: later"), "deny CX001; warn CX508"),
        (edit(&asked(), "Pseudonymised", "Identifiable"), "deny CX604; warn CX508"),
        (edit(&asked(), "2026-12-18T18", "2028-12-18T18"), "deny CX602 CX603; warn CX508"),
    ] {
        assert_eq!(hall.told(create(&grant)), told, "{grant}");
    }
    let lapsed = edit(PEOPLE, "validUntil: 2027-09-30", "validUntil: 2026-10-30");
    assert_eq!(hall.with(&lapsed).with(POLICY).told(create(&asked())), "deny CX601; warn CX508");
}

#[test]
fn an_approval_is_somebody_elses_and_of_now() {
    let hall = Hall::new().by("lead@corp.example", &[]);
    for (by, at, told) in [
        ("lead@corp.example", "2026-11-23T11:57:00Z", ""),
        ("lead@corp.example", "2026-11-23T12:03:00Z", "warn CX508"),
        ("lead@corp.example", "2026-11-23T12:06:00Z", "deny CX508; warn CX508"),
        ("lead@corp.example", "2026-11-23T11:54:00Z", "deny CX508"),
        // Who passes on another's word passes on its date.
        ("owner@corp.example", "2026-10-01T12:00:00Z", ""),
        ("owner@corp.example", "2026-11-24T12:00:00Z", "deny CX508; warn CX508"),
        ("a7@corp.example", "2026-11-23T12:00:00Z", "deny CX508"),
    ] {
        assert_eq!(hall.told(update(&asked(), &approved(by, at))), told, "{by} {at}");
    }
    // One that stands is not dated again.
    assert_eq!(hall.told(update(GRANT, &edit(GRANT, "On: 2026-11-19", "On: 2026-11-20"))), "");
}

#[test]
fn who_approves_learns_what_stands_against_it() {
    let lapsed = edit(PEOPLE, "validUntil: 2027-09-30", "validUntil: 2026-10-30");
    let hall = Hall::new().with(&lapsed).with(POLICY).by("lead@corp.example", &[]);
    let signed = approved("lead@corp.example", "2026-11-23T12:00:00Z");
    assert_eq!(hall.told(update(&asked(), &signed)), "warn CX601");
}

#[test]
fn an_emergency_of_ones_own_comes_alone() {
    let own = |name: &str, at: &str| {
        let grant = approved("analyst-7@insight.example", at);
        let grant = edit(&grant, "  startsAt: 2026-11-20T08:00:00Z\n", "  emergency: true\n");
        let grant = edit(&grant, "2026-12-18T18:00:00Z", "2026-11-23T15:00:00Z");
        edit(&grant, "name: churn", &format!("name: {name}"))
    };
    let people = edit(PEOPLE, "jobRole: data-analyst\n", "jobRole: data-analyst\n  groups: [on-call]\n");
    let emergency = "approval: Required\n    emergency: {allowed: true, groups: [on-call]}";
    let people = edit(&people, "approval: Required", emergency);
    let hall =
        || Hall::new().without(&grant_id()).with(&people).by("analyst-7@insight.example", &["on-call"]);
    let next = || create(&own("next", "2026-11-23T12:00:00Z"));
    assert_eq!(hall().told(next()), "");
    let first = own("first", "2026-11-23T02:00:00Z");
    assert_eq!(hall().with(&first).told(next()), "deny CX508");
    let reviewed = edit(
        &first,
        "  reviewedOn: 2026-11-19\n",
        "  reviewedOn: 2026-11-23\n  reviewedBy: lead@corp.example\n",
    );
    assert_eq!(hall().with(&reviewed).told(next()), "");
}

#[test]
fn a_member_without_papers_refuses_nobody_else_where_they_are_left_out() {
    let group = edit(&asked(), "{kind: User, name: analyst-7@insight.example}", "{kind: Group, name: team}");
    let team = edit(PEOPLE, "jobRole: data-analyst\n", "jobRole: data-analyst\n  groups: [team]\n");
    let team = edit(&team, "jobRole: support\n", "jobRole: support\n  groups: [team]\n");
    let lapsed = edit(&team, "validUntil: 2027-09-30", "validUntil: 2026-10-30");
    let policy = |members: &str| {
        let access = format!("approval: Required\n    groupMembersWithoutPapers: {members}");
        edit(&lapsed, "approval: Required", &access)
    };
    for (members, told) in [("KeepPending", "deny CX601; warn CX508"), ("Exclude", "warn CX508 CX601")] {
        let hall = Hall::new().without(&grant_id()).with(&policy(members));
        assert_eq!(hall.told(create(&group)), told, "{members}");
    }
}

#[test]
fn access_can_always_be_taken_away() {
    let lapsed = edit(PEOPLE, "until: 2026-12-31", "until: 2026-12-01");
    let hall = Hall::new().with(&lapsed).with(POLICY);
    let until = |at: &str| edit(GRANT, "2026-12-18T18:00:00Z", at);
    for (new, told) in [
        (until("2026-12-10T00:00:00Z"), ""),
        (edit(GRANT, "  reviewedOn", "  revoked: {}\n  reviewedOn"), ""),
        (until("2026-12-20T00:00:00Z"), "deny CX602"),
        // Not hidden in something else.
        (edit(&until("2026-12-10T00:00:00Z"), "Pseudonymised", "Identifiable"), "deny CX602 CX604"),
    ] {
        assert_eq!(hall.told(update(GRANT, &new)), told, "{new}");
    }
}

//! Grants to a group whose members get access by name, without those whose papers are missing.

use super::{APPROVAL, DEMANDS, EXPIRES, Edit, GIVEN, GRANTEE, ID, STARTS, at, told, written};
use crate::api::{DeadlineCause, EndCause, Phase};
use crate::engine::Access;
use crate::rules::testing::{Bench, edit};

const TEAM: Edit<'_> = (GRANTEE, "{kind: Group, name: team}");
const ANALYST: Edit<'_> = ("jobRole: data-analyst\n", "jobRole: data-analyst\n  groups: [team, all]\n");
const EXCLUDE: Edit<'_> = (DEMANDS, "approval: Required\n    groupMembersWithoutPapers: Exclude");
const NDA: &str = "confidentiality: {signedOn: 2026-09-28, validUntil: 2027-09-30}";

/// Another consultant of the team, with all papers, and an employee of it.
fn others() -> String {
    format!(
        "---\napiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {{name: zoe}}\nspec: {{usernames: [zoe, z2], groups: \
         [team], type: Consultant, vendor: insight-partners, jobRole: data-analyst, country: DE, {NDA}, engagement: \
         {{from: 2026-10-01, until: 2026-12-10}}}}\n---\napiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: \
         {{name: emil}}\nspec: {{usernames: [emil], groups: [team], type: Employee, jobRole: support}}\n"
    )
}

fn bench(edits: &[Edit<'_>], others: &str) -> Bench {
    let all: Vec<_> = [TEAM, ANALYST, EXCLUDE].into_iter().chain(edits.iter().copied()).collect();
    Bench::new(&written(&all)).with(others)
}

fn bound(access: &Access) -> Vec<String> {
    access.members.iter().flat_map(|members| &members.bound).map(ToString::to_string).collect()
}

fn excluded(access: &Access) -> Vec<(String, String)> {
    let excluded = access.members.iter().flat_map(|members| &members.excluded);
    excluded.map(|one| (one.person.name.to_string(), one.reasons.join("; "))).collect()
}

const ALL: [&str; 5] = ["a7@corp.example", "analyst-7@insight.example", "emil", "z2", "zoe"];

#[test]
fn who_has_papers_gets_access_by_name_and_the_rest_is_left_out() {
    let all = bench(&[], &others()).access(ID).0;
    assert_eq!(
        (all.phase, bound(&all), excluded(&all)),
        (Phase::Active, ALL.map(String::from).to_vec(), vec![])
    );
    for (from, to, reason) in [
        (
            NDA,
            "owner: lead",
            "CX601: Person/zoe /spec/confidentiality: no confidentiality agreement is on record",
        ),
        ("until: 2026-12-10", "until: 2026-11-20", "the engagement ended at 2026-11-21T00:00:00Z"),
        ("from: 2026-10-01", "from: 2026-12-01", "the engagement of Person/zoe begins on 2026-12-01"),
        ("jobRole: data-analyst,", "leftOn: 2026-11-20,", "the person had left at 2026-11-21T00:00:00Z"),
        ("vendor: insight-partners", "vendor: nobody", "CX605: Vendor/nobody does not exist"),
        ("country: DE", "country: 5", "Person/zoe cannot be read"),
        ("usernames: [zoe, z2]", "usernames: []", "Person/zoe has no username"),
    ] {
        let access = bench(&[], &edit(&others(), from, to)).access(ID).0;
        let left = ["a7@corp.example", "analyst-7@insight.example", "emil"].map(String::from).to_vec();
        assert_eq!((access.phase, bound(&access)), (Phase::Active, left), "{to}");
        let [(who, why)] = &excluded(&access)[..] else { panic!("{to}: {access:?}") };
        assert!(who == "zoe" && why.contains(reason), "{why}");
    }
    // By default nobody gets access then.
    let keep = [(EXCLUDE.1, DEMANDS)];
    let kept = bench(&keep, &edit(&others(), NDA, "owner: lead")).access(ID).0;
    assert_eq!((kept.phase, kept.members), (Phase::Suspended, None));
}

#[test]
fn a_member_who_goes_ends_nothing_for_the_others() {
    let bench = || bench(&[], &others());
    // The last to have access sets the deadline, and the horizon is the next change.
    let (before, horizon) = bench().at("2026-12-01T00:00:00Z").access(ID);
    let deadline = before.deadline.unwrap();
    assert_eq!((deadline.at, deadline.cause), (at("2026-12-18T18:00:00Z"), DeadlineCause::ExpiresAt));
    assert!(horizon <= at("2026-12-11T00:00:00Z"));
    let last = bench().at("2026-12-10T23:59:59Z").access(ID).0;
    assert_eq!(bound(&last), ALL);
    let after = bench().at("2026-12-11T00:00:00Z").access(ID).0;
    assert_eq!((after.phase, after.deadline), (Phase::Active, Some(deadline)));
    assert_eq!(bound(&after), ["a7@corp.example", "analyst-7@insight.example", "emil"]);
    let ended = bench().at("2026-12-18T18:00:00Z").access(ID).0;
    assert_eq!(ended.ended, Some((Some(deadline.at), EndCause::Expired)));
    // Those who had access are asked about, also who went earlier, and nobody is left out any more.
    let members = ended.members.unwrap();
    assert!(members.bound.is_empty() && members.excluded.is_empty());
    let asked: Vec<&str> = members.asked.iter().map(|(name, _)| &**name).collect();
    assert_eq!(asked, ALL);
}

#[test]
fn who_joins_is_in_and_who_left_for_good_does_not_end_the_grant() {
    let left = edit(&others(), "jobRole: data-analyst,", "leftOn: 2026-11-20,");
    let left = edit(&left, "jobRole: support", "leftOn: 2026-11-20");
    let edits = [("country: \"DE\"\n  confidentiality", "leftOn: 2026-11-20\n  confidentiality")];
    let nobody = bench(&edits, &left).access(ID).0;
    assert_eq!((nobody.phase, nobody.ended), (Phase::Suspended, Some((None, EndCause::Violation))));
    assert_eq!((bound(&nobody).len(), excluded(&nobody).len(), nobody.reasons.len()), (0, 3, 3));
    let waiting: Vec<_> = edits.into_iter().chain([(GIVEN, "")]).collect();
    assert_eq!(bench(&waiting, &left).access(ID).0.phase, Phase::Pending);
    // Time goes on for all of them.
    let over = bench(&edits, &left).at("2026-12-18T18:00:00Z").access(ID).0;
    assert_eq!(over.ended, Some((Some(at("2026-12-18T18:00:00Z")), EndCause::Expired)));
    let one_left = edit(&others(), "jobRole: support", "leftOn: 2026-11-20");
    let over = bench(&[], &one_left).at("2026-12-18T18:00:00Z").access(ID).0;
    assert_eq!(over.ended, Some((Some(at("2026-12-18T18:00:00Z")), EndCause::Expired)));
    let joined = "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {name: ida}\n\
                  spec: {usernames: [ida], groups: [team], type: Employee, jobRole: support}\n";
    let back = bench(&edits, &left).with(joined).access(ID).0;
    assert_eq!((back.phase, bound(&back)), (Phase::Active, vec!["ida".to_owned()]));
}

#[test]
fn what_holds_for_all_holds_for_each() {
    let revoked = bench(&[(STARTS, "  revoked: {}\n")], &others()).access(ID).0;
    assert_eq!((revoked.phase, bound(&revoked).len()), (Phase::Revoked, 0));
    let unapproved = bench(&[(APPROVAL, "")], &others()).access(ID).0;
    assert_eq!((unapproved.phase, unapproved.ended), (Phase::Suspended, Some((None, EndCause::Unapproved))));
    let own = ("by: lead@corp.example", "by: emil");
    assert!(!bound(&bench(&[own], &others()).access(ID).0).contains(&"emil".to_owned()));
    let over = bench(&[(EXPIRES, "  expiresAt: 2026-11-22T00:00:00Z\n")], &others()).access(ID).0;
    assert_eq!(over.ended, Some((Some(at("2026-11-22T00:00:00Z")), EndCause::Expired)));
}

#[test]
fn a_group_of_whom_nobody_is_on_record_cannot_be_named() {
    let nobody = [(GRANTEE, "{kind: Group, name: team}"), EXCLUDE, (GIVEN, "")];
    let access = Bench::new(&written(&nobody)).access(ID).0;
    let reason = "no Person with a username has team among its groups: members get access by name";
    assert_eq!(told(&access), (Phase::Pending, None, None, vec![reason]));
    // Nor can one of which the last has gone: what was given is suspended, for somebody may join.
    let given = [(GRANTEE, "{kind: Group, name: team}"), EXCLUDE];
    let access = Bench::new(&written(&given)).access(ID).0;
    assert_eq!(told(&access), (Phase::Suspended, Some(EndCause::Violation), None, vec![reason]));
}

#[test]
fn the_cause_is_that_of_who_had_access() {
    // Zoe never signed; the analyst, who had access, is in the group no more, then has left, then has no engagement.
    let unsigned = edit(&others(), NDA, "owner: lead");
    let unsigned = edit(&unsigned, "groups: [team], type: Employee", "type: Employee");
    let status = |phase: &str, excluded: &str, end: &str| {
        format!("status: {{activatedAt: 2026-11-20T08:00:00Z, phase: {phase}, excluded: [{excluded}]{end}}}")
    };
    let zoe = "{person: zoe, reasons: []}";
    let active = status("Active", zoe, "");
    let after = |edits: &[Edit<'_>], status: &str| {
        let all: Vec<_> = edits.iter().copied().chain([(GIVEN, status)]).collect();
        let access = bench(&all, &unsigned).access(ID).0;
        assert_eq!(access.phase, Phase::Suspended, "{access:?}");
        access.ended.unwrap()
    };
    let gone = [("groups: [team, all]", "groups: [all]")];
    let left = [("country: \"DE\"\n  confidentiality", "leftOn: 2026-11-20\n  confidentiality")];
    let over = [("until: 2026-12-31", "until: 2026-11-22")];
    let violation = (None, EndCause::Violation);
    let engagement = (Some(at("2026-11-23T00:00:00Z")), EndCause::Engagement);
    for (edits, expected) in [(&gone, violation), (&left, violation), (&over, engagement)] {
        assert_eq!(after(edits, &active), expected, "{edits:?}");
        // And so it stays, once it is on record and all are left out.
        let end = format!(", revocation: {{at: 2026-11-23T00:00:01Z, cause: {}}}", expected.1);
        let all = format!("{zoe}, {{person: analyst-7, reasons: []}}");
        assert_eq!(after(edits, &status("Suspended", &all, &end)), expected, "{edits:?}");
    }
    // What is true of nobody any more is not told on.
    let incident = status("Suspended", zoe, ", revocation: {at: 2026-11-23T00:00:01Z, cause: Incident}");
    assert_eq!(after(&over, &incident), engagement);
}

/// What the rules say of the grant: which are violated, each with the mode it has.
fn found(bench: &Bench) -> Vec<String> {
    let findings = bench.judge(ID).0.findings;
    findings.iter().map(|found| format!("{} {}", found.rule, found.mode.0)).collect()
}

#[test]
fn what_stands_against_one_member_counts_against_nobody_else() {
    let cases = [
        (NDA, "owner: lead", "CX601"),
        ("until: 2026-12-10", "until: 2026-11-20", "CX602"),
        ("from: 2026-10-01", "from: 2026-12-01", "CX602"),
        ("jobRole: data-analyst,", "leftOn: 2026-11-20,", "CX506"),
        ("vendor: insight-partners, ", "", "CX605"),
    ];
    let short = (EXPIRES, "  expiresAt: 2026-12-09T00:00:00Z\n");
    for (from, to, rule) in cases {
        let others = edit(&others(), from, to);
        let of =
            |bench: &Bench| found(bench).into_iter().filter(|one| one.starts_with(rule)).collect::<Vec<_>>();
        assert_eq!(of(&bench(&[short], &others)), [format!("{rule} Warn")], "{to}");
        let keep = bench(&[short, (EXCLUDE.1, DEMANDS)], &others);
        assert_eq!(of(&keep), [format!("{rule} Enforce")], "{to}");
        // With nobody else in the group it counts.
        let alone = edit(&others, "groups: [team], type: Employee", "type: Employee");
        let alone = bench(&[short, ("groups: [team, all]", "groups: [all]")], &alone);
        assert_eq!(of(&alone), [format!("{rule} Enforce")], "{to}");
    }
    // What a member who has access does wrong counts, and what is wrong with the grant does.
    assert_eq!(found(&bench(&[], &others())), ["CX602 Enforce"]);
    let unapproved = bench(&[short, (APPROVAL, "")], &edit(&others(), NDA, "owner: lead"));
    assert_eq!(found(&unapproved), ["CX508 Enforce", "CX601 Warn"]);
    // Whoever cannot be read, or has no name by which to be in the binding, is left out too.
    for (from, to) in [("country: DE", "country: 5"), ("usernames: [zoe, z2]", "usernames: []")] {
        let others = edit(&edit(&others(), NDA, "owner: lead"), from, to);
        let (verdict, _) = bench(&[short], &others).judge(ID);
        assert_eq!(verdict.outcome(), crate::engine::Outcome::Compliant, "{to}: {verdict:?}");
    }
}

#[test]
fn the_binding_of_the_members_is_covered_and_no_other_name_in_it() {
    let found = |names: &str, binding: &str| {
        let binding = format!(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {{name: {binding}, namespace: \
             cx-feedback, labels: {{cxguard.dev/grant-uid: u}}}}\nroleRef: {{kind: ClusterRole, name: \
             feedback-reader}}\nsubjects: [{names}]\n"
        );
        let others = edit(&others(), NDA, "owner: lead");
        let name = if binding.contains("cxguard-churn") { "cxguard-churn" } else { "by-hand" };
        bench(&[], &others).with(&binding).findings(504, &format!("RoleBinding/cx-feedback/{name}"))
    };
    let user = |name: &str| format!("{{kind: User, name: {name}}}");
    assert!(found(&format!("{}, {}", user("emil"), user("a7@corp.example")), "cxguard-churn").is_empty());
    // Of the grant's own binding, also who is being taken out of it; of another, only who has access.
    assert!(found(&user("zoe"), "cxguard-churn").is_empty());
    assert!(found(&user("emil"), "by-hand").is_empty());
    assert_eq!(found(&user("zoe"), "by-hand").len(), 1);
    assert_eq!(found(&user("mallory"), "cxguard-churn").len(), 1);
}

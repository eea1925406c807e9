//! Whose papers count.

use super::{AGREED, ENGAGED, EXPIRES, GIVEN, GRANTEE, ID, access, at, modes, policy, told, world};
use crate::api::{DeadlineCause, Phase};
use crate::rules::testing::edit;

#[test]
fn papers_that_cannot_be_read_give_no_access() {
    let broken = (ENGAGED, "engagement: {until: soon}");
    let waiting = access(&[broken, (GIVEN, "")]);
    assert_eq!((waiting.phase, waiting.groups), (Phase::Pending, None));
    let text = "Person/analyst-7 cannot be read".to_owned();
    assert!(waiting.reasons.contains(&text), "{:?}", waiting.reasons);
    assert_eq!(access(&[broken]).phase, Phase::Suspended);
    // Also where no rule is enforced that would need them.
    let audit = edit(policy(), "spec:\n", "spec:\n  mode: Audit\n");
    assert_eq!(told(&world(&[broken]).with(&audit).access(ID).0).3, [text.as_str()]);
    // Nor the firm's, nor a policy's.
    assert_eq!(access(&[(AGREED, "agreement: {signedOn: soon}")]).phase, Phase::Suspended);
    let bench = world(&[])
        .with("apiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {name: odd}\nspec: 5\n");
    assert_eq!(bench.access(ID).0.phase, Phase::Suspended);
}

#[test]
fn a_person_of_whom_nothing_is_known_has_access_unless_a_policy_says_no() {
    let stranger = |subject: &str, name: &str| {
        let access = access(&[(GRANTEE, subject), (GIVEN, ""), (EXPIRES, "")]);
        assert_eq!((access.phase, access.groups), (Phase::Active, None));
        // Held to the shorter of both maxima; the review of an employee comes first at 90 days and the grace.
        let deadline = access.deadline.unwrap();
        assert_eq!((deadline.at, deadline.cause), (at("2027-02-18T08:00:00Z"), DeadlineCause::PolicyMaximum));
        let bench = modes(world(&[(GRANTEE, subject), (GIVEN, "")]), &[("CX608", "Enforce")]);
        let access = bench.access(ID).0;
        assert_eq!(told(&access), (Phase::Pending, None, None, vec![name]));
    };
    stranger("{kind: User, name: zoe}", "CX608: no Person has zoe among its usernames");
    stranger("{kind: Group, name: team}", "CX608: no Person has team among its groups");
}

#[test]
fn whoever_is_named_like_a_fact_that_is_missing_does_not_hide_it() {
    // The firm that does not exist has the stranger's name.
    let edits = [("vendor: insight-partners", "vendor: zoe"), (GIVEN, "")];
    let access = access(&edits);
    assert_eq!(told(&access), (Phase::Pending, None, None, vec!["CX605: Vendor/zoe does not exist"]));
}

#[test]
fn a_service_account_is_nobody_and_an_issued_one_is_whom_it_is_issued_to() {
    let account = access(&[(GRANTEE, "{kind: ServiceAccount, name: sender}")]);
    assert_eq!((account.phase, account.groups.map(|groups| groups.len())), (Phase::Active, Some(0)));
    let issued =
        "{kind: IssuedServiceAccount, name: made}\n  issuedTo: {kind: User, name: analyst-7@insight.example}";
    let given = access(&[(GRANTEE, issued), (GIVEN, "")]);
    assert_eq!((given.phase, given.owners.len()), (Phase::Active, 1));
    let lapsed = "validUntil: 2026-10-01";
    let access = access(&[(GRANTEE, issued), (GIVEN, ""), ("validUntil: 2027-09-30", lapsed)]);
    assert_eq!(access.phase, Phase::Pending);
    assert!(access.reasons.iter().any(|reason| reason.starts_with("CX601")), "{:?}", access.reasons);
}

#[test]
fn of_a_group_everybody_counts() {
    let other = "apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {name: zoe}\n\
                 spec: {usernames: [zoe], groups: [team, all], type: Employee, jobRole: support, owner: zoe@corp.example}\n";
    let edits = [
        (GRANTEE, "{kind: Group, name: team}"),
        ("jobRole: data-analyst", "jobRole: data-analyst\n  groups: [team]"),
    ];
    let bench = world(&edits).with(other);
    let access = bench.access(ID).0;
    assert_eq!(access.phase, Phase::Active);
    assert_eq!(access.owners.into_iter().collect::<Vec<_>>(), ["lead@corp.example", "zoe@corp.example"]);
    assert_eq!(access.groups.unwrap().into_iter().collect::<Vec<_>>(), ["all", "team"]);
    assert_eq!(
        bench.with(&edit(other, "type: Employee", "type: Consultant")).access(ID).0.phase,
        Phase::Suspended
    );
}

#[test]
fn papers_are_demanded_of_each_member_of_a_group() {
    const PAPERS: &str = "spec:\n  usernames: [zoe]\n  groups: [team]\n  type: Consultant\n  vendor: insight-partners\n  \
                          jobRole: data-analyst\n  country: \"DE\"\n  \
                          confidentiality: {signedOn: 2026-09-28, validUntil: 2027-09-30}\n  \
                          engagement: {from: 2026-10-01, until: 2026-12-31}\n";
    let team = |papers: &str, given: &str| {
        let edits = [
            (GRANTEE, "{kind: Group, name: team}"),
            ("jobRole: data-analyst", "jobRole: data-analyst\n  groups: [team]"),
            (GIVEN, given),
        ];
        let other =
            format!("apiVersion: cxguard.dev/v1alpha1\nkind: Person\nmetadata: {{name: zoe}}\n{papers}");
        world(&edits).with(&other).access(ID).0
    };
    assert_eq!(team(PAPERS, "").phase, Phase::Active);
    let promised = "confidentiality: {signedOn: 2026-09-28, validUntil: 2027-09-30}";
    for (from, to, reason) in [
        (
            promised,
            "owner: lead",
            "CX601: Person/zoe /spec/confidentiality: no confidentiality agreement is on record",
        ),
        (
            "validUntil: 2027-09-30",
            "validUntil: 2026-10-01",
            "CX601: Person/zoe /spec/confidentiality/validUntil",
        ),
        (
            "engagement: {from: 2026-10-01, until: 2026-12-31}",
            "engagement: {from: 2026-10-01, until: 2026-10-31}",
            "the engagement ended at 2026-11-01",
        ),
        ("vendor: insight-partners", "vendor: nobody", "CX605: Vendor/nobody does not exist"),
        ("country: \"DE\"", "country: \"US\"", "CX607: Person/zoe"),
    ] {
        for (given, phase) in [("", Phase::Pending), (GIVEN, Phase::Suspended)] {
            let access = team(&edit(PAPERS, from, to), given);
            assert_eq!(access.phase, phase, "{to}");
            assert!(access.reasons.iter().any(|said| said.contains(reason)), "{to}: {:?}", access.reasons);
        }
    }
    // Who is out of the group needs none.
    assert_eq!(
        team(&edit(&edit(PAPERS, promised, "owner: lead"), "groups: [team]", "groups: []"), "").phase,
        Phase::Active
    );
}

#[test]
fn the_papers_of_somebody_else_do_not_count_for_a_user() {
    let borrowed = "{kind: User, name: zoe}\n  issuedTo: {kind: User, name: analyst-7@insight.example}";
    let bench = modes(world(&[(GRANTEE, borrowed), (GIVEN, "")]), &[("CX608", "Enforce")]);
    let reason = "CX608: no Person has zoe among its usernames";
    assert_eq!(told(&bench.access(ID).0), (Phase::Pending, None, None, vec![reason]));
}

#[test]
fn names_of_kubernetes_get_nothing_by_a_grant() {
    for (subject, name) in [
        ("{kind: Group, name: 'system:masters'}", "system:masters"),
        ("{kind: Group, name: 'system:authenticated'}", "system:authenticated"),
        ("{kind: User, name: 'system:kube-controller-manager'}", "system:kube-controller-manager"),
        ("{kind: User, name: 'system:serviceaccount:x'}", "system:serviceaccount:x"),
        ("{kind: User, name: zoe}\n  issuedTo: {kind: Group, name: 'system:masters'}", "system:masters"),
    ] {
        let reason =
            format!("{name} is Kubernetes' own name: name a person, a group of yours or a service account");
        for (given, phase) in [("", Phase::Pending), (GIVEN, Phase::Suspended)] {
            let access = access(&[(GRANTEE, subject), (GIVEN, given)]);
            assert_eq!((access.phase, &access.reasons[..]), (phase, &[reason.clone()][..]), "{subject}");
        }
    }
    // The account of another namespace comes as a user.
    let account = access(&[(GRANTEE, "{kind: User, name: 'system:serviceaccount:other:bot'}")]);
    assert_eq!(account.phase, Phase::Active);
}

//! Deletions.

use super::*;

#[test]
fn a_vendor_that_others_rest_on_stays_as_the_policy_says() {
    let unused = Hall::new().with(&ours("Vendor", "", "unused", "{}"));
    assert_eq!(unused.answer(delete("Vendor", "unused")), Answer::allowed());
    for (policy, told) in [
        ("{}", "deny CX001"),
        ("{mode: Warn}", "warn CX001"),
        ("{rules: [{code: CX001, mode: Warn}]}", "warn CX001"),
        ("{mode: Audit}", ""),
        ("{rules: [{code: CX001, mode: Disabled}]}", ""),
    ] {
        assert_eq!(Hall::new().under(policy).told(delete("Vendor", "hub")), told, "{policy}");
    }
    let denied = Hall::new().answer(delete("Vendor", "hub")).denied.unwrap();
    assert_eq!(denied, "CX001: DataFlow/cx/answers rests on Vendor/hub; change or delete these first");
    // As one of a collection.
    let collection = Request { name: String::new(), ..delete("Vendor", "hub") };
    assert_eq!(Hall::new().told(collection), "deny CX001");
    // A firm has people.
    let denied = Hall::new().answer(delete("Vendor", "insight-partners")).denied.unwrap();
    assert!(denied.starts_with("CX001: Person/analyst-7 rests on "), "{denied}");
}

#[test]
fn a_few_are_named_and_the_others_counted() {
    let many = (0..8).map(|at| ours("DataFlow", "cx", &format!("f{at}"), "{to: [{vendor: hub}]}"));
    let hall = many.fold(Hall::new(), |hall, flow| hall.with(&flow));
    let denied = hall.answer(delete("Vendor", "hub")).denied.unwrap();
    let expected = "CX001: DataFlow/cx/answers, DataFlow/cx/f0, DataFlow/cx/f1, DataFlow/cx/f2, DataFlow/cx/f3 and 4 \
                    more rest on Vendor/hub; change or delete these first";
    assert_eq!(denied, expected);
}

#[test]
fn a_person_with_grants_is_missed() {
    let person = || delete("Person", "analyst-7");
    assert_eq!(Hall::new().told(person()), "warn CX608");
    let strict = "{rules: [{code: CX608, mode: Enforce}]}";
    assert_eq!(Hall::new().under(strict).told(person()), "deny CX608");
    assert_eq!(Hall::new().without(&grant_id()).told(person()), "");
    let over = GRANT.replace("2026-12-18T18", "2026-11-22T18");
    assert_eq!(Hall::new().under(strict).with(&over).told(person()), "");
}

#[test]
fn a_person_who_loses_a_name_is_missed_under_it() {
    let analyst =
        |names: &str| ours("Person", "", "analyst-7", &format!("{{type: Employee, usernames: [{names}]}}"));
    let both = analyst("analyst-7@insight.example, a7@corp.example");
    for (new, told) in [
        (analyst("other@corp.example"), "warn CX608"),
        (analyst("a7@corp.example"), "warn CX608"),
        (analyst("analyst-7@insight.example, other@corp.example"), ""),
    ] {
        assert_eq!(Hall::new().told(update(&both, &new)), told, "{new}");
        // What is so is not refused.
        let strict = Hall::new().under("{rules: [{code: CX608, mode: Enforce}]}");
        assert_eq!(strict.told(update(&both, &new)), told, "{new}");
    }
    let words = Hall::new().answer(update(&both, &analyst("other@corp.example"))).warnings;
    assert!(
        words.iter().any(|word| word.starts_with(
            "CX608: AccessGrant/cx-feedback/churn rests on a name that Person/analyst-7 has no more; "
        )),
        "{words:?}"
    );
    assert_eq!(Hall::new().without(&grant_id()).told(update(&both, &analyst("x@corp.example"))), "");
}

#[test]
fn a_policy_that_others_rest_on_stays_as_it_says() {
    for (policy, told) in [
        ("{}", "deny CX001; warn Namespace/cx"),
        ("{mode: Warn}", "warn CX001 Namespace/cx"),
        ("{rules: [{code: CX001, mode: Warn}]}", "warn CX001 Namespace/cx"),
        ("{mode: Audit}", "warn Namespace/cx"),
        ("{namespaceSelector: {matchLabels: {no: where}}}", ""),
    ] {
        assert_eq!(Hall::new().under(policy).told(delete("CompliancePolicy", "gdpr")), told, "{policy}");
    }
    let answer = Hall::new().answer(delete("CompliancePolicy", "gdpr"));
    assert_eq!(
        answer.denied.unwrap(),
        "CX001: DataFlow/cx/answers, AccessGrant/cx-feedback/churn rest on CompliancePolicy/gdpr; change or delete these first"
    );
    assert_eq!(
        answer.warnings,
        [
            "Namespace/cx, Namespace/cx-feedback rest on CompliancePolicy/gdpr: what only it demands is demanded there no more"
        ]
    );
    // Where another one holds, nothing rests on this alone.
    let second = Hall::new().with(&ours("CompliancePolicy", "", "second", "{mode: Audit}"));
    assert_eq!(second.told(delete("CompliancePolicy", "gdpr")), "warn Namespace/cx");
}

#[test]
fn a_policy_that_demands_less_says_of_whom() {
    let gdpr = |spec: &str| ours("CompliancePolicy", "", "gdpr", spec);
    let words = |old: &str, new: &str| Hall::new().under(old).answer(update(&gdpr(old), &gdpr(new))).warnings;
    let residency = "residency: {provider: aws}";
    assert_eq!(
        words(&format!("{{{residency}}}"), "{namespaceSelector: {matchLabels: {no: where}}}"),
        [
            "Namespace/cx, Namespace/cx-feedback rest on CompliancePolicy/gdpr: what only it demands is demanded there no more",
            "DataFlow/cx/answers, AccessGrant/cx-feedback/churn rest on CompliancePolicy/gdpr, and on no other policy",
        ]
    );
    let weaker = words("{}", "{mode: Audit}");
    assert!(
        weaker[0].starts_with("CX001, CX002, CX003, CX004, CX101 and ")
            && weaker[0].ends_with(
                " more rules would count for less in Namespace/cx, Namespace/cx-feedback than now"
            ),
        "{weaker:?}"
    );
    assert_eq!(
        words("{}", "{rules: [{code: CX101, mode: Disabled}, {code: CX102, mode: Enforce}]}"),
        ["CX101 would count for less in Namespace/cx, Namespace/cx-feedback than now"]
    );
    assert_eq!(words("{mode: Warn}", "{mode: Enforce}"), Vec::<String>::new());
}

#[test]
fn the_audit_log_knows_of_a_removal_in_every_mode() {
    for (policy, told) in [("{}", "deny CX001"), ("{mode: Warn}", "warn CX001"), ("{mode: Audit}", "")] {
        let answer = Hall::new().under(policy).answer(delete("Vendor", "hub"));
        assert_eq!(super::told(&answer), told);
        assert!(answer.audit["findings"].contains("\"code\":\"CX001\""), "{policy}");
    }
    let off = Hall::new().under("{rules: [{code: CX001, mode: Disabled}]}");
    assert_eq!(off.answer(delete("Vendor", "hub")), Answer::allowed());
}

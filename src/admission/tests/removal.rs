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
fn a_policy_that_speaks_of_namespaces_is_missed() {
    let words = Hall::new().answer(delete("CompliancePolicy", "gdpr")).warnings;
    assert_eq!(
        words,
        [
            "Namespace/cx, Namespace/cx-feedback rest on CompliancePolicy/gdpr: what only it demands is demanded there no more"
        ]
    );
    let nowhere = Hall::new().under("{namespaceSelector: {matchLabels: {no: where}}}");
    assert_eq!(nowhere.told(delete("CompliancePolicy", "gdpr")), "");
}

//! CX704: a plan that does not say whom to call, or has not checked it.

use crate::api::{IncidentPlanSpec, stated};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};
use crate::values::Period;

rule! {
    /// # What it checks
    ///
    /// An `IncidentPlan` names the supervisory authority, the data protection officer and the team for security incidents
    /// under `contacts`, and somebody has checked within 180 days (`checkedOn`) that they are right.
    ///
    /// # Why
    ///
    /// The notice to the authority has to name the data protection officer or another contact. A number that is wrong is
    /// found out when it is needed.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: IncidentPlan
    /// spec:
    ///   contacts: {authority: "Autoriteit Persoonsgegevens", checkedOn: 2025-08-01}
    /// ```
    ///
    /// # Fix
    ///
    /// Fill in who is missing, call the others, and set `checkedOn` to that day.
    ///
    /// # References
    ///
    /// GDPR Art. 33(3)(b), 37(7); ISO/IEC 27001:2022 A.5.5, A.5.24.
    704 "contacts-missing-or-stale" Audit since "0.1.0",
    Plan: check,
}

/// How long contacts are taken to be right.
const CHECKED_FOR: Period = Period::days(180);

fn check(case: &Case<'_, IncidentPlanSpec>, report: &mut Report<'_>) {
    let contacts = case.subject.contacts.clone().unwrap_or_default();
    for (contact, field, who) in [
        (&contacts.authority, "authority", "the supervisory authority"),
        (&contacts.data_protection_officer, "dataProtectionOfficer", "the data protection officer"),
        (&contacts.csirt, "csirt", "the team for security incidents"),
    ] {
        if stated(contact.as_ref()).is_none() {
            report.violation(
                format!("/spec/contacts/{field}"),
                format!("{who} is not on record"),
                "say whom to call, and how",
            );
        }
    }
    let what = match contacts.checked_on.filter(|day| case.query.has_begun(*day)) {
        Some(day) if !case.query.older_than(day, CHECKED_FOR) => return,
        Some(day) => format!("the contacts were last checked on {day}, more than {CHECKED_FOR} ago"),
        None => "it is not on record that somebody has checked the contacts".to_owned(),
    };
    report.violation("/spec/contacts/checkedOn", what, "check that they are right, and set checkedOn");
}

#[cfg(test)]
mod tests {
    use super::super::samples::{PLAN, with_plan};
    use crate::engine::Outcome;
    use crate::rules::testing::edit;

    const ID: &str = "IncidentPlan/it";

    #[test]
    fn the_contacts_are_there_and_checked() {
        let checked = "it is not on record that somebody has checked the contacts";
        for (from, to, expected) in [
            ("authority: AP, ", "", "authority: the supervisory authority is not on record".to_owned()),
            (
                "csirt: csirt",
                "csirt: ' '",
                "csirt: the team for security incidents is not on record".to_owned(),
            ),
            (
                "dataProtectionOfficer: dpo, ",
                "",
                "dataProtectionOfficer: the data protection officer is not on record".to_owned(),
            ),
            (", checkedOn: 2026-08-01", "", format!("checkedOn: {checked}")),
            ("checkedOn: 2026-08-01", "checkedOn: 2026-11-24", format!("checkedOn: {checked}")),
        ] {
            let bench = with_plan(&edit(PLAN, from, to));
            assert_eq!(bench.findings(704, ID), [format!("/spec/contacts/{expected}")], "{to}");
            assert_eq!(bench.outcome(ID), Outcome::Compliant);
        }
        assert!(with_plan(PLAN).findings(704, ID).is_empty());
        assert_eq!(with_plan("{}").findings(704, ID).len(), 4);
    }

    #[test]
    fn they_are_checked_again() {
        let bench = with_plan(&edit(PLAN, "checkedOn: 2026-08-01", "checkedOn: 2026-05-28"));
        let bench = bench.at("2026-11-24T23:59:59Z");
        assert!(bench.findings(704, ID).is_empty());
        assert_eq!(bench.horizon(ID), "2026-11-25T00:00:00Z");
        assert_eq!(
            bench.at("2026-11-25T00:00:00Z").findings(704, ID),
            ["/spec/contacts/checkedOn: the contacts were last checked on 2026-05-28, more than 180d ago"]
        );
    }
}

//! CX607: a consultant who sees data from a country to which it must not go.

use crate::api::{PersonSpec, PersonType};
use crate::engine::{Cause, Protection, Query, Residency, lacks, protection};
use crate::facts::{GrantFact, Kind, ObjectRef};
use crate::rules::access::{consultants, has_access, is_over, subject_path};
use crate::rules::rule::rule;
use crate::rules::transfers::basis::{Basis, Destination, basis};
use crate::rules::transfers::wording::named;
use crate::rules::{Case, Report};
use crate::values::Country;

rule! {
    /// # What it checks
    ///
    /// A consultant with access works from a country that may have the data. The Person names it in `country`, and the
    /// law of CX103 and CX104 applies, as if the firm kept the data there:
    ///
    /// - Where the law of `residency.regime` is itself in force, nothing is needed: that is no third country.
    /// - An adequate country needs nothing either, as long as `residency.mechanisms` accepts Adequacy.
    /// - Any other needs an entry for it under `transfers` of the consultant's firm, with a mechanism that
    ///   `residency.mechanisms` accepts.
    /// - Of third countries, only those of `residency.allowedCountries` will do, if that is set.
    ///
    /// It is judged of the Person, as long as a grant that is not over reaches it, and of every such grant. Employees abroad are no transfer:
    /// they are the company itself, and a matter of security. Where the rule is enforced, the grant gives no access.
    ///
    /// # Why
    ///
    /// Who reads data on a screen abroad has received it there: remote access by somebody else's staff is a transfer,
    /// even if every copy stays here.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Person
    /// spec:
    ///   type: Consultant
    ///   vendor: insight-partners     # nothing under transfers
    ///   country: "IN"
    /// ```
    ///
    /// # Fix
    ///
    /// Have somebody else of the firm do the work, or sign a mechanism with the firm and record it under `transfers` of
    /// the Vendor.
    ///
    /// # References
    ///
    /// GDPR Art. 44 to 46; EDPB Guidelines 05/2021, section 2.
    607 "consultant-in-third-country" Enforce since "0.1.0",
    Person: of_person,
    Grant: of_grant,
}

struct Defect {
    what: String,
    remedy: String,
    /// The firm's paper, if it should have one for the country.
    cause: Option<Cause>,
}

fn of_person(case: &Case<'_, PersonSpec>, report: &mut Report<'_>) {
    if case.subject.type_ != PersonType::Consultant || !has_access(case.query, case.subject) {
        return;
    }
    if let Some(defect) = defect(case.query, &case.policy.residency, (case.id, case.subject), report) {
        report.because(defect.cause).violation("/spec/country", defect.what, defect.remedy);
    }
}

fn of_grant(case: &Case<'_, GrantFact>, report: &mut Report<'_>) {
    if is_over(case) {
        return;
    }
    for (id, person) in consultants(case, report) {
        if let Some(defect) = defect(case.query, &case.policy.residency, (&id, &person), report) {
            let message = format!("{id} /spec/country: {}", defect.what);
            let reason = Cause::at(&id, "/spec/country");
            report.because(reason).violation(subject_path(case.subject), message, defect.remedy);
        }
    }
}

fn defect(
    query: &Query<'_>,
    residency: &Residency,
    (id, person): (&ObjectRef, &PersonSpec),
    report: &mut Report<'_>,
) -> Option<Defect> {
    let Some(country) = person.country else {
        return Some(Defect {
            what: "from where the consultant works is not on record".to_owned(),
            remedy: format!("record the country in {id}"),
            cause: None,
        });
    };
    let seen = Destination::seen_from(country, id, None);
    // What needs no paper needs no firm that could have one.
    if protection(query, residency, country) == Protection::Domestic
        || basis(query, residency, &seen) == Basis::Sound
    {
        return None;
    }
    let mut firm = None;
    if let Some(name) = &person.vendor {
        let vendor = ObjectRef::cluster(Kind::Vendor, name);
        let found = query.vendor(name);
        if lacks(&found, &vendor, report) {
            return None;
        }
        firm = Some((vendor, found.here()?));
    }
    let whose = firm.as_ref().map_or_else(|| "the firm".to_owned(), |(vendor, _)| vendor.to_string());
    let paper = firm.as_ref().map(|(vendor, _)| Cause::at(vendor, "/spec/transfers"));
    let seen = Destination::seen_from(country, id, firm);
    let basis = basis(query, residency, &seen);
    let fault = basis.fault(residency, &seen)?;
    let cause = match basis {
        Basis::FalseClaim => seen.by_claim(),
        Basis::Missing | Basis::Lapsed(_) => paper,
        Basis::Sound | Basis::Unlisted => None,
    };
    Some(Defect {
        what: format!("the consultant works from {}: {fault}", named(country)),
        remedy: remedy(basis, country, &whose),
        cause,
    })
}

/// A mechanism does not help where the policy does not list the country, nor beside a claim that is not true.
fn remedy(basis: Basis, country: Country, firm: &str) -> String {
    let sign = "sign a mechanism that the policy accepts and record it";
    let alternative = match basis {
        Basis::Unlisted => format!("list \"{country}\" in residency.allowedCountries"),
        Basis::FalseClaim => {
            format!("{sign} in place of the entry with to: \"{country}\" under transfers of {firm}")
        }
        Basis::Sound | Basis::Missing | Basis::Lapsed(_) => {
            format!("{sign} with to: \"{country}\" under transfers of {firm}")
        }
    };
    format!("have somebody elsewhere do the work, or {alternative}")
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Bench, EMPLOYEE, GRANT, PEOPLE, edit};

    const ID: &str = "AccessGrant/cx-feedback/churn";
    const PERSON: &str = "Person/analyst-7";
    const HOME: &str = "jobRole: data-analyst\n  country: \"DE\"\n";

    /// The consultant in a country, with a firm that has these entries under transfers, and a policy.
    fn world(country: &str, transfers: &str, residency: &str) -> String {
        let people = edit(PEOPLE, HOME, &format!("jobRole: data-analyst\n  {country}\n"));
        let people =
            edit(&people, "  role: Processor\n", &format!("  role: Processor\n  transfers: [{transfers}]\n"));
        edit(&people, "spec:\n  access:", &format!("spec:\n  residency: {residency}\n  access:"))
    }

    fn found(country: &str, transfers: &str, residency: &str) -> Option<String> {
        let bench = Bench::new(&world(&format!("country: \"{country}\""), transfers, residency)).with(GRANT);
        let of_person = bench.findings(607, PERSON);
        let told = |text: &String| format!("/spec/subject/name: {PERSON} {text}");
        assert_eq!(bench.findings(607, ID), of_person.iter().map(told).collect::<Vec<_>>());
        of_person.into_iter().next()
    }

    #[test]
    fn each_country_needs_what_its_law_demands() {
        let missing = "no mechanism that the policy accepts for GDPR is on record";
        let clauses = r#"{to: "IN", mechanism: StandardContractualClauses}"#;
        for (country, transfers, residency, expected) in [
            ("DE", "", "{}", None),
            ("NO", "", "{}", None),
            ("CH", "", "{}", None),
            ("IN", "", "{}", Some(("India", missing))),
            ("IN", clauses, "{}", None),
            ("US", clauses, "{}", Some(("United States", missing))),
            ("US", r#"{to: "US", mechanism: Adequacy}"#, "{}", None),
            ("IN", clauses, "{mechanisms: [BindingCorporateRules]}", Some(("India", missing))),
            ("CH", "", "{mechanisms: [BindingCorporateRules]}", Some(("Switzerland", missing))),
            (
                "IN",
                r#"{to: "IN", mechanism: Adequacy}"#,
                "{}",
                Some((
                    "India",
                    "transfers of Vendor/insight-partners claims Adequacy, which IN has not under GDPR",
                )),
            ),
            (
                "IN",
                clauses,
                r#"{allowedCountries: ["DE"]}"#,
                Some(("India", "residency.allowedCountries narrows it to DE")),
            ),
            ("IN", clauses, r#"{allowedCountries: ["DE", "IN"]}"#, None),
            // No third country, wherever the data itself has to be.
            ("NL", "", r#"{allowedCountries: ["DE"]}"#, None),
        ] {
            let expected = expected.map(|(name, why)| {
                format!("/spec/country: the consultant works from {name} ({country}): {why}")
            });
            let people = world(&format!("country: \"{country}\""), transfers, residency);
            let bench = Bench::new(&people).with(GRANT);
            let cause = match &expected {
                None => None,
                Some(found) if found.contains("narrows") => Some("-"),
                Some(found) if found.contains("claims") => Some("Vendor/insight-partners /spec/transfers/0"),
                Some(_) => Some("Vendor/insight-partners /spec/transfers"),
            };
            assert_eq!(bench.causes(607, PERSON), cause.into_iter().collect::<Vec<_>>(), "{country}");
            assert!(bench.causes(607, ID).iter().all(|cause| cause == "Person/analyst-7 /spec/country"));
            assert_eq!(found(country, transfers, residency), expected, "{country} {transfers} {residency}");
        }
    }

    #[test]
    fn what_the_remedy_says_helps() {
        let clauses = r#"{to: "IN", mechanism: StandardContractualClauses}"#;
        let claim = r#"{to: "IN", mechanism: Adequacy}"#;
        for (transfers, residency, says, transfers_then, residency_then) in [
            ("", "{}", "record it with to: \"IN\"", clauses, "{}"),
            (claim, "{}", "in place of the entry with to: \"IN\"", clauses, "{}"),
            (
                clauses,
                r#"{allowedCountries: ["DE"]}"#,
                "list \"IN\" in residency.allowedCountries",
                clauses,
                r#"{allowedCountries: ["DE", "IN"]}"#,
            ),
        ] {
            let people = world("country: \"IN\"", transfers, residency);
            let remedy = Bench::new(&people).with(GRANT).remedies(607, PERSON).concat();
            assert!(remedy.contains(says), "{remedy}");
            assert_eq!(found("IN", transfers_then, residency_then), None, "{remedy}");
        }
    }

    #[test]
    fn who_has_no_access_any_more_may_be_anywhere() {
        let abroad = world("country: \"IN\"", "", "{}");
        assert_eq!(Bench::new(&abroad).with(GRANT).findings(607, PERSON).len(), 1);
        assert!(Bench::new(&abroad).findings(607, PERSON).is_empty());
        let revoked = edit(GRANT, "  reviewedOn:", "  revoked: {reason: done}\n  reviewedOn:");
        assert!(Bench::new(&abroad).with(&revoked).findings(607, PERSON).is_empty());
        let ended = Bench::new(&abroad).with(GRANT).at("2027-06-01T00:00:00Z");
        assert!(ended.findings(607, PERSON).is_empty());
    }

    #[test]
    fn the_country_is_on_record() {
        let bench = Bench::new(
            &world("owner: lead@corp.example", "", "{}")
                .replace("  owner: lead@corp.example\n  type", "  type"),
        );
        assert_eq!(
            bench.with(GRANT).findings(607, PERSON),
            ["/spec/country: from where the consultant works is not on record"]
        );
    }

    #[test]
    fn adequacy_ends_with_its_decision() {
        let people = world("country: \"GB\"", "", "{}");
        let grant = edit(GRANT, "2026-12-18T18:00:00Z", "2032-12-18T18:00:00Z");
        let bench = Bench::new(&people).with(&grant).at("2031-12-27T23:59:59Z");
        assert!(bench.findings(607, PERSON).is_empty() && bench.findings(607, ID).is_empty());
        assert_eq!(bench.horizon(PERSON), "2031-12-28T00:00:00Z");
        let bench = bench.at("2031-12-28T00:00:00Z");
        assert_eq!(
            bench.findings(607, PERSON),
            [
                "/spec/country: the consultant works from United Kingdom (GB): its adequacy ended with 2031-12-27, and no \
                 other entry under transfers holds"
            ]
        );
        assert_eq!(bench.findings(607, ID).len(), 1);
    }

    #[test]
    fn a_firm_that_is_missing_is_lacking_where_a_paper_is_needed() {
        let with = |country: &str, firm: &str| {
            let people = world(&format!("country: \"{country}\""), "", "{}");
            Bench::new(&edit(&people, "  vendor: insight-partners\n", firm)).with(GRANT)
        };
        let nobody = "  vendor: nobody\n";
        for subject in [PERSON, ID] {
            let bench = with("IN", nobody);
            assert!(bench.findings(607, subject).is_empty() && bench.lacks(607, subject), "{subject}");
            assert!(!with("DE", nobody).lacks(607, subject) && !with("CH", nobody).lacks(607, subject));
            // Without a firm there is no mechanism either.
            assert!(with("IN", "").findings(607, subject).concat().contains("no mechanism that the policy"));
        }
    }

    #[test]
    fn only_consultants_with_a_grant_are_judged() {
        let abroad = world("country: \"IN\"", "", "{}");
        assert!(Bench::new(&abroad).findings(607, PERSON).is_empty());
        assert_eq!(Bench::new(&abroad).with(GRANT).findings(607, PERSON).len(), 1);
        let employee = edit(PEOPLE, "  jobRole: support\n", "  jobRole: support\n  country: \"IN\"\n");
        let bench = Bench::new(&employee).with(EMPLOYEE);
        assert!(bench.findings(607, "Person/support-12").is_empty() && bench.findings(607, ID).is_empty());
        let over = Bench::new(&abroad).with(GRANT).at("2026-12-18T18:00:00Z");
        assert!(over.findings(607, ID).is_empty());
    }
}

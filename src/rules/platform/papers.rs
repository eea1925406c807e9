//! What makes a certificate or report void: CX402 and CX405 report it, CX401 counts on what has no defect.

use crate::api::{Certification, Opinion, Soc2Type, Standard, TrustCategory, VendorSpec};
use crate::engine::Query;
use crate::rules::Case;
use crate::rules::agreement::has_ended;
use crate::rules::transfers::cx111_agreement_missing_or_expired::is_used;
use crate::values::Date;

/// The edition in which certificates are issued today.
const EDITION: &str = "2022";

/// The edition before it, and the last day on which its certificates held.
const OLD_EDITION: (&str, &str) = ("2013", "2025-10-31");

/// How long a certificate holds at most.
const CERTIFICATE_MONTHS: u16 = 36;

/// The shortest period on which a report of type II may be made.
const REPORT_MONTHS: u16 = 3;

/// Something that makes a certificate or report void.
pub(super) struct Defect {
    /// Its field.
    pub(super) field: &'static str,
    /// What is wrong.
    pub(super) message: String,
    /// What to do.
    pub(super) remedy: &'static str,
}

/// Whether nothing makes the certificate or report void.
pub(super) fn in_force(query: &Query<'_>, paper: &Certification) -> bool {
    match paper.standard {
        Standard::Iso27001 => certificate_defects(query, paper).is_empty(),
        Standard::Soc2 => report_defects(query, paper).is_empty(),
    }
}

/// The certificates or reports by one standard, each with its field.
pub(super) fn papers(
    vendor: &VendorSpec,
    standard: Standard,
) -> impl Iterator<Item = (String, &Certification)> {
    let all = vendor.certifications.iter().enumerate().filter(move |(_, paper)| paper.standard == standard);
    all.map(|(at, paper)| (format!("/spec/certifications/{at}"), paper))
}

/// Whether the relation is over and nothing uses the vendor any more: then it needs no papers.
pub(super) fn is_past(case: &Case<'_, VendorSpec>) -> bool {
    has_ended(case.query, case.subject) && !is_used(case)
}

/// What makes a certificate by ISO/IEC 27001 void.
pub(super) fn certificate_defects(query: &Query<'_>, paper: &Certification) -> Vec<Defect> {
    let renew = "record the certificate that is in force, and remove the one that is not";
    let mut defects = Vec::new();
    let mut add = |field, message| defects.push(Defect { field, message, remedy: renew });
    if let Some(message) = edition(query, paper) {
        add("edition", message);
    }
    match paper.accredited {
        None => {
            add(
                "accredited",
                "whether an accredited body issued the certificate is not on record".to_owned(),
            );
        }
        Some(false) => add("accredited", "no accredited body issued the certificate".to_owned()),
        Some(true) => {}
    }
    match paper.issued_on {
        None => add("issuedOn", "the day on which the certificate was issued is not on record".to_owned()),
        Some(day) if !query.has_begun(day) => {
            add("issuedOn", format!("the certificate is not in force before {day}"));
        }
        Some(_) => {}
    }
    let longest = paper.issued_on.map(|day| day.months_later(CERTIFICATE_MONTHS));
    match (paper.valid_until, longest) {
        (None, _) => add("validUntil", "the last day of the certificate is not on record".to_owned()),
        (Some(day), _) if query.is_over(day) => {
            add("validUntil", format!("the certificate ended with {day}"));
        }
        (Some(day), Some(longest)) if day > longest => add(
            "validUntil",
            format!("a certificate holds for three years at most: until {longest}, not until {day}"),
        ),
        (Some(_), _) => {}
    }
    defects
}

fn edition(query: &Query<'_>, paper: &Certification) -> Option<String> {
    let (old, until) = OLD_EDITION;
    match paper.edition.as_deref() {
        None => Some("the edition of the standard is not on record".to_owned()),
        Some(EDITION) => None,
        Some(edition) if edition == old => {
            let over = until.parse().map_or(true, |until: Date| query.is_over(until));
            over.then(|| format!("certificates by the edition {old} are void since the end of {until}"))
        }
        Some(edition) => Some(format!("{edition:?} is no edition in force: that is {EDITION}")),
    }
}

/// What makes a SOC 2 report too weak to count.
pub(super) fn report_defects(query: &Query<'_>, paper: &Certification) -> Vec<Defect> {
    let replace = "ask for a report of type II that covers Security, and record it in place of this one";
    let mut defects = Vec::new();
    let mut add = |field, message| defects.push(Defect { field, message, remedy: replace });
    match paper.type_ {
        None => add("type", "the type of the report is not on record".to_owned()),
        Some(Soc2Type::I) => {
            add(
                "type",
                "a report of type I does not say whether the controls worked over a period".to_owned(),
            );
        }
        Some(Soc2Type::II) => {}
    }
    match paper.opinion {
        None => add("opinion", "the auditor's opinion is not on record".to_owned()),
        Some(opinion @ (Opinion::Adverse | Opinion::Disclaimer)) => {
            add("opinion", format!("the auditor's opinion is {opinion}"));
        }
        Some(Opinion::Unqualified | Opinion::Qualified) => {}
    }
    let covers = |category| paper.categories.contains(&category);
    if !covers(TrustCategory::Security) {
        add("categories", "the report does not cover Security".to_owned());
    }
    if !covers(TrustCategory::Confidentiality) && !covers(TrustCategory::Privacy) {
        add("categories", "the report covers neither Confidentiality nor Privacy".to_owned());
    }
    // A report of type I is about one day.
    if paper.type_ != Some(Soc2Type::I)
        && let Some((field, message)) = period(query, paper)
    {
        add(field, message);
    }
    defects
}

fn period(query: &Query<'_>, paper: &Certification) -> Option<(&'static str, String)> {
    match (paper.period_from, paper.period_to) {
        (None, _) => Some(("periodFrom", "the first day of the period is not on record".to_owned())),
        (_, None) => Some(("periodTo", "the last day of the period is not on record".to_owned())),
        (_, Some(to)) if !query.has_begun(to) => {
            Some(("periodTo", format!("the period ends with {to}, which has not come")))
        }
        (Some(from), Some(to)) => {
            let short = to.tomorrow() < from.months_later(REPORT_MONTHS);
            short
                .then(|| ("periodTo", format!("the period from {from} to {to} is shorter than three months")))
        }
    }
}

//! One report that has every case, for the tests of all formats.

use std::collections::BTreeMap;

use super::report::{Cause, Diagnostic, NotJudged, Place, Report, Subject, Unjudged};
use crate::api::{FindingOutcome, Mode};
use crate::engine::Outcome;
use crate::rules::Code;

pub(super) fn own(kind: &str, namespace: &str, name: &str) -> Subject {
    Subject {
        api_version: "cxguard.dev/v1alpha1".to_owned(),
        kind: kind.to_owned(),
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

fn deployment(name: &str) -> Subject {
    Subject { api_version: "apps/v1".to_owned(), ..own("Deployment", "cx-feedback", name) }
}

/// A place where `marked` stands in `source`, at the column where it really is.
pub(super) fn place(file: &str, line: usize, source: &str, marked: &str) -> Place {
    let start = source.find(marked).unwrap();
    let column = source[..start].chars().count() + 1;
    Place {
        file: file.to_owned(),
        line,
        column,
        end_line: line,
        end_column: column + marked.chars().count(),
        source: source.to_owned(),
        marked: start..start + marked.len(),
    }
}

pub(super) fn finding(rule: u16, mode: Mode, subject: Subject, path: &str) -> Diagnostic {
    Diagnostic {
        rule: Code(rule),
        mode,
        outcome: FindingOutcome::Violating,
        subject,
        place: None,
        path: path.to_owned(),
        message: String::new(),
        remedy: String::new(),
        exempted: false,
        baselined: false,
        cause: None,
        affects: Vec::new(),
        affected: 0,
        fingerprint: format!("{rule:016x}"),
    }
}

pub(super) fn report(findings: Vec<Diagnostic>) -> Report {
    Report {
        at: "2026-11-23T12:00:00Z".parse().unwrap(),
        outcome: Outcome::Violating,
        findings,
        not_judged: vec![
            NotJudged { what: Unjudged::Rule(Code(504)), reason: "it needs a cluster".to_owned() },
            NotJudged { what: Unjudged::Rule(Code(513)), reason: "it needs a cluster".to_owned() },
            NotJudged {
                what: Unjudged::File("charts/feedback".to_owned()),
                reason: "a Helm chart that is not rendered: pipe `helm template` into cxguard".to_owned(),
            },
        ],
        ignored: BTreeMap::from([("Gadget".to_owned(), 1), ("Widget".to_owned(), 12)]),
        horizon: Some("2027-01-01T00:00:00Z".parse().unwrap()),
        files: 4,
        objects: 17,
        fails_on: Some(Mode::Enforce),
        unread: Vec::new(),
        gaps: Vec::new(),
        checkout: None,
    }
}

/// With and without place, with a cause, exempted, known, unknown, inherited, with all sorts of characters.
pub(super) fn every_case() -> Report {
    report(vec![
        expired(),
        transfer(),
        Diagnostic {
            message: "the name is \u{1b}[31mred\u{1b}[0m, has two\nlines, and ends the cell | here ]]> 100%"
                .to_owned(),
            remedy: "say `what`, <b>not</b> how: ask @corp/team".to_owned(),
            place: Some(place("./survey links/ümläute, 1%.yaml", 3, "  - name: 名前 # 日本語", "名前")),
            ..finding(201, Mode::Warn, own("Survey", "cx-feedback", "on|boarding"), "/spec/links/0")
        },
        long(),
        Diagnostic {
            message: "the link is not https".to_owned(),
            remedy: "use https".to_owned(),
            place: Some(place("survey.yaml", 12, "    url: http://s.example/q", "http://s.example/q")),
            exempted: true,
            ..finding(203, Mode::Enforce, own("Survey", "cx-feedback", "onboarding"), "/spec/links/1")
        },
        Diagnostic {
            message: "the review of the agreement is overdue since 2026-01-31".to_owned(),
            remedy: "review the agreement, and record reviewedOn".to_owned(),
            place: Some(place("vendor.yaml", 9, "  agreement:", "agreement")),
            baselined: true,
            ..finding(114, Mode::Warn, own("Vendor", "", "transcribe-now"), "/spec/agreement")
        },
        Diagnostic {
            outcome: FindingOutcome::Unknown,
            message: "the country of the node pool is not known".to_owned(),
            remedy: "pin the workload to a region with a node selector".to_owned(),
            ..finding(4, Mode::Enforce, deployment("archive"), "")
        },
    ])
}

fn expired() -> Diagnostic {
    Diagnostic {
        message: "the agreement ended with 2026-04-30".to_owned(),
        remedy: "sign or renew the data processing agreement, and record signedOn and validUntil".to_owned(),
        place: Some(place("vendor.yaml", 11, "    validUntil: 2026-04-30   # over", "2026-04-30")),
        affects: ["a", "b", "c", "d", "e", "f", "g"].map(deployment).to_vec(),
        affected: 7,
        ..finding(111, Mode::Enforce, own("Vendor", "", "transcribe-now"), "/spec/agreement/validUntil")
    }
}

fn transfer() -> Diagnostic {
    Diagnostic {
        message: "call-recordings go to Vendor/transcribe-now in US, and no mechanism covers the transfer"
            .to_owned(),
        remedy: "record a mechanism of Chapter V".to_owned(),
        place: Some(place("flow.yaml", 108, "  - vendor: transcribe-now", "transcribe-now")),
        cause: Some(Cause {
            subject: own("Vendor", "", "transcribe-now"),
            path: "/spec/locations/0/country".to_owned(),
            place: Some(place("vendor.yaml", 7, "    - {use: Processing, country: US}", "US")),
        }),
        ..finding(103, Mode::Enforce, own("DataFlow", "cx-feedback", "call-recordings"), "/spec/vendors/0")
    }
}

/// On a line that was cut, so that the column is not that of what is shown.
fn long() -> Diagnostic {
    let link = format!("…{}email=e***@…{}", "x".repeat(90), "y".repeat(90));
    Diagnostic {
        message: "the link carries an address".to_owned(),
        place: Some(Place {
            column: 4003,
            end_column: 4014,
            ..place("survey.yaml", 30, &link, "email=e***@")
        }),
        cause: Some(Cause {
            subject: own("CompliancePolicy", "", "gdpr"),
            path: "/spec/surveys".to_owned(),
            place: None,
        }),
        ..finding(202, Mode::Audit, own("Survey", "cx-feedback", "onboarding"), "/spec/links/2")
    }
}

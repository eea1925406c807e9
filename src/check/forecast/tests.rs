use std::fs;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use super::*;
use crate::api::Mode;
use crate::engine::{Memos, Outcome, Query};
use crate::manifests::{Input, Reading, load};

const FROM: &str = "2026-11-23T12:00:00Z";

/// The compliant examples and more, with texts replaced.
fn estate(changes: &[(&str, &str)], more: &[&str]) -> Estate {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut files: Vec<PathBuf> =
        fs::read_dir(examples.join("compliant")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files.extend(more.iter().map(|name| examples.join("violating").join(name)));
    #[expect(clippy::disallowed_methods, reason = "a test may read its files")]
    let texts: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let mut text = texts.join("\n---\n");
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    load(
        vec![Input::Text { name: "-".to_owned(), text, named: true }],
        &Reading { namespace: "default".to_owned(), threads: 1 },
    )
}

fn objects(estate: &Estate) -> BTreeSet<ObjectRef> {
    estate.objects().cloned().collect()
}

fn foreseen(estate: &Estate, days: i64) -> Forecast {
    let from: Timestamp = FROM.parse().unwrap();
    let until = from + SignedDuration::from_hours(24 * days);
    forecast(estate, &objects(estate), Span { from, until, audited: false })
}

/// Each change in short: the instant, what appears, what goes, grants, workloads, and the fields behind it.
fn short(forecast: &Forecast) -> Vec<String> {
    let line = |entry: &Entry| {
        let mut words = vec![entry.at.to_string()];
        words.extend(entry.appears.iter().map(|told| format!("+{} {}", told.rule, told.subject.name)));
        words.extend(entry.goes.iter().map(|told| format!("-{} {}", told.rule, told.subject.name)));
        words.extend(entry.grants.iter().map(|turn| format!("{} {}", turn.subject.name, turn.to)));
        words.extend(entry.workloads.iter().map(|turn| format!("{} {}", turn.subject.name, turn.to)));
        words.extend(entry.documents.iter().map(|one| format!("{}{}", one.subject.name, one.path)));
        words.join(" | ")
    };
    forecast.entries.iter().map(line).collect()
}

#[test]
fn each_date_of_the_examples_comes_at_its_instant() {
    let estate = estate(&[], &[]);
    assert_eq!(
        short(&foreseen(&estate, 900)),
        [
            "2026-12-18T18:00:00Z | analyst-7-churn Expired | analyst-7-churn/spec/expiresAt",
            "2026-12-31T00:00:00Z | +CX712 cx-incidents | cx-incidents/spec/backups/0/restoreTestedOn",
            "2027-01-16T00:00:00Z | +CX409 feedbackhub | feedbackhub/spec/incidentResponse/planReviewedOn",
            "2027-01-19T00:00:00Z | +CX208 after-call | after-call/spec/auditedOn",
            "2027-02-02T00:00:00Z | +CX114 feedbackhub | +CX407 feedbackhub \
             | feedbackhub/spec/agreement/reviewedOn | feedbackhub/spec/assessedOn",
            "2027-03-01T00:00:00Z | +CX703 cx-incidents | cx-incidents/spec/drills",
            "2027-03-02T00:00:00Z | +CX108 feedbackhub | survey-sender Violating | feedback-db-backup Violating \
             | feedbackhub/spec/transfers/0/assessment/completedOn",
            "2027-04-01T00:00:00Z | +CX406 insight-partners | insight-partners/spec/certifications/0/bridgeUntil",
            "2027-04-10T00:00:00Z | +CX404 feedbackhub | feedbackhub/spec/certifications/0/surveillanceOn",
            "2027-05-02T00:00:00Z | +CX409 insight-partners | insight-partners/spec/incidentResponse/planReviewedOn",
            "2027-06-11T00:00:00Z | +CX702 cx-incidents | cx-incidents/spec/reviewedOn",
            "2027-09-01T00:00:00Z | +CX111 insight-partners | +CX605 analyst-7 \
             | insight-partners/spec/agreement/validUntil",
            "2027-09-02T00:00:00Z | +CX114 insight-partners | +CX407 insight-partners \
             | insight-partners/spec/agreement/reviewedOn | insight-partners/spec/assessedOn",
            "2027-10-01T00:00:00Z | +CX406 insight-partners | -CX406 insight-partners \
             | insight-partners/spec/certifications/0/periodTo",
            "2028-01-01T00:00:00Z | +CX111 feedbackhub | feedbackhub/spec/agreement/validUntil",
            "2028-02-29T00:00:00Z | +CX401 feedbackhub | +CX402 feedbackhub | -CX404 feedbackhub | feedbackhub/spec/certifications \
             | feedbackhub/spec/certifications/0/validUntil",
        ]
    );
}

#[test]
fn what_takes_too_many_steps_stops_and_says_where() {
    let estate = estate(&[], &[]);
    let (from, until) = (FROM.parse().unwrap(), "2028-03-01T00:00:00Z".parse().unwrap());
    let within = |steps| within(steps, &estate, &objects(&estate), Span { from, until, audited: false });
    let whole = within(MOST_STEPS);
    assert_eq!(whole.stopped, None);
    let mut steps = 1;
    let all = loop {
        let part = within(steps);
        // What was listed before the stop is as in the whole, and what is not listed is not before it.
        assert_eq!(short(&part)[..], short(&whole)[..part.entries.len()], "{steps} steps");
        let Some(stopped) = part.stopped else { break steps };
        assert!(part.entries.iter().all(|entry| entry.at < stopped), "{steps} steps");
        assert!(whole.entries[part.entries.len()..].iter().all(|entry| entry.at >= stopped), "{steps} steps");
        steps += 1;
    };
    assert_eq!(short(&within(all)), short(&whole));
    assert!(all >= whole.entries.len());
}

#[test]
fn papers_take_what_rests_on_them() {
    let at = |changes: &[(&str, &str)], instant: &str| {
        let lines = short(&foreseen(&estate(changes, &[]), 900));
        lines.into_iter().find(|line| line.starts_with(instant)).unwrap_or_default()
    };
    // A promise of confidentiality that ends suspends what was given.
    assert_eq!(
        at(&[("validUntil: 2027-09-30", "validUntil: 2026-12-10")], "2026-12-11"),
        "2026-12-11T00:00:00Z | +CX601 analyst-7-churn | analyst-7-churn Suspended \
         | analyst-7/spec/confidentiality/validUntil"
    );
    // And so does the firm's agreement.
    assert_eq!(
        at(&[("validUntil: 2027-08-31", "validUntil: 2026-12-10")], "2026-12-11"),
        "2026-12-11T00:00:00Z | +CX111 insight-partners | +CX605 analyst-7 | +CX605 analyst-7-churn \
         | analyst-7-churn Suspended | insight-partners/spec/agreement/validUntil"
    );
    // Who leaves loses it for good.
    assert_eq!(
        at(&[("jobRole: data-analyst", "jobRole: data-analyst\n  leftOn: 2026-12-10")], "2026-12-11"),
        "2026-12-11T00:00:00Z | +CX506 analyst-7-churn | analyst-7-churn Revoked | analyst-7/spec/leftOn"
    );
    // What begins later begins then.
    assert_eq!(
        at(&[("startsAt: 2026-11-20T08:00:00Z", "startsAt: 2026-12-01T08:00:00Z")], "2026-12-01"),
        "2026-12-01T08:00:00Z | analyst-7-churn Active | analyst-7-churn/spec/startsAt"
    );
    // A vendor's agreement takes the flow, and its workloads with it.
    assert_eq!(
        at(&[("validUntil: 2027-12-31", "validUntil: 2026-12-10")], "2026-12-11"),
        "2026-12-11T00:00:00Z | +CX111 feedbackhub | survey-sender Violating | feedback-db-backup Violating \
         | feedbackhub/spec/agreement/validUntil"
    );
}

#[test]
fn an_entry_says_what_the_document_says_and_where() {
    let forecast = foreseen(&estate(&[], &[]), 30);
    let document = &forecast.entries[0].documents[0];
    assert_eq!(document.value.as_deref(), Some("2026-12-18T18:00:00Z"));
    let place = document.place.as_ref().unwrap();
    assert_eq!(&place.source[place.marked.clone()], "2026-12-18T18:00:00Z");
    assert_eq!(forecast.entries[0].grants[0].reasons, ["the grant ended at 2026-12-18T18:00:00Z"]);
}

/// What is found, and the outcome of each workload, judged afresh.
fn afresh(estate: &Estate, at: Timestamp) -> (BTreeSet<String>, BTreeSet<String>) {
    let none = Memos::new();
    let query = Query::once(&estate.world, &none, at);
    let (mut found, mut workloads) = (BTreeSet::new(), BTreeSet::new());
    for id in estate.objects() {
        let (verdict, _) = query.judge(id);
        let own = verdict.findings.iter().filter(|finding| finding.subject == *id && !finding.exempted);
        let told = own.filter(|finding| finding.mode.0 > Mode::Audit);
        found.extend(
            told.map(|finding| format!("{} {id} {} {}", finding.rule, finding.path, finding.message)),
        );
        if id.kind.runs() {
            workloads.insert(format!("{id} {}", verdict.outcome()));
        }
    }
    (found, workloads)
}

/// Nothing is listed that does not change, and nothing changes that is not listed.
#[test]
fn judged_afresh_before_and_after_it_is_what_is_listed() {
    let second = SignedDuration::from_secs(1);
    let stories = [
        "outside-region.yaml",
        "vendor-without-papers.yaml",
        "survey-links.yaml",
        "consultant.yaml",
        "employee-access.yaml",
        "incident.yaml",
    ];
    let mut listed = 0;
    for more in std::iter::once(vec![]).chain(stories.map(|story| vec![story])) {
        let estate = estate(&[], &more);
        let forecast = foreseen(&estate, 600);
        let mut last = afresh(&estate, forecast.from);
        for entry in &forecast.entries {
            let (before, after) = (afresh(&estate, entry.at - second), afresh(&estate, entry.at));
            assert_eq!(before, last, "{more:?}: something changed before {}", entry.at);
            let told = |of: &[Told]| -> BTreeSet<String> {
                of.iter()
                    .map(|one| format!("{} {} {} {}", one.rule, one.subject, one.path, one.message))
                    .collect()
            };
            assert_eq!(&after.0 - &before.0, told(&entry.appears), "{more:?}: {}", entry.at);
            assert_eq!(&before.0 - &after.0, told(&entry.goes), "{more:?}: {}", entry.at);
            let outcomes = |of: fn(&WorkloadTurn) -> Outcome| -> BTreeSet<String> {
                entry.workloads.iter().map(|turn| format!("{} {}", turn.subject, of(turn))).collect()
            };
            assert_eq!(&after.1 - &before.1, outcomes(|turn| turn.to), "{more:?}: {}", entry.at);
            assert_eq!(&before.1 - &after.1, outcomes(|turn| turn.from), "{more:?}: {}", entry.at);
            last = after;
            listed += 1;
        }
        assert_eq!(afresh(&estate, forecast.until), last, "{more:?}: something changed before the end");
    }
    assert!(listed > 80, "{listed}");
}

#[test]
fn a_name_stays_when_a_date_moves() {
    let uids = |until: &str| {
        let forecast = foreseen(&estate(&[("expiresAt: 2026-12-18T18:00:00Z", until)], &[]), 60);
        let end = forecast.entries.iter().find(|entry| !entry.grants.is_empty()).unwrap();
        (end.at, end.uid.clone())
    };
    let (one, later) = (uids("expiresAt: 2026-12-18T18:00:00Z"), uids("expiresAt: 2026-12-19T18:00:00Z"));
    assert_ne!(one.0, later.0);
    assert_eq!(one.1, later.1);
    let forecast = foreseen(&estate(&[], &[]), 900);
    let names: BTreeSet<&String> = forecast.entries.iter().map(|entry| &entry.uid).collect();
    assert_eq!(names.len(), forecast.entries.len());
}

#[test]
fn what_is_only_recorded_is_listed_when_asked_for() {
    let estate = estate(&[], &[]);
    let (from, objects) = (FROM.parse().unwrap(), objects(&estate));
    let until = "2027-02-01T00:00:00Z".parse().unwrap();
    let audits = |audited| {
        let forecast = forecast(&estate, &objects, Span { from, until, audited });
        let appearing = forecast.entries.iter().flat_map(|entry| &entry.appears);
        appearing.filter(|told| told.mode == Mode::Audit).count()
    };
    assert_eq!(audits(false), 0);
    assert!(audits(true) > 0);
}

#[test]
fn what_is_inherited_from_beneath_is_told_once() {
    let whole = estate(&[], &[]);
    let vendor = whole.objects().find(|id| &*id.name == "feedbackhub").unwrap().clone();
    let objects: BTreeSet<ObjectRef> = objects(&whole).into_iter().filter(|id| *id != vendor).collect();
    let (from, until) = (FROM.parse().unwrap(), "2027-03-03T00:00:00Z".parse().unwrap());
    let forecast = forecast(&whole, &objects, Span { from, until, audited: false });
    let told: Vec<_> =
        forecast.entries.last().unwrap().appears.iter().map(|told| &told.subject.name).collect();
    assert_eq!(told, ["feedbackhub"]);
}

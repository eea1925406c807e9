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
        for lack in verdict.lacking.iter().filter(|lack| !lack.exempted && lack.mode > Mode::Audit) {
            let subject = if estate.holds(&lack.subject) { &lack.subject } else { id };
            found.insert(format!("{} {subject}  could not be judged: {}", lack.rule, lack.what));
        }
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
fn what_an_exemption_kept_from_being_asked_is_foreseen() {
    let flow = "vendor: feedbackhub\n";
    let gap = "apiVersion: cxguard.dev/v1alpha1\nkind: Exemption\nmetadata: {name: gap}\nspec: {rules: [CX103, \
               CX104], subject: {kind: DataFlow, namespace: cx-feedback, name: survey-responses}, reason: r, \
               approvedBy: a@corp.example, expiresAt: 2026-12-01T10:00:00Z}\n---\n";
    let kind = "apiVersion: cxguard.dev/v1alpha1\nkind: DataFlow\n";
    let with_gap = format!("{gap}{kind}");
    let estate = estate(&[(flow, "vendor: gone\n"), (kind, &with_gap)], &[]);
    let forecast = foreseen(&estate, 10);
    let entry = &forecast.entries[0];
    let lacks = |told: &&Told| told.message == "could not be judged: Vendor/gone does not exist";
    let told: Vec<String> = entry.appears.iter().filter(lacks).map(|told| told.rule.to_string()).collect();
    assert_eq!(
        (entry.at.to_string().as_str(), told),
        ("2026-12-01T10:00:00Z", vec!["CX103".into(), "CX104".into()])
    );
    // The document behind it is the exemption, once.
    let documents: Vec<String> =
        entry.documents.iter().map(|one| format!("{}{}", one.subject, one.path)).collect();
    assert_eq!(documents, ["Exemption/gap/spec/expiresAt"]);
    let before = afresh(&estate, entry.at - SignedDuration::from_secs(1));
    assert_eq!((&afresh(&estate, entry.at).0 - &before.0).len(), entry.appears.len());
}

#[test]
fn the_end_of_the_longest_time_has_a_document_whether_or_not_there_was_access() {
    // Without an end of its own, and a promise that has lapsed: suspended until it is over.
    let lapsed = ("validUntil: 2027-09-30", "validUntil: 2026-12-10");
    let forecast = foreseen(&estate(&[("  expiresAt: 2026-12-18T18:00:00Z\n", ""), lapsed], &[]), 200);
    let end =
        forecast.entries.iter().find(|entry| entry.grants.iter().any(|turn| turn.to.is_final())).unwrap();
    let documents: Vec<String> =
        end.documents.iter().map(|one| format!("{}{}", one.subject, one.path)).collect();
    assert!(
        documents.contains(&"AccessGrant/cx-feedback/analyst-7-churn/spec/startsAt".to_owned()),
        "{documents:?}"
    );
}

#[test]
fn names_stay_as_time_passes() {
    let estate = estate(&[], &[]);
    let until: Timestamp = "2028-06-01T00:00:00Z".parse().unwrap();
    let names = |from: Timestamp| -> Vec<(Timestamp, String)> {
        let forecast = forecast(&estate, &objects(&estate), Span { from, until, audited: true });
        forecast.entries.into_iter().map(|entry| (entry.at, entry.uid)).collect()
    };
    let all = names(FROM.parse().unwrap());
    // The stages of a reminder are among them, which are alike but for the days that are left.
    assert!(all.len() > 20);
    for (nth, (at, _)) in all.iter().enumerate() {
        assert_eq!(names(*at), all[nth + 1..], "from {at}");
    }
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

//! What there is to say of judged files.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::Timestamp;

use super::demanded::demanded;
use super::fingerprint::{Fingerprints, lack};
use super::judge::Judged;
use super::selection::Selection;
use crate::api::{FindingOutcome, Mode};
use crate::engine::{Finding, Lacking, Outcome, Verdict};
use crate::facts::{Fact, Kind, ObjectRef, World, role_of};
use crate::manifests::{Estate, Input, Places, Spot};
use crate::render::{Cause, Checkout, Diagnostic, Gap, Lack, NotJudged, Place, Report, Subject, Unjudged};
use crate::rules::{Code, RESERVED};

/// How many of the objects that inherit a finding are listed.
const MOST_AFFECTED: usize = 100;

/// The rule on people of whom nothing is known: its mode alone decides about access.
const PERSON_UNKNOWN: Code = Code(608);

/// Rules that need what only the statuses in a cluster show.
const NEED_A_CLUSTER: [(u16, &str); 2] = [
    (513, "needs a cluster: whether access is gone"),
    (710, "how old the last backup is needs a cluster; all else of the rule was judged"),
];

/// What somebody asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Which rules they want to hear of.
    pub selection: Selection,
    /// The mode from which on a finding fails the run, if any does.
    pub fails_on: Option<Mode>,
    /// The fingerprints of findings that are known already.
    pub baseline: BTreeSet<String>,
    /// How many threads look for places; at least one does.
    pub threads: usize,
    /// Where the run is in a repository, if it is in one.
    pub checkout: Option<Checkout>,
}

/// What there is to say: each finding once, where the cause is, in the order of the files.
pub fn report(estate: &Estate, judged: &[Judged], now: Timestamp, asked: &Asked) -> Report {
    let found = Found::of(estate, judged, &asked.selection);
    let mut fingerprints = Fingerprints::default();
    let mut listed: Vec<Listed<'_>> = found.findings.into_values().flatten().collect();
    let demanded = demanded(estate, judged, now, asked.threads);
    for listed in &mut listed {
        let policy = || demanded.get(listed.finding).map(|policy| (policy, ""));
        listed.cause =
            listed.finding.cause.as_ref().map(|cause| (&cause.object, &*cause.path)).or_else(policy);
    }
    let (places, of_gaps) = places(estate, &listed, found.gaps.keys().map(|(id, _)| *id), asked.threads);
    let mut places = places.into_iter();
    let mut findings: Vec<Diagnostic> = listed
        .into_iter()
        .map(|listed| {
            let fingerprint = fingerprints.of(listed.finding);
            let baselined = asked.baseline.contains(&fingerprint);
            let at = places.next().unwrap_or_default();
            diagnostic(listed, at, fingerprint, baselined)
        })
        .collect();
    findings.sort_by(|one, other| order(one).cmp(&order(other)));
    let (gaps, unknown) = gaps(found.gaps, of_gaps, asked);
    let unknown = unknown || !estate.unread.is_empty();
    Report {
        at: now,
        outcome: outcome(&findings, unknown),
        findings,
        not_judged: not_judged(estate, &asked.selection),
        gaps,
        unread: estate.unread.clone(),
        ignored: estate.ignored.clone(),
        horizon: judged.iter().map(|one| one.until).min().filter(|until| *until < Timestamp::MAX),
        files: estate.files,
        objects: judged.len(),
        fails_on: asked.fails_on,
        checkout: asked.checkout.clone(),
    }
}

/// By file and line; what is in no file comes last, by rule and object.
fn order(one: &Diagnostic) -> impl Ord + '_ {
    let place = one.place.as_ref().map(|place| (&place.file, place.line, place.column));
    (place.is_none(), place, one.rule, &one.subject, &one.path, &one.message)
}

/// What was found, and of whom.
#[derive(Default)]
struct Found<'j> {
    /// By object, rule and field.
    findings: BTreeMap<(&'j ObjectRef, Code, &'j str), Vec<Listed<'j>>>,
    /// What could not be judged, by object and by what it lacks.
    gaps: BTreeMap<(&'j ObjectRef, &'j str), BTreeMap<Code, Weight>>,
}

/// How much it counts that a rule could not be judged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Weight {
    /// For the run, as at the door.
    run: Mode,
    /// For the outcome: what is not known is not passed.
    outcome: Mode,
}

impl Weight {
    /// Of somebody of whom nothing is known, CX608 says whether that stops the run.
    fn of(verdict: &Verdict, lack: &Lacking) -> Self {
        let person = verdict
            .findings
            .iter()
            .filter(|found| found.rule == PERSON_UNKNOWN && found.subject == lack.subject && !found.exempted);
        let of_person = || person.map(|found| found.mode.0).max().unwrap_or(Mode::Audit);
        let run = if lack.unknown_person { of_person().min(lack.mode) } else { lack.mode };
        Self { run, outcome: lack.mode }
    }
}

/// A finding, and who inherits it.
struct Listed<'j> {
    finding: &'j Finding,
    /// Where else the reason lies: the object and its field.
    cause: Option<(&'j ObjectRef, &'j str)>,
    affected: Vec<&'j ObjectRef>,
    /// How many those are in all.
    total: usize,
}

impl<'j> Found<'j> {
    fn of(estate: &Estate, judged: &'j [Judged], selection: &Selection) -> Self {
        let mut found = Self::default();
        let of = |own: bool| {
            judged
                .iter()
                .flat_map(move |one| one.verdict.findings.iter().map(move |finding| (one, finding)))
                .filter(move |(one, finding)| {
                    (finding.subject == one.id) == own && selection.wants(finding.rule)
                })
        };
        for (_, finding) in of(true) {
            found.list(finding);
        }
        let granted = granted(&estate.world, estate.objects());
        for (one, finding) in of(false) {
            let affected = is_affected(one.id.kind);
            // An object of the files says itself what is found of it, and how grave that is.
            if !estate.holds(&finding.subject) && (affected || granted.contains(&finding.subject)) {
                found.list(finding);
            }
            if affected {
                found.affects(finding, &one.id);
            }
        }
        for one in judged {
            let lacking =
                one.verdict.lacking.iter().filter(|lack| selection.wants(lack.rule) && !lack.exempted);
            for lack in lacking {
                // What an object lacks that is in no file is said of each that inherits it.
                let subject = if estate.holds(&lack.subject) { &lack.subject } else { &one.id };
                found.lacks(subject, lack, Weight::of(&one.verdict, lack));
            }
        }
        found
    }

    /// Says that an object lacks a fact. Of a rule in two modes, the graver counts.
    fn lacks(&mut self, subject: &'j ObjectRef, lack: &'j Lacking, weight: Weight) {
        let rules = self.gaps.entry((subject, &lack.what)).or_default();
        let known = rules.entry(lack.rule).or_insert(weight);
        *known = Weight { run: known.run.max(weight.run), outcome: known.outcome.max(weight.outcome) };
    }

    /// Lists a finding, once.
    fn list(&mut self, finding: &'j Finding) {
        let listed = self.findings.entry((&finding.subject, finding.rule, &*finding.path)).or_default();
        if listed.iter().all(|listed| listed.finding.message != finding.message) {
            listed.push(Listed { finding, cause: None, affected: Vec::new(), total: 0 });
        }
    }

    /// Says that an object inherits a finding.
    fn affects(&mut self, finding: &'j Finding, object: &'j ObjectRef) {
        let listed = self.findings.get_mut(&(&finding.subject, finding.rule, &*finding.path));
        let listed = listed.and_then(|listed| {
            // Under other policies the same may be said in other words.
            let same = listed.iter().position(|listed| listed.finding.message == finding.message);
            listed.get_mut(same.unwrap_or_default())
        });
        if let Some(listed) = listed {
            listed.total += 1;
            if listed.affected.len() < MOST_AFFECTED {
                listed.affected.push(object);
            }
        }
    }
}

/// The roles that grants among some objects give: nothing but a namespace inherits what is found of them.
pub(super) fn granted<'o>(
    world: &World,
    objects: impl Iterator<Item = &'o ObjectRef>,
) -> BTreeSet<ObjectRef> {
    let grants = objects.filter(|id| id.kind == Kind::AccessGrant);
    let roles = grants.filter_map(|id| match world.get(id) {
        Some(Fact::Grant(grant)) => Some(role_of(id, &grant.spec)),
        _ => None,
    });
    roles.collect()
}

/// Whether it is worth saying that an object inherits a finding: a policy inherits all that its namespaces hold.
pub(super) fn is_affected(kind: Kind) -> bool {
    !matches!(kind, Kind::CompliancePolicy | Kind::Namespace)
}

/// Where a finding is, and where its cause is.
type At = (Option<Place>, Option<Place>);

/// The places of what was found, and of the objects that lack something, in the same order.
fn places<'i>(
    estate: &Estate,
    listed: &[Listed<'i>],
    lacking: impl Iterator<Item = &'i ObjectRef>,
    threads: usize,
) -> (Vec<At>, Vec<Option<Place>>) {
    let found = listed.iter().flat_map(|listed| {
        let Finding { subject: object, path, .. } = listed.finding;
        let here = || Spot { object, path, at: written(estate, listed.finding) };
        // What has no cause asks twice for its own place: a document is read once, however often it is asked for.
        let cause = listed.cause.map(|(object, path)| Spot { object, path, at: None });
        [here(), cause.unwrap_or_else(here)]
    });
    let fields: Vec<_> = found.chain(lacking.map(|object| Spot { object, path: "", at: None })).collect();
    let mut places = Places::all(estate, &fields, threads).into_iter();
    let found = listed.iter().map(|_| (places.next().flatten(), places.next().flatten())).collect();
    (found, places.collect())
}

/// Where a scalar is written of which it was found that it is read in two ways.
fn written(estate: &Estate, finding: &Finding) -> Option<Range<usize>> {
    let mut known = estate.world.ambiguities(&finding.subject)?.iter();
    let same = known.find(|one| one.path == finding.path && one.told() == finding.message);
    same.map(|one| one.at.clone())
}

fn diagnostic(listed: Listed<'_>, (place, at_cause): At, fingerprint: String, baselined: bool) -> Diagnostic {
    let Listed { finding, cause, affected, total } = listed;
    Diagnostic {
        rule: finding.rule,
        mode: finding.mode.0,
        outcome: finding.outcome,
        subject: subject(&finding.subject),
        place,
        path: finding.path.clone(),
        message: finding.message.clone(),
        remedy: finding.remedy.clone(),
        exempted: finding.exempted,
        baselined,
        cause: cause.map(|(object, path)| Cause {
            subject: subject(object),
            path: path.to_owned(),
            place: at_cause,
        }),
        affects: affected.into_iter().map(subject).collect(),
        affected: total,
        fingerprint,
    }
}

pub(super) fn subject(id: &ObjectRef) -> Subject {
    Subject {
        api_version: id.kind.api_version().to_owned(),
        kind: id.kind.as_str().to_owned(),
        namespace: id.namespace.to_string(),
        name: id.name.to_string(),
    }
}

/// The gravest that counts.
fn outcome(findings: &[Diagnostic], unknown: bool) -> Outcome {
    let mut enforced =
        findings.iter().filter(|finding| finding.counts() && finding.mode == Mode::Enforce).peekable();
    let unknown = unknown || enforced.peek().is_some();
    if enforced.any(|finding| finding.outcome == FindingOutcome::Violating) {
        Outcome::Violating
    } else if unknown {
        Outcome::Unknown
    } else {
        Outcome::Compliant
    }
}

/// What could not be judged for want of a fact, in the order of the objects, and whether that leaves the outcome open.
fn gaps(
    found: BTreeMap<(&ObjectRef, &str), BTreeMap<Code, Weight>>,
    places: Vec<Option<Place>>,
    asked: &Asked,
) -> (Vec<Gap>, bool) {
    let mut unknown = false;
    let gaps = found.into_iter().zip(places).map(|(((id, what), rules), place)| {
        let rules = rules.into_iter().map(|(rule, weight)| {
            let fingerprint = lack(rule, id, what);
            let baselined = asked.baseline.contains(&fingerprint);
            unknown |= !baselined && weight.outcome == Mode::Enforce;
            (rule, Lack { mode: weight.run, fingerprint, baselined })
        });
        Gap { subject: subject(id), place, reason: what.to_owned(), rules: rules.collect() }
    });
    let mut gaps: Vec<Gap> = gaps.collect();
    gaps.sort_by(|one, other| (&one.subject, &one.reason).cmp(&(&other.subject, &other.reason)));
    (gaps, unknown)
}

/// The namespaces of which nothing is known though objects are in them, each with the first file that has one.
fn unknown_namespaces(estate: &Estate) -> BTreeMap<ObjectRef, String> {
    let mut unknown: BTreeMap<ObjectRef, String> = BTreeMap::new();
    // They are in order, so very many are looked up as few.
    let objects: Vec<&ObjectRef> = estate.objects().filter(|id| !id.namespace.is_empty()).collect();
    for members in objects.chunk_by(|one, other| one.kind == other.kind && one.namespace == other.namespace) {
        let Some(first) = members.first() else { continue };
        let namespace = ObjectRef::cluster(Kind::Namespace, &first.namespace);
        if estate.world.get(&namespace).is_some() {
            continue;
        }
        let files = members.iter().filter_map(|id| estate.input(id)).map(Input::name);
        let first = files.chain(unknown.remove(&namespace)).min();
        unknown.insert(namespace, first.unwrap_or_default());
    }
    unknown
}

/// Rules that a cluster is needed for, files that are not rendered, and namespaces of which nothing is known.
fn not_judged(estate: &Estate, selection: &Selection) -> Vec<NotJudged> {
    let entry = |what, reason| NotJudged { what, reason };
    let cluster = NEED_A_CLUSTER.into_iter().filter(|_| !estate.knows_cluster);
    let cluster = cluster.map(|(code, reason)| (Code(code), reason));
    let reserved = RESERVED.iter().map(|reserved| (reserved.code, reserved.needs));
    let cluster = reserved.chain(cluster).filter(|(code, _)| selection.wants(*code));
    let cluster = cluster.map(|(code, reason)| entry(Unjudged::Rule(code), reason.to_owned()));
    let files = estate.unrendered.iter();
    let files = files.map(|(file, reason)| entry(Unjudged::File(file.clone()), reason.clone()));
    let unlisted = estate.unlisted.iter().map(|(from, resource)| {
        let reason = format!(
            "the cluster's {resource} could not be listed, so what needs them was judged as if there were none"
        );
        entry(Unjudged::File(from.clone()), reason)
    });
    let homeless = unknown_namespaces(estate).into_iter().map(|(namespace, first)| {
        let reason = format!(
            "{namespace} is in no file, so its labels are unknown: what is in it was judged as if it had none but its name, \
             though by them it may be protected, and policies may select it; check it along with the rest, or use --facts"
        );
        entry(Unjudged::File(first), reason)
    });
    let mut all: Vec<NotJudged> = cluster.chain(files).chain(unlisted).chain(homeless).collect();
    all.sort();
    all.dedup();
    all
}

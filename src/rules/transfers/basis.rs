//! What the data of a flow rests on where its vendors keep it. CX103 and CX104 ask here, so that never both report
//! one transfer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::contract::defects;
use super::law::{Protection, listed, protection};
use super::locations::of_chain;
use crate::api::{DataFlowSpec, LocationUse, Mechanism, Transfer, VendorRole, VendorSpec};
use crate::engine::{Query, Residency, lacks};
use crate::facts::{Kind, ObjectRef, destinations};
use crate::rules::{Case, Report};
use crate::values::{Country, Date};

/// Data of a flow that a vendor, or a sub-processor of it, keeps in a country.
pub(crate) struct Destination {
    /// The field of the flow that names the vendor.
    pub(crate) path: String,
    /// Who keeps the data.
    pub(crate) keeper: ObjectRef,
    /// For whom, if the keeper is a sub-processor.
    pub(crate) of: Option<ObjectRef>,
    /// Where.
    pub(crate) country: Country,
    /// What for.
    pub(crate) uses: BTreeSet<LocationUse>,
    /// Whose entries count: the keeper's, and those of the vendor that passes data on to it.
    papers: Vec<(ObjectRef, Arc<VendorSpec>)>,
}

impl Destination {
    /// The entries under `transfers` for the country, each with the role of the vendor that has it.
    fn entries(&self) -> impl Iterator<Item = (Option<VendorRole>, &Transfer)> {
        self.papers.iter().flat_map(|(_, papers)| {
            let there = papers.transfers.iter().filter(|entry| entry.to == self.country);
            there.map(|entry| (papers.role, entry))
        })
    }

    /// The vendors with an entry that claims adequacy for the country.
    pub(crate) fn claimants(&self) -> impl Iterator<Item = &ObjectRef> {
        let claims = |papers: &VendorSpec| {
            papers.transfers.iter().any(|entry| entry.to == self.country && is_claim(entry))
        };
        self.papers.iter().filter(move |(_, papers)| claims(papers)).map(|(vendor, _)| vendor)
    }

    /// `Vendor/cloudhost, a sub-processor of Vendor/feedbackhub,`
    pub(crate) fn who(&self) -> String {
        match &self.of {
            Some(vendor) => format!("{}, a sub-processor of {vendor},", self.keeper),
            None => self.keeper.to_string(),
        }
    }
}

/// Where the vendors of a flow and their sub-processors keep its data, each vendor and country once. Support is left
/// out (CX110). What is missing or unreadable, the rule lacks.
pub(crate) fn destinations_of(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) -> Vec<Destination> {
    let mut named: BTreeMap<&str, String> = BTreeMap::new();
    for (path, to) in destinations(case.subject) {
        if let Some(vendor) = &to.vendor {
            named.entry(vendor).or_insert_with(|| format!("{path}/vendor"));
        }
    }
    let mut found = Vec::new();
    for (name, path) in named {
        let id = ObjectRef::cluster(Kind::Vendor, name);
        let vendor = case.query.vendor(name);
        lacks(&vendor, &id, report);
        let Some(vendor) = vendor.here() else { continue };
        let places =
            of_chain(case.query, name, &vendor).by_country(|used| used != LocationUse::Support, report);
        for ((keeper, country), presence) in places {
            let mut papers = vec![(id.clone(), Arc::clone(&vendor))];
            if keeper != id {
                papers.extend(case.query.vendor(&keeper.name).here().map(|papers| (keeper.clone(), papers)));
            }
            let of = (keeper != id).then(|| id.clone());
            found.push(Destination { path: path.clone(), keeper, of, country, uses: presence.uses, papers });
        }
    }
    found
}

/// What a transfer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Basis {
    /// None is needed, or there is one.
    Sound,
    /// One is needed, and none that the policy accepts is on record.
    Missing,
    /// `allowedCountries` does not list the country.
    Unlisted,
    /// An entry claims an adequacy that was never decided.
    FalseClaim,
    /// Adequacy ended with this day, and nothing took its place.
    Lapsed(Date),
}

/// What the data at a destination rests on, under a policy.
pub(crate) fn basis(query: &Query<'_>, residency: &Residency, to: &Destination) -> Basis {
    let accepted = |mechanism| residency.mechanisms.contains(&mechanism);
    let counts = |mechanism| match mechanism {
        Mechanism::Adequacy => false,
        // Whether a derogation will do is CX109's question.
        Mechanism::Derogation => true,
        other => accepted(other),
    };
    let claimed = || to.claimants().next().is_some();
    let recorded = || to.entries().any(|(_, entry)| counts(entry.mechanism));
    let sound = match protection(query, residency, to.country) {
        Protection::Domestic => true,
        Protection::Adequate => accepted(Mechanism::Adequacy) || recorded(),
        // Whether the importer is among those for whom it is adequate is CX105's question.
        Protection::Partial => (accepted(Mechanism::Adequacy) && claimed()) || recorded(),
        Protection::Lapsed(until) => {
            let mut entries = to.entries().filter(|(_, entry)| counts(entry.mechanism));
            if !entries.any(|(role, entry)| holds(query, role, entry)) {
                return Basis::Lapsed(until);
            }
            true
        }
        Protection::None if claimed() => return Basis::FalseClaim,
        Protection::None => recorded(),
    };
    match (listed(residency, to.country), sound) {
        (false, _) => Basis::Unlisted,
        (true, true) => Basis::Sound,
        (true, false) => Basis::Missing,
    }
}

fn is_claim(entry: &Transfer) -> bool {
    entry.mechanism == Mechanism::Adequacy
}

/// Whether an entry can take the place of an adequacy that has lapsed.
fn holds(query: &Query<'_>, role: Option<VendorRole>, entry: &Transfer) -> bool {
    entry.mechanism != Mechanism::StandardContractualClauses || defects(query, role, entry).is_empty()
}

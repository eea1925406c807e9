//! What the data of a flow rests on where its vendors have it. The rules on transfers ask here, so that no two report
//! one cause.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::contract::defects;
use super::locations::of_chain;
use super::wording::{allowed_countries, joined, regimes};
use crate::api::{DataFlowSpec, LocationUse, Mechanism, Transfer, VendorRole, VendorSpec};
use crate::engine::{Cause, Protection, Query, Residency, lacks, listed, protection};
use crate::facts::{Kind, ObjectRef, destinations};
use crate::rules::{Case, Report};
use crate::values::{Country, Date};

/// Data of a flow that a vendor, or a sub-processor of it, keeps in a country.
pub(crate) struct Destination {
    /// The field of the flow that names the vendor; asked of a vendor, the field of the location in its keeper.
    pub(crate) path: String,
    /// The field of the location in its keeper.
    location: String,
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
    /// Data that somebody of a firm looks at from a country: as if the firm kept it there.
    pub(crate) fn seen_from(
        country: Country,
        person: &ObjectRef,
        firm: Option<(ObjectRef, Arc<VendorSpec>)>,
    ) -> Self {
        Self {
            path: "/spec/country".to_owned(),
            location: "/spec/country".to_owned(),
            keeper: person.clone(),
            of: firm.as_ref().map(|(firm, _)| firm.clone()),
            country,
            uses: BTreeSet::new(),
            papers: firm.into_iter().collect(),
        }
    }

    /// The entries under `transfers` for the country, each with the role of the vendor that has it.
    fn entries(&self) -> impl Iterator<Item = (Option<VendorRole>, &Transfer)> {
        self.papers.iter().flat_map(|(_, papers)| {
            let there = papers.transfers.iter().filter(|entry| entry.to == self.country);
            there.map(|entry| (papers.role, entry))
        })
    }

    /// The vendors with an entry that claims adequacy for the country.
    fn claimants(&self) -> impl Iterator<Item = &ObjectRef> {
        let claims = |papers: &VendorSpec| {
            papers.transfers.iter().any(|entry| entry.to == self.country && is_claim(entry))
        };
        self.papers.iter().filter(move |(_, papers)| claims(papers)).map(|(vendor, _)| vendor)
    }

    /// The entry that claims adequacy for the country, with the vendor that has it. The keeper's own is nearest.
    pub(crate) fn claim(&self) -> Option<(&ObjectRef, &Transfer)> {
        self.claimed().map(|(vendor, _, entry)| (vendor, entry))
    }

    /// The entry that claims adequacy, as what makes a transfer wrong.
    pub(crate) fn by_claim(&self) -> Option<Cause> {
        self.claimed().map(|(vendor, at, _)| Cause::at(vendor, format!("/spec/transfers/{at}")))
    }

    fn claimed(&self) -> Option<(&ObjectRef, usize, &Transfer)> {
        self.papers.iter().rev().find_map(|(vendor, papers)| {
            let mut entries = papers.transfers.iter().enumerate();
            let (at, entry) = entries.find(|(_, entry)| entry.to == self.country && is_claim(entry))?;
            Some((vendor, at, entry))
        })
    }

    /// The location, as what makes a transfer wrong.
    pub(crate) fn by_location(&self) -> Cause {
        Cause::at(&self.keeper, &*self.location)
    }

    /// Whether an entry with a mechanism other than adequacy, which the policy accepts, is on record.
    pub(crate) fn has_instrument(&self, residency: &Residency) -> bool {
        self.entries().any(|(_, entry)| is_instrument(residency, entry.mechanism))
    }

    /// `Vendor/cloudhost, a sub-processor of Vendor/feedbackhub,`
    pub(crate) fn who(&self) -> String {
        match &self.of {
            Some(vendor) => format!("{}, a sub-processor of {vendor},", self.keeper),
            None => self.keeper.to_string(),
        }
    }
}

/// Where the vendors of a flow and their sub-processors have its data for the uses that count, each vendor and country
/// once. What is missing or unreadable, the rule lacks.
pub(crate) fn destinations_of(
    case: &Case<'_, DataFlowSpec>,
    counts: fn(LocationUse) -> bool,
    report: &mut Report<'_>,
) -> Vec<Destination> {
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
        let places = destinations_by(case.query, &id, &vendor, counts, report);
        found.extend(places.into_iter().map(|place| Destination { path: path.clone(), ..place }));
    }
    found
}

/// The same of one vendor and its sub-processors.
pub(crate) fn destinations_by(
    query: &Query<'_>,
    id: &ObjectRef,
    vendor: &Arc<VendorSpec>,
    counts: fn(LocationUse) -> bool,
    report: &mut Report<'_>,
) -> Vec<Destination> {
    let places = of_chain(query, &id.name, vendor).by_country(counts, report);
    let each = places.into_iter().map(|((keeper, country), presence)| {
        let mut papers = vec![(id.clone(), Arc::clone(vendor))];
        let of = (keeper != *id).then(|| id.clone());
        if of.is_some() {
            papers.extend(query.vendor(&keeper.name).here().map(|papers| (keeper.clone(), papers)));
        }
        let location = presence.path.clone();
        Destination { path: presence.path, location, keeper, of, country, uses: presence.uses, papers }
    });
    each.collect()
}

/// Whether data is kept, rather than looked at from there (CX110).
pub(crate) fn is_kept(used: LocationUse) -> bool {
    used != LocationUse::Support
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

impl Basis {
    /// What is wrong, in words; nothing if it is sound.
    pub(crate) fn fault(self, residency: &Residency, to: &Destination) -> Option<String> {
        let laws = regimes(residency);
        Some(match self {
            Self::Sound => return None,
            Self::Missing => format!("no mechanism that the policy accepts for {laws} is on record"),
            Self::Unlisted => {
                let allowed = allowed_countries(residency).unwrap_or_default();
                format!("residency.allowedCountries narrows it to {allowed}")
            }
            Self::FalseClaim => {
                let claimants = joined(to.claimants());
                format!("transfers of {claimants} claims Adequacy, which {} has not under {laws}", to.country)
            }
            Self::Lapsed(until) => {
                format!("its adequacy ended with {until}, and no other entry under transfers holds")
            }
        })
    }
}

/// What the data at a destination rests on, under a policy.
pub(crate) fn basis(query: &Query<'_>, residency: &Residency, to: &Destination) -> Basis {
    let accepted = |mechanism| residency.mechanisms.contains(&mechanism);
    let claimed = || to.claim().is_some();
    let recorded = || to.has_instrument(residency);
    let sound = match protection(query, residency, to.country) {
        Protection::Domestic => true,
        Protection::Adequate => accepted(Mechanism::Adequacy) || recorded(),
        // Whether the importer is among those for whom it is adequate is CX105's question.
        Protection::Partial => (accepted(Mechanism::Adequacy) && claimed()) || recorded(),
        Protection::Lapsed(until) => {
            let mut entries = to.entries().filter(|(_, entry)| is_instrument(residency, entry.mechanism));
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

/// The mechanisms that the policy accepts, and that an entry can name for a country that needs one. Adequacy can be
/// named only where some importers have it.
pub(crate) fn open_to(query: &Query<'_>, residency: &Residency, country: Country) -> Vec<Mechanism> {
    let partial = protection(query, residency, country) == Protection::Partial;
    let accepted = residency.mechanisms.iter().copied();
    accepted.filter(|mechanism| *mechanism != Mechanism::Adequacy || partial).collect()
}

/// Whether an entry with this mechanism makes a transfer lawful without adequacy.
fn is_instrument(residency: &Residency, mechanism: Mechanism) -> bool {
    match mechanism {
        Mechanism::Adequacy => false,
        // Whether a derogation will do is CX109's question.
        Mechanism::Derogation => true,
        other => residency.mechanisms.contains(&other),
    }
}

fn is_claim(entry: &Transfer) -> bool {
    entry.mechanism == Mechanism::Adequacy
}

/// Whether an entry can take the place of an adequacy that has lapsed.
fn holds(query: &Query<'_>, role: Option<VendorRole>, entry: &Transfer) -> bool {
    entry.mechanism != Mechanism::StandardContractualClauses || defects(query, role, entry).is_empty()
}

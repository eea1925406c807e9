//! Where a vendor keeps data: its own locations and those of its sub-processors. And where a backup is.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{Backup, LocationUse, VendorLocation, VendorSpec};
use crate::engine::{Found, Query};
use crate::facts::{Kind, ObjectRef};
use crate::reference::{Unresolved, reference};
use crate::rules::Report;
use crate::values::Country;

/// A location of a vendor or of one of its sub-processors, at whatever depth.
pub(crate) struct Located {
    /// The vendor that has the location.
    pub(crate) vendor: ObjectRef,
    /// The field in that vendor.
    pub(crate) path: String,
    /// What it is used for; nothing if no location is named at all.
    pub(crate) used_for: Option<LocationUse>,
    /// The country, or why it cannot be told.
    pub(crate) country: Result<Country, Unplaced>,
}

/// Why a country cannot be told.
pub(crate) struct Unplaced {
    /// What is wrong.
    pub(crate) why: String,
    /// What to do.
    pub(crate) remedy: String,
}

/// The locations of a vendor and its sub-processors, and the sub-processors of which nothing is known.
#[derive(Default)]
pub(crate) struct Locations {
    pub(crate) known: Vec<Located>,
    unknown: Vec<String>,
}

/// What is in one country for one vendor.
pub(crate) struct Presence {
    /// The field of the first location there, in the vendor that has it.
    pub(crate) path: String,
    /// What the locations there are used for.
    pub(crate) uses: BTreeSet<LocationUse>,
}

impl Locations {
    /// The countries in which data is, by the vendor that keeps it there. What is not known, the rule lacks.
    pub(crate) fn by_country(
        self,
        counts: impl Fn(LocationUse) -> bool,
        report: &mut Report<'_>,
    ) -> BTreeMap<(ObjectRef, Country), Presence> {
        let mut countries: BTreeMap<_, Presence> = BTreeMap::new();
        for what in self.unknown {
            report.lacks(what);
        }
        for located in self.known.into_iter().filter(|located| located.used_for.is_none_or(&counts)) {
            match (located.country, located.used_for) {
                (Ok(country), Some(used_for)) => {
                    let key = (located.vendor, country);
                    let here = countries
                        .entry(key)
                        .or_insert(Presence { path: located.path, uses: BTreeSet::new() });
                    here.uses.insert(used_for);
                }
                (Err(unplaced), _) => {
                    report.lacks(format!("{} of {}: {}", located.path, located.vendor, unplaced.why));
                }
                (Ok(_), None) => {}
            }
        }
        countries
    }
}

/// Every place where data given to a vendor may be. Sub-processors are followed to any depth, each once.
pub(crate) fn of_chain(query: &Query<'_>, name: &str, vendor: &VendorSpec) -> Locations {
    let mut locations = Locations { known: own(name, vendor), unknown: Vec::new() };
    let mut visited = BTreeSet::from([name.to_owned()]);
    let mut queue: Vec<String> = subs(vendor).collect();
    while let Some(next) = queue.pop() {
        if !visited.insert(next.clone()) {
            continue;
        }
        let id = ObjectRef::cluster(Kind::Vendor, &next);
        match query.vendor(&next) {
            Found::Here(vendor) => {
                locations.known.extend(own(&next, &vendor));
                queue.extend(subs(&vendor));
            }
            Found::Missing => locations.unknown.push(format!("{id} does not exist")),
            Found::Unreadable(_) => locations.unknown.push(format!("{id} cannot be read")),
        }
    }
    locations
}

fn subs(vendor: &VendorSpec) -> impl Iterator<Item = String> {
    vendor.sub_processors.iter().map(|sub| sub.vendor.clone())
}

/// The locations of one vendor alone. A vendor that names none has one that is unknown: its data is somewhere.
pub(crate) fn own(name: &str, vendor: &VendorSpec) -> Vec<Located> {
    let id = ObjectRef::cluster(Kind::Vendor, name);
    let located = |path, used_for, country| Located { vendor: id.clone(), path, used_for, country };
    if vendor.locations.is_empty() {
        let nowhere =
            unplaced("no location is named, so where the data is, is unknown", "name every location");
        return vec![located("/spec/locations".to_owned(), None, Err(nowhere))];
    }
    let each = vendor.locations.iter().enumerate();
    each.map(|(at, one)| located(format!("/spec/locations/{at}"), Some(one.use_), country(one))).collect()
}

fn country(location: &VendorLocation) -> Result<Country, Unplaced> {
    resolved(location.country, location.provider.as_deref(), location.region.as_deref())
}

/// Where a backup is kept.
pub(crate) fn of_backup(backup: &Backup) -> Result<Country, Unplaced> {
    match &backup.location {
        Some(at) => resolved(at.country, at.provider.as_deref(), at.region.as_deref()),
        None => Err(unplaced("where the backup is kept, is not on record", "name its location")),
    }
}

fn resolved(
    country: Option<Country>,
    provider: Option<&str>,
    region: Option<&str>,
) -> Result<Country, Unplaced> {
    match (country, region) {
        (Some(country), None) if reference().country(country).is_some() => Ok(country),
        (Some(country), None) => Err(unplaced(
            &format!("{country} is no country that the reference data knows"),
            "use an ISO 3166-1 alpha-2 code such as \"NL\"",
        )),
        (None, Some(region)) => {
            reference().region(provider, region).map_err(|why| unplaced(&why.to_string(), remedy(&why)))
        }
        (Some(_), Some(_)) => {
            Err(unplaced("both a country and a region are named, and they may differ", "name one of them"))
        }
        (None, None) => Err(unplaced("neither a country nor a region is named", "name the country")),
    }
}

fn remedy(why: &Unresolved) -> &'static str {
    match why {
        Unresolved::AmbiguousRegion { .. } => "name the provider too, or the country instead",
        _ => "correct it, or name the country instead",
    }
}

fn unplaced(why: &str, remedy: &str) -> Unplaced {
    Unplaced { why: why.to_owned(), remedy: remedy.to_owned() }
}

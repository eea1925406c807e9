//! Where a vendor keeps data: its own locations and those of its sub-processors.

use std::collections::BTreeSet;

use crate::api::{LocationUse, VendorSpec};
use crate::engine::{Found, Query};
use crate::facts::{Kind, ObjectRef};
use crate::reference::reference;
use crate::values::Country;

/// A location of a vendor or of one of its sub-processors, at whatever depth.
pub(crate) struct Located {
    /// The vendor that has the location.
    pub(crate) vendor: ObjectRef,
    /// The field in that vendor.
    pub(crate) path: String,
    /// What it is used for.
    pub(crate) used_for: LocationUse,
    /// The country, or why it cannot be told and what to do.
    pub(crate) country: Result<Country, (String, String)>,
}

/// The locations of a vendor and its sub-processors, and the sub-processors that are missing or unreadable.
#[derive(Default)]
pub(crate) struct Locations {
    pub(crate) known: Vec<Located>,
    pub(crate) missing: Vec<ObjectRef>,
}

/// Every place where data given to a vendor may be. Sub-processors are followed to any depth, each once.
pub(crate) fn of_chain(query: &Query<'_>, name: &str, vendor: &VendorSpec) -> Locations {
    let mut locations = Locations::default();
    let mut visited = BTreeSet::from([name.to_owned()]);
    let mut queue: Vec<String> = add(&mut locations, name, vendor);
    while let Some(next) = queue.pop() {
        if !visited.insert(next.clone()) {
            continue;
        }
        match query.vendor(&next) {
            Found::Here(vendor) => queue.extend(add(&mut locations, &next, &vendor)),
            Found::Missing | Found::Unreadable(_) => {
                locations.missing.push(ObjectRef::cluster(Kind::Vendor, &next));
            }
        }
    }
    locations
}

/// The locations of one vendor alone.
pub(crate) fn own(name: &str, vendor: &VendorSpec) -> Vec<Located> {
    let mut locations = Locations::default();
    add(&mut locations, name, vendor);
    locations.known
}

fn add(locations: &mut Locations, name: &str, vendor: &VendorSpec) -> Vec<String> {
    for (at, location) in vendor.locations.iter().enumerate() {
        let country = match (location.country, &location.region) {
            (Some(country), _) if reference().country(country).is_some() => Ok(country),
            (Some(country), _) => Err((
                format!("{country} is no country that the reference data knows"),
                "use an ISO 3166-1 alpha-2 code such as \"NL\"".to_owned(),
            )),
            (None, Some(region)) => reference().region(location.provider.as_deref(), region).map_err(|why| {
                (why.to_string(), "write down the country of the location instead".to_owned())
            }),
            (None, None) => Err((
                "neither a country nor a region is named".to_owned(),
                "write down the country of the location".to_owned(),
            )),
        };
        locations.known.push(Located {
            vendor: ObjectRef::cluster(Kind::Vendor, name),
            path: format!("/spec/locations/{at}"),
            used_for: location.use_,
            country,
        });
    }
    vendor.sub_processors.iter().map(|sub| sub.vendor.clone()).collect()
}

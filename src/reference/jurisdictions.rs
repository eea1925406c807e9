//! How the data protection regimes see each country.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de};

use super::{Reference, rows};
use crate::values::{Country, Date};

const TABLE: &str = include_str!("data/jurisdictions.csv");

/// The European Patent Organisation has an adequacy decision of its own and so has a row, under the code of WIPO
/// standard ST.3. It is an organisation, not a place: nothing can be stored "in EP".
const NOT_A_COUNTRY: &str = "EP";

/// A body of law that restricts where personal data may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Regime {
    /// The General Data Protection Regulation, in force throughout the EEA.
    Gdpr,
    /// The United Kingdom's version of it, with the Data Protection Act 2018.
    UkGdpr,
    /// The Swiss Federal Act on Data Protection.
    Fadp,
}

/// A country or territory, and what was decided about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jurisdiction {
    /// The short English name of ISO 3166-1.
    pub name: String,
    /// A member state of the EU, or territory of one to which EU law applies.
    pub eu: bool,
    /// The same of the EEA: the EU, Iceland, Liechtenstein and Norway.
    pub eea: bool,
    gdpr: Decision,
    uk: Decision,
    swiss: Decision,
}

/// What a regime thinks of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// The regime is in force there: moving data there is no transfer.
    Domestic,
    /// Adequate as a whole, between the dates given.
    Full(&'a Adequacy),
    /// Adequate for some importers only, as the note says: each importer has to show that it is one of them.
    Partial(&'a Adequacy),
    /// A third country without an adequacy decision.
    None,
}

/// A decision that a country protects personal data adequately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adequacy {
    /// When it came into effect, where known. Before this day there was no adequacy.
    pub since: Option<Date>,
    /// The last day on which it holds; none: it has no end. Whether that day is over, the caller's clock knows.
    pub until: Option<Date>,
    /// Its scope or condition; may be empty.
    pub note: String,
    /// The decision's number; may be empty.
    pub reference: String,
}

impl Jurisdiction {
    /// How the regime sees this country.
    pub fn standing(&self, regime: Regime) -> Standing<'_> {
        let decision = match regime {
            // The table says `none` of EEA states: no transfer rule applies to them, so nothing was decided.
            Regime::Gdpr if self.eea => return Standing::Domestic,
            Regime::Gdpr => &self.gdpr,
            Regime::UkGdpr => &self.uk,
            Regime::Fadp => &self.swiss,
        };
        match decision.level {
            Level::Domestic => Standing::Domestic,
            Level::Full => Standing::Full(&decision.adequacy),
            Level::Partial => Standing::Partial(&decision.adequacy),
            Level::None => Standing::None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Decision {
    level: Level,
    adequacy: Adequacy,
}

/// As the columns spell it. `domestic` is how the table marks GB in the UK column and CH in the Swiss one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    None,
    Partial,
    Full,
    Domestic,
}

#[derive(Deserialize)]
struct Row {
    country_iso2: Country,
    name: String,
    #[serde(deserialize_with = "yes_or_no")]
    eu_member: bool,
    #[serde(deserialize_with = "yes_or_no")]
    eea_member: bool,
    adequacy: Level,
    adequacy_since: Option<Date>,
    adequacy_note: String,
    adequacy_valid_until: Option<Date>,
    adequacy_ref: String,
    uk_adequacy: Level,
    uk_adequacy_since: Option<Date>,
    uk_adequacy_note: String,
    ch_adequacy: Level,
    ch_adequacy_note: String,
}

fn yes_or_no<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => Err(de::Error::custom(format!("{other:?} is neither yes nor no"))),
    }
}

impl From<Row> for Jurisdiction {
    fn from(row: Row) -> Self {
        // Neither the British nor the Swiss decisions have an end date or a number of their own in the table.
        let foreign = |level, since, note| Decision {
            level,
            adequacy: Adequacy { since, until: None, note, reference: String::new() },
        };
        Self {
            name: row.name,
            eu: row.eu_member,
            eea: row.eea_member,
            gdpr: Decision {
                level: row.adequacy,
                adequacy: Adequacy {
                    since: row.adequacy_since,
                    until: row.adequacy_valid_until,
                    note: row.adequacy_note,
                    reference: row.adequacy_ref,
                },
            },
            uk: foreign(row.uk_adequacy, row.uk_adequacy_since, row.uk_adequacy_note),
            swiss: foreign(row.ch_adequacy, None, row.ch_adequacy_note),
        }
    }
}

#[derive(Debug)]
pub(super) struct Jurisdictions(BTreeMap<Country, Jurisdiction>);

impl Jurisdictions {
    pub(super) fn load() -> Self {
        let countries = rows::<Row>(TABLE).filter_map(Result::ok);
        Self(
            countries
                .filter(|row| row.country_iso2.code() != NOT_A_COUNTRY)
                .map(|row| (row.country_iso2, row.into()))
                .collect(),
        )
    }
}

impl Reference {
    /// What is known of a country. None: there is no such country, or it is an organisation (EP) and so no place
    /// where data can be. Kosovo is known by its user-assigned code XK.
    pub fn country(&self, country: Country) -> Option<&Jurisdiction> {
        self.jurisdictions.0.get(&country)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::reference;

    fn standing(regime: Regime, code: &str) -> Standing<'static> {
        reference().country(code.parse().unwrap()).unwrap().standing(regime)
    }

    #[test]
    fn every_row_is_read() {
        for row in rows::<Row>(TABLE) {
            row.unwrap();
        }
    }

    #[test]
    fn each_regime_has_its_own_home() {
        for (regime, home, away) in [
            (Regime::Gdpr, ["DE", "NO", "AX", "RE"].as_slice(), ["GB", "CH", "SJ", "GL"].as_slice()),
            (Regime::UkGdpr, &["GB"], &["DE", "CH", "GI"]),
            (Regime::Fadp, &["CH"], &["DE", "GB", "LI"]),
        ] {
            for code in home {
                assert_eq!(standing(regime, code), Standing::Domestic, "{regime:?} {code}");
            }
            for code in away {
                assert_ne!(standing(regime, code), Standing::Domestic, "{regime:?} {code}");
            }
        }
    }

    #[test]
    fn adequacy_differs_by_regime() {
        for (code, gdpr, uk, swiss) in [
            ("JP", 'p', 'p', 'n'),
            ("KR", 'f', 'f', 'n'),
            ("BR", 'f', 'n', 'n'),
            ("MC", 'n', 'n', 'f'),
            ("US", 'p', 'p', 'p'),
            ("GI", 'n', 'f', 'f'),
            ("DE", 'd', 'f', 'f'),
            ("XK", 'n', 'n', 'n'),
        ] {
            for (regime, expected) in [(Regime::Gdpr, gdpr), (Regime::UkGdpr, uk), (Regime::Fadp, swiss)] {
                let found = match standing(regime, code) {
                    Standing::Domestic => 'd',
                    Standing::Full(_) => 'f',
                    Standing::Partial(_) => 'p',
                    Standing::None => 'n',
                };
                assert_eq!(found, expected, "{regime:?} {code}");
            }
        }
    }

    #[test]
    fn what_is_no_place_is_not_known() {
        for code in ["EP", "ZZ", "EU", "UK"] {
            assert!(reference().country(code.parse().unwrap()).is_none(), "{code}");
        }
    }
}

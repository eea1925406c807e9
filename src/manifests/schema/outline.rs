//! The types of some fields of an object, written down as a table.

use super::found::Found;
use super::given::{mismatch, quoted, suggestion};
use super::shape::unknown;
use crate::json::{Json, Seen};

/// What a value may be. What an outline does not mention is not looked at.
#[derive(Clone, Copy)]
pub(super) enum Outline {
    /// A string.
    Text,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A whole number.
    Whole,
    /// `true` or `false`.
    Truth,
    /// Anything that is a list.
    AnyList,
    /// A map of any keys.
    Map(&'static Outline),
    /// A list.
    List(&'static Outline),
    /// A map of which these fields are looked at.
    Fields(&'static [(&'static str, Outline)]),
    /// A map that has these fields, none of them empty.
    Required(&'static [(&'static str, Outline)]),
    /// A map that has no other fields than these.
    Only(&'static [(&'static str, Outline)]),
    /// What both say.
    Both(&'static Outline, &'static Outline),
}

impl Outline {
    /// Whether a value is right at first sight. Most are, and of these no place needs to be known. Null is admitted: to
    /// the API server it is as if the field were absent.
    fn is_met(self, seen: &Seen<'_>) -> bool {
        matches!(
            (self, seen),
            (_, Seen::Null)
                | (Self::Text, Seen::Text(_))
                | (Self::Truth, Seen::Truth(_))
                | (Self::AnyList, Seen::List)
        )
    }

    /// Reports what is of another type.
    pub(super) fn check<'o>(self, value: impl Json<'o>, found: &mut Found) {
        let seen = value.seen();
        match (self, &seen) {
            _ if self.is_met(&seen) => {}
            (Self::Whole, Seen::Number(number)) if number.is_i64() => {}
            (Self::OneOf(words), Seen::Text(text)) => {
                if !words.contains(text) {
                    let near = suggestion(text, words.iter().copied());
                    found.block(format!("{} is not one of {}{near}", quoted(text), words.join(", ")));
                }
            }
            (Self::Map(values), Seen::Map) => {
                for (name, value) in value.fields().filter(|(_, value)| !values.is_met(&value.seen())) {
                    found.at(name, |found| values.check(value, found));
                }
            }
            (Self::List(items), Seen::List) => {
                for (at, item) in value.items().enumerate() {
                    found.at(at, |found| items.check(item, found));
                }
            }
            (Self::Fields(fields) | Self::Required(fields) | Self::Only(fields), Seen::Map) => {
                for (name, value) in value.fields() {
                    match fields.iter().find(|(known, _)| *known == name) {
                        Some((_, outline)) if outline.is_met(&value.seen()) => {}
                        Some((_, outline)) => found.at(name, |found| outline.check(value, found)),
                        None if matches!(self, Self::Only(_)) => {
                            let known = fields.iter().map(|(name, _)| *name);
                            found.at(name, |found| unknown(name, known, found));
                        }
                        None => {}
                    }
                }
                let needed = fields.iter().filter(|_| matches!(self, Self::Required(_)));
                for (name, _) in needed {
                    if value.stated(name).is_none_or(|value| value.seen() == Seen::Text("")) {
                        found
                            .at(name, |found| found.block(format!("the required field {name:?} is missing")));
                    }
                }
            }
            (Self::Both(one, other), _) => {
                one.check(value, found);
                other.check(value, found);
            }
            (other, _) => found.block(mismatch(other.expected(), &seen)),
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Text | Self::OneOf(_) => "a string",
            Self::Whole => "a whole number",
            Self::Truth => "true or false",
            Self::AnyList | Self::List(_) => "a list",
            Self::Map(_) | Self::Fields(_) | Self::Required(_) | Self::Only(_) | Self::Both(..) => "a map",
        }
    }
}

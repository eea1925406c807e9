//! Personal values in a text. Each is masked as soon as it is found.

mod accounts;
mod birth;
mod email;
mod national;
mod phone;
mod runs;

use super::hit::What;
use super::lexicon::{OFFICIAL, ORDINARY};
use super::names;
use runs::Run;

/// What a masked value ends with.
const MASK: &str = "…";

/// What the name of a value, or the path segment before it, tells about it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Context {
    /// The personal data for which it is named.
    pub(super) named: Option<What>,
    /// It is the value of a parameter.
    pub(super) parameter: bool,
    /// Digits are an order's, a product's, a time's.
    pub(super) ordinary: bool,
    /// Digits are a number by which an authority knows a person.
    pub(super) official: bool,
}

impl Context {
    /// Of the value of a parameter.
    pub(super) fn of_parameter(name: &str) -> Self {
        let named = names::personal(name).map(|(what, _)| what);
        let ordinary = named.is_none() && names::has_word(name, ORDINARY);
        let official = named.is_some() || names::has_word(name, OFFICIAL);
        Self { named, parameter: true, ordinary, official }
    }

    /// Of a path segment, by the one before it: `/orders/4711`.
    pub(super) fn of_segment(before: &str) -> Self {
        let ordinary = names::has_word(before, ORDINARY);
        Self { ordinary, official: names::has_word(before, OFFICIAL), ..Self::default() }
    }

    /// Of what was encoded: nobody encodes what is nobody's business.
    pub(super) fn encoded(self) -> Self {
        Self { parameter: true, ..self }
    }
}

/// The kinds of personal values in a text, each once, masked.
pub(super) fn find(text: &str, context: Context) -> Vec<(What, String)> {
    let mut found: Vec<(What, String)> = Vec::new();
    let mut add = |what: What, value: &str| {
        if found.iter().all(|(known, _)| *known != what) {
            found.push((what, mask(what, value)));
        }
    };
    if let Some(address) = email::find(text) {
        add(What::Email, address);
    }
    runs::each(text, &mut |run| {
        if let Some(what) = of_digits(run, context) {
            add(what, run.text);
        }
    });
    runs::each_code(text, &mut |code| {
        let what = accounts::is_iban(code).then_some(What::Iban).or_else(|| national::of_code(code));
        if let Some(what) = what.filter(|what| !context.ordinary || *what == What::Iban) {
            add(what, code);
        }
    });
    if context.named == Some(What::Name) && is_name(text) {
        add(What::Name, text);
    }
    found
}

/// What a number is. Where only check digits tell, chance would tell as well of one order number in ten, so the way
/// it is written or its name has to say so too.
fn of_digits(run: &Run<'_>, context: Context) -> Option<What> {
    if phone::is_international(run) {
        return Some(What::Phone);
    }
    if context.ordinary {
        return None;
    }
    let date = || (birth::is_date(run, context)).then_some(What::BirthDate);
    let card = || accounts::is_card(run).then_some(What::PaymentCard);
    let phone = || phone::is_national(run, context).then_some(What::Phone);
    date().or_else(|| national::of_digits(run, context)).or_else(card).or_else(phone)
}

/// Whether a text can be a personal name: letters, and what joins them.
fn is_name(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let joins = |c: char| c.is_alphabetic() || " +.'’-_,".contains(c);
    (2..=100).contains(&letters) && text.chars().all(joins)
}

/// The first character and a mark for the rest.
fn mask(what: What, value: &str) -> String {
    let first = value.chars().next().map(String::from).unwrap_or_default();
    match what {
        What::Email => format!("{first}{MASK}@{MASK}"),
        _ => format!("{first}{MASK}"),
    }
}

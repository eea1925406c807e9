//! What the name of a parameter or placeholder tells.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::hit::What;
use super::lexicon::{ALONE, EPILOGUE, IMPERSONAL, LINKING, PERSONS, PREAMBLE, TELLING};

/// What is longer, in bytes or words, is no name.
const LONGEST: usize = 128;
const MOST_WORDS: usize = 12;

#[derive(Clone, Copy)]
struct Term {
    what: What,
    name: &'static str,
    /// Tells of a person whatever is before it.
    telling: bool,
}

static TERMS: LazyLock<HashMap<&'static str, Term>> = LazyLock::new(|| {
    let terms = |lists: &'static [(What, &'static [&'static str])], telling| {
        lists.iter().flat_map(move |(what, names)| {
            names.iter().map(move |name| (*name, Term { what: *what, name, telling }))
        })
    };
    terms(ALONE, false).chain(terms(TELLING, true)).collect()
});
static PERSON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| PERSONS.iter().copied().collect());

/// What the name tells, and the part of it that does.
pub(super) fn personal(name: &str) -> Option<(What, &'static str)> {
    let words = words(name)?;
    let words = without_edges(&words);
    let found = head_last(words).or_else(|| head_first(words)).or_else(|| in_one_word(words));
    found.map(|term| (term.what, term.name))
}

/// `customer_email`: the last words are a name of personal data, and what is before does not take it back.
fn head_last(words: &[String]) -> Option<Term> {
    (0..words.len()).find_map(|start| {
        let (before, tail) = words.split_at_checked(start)?;
        let term = term(&tail.concat())?;
        let nearest = before.last().map(String::as_str);
        let personal = match nearest {
            None => true,
            Some(word) if term.telling => !IMPERSONAL.contains(&word),
            Some(word) => PERSON.contains(word),
        };
        personal.then_some(term)
    })
}

/// `nom_du_client`: the first words are, and the others are words for a person.
fn head_first(words: &[String]) -> Option<Term> {
    (1..words.len()).rev().find_map(|end| {
        let (head, rest) = words.split_at_checked(end)?;
        let of_person = rest.iter().all(|word| PERSON.contains(&**word) || LINKING.contains(&&**word));
        let person = rest.iter().any(|word| PERSON.contains(&**word));
        if of_person && person { term(&head.concat()) } else { None }
    })
}

/// `customeremail`: no separator between the person and the name.
fn in_one_word(words: &[String]) -> Option<Term> {
    let joined = words.concat();
    let ends = joined.char_indices().map(|(at, _)| at).skip(1).take(LONGEST);
    let mut splits = ends.filter_map(|at| joined.split_at_checked(at));
    splits.find_map(|(person, name)| if PERSON.contains(person) { term(name) } else { None })
}

/// A term, in singular or plural.
fn term(joined: &str) -> Option<Term> {
    let singular = [Some(joined), joined.strip_suffix('s'), joined.strip_suffix("es")];
    singular.into_iter().flatten().find_map(|name| TERMS.get(name).copied())
}

/// Without words at either end that say nothing.
fn without_edges(words: &[String]) -> &[String] {
    let mut words = words;
    while let [first, rest @ ..] = words
        && !rest.is_empty()
        && PREAMBLE.contains(&&**first)
    {
        words = rest;
    }
    while let [rest @ .., last] = words
        && !rest.is_empty()
        && EPILOGUE.contains(&&**last)
        && term(&words.concat()).is_none()
    {
        words = rest;
    }
    words
}

/// Whether the name has one of some words.
pub(super) fn has_word(name: &str, list: &[&str]) -> bool {
    words(name).is_some_and(|words| words.iter().any(|word| list.contains(&&**word)))
}

/// Whether two names are the same but for case, separators and plural; the second also if it is the last component
/// of the first, as in `user[segment]`.
pub(super) fn is_same(name: &str, other: &str) -> bool {
    let plain = |name: &str| words(name).map(|words| words.concat()).filter(|joined| !joined.is_empty());
    let Some(wanted) = plain(other) else { return false };
    let component = name.trim_end_matches([']', '.']).rsplit(['.', '[', ':']).next().unwrap_or_default();
    let candidates = [plain(name), plain(component)];
    let singular = |name: &str| name.strip_suffix('s').unwrap_or(name).to_owned();
    candidates.into_iter().flatten().any(|name| name == wanted || singular(&name) == singular(&wanted))
}

/// The words of a name: lower case, without accents and numbers, split at separators and at the humps of camel case.
/// Nothing if it is too long to be a name.
fn words(name: &str) -> Option<Vec<String>> {
    if name.len() > LONGEST {
        return None;
    }
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = None;
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        let lower_follows = characters.peek().is_some_and(|next| next.is_lowercase());
        let hump = c.is_uppercase()
            && before.is_some_and(|last: char| last.is_lowercase() || (last.is_uppercase() && lower_follows));
        if !c.is_alphabetic() || hump {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphabetic() {
            fold(c, &mut word);
        }
        before = Some(c);
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    (words.len() <= MOST_WORDS).then_some(words)
}

/// Adds a letter in lower case and without its accent.
fn fold(letter: char, word: &mut String) {
    for c in letter.to_lowercase() {
        match c {
            'à'..='å' | 'ă' | 'ą' | 'ā' => word.push('a'),
            'æ' => word.push_str("ae"),
            'ç' | 'ć' | 'č' => word.push('c'),
            'ď' | 'đ' => word.push('d'),
            'è'..='ë' | 'ę' | 'ě' | 'ē' => word.push('e'),
            'ğ' => word.push('g'),
            'ì'..='ï' | 'ı' => word.push('i'),
            'ł' => word.push('l'),
            'ñ' | 'ń' | 'ň' => word.push('n'),
            'ò'..='ö' | 'ø' | 'ő' => word.push('o'),
            'ř' => word.push('r'),
            'ś' | 'š' | 'ş' | 'ș' => word.push('s'),
            'ß' => word.push_str("ss"),
            'ť' | 'ț' | 'ţ' => word.push('t'),
            'ù'..='ü' | 'ů' | 'ű' => word.push('u'),
            'ý' | 'ÿ' => word.push('y'),
            'ź' | 'ż' | 'ž' => word.push('z'),
            // The dot that some upper-case letters leave behind.
            '\u{307}' => {}
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_tell_of_a_person() {
        for (name, what) in [
            ("email", What::Email),
            ("E-Mail", What::Email),
            ("eMailAddress", What::Email),
            ("user[email]", What::Email),
            ("emails[]", What::Email),
            ("customeremail", What::Email),
            ("EMAIL_SHA256", What::Email),
            ("contact.email", What::Email),
            ("#if email", What::Email),
            ("correo_electrónico", What::Email),
            ("First Name", What::Name),
            ("FNAME", What::Name),
            ("name", What::Name),
            ("customer.name", What::Name),
            ("nom_du_client", What::Name),
            ("prénom", What::Name),
            ("DOBDate", What::BirthDate),
            ("geboortedatum", What::BirthDate),
            ("tel2", What::Phone),
            ("numéro de téléphone", What::Phone),
            ("Straße", What::Address),
            ("client_ip", What::IpAddress),
            ("numero_secu", What::Nir),
        ] {
            let found = personal(name).map(|(what, _)| what);
            // `dob` is not the last word of `DOBDate`.
            assert_eq!(found, if name == "DOBDate" { None } else { Some(what) }, "{name}");
        }
    }

    #[test]
    fn names_that_tell_of_something_else() {
        for name in [
            "",
            "token",
            "id",
            "rid",
            "store_name",
            "campaign.name",
            "utm_campaign",
            "page",
            "message",
            "language",
            "email_template",
            "emailCampaignId",
            "has_phone",
            "hostname",
            "fileName",
            "usage",
            "hotel",
            "pod.ip",
            "mac_address",
            "product-name",
            "event_name",
            "phone_model",
            "orders",
            "names_of_products",
        ] {
            assert_eq!(personal(name), None, "{name}");
        }
        assert_eq!(personal(&"email".repeat(1000)), None);
    }

    #[test]
    fn names_are_the_same_but_for_spelling() {
        for (name, other, same) in [
            ("loyalty_number", "LoyaltyNumber", true),
            ("user[segment]", "segment", true),
            ("Segments", "segment", true),
            ("segmentation", "segment", false),
            ("x", "", false),
        ] {
            assert_eq!(is_same(name, other), same, "{name} {other}");
        }
    }
}

//! One link, judged.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::hit::{Encoding, Hit, How, What};
use super::split::{self, Part, Place, Scheme};
use super::values::{self, Context};
use super::{decode, names, template};

/// How deep links in links and encodings in encodings are followed.
const DEEPEST: u8 = 4;
/// The most hits, and the most names of parameters, that are kept of one link.
const MOST_HITS: usize = 64;
/// The longest name of a parameter that is shown or compared.
const LONGEST_NAME: usize = 64;
/// A shown name has fewer digits than any number that means a person.
const MOST_DIGITS_SHOWN: usize = 5;

/// What is known of a link. No text of it is kept but its host and the names of its parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Whether it is encrypted on its way.
    pub transport: Transport,
    /// The host in lower case, without port, unless a placeholder stands for it.
    pub host: Option<String>,
    /// Whether it has a placeholder anywhere, so that it differs from one respondent to the next.
    pub templated: bool,
    /// Whether it has a query.
    pub queried: bool,
    /// The personal data that it carries, each once.
    pub hits: Vec<Hit>,
    parameters: BTreeSet<String>,
}

/// Whether a link is encrypted on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Transport {
    /// It is: `https`.
    Https,
    /// It is not: another scheme.
    Other(String),
    /// The scheme is left out, so whoever opens the link decides.
    Missing,
    /// A placeholder stands for the scheme.
    Unknown,
}

impl Link {
    /// Whether people follow it, as far as can be told: it is not the address of a database, nor the path of a file in
    /// which a placeholder stands.
    pub fn is_followed(&self) -> bool {
        match &self.transport {
            Transport::Https => true,
            Transport::Other(scheme) => scheme == "http",
            Transport::Missing | Transport::Unknown => self.host.is_some() || self.queried,
        }
    }

    /// Whether it can be about somebody: it carries personal data, or has parameters that a policy may forbid.
    pub fn is_personal(&self) -> bool {
        !self.hits.is_empty() || !self.parameters.is_empty()
    }

    /// Parameters with names that a policy forbids, compared without case, separators and plural.
    pub fn forbidden<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Vec<Hit> {
        let has = |name: &str| self.parameters.iter().any(|parameter| names::is_same(parameter, name));
        let found = names.into_iter().filter(|name| has(name));
        found
            .map(|name| Hit { place: format!("parameter {name:?}"), what: What::Forbidden, how: How::Name })
            .collect()
    }
}

/// Reads a link or a template of one.
pub fn inspect(text: &str) -> Link {
    let text = unescaped(text.trim());
    let front = split::front(&text);
    let mut gathered = Gathered::default();
    split::link(&text, &mut |part| gathered.part(&part, None, Carried::default()));
    Link {
        transport: transport(front.scheme),
        host: front.host.and_then(host),
        templated: template::placeholders(&text).next().is_some(),
        queried: split::has_query(&text),
        hits: gathered.hits,
        parameters: gathered.parameters,
    }
}

/// Without the escapes of JSON texts, in which links are often kept.
fn unescaped(text: &str) -> Cow<'_, str> {
    if text.contains('\\') {
        Cow::Owned(text.replace("\\/", "/").replace("\\u0026", "&").replace("\\u003d", "="))
    } else {
        Cow::Borrowed(text)
    }
}

fn transport(scheme: Scheme<'_>) -> Transport {
    match scheme {
        Scheme::Named(name) if name.eq_ignore_ascii_case("https") => Transport::Https,
        Scheme::Named(name) => {
            Transport::Other(name.chars().take(16).collect::<String>().to_ascii_lowercase())
        }
        Scheme::Placeholder => Transport::Unknown,
        Scheme::Missing => Transport::Missing,
    }
}

/// The name of a host, where it is one.
fn host(text: &str) -> Option<String> {
    let name = text.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let name = name.map_or(text, |(name, _)| name);
    let valid = |c: char| c.is_alphanumeric() || ".-_[]:".contains(c);
    (!name.is_empty() && name.len() <= 253 && name.chars().all(valid)).then(|| name.to_lowercase())
}

/// Where a part is: in which part of which part.
struct At<'a> {
    outer: Option<&'a At<'a>>,
    part: &'a Part<'a>,
}

impl At<'_> {
    fn describe(&self) -> String {
        let part = self.part;
        let kind = match part.place {
            Place::UserInfo => return self.within("user info".to_owned()),
            Place::Host => return self.within("host".to_owned()),
            Place::Body => return self.within("address".to_owned()),
            Place::Segment => "path segment",
            Place::Matrix => "matrix parameter",
            Place::Query => "query parameter",
            Place::Fragment => "fragment segment",
            Place::FragmentParameter => "fragment parameter",
            Place::Member => "member",
        };
        let shown = part.name.map(|name| decode::percent(name).0).filter(|name| is_showable(name));
        self.within(match shown {
            Some(name) => format!("{kind} \"{name}\""),
            None => format!("{kind} {}", part.number),
        })
    }

    fn within(&self, own: String) -> String {
        match self.outer {
            Some(outer) => format!("{}, in it {own}", outer.describe()),
            None => own,
        }
    }
}

/// Whether a name of a parameter can be shown: it is like a name, and too short of digits to be a person's number.
fn is_showable(name: &str) -> bool {
    let digits = name.chars().filter(char::is_ascii_digit).count();
    name.len() <= LONGEST_NAME
        && digits <= MOST_DIGITS_SHOWN
        && name.chars().all(|c| c.is_alphanumeric() || "_-.[]{}$: ".contains(c))
}

/// What a text inherits from where it was found.
#[derive(Clone, Copy, Default)]
struct Carried {
    context: Context,
    encoding: Encoding,
    depth: u8,
}

#[derive(Default)]
struct Gathered {
    hits: Vec<Hit>,
    parameters: BTreeSet<String>,
}

impl Gathered {
    fn part(&mut self, part: &Part<'_>, outer: Option<&At<'_>>, carried: Carried) {
        if self.hits.len() >= MOST_HITS {
            return;
        }
        let at = At { outer, part };
        let context = match (part.name, part.before) {
            (Some(name), _) => self.name(name, &at, carried),
            (None, Some(before)) => Context::of_segment(before),
            (None, None) => Context { parameter: part.place == Place::Query, ..carried.context },
        };
        if part.place == Place::Host {
            self.placeholders(part.value, &at);
        } else {
            self.text(part.value, &at, Carried { context, ..carried });
        }
    }

    /// The name of a parameter, and what it says of the value.
    fn name(&mut self, name: &str, at: &At<'_>, carried: Carried) -> Context {
        let decoded = decode::percent(name).0;
        if is_showable(&decoded) && self.parameters.len() < MOST_HITS {
            self.parameters.insert(decoded.clone().into_owned());
        }
        let personal = names::personal(&decoded).filter(|(what, _)| !is_switch(*what, at.part.value));
        if let Some((what, _)) = personal {
            self.add(at, what, How::Name);
        }
        if !is_showable(&decoded) || at.part.value.is_empty() || decoded.contains(['{', '[', '$']) {
            self.text(name, at, Carried { context: Context::default(), ..carried });
        }
        Context::of_parameter(&decoded)
    }

    /// A text that a part holds, decoded and taken apart as far as it goes.
    fn text(&mut self, text: &str, at: &At<'_>, mut carried: Carried) {
        let (decoded, times) = decode::percent(text);
        carried.encoding.percent = carried.encoding.percent.saturating_add(times);
        self.placeholders(text, at);
        if times > 0 {
            self.placeholders(&decoded, at);
        }
        let inner = Carried { depth: carried.depth + 1, ..carried };
        match structure(&decoded).filter(|_| carried.depth < DEEPEST) {
            Some(split) => split(&decoded, &mut |part| self.part(&part, Some(at), inner)),
            None => self.values(&decoded, at, carried),
        }
        if carried.depth < DEEPEST
            && let Some(plain) = decode::base64(&decoded)
        {
            let base64 = carried.encoding.base64 + 1;
            let encoding = Encoding { base64, ..carried.encoding };
            let context = carried.context.encoded();
            self.text(&plain, at, Carried { context, encoding, ..inner });
        }
    }

    fn placeholders(&mut self, text: &str, at: &At<'_>) {
        // What a template computes with: filters, arguments, other fields.
        const BETWEEN: &str = "|,()\"'=:?&#!{}<>%*~/\\+;";
        for inner in template::placeholders(text) {
            for expression in inner.split(|c| BETWEEN.contains(c)) {
                if let Some((what, name)) = names::personal(expression) {
                    self.add(at, what, How::Placeholder(name.into()));
                }
            }
        }
    }

    fn values(&mut self, text: &str, at: &At<'_>, carried: Carried) {
        for (what, masked) in values::find(text, carried.context) {
            if !is_switch(what, text) {
                self.add(at, what, How::Value { masked, encoding: carried.encoding });
            }
        }
    }

    /// One place has each kind once by name and once by value.
    fn add(&mut self, at: &At<'_>, what: What, how: How) {
        let hit = Hit { place: at.describe(), what, how };
        let same = |known: &Hit| {
            known.place == hit.place && known.what == hit.what && known.is_value() == hit.is_value()
        };
        if self.hits.len() < MOST_HITS && !self.hits.iter().any(same) {
            self.hits.push(hit);
        }
    }
}

/// Whether a parameter is a switch, whatever its name: `mobile=1`, `email=true`.
fn is_switch(what: What, value: &str) -> bool {
    let switch = ["0", "1", "true", "false", "yes", "no", "on", "off"];
    !matches!(what, What::Gender | What::Age) && switch.iter().any(|word| value.eq_ignore_ascii_case(word))
}

type Split = for<'t> fn(&'t str, &mut dyn FnMut(Part<'t>));

/// How a value is taken apart that has parts itself: a link, JSON, or pairs.
fn structure(text: &str) -> Option<Split> {
    let start = text.trim_start();
    if start.starts_with(['{', '[']) && text.contains("\":") {
        Some(split::members)
    } else if text.contains("://") || start.starts_with('/') {
        Some(split::link)
    } else if has_pair(text) {
        Some(|text, visit| split::pairs(text, Place::Member, visit))
    } else {
        None
    }
}

/// Whether a text has something like `name=value`; padding of base64 is none.
fn has_pair(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, value)| {
        let name = name.rsplit(['&', ';', '?']).next().unwrap_or_default();
        let named = name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.[]$".contains(c));
        named && !name.is_empty() && name.len() <= LONGEST_NAME && !value.trim_start_matches('=').is_empty()
    })
}

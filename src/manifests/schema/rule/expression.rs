//! What a rule says, and whether it holds.

use jiff::Timestamp;
use regex::Regex;
use serde_json::Value;

use crate::json::Json as _;
use crate::manifests::schema::node::{Format, Node, Shape};
use crate::values::Date;

/// A part of a rule.
#[derive(Debug)]
pub(super) enum Expression {
    Text(String),
    Number(i64),
    Instant(Timestamp),
    /// A field of `self`, step by step.
    Field(Vec<String>),
    /// Whether a field of `self` is there.
    Has(Vec<String>),
    Not(Box<Self>),
    Both(Box<Self>, Box<Self>),
    Either(Box<Self>, Box<Self>),
    Compared(Box<Self>, Comparison, Box<Self>),
    /// Whether a string is one of several.
    OneOf(Box<Self>, Vec<String>),
    Size(Box<Self>),
    Matches(Box<Self>, Regex),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug)]
pub(super) enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a part of a rule comes to.
#[derive(Debug, PartialEq, PartialOrd)]
enum Outcome<'o> {
    Truth(bool),
    Number(i64),
    Text(&'o str),
    Instant(Timestamp),
    /// A list or a map, of which only the size is asked.
    Many(usize),
}

impl Expression {
    /// Whether the rule holds for a value of that schema, or why that cannot be told.
    pub(super) fn holds(&self, node: &Node, value: &Value) -> Result<bool, String> {
        match self.outcome(node, value)? {
            Outcome::Truth(truth) => Ok(truth),
            other => Err(format!("{other:?} is neither true nor false")),
        }
    }

    fn outcome<'o>(&'o self, node: &Node, value: &'o Value) -> Result<Outcome<'o>, String> {
        Ok(match self {
            Self::Text(text) => Outcome::Text(text),
            Self::Number(number) => Outcome::Number(*number),
            Self::Instant(instant) => Outcome::Instant(*instant),
            Self::Field(path) => field(path, node, value)?,
            Self::Has(path) => Outcome::Truth(has(path, value)?),
            Self::Not(inner) => Outcome::Truth(!inner.holds(node, value)?),
            // What one side decides is decided, whatever becomes of the other.
            Self::Both(one, other) => match (one.holds(node, value), other.holds(node, value)) {
                (Ok(false), _) | (_, Ok(false)) => Outcome::Truth(false),
                (one, other) => Outcome::Truth(one? && other?),
            },
            Self::Either(one, other) => match (one.holds(node, value), other.holds(node, value)) {
                (Ok(true), _) | (_, Ok(true)) => Outcome::Truth(true),
                (one, other) => Outcome::Truth(one? || other?),
            },
            Self::Compared(one, how, other) => {
                Outcome::Truth(how.holds(&one.outcome(node, value)?, &other.outcome(node, value)?)?)
            }
            Self::OneOf(one, words) => {
                let given = one.text(node, value)?;
                Outcome::Truth(words.iter().any(|word| word == given))
            }
            Self::Size(of) => match of.outcome(node, value)? {
                Outcome::Many(size) => Outcome::Number(count(size)),
                Outcome::Text(text) => Outcome::Number(count(text.chars().count())),
                other => return Err(format!("{other:?} has no size")),
            },
            Self::Matches(one, pattern) => Outcome::Truth(pattern.is_match(one.text(node, value)?)),
        })
    }

    fn text<'o>(&'o self, node: &Node, value: &'o Value) -> Result<&'o str, String> {
        match self.outcome(node, value)? {
            Outcome::Text(text) => Ok(text),
            other => Err(format!("{other:?} is no string")),
        }
    }
}

impl Comparison {
    fn holds(self, one: &Outcome<'_>, other: &Outcome<'_>) -> Result<bool, String> {
        if std::mem::discriminant(one) != std::mem::discriminant(other) || matches!(one, Outcome::Many(_)) {
            return Err(format!("{one:?} and {other:?} cannot be compared"));
        }
        Ok(match self {
            Self::Equal => one == other,
            Self::Different => one != other,
            Self::Less => one < other,
            Self::LessOrEqual => one <= other,
            Self::Greater => one > other,
            Self::GreaterOrEqual => one >= other,
        })
    }
}

fn count(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn has(path: &[String], value: &Value) -> Result<bool, String> {
    let Some((last, parents)) = path.split_last() else { return Ok(true) };
    let parent = parents.iter().try_fold(value, |value, step| step_into(value, step))?;
    Ok(parent.stated(last).is_some())
}

fn step_into<'o>(value: &'o Value, step: &str) -> Result<&'o Value, String> {
    let found = value.stated(step);
    found.ok_or_else(|| format!("there is no {step:?}"))
}

fn field<'o>(path: &[String], node: &Node, value: &'o Value) -> Result<Outcome<'o>, String> {
    let (mut node, mut value) = (node, value);
    for step in path {
        node = node.field(step).ok_or_else(|| format!("the schema has no {step:?}"))?;
        value = step_into(value, step)?;
    }
    match (&node.shape, value) {
        (Shape::Text(text), Value::String(given)) => match text.format {
            None => Ok(Outcome::Text(given)),
            Some(format) => instant(format, given)
                .map(Outcome::Instant)
                .ok_or_else(|| format!("{given:?} is no point in time")),
        },
        (_, Value::Bool(truth)) => Ok(Outcome::Truth(*truth)),
        (_, Value::Array(items)) => Ok(Outcome::Many(items.len())),
        (_, Value::Object(fields)) => Ok(Outcome::Many(fields.len())),
        (_, Value::Number(number)) => {
            number.as_i64().map(Outcome::Number).ok_or_else(|| format!("{number} is no whole number"))
        }
        (_, other) => Err(format!("{other} is of another type")),
    }
}

/// A day is compared by its beginning.
fn instant(format: Format, text: &str) -> Option<Timestamp> {
    match format {
        Format::Date => text.parse().ok().map(Date::start),
        Format::DateTime => text.parse().ok().filter(|_| hours_from_utc(text) <= MOST_HOURS_FROM_UTC),
    }
}

/// The API server reads an instant that a rule compares as Go does, which takes no zone further away.
const MOST_HOURS_FROM_UTC: u8 = 24;

fn hours_from_utc(instant: &str) -> u8 {
    let time = instant.get(DAY..).unwrap_or_default();
    let zone = time.split_once(['+', '-']).and_then(|(_, zone)| zone.get(..2)?.parse().ok());
    zone.unwrap_or_default()
}

/// How long a day is written.
const DAY: usize = "2026-12-31".len();

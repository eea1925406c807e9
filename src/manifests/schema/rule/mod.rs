//! The rules in the definitions (`x-kubernetes-validations`), asked without an API server.
//!
//! They are written in CEL, of which the definitions need little: fields of `self`, comparisons, `has`, `in`, `size`,
//! `matches`, `timestamp`, and, or, not. That much is understood here; a rule that needs more is refused when it is
//! read, which a test sees. `docs/decisions/0011-cel-offline.md` says why there is no interpreter.

mod expression;
mod parse;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::ValidationRule;
use serde_json::Value;

use self::expression::Expression;
use super::found::Found;
use super::node::{Node, Shape};
use crate::json::Json as _;

/// One rule about a place in an object.
pub(super) struct Rule {
    expression: Expression,
    message: String,
    /// The field that it blames, from the place that it is about.
    field: Vec<String>,
}

impl Rule {
    /// Reads a rule about a place; nothing for one that compares with the old object: there is none.
    pub(super) fn new(rule: &ValidationRule, about: &Node) -> Result<Option<Self>, String> {
        if rule.optional_old_self.is_some() || rule.message_expression.is_some() {
            return Err("optionalOldSelf and messageExpression are not understood".to_owned());
        }
        let Some(expression) = parse::parse(&rule.rule, about)? else { return Ok(None) };
        let message = rule.message.clone().unwrap_or_else(|| format!("does not satisfy {}", rule.rule));
        let field = rule.field_path.iter().flat_map(|path| path.split('.')).filter(|step| !step.is_empty());
        Ok(Some(Self { expression, message, field: field.map(str::to_owned).collect() }))
    }

    fn check(&self, node: &Node, value: &Value, found: &mut Found) {
        match self.expression.holds(node, value) {
            Ok(false) => blame(&self.field, &self.message, found),
            // Else what cannot be compared has been reported.
            Err(why) if found.is_empty() => {
                found.add(format!("it cannot be told whether {:?} applies: {why}", self.message));
            }
            Ok(true) | Err(_) => {}
        }
    }
}

fn blame(field: &[String], message: &str, found: &mut Found) {
    match field {
        [] => found.add(message),
        [step, rest @ ..] => found.at(step, |found| blame(rest, message, found)),
    }
}

/// Asks all rules about a value and what is in it. The value has the shape that its schema demands.
pub(super) fn check(node: &Node, value: &Value, found: &mut Found) {
    for rule in &node.rules {
        rule.check(node, value, found);
    }
    match (&node.shape, value) {
        (Shape::Fields { fields, .. }, Value::Object(_)) => {
            for (name, field) in fields {
                if let Some(value) = value.stated(name) {
                    found.at(name, |found| check(field, value, found));
                }
            }
        }
        (Shape::Map { values, .. }, Value::Object(given)) => {
            for (name, value) in given.iter().filter(|(_, value)| !value.is_null()) {
                found.at(name, |found| check(values, value, found));
            }
        }
        (Shape::List { items, .. }, Value::Array(given)) => {
            for (at, item) in given.iter().enumerate() {
                found.at(at, |found| check(items, item, found));
            }
        }
        _ => {}
    }
}

//! Reading the part of CEL that the definitions use.

use std::iter::Peekable;
use std::vec::IntoIter;

use super::expression::{Comparison, Expression};
use crate::manifests::schema::node::{Node, regex};

/// Longer signs come before those that they begin with.
const SIGNS: [&str; 15] = ["||", "&&", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ",", "."];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Text(&'t str),
    Number(i64),
    Sign(&'static str),
}

/// Reads a rule about a place, or says what in it is not understood; nothing for a rule that names the old object.
pub(super) fn parse(rule: &str, about: &Node) -> Result<Option<Expression>, String> {
    let tokens = tokens(rule)?;
    if tokens.contains(&Token::Word("oldSelf")) {
        return Ok(None);
    }
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), about };
    let expression = parser.either()?;
    match parser.tokens.next() {
        None => Ok(Some(expression)),
        Some(token) => Err(format!("{token:?} is not expected")),
    }
}

fn tokens(mut rest: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    loop {
        rest = rest.trim_start();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let (token, length) = match first {
            '\'' | '"' => {
                let text = rest.get(1..).and_then(|rest| rest.split_once(first)).map(|(text, _)| text);
                let text = text
                    .filter(|text| !text.contains('\\'))
                    .ok_or("a string with an escape, or without end")?;
                (Token::Text(text), text.len() + 2)
            }
            _ if first.is_ascii_digit() => {
                let digits = run(rest, |c| c.is_ascii_digit());
                let number = digits.parse().map_err(|_| format!("{digits} is too large"))?;
                (Token::Number(number), digits.len())
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let word = run(rest, |c| c.is_ascii_alphanumeric() || c == '_');
                (Token::Word(word), word.len())
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                let sign = sign.ok_or_else(|| format!("{first:?} is not understood"))?;
                (Token::Sign(sign), sign.len())
            }
        };
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default();
    }
}

/// The characters at the beginning of which something is true.
fn run(text: &str, is_in: impl Fn(char) -> bool) -> &str {
    let end = text.find(|c| !is_in(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

struct Parser<'t> {
    tokens: Peekable<IntoIter<Token<'t>>>,
    about: &'t Node,
}

impl Parser<'_> {
    fn take(&mut self, sign: &'static str) -> bool {
        self.tokens.next_if_eq(&Token::Sign(sign)).is_some()
    }

    fn demand(&mut self, sign: &'static str) -> Result<(), String> {
        if self.take(sign) {
            Ok(())
        } else {
            Err(format!("{sign:?} is expected, not {:?}", self.tokens.peek()))
        }
    }

    fn either(&mut self) -> Result<Expression, String> {
        let mut one = self.both()?;
        while self.take("||") {
            one = Expression::Either(Box::new(one), Box::new(self.both()?));
        }
        Ok(one)
    }

    fn both(&mut self) -> Result<Expression, String> {
        let mut one = self.relation()?;
        while self.take("&&") {
            one = Expression::Both(Box::new(one), Box::new(self.relation()?));
        }
        Ok(one)
    }

    fn relation(&mut self) -> Result<Expression, String> {
        let mut one = self.negation()?;
        loop {
            if self.tokens.next_if_eq(&Token::Word("in")).is_some() {
                one = Expression::OneOf(Box::new(one), self.words()?);
                continue;
            }
            let Some(how) = self.tokens.peek().and_then(comparison) else { return Ok(one) };
            self.tokens.next();
            one = Expression::Compared(Box::new(one), how, Box::new(self.negation()?));
        }
    }

    fn negation(&mut self) -> Result<Expression, String> {
        if self.take("!") { Ok(Expression::Not(Box::new(self.negation()?))) } else { self.matched() }
    }

    /// A value, and whether it matches a pattern.
    fn matched(&mut self) -> Result<Expression, String> {
        let one = self.value()?;
        if !self.take(".") {
            return Ok(one);
        }
        match self.tokens.next() {
            Some(Token::Word("matches")) => {
                self.demand("(")?;
                let pattern = regex(self.text()?)?;
                self.demand(")")?;
                Ok(Expression::Matches(Box::new(one), pattern))
            }
            other => Err(format!("{other:?} is not understood after a value")),
        }
    }

    fn value(&mut self) -> Result<Expression, String> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Expression::Text(text.to_owned())),
            Some(Token::Number(number)) => Ok(Expression::Number(number)),
            Some(Token::Word("self")) => Ok(Expression::Field(self.path()?)),
            Some(Token::Sign("(")) => self.enclosed(),
            Some(Token::Word(function)) => {
                self.demand("(")?;
                self.call(function)
            }
            other => Err(format!("{other:?} is not a value")),
        }
    }

    fn call(&mut self, function: &str) -> Result<Expression, String> {
        match function {
            "has" => match self.enclosed()? {
                Expression::Field(path) => Ok(Expression::Has(path)),
                _ => Err("has asks for a field".to_owned()),
            },
            "size" => Ok(Expression::Size(Box::new(self.enclosed()?))),
            "timestamp" => {
                let instant = self.text()?.parse().map_err(|error| format!("{error}"))?;
                self.demand(")")?;
                Ok(Expression::Instant(instant))
            }
            other => Err(format!("the function {other:?} is not understood")),
        }
    }

    fn enclosed(&mut self) -> Result<Expression, String> {
        let inner = self.either()?;
        self.demand(")")?;
        Ok(inner)
    }

    /// The steps from `self` to a field that the schema has, up to a function.
    fn path(&mut self) -> Result<Vec<String>, String> {
        let mut path = Vec::new();
        let mut node = self.about;
        loop {
            let mut ahead = self.tokens.clone();
            let (Some(Token::Sign(".")), Some(Token::Word(step))) = (ahead.next(), ahead.next()) else {
                return Ok(path);
            };
            if ahead.peek() == Some(&Token::Sign("(")) {
                return Ok(path);
            }
            node = node.field(step).ok_or_else(|| format!("there is no field {step:?}"))?;
            path.push(step.to_owned());
            self.tokens = ahead;
        }
    }

    /// A list of strings.
    fn words(&mut self) -> Result<Vec<String>, String> {
        self.demand("[")?;
        let mut words = vec![self.text()?.to_owned()];
        while self.take(",") {
            words.push(self.text()?.to_owned());
        }
        self.demand("]")?;
        Ok(words)
    }

    fn text(&mut self) -> Result<&str, String> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(text),
            other => Err(format!("a string is expected, not {other:?}")),
        }
    }
}

fn comparison(token: &Token<'_>) -> Option<Comparison> {
    let Token::Sign(sign) = token else { return None };
    Some(match *sign {
        "==" => Comparison::Equal,
        "!=" => Comparison::Different,
        "<" => Comparison::Less,
        "<=" => Comparison::LessOrEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn node() -> Node {
        let text = json!({"type": "string"});
        let schema = json!({"type": "object", "properties": {
            "a": text, "b": text, "n": {"type": "integer"}, "t": {"type": "boolean"},
            "day": {"type": "string", "format": "date"}, "at": {"type": "string", "format": "date-time"},
            "list": {"type": "array", "items": text},
            "in": {"type": "object", "properties": {"x": text}},
        }});
        Node::new(&serde_json::from_value(schema).unwrap()).unwrap()
    }

    fn ask(rule: &str, value: &Value) -> Result<bool, String> {
        let node = node();
        parse(rule, &node)?.unwrap().holds(&node, value)
    }

    #[test]
    fn rules_bind_as_in_cel() {
        let value = json!({
            "a": "x", "n": 2, "t": false, "list": ["y"], "b": null, "in": {"x": "z"},
            "day": "2026-11-26", "at": "2026-11-26T00:30:00+01:00",
        });
        for (rule, expected) in [
            ("has(self.a) || has(self.b) && has(self.b)", true),
            ("(has(self.a) || has(self.b)) && has(self.b)", false),
            ("!has(self.b) == has(self.a)", true),
            ("!(has(self.a) == has(self.b))", true),
            ("self.a in ['w', 'x'] == (has(self.list) && size(self.list) > 0)", true),
            ("self.a in [\"w\"] == has(self.b)", true),
            ("self.a != 'y' && self.a < 'y' && self.a >= 'x'", true),
            ("self.n > 1 && self.n <= 2 && size(self.a) == 1 && size(self.in) == 1", true),
            ("self.in.x.matches('^[y-z]$')", true),
            ("self.in.x.matches('y')", false),
            ("self.t == has(self.b)", true),
            // By the clock, not by the text.
            ("self.at < self.day", true),
            ("self.day == timestamp('2026-11-26T00:00:00Z')", true),
            // What one side decides is decided.
            ("has(self.a) || self.b == 'x'", true),
            ("self.b == 'x' || has(self.a)", true),
            ("self.b == 'x' && has(self.b)", false),
        ] {
            assert_eq!(ask(rule, &value), Ok(expected), "{rule}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        let value = json!({"a": "x", "n": 2, "day": "someday", "in": {}});
        for (rule, part) in [
            ("self.b == 'x'", "there is no \"b\""),
            ("self.b == 'x' || self.b == 'y'", "there is no \"b\""),
            ("!(self.in.x == 'x')", "there is no \"x\""),
            ("self.a == self.n", "cannot be compared"),
            ("self.day < timestamp('2026-11-26T00:00:00Z')", "no point in time"),
            ("self.a", "neither true nor false"),
            ("self.n in ['x']", "no string"),
            ("size(self.n) > 1", "no size"),
            // What is not understood is found when the rule is read.
            ("self.c == 'x'", "no field \"c\""),
            ("self.list.all(x, x == 'y')", "not understood after a value"),
            ("duration(self.a)", "not understood"),
            ("self.a == 'it\\'s'", "escape"),
            ("self.a == 'x' ? self.t : self.t", "'?' is not understood"),
            ("self.n + 1 == 2", "'+' is not understood"),
            ("(self.a == 'x'", "\")\" is expected"),
            ("self.a == 'x' self", "is not expected"),
            ("timestamp('soon') < self.at", "year"),
            ("self.n == 99999999999999999999", "too large"),
            ("has('a')", "asks for a field"),
            ("", "not a value"),
        ] {
            let said = ask(rule, &value).unwrap_err();
            assert!(said.contains(part), "{rule}: {said}");
        }
    }

    #[test]
    fn a_rule_on_a_change_is_left_out() {
        assert!(parse("!has(oldSelf.a) || self.a == oldSelf.a", &node()).unwrap().is_none());
        assert!(parse("self.a == 'oldSelf'", &node()).unwrap().is_some());
    }
}

//! Values of JSON, wherever they lie: what reads one need not have it copied first.

use serde_json::{Number, Value};

use crate::pointer::unescaped;

/// A value that somebody else keeps: of an object as the API server sent it, or in the tree of a file.
pub(crate) trait Json<'o>: Copy {
    /// What it is.
    fn seen(self) -> Seen<'o>;

    /// A field, if it is a map that has it.
    fn field(self, name: &str) -> Option<Self>;

    /// The fields of a map; of anything else, none.
    fn fields(self) -> impl Iterator<Item = (&'o str, Self)>;

    /// The items of a list; of anything else, none.
    fn items(self) -> impl Iterator<Item = Self>;

    /// The text, if it is one.
    fn text(self) -> Option<&'o str> {
        match self.seen() {
            Seen::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A field that says something. A null says nothing: the API server drops it where null is not admitted, and it is
    /// nowhere.
    fn stated(self, name: &str) -> Option<Self> {
        self.field(name).filter(|value| !matches!(value.seen(), Seen::Null))
    }
}

/// What a value is.
#[derive(Debug, PartialEq)]
pub(crate) enum Seen<'o> {
    Null,
    Truth(bool),
    Number(Number),
    Text(&'o str),
    List,
    Map,
}

impl<'o> Json<'o> for &'o Value {
    fn seen(self) -> Seen<'o> {
        match self {
            Value::Null => Seen::Null,
            Value::Bool(truth) => Seen::Truth(*truth),
            Value::Number(number) => Seen::Number(number.clone()),
            Value::String(text) => Seen::Text(text),
            Value::Array(_) => Seen::List,
            Value::Object(_) => Seen::Map,
        }
    }

    fn field(self, name: &str) -> Option<Self> {
        self.get(name)
    }

    fn fields(self) -> impl Iterator<Item = (&'o str, Self)> {
        self.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }

    fn items(self) -> impl Iterator<Item = Self> {
        self.as_array().into_iter().flatten()
    }
}

/// What is at a pointer that leads through maps only. Objects are read by very many of them, so none is copied.
pub(crate) fn within<'o, J: Json<'o>>(object: J, pointer: &str) -> Option<J> {
    let (mut found, mut rest) = (object, pointer);
    while let Some(steps) = rest.strip_prefix('/') {
        let mut is_plain = true;
        let ends = |byte: u8| {
            is_plain &= byte != b'~';
            byte == b'/'
        };
        let end = steps.bytes().position(ends).unwrap_or(steps.len());
        let (step, below) = steps.split_at_checked(end)?;
        found = if is_plain { found.field(step) } else { found.field(&unescaped(step)) }?;
        rest = below;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_entered_and_lists_are_not() {
        let object = serde_json::json!({"a": {"b/c": {"d~": 1}, "e": [2]}});
        for (pointer, found) in [
            ("/a/b~1c/d~0", Some("1")),
            ("/a/e", Some("[2]")),
            ("/a/e/0", None),
            ("/a/x", None),
            ("/a/b", None),
        ] {
            assert_eq!(within(&object, pointer).map(Value::to_string).as_deref(), found, "{pointer}");
        }
        assert_eq!(within(&object, ""), Some(&object));
    }
}

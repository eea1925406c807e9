//! Which fields are texts.

use std::borrow::Cow;

use super::node::{Node, Shape};
use super::outline::Outline;
use super::{definition, foreign, meta};
use crate::facts::Kind;
use crate::pointer::unescaped;

/// Whether a field, as a JSON pointer, is a text by the schema of its kind. Of foreign kinds only the fields are known
/// that a rule reads.
pub(crate) fn wants_text(kind: Kind, pointer: &str) -> bool {
    let steps: Vec<Cow<'_, str>> = pointer.split('/').skip(1).map(unescaped).collect();
    let steps: Vec<&str> = steps.iter().map(|step| &**step).collect();
    if let Some(("metadata", below)) = steps.split_first().map(|(first, below)| (*first, below)) {
        return meta::METADATA.is_text(below);
    }
    match definition(kind) {
        Some(Ok(schema)) => schema.is_text(&steps),
        Some(Err(_)) => false,
        None => foreign::outline(kind).is_text(&steps),
    }
}

impl Node {
    fn is_text(&self, steps: &[&str]) -> bool {
        match (&self.shape, steps.split_first()) {
            (Shape::Text(_), None) => true,
            (Shape::Fields { fields, .. }, Some((step, below))) => {
                fields.get(*step).is_some_and(|field| field.is_text(below))
            }
            (Shape::Map { values: inner, .. } | Shape::List { items: inner, .. }, Some((_, below))) => {
                inner.is_text(below)
            }
            _ => false,
        }
    }
}

impl Outline {
    fn is_text(self, steps: &[&str]) -> bool {
        match (self, steps.split_first()) {
            (Self::Text | Self::OneOf(_), None) => true,
            (Self::Map(inner) | Self::List(inner), Some((_, below))) => inner.is_text(below),
            (Self::Fields(fields) | Self::Required(fields) | Self::Only(fields), Some((step, below))) => {
                fields.iter().any(|(name, field)| name == step && field.is_text(below))
            }
            (Self::Both(one, other), _) => one.is_text(steps) || other.is_text(steps),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_known_by_the_schema() {
        for (kind, pointer, expected) in [
            (Kind::Vendor, "/spec/country", true),
            (Kind::Vendor, "/spec/agreement/countries/0", true),
            (Kind::Vendor, "/spec/ai/usesModels", false),
            (Kind::Vendor, "/spec/agreement", false),
            (Kind::Vendor, "/spec/nothing", false),
            (Kind::Vendor, "/metadata/labels/a~1b", true),
            (Kind::Vendor, "/metadata/generation", false),
            (Kind::DataFlow, "/spec/workloads/selector/matchLabels/app", true),
            (Kind::Survey, "/spec/respondentId/bits", false),
            (Kind::Deployment, "/metadata/annotations/x", true),
            (Kind::Deployment, "/spec/template/spec/containers/0/env/3/value", true),
            (Kind::Deployment, "/spec/replicas", false),
            (Kind::Deployment, "", false),
            (Kind::ConfigMap, "/data/country", true),
            (Kind::ClusterRoleBinding, "/subjects/0/name", true),
        ] {
            assert_eq!(wants_text(kind, pointer), expected, "{kind} {pointer}");
        }
    }
}

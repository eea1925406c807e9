//! What null says in an object.

use serde_json::Value;

use crate::facts::Problem;
use crate::json::{Json, Seen, within};
use crate::pointer::escaped;

/// Takes out of an object of ours what is null in its spec, as the API server does before it reads it. In a list, null
/// is an item.
pub(crate) fn drop_nulls(object: &mut Value) {
    if let Some(spec) = object.get_mut("spec") {
        drop_within(spec);
    }
}

fn drop_within(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(drop_within);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_within),
        _ => {}
    }
}

/// The labels of a foreign object that are null. Whether it has them depends on how it is applied, and by labels
/// policies select.
pub(crate) fn null_labels<'o>(object: impl Json<'o>) -> impl Iterator<Item = Problem> {
    let labels = within(object, "/metadata/labels").into_iter().flat_map(Json::fields);
    labels.filter(|(_, value)| value.seen() == Seen::Null).map(|(label, _)| Problem {
        path: format!("/metadata/labels/{}", escaped(label)),
        problem: "is null, which kubectl apply leaves out and others store as an empty text: write \"\", or \
                  remove it"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_is_dropped_from_maps_of_a_spec() {
        let mut object = json!({
            "metadata": {"labels": {"a": null}},
            "spec": {"a": null, "b": [null, {"c": null, "d": 1}], "e": {"f": null}},
        });
        drop_nulls(&mut object);
        let expected = json!({"metadata": {"labels": {"a": null}}, "spec": {"b": [null, {"d": 1}], "e": {}}});
        assert_eq!(object, expected);
    }
}

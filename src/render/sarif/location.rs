//! Where something is, as SARIF says it.

use std::fmt::Write as _;

use serde::Serialize;

use super::Text;
use crate::render::{Cause, Place, Report, Subject};

/// Stands for the top of the repository, or for the folder in which the run was if that is in none. Where that is, is nobody's business: it is described, not named.
pub(super) const ROOT: &str = "%SRCROOT%";

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spot<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<Physical>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical<'r>>,
}

impl<'r> Spot<'r> {
    pub(super) fn new(subject: &'r Subject, place: Option<&Place>, report: &Report) -> Self {
        Self {
            id: None,
            message: None,
            physical_location: place.map(|place| Physical::new(place, report)),
            logical_locations: vec![Logical {
                name: &subject.name,
                fully_qualified_name: subject.to_string(),
                kind: "resource",
            }],
        }
    }

    /// A file, at a line and a column where they are known.
    pub(super) fn file(file: &str, at: Option<(usize, usize)>, report: &Report) -> Self {
        let region = at.map(|(start_line, start_column)| Region {
            start_line,
            start_column,
            end_line: start_line,
            end_column: start_column,
        });
        Self {
            physical_location: Some(Physical { region, ..Physical::whole(file, report) }),
            ..Self::default()
        }
    }

    /// The place of the cause.
    pub(super) fn because(cause: &'r Cause, report: &Report) -> Self {
        Self {
            id: Some(1),
            message: Some(Text::plain(&format!("because of {}", cause.whereabouts()))),
            ..Self::new(&cause.subject, cause.place.as_ref(), report)
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'r> {
    name: &'r str,
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

impl Physical {
    fn new(place: &Place, report: &Report) -> Self {
        let region = Region {
            start_line: place.line,
            start_column: place.column,
            end_line: place.end_line,
            end_column: place.end_column,
        };
        Self { region: Some(region), ..Self::whole(&place.file, report) }
    }

    fn whole(file: &str, report: &Report) -> Self {
        let uri = encoded(&report.in_repository(file));
        let artifact_location = if uri.starts_with('/') {
            Artifact { uri: format!("file://{uri}"), uri_base_id: None }
        } else {
            Artifact { uri, uri_base_id: Some(ROOT) }
        };
        Self { artifact_location, region: None }
    }
}

/// A path as a URI: whatever is not plain is encoded, `:` too, which would end a scheme.
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

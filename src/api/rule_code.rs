//! The codes of rules, where objects name them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::rules::{Code, RESERVED, RULES};

/// The schema of a rule's code. A code that no rule has would set nothing: the door refuses it rather than let somebody
/// believe that a rule is enforced, or set aside. The codes that are kept for rules are among them: they only grow.
pub(super) struct RuleCode;

impl JsonSchema for RuleCode {
    fn schema_name() -> Cow<'static, str> {
        "RuleCode".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut codes: Vec<Code> = RULES.iter().map(|rule| rule.code).collect();
        codes.extend(RESERVED.iter().map(|reserved| reserved.code));
        codes.sort();
        let codes: Vec<String> = codes.iter().map(Code::to_string).collect();
        json_schema!({"type": "string", "maxLength": 5, "pattern": "^CX[0-9]{3}$", "enum": codes})
    }
}

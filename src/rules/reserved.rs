//! Codes that are kept for rules which no version judges yet. Whoever meets one is told so, and why.

use super::Code;

/// A code that is kept for a rule.
pub struct Reserved {
    /// The code.
    pub code: Code,
    /// The pattern that the rule is to find.
    pub pattern: &'static str,
    /// What the rule needs and does not have.
    pub needs: &'static str,
    /// What it is to find, and what that means until then.
    pub about: &'static str,
}

/// Every such code, in order.
pub static RESERVED: [Reserved; 3] = [
    Reserved {
        code: Code(509),
        pattern: "grant-unused",
        needs: AUDIT_LOG,
        about: "It is kept for grants that nobody has used for `access.unusedAfter` of the policies. Until a version \
                judges it, that field has no effect: review grants by their date (CX505).",
    },
    Reserved {
        code: Code(510),
        pattern: "access-without-grant",
        needs: AUDIT_LOG,
        about: "It is kept for access to a protected namespace that happened and that no grant explains. Until a \
                version judges it, what access somebody could have is found all the same (CX504).",
    },
    Reserved {
        code: Code(512),
        pattern: "access-not-logged",
        needs: AUDIT_LOG,
        about: "It is kept for protected namespaces of which no audit events come. Until a version judges it, nothing \
                here says whether the API server writes an audit log.",
    },
];

const AUDIT_LOG: &str = "needs the audit log of a cluster";

impl Reserved {
    /// What there is to say of it, in Markdown.
    pub fn markdown(&self) -> String {
        format!(
            "# {} {}\n\nReserved. This version does not judge it: it {}, which cxguard does not read.\n\n{}\n",
            self.code, self.pattern, self.needs, self.about
        )
    }
}

/// What a code is kept for, if it is.
pub fn reserved(code: Code) -> Option<&'static Reserved> {
    RESERVED.iter().find(|reserved| reserved.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{RULES, find};

    #[test]
    fn a_code_is_reserved_or_judged() {
        assert!(RESERVED.is_sorted_by(|one, two| one.code < two.code));
        assert!(RESERVED.iter().all(|reserved| find(reserved.code).is_none()));
        assert!(RULES.iter().all(|rule| reserved(rule.code).is_none()));
        // Where it sends to is a rule.
        for text in RESERVED.iter().map(Reserved::markdown) {
            let codes = text.split(|character: char| !character.is_ascii_alphanumeric());
            let named = codes.filter_map(|word| word.parse::<Code>().ok());
            assert!(named.into_iter().all(|code| find(code).is_some() || reserved(code).is_some()), "{text}");
        }
    }
}

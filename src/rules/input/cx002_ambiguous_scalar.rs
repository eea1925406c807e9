//! CX002: a scalar that is read in two ways.

use crate::engine::Query;
use crate::facts::ObjectRef;
use crate::rules::Report;
use crate::rules::rule::rule;

rule! {
    /// # What it checks
    ///
    /// No scalar and no key of the manifest, unquoted, means one thing to people and another to the API server.
    /// Manifests reach it by YAML 1.1; people, editors and most other tools read YAML 1.2:
    ///
    /// | Written | The API server reads |
    /// |---|---|
    /// | `y`, `yes`, `on`, in any of their capitals | `true` |
    /// | `n`, `no`, `off`, `NO` | `false` |
    /// | `010` | 8 |
    /// | `0b11`, `1_000` | 3, 1000 |
    ///
    /// It makes no difference whether the field wants what is read: whoever writes `true` or 8 is understood by
    /// everybody. The modes of files (`mode`, `defaultMode`) may be written in octal. Only files show how an object is
    /// written; in a cluster there is nothing left to judge.
    ///
    /// # Why
    ///
    /// The country of Norway becomes `false`, a code with a leading zero another number, and the review of the manifest
    /// does not show it.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// spec:
    ///   country: NO
    /// ```
    ///
    /// # Fix
    ///
    /// Quote what is a text: `"NO"`. Write `true`, `false` or the number in decimal where one is meant.
    ///
    /// # References
    ///
    /// YAML 1.1, types bool and int; YAML 1.2.2, section 10.3 Core Schema.
    2 "ambiguous-scalar" Enforce since "0.1.0",
    Any: check,
}

fn check(subject: &ObjectRef, query: &Query<'_>, report: &mut Report<'_>) {
    for found in query.ambiguities(subject).iter() {
        report.violation(
            &*found.path,
            found.told(),
            format!("quote it where a text is meant, \"{}\"; else write {}", found.text, found.read),
        );
    }
}

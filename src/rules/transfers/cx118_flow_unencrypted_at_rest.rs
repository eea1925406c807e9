//! CX118: data that rests readable.

use super::at_rest::volumes;
use crate::api::DataFlowSpec;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A data flow says that its data is encrypted where it is stored: `encryption.atRest` is true. False, and nothing
    /// said, are findings.
    ///
    /// Of the volume claims of the workloads that the flow covers, the storage class tells: Amazon's disks are encrypted
    /// where it asks for that, Google's and Azure's always, Ceph's where it asks and otherwise perhaps. Of other drivers
    /// it cannot be told, and the outcome is Unknown.
    ///
    /// # Why
    ///
    /// Disks are replaced, snapshots are copied and backups are carried away. Whoever has one can read what is not
    /// encrypted on it.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: DataFlow
    /// spec:
    ///   encryption: {inTransit: TLS13, atRest: false}
    /// ```
    ///
    /// # Fix
    ///
    /// Use encrypted volumes, buckets and databases, with keys in a key management service, and set `atRest`.
    ///
    /// # References
    ///
    /// GDPR Art. 32(1)(a); ISO/IEC 27001:2022 A.8.24.
    118 "flow-unencrypted-at-rest" Enforce since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    volumes(case, report);
    let encryption = case.subject.encryption.as_ref();
    let path = if encryption.is_some() { "/spec/encryption/atRest" } else { "/spec/encryption" };
    let message = match encryption.and_then(|encryption| encryption.at_rest) {
        None => "whether the data is encrypted where it is stored is not on record",
        Some(false) => "the data is not encrypted where it is stored",
        Some(true) => return,
    };
    report.violation(path, message, "encrypt what stores the data, and set encryption.atRest to true");
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, flow};
    use crate::rules::testing::Bench;

    #[test]
    fn data_rests_encrypted() {
        let unsaid = "whether the data is encrypted where it is stored is not on record";
        for (encryption, expected) in [
            ("{atRest: true}", None),
            ("{atRest: false}", Some("/atRest: the data is not encrypted where it is stored".to_owned())),
            ("{inTransit: TLS13}", Some(format!("/atRest: {unsaid}"))),
            ("null", Some(format!(": {unsaid}"))),
        ] {
            let bench = Bench::new(SOUND).with(&flow(&format!("{{encryption: {encryption}}}")));
            let expected = expected.map(|expected| format!("/spec/encryption{expected}"));
            let found = bench.findings(118, "DataFlow/cx/answers");
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{encryption}");
        }
    }
}

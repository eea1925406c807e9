//! CX117: data that travels readable.

use crate::api::{DataFlowSpec, InTransit};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// A data flow says how its data is encrypted on its way: `encryption.inTransit` is `TLS12`, `TLS13` or
    /// `MutualTLS`. `None`, and nothing said, are findings.
    ///
    /// # Why
    ///
    /// Who can see the traffic can read what is not encrypted: in the cluster, at the provider and on the way between
    /// them.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: DataFlow
    /// spec:
    ///   encryption: {inTransit: None, atRest: true}
    /// ```
    ///
    /// # Fix
    ///
    /// Switch on TLS 1.2 or better, or mutual TLS by a service mesh, and record which.
    ///
    /// # References
    ///
    /// GDPR Art. 32(1)(a); ISO/IEC 27001:2022 A.8.24.
    117 "flow-unencrypted-in-transit" Enforce since "0.1.0",
    Flow: check,
}

fn check(case: &Case<'_, DataFlowSpec>, report: &mut Report<'_>) {
    let encryption = case.subject.encryption.as_ref();
    let path = if encryption.is_some() { "/spec/encryption/inTransit" } else { "/spec/encryption" };
    let message = match encryption.and_then(|encryption| encryption.in_transit) {
        None => "how the data is encrypted on its way is not on record",
        Some(InTransit::None) => "the data is not encrypted on its way",
        Some(InTransit::Tls12 | InTransit::Tls13 | InTransit::MutualTls) => return,
    };
    report.violation(path, message, "use TLS, and record TLS12, TLS13 or MutualTLS in encryption.inTransit");
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, flow};
    use crate::rules::testing::Bench;

    #[test]
    fn data_travels_encrypted() {
        let unsaid = "how the data is encrypted on its way is not on record";
        for (encryption, expected) in [
            ("{inTransit: TLS12}", None),
            ("{inTransit: TLS13}", None),
            ("{inTransit: MutualTLS}", None),
            ("{inTransit: None}", Some("/inTransit: the data is not encrypted on its way".to_owned())),
            ("{atRest: true}", Some(format!("/inTransit: {unsaid}"))),
            ("null", Some(format!(": {unsaid}"))),
        ] {
            let bench = Bench::new(SOUND).with(&flow(&format!("{{encryption: {encryption}}}")));
            let expected = expected.map(|expected| format!("/spec/encryption{expected}"));
            let found = bench.findings(117, "DataFlow/cx/answers");
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{encryption}");
        }
    }
}

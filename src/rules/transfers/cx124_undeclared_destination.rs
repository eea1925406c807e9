//! CX124: a workload talks to a vendor, and no flow says so.

use std::collections::{BTreeMap, BTreeSet};

use super::wording::few;
use crate::engine::{Cause, Query};
use crate::facts::{Key, Name, ObjectRef, Workload, vendors_of};
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// Where a workload of a protected namespace names a vendor's endpoint, a data flow that covers the workload gives
    /// data to that vendor, or a survey that covers it is in that vendor's system. It is named
    ///
    /// - in the environment, command or arguments of a container;
    /// - in a ConfigMap that the pods use (the first 256 hosts of each);
    /// - by an `ExternalName` Service that one of these names.
    ///
    /// An endpoint is a host of the vendor's `endpoints`, also one in a URL, or any name below it. Secrets are never read. What a program
    /// has built in, or looks up elsewhere, is not seen.
    ///
    /// # Why
    ///
    /// Data goes where the program sends it, whatever the register says. A recipient that nobody declared was not
    /// vetted, has perhaps no agreement, and is missing in the records: GDPR Art. 28(1), 30(1)(d), 44.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Vendor
    /// metadata: {name: transcribe-now}
    /// spec:
    ///   endpoints: [api.transcribe-now.example]
    /// ---
    /// kind: Deployment           # no flow that covers it has transcribe-now under `to`
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - env: [{name: UPLOAD_URL, value: "https://api.transcribe-now.example/v1"}]
    /// ```
    ///
    /// # Fix
    ///
    /// Add the vendor to a DataFlow whose selector matches the workload, or take the endpoint out of the workload.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(f), 28(1), 30(1)(d), 32, 44; ISO/IEC 27001:2022 A.5.14, A.5.19.
    124 "undeclared-destination" Enforce since "0.1.0",
    Deployed: check,
}

fn check(case: &Case<'_, Workload>, report: &mut Report<'_>) {
    let named = named_vendors(case);
    if named.is_empty() {
        return;
    }
    let declared = declared(case);
    let unreadable = unreadable_flows(case);
    for (vendor, places) in named {
        if declared.contains(&vendor.name) {
            continue;
        }
        if let Some(flow) = &unreadable {
            report.lacks(format!("{flow} cannot be read, and it may declare {vendor}"));
            continue;
        }
        let Some((path, _)) = places.first_key_value() else { continue };
        report.because(Cause::at(&vendor, "/spec/endpoints")).violation(
            path.to_string(),
            format!(
                "names {}, an endpoint of {vendor}, and no flow that covers it gives data to that vendor",
                few(places.values().collect::<BTreeSet<_>>())
            ),
            format!(
                "add the vendor {} to a DataFlow whose selector matches the workload, or take the endpoint out of it",
                vendor.name
            ),
        );
    }
}

/// The vendors whose endpoints the workload names: for each, by the field of the workload, what is named there.
fn named_vendors(case: &Case<'_, Workload>) -> BTreeMap<ObjectRef, BTreeMap<Name, String>> {
    let mut found: BTreeMap<ObjectRef, BTreeMap<Name, String>> = BTreeMap::new();
    let mut add = |path: &Name, host: &Name, named_in: &str| {
        for (vendor, endpoint) in vendors_at(case, host) {
            found
                .entry(vendor)
                .or_default()
                .entry(path.clone())
                .or_insert_with(|| format!("{endpoint}{named_in}"));
        }
    };
    for mention in &case.subject.mentions.hosts {
        add(&mention.path, &mention.host, "");
    }
    let namespace = &*case.id.namespace;
    for (name, path) in &case.subject.config_maps {
        let named = case.query.config_map(namespace, name).here();
        for mention in named.iter().flat_map(|named| &named.hosts) {
            add(path, &mention.host, &format!(" (ConfigMap {name}, {})", mention.path));
        }
    }
    found
}

/// The vendors behind a host, each with the endpoint in words: its own, or that of the Service that it names.
fn vendors_at(case: &Case<'_, Workload>, host: &str) -> Vec<(ObjectRef, String)> {
    let direct = vendors_of_host(case.query, host).into_iter().map(|vendor| (vendor, host.to_owned()));
    let service = service(&case.id.namespace, host);
    let external = service.and_then(|(namespace, name)| {
        let external = case.query.external_name(namespace, name).here()?;
        Some((format!("{external} (Service {namespace}/{name})"), external))
    });
    let behind = external.into_iter().flat_map(|(words, external)| {
        let vendors = vendors_of_host(case.query, &external).into_iter();
        vendors.map(move |vendor| (vendor, words.clone()))
    });
    direct.chain(behind).collect()
}

/// The Service that a host means inside the cluster: `name`, `name.namespace` or `name.namespace.svc…`.
fn service<'h>(here: &'h str, host: &'h str) -> Option<(&'h str, &'h str)> {
    let mut labels = host.split('.');
    let (name, namespace, svc) = (labels.next()?, labels.next(), labels.next());
    svc.is_none_or(|svc| svc == "svc").then(|| (namespace.unwrap_or(here), name))
}

/// The vendors that have the host, or a domain above it, as an endpoint.
fn vendors_of_host(query: &Query<'_>, host: &str) -> Vec<ObjectRef> {
    let above = host.match_indices('.').filter_map(|(at, _)| host.get(at + 1..));
    std::iter::once(host)
        .chain(above)
        .flat_map(|domain| query.members(Key::Endpoint(domain.into())))
        .collect()
}

/// The vendors that the flows which cover the workload give data to, and those of its surveys: who sends the links of
/// a survey names the system behind it.
fn declared(case: &Case<'_, Workload>) -> BTreeSet<Name> {
    let mut vendors = BTreeSet::new();
    for id in case.query.covers(case.id).iter() {
        let (namespace, name) = (&*id.namespace, &*id.name);
        if let Some(flow) = case.query.flow(namespace, name).here() {
            vendors.extend(vendors_of(&flow).map(Name::from));
        }
        if let Some(survey) = case.query.survey(namespace, name).here() {
            vendors.extend(survey.vendor.as_deref().map(Name::from));
        }
    }
    vendors
}

/// A flow of the namespace that cannot be read: it may cover the workload.
fn unreadable_flows(case: &Case<'_, Workload>) -> Option<ObjectRef> {
    let flows = case.query.members(Key::FlowsIn(case.id.namespace.clone()));
    flows.into_iter().find(|flow| case.query.unreadable(flow).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, flow};
    use crate::engine::Outcome;
    use crate::rules::testing::Bench;

    const SENDER: &str = "Deployment/cx/sender";
    const OTHER: &str = "---\napiVersion: cxguard.dev/v1alpha1\nkind: Vendor\nmetadata: {name: other}\n\
                         spec: {country: \"DE\", endpoints: [API.other.example, other-cdn.example., \"https://pasted.example:443/v1\", \"*.wild.example\"]}\n";

    fn sender(part_of: &str, pod: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: sender, namespace: cx, labels: {{part-of: {part_of}}}}}\n\
             spec: {{template: {{spec: {pod}}}}}\n"
        )
    }

    fn bench(pod: &str) -> Bench {
        Bench::new(SOUND).with(OTHER).with(&sender("feedback", pod))
    }

    fn env(value: &str) -> String {
        format!("{{containers: [{{env: [{{name: URL, value: '{value}'}}]}}]}}")
    }

    #[test]
    fn an_endpoint_of_a_vendor_is_found_wherever_it_stands() {
        let rest = "an endpoint of Vendor/other, and no flow that covers it gives data to that vendor";
        for (pod, path, host) in [
            (env("https://api.other.example/v1"), "containers/0/env/0/value", "api.other.example"),
            (env("https://Eu.Api.other.example:8443"), "containers/0/env/0/value", "eu.api.other.example"),
            (env("other-cdn.example"), "containers/0/env/0/value", "other-cdn.example"),
            (env("https://pasted.example/v2"), "containers/0/env/0/value", "pasted.example"),
            (env("https://eu.wild.example"), "containers/0/env/0/value", "eu.wild.example"),
            (
                "{containers: [{}, {args: ['--to=api.other.example:443']}]}".to_owned(),
                "containers/1/args/0",
                "api.other.example",
            ),
            (
                "{initContainers: [{command: [curl, 'http://api.other.example']}]}".to_owned(),
                "initContainers/0/command/1",
                "api.other.example",
            ),
        ] {
            assert_eq!(
                bench(&pod).findings(124, SENDER),
                [format!("/spec/template/spec/{path}: names {host}, {rest}")]
            );
        }
        for pod in [
            env("https://hub.example"),
            env("https://other.example"),
            env("https://notapi.other.example"),
            env("https://api.other.example.evil.example"),
            env("ann@api.other.example"),
            "{containers: [{env: [{name: URL, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}".to_owned(),
        ] {
            assert!(bench(&pod).findings(124, SENDER).is_empty(), "{pod}");
        }
    }

    #[test]
    fn one_vendor_is_one_finding() {
        let pod = "{containers: [{args: [other-cdn.example, 'https://api.other.example', 'https://api.other.example/2']}]}";
        let found = bench(pod).findings(124, SENDER);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("names api.other.example, other-cdn.example, an endpoint"), "{found:?}");
    }

    #[test]
    fn a_flow_that_covers_the_workload_declares_it() {
        let declares = |spec: &str| {
            bench(&env("https://api.other.example")).with(&flow(spec)).findings(124, SENDER).is_empty()
        };
        assert!(declares("{workloads: {selector: {}}, to: [{vendor: other}]}"));
        assert!(declares(
            "{workloads: {selector: {}}, ai: {use: Inference, retrieval: {embeddings: {vendor: other}}}}"
        ));
        assert!(!declares("{workloads: {selector: {}}, to: [{vendor: hub}]}"));
        assert!(!declares("{workloads: {selector: {matchLabels: {part-of: else}}}, to: [{vendor: other}]}"));
        assert!(!declares("{to: [{vendor: other}]}"));
    }

    #[test]
    fn a_survey_that_covers_the_workload_declares_its_vendor() {
        let survey = |labels: &str| {
            format!(
                "apiVersion: cxguard.dev/v1alpha1\nkind: Survey\nmetadata: {{name: s, namespace: cx}}\n\
                 spec: {{vendor: other, workloads: {{selector: {{matchLabels: {labels}}}}}}}\n"
            )
        };
        let found = |labels| {
            bench(&env("https://api.other.example")).with(&survey(labels)).findings(124, SENDER).len()
        };
        assert_eq!(found("{part-of: feedback}"), 0);
        assert_eq!(found("{part-of: else}"), 1);
    }

    #[test]
    fn a_flow_that_cannot_be_read_may_declare_it() {
        let bench = bench(&env("https://api.other.example")).with(&flow("{retention: soon}"));
        assert!(bench.findings(124, SENDER).is_empty());
        assert!(bench.lacks(124, SENDER));
    }

    #[test]
    fn configuration_and_services_count_where_the_workload_uses_them() {
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: cx}\n\
                   data: {settings.yaml: \"upload: https://api.other.example/v1\"}\n";
        let uses = "{containers: [{envFrom: [{configMapRef: {name: settings}}]}]}";
        let found = bench(uses).with(map).findings(124, SENDER);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with(
                "/spec/template/spec/containers/0/envFrom/0: names api.other.example (ConfigMap settings, \
                 /data/settings.yaml), an endpoint"
            ),
            "{found:?}"
        );
        assert!(bench("{}").with(map).findings(124, SENDER).is_empty());
        assert!(bench(uses).findings(124, SENDER).is_empty());

        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: upload, namespace: cx}\n\
                       spec: {type: ExternalName, externalName: api.other.example}\n";
        for (host, found) in [
            ("http://upload/v1", 1),
            ("upload:443", 1),
            ("http://upload.cx", 1),
            ("upload.cx.svc.cluster.local:80", 1),
            ("http://upload.elsewhere", 0),
            ("http://upload.cx.example", 0),
            ("upload", 0),
        ] {
            let bench = bench(&env(host)).with(service);
            assert_eq!(bench.findings(124, SENDER).len(), found, "{host}");
        }
        let words = bench(&env("http://upload")).with(service).findings(124, SENDER).concat();
        assert!(words.contains("names api.other.example (Service cx/upload), an endpoint"), "{words}");
    }

    #[test]
    fn what_no_flow_covers_is_judged_too_and_told_of_its_namespace() {
        let bench = Bench::new(SOUND).with(OTHER).with(&sender("else", &env("https://api.other.example")));
        assert_eq!(bench.findings(124, SENDER).len(), 1);
        assert_eq!(bench.outcome("Namespace/cx"), Outcome::Violating);
        assert_eq!(bench.outcome("CompliancePolicy/gdpr"), Outcome::Violating);
        let elsewhere = bench.with("apiVersion: v1\nkind: Namespace\nmetadata: {name: cx}\n");
        assert!(elsewhere.findings(124, SENDER).is_empty());
    }
}

//! CX209: a link with personal data in what runs.

use std::collections::BTreeMap;

use super::wording::told;
use crate::facts::{MentionedLink, Mentions, Name, Workload};
use crate::links::Link;
use crate::rules::rule::rule;
use crate::rules::{Case, Report};

rule! {
    /// # What it checks
    ///
    /// In a protected namespace, no link carries personal data, or is made for it, that stands
    ///
    /// - in the environment, command or arguments of a workload's containers;
    /// - in a ConfigMap that its pods use: the finding is at the field that names the ConfigMap;
    /// - in the spec or an annotation of an Ingress or HTTPRoute.
    ///
    /// What counts is what CX201 and CX202 look for in the links of surveys: parameters and placeholders named for
    /// personal data, names that `surveys.forbiddenParameters` of the policy forbids (default: none), and values that
    /// are such data, however encoded. Links are those that people follow: `http`, `https`, or no scheme at all. Addresses
    /// of databases and paths of files are none. Of each text the first 256 links are read, and of each object at most
    /// 256 kept, masked. Secrets are never read.
    ///
    /// # Why
    ///
    /// What a survey declares and what is sent may differ. A literal address in a template is sent to everybody, and
    /// every link is kept in histories, logs, proxies and Referer headers on its way.
    ///
    /// # Example
    ///
    /// ```yaml
    /// kind: Deployment
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - env: [{name: FEEDBACK_LINK, value: "https://s.feedbackhub.example/r?u=erika.muster%40mail.example"}]
    /// ```
    ///
    /// # Fix
    ///
    /// Send a random token instead, and keep the map from tokens to customers in a namespace of your own. What was
    /// published: have it removed, from the template and from logs.
    ///
    /// # References
    ///
    /// GDPR Art. 5(1)(c) and (f), Art. 25; CWE-598.
    209 "personal-data-link-in-workload" Enforce since "0.1.0",
    Deployed: workload,
    Route: route,
}

fn workload(case: &Case<'_, Workload>, report: &mut Report<'_>) {
    judge(case, &case.subject.mentions, report);
    for (name, path) in &case.subject.config_maps {
        let Some(named) = case.query.config_map(&case.id.namespace, name).here() else { continue };
        for (key, links) in by_place(&named) {
            if let Some(message) = message(case, &links, &format!(" (ConfigMap {name}, {key})")) {
                report.violation(path.to_string(), message, REMEDY);
            }
        }
    }
}

fn route(case: &Case<'_, Mentions>, report: &mut Report<'_>) {
    judge(case, case.subject, report);
}

/// Reports the links of an object, each at its field.
fn judge<T>(case: &Case<'_, T>, mentions: &Mentions, report: &mut Report<'_>) {
    for (path, links) in by_place(mentions) {
        if let Some(message) = message(case, &links, "") {
            report.violation(path.to_string(), message, REMEDY);
        }
    }
}

fn by_place(mentions: &Mentions) -> BTreeMap<&Name, Vec<&Link>> {
    let mut places: BTreeMap<&Name, Vec<&Link>> = BTreeMap::new();
    for MentionedLink { path, link } in &mentions.links {
        places.entry(path).or_default().push(link);
    }
    places
}

/// What is wrong with the links of one place, in words: the first of them, and how many more there are.
fn message<T>(case: &Case<'_, T>, links: &[&Link], named_in: &str) -> Option<String> {
    let forbidden = &case.policy.surveys.forbidden_parameters;
    let mut wrong = links.iter().filter_map(|link| {
        let forbidden = link.forbidden(forbidden.iter().map(String::as_str));
        let told = told(link.hits.iter().chain(&forbidden))?;
        let to = link.host.as_ref().map(|host| format!(" to {host}")).unwrap_or_default();
        Some(format!("a link{to}{named_in} carries personal data, or is made for it: {told}"))
    });
    let first = wrong.next()?;
    Some(match wrong.count() {
        0 => first,
        more => format!("{first}; and {more} more links there"),
    })
}

const REMEDY: &str =
    "send a random token instead, and have what was published removed, from here and from logs";

#[cfg(test)]
mod tests {
    use super::super::samples::{SOUND, policy};
    use crate::rules::testing::Bench;

    const SENDER: &str = "Deployment/cx/sender";
    const LITERAL: &str = "https://s.example/r?u=erika.muster%40mail.example";

    fn bench(pod: &str) -> Bench {
        Bench::new(SOUND).with(&format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: sender, namespace: cx}}\n\
             spec: {{template: {{spec: {pod}}}}}\n"
        ))
    }

    fn env(value: &str) -> Bench {
        bench(&format!("{{containers: [{{env: [{{name: LINK, value: '{value}'}}]}}]}}"))
    }

    #[test]
    fn a_workload_names_no_link_with_personal_data() {
        let what = "carries personal data, or is made for it";
        for (value, expected) in [
            (
                LITERAL,
                Some(
                    "a link to s.example WHAT: query parameter \"u\" holds an e-mail address (e…@…, percent-encoded)",
                ),
            ),
            (
                "https://s.example/r/{email}",
                Some(
                    "a link to s.example WHAT: path segment 2 has a placeholder for an e-mail address (email)",
                ),
            ),
            ("/r?dob={x}", Some("a link WHAT: query parameter \"dob\" is named for a birth date")),
            (
                "https://a.example/{email} https://b.example/{email} https://c.example/{token}",
                Some(
                    "a link to a.example WHAT: path segment 1 has a placeholder for an e-mail address (email); and 1 \
                     more links there",
                ),
            ),
            ("https://s.example/r/{token}?utm_source=mail", None),
            ("mysql://db.example/cx?user=cx&password=hunter2", None),
            ("/home/$USER/data", None),
            ("support@corp.example", None),
        ] {
            let expected = expected.map(|message| {
                format!("/spec/template/spec/containers/0/env/0/value: {}", message.replace("WHAT", what))
            });
            assert_eq!(env(value).findings(209, SENDER), expected.into_iter().collect::<Vec<_>>(), "{value}");
        }
        for (pod, path) in [
            (format!("{{initContainers: [{{command: [curl, '{LITERAL}']}}]}}"), "initContainers/0/command/1"),
            (format!("{{containers: [{{}}, {{args: ['--link={LITERAL}']}}]}}"), "containers/1/args/0"),
        ] {
            let found = bench(&pod).findings(209, SENDER);
            assert!(
                found.len() == 1 && found[0].starts_with(&format!("/spec/template/spec/{path}: ")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn policies_add_names() {
        let bench = env("https://s.example/r?Loyalty-Number={x}");
        assert!(bench.findings(209, SENDER).is_empty());
        assert_eq!(
            bench.with(&policy("{forbiddenParameters: [loyalty_number]}")).findings(209, SENDER).len(),
            1
        );
    }

    #[test]
    fn configuration_counts_where_a_workload_uses_it() {
        let map = format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: mail, namespace: cx}}\n\
             data: {{body.html: '<a href=\"{LITERAL}\">rate us</a>', other: 'https://s.example/r/{{email}}'}}\n"
        );
        let uses = "{volumes: [{name: v, configMap: {name: mail}}]}";
        let found = bench(uses).with(&map).findings(209, SENDER);
        assert_eq!(found.len(), 2);
        assert!(
            found[0].starts_with(
                "/spec/template/spec/volumes/0: a link to s.example (ConfigMap mail, /data/body.html) carries"
            ),
            "{found:?}"
        );
        assert!(bench("{}").with(&map).findings(209, SENDER).is_empty());
        assert!(bench(uses).findings(209, SENDER).is_empty());
    }

    #[test]
    fn routes_lead_nowhere_with_personal_data() {
        let ingress = format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: r\n  namespace: cx\n  annotations:\n    \
             nginx.ingress.kubernetes.io/permanent-redirect: '{LITERAL}'\n\
             spec: {{rules: [{{host: cx.corp.example}}]}}\n"
        );
        let http = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: cx}\n\
                    spec: {rules: [{filters: [{urlRewrite: {path: {replaceFullPath: '/r?email=x'}}}]}]}\n";
        for (manifest, id, path) in [
            (
                &*ingress,
                "Ingress/cx/r",
                "/metadata/annotations/nginx.ingress.kubernetes.io~1permanent-redirect: ",
            ),
            (http, "HTTPRoute/cx/r", "/spec/rules/0/filters/0/urlRewrite/path/replaceFullPath: "),
        ] {
            let bench = Bench::new(SOUND).with(manifest);
            let found = bench.findings(209, id);
            assert!(found.len() == 1 && found[0].starts_with(path), "{found:?}");
            // A route has no status: it is told of its namespace, and of the policies that select it.
            for above in ["Namespace/cx", "CompliancePolicy/gdpr"] {
                let inherited = bench.judge(above).0.findings;
                assert!(inherited.iter().any(|found| found.subject.to_string() == id), "{above}");
            }
            let elsewhere = bench.with("apiVersion: v1\nkind: Namespace\nmetadata: {name: cx}\n");
            assert!(elsewhere.findings(209, id).is_empty());
        }
    }

    #[test]
    fn what_is_not_protected_is_left_alone() {
        let bench = env(LITERAL);
        assert_eq!(bench.findings(209, SENDER).len(), 1);
        assert!(
            bench
                .with("apiVersion: v1\nkind: Namespace\nmetadata: {name: cx}\n")
                .findings(209, SENDER)
                .is_empty()
        );
    }

    #[test]
    fn nobodys_data_is_shown() {
        let (verdict, _) = env(LITERAL).judge(SENDER);
        assert!(!format!("{verdict:?}").contains("muster"));
    }
}

//! RBAC over the facts: which bindings besides a grant's own give its subject what the grant gave, and what to ask
//! the API server about a role.
//!
//! SubjectAccessReview says whether somebody is still let in and cannot say by which way, nor does it know anybody's
//! groups. Here the ways are named.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::covered::covering;
use super::query::Query;
use super::scope::Scope;
use crate::api::SubjectKind;
use crate::facts::{
    Binding, BindingSubject, Key, Name, ObjectRef, Role, RoleRule, account_groups, account_of,
    account_username,
};

/// One thing that a role allows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// The verb, `*` for all.
    pub verb: Name,
    /// The API group, the core group as the empty string, `*` for all.
    pub group: Name,
    /// The resource, without subresource; `*` for all.
    pub resource: Name,
    /// The subresource, or empty.
    pub subresource: Name,
    /// The object, or empty for all.
    pub name: Name,
}

/// `get configmaps`, `get pods/log`, `list deployments.apps`, `get configmaps/settings` where the object is named.
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        if !self.subresource.is_empty() {
            write!(f, "/{}", self.subresource)?;
        }
        if !self.name.is_empty() {
            write!(f, " named {}", self.name)?;
        }
        Ok(())
    }
}

/// What gives somebody access whose grant has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// What should not be: bindings, each named with the subject by which it reaches, such as
    /// `RoleBinding/cx-feedback/readers (Group insight-analysts)`.
    pub residual: Vec<String>,
    /// What is there for a reason of its own.
    pub retained: Vec<Retained>,
}

impl Left {
    /// What is left of both, each once.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.residual.extend(other.residual);
        self.residual.sort();
        self.residual.dedup();
        self.retained.extend(other.retained);
        self.retained.sort_by(|one, other| one.path.cmp(&other.path));
        self.retained.dedup();
        self
    }
}

/// A binding that gives the same for a reason of its own: another grant, or a subject that the policy trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retained {
    /// The binding with the subject by which it reaches, and the reason.
    pub path: String,
    /// What the binding gives.
    pub role: Arc<Role>,
}

/// The bindings but one that give a subject, in a namespace, something that a role allows.
///
/// Without `groups`, those of the subject are not known, and only the implicit ones are looked at. A role that does
/// not exist allows nothing.
pub fn left(
    query: &Query<'_>,
    namespace: &str,
    subject: &BindingSubject,
    groups: Option<&BTreeSet<String>>,
    role: &ObjectRef,
    except: &ObjectRef,
) -> Left {
    let mut left = Left::default();
    let Some(given) = query.role(role).here() else { return left };
    let policy = query.policy(&Scope::Namespace(namespace.into()));
    let who = Identity::of(subject, groups);
    for id in naming(query, namespace, &who, &subject.name).into_iter().filter(|id| id != except) {
        let Some(binding) = query.binding(&id).here() else { continue };
        let ways = who.ways(&binding);
        let role = query.role(&binding.role).here().filter(|role| !ways.is_empty() && overlap(role, &given));
        let Some(role) = role else { continue };
        for way in ways {
            let path = format!("{id} ({way})");
            let reason = if policy.access.trusts(way) {
                Some(format!("{way} is trusted by the policy"))
            } else {
                covering(query, &id, &binding, way).map(|grant| grant.to_string())
            };
            match reason {
                Some(reason) => {
                    left.retained
                        .push(Retained { path: format!("{path}: {reason}"), role: Arc::clone(&role) });
                }
                None => left.residual.push(path),
            }
        }
    }
    left
}

/// The bindings that count in a namespace: its own, then those of the cluster.
pub(crate) fn bindings_over(query: &Query<'_>, namespace: &str) -> impl Iterator<Item = ObjectRef> + use<> {
    let here = query.members(Key::BindingsIn(namespace.into()));
    let everywhere = query.members(Key::BindingsIn("".into()));
    here.into_iter().chain(everywhere)
}

/// Those of them that have a name of somebody, of the account that they are, or of a group of theirs, in the same order:
/// of very many bindings, the others are of no concern.
fn naming(query: &Query<'_>, namespace: &str, who: &Identity, name: &str) -> BTreeSet<ObjectRef> {
    let account = who.username.as_deref().and_then(account_of).map(|(_, name)| name);
    let names = who.username.as_deref().into_iter().chain(account).chain([name]);
    let names = names.chain(who.groups.iter().map(String::as_str));
    let places = [namespace, ""];
    let keys = names.flat_map(|name| places.map(|place| Key::BindingsInTo(place.into(), name.into())));
    keys.flat_map(|key| query.members(key)).collect()
}

fn overlap(other: &Role, given: &Role) -> bool {
    other.rules.iter().any(|one| given.rules.iter().any(|two| rules_overlap(one, two)))
}

/// Whether a role allows all of a right.
pub(crate) fn allows(role: &Role, right: &Right) -> bool {
    let has = |words: &[Name], word: &Name| words.iter().any(|one| one == word || &**one == "*");
    let named = |rule: &RoleRule| rule.names.is_empty() || rule.names.contains(&right.name);
    let resource = match &*right.subresource {
        "" => right.resource.to_string(),
        subresource => format!("{}/{subresource}", right.resource),
    };
    let reaches = |pattern: &Name| {
        let of_any = || pattern.strip_prefix("*/").is_some_and(|sub| sub == &*right.subresource);
        **pattern == *resource || &**pattern == "*" || of_any()
    };
    role.rules.iter().any(|rule| {
        has(&rule.verbs, &right.verb)
            && has(&rule.groups, &right.group)
            && rule.resources.iter().any(reaches)
            && named(rule)
    })
}

/// Who a subject is to the authorizer: a username, unless it is a group, and the groups it is in.
pub(crate) struct Identity {
    username: Option<String>,
    groups: BTreeSet<String>,
}

impl Identity {
    /// Of a subject, with the groups that are known of it. The implicit ones are added.
    pub(crate) fn of(subject: &BindingSubject, known: Option<&BTreeSet<String>>) -> Self {
        let mut groups = known.cloned().unwrap_or_default();
        groups.insert("system:authenticated".to_owned());
        let username = match subject.kind {
            SubjectKind::User => Some(subject.name.to_string()),
            SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount => Some(account(subject)),
            SubjectKind::Group => {
                // What single members have by other groups of theirs is their own, not the group's.
                groups = BTreeSet::from(["system:authenticated".to_owned(), subject.name.to_string()]);
                None
            }
        };
        if let Some((namespace, _)) = username.as_deref().and_then(account_of) {
            groups.extend(account_groups(namespace));
        }
        Self { username, groups }
    }

    /// Its groups.
    pub(crate) fn groups(&self) -> &BTreeSet<String> {
        &self.groups
    }

    /// The subjects of a binding that are this identity.
    pub(crate) fn ways<'b>(&self, binding: &'b Binding) -> Vec<&'b BindingSubject> {
        binding.subjects.iter().filter(|subject| self.is(subject)).collect()
    }

    /// Whether a subject is this identity, or a group of it.
    pub(crate) fn is(&self, subject: &BindingSubject) -> bool {
        match subject.kind {
            SubjectKind::User => self.username.as_deref() == Some(&*subject.name),
            SubjectKind::Group => self.groups.contains(&*subject.name),
            SubjectKind::ServiceAccount | SubjectKind::IssuedServiceAccount => {
                self.username.as_ref() == Some(&account(subject))
            }
        }
    }
}

/// The username of a service account.
fn account(subject: &BindingSubject) -> String {
    account_username(&subject.namespace, &subject.name)
}

/// Whether some request is allowed by both rules.
pub(crate) fn rules_overlap(one: &RoleRule, two: &RoleRule) -> bool {
    let named =
        || one.names.is_empty() || two.names.is_empty() || meet(&one.names, &two.names, |a, b| a == b);
    meet(&one.verbs, &two.verbs, words_meet)
        && meet(&one.groups, &two.groups, words_meet)
        && meet(&one.resources, &two.resources, resources_meet)
        && named()
}

fn meet(one: &[Name], two: &[Name], same: impl Fn(&str, &str) -> bool) -> bool {
    one.iter().any(|a| two.iter().any(|b| same(a, b)))
}

fn words_meet(one: &str, two: &str) -> bool {
    one == two || one == "*" || two == "*"
}

/// As RBAC reads resources: `*` is every resource and subresource, `*/log` the subresource of any, and `pods` alone
/// says nothing of `pods/log`.
fn resources_meet(one: &str, two: &str) -> bool {
    let covers = |pattern: &str, resource: &str| {
        let sub = pattern.strip_prefix("*/");
        sub.is_some() && sub == resource.split_once('/').map(|(_, sub)| sub)
    };
    words_meet(one, two) || covers(one, two) || covers(two, one)
}

/// What a role allows, at most so many rights: of each rule the first, then of each the second, so that no rule is
/// left out in favour of a long one. Wildcards stay as they are: a review takes them.
pub fn rights(role: &Role, limit: usize) -> Vec<Right> {
    let of_rules: Vec<Vec<Right>> = role.rules.iter().map(|rule| rights_of(rule, limit)).collect();
    let longest = of_rules.iter().map(Vec::len).max().unwrap_or_default();
    let mut rights: Vec<Right> = Vec::new();
    for right in (0..longest).flat_map(|at| of_rules.iter().filter_map(move |rights| rights.get(at))) {
        if rights.len() == limit {
            break;
        }
        if !rights.contains(right) {
            rights.push(right.clone());
        }
    }
    rights
}

fn rights_of(rule: &RoleRule, limit: usize) -> Vec<Right> {
    let any = [Name::from("")];
    let names: &[Name] = if rule.names.is_empty() { &any } else { &rule.names };
    let objects = rule.groups.iter().flat_map(|group| {
        rule.resources.iter().flat_map(move |resource| names.iter().map(move |name| (group, resource, name)))
    });
    let all = objects.flat_map(|(group, resource, name)| {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        rule.verbs.iter().map(move |verb| Right {
            verb: verb.clone(),
            group: group.clone(),
            resource: resource.into(),
            subresource: subresource.into(),
            name: name.clone(),
        })
    });
    all.take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Memos;
    use crate::facts::{Kind, World, read};

    const ROLES: &str = r#"
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: feedback-reader}
rules:
  - {apiGroups: [""], resources: [configmaps], verbs: [get, list]}
  - {apiGroups: [""], resources: [pods/log], verbs: [get]}
"#;

    /// A role `other`, bound to `subject` by a RoleBinding and by a ClusterRoleBinding.
    fn bound(rule: &str, subject: &str) -> String {
        let kind = "apiVersion: rbac.authorization.k8s.io/v1\nkind:";
        format!(
            "---\n{kind} ClusterRole\nmetadata: {{name: other}}\nrules: [{rule}]\n\
             ---\n{kind} RoleBinding\nmetadata: {{name: here, namespace: cx-feedback}}\n\
             roleRef: {{kind: ClusterRole, name: other}}\nsubjects: [{subject}]\n\
             ---\n{kind} ClusterRoleBinding\nmetadata: {{name: everywhere}}\n\
             roleRef: {{kind: ClusterRole, name: other}}\nsubjects: [{subject}]\n"
        )
    }

    fn residual(manifests: &str, subject: &BindingSubject, groups: Option<&[&str]>) -> Vec<String> {
        found(manifests, subject, groups).residual
    }

    fn found(manifests: &str, subject: &BindingSubject, groups: Option<&[&str]>) -> Left {
        let mut world = World::new();
        let documents: Vec<serde_json::Value> =
            serde_saphyr::from_multiple(&format!("{ROLES}{manifests}")).unwrap();
        for document in &documents {
            let (id, fact) = read(document).unwrap();
            world.set(&id, Some(fact));
        }
        let memos = Memos::new();
        let query = Query::new(&world, &memos, jiff::Timestamp::UNIX_EPOCH);
        let groups = groups.map(|groups| groups.iter().map(ToString::to_string).collect());
        let role = ObjectRef::cluster(Kind::ClusterRole, "feedback-reader");
        let own = ObjectRef::namespaced(Kind::RoleBinding, "cx-feedback", "cxguard-own");
        left(&query, "cx-feedback", subject, groups.as_ref(), &role, &own)
    }

    fn subject(kind: SubjectKind, namespace: &str, name: &str) -> BindingSubject {
        BindingSubject { kind, namespace: namespace.into(), name: name.into() }
    }

    fn ann() -> BindingSubject {
        subject(SubjectKind::User, "", "ann@corp.example")
    }

    const READ: &str = "{apiGroups: [\"\"], resources: [configmaps], verbs: [get]}";

    #[test]
    fn a_group_that_still_gives_access_is_named() {
        let manifests = bound(READ, "{kind: Group, name: insight-analysts}");
        assert_eq!(
            residual(&manifests, &ann(), Some(&["insight-analysts"])),
            [
                "RoleBinding/cx-feedback/here (Group insight-analysts)",
                "ClusterRoleBinding/everywhere (Group insight-analysts)"
            ]
        );
        assert!(residual(&manifests, &ann(), Some(&["marketing"])).is_empty());
        assert!(residual(&manifests, &ann(), None).is_empty());
        let group = subject(SubjectKind::Group, "", "insight-analysts");
        assert_eq!(residual(&manifests, &group, None).len(), 2);
    }

    #[test]
    fn everybody_is_in_the_implicit_groups() {
        let all = bound(READ, "{kind: Group, name: \"system:authenticated\"}");
        let sender = subject(SubjectKind::ServiceAccount, "cx-feedback", "sender");
        let as_user = subject(SubjectKind::User, "", "system:serviceaccount:cx-feedback:sender");
        let group = subject(SubjectKind::Group, "", "insight-analysts");
        for who in [&ann(), &sender, &as_user, &group] {
            assert_eq!(residual(&all, who, None).len(), 2, "{who:?}");
        }
        for name in ["system:serviceaccounts", "system:serviceaccounts:cx-feedback"] {
            let accounts = bound(READ, &format!("{{kind: Group, name: \"{name}\"}}"));
            assert_eq!(residual(&accounts, &sender, None).len(), 2, "{name}");
            assert_eq!(residual(&accounts, &as_user, None).len(), 2, "{name}");
            assert!(residual(&accounts, &ann(), None).is_empty(), "{name}");
        }
        let direct = bound(READ, "{kind: ServiceAccount, namespace: cx-feedback, name: sender}");
        assert_eq!(
            residual(&direct, &as_user, None).first().map(String::as_str),
            Some("RoleBinding/cx-feedback/here (ServiceAccount cx-feedback/sender)")
        );
        let elsewhere = subject(SubjectKind::ServiceAccount, "cx-identity", "sender");
        assert!(residual(&direct, &elsewhere, None).is_empty());
    }

    #[test]
    fn each_binding_of_a_grant_is_told_with_its_own() {
        let both = ["a", "b"].map(|name| {
            format!(
                "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n\
                 metadata: {{name: cxguard-{name}, namespace: cx-feedback, labels: {{cxguard.dev/grant-uid: u}}}}\n\
                 roleRef: {{kind: ClusterRole, name: feedback-reader}}\n\
                 subjects: [{{kind: User, name: ann@corp.example}}]\n\
                 ---\napiVersion: cxguard.dev/v1alpha1\nkind: AccessGrant\n\
                 metadata: {{name: {name}, namespace: cx-feedback}}\n\
                 spec: {{subject: {{kind: User, name: ann@corp.example}}, role: {{kind: ClusterRole, name: feedback-reader}}}}\n"
            )
        });
        let retained = found(&both.concat(), &ann(), None).retained;
        let told: Vec<&str> = retained.iter().map(|retained| &*retained.path).collect();
        assert_eq!(
            told,
            ["a", "b"].map(|name| format!(
                "RoleBinding/cx-feedback/cxguard-{name} (User ann@corp.example): AccessGrant/cx-feedback/{name}"
            ))
        );
    }

    #[test]
    fn the_binding_of_another_grant_counts_and_the_own_does_not() {
        let binding = |name: &str| {
            format!(
                "---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n\
                 metadata: {{name: {name}, namespace: cx-feedback, labels: {{cxguard.dev/grant-uid: u}}}}\n\
                 roleRef: {{kind: ClusterRole, name: feedback-reader}}\n\
                 subjects: [{{kind: User, name: ann@corp.example}}]\n"
            )
        };
        let manifests = binding("cxguard-own") + &binding("cxguard-another");
        assert_eq!(
            residual(&manifests, &ann(), None),
            ["RoleBinding/cx-feedback/cxguard-another (User ann@corp.example)"]
        );
        let elsewhere = binding("cxguard-another").replace("cx-feedback", "cx-identity");
        assert!(residual(&elsewhere, &ann(), None).is_empty());
    }

    #[test]
    fn what_another_grant_or_the_policy_gives_is_retained() {
        let grant = |name: &str, role: &str, expires: &str| {
            format!(
                "---\napiVersion: cxguard.dev/v1alpha1\nkind: AccessGrant\nmetadata: {{name: {name}, namespace: cx-feedback}}\n\
                 spec: {{subject: {{kind: User, name: ann@corp.example}}, role: {{kind: ClusterRole, name: {role}}}, \
                 dataForm: Aggregate, expiresAt: '{expires}', approval: {{by: lead, at: '1969-12-31T00:00:00Z'}}}}\n"
            )
        };
        let by_hand = bound(READ, "{kind: User, name: ann@corp.example}");
        let both = [
            "RoleBinding/cx-feedback/here (User ann@corp.example)",
            "ClusterRoleBinding/everywhere (User ann@corp.example)",
        ];
        let shown = |manifests: &str| {
            let Left { residual, retained } = found(manifests, &ann(), None);
            (residual, retained.into_iter().map(|retained| retained.path).collect::<Vec<_>>())
        };
        let live = grant("live", "other", "1970-02-01T00:00:00Z");
        // No grant covers what holds in the whole cluster.
        let covered = format!("{}: AccessGrant/cx-feedback/live", both[0]);
        assert_eq!(shown(&(by_hand.clone() + &live)), (vec![both[1].to_owned()], vec![covered]));
        for none in [
            grant("over", "other", "1969-12-31T12:00:00Z"),
            grant("wider", "feedback-reader", "1970-02-01T00:00:00Z"),
            live.replace("ann@", "ben@"),
            live.replace("namespace: cx-feedback", "namespace: cx-identity"),
        ] {
            assert_eq!(
                shown(&(by_hand.clone() + &none)),
                (both.map(str::to_owned).to_vec(), Vec::new()),
                "{none}"
            );
        }
        let policy = |spec: &str| {
            format!(
                "---\napiVersion: cxguard.dev/v1alpha1\nkind: CompliancePolicy\nmetadata: {{name: p}}\n\
                 spec: {{namespaceSelector: {{}}, access: {{trustedSubjects: [{spec}]}}}}\n\
                 ---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: cx-feedback}}\n"
            )
        };
        let trusted = both.map(|path| format!("{path}: User ann@corp.example is trusted by the policy"));
        assert_eq!(shown(&(by_hand.clone() + &policy("ann@*"))), (Vec::new(), trusted.to_vec()));
        assert_eq!(shown(&(by_hand + &policy("ben@*"))).1, Vec::<String>::new());
    }

    #[cfg(feature = "cluster")]
    #[test]
    fn a_role_allows_a_right_only_as_a_whole() {
        let rule = |verbs: &str, groups: &str, resources: &str, names: &[&str]| {
            let words = |text: &str| text.split(' ').map(Name::from).collect::<Vec<_>>();
            let groups = groups.split(' ').map(|group| Name::from(group.trim_matches('-'))).collect();
            let names = names.iter().map(|name| Name::from(*name)).collect();
            Role {
                rules: vec![RoleRule { verbs: words(verbs), groups, resources: words(resources), names }],
                ..Role::default()
            }
        };
        let right = |verb: &str, group: &str, resource: &str, subresource: &str, name: &str| Right {
            verb: verb.into(),
            group: group.into(),
            resource: resource.into(),
            subresource: subresource.into(),
            name: name.into(),
        };
        let get = right("get", "", "configmaps", "", "");
        for (role, right, expected) in [
            (rule("get list", "-", "configmaps", &[]), &get, true),
            (rule("*", "*", "*", &[]), &get, true),
            (rule("list", "-", "configmaps", &[]), &get, false),
            (rule("get", "apps", "configmaps", &[]), &get, false),
            (rule("get", "-", "secrets", &[]), &get, false),
            (rule("get", "-", "configmaps", &["settings"]), &get, false),
            (
                rule("get", "-", "configmaps", &["settings"]),
                &right("get", "", "configmaps", "", "settings"),
                true,
            ),
            (rule("get", "-", "configmaps", &[]), &right("*", "", "configmaps", "", ""), false),
            (rule("get", "-", "*/log", &[]), &right("get", "", "pods", "log", ""), true),
            (rule("get", "-", "pods", &[]), &right("get", "", "pods", "log", ""), false),
            (rule("get", "-", "*/log", &[]), &right("get", "", "pods", "", ""), false),
        ] {
            assert_eq!(allows(&role, right), expected, "{role:?} {right}");
        }
    }

    #[test]
    fn only_roles_that_allow_some_of_the_same_count() {
        let gives = |groups: &str, resources: &str, verbs: &str, more: &str| {
            let rule = format!("{{apiGroups: [{groups}], resources: [{resources}], verbs: [{verbs}]{more}}}");
            !residual(&bound(&rule, "{kind: User, name: ann@corp.example}"), &ann(), None).is_empty()
        };
        assert!(gives("\"\"", "configmaps", "get", ""));
        assert!(gives("\"*\"", "\"*\"", "\"*\"", ""));
        assert!(gives("\"\"", "configmaps", "list", ", resourceNames: [settings]"));
        assert!(gives("\"\"", "\"*/log\"", "get", ""));
        assert!(gives("\"\"", "pods/log", "get", ""));
        assert!(!gives("\"\"", "configmaps", "delete", ""));
        assert!(!gives("apps", "configmaps", "get", ""));
        assert!(!gives("\"\"", "secrets", "get", ""));
        assert!(!gives("\"\"", "pods", "get", ""));
        assert!(!gives("\"\"", "\"*/exec\"", "get", ""));
        assert!(!gives("", "", "get", ", nonResourceURLs: [/metrics]"));
    }

    #[test]
    fn names_meet_only_where_they_agree() {
        let rule = |names: &[&str]| RoleRule {
            verbs: vec!["get".into()],
            groups: vec!["".into()],
            resources: vec!["configmaps".into()],
            names: names.iter().map(|name| Name::from(*name)).collect(),
        };
        assert!(rules_overlap(&rule(&["a"]), &rule(&["a", "b"])));
        assert!(rules_overlap(&rule(&[]), &rule(&["b"])));
        assert!(!rules_overlap(&rule(&["a"]), &rule(&["b"])));
    }

    #[test]
    fn a_sample_of_rights_leaves_no_rule_out() {
        let entry = |verbs: &[&str], group: &str, resource: &str, names: &[&str]| RoleRule {
            verbs: verbs.iter().map(|verb| Name::from(*verb)).collect(),
            groups: vec![group.into()],
            resources: vec![resource.into()],
            names: names.iter().map(|name| Name::from(*name)).collect(),
        };
        let role = Role {
            rules: vec![
                entry(&["get", "list", "watch"], "", "configmaps", &[]),
                entry(&["get"], "", "pods/log", &[]),
                entry(&["*"], "apps", "*", &["sender"]),
            ],
            ..Role::default()
        };
        let texts = |limit| rights(&role, limit).iter().map(ToString::to_string).collect::<Vec<_>>();
        let all = [
            "get configmaps",
            "get pods/log",
            "* *.apps named sender",
            "list configmaps",
            "watch configmaps",
        ];
        assert_eq!(texts(16), all);
        assert_eq!(texts(3), all[..3]);
        assert!(texts(0).is_empty());
    }
}

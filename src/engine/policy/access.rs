//! What is demanded of grants, composed.

use std::collections::{BTreeMap, BTreeSet};

use super::narrower;
use crate::api::{
    AccessGrantSpec, ApprovalPolicy, CompliancePolicySpec, DataForm, EmergencyPolicy, MembersWithoutPapers,
    PersonType, SubjectKind, UngovernedAction,
};
use crate::facts::BindingSubject;
use crate::values::Period;

/// What is demanded of grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessDemands {
    /// The longest grant to an employee.
    pub employee: Period,
    /// The longest grant to a consultant.
    pub consultant: Period,
    /// Whether somebody else must approve.
    pub approval: bool,
    /// How often a grant is reviewed.
    pub review_every: Period,
    /// How often a consultant's grant is reviewed.
    pub consultant_review_every: Period,
    /// For how long an overdue review is tolerated.
    pub review_grace: Period,
    /// The roles that may be granted; absent: any.
    pub grantable_roles: Option<BTreeSet<String>>,
    /// The most that a job role may see; `consultant` is the ceiling of every consultant.
    pub data_forms: BTreeMap<String, DataForm>,
    /// After how long without use a grant counts as unused.
    pub unused_after: Period,
    /// The users and groups that need no grant, by name or by a beginning that ends with `*`, as each policy lists
    /// them: a name is trusted if every list has it.
    pub trusted_subjects: BTreeSet<BTreeSet<String>>,
    /// What is done about bindings that no grant covers.
    pub ungoverned: UngovernedAction,
    /// For how long such a binding may stay before it is removed.
    pub ungoverned_grace: Period,
    /// Grants that their requester approves in an emergency.
    pub emergency: EmergencyDemands,
    /// What happens to a grant to a group with members whose papers are missing.
    pub group_members_without_papers: MembersWithoutPapers,
}

/// What is demanded of grants that their requester approves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmergencyDemands {
    /// Whether there are any.
    pub allowed: bool,
    /// The longest.
    pub max_duration: Period,
    /// How soon they are reviewed.
    pub review_within: Period,
    /// The groups whose members may.
    pub groups: BTreeSet<String>,
}

/// The entry of `dataForms` that is the ceiling of every consultant.
pub const CONSULTANT: &str = "consultant";

/// Whether two names of job roles mean the same: a capital letter or a space opens nothing.
pub fn same_name(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

impl AccessDemands {
    /// The most that a job role may see, and the entry that says so: of several spellings the lowest.
    pub fn ceiling(&self, job: &str) -> Option<(&str, DataForm)> {
        let entries = self.data_forms.iter().filter(|(entry, _)| same_name(entry, job));
        entries.map(|(entry, most)| (entry.as_str(), *most)).min_by_key(|(_, most)| *most)
    }

    /// The longest grant to such a person. Of somebody unknown the shorter is demanded.
    pub fn max_duration(&self, person: Option<PersonType>) -> Period {
        match person {
            Some(PersonType::Employee) => self.employee,
            Some(PersonType::Consultant) => self.consultant,
            None => self.employee.min(self.consultant),
        }
    }

    /// The longest that this grant may last. An emergency is short, whoever approved it.
    pub fn longest(&self, grant: &AccessGrantSpec, person: Option<PersonType>) -> Period {
        let usual = self.max_duration(person);
        if grant.emergency == Some(true) { usual.min(self.emergency.max_duration) } else { usual }
    }

    /// Whether a user or group needs no grant. Accounts of machines, and groups that everybody is in, always do.
    pub fn trusts(&self, subject: &BindingSubject) -> bool {
        let name = &*subject.name;
        let kind_fits = matches!(subject.kind, SubjectKind::User | SubjectKind::Group);
        // Some distributions have further groups of everybody, such as system:authenticated:oauth.
        let excepted = ["system:serviceaccount", "system:authenticated", "system:unauthenticated"]
            .iter()
            .any(|start| name.starts_with(start))
            || name == "system:anonymous";
        let matches = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        };
        kind_fits && !excepted && self.trusted_subjects.iter().all(|list| list.iter().any(matches))
    }
}

impl AccessDemands {
    pub(super) fn from_spec(spec: &CompliancePolicySpec) -> Self {
        let given = spec.access.clone().unwrap_or_default();
        let longest = given.max_duration.unwrap_or_default();
        let trusted = given.trusted_subjects.unwrap_or_else(|| vec!["system:*".to_owned()]);
        Self {
            employee: longest.employee.unwrap_or(Period::days(180)),
            consultant: longest.consultant.unwrap_or(Period::days(90)),
            approval: given.approval.unwrap_or(ApprovalPolicy::Required) == ApprovalPolicy::Required,
            review_every: given.review_every.unwrap_or(Period::days(90)),
            consultant_review_every: given.consultant_review_every.unwrap_or(Period::days(30)),
            review_grace: given.review_grace.unwrap_or(Period::days(14)),
            grantable_roles: given.grantable_roles.map(BTreeSet::from_iter),
            data_forms: given.data_forms.unwrap_or_default(),
            unused_after: given.unused_after.unwrap_or(Period::days(90)),
            trusted_subjects: BTreeSet::from([trusted.into_iter().collect()]),
            ungoverned: given.ungoverned.unwrap_or(UngovernedAction::Report),
            ungoverned_grace: given.ungoverned_grace.unwrap_or(Period::hours(24)),
            emergency: EmergencyDemands::from_spec(given.emergency.unwrap_or_default()),
            group_members_without_papers: given
                .group_members_without_papers
                .unwrap_or(MembersWithoutPapers::KeepPending),
        }
    }

    pub(super) fn strictest(mut self, other: Self) -> Self {
        self.employee = self.employee.min(other.employee);
        self.consultant = self.consultant.min(other.consultant);
        self.approval |= other.approval;
        self.review_every = self.review_every.min(other.review_every);
        self.consultant_review_every = self.consultant_review_every.min(other.consultant_review_every);
        self.review_grace = self.review_grace.min(other.review_grace);
        self.grantable_roles = narrower(self.grantable_roles, other.grantable_roles);
        for (job, form) in other.data_forms {
            let ceiling = self.data_forms.entry(job).or_insert(form);
            *ceiling = form.min(*ceiling);
        }
        self.unused_after = self.unused_after.min(other.unused_after);
        self.trusted_subjects.extend(other.trusted_subjects);
        self.ungoverned = self.ungoverned.max(other.ungoverned);
        self.ungoverned_grace = self.ungoverned_grace.min(other.ungoverned_grace);
        self.emergency = self.emergency.strictest(&other.emergency);
        self.group_members_without_papers =
            self.group_members_without_papers.min(other.group_members_without_papers);
        self
    }
}

impl EmergencyDemands {
    fn from_spec(given: EmergencyPolicy) -> Self {
        Self {
            allowed: given.allowed.unwrap_or(false),
            max_duration: given.max_duration.unwrap_or(Period::hours(4)),
            review_within: given.review_within.unwrap_or(Period::hours(72)),
            groups: given.groups.unwrap_or_default().into_iter().collect(),
        }
    }

    fn strictest(self, other: &Self) -> Self {
        Self {
            allowed: self.allowed && other.allowed,
            max_duration: self.max_duration.min(other.max_duration),
            review_within: self.review_within.min(other.review_within),
            groups: &self.groups & &other.groups,
        }
    }
}

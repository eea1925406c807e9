//! The laws of composition.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::api::{
    AccessPolicy, AdmissionAction, AdmissionPolicy, AiPolicy, ApprovalPolicy, BackupPolicy, DataForm,
    EmergencyPolicy, HostingPolicy, IncidentPolicy, MaxDuration, Mechanism, MembersWithoutPapers, PersonType,
    Regime, ResidencyPolicy, RuleSetting, Standard, SurveyPolicy, TrainingPolicy, UngovernedAction,
    VendorPolicy, WorkloadPlaces,
};
use crate::rules::RULES;
use crate::values::{Country, Period};

/// The texts of a few values: policies that share some fields meet in interesting ways.
fn some<T: std::str::FromStr + Clone + std::fmt::Debug>(
    texts: &'static [&'static str],
) -> impl Strategy<Value = T> {
    select(texts).prop_map(|text| text.parse().ok().unwrap())
}

fn period() -> impl Strategy<Value = Option<Period>> {
    option::of(some::<Period>(&["1h", "24h", "1d", "30d", "90d", "400d"]))
}

fn name() -> impl Strategy<Value = String> {
    some::<String>(&["a", "b", "consultant"])
}

fn access() -> impl Strategy<Value = AccessPolicy> {
    let periods = (period(), period(), period(), period(), period());
    let sets = (
        option::of(select(ApprovalPolicy::ALL)),
        option::of(vec(name(), 0..3)),
        option::of(btree_map(name(), select(DataForm::ALL), 0..3)),
    );
    let further = (
        (period(), period(), option::of(vec(name(), 0..3))),
        (option::of(select(UngovernedAction::ALL)), option::of(select(MembersWithoutPapers::ALL))),
        option::of(emergency()),
    );
    (periods, sets, further).prop_map(
        |(
            (employee, consultant, reviews, consultants, grace),
            (approval, roles, forms),
            ((unused_after, ungoverned_grace, trusted_subjects), (ungoverned, members), emergency),
        )| AccessPolicy {
            unused_after,
            ungoverned_grace,
            trusted_subjects,
            ungoverned,
            group_members_without_papers: members,
            emergency,
            max_duration: Some(MaxDuration { employee, consultant }),
            approval,
            review_every: reviews,
            consultant_review_every: consultants,
            review_grace: grace,
            grantable_roles: roles,
            data_forms: forms,
        },
    )
}

fn emergency() -> impl Strategy<Value = EmergencyPolicy> {
    (option::of(any::<bool>()), period(), period(), option::of(vec(name(), 0..3))).prop_map(
        |(allowed, max_duration, review_within, groups)| EmergencyPolicy {
            allowed,
            max_duration,
            review_within,
            groups,
        },
    )
}

fn vendors() -> impl Strategy<Value = VendorPolicy> {
    let certifications = option::of(vec(select(Standard::ALL), 0..3));
    (certifications, period(), period(), period()).prop_map(
        |(certifications, review_every, breach_notice, soc2_max_age)| VendorPolicy {
            certifications,
            review_every,
            breach_notice,
            soc2_max_age,
        },
    )
}

fn surveys() -> impl Strategy<Value = SurveyPolicy> {
    (option::of(64..256), period(), period(), option::of(vec(name(), 0..3))).prop_map(
        |(min_token_bits, audit_every, link_max_age, forbidden_parameters)| SurveyPolicy {
            min_token_bits,
            audit_every,
            link_max_age,
            forbidden_parameters,
        },
    )
}

fn ai() -> impl Strategy<Value = AiPolicy> {
    (option::of(select(TrainingPolicy::ALL)), option::of(select(HostingPolicy::ALL)))
        .prop_map(|(training, hosting)| AiPolicy { training, hosting })
}

fn readiness() -> impl Strategy<Value = (IncidentPolicy, BackupPolicy, AdmissionPolicy)> {
    let action = || option::of(select(AdmissionAction::ALL));
    ((period(), period(), period()), (period(), period()), (action(), action())).prop_map(
        |(
            (notify_within, plan_review_every, drill_every),
            (max_age, restore_test_every),
            (unknown, paperwork),
        )| {
            (
                IncidentPolicy { notify_within, plan_review_every, drill_every },
                BackupPolicy { max_age, restore_test_every },
                AdmissionPolicy { unknown, paperwork },
            )
        },
    )
}

fn residency() -> impl Strategy<Value = ResidencyPolicy> {
    let country = || some::<Country>(&["DE", "NL", "US"]);
    let demands = (
        option::of(select(Regime::ALL)),
        option::of(vec(country(), 0..3)),
        option::of(select(WorkloadPlaces::ALL)),
        option::of(vec(select(Mechanism::ALL), 0..3)),
    );
    let further = (period(), option::of(any::<bool>()));
    let facts =
        (option::of(name()), option::of(vec(name(), 0..3)), option::of(btree_map(name(), country(), 0..3)));
    (demands, further, facts).prop_map(
        |(
            (regime, countries, workloads, mechanisms),
            (assessment_max_age, pin),
            (provider, regions, overrides),
        )| ResidencyPolicy {
            assessment_max_age,
            pin,
            regime,
            allowed_countries: countries,
            workloads,
            mechanisms,
            provider,
            regions,
            region_overrides: overrides,
        },
    )
}

fn spec() -> impl Strategy<Value = CompliancePolicySpec> {
    let codes: Vec<String> = RULES.iter().map(|rule| rule.code.to_string()).collect();
    let rules = btree_map(select(codes), select(RuleMode::ALL), 0..4);
    let modes = (option::of(select(Mode::ALL)), option::of(rules));
    let data = (option::of(residency()), option::of(vendors()), option::of(surveys()), option::of(ai()));
    (modes, data, option::of(access()), option::of(readiness())).prop_map(
        |((mode, rules), (residency, vendors, surveys, ai), access, readiness)| CompliancePolicySpec {
            vendors,
            surveys,
            ai,
            incidents: readiness.clone().map(|(incidents, _, _)| incidents),
            backups: readiness.clone().map(|(_, backups, _)| backups),
            admission: readiness.map(|(_, _, admission)| admission),
            mode,
            rules: rules
                .map(|rules| rules.into_iter().map(|(code, mode)| RuleSetting { code, mode }).collect()),
            residency,
            access,
            owner: None,
            namespace_selector: None,
        },
    )
}

/// A policy as the engine has it; also of a namespace that is protected by its label, and beside an unreadable one.
fn policy() -> impl Strategy<Value = Policy> {
    (vec(spec(), 0..3), any::<bool>(), option::of(name())).prop_map(|(specs, protected, unreadable)| {
        let mut policy = Policy::compose(&specs);
        policy.protected = protected;
        policy.unreadable.extend(unreadable);
        policy
    })
}

/// Whether a set allows no more than another, where an absent one allows any.
fn narrows<T: Ord>(one: Option<&BTreeSet<T>>, other: Option<&BTreeSet<T>>) -> bool {
    other.is_none_or(|other| one.is_some_and(|one| one.is_subset(other)))
}

/// The fields in which a policy demands less than another. Regions are facts about the cluster, and demand nothing.
fn weaker(one: &Policy, other: &Policy) -> Vec<&'static str> {
    let (at, there) = (&one.residency, &other.residency);
    let (access, theirs) = (&one.access, &other.access);
    let forms = theirs.data_forms.iter();
    let overrides = there.region_overrides.iter();
    let mut holds = further(one, other);
    holds.extend([
        ("protected", one.protected >= other.protected),
        ("unreadable", one.unreadable.is_superset(&other.unreadable)),
        ("modes", RULES.iter().all(|rule| one.mode(rule) >= other.mode(rule))),
        ("regimes", at.regimes.is_superset(&there.regimes)),
        ("allowedCountries", narrows(at.allowed_countries.as_ref(), there.allowed_countries.as_ref())),
        ("workloads", at.workloads.is_superset(&there.workloads)),
        ("mechanisms", at.mechanisms.is_subset(&there.mechanisms)),
        ("providers", at.providers.is_superset(&there.providers)),
        (
            "regionOverrides",
            overrides.clone().all(|(region, named)| {
                at.region_overrides.get(region).is_some_and(|countries| countries.is_superset(named))
            }),
        ),
        ("employee", access.employee <= theirs.employee),
        ("consultant", access.consultant <= theirs.consultant),
        ("approval", access.approval >= theirs.approval),
        ("reviewEvery", access.review_every <= theirs.review_every),
        ("consultantReviewEvery", access.consultant_review_every <= theirs.consultant_review_every),
        ("reviewGrace", access.review_grace <= theirs.review_grace),
        ("grantableRoles", narrows(access.grantable_roles.as_ref(), theirs.grantable_roles.as_ref())),
        (
            "dataForms",
            forms.clone().all(|(job, form)| access.data_forms.get(job).is_some_and(|most| most <= form)),
        ),
    ]);
    holds.into_iter().filter(|(_, holds)| !holds).map(|(field, _)| field).collect()
}

/// The same of the fields that few rules read.
fn further(one: &Policy, other: &Policy) -> Vec<(&'static str, bool)> {
    let (vendors, their_vendors) = (&one.vendors, &other.vendors);
    let (surveys, their_surveys) = (&one.surveys, &other.surveys);
    let (access, theirs) = (&one.access, &other.access);
    let (emergency, their_emergency) = (&access.emergency, &theirs.emergency);
    vec![
        ("assessmentMaxAge", one.residency.assessment_max_age <= other.residency.assessment_max_age),
        ("pin", one.residency.pin >= other.residency.pin),
        ("certifications", vendors.certifications.is_superset(&their_vendors.certifications)),
        ("vendors.reviewEvery", vendors.review_every <= their_vendors.review_every),
        ("breachNotice", vendors.breach_notice <= their_vendors.breach_notice),
        ("soc2MaxAge", vendors.soc2_max_age <= their_vendors.soc2_max_age),
        ("minTokenBits", surveys.min_token_bits >= their_surveys.min_token_bits),
        ("auditEvery", surveys.audit_every <= their_surveys.audit_every),
        ("linkMaxAge", surveys.link_max_age <= their_surveys.link_max_age),
        (
            "forbiddenParameters",
            surveys.forbidden_parameters.is_superset(&their_surveys.forbidden_parameters),
        ),
        ("training", one.ai.training <= other.ai.training),
        ("hosting", one.ai.hosting >= other.ai.hosting),
        ("unusedAfter", access.unused_after <= theirs.unused_after),
        ("trustedSubjects", access.trusted_subjects.is_superset(&theirs.trusted_subjects)),
        ("ungoverned", access.ungoverned >= theirs.ungoverned),
        ("ungovernedGrace", access.ungoverned_grace <= theirs.ungoverned_grace),
        ("emergency.allowed", emergency.allowed <= their_emergency.allowed),
        ("emergency.maxDuration", emergency.max_duration <= their_emergency.max_duration),
        ("emergency.reviewWithin", emergency.review_within <= their_emergency.review_within),
        ("emergency.groups", emergency.groups.is_subset(&their_emergency.groups)),
        (
            "groupMembersWithoutPapers",
            access.group_members_without_papers <= theirs.group_members_without_papers,
        ),
        ("notifyWithin", one.incidents.notify_within <= other.incidents.notify_within),
        ("planReviewEvery", one.incidents.plan_review_every <= other.incidents.plan_review_every),
        ("drillEvery", one.incidents.drill_every <= other.incidents.drill_every),
        ("maxAge", one.backups.max_age <= other.backups.max_age),
        ("restoreTestEvery", one.backups.restore_test_every <= other.backups.restore_test_every),
        ("unknown", one.admission.unknown >= other.admission.unknown),
        ("paperwork", one.admission.paperwork >= other.admission.paperwork),
    ]
}

proptest! {
    #[test]
    fn order_does_not_matter(one in policy(), two in policy(), three in policy()) {
        prop_assert_eq!(one.clone().strictest(two.clone()), two.clone().strictest(one.clone()));
        let left = one.clone().strictest(two.clone()).strictest(three.clone());
        prop_assert_eq!(left, one.strictest(two.strictest(three)));
    }

    #[test]
    fn saying_it_twice_adds_nothing(one in policy(), two in policy()) {
        prop_assert_eq!(one.clone().strictest(one.clone()), one.clone());
        let both = one.clone().strictest(two);
        prop_assert_eq!(both.clone().strictest(one), both);
    }

    #[test]
    fn a_further_policy_never_allows_more(one in policy(), two in policy()) {
        let both = one.clone().strictest(two.clone());
        prop_assert_eq!(weaker(&both, &one), Vec::<&str>::new());
        prop_assert_eq!(weaker(&both, &two), Vec::<&str>::new());
    }

    #[test]
    fn objects_compose_in_any_order(specs in vec(spec(), 1..4)) {
        let all = Policy::compose(&specs);
        prop_assert_eq!(&Policy::compose(specs.iter().rev()), &all);
        prop_assert_eq!(&Policy::compose(specs.iter().chain(&specs)), &all);
    }
}

#[test]
fn the_strongest_mode_wins_and_a_rule_is_off_only_if_all_say_so() {
    let spec = |mode: Option<Mode>, rule: Option<RuleMode>| CompliancePolicySpec {
        mode,
        rules: rule.map(|mode| vec![RuleSetting { code: "CX601".to_owned(), mode }]),
        ..CompliancePolicySpec::default()
    };
    let mode =
        |specs: &[CompliancePolicySpec]| Policy::compose(specs).mode(crate::rules::find(Code(601)).unwrap());
    let (off, warn, audit) = (
        spec(None, Some(RuleMode::Disabled)),
        spec(None, Some(RuleMode::Warn)),
        spec(Some(Mode::Audit), None),
    );
    assert_eq!(mode(&[]), Some(Mode::Enforce));
    assert_eq!(mode(std::slice::from_ref(&off)), None);
    assert_eq!(mode(&[off.clone(), warn.clone()]), Some(Mode::Warn));
    assert_eq!(mode(std::slice::from_ref(&audit)), Some(Mode::Audit));
    assert_eq!(mode(&[audit, spec(None, None), warn]), Some(Mode::Enforce));
    // What a policy sets for one rule holds exactly, also above the most that it lets any rule do.
    assert_eq!(mode(&[spec(Some(Mode::Audit), Some(RuleMode::Enforce))]), Some(Mode::Enforce));
    assert_eq!(mode(&[off.clone(), off]), None);
}

#[test]
fn without_a_policy_the_defaults_hold() {
    let policy = Policy::compose([]);
    assert_eq!(policy, Policy::from_spec(&CompliancePolicySpec::default()));
    assert_eq!(policy.access.max_duration(Some(PersonType::Employee)), Period::days(180));
    assert_eq!(policy.access.max_duration(Some(PersonType::Consultant)), Period::days(90));
    assert_eq!(policy.access.max_duration(None), Period::days(90));
    assert_eq!(policy.access.review_every, Period::days(90));
    assert_eq!(policy.access.consultant_review_every, Period::days(30));
    assert!(policy.access.approval && policy.access.grantable_roles.is_none());
    assert_eq!(policy.vendors.certifications, BTreeSet::from([Standard::ALL.iter().copied().collect()]));
    assert_eq!((policy.vendors.breach_notice, policy.surveys.min_token_bits), (Period::hours(24), 128));
    assert_eq!((policy.ai.training, policy.ai.hosting), (TrainingPolicy::Forbidden, HostingPolicy::Any));
    assert_eq!(policy.incidents.notify_within, Period::hours(72));
    assert_eq!(
        (policy.backups.max_age, policy.backups.restore_test_every),
        (Period::hours(24), Period::days(90))
    );
    assert!(!policy.access.emergency.allowed && !policy.residency.pin);
    assert_eq!(policy.admission.paperwork, AdmissionAction::Warn);
}

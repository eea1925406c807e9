//! The laws of composition.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::api::{AccessPolicy, MaxDuration, ResidencyPolicy, RuleSetting};
use crate::rules::RULES;

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
    (periods, sets).prop_map(
        |((employee, consultant, reviews, consultants, grace), (approval, roles, forms))| AccessPolicy {
            max_duration: Some(MaxDuration { employee, consultant }),
            approval,
            review_every: reviews,
            consultant_review_every: consultants,
            review_grace: grace,
            grantable_roles: roles,
            data_forms: forms,
            ..AccessPolicy::default()
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
    let facts =
        (option::of(name()), option::of(vec(name(), 0..3)), option::of(btree_map(name(), country(), 0..3)));
    (demands, facts).prop_map(
        |((regime, countries, workloads, mechanisms), (provider, regions, overrides))| ResidencyPolicy {
            regime,
            allowed_countries: countries,
            workloads,
            mechanisms,
            provider,
            regions,
            region_overrides: overrides,
            ..ResidencyPolicy::default()
        },
    )
}

fn spec() -> impl Strategy<Value = CompliancePolicySpec> {
    let codes: Vec<String> = RULES.iter().map(|rule| rule.code.to_string()).collect();
    let rules = btree_map(select(codes), select(RuleMode::ALL), 0..4);
    (option::of(select(Mode::ALL)), option::of(rules), option::of(residency()), option::of(access()))
        .prop_map(|(mode, rules, residency, access)| CompliancePolicySpec {
            mode,
            rules: rules
                .map(|rules| rules.into_iter().map(|(code, mode)| RuleSetting { code, mode }).collect()),
            residency,
            access,
            ..CompliancePolicySpec::default()
        })
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
    let holds = [
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
    ];
    holds.into_iter().filter(|(_, holds)| !holds).map(|(field, _)| field).collect()
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
    assert_eq!(policy.access.review_period(Some(PersonType::Consultant)), Period::days(30));
    assert!(policy.access.approval && policy.access.grantable_roles.is_none());
}

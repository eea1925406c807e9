use super::*;

fn hours(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1_000_000 / 2) + SignedDuration::from_hours(hours)
}

const DAY: i64 = 24;

fn names() -> Vec<String> {
    vec!["cxguard-webhook.cxguard-system.svc".to_owned()]
}

/// Takes every step that is to be taken at once, and returns them.
fn settle(held: &mut Held, published: bool, now: Timestamp) -> Vec<Step> {
    let mut steps = Vec::new();
    loop {
        recall(held, &Seen::default(), &names(), now);
        let Some(step) = plan(held, &names(), published, now) else { return steps };
        *held = take(step, held, &names(), now).unwrap();
        steps.push(step);
        assert!(steps.len() < 9, "{steps:?}");
    }
}

fn made(now: Timestamp) -> Held {
    let mut held = Held::default();
    settle(&mut held, false, now);
    held
}

/// That each state, so many hours after it was made, leads to its step.
fn expect(cases: Vec<(&str, Held, bool, i64, Option<Step>)>) {
    for (name, held, published, at, expected) in cases {
        assert_eq!(plan(&held, &names(), published, hours(at)), expected, "{name}");
    }
}

#[test]
fn each_age_leads_to_its_step() {
    let fresh = made(hours(0));
    let mut followed = fresh.clone();
    settle(&mut followed, true, hours(244 * DAY));
    let both = Held { next: followed.next.clone(), ..fresh.clone() };
    let fresh = || fresh.clone();
    expect(vec![
        ("nothing is there", Held::default(), false, 0, Some(Step::NewAuthority)),
        ("all is well", fresh(), true, 1, None),
        ("before renewal", fresh(), true, 3 * DAY, None),
        ("at half of its life", fresh(), true, 4 * DAY, Some(Step::Sign)),
        ("not yet published, and it holds", fresh(), false, 4 * DAY, None),
        ("not published, and it has ended", fresh(), false, 8 * DAY, Some(Step::Sign)),
        ("at two thirds", fresh(), true, 244 * DAY, Some(Step::NextAuthority)),
        ("the next is trusted for too short", followed.clone(), true, 244 * DAY + 23, None),
        ("it is not published", followed.clone(), false, 245 * DAY, None),
        ("for a day, and published", followed, true, 245 * DAY, Some(Step::Promote)),
        ("the first has ended", both, false, 366 * DAY, Some(Step::Promote)),
        ("it has ended without a next", fresh(), true, 366 * DAY, Some(Step::NewAuthority)),
    ]);
}

#[test]
fn whatever_is_broken_leads_to_its_step() {
    let (fresh, other) = (made(hours(0)), made(hours(0)));
    let with = |change: &dyn Fn(&mut Held)| {
        let mut held = fresh.clone();
        change(&mut held);
        held
    };
    let broken = |pair: &mut Option<Pair>| pair.as_mut().unwrap().certificate = "no PEM".to_owned();
    let key = |pair: &mut Option<Pair>, of: &Option<Pair>| {
        pair.as_mut().unwrap().key = of.as_ref().unwrap().key.clone();
    };
    let authority_is_none = with(&|held| held.current = held.serving.clone());
    let keys = with(&|held| key(&mut held.current, &other.current));
    let serving_keys = with(&|held| key(&mut held.serving, &other.serving));
    let signed = with(&|held| held.serving.clone_from(&other.serving));
    let bundled = with(&|held| held.bundle.clone_from(&other.bundle));
    expect(vec![
        ("the authority", with(&|held| broken(&mut held.current)), true, 1, Some(Step::NewAuthority)),
        ("it has another's key", keys, true, 1, Some(Step::NewAuthority)),
        ("it is none", authority_is_none, true, 1, Some(Step::NewAuthority)),
        ("the certificate", with(&|held| broken(&mut held.serving)), true, 1, Some(Step::Sign)),
        ("it has another's key", serving_keys, true, 1, Some(Step::Sign)),
        ("another has signed it", signed, true, 1, Some(Step::Sign)),
        ("the bundle is another's", bundled, true, 1, Some(Step::Bundle)),
    ]);
    let renamed = ["cxguard-webhook.elsewhere.svc".to_owned()];
    assert_eq!(plan(&fresh, &renamed, true, hours(1)), Some(Step::Sign));
}

#[test]
fn what_is_broken_is_made_anew_and_what_was_trusted_stays_so() {
    let mut held = made(hours(0));
    let before = held.bundle.clone();
    held.current.as_mut().unwrap().key = "lost".to_owned();
    assert_eq!(settle(&mut held, false, hours(1)), [Step::NewAuthority, Step::Bundle]);
    assert!(held.bundle.ends_with(&before) && held.bundle.len() > before.len());
    assert_eq!(settle(&mut held, true, hours(1)), []);
    assert_eq!(settle(&mut held, true, hours(1) + HEARD_OF), [Step::Sign]);
}

/// What the leader does, look by look, and what clients trust, of which they hear late.
struct Looks {
    held: Held,
    seen: Seen,
    /// What clients were told to trust, at each of the last looks.
    trusted: Vec<String>,
    now: Timestamp,
}

impl Looks {
    const EVERY: SignedDuration = SignedDuration::from_secs(5);

    fn new(held: &Held, now: Timestamp) -> Self {
        let seen = Seen { shown: held.serving.clone(), bundle: held.bundle.clone() };
        Self { held: held.clone(), seen, trusted: vec![held.bundle.clone()], now }
    }

    /// Does all that is to be done. Whoever heard of what was told at any of the last looks trusts what is shown then.
    fn look(&mut self, name: &str) {
        let mut told = self.trusted.last().unwrap().clone();
        for _ in 0..9 {
            recall(&mut self.held, &self.seen, &names(), self.now);
            let trusted = bundle(&self.held, self.now);
            let published = !trusted.is_empty() && trusted == told;
            if !trusted.is_empty() {
                told = trusted;
            }
            let Some(step) = plan(&self.held, &names(), published, self.now) else { break };
            self.held = take(step, &self.held, &names(), self.now).unwrap();
        }
        self.trusted.push(told);
        self.trusted.drain(..self.trusted.len().saturating_sub(5));
        self.seen = Seen { shown: self.held.serving.clone(), bundle: self.held.bundle.clone() };
        let shown = self.shown();
        for trusted in &self.trusted {
            assert!(split(trusted).iter().any(|pem| signs(pem, &shown)), "{name} at {}", self.now);
        }
        self.now += Self::EVERY;
    }

    fn shown(&self) -> Parsed {
        Parsed::read(&self.held.serving.as_ref().unwrap().certificate).unwrap()
    }
}

/// What is lost of what is held, at which hour.
type Loss<'a> = (&'a str, &'a Held, i64, &'a dyn Fn(&mut Held));

#[test]
fn whatever_is_lost_who_connects_trusts_what_is_shown() {
    let (fresh, later) = (made(hours(0)), hours(244 * DAY));
    let mut followed = fresh.clone();
    settle(&mut followed, true, later);
    let mut preceded = followed.clone();
    settle(&mut preceded, true, later + SignedDuration::from_hours(DAY));
    let lost = |held: &mut Held| {
        *held = Held { serving: held.serving.take(), bundle: held.bundle.clone(), ..Held::default() }
    };
    let cases: [Loss<'_>; 10] = [
        ("the authority", &fresh, 1, &lost),
        ("with one that was to follow", &followed, 244 * DAY + 1, &lost),
        ("with an earlier one", &preceded, 245 * DAY + 1, &lost),
        ("its key", &fresh, 1, &|held| held.current.as_mut().unwrap().key.clear()),
        ("its certificate", &fresh, 1, &|held| {
            "no PEM".clone_into(&mut held.current.as_mut().unwrap().certificate);
        }),
        ("it, but not the next", &followed, 244 * DAY + 1, &|held| held.current = None),
        ("it, but not an earlier one", &preceded, 245 * DAY + 1, &|held| held.current = None),
        ("the certificate", &fresh, 1, &|held| (held.serving, held.bundle) = (None, String::new())),
        ("both", &fresh, 1, &|held| *held = Held::default()),
        ("both, the one in part", &fresh, 1, &|held| {
            *held = Held { serving: held.serving.take(), ..Held::default() };
            held.serving.as_mut().unwrap().key.clear();
        }),
    ];
    for (name, held, at, lose) in cases {
        let mut looks = Looks::new(held, hours(at));
        let before = held.bundle.clone();
        lose(&mut looks.held);
        for _ in 0..9 {
            looks.look(name);
        }
        let current = Parsed::read(&looks.held.current.as_ref().unwrap().certificate).unwrap();
        assert!(looks.shown().is_signed_by(&current), "{name}");
        let trusted = split(&looks.held.bundle);
        assert!(split(&before).iter().all(|pem| trusted.contains(pem)), "{name}");
        assert_eq!(trusted.len(), trusted.iter().collect::<std::collections::BTreeSet<_>>().len(), "{name}");
    }
}

#[test]
fn an_authority_that_is_lost_at_every_look_is_made_anew_and_who_connects_trusts_what_is_shown() {
    let mut looks = Looks::new(&made(hours(0)), hours(1));
    for look in 0..20 {
        looks.held =
            Held { serving: looks.held.serving.take(), bundle: looks.held.bundle, ..Held::default() };
        looks.look(&format!("look {look}"));
        assert!(split(&looks.held.bundle).len() <= 1 + KEPT, "look {look}");
    }
}

/// Three years, look by look, published with a delay: what the server shows is signed by what clients trusted before,
/// it never ends, and there is little to do.
#[test]
fn through_the_years_whoever_connects_trusts_what_is_shown() {
    let mut held = made(hours(0));
    let mut trusted = held.bundle.clone();
    let mut authorities = vec![held.current.clone().unwrap().certificate];
    let mut signed = 0;
    for look in 0..3 * 365 * DAY / 7 {
        let hour = 7 * look;
        let now = hours(hour);
        let published = trusted == bundle(&held, now);
        let steps = settle(&mut held, published, now);
        assert!(steps.len() <= 2, "{steps:?} at hour {hour}");
        signed += steps.iter().filter(|step| **step == Step::Sign).count();
        let current = held.current.clone().unwrap().certificate;
        if authorities.last() != Some(&current) {
            assert!(steps.contains(&Step::Promote), "{steps:?} at hour {hour}");
            authorities.push(current);
        }
        let shown = Parsed::read(&held.serving.as_ref().unwrap().certificate).unwrap();
        let trusts = |pem: &String| shown.is_signed_by(&Parsed::read(pem).unwrap());
        assert!(shown.holds(now) && split(&trusted).iter().any(trusts), "hour {hour}");
        // Clients learn of it hours later.
        if look % 2 == 0 {
            trusted = bundle(&held, now);
        }
        assert!(split(&held.bundle).len() <= 3, "hour {hour}");
    }
    assert_eq!(authorities.len(), 5);
    // Once in half a week, and once more for each authority.
    assert!((300..340).contains(&signed), "{signed}");
}

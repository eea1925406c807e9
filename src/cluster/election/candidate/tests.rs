use super::*;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[expect(clippy::unnecessary_wraps, reason = "what is read may be missing")]
fn seen(version: u64, holder: &str, lease: u64) -> Option<Seen> {
    Some(Seen { version: version.to_string(), holder: holder.to_owned(), duration: seconds(lease) })
}

#[test]
fn a_lease_is_taken_when_it_is_free() {
    let write = |version: u64| Step::Write(version.to_string());
    for (name, reads, expected) in [
        ("there is none", vec![(0, None)], Step::Create),
        ("nobody holds it", vec![(0, seen(1, "", 15))], write(1)),
        ("it is ours", vec![(0, seen(1, "a", 15))], write(1)),
        ("somebody holds it", vec![(100, seen(1, "b", 15))], Step::Wait),
        ("unchanged, not for long enough", vec![(0, seen(1, "b", 15)), (14, seen(1, "b", 15))], Step::Wait),
        ("unchanged for its duration", vec![(0, seen(1, "b", 15)), (15, seen(1, "b", 15))], write(1)),
        ("renewed meanwhile", vec![(0, seen(1, "b", 15)), (15, seen(2, "b", 15))], Step::Wait),
        (
            "unchanged since it was renewed",
            vec![(0, seen(1, "b", 15)), (7, seen(2, "b", 15)), (22, seen(2, "b", 15))],
            write(2),
        ),
        ("held for longer than ours", vec![(0, seen(1, "b", 60)), (59, seen(1, "b", 60))], Step::Wait),
        ("held for shorter than ours", vec![(0, seen(1, "b", 1)), (14, seen(1, "b", 1))], Step::Wait),
        ("gone and back", vec![(0, seen(1, "b", 15)), (9, None), (15, seen(1, "b", 15))], Step::Wait),
    ] {
        let mut candidate = Candidate::new("a".to_owned(), Pace::of_seconds(15));
        let last = reads.into_iter().map(|(at, lease)| candidate.read(lease, seconds(at))).last();
        assert_eq!(last, Some(expected), "{name}");
    }
}

#[test]
fn a_term_counts_from_the_sending_and_ends_by_itself() {
    let mut candidate = Candidate::new("a".to_owned(), Pace::of_seconds(15));
    assert_eq!(candidate.leads_until(), Duration::ZERO);
    candidate.won(seconds(5));
    assert_eq!(candidate.leads_until(), seconds(15));
    // An answer that was overtaken by a later one shortens nothing.
    candidate.won(seconds(3));
    assert_eq!(candidate.leads_until(), seconds(15));
    candidate.resign();
    assert_eq!(candidate.leads_until(), Duration::ZERO);
}

/// Numbers that look like chance and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// The server's side: one lease, whose version is compared before it is written.
#[derive(Default)]
struct Server {
    version: u64,
    holder: Option<String>,
    careless: bool,
}

impl Server {
    fn lease(&self) -> Option<Seen> {
        seen(self.version, self.holder.as_ref()?, 15)
    }

    fn write(&mut self, known: Option<&str>, holder: &str) -> bool {
        let exists = self.holder.is_some();
        let fits = known.map_or(!exists, |known| exists && known == self.version.to_string());
        if !fits && !self.careless {
            return false;
        }
        self.version += 1;
        self.holder = Some(holder.to_owned());
        true
    }
}

/// What a request is about, and when it reaches the server and its answer the candidate. Either may be lost.
enum Way {
    Reads,
    Writes(Option<String>),
    ReadCame(Option<Seen>),
    Written { sent: Duration, done: bool },
}

struct Player {
    candidate: Candidate,
    way: Option<(Duration, Way)>,
    sent: Duration,
    /// When to begin anew, if an answer does not come.
    next: Duration,
    crashed: bool,
}

/// Plays two candidates against each other; each request and each answer takes its own time. Returns how often somebody
/// led, how often both did, and how often the lead changed.
fn play(seed: u64, careless: bool) -> (u32, u32, u32) {
    let mut dice = Dice(seed);
    let mut server = Server { careless, ..Server::default() };
    let player = |name: &str| Player {
        candidate: Candidate::new(name.to_owned(), Pace::of_seconds(15)),
        way: None,
        sent: Duration::ZERO,
        next: Duration::ZERO,
        crashed: false,
    };
    let mut players = [player("a"), player("b")];
    let (mut led, mut both, mut changes, mut last) = (0, 0, 0, None);
    for tick in 0..4_000 {
        let now = Duration::from_millis(100 * tick);
        for player in &mut players {
            // A process that stands still for a while, and believes all the time that it leads.
            player.crashed = if player.crashed { dice.roll(200) > 0 } else { dice.roll(600) == 0 };
            if !player.crashed {
                turn(player, &mut server, &mut dice, now);
            }
        }
        let leads = [0, 1].map(|at: usize| now < players[at].candidate.leads_until());
        led += u32::from(leads[0] || leads[1]);
        both += u32::from(leads[0] && leads[1]);
        let leader = leads.iter().position(|leads| *leads);
        if leader.is_some() && leader != last {
            changes += u32::from(last.is_some());
            last = leader;
        }
    }
    (led, both, changes)
}

fn turn(player: &mut Player, server: &mut Server, dice: &mut Dice, now: Duration) {
    let name = player.candidate.name.clone();
    let due = player.way.as_ref().is_some_and(|(at, _)| *at <= now);
    // Mostly at once, seldom after up to a minute, sometimes never.
    let mut delay = || match dice.roll(20) {
        0 => None,
        1 => Some(now + Duration::from_millis(dice.roll(60_000))),
        _ => Some(now + Duration::from_millis(dice.roll(400))),
    };
    if !due {
        if now >= player.next {
            player.next = now + seconds(5);
            player.sent = now;
            player.way = delay().map(|at| (at, Way::Reads));
        }
        return;
    }
    let Some((_, way)) = player.way.take() else { return };
    player.way = match way {
        Way::Reads => {
            let lease = server.lease();
            delay().map(|at| (at, Way::ReadCame(lease)))
        }
        Way::ReadCame(lease) => {
            player.sent = now;
            match player.candidate.read(lease, now) {
                Step::Wait => None,
                Step::Create => delay().map(|at| (at, Way::Writes(None))),
                Step::Write(version) => delay().map(|at| (at, Way::Writes(Some(version)))),
            }
        }
        Way::Writes(version) => {
            let (sent, done) = (player.sent, server.write(version.as_deref(), &name));
            delay().map(|at| (at, Way::Written { sent, done }))
        }
        Way::Written { sent, done } => {
            if done {
                player.candidate.won(sent);
            }
            None
        }
    };
}

#[test]
fn two_never_lead_at_the_same_time() {
    let (mut led, mut changes) = (0, 0);
    for seed in 0..300 {
        let (some, both, turns) = play(seed, false);
        assert_eq!(both, 0, "seed {seed}");
        led += some;
        changes += turns;
    }
    // Somebody leads nearly always, and not always the same.
    assert!(led > 300 * 4_000 / 2 && changes > 300, "{led} {changes}");
}

#[test]
fn writes_without_a_version_would_be_noticed() {
    assert!((0..300).any(|seed| play(seed, true).1 > 0));
}

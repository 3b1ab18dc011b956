//! The whole evening, from the first start to the verdict.

use std::{
    io::{self, Write as _},
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use anyhow::Context as _;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::task::TaskTracker;

use crate::{
    check::{Finding, Kind},
    cli::EveningArgs,
    clock::Clock,
    dice::Dice,
    fault::{self, Fault, Present},
    house::{House, HousePlan},
    log::EventLog,
    people::{
        author::Author,
        cast::{Cast, CastPlan},
        feed, moderator,
    },
    play::Player,
    presence,
    report::Report,
    seats::{Record, Seat},
    verdict::{self, Evidence},
    watch::Watch,
    world::{Heads, Scene, World},
};

/// Before the first fault, and after the last.
const CALM: Duration = Duration::from_secs(6);
const LONG: Duration = Duration::from_mins(15);
/// Authors who still wait for an answer give up before that.
const LAST_WORDS: Duration = Duration::from_secs(75);
/// Tallies are told once a tick, and the last tick may come a little later.
const LAST_TALLIES: Duration = Duration::from_secs(3);
const READ_LIMIT: Duration = Duration::from_secs(90);

pub(crate) fn tell(line: &str) {
    // A closed stderr leaves nobody to tell.
    drop(writeln!(io::stderr(), "chaos: {line}"));
}

/// Plays it. The house is the caller's, who ends it whatever happens here.
pub(crate) async fn play(house: &mut Option<House>, args: &EveningArgs, seed: u64) -> anyhow::Result<Report> {
    let clock = Clock::start();
    let binary = args
        .server
        .as_ref()
        .context("--server or SERVER names the binary under test")?;
    let plan = HousePlan {
        binary: binary
            .canonicalize()
            .with_context(|| format!("there is no {}", binary.display()))?,
        data_in: args.data_in.clone().unwrap_or_else(std::env::temp_dir),
        instances: if args.solo { 1 } else { 3 },
        postgres: !args.solo,
        redis: !args.solo && !args.no_redis,
    };
    // Ports are chance of another kind: the faults must not depend on which are free.
    let house = house.insert(House::start(&plan, &mut Dice::new(u64::from(std::process::id()))).await?);
    let cast_plan = CastPlan {
        authors: args.authors.into(),
        posts_per_second: args.rate,
        seats: args.seats.into(),
    };
    let cast = Cast::gather(house, clock, seed, &cast_plan).await?;
    let mut evening = Evening::begin(house, cast);
    sleep(CALM).await;
    let present = Present {
        instances: plan.instances,
        postgres: plan.postgres,
        redis: plan.redis,
    };
    evening.plays_faults(args, present).await?;
    evening.falls_silent().await;
    // Without Redis, instances know of their own viewers only.
    if present.redis || present.instances == 1 {
        evening.counts_viewers().await?;
    }
    sleep(LAST_TALLIES).await;
    evening.ends().await
}

struct Evening<'a> {
    house: &'a mut House,
    cast: Cast,
    world: Arc<World>,
    watch: Watch,
    /// Seats that are taken, by event.
    here: Arc<Vec<AtomicI64>>,
    readers: JoinSet<Record>,
    writers: JoinSet<()>,
    findings: Vec<Finding>,
    totals: Vec<(&'static str, u64)>,
}

impl<'a> Evening<'a> {
    fn begin(house: &'a mut House, cast: Cast) -> Self {
        let world = Arc::clone(&cast.world);
        let here: Arc<Vec<AtomicI64>> = Arc::new(world.events.iter().map(|_| AtomicI64::new(0)).collect());
        let mut readers = JoinSet::new();
        for plan in &cast.seats {
            readers.spawn(Seat::new(&world, &here, plan.clone()).sits());
        }
        let mut writers = JoinSet::new();
        for plan in &cast.authors {
            writers.spawn(Author::new(&world, plan).talks(plan.every));
        }
        for (number, token) in cast.moderators.iter().take(2).enumerate() {
            writers.spawn(moderator::moderates(Arc::clone(&world), number, token.clone()));
        }
        writers.spawn(feed::reports(Arc::clone(&world), cast.feed_key.clone()));
        let watch = Watch::start(world.clock, house.doors(), &TaskTracker::new());
        Self {
            house,
            cast,
            world,
            watch,
            here,
            readers,
            writers,
            findings: Vec::new(),
            totals: Vec::new(),
        }
    }

    fn finds(&mut self, what: impl Into<String>) {
        let now = self.world.clock.now();
        self.findings.push(Finding::new(Kind::Broken, now, what));
    }

    async fn plays_faults(&mut self, args: &EveningArgs, present: Present) -> anyhow::Result<()> {
        let mut dice = Dice::of(self.world.seed, "faults", 0);
        let mut player = Player {
            house: self.house,
            world: Arc::clone(&self.world),
            watch: self.watch.clone(),
            dice: Dice::of(self.world.seed, "victims", 0),
            findings: Vec::new(),
        };
        let began = Instant::now();
        let is_over = || args.long && began.elapsed() > LONG;
        loop {
            for fault in fault::round(&mut dice, present, &args.only, !args.long) {
                if is_over() {
                    break;
                }
                tell(&format!("{:>5} s  {}", player.world.clock.now() / 1_000, fault.name()));
                player.play(fault).await?;
            }
            if !args.long || is_over() {
                break;
            }
        }
        player.play(Fault::Calm).await?;
        self.findings.append(&mut player.findings);
        sleep(CALM).await;
        Ok(())
    }

    async fn falls_silent(&mut self) {
        tell("everybody falls silent; checking");
        self.world.scene.send_replace(Scene::Spoken);
        let all = async { while self.writers.join_next().await.is_some() {} };
        if timeout(LAST_WORDS, all).await.is_err() {
            self.finds("authors still wait for an answer");
        }
        self.world.scene.send_replace(Scene::Still);
    }

    /// Kills one more instance while every seat stays where it is: the others tell the true number soon, and all do once
    /// it is back.
    async fn counts_viewers(&mut self) -> anyhow::Result<()> {
        let all: Vec<usize> = (0..self.world.doors.len()).collect();
        self.looks_at_viewers("true number of viewers everywhere, ms", &all)
            .await;
        if all.len() > 1 {
            self.house.instances[0].kill().await?;
            self.looks_at_viewers("… at the others after an instance died, ms", &all[1..])
                .await;
            self.house.instances[0].begin().await?;
            if let Err(trouble) = self.watch.ready(None, presence::LIMIT).await {
                self.finds(trouble);
            }
            self.looks_at_viewers("… everywhere once it was back, ms", &all).await;
        }
        Ok(())
    }

    async fn looks_at_viewers(&mut self, what: &'static str, doors: &[usize]) {
        let seats = self.cast.seats.len();
        match presence::is_true(&self.world, &self.here, seats, doors).await {
            Ok(took) => self.totals.push((what, u64::try_from(took.as_millis()).unwrap_or(0))),
            Err(wrong) => self.finds(format!("{what}: {wrong}")),
        }
    }

    /// The log of each event, which has to be the same whoever is asked.
    async fn reads_logs(&mut self) -> anyhow::Result<Vec<EventLog>> {
        let mut logs = Vec::new();
        let world = Arc::clone(&self.world);
        for event in &world.events {
            let log = EventLog::read(world.doors[0], &event.id, &self.cast.host).await?;
            for (number, door) in world.doors.iter().enumerate().skip(1) {
                if EventLog::read(*door, &event.id, &self.cast.host).await? != log {
                    self.finds(format!(
                        "instance {number} tells another log of {} than instance 0",
                        event.id
                    ));
                }
            }
            logs.push(log);
        }
        Ok(logs)
    }

    /// Everybody reads to the end, and all is compared.
    async fn ends(mut self) -> anyhow::Result<Report> {
        let logs = self.reads_logs().await?;
        let heads: Vec<Heads> = logs.iter().map(EventLog::heads).collect();
        self.world.scene.send_replace(Scene::Leave(Arc::new(heads)));
        let mut records = Vec::new();
        let all = async {
            while let Some(record) = self.readers.join_next().await {
                records.extend(record.ok());
            }
        };
        drop(timeout(READ_LIMIT, all).await);
        if records.len() < self.cast.seats.len() {
            self.finds(format!(
                "{} seats never came to an end",
                self.cast.seats.len() - records.len()
            ));
        }
        let evidence = Evidence {
            seed: self.world.seed,
            shared: self.house.redis.is_some(),
            ledger: std::mem::take(&mut *self.world.ledger()),
            timeline: std::mem::take(&mut *self.world.timeline()),
            logs,
            records,
            readiness: self.watch.said(),
        };
        verdict::compare(evidence, self.house.postgres.as_ref(), self.findings, self.totals).await
    }
}

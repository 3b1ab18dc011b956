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
    check::{self, Finding, Kind, posts::Tale},
    cli::EveningArgs,
    clock::Clock,
    dice::Dice,
    fault::{self, Fault, Present},
    figures,
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
    seats::{Cause, Record, Seat},
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
/// "Within seconds".
const PRESENCE_LIMIT: Duration = Duration::from_secs(20);

pub(crate) fn tell(line: &str) {
    // A closed stderr leaves nobody to tell.
    drop(writeln!(io::stderr(), "chaos: {line}"));
}

/// Plays it. The house is the caller's, who ends it whatever happens here.
pub(crate) async fn play(house: &mut Option<House>, args: &EveningArgs, seed: u64) -> anyhow::Result<Report> {
    let clock = Clock::start();
    let dice = Dice::of(seed, "faults", 0);
    let plan = HousePlan {
        binary: args
            .server
            .clone()
            .context("--server or SERVER names the binary under test")?
            .canonicalize()?,
        data_in: args.data_in.clone().unwrap_or_else(std::env::temp_dir),
        instances: if args.solo { 1 } else { 3 },
        postgres: !args.solo,
        redis: !args.solo && !args.no_redis,
    };
    let present = Present {
        instances: plan.instances,
        postgres: plan.postgres,
        redis: plan.redis,
    };
    // Ports are chance of another kind: the faults must not depend on which are free.
    let house = house.insert(House::start(&plan, &mut Dice::new(u64::from(std::process::id()))).await?);
    let cast_plan = CastPlan {
        authors: args.authors.into(),
        posts_per_second: args.rate,
        seats: args.seats.into(),
    };
    let cast = Cast::gather(house, clock, seed, &cast_plan).await?;
    let tasks = TaskTracker::new();
    let watch = Watch::start(clock, house.doors(), &tasks);
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
    sleep(CALM).await;

    let mut player = Player {
        house,
        world: Arc::clone(&world),
        watch: watch.clone(),
        dice,
        findings: Vec::new(),
    };
    play_faults(&mut player, args, present).await?;
    let mut findings = std::mem::take(&mut player.findings);

    tell("everybody falls silent; checking");
    world.scene.send_replace(Scene::Spoken);
    if timeout(LAST_WORDS, async { while writers.join_next().await.is_some() {} })
        .await
        .is_err()
    {
        findings.push(Finding::new(
            Kind::Broken,
            clock.now(),
            "authors still wait for an answer",
        ));
    }
    world.scene.send_replace(Scene::Still);
    let mut totals = Vec::new();
    // Without Redis, instances know of their own viewers only.
    if present.redis || present.instances == 1 {
        check_presence(
            house,
            &world,
            &watch,
            &here,
            args.seats.into(),
            &mut findings,
            &mut totals,
        )
        .await?;
    }
    sleep(LAST_TALLIES).await;
    let logs = read_logs(&world, &cast.host, &mut findings).await?;
    let heads: Vec<Heads> = logs.iter().map(EventLog::heads).collect();
    world.scene.send_replace(Scene::Leave(Arc::new(heads)));
    let records = collect(readers, &mut findings, clock).await;

    for record in &records {
        let log = &logs[record.event];
        findings.extend(check::seats::check(
            record,
            if record.staff { &log.staff } else { &log.public },
        ));
    }
    let tale = Tale::of(&logs);
    let ledger = std::mem::take(&mut *world.ledger());
    findings.extend(check::posts::check(&ledger, &tale));
    findings.extend(
        ledger
            .wrong
            .iter()
            .map(|(at, what)| Finding::new(Kind::WrongAnswer, *at, what.clone())),
    );
    let entries: usize = logs.iter().map(|log| log.staff.len()).sum();
    if let Some(postgres) = &house.postgres {
        let (found, rows) = check::database::check(postgres, &ledger, &tale).await?;
        findings.extend(found);
        if rows != entries as u64 {
            let what = format!("the API tells {entries} entries, the database has {rows}");
            findings.push(Finding::new(Kind::Broken, clock.now(), what));
        }
    }
    let timeline = std::mem::take(&mut *world.timeline());
    let spread = figures::spread(&timeline, &records);
    if let Some(spread) = spread.filter(|spread| spread.peak_by_mean > 2.0) {
        let what = format!("reconnects after a rolling restart were not spread: {spread:?}");
        findings.push(Finding::new(Kind::Broken, 0, what));
    }
    findings.sort_by_key(|finding| (finding.kind, finding.at));
    totals.extend(sums(&ledger, &records, entries));
    let readiness = watch.said();
    Ok(Report {
        readiness,
        seed,
        rows: figures::by_fault(&timeline, &ledger, &records, &findings),
        spread,
        findings,
        totals,
    })
}

async fn play_faults(player: &mut Player<'_>, args: &EveningArgs, present: Present) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let mut round_dice = player.dice.clone();
        // One step on, so that the next round has another order.
        player.dice.roll();
        for fault in fault::round(&mut round_dice, present, &args.only, !args.long) {
            if args.long && began.elapsed() > LONG {
                break;
            }
            tell(&format!("{:>5} s  {}", player.world.clock.now() / 1_000, fault.name()));
            player.play(fault).await?;
        }
        if !args.long || began.elapsed() > LONG {
            break;
        }
    }
    player.play(Fault::Calm).await?;
    sleep(CALM).await;
    Ok(())
}

/// Kills one more instance while every seat stays where it is: the others tell the true number soon, and all do once
/// it is back.
async fn check_presence(
    house: &mut House,
    world: &World,
    watch: &Watch,
    here: &[AtomicI64],
    seats: usize,
    findings: &mut Vec<Finding>,
    totals: &mut Vec<(&'static str, u64)>,
) -> anyhow::Result<()> {
    let all: Vec<usize> = (0..world.doors.len()).collect();
    let mut look = async |what: &'static str, doors: &[usize]| match presence::is_true(
        world,
        here,
        seats,
        doors,
        PRESENCE_LIMIT * 2,
    )
    .await
    {
        Ok(took) => {
            totals.push((what, u64::try_from(took.as_millis()).unwrap_or(0)));
            if took > PRESENCE_LIMIT {
                let what = format!("{what}: {took:?}");
                findings.push(Finding::new(Kind::Broken, world.clock.now(), what));
            }
        }
        Err(wrong) => findings.push(Finding::new(
            Kind::Broken,
            world.clock.now(),
            format!("{what}: {wrong}"),
        )),
    };
    look("true number of viewers everywhere, ms", &all).await;
    if all.len() > 1 {
        house.instances[0].kill().await?;
        look("… after an instance died, at the others, ms", &all[1..]).await;
        house.instances[0].begin().await?;
        drop(watch.ready(None, PRESENCE_LIMIT).await);
        look("… at all, once it was back, ms", &all).await;
    }
    Ok(())
}

/// The log of each event, which has to be the same whoever is asked.
async fn read_logs(world: &World, host: &str, findings: &mut Vec<Finding>) -> anyhow::Result<Vec<EventLog>> {
    let mut logs = Vec::new();
    for event in &world.events {
        let log = EventLog::read(world.doors[0], &event.id, host).await?;
        for (number, door) in world.doors.iter().enumerate().skip(1) {
            if EventLog::read(*door, &event.id, host).await? != log {
                let what = format!("instance {number} tells another log of {} than instance 0", event.id);
                findings.push(Finding::new(Kind::Broken, world.clock.now(), what));
            }
        }
        logs.push(log);
    }
    Ok(logs)
}

async fn collect(mut readers: JoinSet<Record>, findings: &mut Vec<Finding>, clock: Clock) -> Vec<Record> {
    let mut records = Vec::new();
    let all = async {
        while let Some(record) = readers.join_next().await {
            records.extend(record.ok());
        }
    };
    if timeout(READ_LIMIT, all).await.is_err() {
        findings.push(Finding::new(
            Kind::Broken,
            clock.now(),
            format!("{} seats never came to an end", readers.len()),
        ));
    }
    records
}

fn sums(ledger: &crate::ledger::Ledger, records: &[Record], entries: usize) -> Vec<(&'static str, u64)> {
    let returns = |wanted: fn(&Cause) -> bool| {
        let causes = records
            .iter()
            .flat_map(|record| &record.returns)
            .map(|(_, cause)| cause);
        causes.filter(|cause| wanted(cause)).count() as u64
    };
    let of = |count: fn(&Record) -> u64| records.iter().map(count).sum::<u64>();
    vec![
        ("entries in the logs", entries as u64),
        (
            "messages acknowledged",
            ledger.posts.values().filter(|post| post.acknowledged.is_some()).count() as u64,
        ),
        ("acts repeated for want of an answer", ledger.repeats),
        ("acts without an answer in the end", ledger.unanswered),
        ("acts left out, the author still waiting", ledger.skipped),
        ("seats", records.len() as u64),
        (
            "entries heard by all seats together",
            of(|record| record.heard.len() as u64),
        ),
        ("returns by choice", returns(|cause| *cause == Cause::Own)),
        (
            "returns after a broken stream",
            returns(|cause| *cause == Cause::Broken),
        ),
        ("returns after silence", returns(|cause| *cause == Cause::Silence)),
        (
            "returns after bye for shutdown",
            returns(|cause| *cause == Cause::Shutdown),
        ),
        (
            "returns after bye for another reason",
            returns(|cause| *cause == Cause::Bye),
        ),
        ("doors at which nobody was", of(|record| record.dead_doors)),
        ("seats asked to come later", of(|record| record.put_off)),
        ("tickets replaced", of(|record| record.tickets_replaced)),
    ]
}

//! Plays faults, one after another: breaks something, mends it, waits until the house says it is well.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::time::{Instant, sleep};

use crate::{
    check::{Finding, Kind},
    clock::Ms,
    dice::Dice,
    fault::Fault,
    house::{House, proxy::Mood},
    kept::Signal,
    timeline::{Down, Played},
    watch::Watch,
    world::World,
};

const READY_LIMIT: Duration = Duration::from_mins(1);
const POSTING_LIMIT: Duration = Duration::from_mins(1);
/// Between one fault and the next, so that what comes late still counts for the one that caused it.
const SETTLE: Duration = Duration::from_millis(2_500);
const PAUSE: Duration = Duration::from_secs(10);
const POSTGRES_PAUSE: Duration = Duration::from_secs(4);
const REDIS_GONE: Duration = Duration::from_secs(30);
const REDIS_DEAF: Duration = Duration::from_secs(12);
const REDIS_SLOW: Duration = Duration::from_secs(8);
const SLOW_BY: Duration = Duration::from_millis(300);

pub(crate) struct Player<'a> {
    pub(crate) house: &'a mut House,
    pub(crate) world: Arc<World>,
    pub(crate) watch: Watch,
    pub(crate) dice: Dice,
    pub(crate) findings: Vec<Finding>,
}

impl Player<'_> {
    /// An error is trouble of our own; what the house does wrong is a finding.
    pub(crate) async fn play(&mut self, fault: Fault) -> anyhow::Result<()> {
        let began = self.now();
        self.world.timeline().played.push(Played {
            fault,
            began,
            healed: began,
            noticed: None,
            ready: None,
            posting: None,
        });
        let played = match fault {
            Fault::Calm => Ok(()),
            Fault::Kill => self.kills(1).await,
            Fault::KillTwo => self.kills(2).await,
            Fault::Pause => self.pauses().await,
            Fault::Rolling => self.restarts_all().await,
            Fault::RedisKill => self.takes_redis_away(Signal::Kill).await,
            Fault::RedisStop => self.takes_redis_away(Signal::Term).await,
            Fault::RedisDeaf => self.spoils_redis(Mood::Deaf, REDIS_DEAF).await,
            Fault::RedisSlow => self.spoils_redis(Mood::Slow(SLOW_BY), REDIS_SLOW).await,
            Fault::PostgresFast => self.restarts_postgres(Signal::Int).await,
            Fault::PostgresCrash => self.restarts_postgres(Signal::Quit).await,
            Fault::PostgresPause => self.pauses_postgres().await,
        };
        played.with_context(|| format!("playing {}", fault.name()))?;
        let healed = self.now();
        let ready = self.is_well(None).await;
        let posting = self.takes_posts(healed).await;
        if let Some(played) = self.world.timeline().played.last_mut() {
            played.healed = healed;
            played.noticed = self.watch.noticed_since(began);
            played.ready = ready;
            played.posting = posting;
        }
        sleep(SETTLE).await;
        self.nobody_died().await
    }

    fn now(&self) -> Ms {
        self.world.clock.now()
    }

    fn finds(&mut self, what: String) {
        let finding = Finding::new(Kind::Broken, self.now(), what);
        self.findings.push(finding);
    }

    async fn is_well(&mut self, only: Option<usize>) -> Option<Ms> {
        match self.watch.ready(only, READY_LIMIT).await {
            Ok(at) => Some(at),
            Err(trouble) => {
                self.finds(format!("not ready again after {READY_LIMIT:?}: {trouble}"));
                None
            }
        }
    }

    /// Waits until each instance has accepted a message since then.
    async fn takes_posts(&mut self, since: Ms) -> Option<Ms> {
        let began = Instant::now();
        let all = self.house.instances.len();
        while began.elapsed() < POSTING_LIMIT {
            let first = self.world.ledger().first_successes(since, all);
            if first.iter().all(Option::is_some) {
                return first.into_iter().flatten().max();
            }
            sleep(Duration::from_millis(100)).await;
        }
        self.finds(format!(
            "not all instances take messages {POSTING_LIMIT:?} after the mending"
        ));
        None
    }

    async fn nobody_died(&mut self) -> anyhow::Result<()> {
        for number in 0..self.house.instances.len() {
            let instance = &mut self.house.instances[number];
            if let Some(how) = instance.died().await? {
                instance.begin().await?;
                self.finds(format!("instance {number} ended by itself: {how}"));
                self.is_well(Some(number)).await;
            }
        }
        Ok(())
    }

    fn some_instance(&mut self) -> usize {
        let count = self.house.instances.len();
        self.dice.index(count)
    }

    fn was_down(&mut self, instance: usize, from: Ms) {
        let to = self.now();
        self.world.timeline().downs.push(Down { instance, from, to });
    }

    async fn kills(&mut self, count: usize) -> anyhow::Result<()> {
        let first = self.some_instance();
        let all = self.house.instances.len();
        let victims: Vec<usize> = (0..count).map(|step| (first + step) % all).collect();
        let from = self.now();
        for &victim in &victims {
            self.house.instances[victim].kill().await?;
        }
        sleep(self.dice.millis(1_000..4_000)).await;
        for &victim in &victims {
            self.house.instances[victim].begin().await?;
        }
        for victim in victims {
            self.is_well(Some(victim)).await;
            self.was_down(victim, from);
        }
        Ok(())
    }

    async fn pauses(&mut self) -> anyhow::Result<()> {
        let victim = self.some_instance();
        let from = self.now();
        self.house.instances[victim].signal(Signal::Stop).await?;
        sleep(PAUSE).await;
        self.house.instances[victim].signal(Signal::Cont).await?;
        self.was_down(victim, from);
        Ok(())
    }

    async fn restarts_all(&mut self) -> anyhow::Result<()> {
        for number in 0..self.house.instances.len() {
            let from = self.now();
            self.world.timeline().leaves.push(from);
            let how = self.house.instances[number].stop().await;
            match how {
                Ok(how) if how == "exit status: 0" => {}
                Ok(how) => self.finds(format!("instance {number}, told to leave, ended with {how}")),
                Err(error) => self.finds(format!("instance {number}, told to leave: {error:#}")),
            }
            self.house.instances[number].begin().await?;
            self.is_well(Some(number)).await;
            self.was_down(number, from);
        }
        Ok(())
    }

    async fn takes_redis_away(&mut self, signal: Signal) -> anyhow::Result<()> {
        let redis = self.house.redis.as_mut().context("there is no Redis")?;
        redis.end(signal).await?;
        sleep(REDIS_GONE).await;
        redis.begin().await
    }

    async fn spoils_redis(&mut self, mood: Mood, time: Duration) -> anyhow::Result<()> {
        let proxy = self.house.proxy.as_ref().context("there is no Redis")?;
        proxy.feel(mood);
        sleep(time).await;
        proxy.feel(Mood::Well);
        Ok(())
    }

    async fn restarts_postgres(&mut self, signal: Signal) -> anyhow::Result<()> {
        let pause = self.dice.millis(500..2_000);
        let postgres = self.house.postgres.as_mut().context("there is no PostgreSQL")?;
        postgres.end(signal).await?;
        sleep(pause).await;
        postgres.begin().await
    }

    async fn pauses_postgres(&mut self) -> anyhow::Result<()> {
        let postgres = self.house.postgres.as_ref().context("there is no PostgreSQL")?;
        postgres.pause(Signal::Stop).await?;
        sleep(POSTGRES_PAUSE).await;
        postgres.pause(Signal::Cont).await
    }
}

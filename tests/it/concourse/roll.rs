//! The shared roll against a model that counts in the plain way.

use std::collections::{BTreeMap, BTreeSet};

use grandstand::{
    concourse::{Change, Changes, Part, Roll, Said, Sum},
    config::BusConfig,
    domain::{
        EventId, Stamp, UserId,
        presence::{Attendance, PresenceStatus},
        user::User,
    },
};

use super::{Instance, RedisServer, until};
use crate::support::{Dice, redis::Cluster};

fn attendance(id: &str, since_ms: i64) -> Attendance {
    Attendance {
        user: User {
            id: id.parse().unwrap(),
            name: format!("{id}: the \"one\"\n"),
            avatar_url: None,
            badges: vec![],
            guest: false,
        },
        status: PresenceStatus::Online,
        since_at: Stamp::from_ms(since_ms),
    }
}

/// One instance as the model sees it, and what it has said.
struct End {
    instance: Instance,
    part: Part,
    people: BTreeMap<String, u64>,
    anonymous: u64,
    unsaid: BTreeSet<String>,
}

impl End {
    async fn on(config: &BusConfig, event: EventId) -> Self {
        let instance = Instance::on(config).await;
        // Its name is on the roster.
        let roll = instance.concourse.roll.clone().unwrap();
        until("a place on the roster", || async {
            roll.say(
                event,
                &mut Part::default(),
                &Changes {
                    nobody_left: true,
                    ..Changes::default()
                },
            )
            .await
            .is_ok()
        })
        .await;
        Self {
            instance,
            part: Part::default(),
            people: BTreeMap::new(),
            anonymous: 0,
            unsaid: BTreeSet::new(),
        }
    }

    fn roll(&self) -> &Roll {
        self.instance.concourse.roll.as_ref().unwrap()
    }

    /// Says what is unsaid, in batches of a few, until it is heard.
    async fn says(&mut self, event: EventId) -> Sum {
        loop {
            let batch: Vec<String> = self.unsaid.iter().take(3).cloned().collect();
            let people = batch.iter().map(|id| {
                let change = match self.people.get(id) {
                    Some(streams) => Change::Here(*streams, Some(attendance(id, 7))),
                    None => Change::Gone,
                };
                (id.parse().unwrap(), change)
            });
            let streams = self.people.values().sum::<u64>() + self.anonymous;
            let changes = Changes {
                people: people.collect(),
                streams,
                nobody_left: batch.len() == self.unsaid.len() && self.people.is_empty() && streams == 0,
                renew: false,
            };
            let roll = self.roll().clone();
            match roll.say(event, &mut self.part, &changes).await.unwrap() {
                Said::Forgotten => self.unsaid = self.people.keys().cloned().collect(),
                Said::Heard(sum) => {
                    self.unsaid.retain(|id| !batch.contains(id));
                    if self.unsaid.is_empty() {
                        return sum;
                    }
                }
            }
        }
    }
}

fn expected<'a>(ends: impl Iterator<Item = &'a End>) -> (u64, u64, Vec<String>) {
    let (mut users, mut viewers) = (BTreeMap::<String, u64>::new(), 0);
    for end in ends {
        viewers += end.anonymous;
        for (id, streams) in &end.people {
            *users.entry(id.clone()).or_default() += streams;
            viewers += streams;
        }
    }
    viewers += users.values().filter(|streams| **streams == 0).count() as u64;
    (users.len() as u64, viewers, users.into_keys().collect())
}

async fn seen(roll: &Roll, event: EventId) -> (u64, u64, Vec<String>) {
    let sum = roll.look(event).await.unwrap();
    let (mut ids, mut after): (Vec<String>, Option<UserId>) = (Vec::new(), None);
    loop {
        let page = roll.page(event, after.as_ref(), 4).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.user.id.clone());
        ids.extend(page.iter().map(|person| person.user.id.to_string()));
    }
    (sum.users, sum.viewers, ids)
}

#[tokio::test]
async fn people_are_counted_exactly_whatever_comes_between() {
    let redis = RedisServer::start();
    let forgets = || {
        let _done: String = redis.ask(&["FLUSHALL"]);
    };
    let event = counts_as_the_model(&redis.config(), 200, forgets).await;
    let keys: Vec<String> = redis.ask(&["KEYS", &format!("*{event}*")]);
    assert_eq!(keys, Vec::<String>::new(), "with the last one everything goes");
}

#[tokio::test]
async fn a_cluster_counts_people_exactly_as_well() {
    let cluster = Cluster::start();
    counts_as_the_model(&cluster.config(), 60, || {}).await;
}

async fn counts_as_the_model(config: &BusConfig, rounds: usize, forgets: impl Fn()) -> EventId {
    let (event, mut dice) = (EventId::generate(), Dice(7));
    let mut ends = Vec::new();
    for _ in 0..3 {
        ends.push(End::on(config, event).await);
    }
    for round in 0..rounds {
        let end = &mut ends[usize::try_from(dice.of(0..3)).unwrap()];
        for _ in 0..=dice.of(0..6) {
            let id = format!("user{:02}", dice.of(0..12));
            match dice.of(0..3) {
                0 => end.people.remove(&id),
                streams => end.people.insert(id.clone(), streams - 1),
            };
            end.unsaid.insert(id);
        }
        end.anonymous = dice.of(0..4);
        if dice.of(0..10) == 0 {
            (end.people, end.anonymous) = (BTreeMap::new(), 0);
            end.unsaid.extend((0..12).map(|number| format!("user{number:02}")));
        }
        if dice.of(0..25) == 0 {
            // Redis forgets everything; each instance finds out when it next speaks.
            forgets();
            for end in &mut ends {
                end.says(event).await;
            }
        }
        let end = &mut ends[round % 3];
        end.says(event).await;
        for end in &mut ends {
            end.says(event).await;
        }
        let (users, viewers, ids) = seen(ends[0].roll(), event).await;
        assert_eq!((users, viewers, ids), expected(ends.iter()), "round {round}");
        // Who has nothing to say changes nothing.
        let version = ends[0].says(event).await.version;
        for end in &mut ends {
            let present = !end.people.is_empty() || end.anonymous > 0;
            assert!(!present || end.says(event).await.version == version, "round {round}");
        }
    }
    // The third is killed in the middle of things, and the others are told so by nobody.
    ends[2].people.insert("ghost".to_owned(), 2);
    ends[2].people.insert("user01".to_owned(), 1);
    ends[2].unsaid.extend(["ghost".to_owned(), "user01".to_owned()]);
    ends[2].says(event).await;
    let dead = ends.pop().unwrap();
    dead.instance.dies().await;
    let (roll, left) = (ends[0].roll(), expected(ends.iter()));
    assert_ne!(seen(roll, event).await, left, "not yet");
    until("the dead to be missed", || async { seen(roll, event).await == left }).await;
    for end in &mut ends {
        end.unsaid.extend(std::mem::take(&mut end.people).into_keys());
        end.anonymous = 0;
        end.says(event).await;
    }
    event
}

#[tokio::test]
async fn a_card_is_kept_with_its_first_time_and_its_last_status() {
    let (redis, event) = (RedisServer::start(), EventId::generate());
    let (mut one, mut two) = (
        End::on(&redis.config(), event).await,
        End::on(&redis.config(), event).await,
    );
    let ana: UserId = "ana".parse().unwrap();
    let roll = one.roll().clone();
    assert!(
        !roll.set_status(event, &ana, PresenceStatus::Away).await.unwrap(),
        "not here"
    );
    for (end, since_ms) in [(&mut one, 5), (&mut two, 9)] {
        let changes = Changes {
            people: vec![(ana.clone(), Change::Here(1, Some(attendance("ana", since_ms))))],
            streams: 1,
            ..Changes::default()
        };
        let roll = end.roll().clone();
        roll.say(event, &mut end.part, &changes).await.unwrap();
    }
    assert!(roll.set_status(event, &ana, PresenceStatus::Away).await.unwrap());
    let page = roll.page(event, None, 10).await.unwrap();
    let away = Attendance {
        status: PresenceStatus::Away,
        ..attendance("ana", 5)
    };
    assert_eq!(page, [away]);
}

//! What may be used up: by an event, a person, the house; over all instances and restarts.

use std::{path::Path, sync::Arc, time::Duration};

use futures_util::future::join_all;
use grandstand::{
    app::purse::StorePurse,
    config::LlmConfig,
    crypto,
    domain::{EventId, Stamp, UserId},
    llm::{Ask, Error, Llm, Payer, Purse, Reserved, Spent, Whose},
    store::{Store, account},
    telemetry::Metrics,
};
use sea_orm::{ConnectionTrait, Statement};
use tempfile::TempDir;
use tokio_util::task::TaskTracker;

use super::{asked, question};
use crate::support::{
    Act, Model, postgres,
    server::{database, store_config},
    soon,
};

/// An instance's end: its own store, its own purse.
struct Instance {
    store: Store,
    purse: StorePurse,
    tasks: TaskTracker,
}

impl Instance {
    async fn on(dir: &Path, change: impl FnOnce(&mut LlmConfig)) -> Self {
        let store = Store::open(&store_config(dir), Arc::new(Metrics::default()))
            .await
            .unwrap();
        Self::with(store, change)
    }

    fn with(store: Store, change: impl FnOnce(&mut LlmConfig)) -> Self {
        let (mut config, tasks) = (LlmConfig::default(), TaskTracker::new());
        change(&mut config);
        let purse = StorePurse::new(store.clone(), &config, tasks.clone());
        Self { store, purse, tasks }
    }

    fn asks(&self, model: &Model) -> Llm {
        let metrics = Arc::new(Metrics::default());
        Llm::open(&model.settings(), &metrics, Arc::new(self.purse.clone())).unwrap()
    }
}

/// Two instances on one database; on SQLite, which has one, two purses on one store.
async fn two(dir: &Path, change: impl Fn(&mut LlmConfig)) -> [Instance; 2] {
    crypto::install();
    if postgres::is_asked_for() {
        postgres::lay_ground(dir).await;
        return [Instance::on(dir, &change).await, Instance::on(dir, &change).await];
    }
    let one = Instance::on(dir, &change).await;
    let other = Instance::with(one.store.clone(), &change);
    [one, other]
}

fn payer(event: EventId, user: &str) -> Payer {
    Payer {
        event,
        user: Some(user.parse::<UserId>().unwrap()),
    }
}

/// Tokens on accounts whose names begin so.
async fn used(dir: &Path, name: &str) -> i64 {
    let db = database(dir).await;
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(tokens), 0) AS BIGINT) AS used FROM llm_account WHERE account LIKE '{name}%'"
    );
    let query = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(query).await.unwrap().unwrap();
    row.try_get("", "used").unwrap()
}

fn over(outcome: &Result<Reserved, Spent>) -> Option<Whose> {
    match outcome {
        Err(Spent::Over { whose, .. }) => Some(*whose),
        _ => None,
    }
}

#[tokio::test]
async fn budgets_hold_over_two_instances_that_spend_at_once() {
    let dir = TempDir::new().unwrap();
    let instances = two(dir.path(), |config| {
        config.tokens_event_day = 1_000;
        config.tokens_user_hour = 0;
        config.tokens_house_day = 1_500;
    })
    .await;
    let (derby, cup) = (EventId::generate(), EventId::generate());
    let payers: Vec<_> = (0..60)
        .map(|number| payer(if number % 3 == 0 { cup } else { derby }, "ana"))
        .collect();
    let outcomes = join_all(
        payers
            .iter()
            .enumerate()
            .map(|(number, payer)| instances[number % 2].purse.reserve(payer, 100)),
    )
    .await;
    let taken = |event: EventId| {
        let both = payers.iter().zip(&outcomes);
        both.filter(|(payer, outcome)| payer.event == event && outcome.is_ok())
            .count()
    };
    assert!(taken(derby) <= 10 && taken(derby) + taken(cup) <= 15);
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.is_ok() || over(outcome).is_some())
    );
    // Those who were refused at once had it put back: what is left can be had.
    let mut both = taken(derby) + taken(cup);
    while both < 15 {
        let event = if taken(derby) < 10 && both < 10 { derby } else { cup };
        let more = instances[both % 2].purse.reserve(&payer(event, "ana"), 100).await;
        assert!(more.is_ok(), "{both} of 15: {more:?}");
        both += 1;
    }
    assert_eq!(used(dir.path(), "house").await, 1_500);
    let last = instances[0]
        .purse
        .reserve(&payer(EventId::generate(), "ana"), 100)
        .await;
    assert_eq!(over(&last), Some(Whose::House));
    assert_eq!(used(dir.path(), "event").await, 1_500, "who was refused paid nothing");
}

#[tokio::test]
async fn each_budget_is_told_apart_and_what_was_not_used_is_given_back() {
    let dir = TempDir::new().unwrap();
    let [one, other] = two(dir.path(), |config| {
        config.tokens_event_day = 1_000;
        config.tokens_user_hour = 500;
        config.tokens_house_day = 2_000;
    })
    .await;
    let derby = EventId::generate();
    let reserved = one.purse.reserve(&payer(derby, "ana"), 400).await.unwrap();
    assert_eq!((reserved.tokens, reserved.accounts.len()), (400, 3));
    let Err(Spent::Over {
        whose: Whose::User,
        retry_after_seconds,
    }) = other.purse.reserve(&payer(derby, "ana"), 200).await
    else {
        panic!("that is ana's")
    };
    assert!((1..=3_601).contains(&retry_after_seconds));
    let bens = other.purse.reserve(&payer(derby, "ben"), 500).await.unwrap();
    let carls = other.purse.reserve(&payer(derby, "carl"), 200).await;
    assert_eq!(over(&carls), Some(Whose::Event));
    assert_eq!(used(dir.path(), "user:carl").await, 0, "put back");
    assert_eq!(
        over(&one.purse.reserve(&payer(derby, "dan"), 9_000).await),
        Some(Whose::User),
        "ever"
    );
    one.purse.settle(bens, 100).await;
    assert!(other.purse.reserve(&payer(derby, "carl"), 200).await.is_ok());
    other.purse.settle(reserved, 450).await;
    assert_eq!(used(dir.path(), "user:ana").await, 450, "more than was thought");
    assert_eq!(
        (used(dir.path(), "event").await, used(dir.path(), "house").await),
        (750, 750)
    );
    // Nobody bound to an account: only the house pays.
    let nobody = Payer {
        event: derby,
        user: None,
    };
    assert_eq!(one.purse.reserve(&nobody, 10).await.unwrap().accounts.len(), 2);
}

#[tokio::test]
async fn an_account_survives_a_restart_and_goes_when_its_window_is_long_over() {
    let dir = TempDir::new().unwrap();
    let small = |config: &mut LlmConfig| config.tokens_event_day = 100;
    let [one, other] = two(dir.path(), small).await;
    let derby = EventId::generate();
    assert!(one.purse.reserve(&payer(derby, "ana"), 80).await.is_ok());
    one.store.close().await;
    other.store.close().await;
    let again = Instance::on(dir.path(), small).await;
    assert_eq!(
        over(&again.purse.reserve(&payer(derby, "ana"), 80).await),
        Some(Whose::Event)
    );
    assert_eq!(account::tidy(&again.store, Stamp::from_ms(0)).await.unwrap(), 0);
    let tomorrow_ms = chrono::Utc::now().timestamp_millis() + 2 * 86_400_000;
    assert_eq!(
        account::tidy(&again.store, Stamp::from_ms(tomorrow_ms)).await.unwrap(),
        3
    );
    assert!(again.purse.reserve(&payer(derby, "ana"), 80).await.is_ok());
}

fn asks(event: EventId, user: &str) -> Ask {
    Ask {
        payer: payer(event, user),
        ..question("What is the score?")
    }
}

#[tokio::test]
async fn a_question_costs_what_it_used_and_one_too_many_is_not_asked() {
    let dir = TempDir::new().unwrap();
    let [one, _other] = two(dir.path(), |config| config.tokens_user_hour = 300).await;
    let (model, derby) = (Model::start().await, EventId::generate());
    let llm = one.asks(&model);
    let answer = asked(&llm, asks(derby, "ana")).await.unwrap();
    let cost = i64::from(answer.tokens_in + answer.tokens_out);
    assert_eq!(used(dir.path(), "user:ana").await, cost);
    // It never came to an answer: nothing was used.
    model.next(Act::fail(400));
    model.next(Act::broke());
    assert!(asked(&llm, asks(derby, "ben")).await.is_err());
    assert!(asked(&llm, asks(derby, "ben")).await.is_err());
    assert!(
        used(dir.path(), "user:ben").await <= 60,
        "the refused one may have cost its question"
    );
    let mut asked_times = 1;
    let last = loop {
        match asked(&llm, asks(derby, "ana")).await {
            Ok(_) => asked_times += 1,
            Err(error) => break error,
        }
        assert!(asked_times < 20);
    };
    assert!(
        matches!(
            last,
            Error::Budget {
                whose: Whose::User,
                retry_after_seconds: 1..=3_601
            }
        ),
        "{last:?}"
    );
    assert_eq!(model.asked_so_far(), asked_times + 2);
    assert!(used(dir.path(), "user:ana").await <= 300);
    model.assert_no_complaints();
}

#[tokio::test]
async fn whoever_goes_in_the_middle_pays_for_what_was_said() {
    let dir = TempDir::new().unwrap();
    let [one, _other] = two(dir.path(), |_| {}).await;
    let (model, derby) = (Model::start().await, EventId::generate());
    let llm = one.asks(&model);
    model.next(Act::pieces(["a word "; 40]).then_hang());
    let mut ask = asks(derby, "ana");
    ask.max_tokens = 5_000;
    let (sender, mut heard) = tokio::sync::mpsc::channel(64);
    let asking = llm.ask_streaming(ask, |piece: &str| {
        let _sent = sender.try_send(piece.len());
    });
    let hearing = async {
        let mut bytes = 0;
        while bytes < 280 {
            bytes += heard.recv().await.unwrap();
        }
        // What was read is noted before the next piece is waited for.
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let leaving = async {
        tokio::select! {
            outcome = asking => panic!("{outcome:?}"),
            () = hearing => {}
        }
    };
    Box::pin(soon("forty pieces", leaving)).await;
    model.is_left(1).await;
    one.tasks.close();
    soon("the account", one.tasks.wait()).await;
    let paid = used(dir.path(), "user:ana").await;
    assert!((70..400).contains(&paid), "{paid} of some 5100 that were set aside");
}

#[tokio::test]
async fn nobody_is_asked_on_an_account_that_cannot_be_kept() {
    let dir = TempDir::new().unwrap();
    let [one, other] = two(dir.path(), |_| {}).await;
    let model = Model::start().await;
    one.store.close().await;
    other.store.close().await;
    assert_eq!(
        asked(&one.asks(&model), asks(EventId::generate(), "ana")).await,
        Err(Error::Unavailable)
    );
    assert_eq!(model.asked_so_far(), 0);
}

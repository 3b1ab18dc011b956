//! Never in the way: what a language model that hangs, fails or turns everybody away does to posting and delivery.
//!
//! Two events on one server. In the quiet one nobody needs the model; in the busy one every message is to be screened and
//! some ask the assistant what only the model could say. Stretches of the two alternate, so that a noisy machine is noisy
//! for both.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{
    authors::Compose,
    crowd::Crowd,
    ground::{Ground, Source},
    histogram::Histogram,
    http::{Connection, write_request_with},
    report::{Goal, Row, float, millis, ratio},
    server::Server,
    subject::Subject,
    target,
    trial::{self, DRAIN_LIMIT, Trial},
};

const POSTS_PER_SECOND: u64 = 100;
/// One message of so many asks the assistant.
const QUESTION_EACH: u64 = 20;
/// Stretches of each event.
const ROUNDS: usize = 3;
/// Connections the model keeps open; one more is dropped, as a server would that is full.
const CONNECTIONS_MOST: usize = 256;

/// What the model does with whatever it is asked.
#[derive(Debug, Clone, Copy)]
enum Mood {
    Hangs,
    Fails,
    TurnsAway,
}

impl Mood {
    const ALL: [Self; 3] = [Self::Hangs, Self::Fails, Self::TurnsAway];

    fn name(self) -> &'static str {
        match self {
            Self::Hangs => "hangs",
            Self::Fails => "fails",
            Self::TurnsAway => "turns away",
        }
    }

    fn answer(self) -> Option<&'static [u8]> {
        match self {
            Self::Hangs => None,
            Self::Fails => {
                Some(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            }
            Self::TurnsAway => Some(
                b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            ),
        }
    }
}

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    for mood in Mood::ALL {
        let [quiet, busy] = measure(ground, mood).await?;
        tell(ground, mood, "post answered", &quiet.answered, &busy.answered)?;
        tell(ground, mood, "due to read", &quiet.delivered, &busy.delivered)?;
    }
    Ok(())
}

/// What all stretches of one event came to.
#[derive(Default)]
struct Felt {
    answered: Histogram,
    delivered: Histogram,
}

impl Felt {
    fn add(&mut self, trial: &Trial) {
        self.answered.merge(&trial.sent.latency);
        self.delivered.merge(&trial.latency);
    }
}

async fn measure(ground: &Ground, mood: Mood) -> anyhow::Result<[Felt; 2]> {
    let Source::Start(plan) = &ground.source else {
        bail!("the server has to be started with its model")
    };
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let settings = settings(listener.local_addr()?);
    // Ends with this measurement.
    let mut model = JoinSet::new();
    model.spawn(serve(listener, mood));
    let server = Server::start(&plan.with(settings)).await?;
    let subject = ground.opened(vec![server], Vec::new()).await?;
    let channels = subject.channels(2).await?;
    let [quiet, busy] = channels.as_slice() else {
        bail!("two events")
    };
    screen(&subject, busy).await?;
    let watchers = ground.scale.small;
    let crowds = [
        subject.crowd(&[Arc::clone(quiet)], watchers).await?,
        subject.crowd(&[Arc::clone(busy)], watchers).await?,
    ];
    let mut felt = [Felt::default(), Felt::default()];
    let events = [(quiet, None), (busy, Some(QUESTION_EACH))];
    // One stretch of each is not counted: rooms that have just filled are not calm yet.
    for round in 0..=ROUNDS {
        for ((crowd, felt), (event, question_each)) in crowds.iter().zip(&mut felt).zip(events) {
            let trial = stretch(ground, &subject, crowd, event, question_each).await?;
            if round > 0 {
                felt.add(&trial);
            }
        }
    }
    for crowd in crowds {
        crowd.go_home().await;
    }
    subject.finish().await?;
    Ok(felt)
}

fn settings(model: SocketAddr) -> Vec<(String, String)> {
    let url = format!("http://{model}/v1");
    [
        ("GRANDSTAND_LLM__BASE_URL", url.as_str()),
        ("GRANDSTAND_LLM__MODEL", "bench"),
        ("GRANDSTAND_LLM__MODERATION", "endpoint"),
        ("GRANDSTAND_LIMITS__ASK__QUOTA", "0"),
        ("GRANDSTAND_LIMITS__ASK_EVENT__QUOTA", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

/// From now on every message of the event is to be looked at by the model, after it has appeared.
async fn screen(subject: &Subject, event: &str) -> anyhow::Result<()> {
    let mut connection = Connection::open(subject.address()?).await?;
    let mut request = Vec::new();
    let path = format!("/v1/events/{event}");
    let body = r#"{"settings":{"screening":{"mode":"after"}}}"#;
    // Nobody else changes it.
    let headers = format!("Authorization: {}\r\nIf-Match: *\r\n", subject.house()?.host);
    write_request_with(&mut request, "PATCH", &path, &headers, Some(body));
    connection.ask(&request).await.context("screening is switched on")?;
    Ok(())
}

async fn stretch(
    ground: &Ground,
    subject: &Subject,
    crowd: &Crowd,
    event: &Arc<str>,
    question_each: Option<u64>,
) -> anyhow::Result<Trial> {
    let times = (ground.scale.window, DRAIN_LIMIT);
    let requests = |_| messages(subject, event, question_each);
    trial::run_with(ground, subject, crowd, (POSTS_PER_SECOND, 1), times, requests).await
}

fn messages(subject: &Subject, event: &Arc<str>, question_each: Option<u64>) -> Arc<Compose> {
    let (target, event) = (Arc::clone(&subject.target), Arc::clone(event));
    Arc::new(move |slot, author, out| {
        let mut text = target::text(slot.due_ns, slot.index);
        if question_each.is_some_and(|each| slot.index % each == 0) {
            text.push_str(" @assistant and what do you make of that?");
        }
        target.publish(&event, author, &text, out);
    })
}

/// Plays the model until it is told to stop.
async fn serve(listener: TcpListener, mood: Mood) {
    let mut callers = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while callers.try_join_next().is_some() {}
        if callers.len() < CONNECTIONS_MOST {
            callers.spawn(receive(stream, mood));
        }
    }
}

async fn receive(mut stream: TcpStream, mood: Mood) {
    let mut bytes = [0; 16 * 1_024];
    // What is asked does not matter, and it comes in one piece as good as always.
    while let Ok(1..) = stream.read(&mut bytes).await {
        let Some(answer) = mood.answer() else { continue };
        if stream.write_all(answer).await.is_ok() {
            // A caller that has gone meanwhile needs no farewell.
            drop(stream.shutdown().await);
        }
        return;
    }
}

fn tell(ground: &mut Ground, mood: Mood, what: &str, quiet: &Histogram, busy: &Histogram) -> anyhow::Result<()> {
    let (quiet, busy) = (quiet.quantile(990), busy.quantile(990));
    let growth = ratio(float(busy), float(quiet)).unwrap_or_default();
    let what = format!("{what} p99, model {} over no model", mood.name());
    let row = Row::new("model", "", what, growth, "x").goal(Goal::AtMost(1.1));
    ground.row(row.note(format!("{:.1} and {:.1} ms", millis(busy), millis(quiet))))
}

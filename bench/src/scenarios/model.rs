//! Never in the way: what a language model that hangs, fails or turns everybody away does to posting and delivery.
//!
//! In one event every message is to be screened and some ask the assistant what only the model could say. Stretches in
//! which the model does its work take turns with stretches in which it does not, so that a noisy machine is noisy for
//! both; what one leaves undone is waited for, or it would burden the next.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

use crate::{
    authors::Compose,
    ground::{Ground, Source},
    histogram::Histogram,
    http::{Connection, write_request_with},
    report::{Goal, Row, float, millis, ratio},
    server::Server,
    subject::Subject,
    target,
    trial::{self, DRAIN_LIMIT, Trial},
};

const POSTS_PER_SECOND: u64 = 30;
/// One message of so many asks the assistant.
const QUESTION_EACH: u64 = 20;
/// Stretches of each kind.
const ROUNDS: usize = 3;
/// Connections the model keeps open; one more is dropped, as a server would that is full.
const CONNECTIONS_MOST: usize = 256;
/// A request that is longer is not answered.
const REQUEST_MAX: usize = 1024 * 1024;
/// A calm server uses less than one part in so many of its core.
const CALM_SHARE: u128 = 20;
const LOOK: Duration = Duration::from_secs(1);
const CALM_WITHIN: Duration = Duration::from_mins(1);

/// What the model does with whatever it is asked.
#[derive(Debug, Clone, Copy)]
enum Mood {
    Works,
    Hangs,
    Fails,
    TurnsAway,
}

impl Mood {
    /// In which it is of no use.
    const ILL: [Self; 3] = [Self::Hangs, Self::Fails, Self::TurnsAway];

    fn name(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::Hangs => "hangs",
            Self::Fails => "fails",
            Self::TurnsAway => "turns away",
        }
    }

    /// Nothing is said if it hangs.
    fn answer(self, path: &str, body: &[u8]) -> Option<Vec<u8>> {
        Some(match self {
            Self::Hangs => return None,
            Self::Fails => response("500 Internal Server Error", "Content-Length: 0\r\n", ""),
            Self::TurnsAway => response("429 Too Many Requests", "Content-Length: 0\r\nRetry-After: 2\r\n", ""),
            Self::Works if path.ends_with("/moderations") => {
                let text = verdicts(body);
                let head = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", text.len());
                response("200 OK", &head, &text)
            }
            // It ends with the connection.
            Self::Works => response("200 OK", "Content-Type: text/event-stream\r\n", &said()),
        })
    }
}

fn response(status: &str, head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\n{head}Connection: close\r\n\r\n{body}").into_bytes()
}

/// Nothing is wrong with any of the texts.
fn verdicts(request: &[u8]) -> String {
    let request: serde_json::Value = serde_json::from_slice(request).unwrap_or_default();
    let texts = request["input"].as_array().map_or(1, Vec::len);
    let scores = serde_json::json!({"harassment": 0.000_01});
    let verdict = serde_json::json!({
        "flagged": false, "categories": {"harassment": false}, "category_scores": scores,
    });
    serde_json::json!({"id": "modr-1", "model": "bench", "results": vec![verdict; texts]}).to_string()
}

/// An answer as the assistant wants it, streamed in two pieces.
fn said() -> String {
    let pieces = [
        (r#"{"answer":"It is a good one.","cites":[],"#, serde_json::Value::Null),
        (r#""known":true}"#, "stop".into()),
    ];
    let chunk = |(content, reason): (&str, serde_json::Value)| {
        let choice = serde_json::json!({"index": 0, "delta": {"content": content}, "finish_reason": reason});
        let chunk = serde_json::json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "bench", "choices": [choice],
        });
        format!("data: {chunk}\n\n")
    };
    let said: String = pieces.into_iter().map(chunk).collect();
    said + "data: [DONE]\n\n"
}

pub(crate) async fn run(ground: &mut Ground) -> anyhow::Result<()> {
    for mood in Mood::ILL {
        let [well, ill] = measure(ground, mood).await?;
        tell(ground, mood, "post answered", &well.answered, &ill.answered)?;
        tell(ground, mood, "due to read", &well.delivered, &ill.delivered)?;
    }
    Ok(())
}

/// What all stretches of one kind came to.
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
    let (moods, now) = watch::channel(Mood::Works);
    // Ends with this measurement.
    let mut model = JoinSet::new();
    model.spawn(serve(listener, now));
    let server = Server::start(&plan.with(settings)).await?;
    let subject = ground.opened(vec![server], Vec::new()).await?;
    let channels = subject.channels(1).await?;
    let event = channels.first().context("an event")?;
    screen(&subject, event).await?;
    let crowd = subject.crowd(&channels, ground.scale.small).await?;
    let mut felt = [Felt::default(), Felt::default()];
    // One stretch of each is not counted: rooms that have just filled are not calm yet.
    for round in 0..=ROUNDS {
        for (felt, mood) in felt.iter_mut().zip([Mood::Works, mood]) {
            moods.send_replace(mood);
            calm_down(&subject).await?;
            let times = (ground.scale.window, DRAIN_LIMIT);
            let requests = |_| messages(&subject, event);
            let trial = trial::run_with(ground, &subject, &crowd, (POSTS_PER_SECOND, 1), times, requests).await?;
            if round > 0 {
                felt.add(&trial);
            }
        }
    }
    crowd.go_home().await;
    subject.finish().await?;
    Ok(felt)
}

/// Waits until the server has as good as nothing to do.
async fn calm_down(subject: &Subject) -> anyhow::Result<()> {
    let began = Instant::now();
    while began.elapsed() < CALM_WITHIN {
        let before = subject.cpu_ms().context("the server's use of the processor")?;
        tokio::time::sleep(LOOK).await;
        let used = subject.cpu_ms().unwrap_or(before).saturating_sub(before);
        if u128::from(used) * CALM_SHARE < LOOK.as_millis() {
            return Ok(());
        }
    }
    bail!("the server is still busy after {CALM_WITHIN:?}")
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

fn messages(subject: &Subject, event: &Arc<str>) -> Arc<Compose> {
    let (target, event) = (Arc::clone(&subject.target), Arc::clone(event));
    Arc::new(move |slot, author, out| {
        let mut text = target::text(slot.due_ns, slot.index);
        if slot.index % QUESTION_EACH == 0 {
            text.push_str(" @assistant and what do you make of that?");
        }
        target.publish(&event, author, &text, out);
    })
}

/// Plays the model until it is told to stop.
async fn serve(listener: TcpListener, now: watch::Receiver<Mood>) {
    let mut callers = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while callers.try_join_next().is_some() {}
        if callers.len() < CONNECTIONS_MOST {
            callers.spawn(receive(stream, now.clone()));
        }
    }
}

async fn receive(mut stream: TcpStream, now: watch::Receiver<Mood>) {
    let mut bytes = Vec::new();
    while bytes.len() < REQUEST_MAX && stream.read_buf(&mut bytes).await.is_ok_and(|more| more > 0) {
        let Some((path, body)) = request(&bytes) else { continue };
        let mood = *now.borrow();
        let Some(answer) = mood.answer(path, body) else {
            // Until the caller has had enough.
            drop(stream.read_u8().await);
            return;
        };
        if stream.write_all(&answer).await.is_ok() {
            // A caller that has gone meanwhile needs no farewell.
            drop(stream.shutdown().await);
        }
        return;
    }
}

/// Path and body, once all is there.
fn request(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = memchr::memmem::find(bytes, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let path = head.split(' ').nth(1)?;
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    };
    let length = head.lines().find_map(field).unwrap_or(0);
    let body = bytes.get(end + 4..)?;
    Some((path, body.get(..length)?))
}

fn tell(ground: &mut Ground, mood: Mood, what: &str, well: &Histogram, ill: &Histogram) -> anyhow::Result<()> {
    for (share, permille) in [("p50", 500), ("p99", 990)] {
        let (well, ill) = (well.quantile(permille), ill.quantile(permille));
        let growth = ratio(float(ill), float(well)).unwrap_or_default();
        let what = format!("{what} {share}, model {} over model works", mood.name());
        let row = Row::new("model", "", what, growth, "x").goal(Goal::AtMost(1.1));
        ground.row(row.note(format!("{:.1} and {:.1} ms", millis(ill), millis(well))))?;
    }
    Ok(())
}

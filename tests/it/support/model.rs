//! A model's server that plays OpenAI's part: as strict about requests as the real API documents it, and scripted in what it
//! answers. A request that the real one would refuse is refused the same way, and fails the test at the end.
//!
//! ```ignore
//! let model = Model::start().await;                              // on a free port, with a key
//! let server = TestServer::start_with(|config| model.set_up(config)).await;
//!
//! model.next(Act::say("Two nil."));                              // for the next chat request, once; more are queued
//! model.next(Act::pieces(["Two ", "nil."]).pausing(TEN_MS));     // streamed piece by piece (whole, if no stream was asked for)
//! model.next(Act::hang());                                       // takes the request and says nothing
//! model.next(Act::pieces(["Two "]).then_hang());                 // … after a piece
//! model.next(Act::fail(503));                                    // documented error JSON
//! model.next(Act::busy(Some(1)));                                // 429 with Retry-After
//! model.next(Act::pieces(["Two "]).then_cut());                  // the connection ends in the middle
//! model.next(Act::rubbish("<html>"));                            // 200 and no JSON
//! model.next(Act::say("Two nil.").finishing(""));                // a compatible server's way to end
//! model.next(Act::say("…").after(ONE_SECOND));                   // slow
//! model.answering(|request| format!("You said: {}", request.user_text()));   // whatever is not queued
//! model.acting(|request| …an Act…);                              // the same with more freedom; e.g. a model that obeys
//!
//! model.scores("idiot", &[("harassment", 0.93)]);                // texts with that word get these scores, others near 0
//! model.next_judgement(Act::fail(500));                          // for the next moderation request
//!
//! let asked: Vec<Request> = model.asked(2).await;                // waits until two chat requests came; all so far
//! let judged: Vec<Request> = model.judged(1).await;              // moderation requests; `request.inputs()`
//! model.is_left(1).await;                                        // waits until so many clients hung up in the middle
//! model.assert_no_complaints();                                  // at the end of each test
//! ```

mod act;
mod check;
mod judge;
mod serve;

pub use act::Act;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use grandstand::config::{Config, LlmConfig, ModerationBy, Secret};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::CancellationToken;

use super::soon;

/// The key that must be shown; must never be seen in a log.
pub const KEY: &str = "sk-test-do-not-log-0123456789";
/// The chat model this server has.
pub const CHAT: &str = "scripted-1";
/// What Azure's clients must name.
pub const AZURE_VERSION: &str = "2024-10-21";

/// A request that was taken: what a script is asked about, and what tests look at.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub body: Value,
}

impl Request {
    /// What the house said to the model.
    pub fn system_text(&self) -> String {
        self.said_by("system")
    }

    /// Everything in user turns.
    pub fn user_text(&self) -> String {
        self.said_by("user")
    }

    /// Roles and texts, in order.
    pub fn turns(&self) -> Vec<(String, String)> {
        let messages = self.body["messages"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        messages
            .iter()
            .map(|message| (text(&message["role"]), text(&message["content"])))
            .collect()
    }

    fn said_by(&self, role: &str) -> String {
        let turns = self.turns().into_iter().filter(|(by, _)| by == role);
        turns.map(|(_, text)| text).collect::<Vec<_>>().join("\n")
    }

    pub fn is_stream(&self) -> bool {
        self.body["stream"] == true
    }

    /// The name of the form that was asked for.
    pub fn schema_name(&self) -> Option<&str> {
        self.body["response_format"]["json_schema"]["name"].as_str()
    }

    /// Texts to be judged.
    pub fn inputs(&self) -> Vec<String> {
        match &self.body["input"] {
            Value::String(text) => vec![text.clone()],
            list => serde_json::from_value(list.clone()).unwrap_or_default(),
        }
    }
}

type Decide = Arc<dyn Fn(&Request) -> Act + Send + Sync>;

/// What the server does and what it saw.
struct Script {
    queued: Mutex<VecDeque<Act>>,
    otherwise: Mutex<Decide>,
    queued_judgements: Mutex<VecDeque<Act>>,
    words: Mutex<Vec<(String, judge::Scores)>>,
    asked: watch::Sender<Vec<Request>>,
    judged: watch::Sender<Vec<Request>>,
    left: watch::Sender<usize>,
    at_once: watch::Sender<(usize, usize)>,
    complaints: Mutex<Vec<String>>,
    azure: bool,
    wants_key: bool,
}

/// The server; gone when dropped.
pub struct Model {
    url: String,
    script: Arc<Script>,
    stop: CancellationToken,
}

impl Model {
    /// OpenAI: a bearer key, `/v1`.
    pub async fn start() -> Self {
        Self::open(false, true).await
    }

    /// Azure: `api-key` and `api-version`.
    pub async fn start_azure() -> Self {
        Self::open(true, true).await
    }

    /// A server of one's own, without keys.
    pub async fn start_open() -> Self {
        Self::open(false, false).await
    }

    async fn open(azure: bool, wants_key: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Script {
            queued: Mutex::default(),
            otherwise: Mutex::new(Arc::new(|_| Act::say("A scripted answer."))),
            queued_judgements: Mutex::default(),
            words: Mutex::default(),
            asked: watch::Sender::default(),
            judged: watch::Sender::default(),
            left: watch::Sender::default(),
            at_once: watch::Sender::default(),
            complaints: Mutex::default(),
            azure,
            wants_key,
        });
        let stop = CancellationToken::new();
        tokio::spawn(serve::run(listener, Arc::clone(&script), stop.clone()));
        let path = if azure { "/openai/deployments/live" } else { "/v1" };
        Self {
            url: format!("http://{address}{path}"),
            script,
            stop,
        }
    }

    pub fn base_url(&self) -> &str {
        &self.url
    }

    /// Settings that lead here, for questions. Short times, so that what must fail fails soon.
    pub fn settings(&self) -> LlmConfig {
        LlmConfig {
            base_url: Some(self.url.clone()),
            api_key: self.script.wants_key.then(|| Secret::new(KEY)),
            api_version: self.script.azure.then(|| AZURE_VERSION.to_owned()),
            model: Some(CHAT.to_owned()),
            backoff_ms: 20,
            ..LlmConfig::default()
        }
    }

    /// Has a server under test ask here.
    pub fn set_up(&self, config: &mut Config) {
        config.llm = self.settings();
    }

    /// … and have messages judged here, at the endpoint.
    pub fn set_up_judging(&self, config: &mut Config) {
        self.set_up(config);
        config.llm.moderation = ModerationBy::Endpoint;
    }

    /// The same for a server that is a process of its own, without the `GRANDSTAND_` in front.
    pub fn variables(&self) -> Vec<(String, String)> {
        let named = |name: &str, value: &str| (format!("LLM__{name}"), value.to_owned());
        vec![
            named("BASE_URL", &self.url),
            named("API_KEY", KEY),
            named("MODEL", CHAT),
            named("BACKOFF_MS", "20"),
        ]
    }

    /// What is done with the next chat request that nothing is queued for before.
    pub fn next(&self, act: Act) {
        self.script.queued.lock().unwrap().push_back(act);
    }

    /// What is said to requests that nothing is queued for.
    pub fn answering(&self, say: impl Fn(&Request) -> String + Send + Sync + 'static) {
        self.acting(move |request| Act::say(say(request)));
    }

    /// What is done with requests that nothing is queued for.
    pub fn acting(&self, act: impl Fn(&Request) -> Act + Send + Sync + 'static) {
        *self.script.otherwise.lock().unwrap() = Arc::new(act);
    }

    /// Texts with that word (any case) get these scores.
    pub fn scores(&self, word: &str, scores: &[(&str, f64)]) {
        let scores = scores
            .iter()
            .map(|(name, score)| ((*name).to_owned(), *score))
            .collect();
        self.script.words.lock().unwrap().push((word.to_lowercase(), scores));
    }

    /// What is done with the next moderation request in place of judging.
    pub fn next_judgement(&self, act: Act) {
        self.script.queued_judgements.lock().unwrap().push_back(act);
    }

    /// All chat requests, once there are so many.
    pub async fn asked(&self, at_least: usize) -> Vec<Request> {
        wait(&self.script.asked, "chat requests", |asked| asked.len() >= at_least).await
    }

    /// How many chat requests came so far.
    pub fn asked_so_far(&self) -> usize {
        self.script.asked.borrow().len()
    }

    /// All moderation requests, once there are so many.
    pub async fn judged(&self, at_least: usize) -> Vec<Request> {
        wait(&self.script.judged, "moderation requests", |judged| {
            judged.len() >= at_least
        })
        .await
    }

    /// How many moderation requests came so far.
    pub fn judged_so_far(&self) -> usize {
        self.script.judged.borrow().len()
    }

    /// Waits until so many clients hung up before they had their answer.
    pub async fn is_left(&self, times: usize) {
        wait(&self.script.left, "clients that hang up", |left| *left >= times).await;
    }

    /// The most requests that were under way at once.
    pub fn most_at_once(&self) -> usize {
        self.script.at_once.borrow().1
    }

    /// Fails if a request was not as the API documents it.
    pub fn assert_no_complaints(&self) {
        let complaints = self.script.complaints.lock().unwrap();
        assert!(
            complaints.is_empty(),
            "requests the real API would refuse:\n{}",
            complaints.join("\n")
        );
    }

    /// What was wrong with requests so far; for tests of this server itself.
    pub fn complaints(&self) -> Vec<String> {
        self.script.complaints.lock().unwrap().clone()
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn wait<T: Clone>(what: &watch::Sender<T>, name: &str, is_so: impl FnMut(&T) -> bool) -> T {
    let mut seen = what.subscribe();
    let value = soon(name, seen.wait_for(is_so)).await.unwrap();
    value.clone()
}

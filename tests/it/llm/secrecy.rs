//! What nobody gets to see: the key, and what people said.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use grandstand::{
    config::{Config, LlmConfig, ModerationBy, Secret, Sources},
    llm::{Answer, Bottomless, Llm, OpenError, Speaker, Turn},
    telemetry::Metrics,
};
use tracing_subscriber::fmt::MakeWriter;

use super::{asked, heard, llm, question};
use crate::support::{Act, Model, model::KEY, soon};

/// Every line of this thread, however detailed.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

const ASKED: &str = "does Ana love Ben";
const ANSWERED: &str = "nobody's business";

/// All ways a question can go, with everything that anybody writes about it.
async fn everything_logged(change: impl Fn(&mut LlmConfig)) -> String {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(lines.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let model = Model::start().await;
    let llm = llm(&model, |config| {
        config.moderation = ModerationBy::Endpoint;
        config.breaker_failures = 1_000;
        config.retries = 1;
        change(config);
    });
    let acts = || {
        [
            Act::say(ANSWERED),
            Act::fail(400),
            Act::fail(401),
            Act::fail(500),
            Act::busy(Some(0)),
            Act::rubbish(ANSWERED),
            Act::rubbish(format!(r#"{{"choices": "{ANSWERED}"}}"#)),
            Act::raw("text/event-stream", format!("data: {ANSWERED}\n\n")),
            Act::pieces([ANSWERED]).then_cut(),
            Act::refuse(ANSWERED),
        ]
    };
    for act in acts() {
        model.next(act.clone());
        drop(asked(&llm, question(ASKED)).await);
        model.next(act);
        drop(heard(&llm, question(ASKED)).await);
    }
    for act in acts() {
        model.next_judgement(act);
        drop(soon("a judgement", llm.moderate(&[ASKED.to_owned()])).await);
    }
    let wrong = super::llm(&model, |config| {
        config.api_key = Some(Secret::new(format!("{KEY}-wrong")));
    });
    drop(asked(&wrong, question(ASKED)).await);
    lines.text()
}

#[tokio::test]
async fn neither_the_key_nor_what_was_said_is_logged() {
    let text = everything_logged(|_| {}).await;
    assert!(
        text.len() > 10_000 && text.contains("the model's server did not answer"),
        "it was listened to"
    );
    for secret in [KEY, ASKED, ANSWERED, "questions about a match"] {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

#[tokio::test]
async fn what_was_said_is_logged_when_asked_for_and_the_key_never() {
    let text = everything_logged(|config| config.log_prompts = true).await;
    assert!(text.contains(ASKED) && text.contains(ANSWERED));
    assert!(!text.contains(KEY));
}

#[test]
fn nothing_that_is_printed_for_debugging_gives_anything_away() {
    let mut ask = question(ASKED);
    ask.turns.push(Turn {
        speaker: Speaker::Model,
        text: ANSWERED.to_owned(),
    });
    let answer = Answer {
        text: ANSWERED.to_owned(),
        model: "m".to_owned(),
        tokens_in: 1,
        tokens_out: 1,
        finished: true,
    };
    let config = LlmConfig {
        api_key: Some(Secret::new(KEY)),
        ..LlmConfig::default()
    };
    let printed = format!("{ask:?} {:?} {answer:?} {config:?}", ask.turns);
    for secret in [KEY, ASKED, ANSWERED, &ask.instructions] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[tokio::test]
async fn the_key_may_stand_in_a_file() {
    let (model, dir) = (Model::start().await, tempfile::TempDir::new().unwrap());
    let path = dir.path().join("key");
    let in_file = |config: &mut LlmConfig| {
        config.api_key = None;
        config.api_key_file = Some(path.clone());
    };
    std::fs::write(&path, format!("{KEY}\n")).unwrap();
    assert!(asked(&llm(&model, in_file), question("?")).await.is_ok());
    model.assert_no_complaints();
    let open = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let mut config = model.settings();
        in_file(&mut config);
        Llm::open(&config, &Arc::new(Metrics::default()), Arc::new(Bottomless)).err()
    };
    assert!(matches!(open(" \n"), Some(OpenError::Key)));
    assert!(matches!(open("two\nlines"), Some(OpenError::Key)));
    std::fs::remove_file(&path).unwrap();
    let mut config = model.settings();
    in_file(&mut config);
    let missing = Llm::open(&config, &Arc::new(Metrics::default()), Arc::new(Bottomless));
    assert!(matches!(missing.err(), Some(OpenError::KeyFile(_))));
}

#[test]
fn settings_that_cannot_work_are_refused_with_their_name() {
    for (name, value, word) in [
        ("BASE_URL", "api.openai.com/v1", "llm.base_url"),
        ("BASE_URL", "ftp://api.openai.com/v1", "llm.base_url"),
        ("BASE_URL", "https://me:secret@api.openai.com/v1", "llm.base_url"),
        ("BASE_URL", "https://api.openai.com/v1?key=1", "llm.base_url"),
        ("API_KEY", "two words", "llm.api_key"),
        ("API_KEY", "", "llm.api_key"),
        ("MODEL", "", "llm.model"),
        ("MODERATION", "maybe", "MODERATION"),
        ("TEMPERATURE", "3", "llm.temperature"),
        ("DEADLINE_MS", "0", "deadline_ms"),
        ("RETRIES", "50", "retries"),
        ("MOST_AT_ONCE", "0", "most_at_once"),
        ("BREAKER_FAILURES", "0", "breaker_failures"),
        ("ANSWER_MOST_BYTES", "1", "llm.answer_most_bytes"),
        ("TOKENS_HOUSE_DAY", "-1", "TOKENS_HOUSE_DAY"),
    ] {
        let name = format!("GRANDSTAND_LLM__{name}");
        let sources = Sources {
            env: [(name.clone(), value.to_owned())].into(),
            ..Sources::default()
        };
        let wrong = Config::load(&sources).unwrap_err().to_string();
        assert!(wrong.contains(word) && wrong.starts_with(&name), "{wrong}");
        assert!(!wrong.contains("me:secret"), "{wrong}");
    }
}

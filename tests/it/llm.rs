//! Asking a model over the wire: what is asked and understood, how long it may take, what is tried again, what it may cost,
//! and what nobody gets to see.

mod bounds;
mod budgets;
mod secrecy;
mod server;

use std::{sync::Arc, time::Duration};

use grandstand::{
    config::{LlmConfig, MaxTokensField, StructuredOutput},
    crypto,
    domain::EventId,
    llm::{Answer, Ask, Bottomless, Error, Llm, Payer, Purpose, Schema, Speaker, Turn},
    telemetry::Metrics,
};
use serde_json::json;

use crate::support::{Act, Model, PATIENCE, soon};

/// A house without a purse that asks there.
fn llm(model: &Model, change: impl FnOnce(&mut LlmConfig)) -> Llm {
    llm_counted(model, change).0
}

fn llm_counted(model: &Model, change: impl FnOnce(&mut LlmConfig)) -> (Llm, Arc<Metrics>) {
    crypto::install();
    let (mut config, metrics) = (model.settings(), Arc::new(Metrics::default()));
    change(&mut config);
    let llm = Llm::open(&config, &metrics, Arc::new(Bottomless)).unwrap();
    (llm, metrics)
}

fn question(text: &str) -> Ask {
    Ask {
        purpose: Purpose::Answer,
        instructions: "You answer questions about a match.".to_owned(),
        turns: vec![Turn {
            speaker: Speaker::User,
            text: text.to_owned(),
        }],
        schema: None,
        max_tokens: 100,
        deadline: PATIENCE,
        payer: Payer {
            event: EventId::generate(),
            user: None,
        },
    }
}

fn form() -> Schema {
    Schema {
        name: "answer",
        json: json!({
            "type": "object", "additionalProperties": false, "required": ["text", "seqs"],
            "properties": {"text": {"type": "string"}, "seqs": {"type": "array", "items": {"type": "integer"}}},
        }),
    }
}

async fn asked(llm: &Llm, ask: Ask) -> Result<Answer, Error> {
    soon("an answer", llm.ask(ask)).await
}

/// The outcome, and what was heard on the way.
async fn heard(llm: &Llm, ask: Ask) -> (Result<Answer, Error>, Vec<String>) {
    let mut pieces = Vec::new();
    let outcome = soon(
        "an answer",
        llm.ask_streaming(ask, |piece| pieces.push(piece.to_owned())),
    )
    .await;
    (outcome, pieces)
}

#[tokio::test]
async fn questions_are_asked_as_the_api_documents_them_and_answers_understood() {
    let model = Model::start().await;
    let llm = llm(&model, |_| {});
    assert!(llm.can_chat() && !llm.can_moderate() && llm.provider() == "127.0.0.1");
    model.next(Act::say("Two nil."));
    let answer = asked(&llm, question("What is the score?")).await.unwrap();
    assert_eq!(
        (answer.text.as_str(), answer.model.as_str()),
        ("Two nil.", "scripted-1")
    );
    assert!(answer.finished && answer.tokens_in > 10 && answer.tokens_out == 2);
    model.next(Act::pieces(["Two", " nil", "."]).pausing(Duration::from_millis(1)));
    let mut ask = question("What is the score?");
    ask.turns.insert(
        0,
        Turn {
            speaker: Speaker::Model,
            text: "Welcome.".to_owned(),
        },
    );
    ask.schema = Some(form());
    let (answer, pieces) = heard(&llm, ask).await;
    assert_eq!(
        (answer.unwrap().text.as_str(), pieces.concat().as_str()),
        ("Two nil.", "Two nil.")
    );
    assert_eq!(pieces.len(), 3);
    let asked = model.asked(2).await;
    assert_eq!(asked[0].user_text(), "What is the score?");
    assert!(!asked[0].is_stream() && asked[1].is_stream() && asked[1].schema_name() == Some("answer"));
    let roles: Vec<_> = asked[1].turns().into_iter().map(|(role, _)| role).collect();
    assert_eq!(roles, ["system", "assistant", "user"]);
    assert!(asked[0].body["max_tokens"] == 100 && asked[0].body.get("temperature").is_none());
    model.assert_no_complaints();
}

#[tokio::test]
async fn other_servers_are_asked_as_they_like_it() {
    crypto::install();
    for model in [Model::start_azure().await, Model::start_open().await] {
        let llm = llm(&model, |config| {
            config.max_tokens_field = MaxTokensField::MaxCompletionTokens;
            config.temperature = Some(0.2);
        });
        assert!(asked(&llm, question("Who leads?")).await.is_ok());
        assert!(heard(&llm, question("Who leads?")).await.0.is_ok());
        let requests = model.asked(2).await;
        assert!(requests[0].body["max_completion_tokens"] == 100 && requests[0].body["temperature"] == 0.2);
        model.assert_no_complaints();
    }
    for output in [StructuredOutput::JsonObject, StructuredOutput::None] {
        let model = Model::start().await;
        let llm = llm(&model, |config| config.structured_output = output);
        model.next(Act::say("```json\n{\"text\": \"x\", \"seqs\": []}\n```"));
        let mut ask = question("Who leads?");
        ask.schema = Some(form());
        let answer = asked(&llm, ask).await.unwrap();
        assert_eq!(answer.text, "{\"text\": \"x\", \"seqs\": []}");
        assert!(
            model.asked(1).await[0].system_text().contains("\"seqs\""),
            "the form is asked for in words"
        );
        model.assert_no_complaints();
    }
}

#[tokio::test]
async fn what_compatible_servers_do_otherwise_is_understood() {
    let model = Model::start().await;
    let llm = llm(&model, |_| {});
    model.next(Act::pieces(["Two ", "nil."]).finishing(""));
    model.next(Act::pieces(["Two ", "nil."]).uncounted());
    let whole = r#"{"choices": [{"message": {"role": "assistant", "content": "Two nil."}}]}"#;
    model.next(Act::raw("application/json; charset=utf-8", whole));
    let lines = "data: {\"choices\": [{\"delta\": {\"content\": \"Two nil.\"}, \"finish_reason\": \"stop\"}]}\r\n\r\n";
    model.next(Act::raw("text/event-stream", lines));
    for _ in 0..4 {
        let (answer, pieces) = heard(&llm, question("The score?")).await;
        let answer = answer.unwrap();
        assert_eq!(
            (answer.text.as_str(), pieces.concat().as_str()),
            ("Two nil.", "Two nil.")
        );
        assert!(answer.tokens_in > 5 && answer.tokens_out == 2, "{answer:?}");
    }
    model.next(Act::say("Two").finishing("length"));
    assert!(!asked(&llm, question("The score?")).await.unwrap().finished);
    model.assert_no_complaints();
}

#[tokio::test]
async fn rubbish_cuts_and_refusals_are_told_apart() {
    let model = Model::start().await;
    let llm = llm(&model, |config| {
        config.retries = 0;
        config.breaker_failures = 1_000;
    });
    let whole = [
        (Act::rubbish("<html>sorry</html>"), Error::Rubbish),
        (Act::rubbish("[1, 2]"), Error::Rubbish),
        (Act::rubbish(r#"{"choices": "none"}"#), Error::Rubbish),
        (Act::rubbish(r#"{"choices": []}"#), Error::Rubbish),
        (Act::rubbish(vec![b'x'; 2_000_000]), Error::Rubbish),
        (
            Act::rubbish(r#"{"error": {"message": "no memory"}}"#),
            Error::Unavailable,
        ),
        (Act::say("  "), Error::Rubbish),
        (Act::say("Two").then_cut(), Error::Cut),
        (Act::refuse("I would rather not."), Error::Refused),
        (Act::say("x").finishing("content_filter"), Error::Refused),
        (Act::fail(400), Error::Refused),
        (Act::fail(401), Error::Refused),
        (Act::fail(404), Error::Refused),
        (Act::fail(500), Error::Unavailable),
        (Act::fail(302), Error::Rubbish),
    ];
    for (act, error) in whole {
        let case = format!("{act:.60?}");
        model.next(act);
        assert_eq!(asked(&llm, question("?")).await.err(), Some(error), "{case}");
    }
    let streamed = [
        (
            Act::raw("text/event-stream", "data: {\"choices\": 3}\n\n"),
            Error::Rubbish,
            "",
        ),
        (Act::raw("text/event-stream", "data: nonsense\n\n"), Error::Rubbish, ""),
        (Act::raw("text/event-stream", ""), Error::Cut, ""),
        (Act::raw("text/event-stream", vec![b'x'; 400_000]), Error::Rubbish, ""),
        (
            Act::raw("text/event-stream", "data: {\"error\": {\"message\": \"x\"}}\n\n"),
            Error::Unavailable,
            "",
        ),
        (Act::raw("text/html", "<html>"), Error::Cut, ""),
        (Act::pieces(["Two ", "n"]).then_cut(), Error::Cut, "Two n"),
        (Act::pieces([""]), Error::Rubbish, ""),
        (Act::refuse("I would rather not."), Error::Refused, ""),
        (Act::fail(500), Error::Unavailable, ""),
    ];
    for (act, error, words) in streamed {
        let case = format!("{act:.60?}");
        model.next(act);
        let (outcome, pieces) = heard(&llm, question("?")).await;
        assert_eq!(
            (outcome.err(), pieces.concat().as_str()),
            (Some(error), words),
            "{case}"
        );
    }
    model.assert_no_complaints();
}

#[tokio::test]
async fn judgements_come_one_for_each_text_in_order() {
    let model = Model::start().await;
    model.scores("idiot", &[("harassment", 0.93), ("hate", 0.2)]);
    let llm = llm(&model, |config| {
        config.moderation = grandstand::config::ModerationBy::Endpoint;
    });
    assert!(llm.can_moderate());
    let texts = ["well played", "you IDIOT", "goal"].map(str::to_owned);
    let judged = soon("judgements", llm.moderate(&texts)).await.unwrap();
    let flagged: Vec<bool> = judged.iter().map(|one| one.flagged).collect();
    assert_eq!(flagged, [false, true, false]);
    assert!(judged[1].scores.contains(&("harassment".to_owned(), 0.93)) && judged[1].scores.len() == 13);
    assert_eq!(
        (judged[1].model.as_str(), judged[1].provider.as_str()),
        ("omni-moderation-2024-09-26", "127.0.0.1")
    );
    assert_eq!(llm.moderate(&[]).await, Ok(Vec::new()));
    for act in [
        Act::rubbish("{}"),
        Act::rubbish(r#"{"model": "m", "results": []}"#),
        Act::fail(400),
    ] {
        model.next_judgement(act);
        assert!(soon("no judgement", llm.moderate(&texts)).await.is_err());
    }
    model.next_judgement(Act::fail(503));
    assert!(soon("a second try", llm.moderate(&texts)).await.is_ok());
    assert_eq!(model.judged(6).await[0].inputs(), texts);
    model.assert_no_complaints();
}

#[tokio::test]
async fn without_a_model_everything_says_so() {
    crypto::install();
    for config in [
        LlmConfig::default(),
        LlmConfig {
            base_url: Some("http://127.0.0.1:9/v1".to_owned()),
            ..LlmConfig::default()
        },
    ] {
        let llm = Llm::open(&config, &Arc::new(Metrics::default()), Arc::new(Bottomless)).unwrap();
        assert!(!llm.can_chat() && !llm.can_moderate());
        assert_eq!(asked(&llm, question("?")).await, Err(Error::Disabled));
        assert_eq!(llm.moderate(&["?".to_owned()]).await, Err(Error::Disabled));
    }
    let nobody = LlmConfig {
        base_url: Some("https://127.0.0.1:9/v1".to_owned()),
        model: Some("m".to_owned()),
        retries: 0,
        ..LlmConfig::default()
    };
    let llm = Llm::open(&nobody, &Arc::new(Metrics::default()), Arc::new(Bottomless)).unwrap();
    assert_eq!(asked(&llm, question("?")).await, Err(Error::Unavailable));
}

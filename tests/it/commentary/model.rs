//! A model that rewords posts: it may say the same in other words, in time; else the template goes out.

use super::{count, goal, hears_message, kicks_off, posts, reports, told};
use crate::support::{Act, Model, TestServer};

async fn start(model: &Model, patience_ms: u64) -> TestServer {
    TestServer::start_with(|config| {
        posts(config);
        model.set_up(config);
        config.llm.retries = 0;
        config.assistant.post_deadline_ms = patience_ms;
    })
    .await
}

fn says(text: &str) -> Act {
    Act::say(serde_json::json!({ "text": text }).to_string())
}

#[tokio::test]
async fn a_model_may_say_the_same_in_other_words_and_nothing_else() {
    let model = Model::start().await;
    let server = start(&model, 20_000).await;
    let host = server.host();
    let event = kicks_off(&host).await;
    let mut seat = server.anybody().watches(&event).await;
    let expected = [
        (
            says("What a strike! Ana gives Home the lead. Home 1–0 Away."),
            None,
            "model",
        ),
        // Another score, another name, rubbish, a failure.
        (
            says("Ana makes it! Home 3–0 Away."),
            Some("11' Goal! Ana scores for Home. Home 2–0 Away."),
            "facts",
        ),
        (
            says("Ana after a pass from Ben. Home 3–0 Away."),
            Some("12' Goal! Ana scores for Home. A hat-trick for Ana! Home 3–0 Away."),
            "facts",
        ),
        (
            Act::rubbish("<html>"),
            Some("13' Goal! Ana scores for Home. Goal number 4 for Ana! Home 4–0 Away."),
            "facts",
        ),
        (
            Act::fail(500),
            Some("14' Goal! Ana scores for Home. Goal number 5 for Ana! Home 5–0 Away."),
            "facts",
        ),
    ];
    for (minute, (act, text, by)) in (10..).zip(expected) {
        model.next(act);
        reports(&host, &event, &[goal(&format!("g{minute}"), "home", "Ana", minute)]).await;
        let post = hears_message(&mut seat).await;
        let expected = text.unwrap_or("What a strike! Ana gives Home the lead. Home 1–0 Away.");
        assert_eq!(
            (post["text"].as_str(), post["assistant"]["by"].as_str()),
            (Some(expected), Some(by))
        );
    }
    // Names are data, in the user's turn.
    let asked = model.asked(5).await;
    assert!(!asked[0].system_text().contains("Ana") && asked[0].user_text().contains("Ana"));
    model.assert_no_complaints();
}

#[tokio::test]
async fn a_model_that_hangs_holds_a_post_up_for_its_patience_and_no_longer() {
    let model = Model::start().await;
    let server = start(&model, 300).await;
    let host = server.host();
    let event = kicks_off(&host).await;
    let mut seat = server.anybody().watches(&event).await;
    model.next(Act::hang());
    reports(&host, &event, &[goal("g1", "home", "Ana", 7)]).await;
    let post = hears_message(&mut seat).await;
    assert_eq!(post["text"], "7' Goal! Ana puts Home ahead. Home 1–0 Away.");
    model.is_left(1).await;
    assert_eq!(count(&told(&host, &event).await, "goal"), 1);
    model.assert_no_complaints();
}

//! Search: words, beginnings of words, signs; nothing a person types is a query of its own.

use serde_json::{Value, json};

use super::{at, messages};
use crate::support::{Actor, TestServer, percent};

async fn finds(who: &Actor, event: &str, query: &[(&str, &str)]) -> Vec<String> {
    let query: Vec<_> = query
        .iter()
        .map(|(name, value)| format!("{name}={}", percent(value)))
        .collect();
    let page = who
        .get(&format!("{}/search?{}", messages(event), query.join("&")))
        .await
        .ok();
    let items = page["items"].as_array().unwrap().iter();
    items
        .map(|message| message["text"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn messages_are_found_by_their_words_and_signs() {
    let server = TestServer::start().await;
    let (hanna, ana) = (server.host(), server.user("ana", &[]));
    let event = hanna.starts_event("session").await;
    let texts = [
        "What a Goal by Müller",
        "goalkeeper saves",
        "NOT a foul",
        "offside OR not",
        "кот сидит",
        "ゴール です",
        "said \"well played\" twice",
        "50% of it_all",
        "⚽⚽ in",
        "column text: value",
        "a-b-c",
        "हिन्दी में",
    ];
    for text in texts {
        ana.says(&event, text).await;
    }
    hanna.starts_event("session").await;
    for (words, found) in [
        ("goal", &["goalkeeper saves", "What a Goal by Müller"][..]),
        ("GOAL what", &["What a Goal by Müller"]),
        ("muller", &["What a Goal by Müller"]),
        ("mül", &["What a Goal by Müller"]),
        ("keeper", &[]),
        ("NOT", &["offside OR not", "NOT a foul"]),
        ("offside OR foul", &[]),
        ("offside or", &["offside OR not"]),
        ("КОТ", &["кот сидит"]),
        ("ゴール", &["ゴール です"]),
        ("हिन्दी", &["हिन्दी में"]),
        ("\"well played\"", &["said \"well played\" twice"]),
        ("\"", &["said \"well played\" twice"]),
        ("well \"", &["said \"well played\" twice"]),
        ("text:", &["column text: value"]),
        ("goal*", &["goalkeeper saves", "What a Goal by Müller"]),
        ("^goal", &["goalkeeper saves", "What a Goal by Müller"]),
        ("NEAR(a b)", &[]),
        ("a-b-c", &["a-b-c"]),
        ("%", &["50% of it_all"]),
        ("_", &["50% of it_all"]),
        ("⚽", &["⚽⚽ in"]),
        ("⚾", &[]),
        ("'; DROP TABLE message; --", &[]),
        ("\\", &[]),
    ] {
        assert_eq!(finds(&ana, &event, &[("q", words)]).await, found, "{words}");
    }
    assert_eq!(
        finds(&ana, &event, &[("q", " ")]).await.len(),
        texts.len(),
        "no words are any words"
    );
    let long = "x".repeat(201);
    let path = format!("{}/search?q={long}", messages(&event));
    assert_eq!(ana.get(&path).await.refused(400), "invalid-request");
}

#[tokio::test]
async fn messages_are_found_by_author_and_time_in_pages() {
    let server = TestServer::start().await;
    let (ana, ben) = (server.user("ana", &[]), server.user("ben", &[]));
    let event = server.host().starts_event("session").await;
    let mut said = Vec::new();
    for number in 0..6 {
        let who = if number % 2 == 0 { &ana } else { &ben };
        // Times are told apart by milliseconds: speak until one has passed.
        let mut message = who.says(&event, &format!("word {number}")).await;
        while said
            .last()
            .is_some_and(|last: &Value| last["created_at"] == message["created_at"])
        {
            who.delete(&at(&event, &message, "")).await.ok();
            message = who.says(&event, &format!("word {number}")).await;
        }
        said.push(message);
    }
    let time = |number: usize| said[number]["created_at"].as_str().unwrap();
    assert_eq!(
        finds(&ana, &event, &[("author", "ben")]).await,
        ["word 5", "word 3", "word 1"]
    );
    assert_eq!(finds(&ana, &event, &[("author", "ben"), ("q", "3")]).await, ["word 3"]);
    assert_eq!(
        finds(&ana, &event, &[("since", time(2)), ("until", time(4))]).await,
        ["word 3", "word 2"]
    );
    assert_eq!(finds(&ana, &event, &[("author", "nobody")]).await, [""; 0]);

    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = ana
            .get(&format!("{}/search?q=word&limit=4{after}", messages(&event)))
            .await
            .ok();
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|message| message["id"].clone()),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    let mut expected: Vec<_> = said.iter().map(|message| message["id"].clone()).collect();
    expected.reverse();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn an_edited_message_is_found_by_what_it_says_now() {
    let server = TestServer::start().await;
    let ana = server.user("ana", &[]);
    let event = server.host().starts_event("session").await;
    let said = ana.says(&event, "before").await;
    ana.patch(&at(&event, &said, ""), &json!({"text": "afterwards"}))
        .await
        .ok();
    assert_eq!(finds(&ana, &event, &[("q", "before")]).await, [""; 0]);
    assert_eq!(finds(&ana, &event, &[("q", "after")]).await, ["afterwards"]);
}

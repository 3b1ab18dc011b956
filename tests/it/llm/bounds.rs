//! Time, attempts, places and the breaker.

use std::time::Duration;

use futures_util::{FutureExt, future::join_all};
use grandstand::{config::ModerationBy, llm::Error};

use super::{asked, heard, llm, llm_counted, question};
use crate::support::{Act, Model, soon};

#[tokio::test]
async fn a_model_that_says_nothing_is_left_in_time() {
    let model = Model::start().await;
    let llm = llm(&model, |config| {
        config.first_byte_ms = 300;
        config.idle_ms = 300;
        config.deadline_ms = 2_000;
        config.retries = 5;
    });
    model.next(Act::hang());
    assert_eq!(heard(&llm, question("?")).await.0, Err(Error::Timeout), "no first byte");
    model.next(Act::pieces(["Two "]).then_hang());
    let (outcome, pieces) = heard(&llm, question("?")).await;
    assert_eq!(
        (outcome, pieces.concat().as_str()),
        (Err(Error::Timeout), "Two "),
        "no second piece"
    );
    model.next(Act::pieces(["drip "]).pausing(Duration::from_millis(100)).without_end());
    assert_eq!(
        heard(&llm, question("?")).await.0,
        Err(Error::Timeout),
        "the whole deadline"
    );
    model.next(Act::hang());
    let mut ask = question("?");
    ask.deadline = Duration::from_millis(300);
    assert_eq!(asked(&llm, ask).await, Err(Error::Timeout), "what the asker allows");
    model.is_left(4).await;
    assert_eq!(model.asked_so_far(), 4, "silence is not asked again");
    model.assert_no_complaints();
}

#[tokio::test]
async fn whoever_drops_a_question_closes_its_connection() {
    let model = Model::start().await;
    let llm = llm(&model, |_| {});
    model.next(Act::hang());
    let mut whole = Box::pin(llm.ask(question("?")));
    assert!(whole.as_mut().now_or_never().is_none());
    let race = async {
        tokio::select! {
            _ = &mut whole => panic!("it hangs"),
            _ = model.asked(1) => {}
        }
    };
    soon("the request", race).await;
    drop(whole);
    model.is_left(1).await;
    model.next(Act::pieces(["Two "]).then_hang());
    let (sender, mut first) = tokio::sync::mpsc::channel(8);
    let mut streamed = Box::pin(llm.ask_streaming(question("?"), |piece: &str| {
        drop(sender.try_send(piece.to_owned()));
    }));
    let race = async {
        tokio::select! {
            _ = &mut streamed => panic!("it hangs"),
            piece = first.recv() => piece,
        }
    };
    assert_eq!(soon("a piece", race).await.as_deref(), Some("Two "));
    drop(streamed);
    model.is_left(2).await;
}

#[tokio::test]
async fn an_answer_without_end_is_ended() {
    let model = Model::start().await;
    let llm = llm(&model, |config| config.answer_most_bytes = 1_000);
    model.next(Act::pieces(["and on "]).without_end());
    let (answer, pieces) = heard(&llm, question("?")).await;
    let answer = answer.unwrap();
    assert!(!answer.finished && answer.text.len() == 1_000 && pieces.concat() == answer.text);
    model.is_left(1).await;
    model.next(Act::say("x".repeat(2_000)));
    let answer = asked(&llm, question("?")).await.unwrap();
    assert!(!answer.finished && answer.text.len() == 1_000);
}

#[tokio::test]
async fn what_failed_before_anything_was_heard_is_tried_again_a_few_times() {
    let model = Model::start().await;
    let llm = llm(&model, |config| {
        config.retries = 2;
        config.breaker_failures = 1_000;
    });
    for status in [500, 502, 503, 429, 408] {
        let before = model.asked_so_far();
        model.next(Act::fail(status));
        model.next(Act::fail(503));
        assert!(asked(&llm, question("?")).await.is_ok(), "{status}");
        assert_eq!(model.asked_so_far() - before, 3, "{status}");
    }
    let before = model.asked_so_far();
    for _ in 0..4 {
        model.next(Act::fail(503));
    }
    assert_eq!(heard(&llm, question("?")).await.0, Err(Error::Unavailable));
    assert_eq!(model.asked_so_far() - before, 3, "and no more: nobody else retries");
    assert!(
        asked(&llm, question("?")).await.is_ok(),
        "the fourth was left for the next question"
    );
    let before = model.asked_so_far();
    for act in [
        Act::fail(400),
        Act::fail(401),
        Act::broke(),
        Act::rubbish("no"),
        Act::pieces(["Two "]).then_cut(),
    ] {
        model.next(act);
        assert!(heard(&llm, question("?")).await.0.is_err());
    }
    assert_eq!(model.asked_so_far() - before, 5, "these would only end the same way");
    model.assert_no_complaints();
}

#[tokio::test]
async fn a_server_that_asks_for_patience_gets_it_up_to_a_bound() {
    let model = Model::start().await;
    let llm = llm(&model, |config| {
        config.retry_after_most_seconds = 3;
        config.deadline_ms = 20_000;
    });
    model.next(Act::busy(Some(1)));
    let began = tokio::time::Instant::now();
    assert!(asked(&llm, question("?")).await.is_ok());
    assert!(began.elapsed() >= Duration::from_secs(1), "not sooner than asked for");
    model.next(Act::busy(Some(600)));
    let patience = Error::RateLimited {
        retry_after_seconds: Some(600),
    };
    assert_eq!(asked(&llm, question("?")).await, Err(patience.clone()));
    assert_eq!(patience.retry_after_seconds(), Some(600));
    assert_eq!(model.asked_so_far(), 3);
    let mut hurried = question("?");
    hurried.deadline = Duration::from_millis(800);
    model.next(Act::busy(Some(2)));
    assert!(
        matches!(asked(&llm, hurried).await, Err(Error::RateLimited { .. })),
        "no time for it"
    );
}

#[tokio::test]
async fn after_failures_in_a_row_the_model_is_left_alone_until_one_question_goes_well() {
    let model = Model::start().await;
    let (llm, metrics) = llm_counted(&model, |config| {
        config.retries = 0;
        config.breaker_failures = 3;
        config.breaker_open_seconds = 1;
        config.moderation = ModerationBy::Endpoint;
    });
    let is_open = |is_open: bool| {
        let line = format!("grandstand_llm_breaker_open{{line=\"chat\"}} {}", u8::from(is_open));
        assert!(metrics.render().contains(&line), "{line}");
    };
    is_open(false);
    for _ in 0..3 {
        model.next(Act::fail(500));
        assert_eq!(asked(&llm, question("?")).await, Err(Error::Unavailable));
    }
    is_open(true);
    for _ in 0..5 {
        assert!(matches!(
            asked(&llm, question("?")).await,
            Err(Error::Open {
                retry_after_seconds: 1..=2
            })
        ));
    }
    assert_eq!(model.asked_so_far(), 3, "nobody asked");
    assert!(
        soon("judgements", llm.moderate(&["x".to_owned()])).await.is_ok(),
        "judging is another matter"
    );
    model.next(Act::fail(500));
    let tried = async { while asked(&llm, question("?")).await != Err(Error::Unavailable) {} };
    Box::pin(soon("a try", tried)).await;
    assert!(
        matches!(asked(&llm, question("?")).await, Err(Error::Open { .. })),
        "it went wrong: again"
    );
    let closed = async { while asked(&llm, question("?")).await.is_err() {} };
    Box::pin(soon("a try that goes well", closed)).await;
    is_open(false);
    model.next(Act::fail(400));
    model.next(Act::fail(400));
    model.next(Act::fail(400));
    for _ in 0..3 {
        assert_eq!(asked(&llm, question("?")).await, Err(Error::Refused));
    }
    assert!(
        asked(&llm, question("?")).await.is_ok(),
        "a bad question is not the model's failure"
    );
    let text = metrics.render();
    for line in [
        "grandstand_llm_requests_total{purpose=\"answer\",outcome=\"refused\"} 3",
        "grandstand_llm_requests_total{purpose=\"moderation\",outcome=\"answered\"} 1",
        "grandstand_llm_request_seconds_count{purpose=\"answer\"}",
        "grandstand_llm_tokens_out_total",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}

#[tokio::test]
async fn only_so_many_are_under_way_and_only_so_many_wait() {
    let model = Model::start().await;
    model.acting(|_| Act::say("x").after(Duration::from_millis(200)));
    let llm = llm(&model, |config| {
        config.most_at_once = 2;
        config.most_waiting = 3;
    });
    let outcomes = join_all((0..8).map(|_| asked(&llm, question("?")))).await;
    let refused = outcomes.iter().filter(|one| **one == Err(Error::Overloaded)).count();
    assert_eq!((outcomes.iter().flatten().count(), refused), (5, 3));
    assert_eq!((model.most_at_once(), model.asked_so_far()), (2, 5));
    let llm = super::llm(&model, |config| {
        config.most_at_once = 1;
        config.wait_ms = 50;
    });
    model.next(Act::hang());
    let hanging = llm.ask(question("?"));
    let waiting = async {
        model.asked(6).await;
        asked(&llm, question("?")).await
    };
    tokio::select! {
        outcome = hanging => panic!("{outcome:?}"),
        outcome = waiting => assert_eq!(outcome, Err(Error::Overloaded), "waited long enough"),
    }
}

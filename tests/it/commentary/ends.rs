//! A whole match at high speed, and servers that die between a goal and its post.

use grandstand::cli::replay::{self, ReplayArgs, ReplayFormat};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{count, goal, hears_message, reports, start, told, whistle};
use crate::support::Process;

#[tokio::test]
async fn a_recorded_final_gives_its_goals_and_a_right_summary() {
    let server = start().await;
    let file = server.dir().path().join("cup.json");
    // The final of 2022.
    let cup = json!({"matches": [{
        "date": "2022-12-18", "team1": "Argentina", "team2": "France",
        "score": {"ft": [2, 2], "et": [3, 3], "p": [4, 2]},
        "goals1": [{"name": "Lionel Messi", "minute": 23, "penalty": true}, {"name": "Ángel Di María", "minute": 36},
            {"name": "Lionel Messi", "minute": 108}],
        "goals2": [{"name": "Kylian Mbappé", "minute": 80, "penalty": true}, {"name": "Kylian Mbappé", "minute": 81},
            {"name": "Kylian Mbappé", "minute": 118, "penalty": true}],
    }]});
    std::fs::write(&file, cup.to_string()).unwrap();
    let args = ReplayArgs {
        file,
        format: ReplayFormat::Openfootball,
        teams: "Argentina-France".into(),
        date: None,
        event: Some("cup-final".into()),
        url: server.url(),
        key: server.host().token().to_owned(),
        speed: 4_000.0,
        create: true,
    };
    replay::run(args).await.unwrap();
    let anybody = server.anybody();
    let id = anybody.get("/v1/events/cup-final").await.ok()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut seat = anybody.resumes(&id, "1-0").await;
    let summary = loop {
        let message = hears_message(&mut seat).await;
        if message["assistant"]["kind"] == "summary" {
            break message;
        }
    };
    let told = told(&anybody, &id).await;
    let goals: Vec<_> = told
        .iter()
        .filter(|(occasion, _)| occasion == "goal")
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(
        goals,
        [
            "23' Goal! Lionel Messi puts Argentina ahead from the penalty spot. Argentina 1–0 France.",
            "36' Goal! Ángel Di María scores for Argentina. Argentina 2–0 France.",
            "80' Goal! Kylian Mbappé scores for France from the penalty spot. Argentina 2–1 France.",
            "81' Goal! Kylian Mbappé equalises for France. Argentina 2–2 France.",
            "108' Goal! Lionel Messi puts Argentina ahead. Argentina 3–2 France.",
            "118' Goal! Kylian Mbappé equalises for France from the penalty spot. A hat-trick for Kylian Mbappé! Argentina 3–3 France.",
        ]
    );
    assert_eq!((count(&told, "summary"), count(&told, "recap")), (1, 0), "{told:?}");
    let text = summary["text"].as_str().unwrap();
    assert!(
        text.starts_with(
            "Argentina win (penalties): Argentina 3–3 France.\nGoals: 23' Lionel Messi (Argentina), penalty; 36' "
        ),
        "{text}"
    );
    assert!(
        text.contains("118' Kylian Mbappé (France), penalty.\nAfter each part: First half 2–0; Second half 2–2;"),
        "{text}"
    );
    assert_eq!(summary["assistant"]["citations"].as_array().unwrap().len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_a_goal_and_its_post_it_posts_it_once_afterwards() {
    let dir = TempDir::new().unwrap();
    let mut server = Process::start(dir.path(), &[]).await;
    let host = server.user("hanna", &["host"]);
    let event = host.starts_event("football").await;
    reports(&host, &event, &[whistle(1, "period_start")]).await;
    for round in 1..=4_u32 {
        let host = server.user("hanna", &["host"]);
        reports(&host, &event, &[goal(&format!("g{round}"), "home", "Ana", round)]).await;
        server.gets_killed().await;
        server = Process::start(dir.path(), &[]).await;
        let mut seat = server.user("ben", &[]).resumes(&event, "1-0").await;
        let minute = format!("{round}' ");
        while !hears_message(&mut seat).await["text"]
            .as_str()
            .unwrap()
            .starts_with(&minute)
        {}
        let told = told(&server.user("ben", &[]), &event).await;
        assert_eq!(count(&told, "goal"), round as usize, "{told:?}");
    }
    // The summary too, whenever it comes.
    let host = server.user("hanna", &["host"]);
    host.post(&format!("/v1/events/{event}/end"), &Value::Null).await.ok();
    server.gets_killed().await;
    let server = Process::start(dir.path(), &[]).await;
    let mut seat = server.user("ben", &[]).resumes(&event, "1-0").await;
    while hears_message(&mut seat).await["assistant"]["kind"] != "summary" {}
    let told = told(&server.user("ben", &[]), &event).await;
    assert_eq!((told.len(), count(&told, "summary")), (5, 1), "{told:?}");
}

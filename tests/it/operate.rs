//! What operators are given: files that say what they seem to, and a binary that knows its own health.

use std::{collections::BTreeMap, path::Path};

use crate::support::{Process, soon};
use tokio::process::Command;

fn shipped(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// `NAME: value` lines of ours, with what `.env` would put in.
fn settings(compose: &str) -> BTreeMap<String, String> {
    let lines = compose
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("GRANDSTAND_"));
    lines
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), filled(value.trim_matches('\'')))
        })
        .collect()
}

/// `${NAME:-default}` is its default, `${NAME:?…}` a good password.
fn filled(value: &str) -> String {
    let Some((before, rest)) = value.split_once("${") else {
        return value.to_owned();
    };
    let (variable, after) = rest.split_once('}').unwrap();
    let default = variable.split_once(":-").map(|(_, default)| default);
    format!(
        "{before}{}{}",
        default.unwrap_or(&"0123456789abcdef".repeat(4)),
        filled(after)
    )
}

#[tokio::test]
async fn every_variable_of_the_composition_is_a_setting() {
    let compose = shipped("compose.yaml");
    let settings = settings(&compose);
    assert!(settings.len() >= 6, "{settings:?}");
    assert!(settings["GRANDSTAND_STORE__DATABASE_URL"].starts_with("postgres://grandstand:0123"));
    let asked = async |more: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grandstand"));
        command
            .arg("health")
            .env_clear()
            .envs(&settings)
            .envs(more.iter().copied());
        let done = soon("the answer", command.output()).await.unwrap();
        assert!(!done.status.success());
        String::from_utf8(done.stderr).unwrap()
    };
    // Port 1 answers nobody: all settings were read before that was found out.
    let listen = ("GRANDSTAND_SERVE__LISTEN", "127.0.0.1:1");
    let said = asked(&[listen]).await;
    assert!(said.contains("does not answer"), "{said}");
    let said = asked(&[listen, ("GRANDSTAND_SERVE__LISTENS", "x")]).await;
    assert!(said.contains("GRANDSTAND_SERVE__LISTENS"), "{said}");

    for line in shipped("Dockerfile")
        .lines()
        .filter(|line| line.contains("GRANDSTAND_") && line.contains("__"))
    {
        let setting = line.trim().trim_start_matches("ENV ").trim_end_matches(" \\");
        let Some((name, value)) = setting.split_once('=').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let said = asked(&[(name, value), listen]).await;
        assert!(said.contains("does not answer"), "{name}: {said}");
    }
}

#[test]
fn the_composition_and_the_example_of_its_secrets_agree() {
    let (compose, example) = (shipped("compose.yaml"), shipped(".env.example"));
    let mut wanted: Vec<&str> = compose
        .split("${")
        .skip(1)
        .map(|rest| rest.split([':', '}']).next().unwrap())
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut given: Vec<&str> = example
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    given.sort_unstable();
    assert_eq!(wanted, given);
}

#[tokio::test]
async fn a_server_says_of_itself_whether_it_is_ready() {
    let dir = tempfile::tempdir().unwrap();
    let server = Process::start(dir.path(), &[("STREAM__DRAIN_WINDOW_MS", "3000")]).await;
    let listen = server.url().strip_prefix("http://").unwrap().to_owned();
    let health = async || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grandstand"));
        command
            .arg("health")
            .env_clear()
            .env("GRANDSTAND_SERVE__LISTEN", &listen);
        soon("the answer", command.output()).await.unwrap()
    };
    let ready = health().await;
    assert!(ready.status.success(), "{}", String::from_utf8_lossy(&ready.stderr));
    assert!(String::from_utf8_lossy(&ready.stdout).contains("is ready"));

    let ana = server.user("ana", &["host"]);
    let event = ana.starts_event("session").await;
    let mut seat = ana.watches(&event).await;
    seat.hears("stream.snapshot").await;
    server.is_told_to_stop().await;
    seat.hears("stream.bye").await;
    let gone = health().await;
    assert!(!gone.status.success());
    assert_eq!(String::from_utf8_lossy(&gone.stderr).lines().count(), 1);
}

//! Holds the floors: a room uses lower floors only, rooms on one floor are strangers, and `domain` stays pure.

use std::{fs, path::Path};

/// Which floor a room is on. `None` for what is no room of ours, such as a macro.
fn floor(room: &str) -> Option<u8> {
    Some(match room {
        "domain" => 0,
        "config" | "telemetry" | "clock" | "crypto" => 10,
        "store" | "redis" | "llm" => 20,
        // Half a step up: what it carries are the log's own entries.
        // What instances tell each other and what they share go through Redis, one step below; strangers to each other.
        "bus" | "concourse" => 25,
        "stream" => 30,
        "http" => 40,
        "features" => 50,
        "api" => 60,
        // Clients of our own API, over the wire.
        "play" => 61,
        "demo" => 65,
        "app" => 70,
        "cli" | "main" => 80,
        _ => return None,
    })
}

/// Paths after `crate::` in code, with `use crate::{a::b, c}` taken apart to its first two names.
fn paths(source: &str) -> Vec<(String, String)> {
    let code: String = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let name = |text: &str| {
        text.trim_start()
            .chars()
            .take_while(|c| is_name(*c))
            .collect::<String>()
    };
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let (mut depth, mut items) = (0_usize, vec![String::new()]);
        for c in rest.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            // Outside of braces a path ends with the first letter that cannot be in it.
            if depth == 0 && !is_name(c) && c != ':' {
                break;
            }
            match (depth, c) {
                (1, '{') if items == [""] => {}
                (1, ',') if rest.starts_with('{') => items.push(String::new()),
                _ => items.last_mut().unwrap().push(c),
            }
        }
        for item in items {
            let mut parts = item.splitn(2, "::");
            let first = name(parts.next().unwrap_or_default());
            found.push((first, name(parts.next().unwrap_or_default().trim_start_matches('{'))));
        }
    }
    found
}

/// What a file at `path` below `src` does that it must not.
fn wrongs(path: &str, source: &str) -> Vec<String> {
    let mut parts = path.trim_end_matches(".rs").split('/');
    let (room, inner) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Some(own) = floor(room) else { return Vec::new() };
    let mut wrongs = Vec::new();
    for (used, within) in paths(source) {
        let stranger =
            room == "features" && used == room && floor(inner).is_none() && inner != "mod" && within != inner;
        let higher = used != room && floor(&used).is_some_and(|used| used >= own);
        if stranger || higher {
            wrongs.push(format!("{path} uses crate::{used}::{within}"));
        }
    }
    let outside = ["sea_orm", "poem::", "tokio", ".await"];
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    for line in code.filter(|_| room == "domain") {
        wrongs.extend(
            outside
                .iter()
                .filter(|word| line.contains(*word))
                .map(|word| format!("{path} mentions {word}")),
        );
    }
    wrongs
}

fn read(folder: &Path, below: &Path, wrong: &mut Vec<String>, files: &mut usize) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            read(&path, below, wrong, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *files += 1;
            let name = path.strip_prefix(below).unwrap().to_str().unwrap().replace('\\', "/");
            wrong.extend(wrongs(&name, &fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn rooms_use_lower_floors_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut wrong, mut files) = (Vec::new(), 0);
    read(&src, &src, &mut wrong, &mut files);
    assert!(files > 20, "the sources were not found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_breach_would_be_seen() {
    for (path, source, count) in [
        ("domain/event.rs", "use crate::store::Store;", 1),
        ("domain/event.rs", "let x = y.await;", 1),
        ("domain/event.rs", "use poem_openapi::Object; // fine", 0),
        ("config/mod.rs", "use crate::telemetry::Metrics;", 1),
        (
            "store/mod.rs",
            "use crate::{domain::{EventId, Stamp}, bus::Bus, config::StoreConfig};",
            1,
        ),
        (
            "stream/mod.rs",
            "use crate::{\n    store::{self, Store},\n    http::Problem,\n};",
            1,
        ),
        ("http/error.rs", "fn f() { crate::features::chat::say() }", 1),
        ("features/chat/api.rs", "use crate::features::chat::rows;", 0),
        ("features/chat/api.rs", "use crate::features::{events::rows};", 1),
        ("features/mod.rs", "pub use crate::features::chat::Chat;", 0),
        ("app.rs", "use crate::{api, features::chat};", 0),
        ("api.rs", "// crate::app is above\nuse crate::app::App;", 1),
    ] {
        let found = wrongs(path, source);
        assert_eq!(found.len(), count, "{path}: {source}: {found:?}");
    }
}

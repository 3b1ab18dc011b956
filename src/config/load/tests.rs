use super::*;
use crate::config::GuestPolicy;

fn env(pairs: &[(&str, &str)]) -> Sources {
    Sources {
        env: pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Sources::default()
    }
}

fn with_file(text: &str) -> (tempfile::TempDir, Sources) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("grandstand.toml");
    std::fs::write(&path, text).unwrap();
    let sources = Sources {
        file: Some(path),
        ..Sources::default()
    };
    (dir, sources)
}

#[test]
fn nothing_given_means_the_defaults() {
    let config = Config::load(&Sources::default()).unwrap();
    assert_eq!(config.store.data_dir, PathBuf::from("grandstand-data"));
    assert_eq!(config.auth.guests, GuestPolicy::Loopback);
    assert_eq!(config.stream.ring_entries, 4_096);
}

#[test]
fn the_later_source_wins() {
    let text = "[stream]\nretry_ms = 111\ntick_ms = 11\nsweep_ms = 111\n[limits.post]\nquota = 3\nwindow_seconds = 4\n";
    let (_dir, mut sources) = with_file(text);
    sources.env = env(&[
        ("GRANDSTAND_STREAM__TICK_MS", "22"),
        ("GRANDSTAND_STREAM__SWEEP_MS", "222"),
        ("GRANDSTAND_LIMITS__POST__QUOTA", "30"),
        ("GRANDSTAND_PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("GRANDSTAND_KEY", "gsk_1"),
        ("HOME", "/root"),
    ])
    .env;
    sources.flags = vec![Flag {
        name: "--sweep",
        key: "stream.sweep_ms",
        value: "333".into(),
    }];
    let config = Config::load(&sources).unwrap();
    let stream = &config.stream;
    assert_eq!((stream.retry_ms, stream.tick_ms, stream.sweep_ms), (111, 22, 333));
    assert_eq!((config.limits.post.quota, config.limits.post.window_seconds), (30, 4));
}

#[test]
fn variables_can_hold_lists_and_tables() {
    let issuers = r#"[{issuer = "https://id.example", jwks_url = "https://id.example/keys", audience = "live", roles = {staff = "moderator"}}]"#;
    let config = Config::load(&env(&[
        ("GRANDSTAND_AUTH__ISSUERS", issuers),
        ("GRANDSTAND_AUTH__GUESTS", "never"),
        ("GRANDSTAND_AUTH__ANONYMOUS_READ", "false"),
        ("GRANDSTAND_CORS__ALLOWED_ORIGINS", r#"["https://a.example"]"#),
    ]))
    .unwrap();
    assert_eq!(config.auth.issuers[0].roles["staff"], "moderator");
    assert_eq!(config.auth.guests, GuestPolicy::Never);
    assert!(!config.auth.anonymous_read);
    assert_eq!(config.cors.allowed_origins, ["https://a.example"]);
}

#[test]
fn what_is_wrong_is_one_line_that_names_its_source() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("GRANDSTAND_STREAM__RETRY", "1", &["retry", "unknown"]),
        ("GRANDSTAND_STREAMS__RETRY_MS", "1", &["streams", "unknown"]),
        ("GRANDSTAND_LISTEN", "1", &["listen", "unknown"]),
        ("GRANDSTAND_STREAM__RETRY_MS", "soon", &["soon", "stream.retry_ms"]),
        ("GRANDSTAND_STREAM__RETRY_MS", "-5", &["stream.retry_ms"]),
        ("GRANDSTAND_STREAM__RETRY_MS", "5", &["stream.retry_ms", "at least 100"]),
        (
            "GRANDSTAND_AUTH__GUESTS",
            "sometimes",
            &["not a possible value", "sometimes", "auth.guests"],
        ),
        ("GRANDSTAND_AUTH__SECRET", "tooshort", &["auth.secret", "32"]),
        ("GRANDSTAND_AUTH__PUBLIC_ORIGIN", "live.example", &["public_origin"]),
        (
            "GRANDSTAND_AUTH__PUBLIC_ORIGIN",
            "https://live.example/x",
            &["public_origin"],
        ),
        ("GRANDSTAND_AUTH__ISSUERS", "[{", &[]),
        (
            "GRANDSTAND_AUTH__ISSUERS",
            r#"[{issuer = "a", jwks_url = "http://id.example/keys", audience = "b"}]"#,
            &["jwks_url", "https"],
        ),
        (
            "GRANDSTAND_AUTH__ISSUERS",
            r#"[{issuer = "a", jwks_url = "https://id.example/keys"}]"#,
            &["audience"],
        ),
        ("GRANDSTAND_STORE__READERS", "0", &["readers"]),
    ];
    for (name, value, words) in cases {
        let line = Config::load(&env(&[(name, value)])).unwrap_err().to_string();
        assert!(line.starts_with(&format!("{name}: ")) && !line.contains('\n'), "{line}");
        for word in *words {
            assert!(line.contains(word), "`{word}` in {line}");
        }
        assert!(!line.contains("tooshort"), "a secret is shown: {line}");
    }
}

#[test]
fn a_wrong_file_is_one_line_that_names_it() {
    let cases = [
        ("[stream]\nretry = 1\n", "retry"),
        ("[stream\n", "line 1"),
        ("[stream]\nretry_ms = 'soon'\n", "soon"),
    ];
    for (text, word) in cases {
        let (_dir, sources) = with_file(text);
        let line = Config::load(&sources).unwrap_err().to_string();
        assert!(
            line.contains("grandstand.toml: ") && line.contains(word) && !line.contains('\n'),
            "{line}"
        );
    }
    let missing = Sources {
        file: Some(PathBuf::from("/nowhere/grandstand.toml")),
        ..Sources::default()
    };
    assert!(Config::load(&missing).unwrap_err().to_string().starts_with("/nowhere/"));
}

#[test]
fn secrets_are_not_shown() {
    let secret = "0123456789abcdef0123456789abcdef";
    let config = Config::load(&env(&[("GRANDSTAND_AUTH__SECRET", secret)])).unwrap();
    assert_eq!(
        config.auth.secret.as_ref().map(super::super::Secret::expose),
        Some(secret)
    );
    assert!(!format!("{config:?}").contains(secret));
    assert!(!serde_json::to_string(&config).unwrap().contains(secret));
}

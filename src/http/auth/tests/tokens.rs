use super::*;
use crate::domain::{EventId, user::Role};

/// The three parts of a token, made by hand.
fn by_hand(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| crate::crypto::encode(value.to_string().as_bytes());
    format!("{}.{}.{signature}", part(header), part(claims))
}

#[tokio::test]
async fn forged_and_foreign_tokens_are_refused() {
    let door = door(&AuthConfig::default());
    let good = token(&json!({}));
    assert!(door.check_token(&good).await.is_ok());
    let (body, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = body.split_once('.').unwrap();
    let other_claims = crate::crypto::encode(claims(&json!({"roles": ["admin"]})).to_string().as_bytes());
    let critical = json!({"alg": "HS256", "crit": ["b64"]});
    let unsigned = by_hand(&critical, &claims(&json!({})), "");
    let mac = crate::crypto::encode(&crate::crypto::mac(
        SECRET.as_bytes(),
        unsigned.trim_end_matches('.').as_bytes(),
    ));
    let cases = [
        ("no token", String::new()),
        ("noise", "a.b.c".into()),
        ("alg none", by_hand(&json!({"alg": "none"}), &claims(&json!({})), "")),
        (
            "alg none, signed",
            by_hand(&json!({"alg": "none"}), &claims(&json!({})), signature),
        ),
        (
            "HS512",
            by_hand(&json!({"alg": "HS512"}), &claims(&json!({})), signature),
        ),
        (
            "RS256 of nobody",
            by_hand(&json!({"alg": "RS256"}), &claims(&json!({"iss": "x"})), signature),
        ),
        (
            "another secret",
            signed(&claims(&json!({})), "another secret, just as long as ours"),
        ),
        ("other claims under it", format!("{header}.{other_claims}.{signature}")),
        ("no signature", format!("{body}.")),
        ("unknown demands", format!("{unsigned}{mac}")),
        ("an audience nobody expects", token(&json!({"aud": "shop"}))),
        ("not yet", token(&json!({"nbf": at(600)}))),
        ("too long", token(&json!({"pad": "x".repeat(9_000)}))),
        ("no exp", signed(&json!({"sub": "ana", "name": "Ana"}), SECRET)),
        ("no sub", signed(&json!({"name": "Ana", "exp": at(60)}), SECRET)),
        ("a sub with blanks", token(&json!({"sub": "a b"}))),
        ("no name", token(&json!({"name": null}))),
        ("a blank name", token(&json!({"name": " \u{202e} "}))),
    ];
    for (case, token) in cases {
        assert_eq!(reason(&door, &token).await, Reason::TokenInvalid, "{case}");
    }
}

#[tokio::test]
async fn time_is_kept_with_a_minute_of_leeway() {
    let door = door(&AuthConfig::default());
    assert_eq!(
        reason(&door, &token(&json!({"exp": at(-120)}))).await,
        Reason::TokenExpired
    );
    assert!(door.check_token(&token(&json!({"exp": at(-30)}))).await.is_ok());
    assert!(door.check_token(&token(&json!({"nbf": at(30)}))).await.is_ok());
    let identity = door
        .check_token(&token(&json!({"exp": 4_000_000_000.5})))
        .await
        .unwrap();
    assert_eq!(
        identity.expires_at().map(crate::domain::Stamp::ms),
        Some(4_000_000_000_500)
    );
}

#[test]
fn what_is_remembered_of_a_token_ends_with_the_token() {
    crate::crypto::install();
    let tokens = Tokens::new(&AuthConfig::default(), &Secret::new(SECRET));
    // Within the leeway it is good, but only after another look.
    for (seconds, is_remembered) in [(60, true), (-30, false)] {
        let token = token(&json!({"exp": at(seconds)}));
        let identity = tokens.check(&token).unwrap();
        assert_eq!(
            tokens.known(&token),
            is_remembered.then_some(identity),
            "exp in {seconds} s"
        );
    }
}

#[tokio::test]
async fn an_audience_that_is_configured_is_required() {
    let door = door(&AuthConfig {
        audience: Some("live".into()),
        ..AuthConfig::default()
    });
    assert!(door.check_token(&token(&json!({"aud": "live"}))).await.is_ok());
    assert!(
        door.check_token(&token(&json!({"aud": ["shop", "live"]})))
            .await
            .is_ok()
    );
    assert_eq!(
        reason(&door, &token(&json!({"aud": "shop"}))).await,
        Reason::TokenInvalid
    );
    assert_eq!(reason(&door, &token(&json!({}))).await, Reason::TokenInvalid);
}

#[tokio::test]
async fn claims_become_a_tidy_identity() {
    let door = door(&AuthConfig::default());
    let event = EventId::generate();
    let identity = door
        .check_token(&token(&json!({
            "name": format!("  A\u{202e}na\u{0007} {}", "x".repeat(200)),
            "picture": "https://img.example/a.png",
            "badges": ["VERIFIED", 7, "", "a badge of more than twenty-four characters", "WINNER"],
            "roles": ["host", "moderator", "king", "member"],
            "events": {event.to_string(): "host", "evt_1": "host", EventId::generate().to_string(): "admin"},
        })))
        .await
        .unwrap();
    let Identity::User {
        user,
        role,
        moderates,
        event_roles,
        ..
    } = identity
    else {
        panic!("no user");
    };
    assert!(
        user.name.starts_with("Ana xxx") && user.name.chars().count() <= 64,
        "{}",
        user.name
    );
    assert_eq!(user.avatar_url.as_deref(), Some("https://img.example/a.png"));
    assert_eq!(user.badges, ["VERIFIED", "WINNER"]);
    assert_eq!((role, moderates, user.guest), (Role::Host, true, false));
    assert_eq!(event_roles.into_iter().collect::<Vec<_>>(), [(event, Role::Host)]);
}

#[tokio::test]
async fn what_does_not_fit_is_left_out() {
    let door = door(&AuthConfig::default());
    for picture in [
        "http://img.example/a.png".to_owned(),
        "javascript:alert(1)".into(),
        format!("https://img.example/{}", "a".repeat(2_048)),
    ] {
        let identity = door.check_token(&token(&json!({"picture": picture}))).await.unwrap();
        assert_eq!(identity.user().unwrap().avatar_url, None, "{picture}");
    }
    let odd = json!({"picture": 7, "badges": {"a": 1}, "roles": 7, "events": ["x"], "guest": true});
    let identity = door.check_token(&token(&odd)).await.unwrap();
    assert!(identity.user().unwrap().guest);
}

#[tokio::test]
async fn what_we_issue_we_take() {
    let door = door(&AuthConfig {
        audience: Some("live".into()),
        ..AuthConfig::default()
    });
    let event = EventId::generate();
    let grant = Grant {
        user: crate::domain::user::User {
            id: crate::domain::UserId::generate_guest(),
            name: "Zoë".into(),
            avatar_url: Some("https://img.example/z.png".into()),
            badges: vec!["SEASON TICKET".into()],
            guest: true,
        },
        roles: vec![Role::Admin],
        events: std::collections::BTreeMap::from([(event, Role::Member)]),
        ttl_seconds: 60,
    };
    let issued = door.issue(&grant).unwrap();
    let Identity::User {
        user,
        role,
        event_roles,
        expires_at,
        ..
    } = door.check_token(&issued.token).await.unwrap()
    else {
        panic!("no user");
    };
    assert_eq!((user, role, event_roles), (grant.user, Role::Admin, grant.events));
    assert_eq!(expires_at, Some(issued.expires_at));
}

use std::time::Duration;

use poem::{Request, http::Method};

use super::*;
use crate::domain::{ApiKeyId, key::Scope};

type Headers<'a> = &'a [(&'a str, &'a str)];

fn request(door: &Authenticator, method: Method, headers: Headers<'_>) -> Request {
    let mut request = Request::builder()
        .method(method)
        .uri_str("/v1/me")
        .header("Host", "live.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut request = request.finish();
    request.set_data(door.clone());
    request
}

async fn code(door: &Authenticator, method: Method, headers: Headers<'_>) -> String {
    match Caller::of(&request(door, method, headers)).await {
        Ok(caller) => match caller.identity {
            Identity::Anonymous => "anonymous".into(),
            Identity::User { user, .. } => user.id.to_string(),
            Identity::Key(key) => key.name,
        },
        Err(problem) => problem.code().to_owned(),
    }
}

#[tokio::test]
async fn a_credential_is_good_or_refused_and_never_ignored() {
    let shelf = Arc::new(Shelf::default());
    let (secret, hash) = keyring::new_secret();
    let key = KeyIdentity {
        id: ApiKeyId::generate(),
        name: "feed".into(),
        scopes: vec![Scope::Ingest],
    };
    shelf.keys.lock().unwrap().insert(hash, key);
    let door = door_with(&AuthConfig::default(), shelf);
    let good = token(&json!({}));
    let bearer = format!("bearer {good}");
    let expired = format!("Bearer {}", token(&json!({"exp": at(-120)})));
    let cookie = format!("other=1; grandstand_session={good}");
    let bad_cookie = format!("grandstand_session={good}x");
    let key_bearer = format!("Bearer {secret}");
    let unknown_key = format!("gsk_{}", "A".repeat(43));
    let other = format!("Bearer {}", token(&json!({"sub": "ben"})));
    let own = ("Origin", "http://live.example");
    let cases: [(&str, Method, Headers<'_>, &str); 20] = [
        ("nothing", Method::GET, &[], "anonymous"),
        ("bearer", Method::POST, &[("Authorization", &bearer)], "ana"),
        ("expired", Method::GET, &[("Authorization", &expired)], "token-expired"),
        (
            "basic",
            Method::GET,
            &[("Authorization", "Basic YTpi")],
            "token-invalid",
        ),
        (
            "bearer of nothing",
            Method::GET,
            &[("Authorization", "Bearer")],
            "token-invalid",
        ),
        (
            "not even ASCII",
            Method::GET,
            &[("Authorization", "Bearer ä")],
            "token-invalid",
        ),
        ("key as bearer", Method::POST, &[("Authorization", &key_bearer)], "feed"),
        ("key as header", Method::POST, &[("X-API-Key", &secret)], "feed"),
        (
            "unknown key",
            Method::GET,
            &[("X-API-Key", &unknown_key)],
            "token-invalid",
        ),
        ("misshapen key", Method::GET, &[("X-API-Key", "gsk_1")], "token-invalid"),
        ("empty key", Method::GET, &[("X-API-Key", "")], "token-invalid"),
        ("token as key", Method::GET, &[("X-API-Key", &good)], "token-invalid"),
        (
            "two",
            Method::GET,
            &[("X-API-Key", &secret), ("Authorization", &bearer)],
            "token-invalid",
        ),
        (
            "twice",
            Method::GET,
            &[("Authorization", &bearer), ("Authorization", &bearer)],
            "token-invalid",
        ),
        ("cookie", Method::GET, &[("Cookie", &cookie)], "ana"),
        ("cookie, writing", Method::POST, &[("Cookie", &cookie)], "csrf"),
        (
            "cookie, writing from here",
            Method::POST,
            &[("Cookie", &cookie), own],
            "ana",
        ),
        ("bad cookie", Method::GET, &[("Cookie", &bad_cookie)], "token-invalid"),
        (
            "removed cookie",
            Method::GET,
            &[("Cookie", "grandstand_session=")],
            "anonymous",
        ),
        (
            "header before cookie",
            Method::POST,
            &[("Cookie", &cookie), ("Authorization", &other)],
            "ben",
        ),
    ];
    for (case, method, headers, expected) in cases {
        assert_eq!(code(&door, method, headers).await, expected, "{case}");
    }
}

#[tokio::test]
async fn without_anonymous_reading_strangers_sign_in_first() {
    let door = door(&AuthConfig {
        anonymous_read: false,
        ..AuthConfig::default()
    });
    let stranger = Caller::of(&request(&door, Method::GET, &[])).await.unwrap();
    assert_eq!(stranger.require_reader().unwrap_err().reason, Reason::Unauthenticated);
    let bearer = format!("Bearer {}", token(&json!({})));
    let ana = Caller::of(&request(&door, Method::GET, &[("Authorization", &bearer)]))
        .await
        .unwrap();
    assert_eq!(ana.require_reader(), Ok(()));
    assert_eq!(ana.limit_key(), "user:ana");
}

#[tokio::test]
async fn a_revoked_key_ends_within_the_time_it_is_remembered() {
    let shelf = Arc::new(Shelf::default());
    let (secret, hash) = keyring::new_secret();
    let key = KeyIdentity {
        id: ApiKeyId::generate(),
        name: "feed".into(),
        scopes: Vec::new(),
    };
    let put = || shelf.keys.lock().unwrap().insert(hash.clone(), key.clone());
    let end = || shelf.keys.lock().unwrap().remove(&hash);
    put();
    let ask = async |door: &Authenticator| code(door, Method::GET, &[("X-API-Key", &secret)]).await;

    let patient = door_with(&AuthConfig::default(), Arc::clone(&shelf));
    for _ in 0..3 {
        assert_eq!(ask(&patient).await, "feed");
    }
    assert_eq!(*shelf.asked.lock().unwrap(), 1);
    end();
    assert_eq!(ask(&patient).await, "feed");
    patient.forget_keys();
    assert_eq!(ask(&patient).await, "token-invalid");
    // What is no key is remembered as well.
    put();
    assert_eq!(ask(&patient).await, "token-invalid");

    let forgetful = AuthConfig {
        key_cache_ms: 1,
        ..AuthConfig::default()
    };
    let forgetful = door_with(&forgetful, Arc::clone(&shelf));
    assert_eq!(ask(&forgetful).await, "feed");
    end();
    let ended = async {
        while ask(&forgetful).await == "feed" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ended).await.unwrap();
}

//! Tokens of another service, whose keys lie on a little server at the other end of a real wire.

use std::{sync::atomic::AtomicUsize, sync::atomic::Ordering::SeqCst, time::Duration};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::{config::IssuerConfig, domain::user::Role};

const ISSUER: &str = "https://id.example/";

struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
    jwk: Value,
}

impl Signer {
    fn new(algorithm: Algorithm, kid: &str) -> Self {
        crate::crypto::install();
        let random = aws_lc_rs::rand::SystemRandom::new();
        let text = crate::crypto::encode;
        let (key, mut jwk) = match algorithm {
            Algorithm::RS256 => {
                let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
                let pkcs8 = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
                // The PKCS#1 key stands inside, after 26 bytes that are the same for all keys of this size.
                let key = EncodingKey::from_rsa_der(&pkcs8.as_ref()[26..]);
                let jwk = serde_json::to_value(Jwk::from_encoding_key(&key, algorithm).unwrap()).unwrap();
                (key, jwk)
            }
            Algorithm::ES256 => {
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
                let point = pair.public_key().as_ref();
                let (x, y) = (text(&point[1..33]), text(&point[33..]));
                let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "x": x, "y": y});
                (EncodingKey::from_ec_der(pkcs8.as_ref()), jwk)
            }
            _ => {
                let pkcs8 = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
                let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
                let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref())});
                (EncodingKey::from_ed_der(pkcs8.as_ref()), jwk)
            }
        };
        jwk["kid"] = kid.into();
        Self { algorithm, key, jwk }
    }

    fn token_of(&self, kid: Option<&str>, more: &Value) -> String {
        let mut claims = claims(&json!({"iss": ISSUER, "aud": "live"}));
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let header = Header {
            kid: kid.map(str::to_owned),
            ..Header::new(self.algorithm)
        };
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }

    fn token(&self, more: &Value) -> String {
        self.token_of(self.jwk["kid"].as_str(), more)
    }
}

/// Serves what it was last given, and counts.
struct KeyServer {
    url: String,
    answer: Arc<Mutex<String>>,
    asked: Arc<AtomicUsize>,
}

impl KeyServer {
    async fn start(keys: &[&Value]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("http://{}/keys", listener.local_addr().unwrap()),
            answer: Arc::default(),
            asked: Arc::default(),
        };
        server.serve(keys);
        let (answer, asked) = (Arc::clone(&server.answer), Arc::clone(&server.asked));
        TaskTracker::new().spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut head = [0; 2_048];
                let _read = socket.read(&mut head).await;
                asked.fetch_add(1, SeqCst);
                let answer = answer.lock().unwrap().clone();
                let _written = socket.write_all(answer.as_bytes()).await;
            }
        });
        server
    }

    fn serve(&self, keys: &[&Value]) {
        self.say("200 OK", &json!({"keys": keys, "more": 1}).to_string());
    }

    fn say(&self, status: &str, body: &str) {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nLocation: {}\r\n",
            self.url
        );
        *self.answer.lock().unwrap() = format!("{head}Connection: close\r\n\r\n{body}");
    }

    fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }

    fn issuer(&self) -> IssuerConfig {
        IssuerConfig {
            issuer: ISSUER.into(),
            jwks_url: self.url.clone(),
            audience: "live".into(),
            id_prefix: "club:".into(),
            roles: [("staff".to_owned(), "moderator".to_owned())].into(),
            event_roles: false,
        }
    }

    fn door(&self) -> Authenticator {
        door(&AuthConfig {
            issuers: vec![self.issuer()],
            jwks_timeout_ms: 2_000,
            ..AuthConfig::default()
        })
    }
}

#[tokio::test]
async fn each_accepted_algorithm_works_with_its_own_keys_only() {
    let signers =
        [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA].map(|algorithm| Signer::new(algorithm, "same"));
    let server = KeyServer::start(&[&signers[0].jwk, &signers[1].jwk, &signers[2].jwk]).await;
    let door = server.door();
    for signer in &signers {
        let identity = door.check_token(&signer.token(&json!({}))).await.unwrap();
        assert_eq!(
            identity.user().unwrap().id.as_str(),
            "club:ana",
            "{:?}",
            signer.algorithm
        );
        // One key fits each algorithm, so the token need not name it.
        assert!(door.check_token(&signer.token_of(None, &json!({}))).await.is_ok());
        let stranger = Signer::new(signer.algorithm, "same");
        assert_eq!(reason(&door, &stranger.token(&json!({}))).await, Reason::TokenInvalid);
    }
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn claims_of_others_are_believed_as_far_as_settings_say() {
    let signer = Signer::new(Algorithm::EdDSA, "1");
    let server = KeyServer::start(&[&signer.jwk]).await;
    let door = server.door();
    let event = crate::domain::EventId::generate().to_string();
    let boast = json!({"roles": ["admin", "staff"], "events": {event: "host"}, "guest": true});
    let Identity::User {
        user,
        role,
        moderates,
        event_roles,
        ..
    } = door.check_token(&signer.token(&boast)).await.unwrap()
    else {
        panic!("no user");
    };
    assert_eq!(
        (role, moderates, event_roles.len(), user.guest),
        (Role::Moderator, true, 0, false)
    );
    let refused = [
        json!({"aud": "shop"}),
        json!({"aud": null}),
        json!({"iss": "https://elsewhere.example/"}),
        json!({"iss": null}),
        json!({"nbf": at(600)}),
        json!({"name": null}),
    ];
    for more in refused {
        assert_eq!(
            reason(&door, &signer.token(&more)).await,
            Reason::TokenInvalid,
            "{more}"
        );
    }
    assert_eq!(
        reason(&door, &signer.token(&json!({"exp": at(-120)}))).await,
        Reason::TokenExpired
    );
}

#[tokio::test]
async fn others_may_not_name_guests() {
    let signer = Signer::new(Algorithm::EdDSA, "1");
    let server = KeyServer::start(&[&signer.jwk]).await;
    let door = door(&AuthConfig {
        issuers: vec![IssuerConfig {
            id_prefix: String::new(),
            ..server.issuer()
        }],
        ..AuthConfig::default()
    });
    assert!(door.check_token(&signer.token(&json!({}))).await.is_ok());
    let guest = json!({"sub": crate::domain::UserId::generate_guest()});
    assert_eq!(reason(&door, &signer.token(&guest)).await, Reason::TokenInvalid);
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret_and_shared_secrets_are_not_taken() {
    let signer = Signer::new(Algorithm::RS256, "1");
    let secret = json!({"kty": "oct", "k": crate::crypto::encode(SECRET.as_bytes()), "kid": "2", "alg": "HS256"});
    let server = KeyServer::start(&[&secret, &json!({"kty": 7}), &signer.jwk]).await;
    let door = server.door();
    assert!(door.check_token(&signer.token(&json!({}))).await.is_ok());
    let body = claims(&json!({"iss": ISSUER, "aud": "live"}));
    for (kid, key) in [("1", signer.jwk["n"].as_str().unwrap()), ("2", "any")] {
        let header = Header {
            kid: Some(kid.into()),
            ..Header::new(Algorithm::HS256)
        };
        let forged = jsonwebtoken::encode(&header, &body, &EncodingKey::from_secret(key.as_bytes())).unwrap();
        assert_eq!(reason(&door, &forged).await, Reason::TokenInvalid);
    }
    let only_secret = KeyServer::start(&[&secret]).await;
    assert_eq!(
        reason(&only_secret.door(), &signer.token(&json!({}))).await,
        Reason::Overloaded
    );
}

#[tokio::test]
async fn a_key_for_another_purpose_does_not_sign() {
    for (field, value) in [("use", "enc"), ("alg", "ES256")] {
        let mut signer = Signer::new(Algorithm::EdDSA, "1");
        let good = Signer::new(Algorithm::ES256, "2");
        signer.jwk[field] = value.into();
        let server = KeyServer::start(&[&signer.jwk, &good.jwk]).await;
        assert_eq!(
            reason(&server.door(), &signer.token(&json!({}))).await,
            Reason::TokenInvalid,
            "{field}"
        );
    }
}

#[tokio::test]
async fn unknown_keys_are_looked_up_once_and_then_after_a_while() {
    let (old, new) = (
        Signer::new(Algorithm::EdDSA, "old"),
        Signer::new(Algorithm::EdDSA, "new"),
    );
    let server = KeyServer::start(&[&old.jwk]).await;
    let door = door(&AuthConfig {
        issuers: vec![server.issuer()],
        jwks_cooldown_seconds: 1,
        ..AuthConfig::default()
    });
    let unknown = new.token(&json!({}));
    let all = futures_util::future::join_all((0..20).map(|_| reason(&door, &unknown))).await;
    assert!(all.iter().all(|reason| *reason == Reason::TokenInvalid));
    assert_eq!(server.asked(), 1, "one fetch for all, and none within the cooldown");
    assert!(door.check_token(&old.token(&json!({}))).await.is_ok());

    server.serve(&[&new.jwk]);
    let rotated = async {
        while door.check_token(&unknown).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), rotated).await.unwrap();
    assert_eq!(server.asked(), 2);
    assert_eq!(reason(&door, &old.token(&json!({}))).await, Reason::TokenInvalid);
}

#[tokio::test]
async fn a_failed_fetch_leaves_the_old_keys_good() {
    let signer = Signer::new(Algorithm::EdDSA, "1");
    let server = KeyServer::start(&[&signer.jwk]).await;
    let door = door(&AuthConfig {
        issuers: vec![server.issuer()],
        jwks_cooldown_seconds: 0,
        jwks_max_age_seconds: 0,
        ..AuthConfig::default()
    });
    let token = signer.token(&json!({}));
    assert!(door.check_token(&token).await.is_ok());
    let large = format!(r#"{{"keys":[],"pad":"{}"}}"#, "x".repeat(300_000));
    let answers = [
        ("500 Oops", "{}"),
        ("200 OK", "no"),
        ("200 OK", r#"{"keys":[]}"#),
        ("302 Found", ""),
        ("200 OK", &large),
    ];
    for (fetches, (status, body)) in answers.into_iter().enumerate() {
        server.say(status, body);
        assert!(door.check_token(&token).await.is_ok(), "{status}");
        assert_eq!(server.asked(), fetches + 2, "asked again, and not led on");
    }
}

#[tokio::test]
async fn keys_that_never_came_are_our_trouble_and_not_the_tokens() {
    let signer = Signer::new(Algorithm::EdDSA, "1");
    let server = KeyServer::start(&[]).await;
    server.say("503 Busy", "");
    let refusal = server.door().check_token(&signer.token(&json!({}))).await.unwrap_err();
    assert_eq!(
        (refusal.reason, refusal.retry_after_seconds),
        (Reason::Overloaded, Some(5))
    );
}

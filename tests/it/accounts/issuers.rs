//! Tokens of another service, checked against the keys it publishes, over the whole server.

use std::sync::{Arc, Mutex};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use grandstand::{config::IssuerConfig, crypto};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{TestServer, soon};

const ISSUER: &str = "https://id.example/";

struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
    jwk: Value,
}

impl Signer {
    fn new(algorithm: Algorithm, kid: &str) -> Self {
        crypto::install();
        let text = crypto::encode;
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
                let curve = &ECDSA_P256_SHA256_FIXED_SIGNING;
                let pkcs8 = EcdsaKeyPair::generate_pkcs8(curve, &SystemRandom::new()).unwrap();
                let pair = EcdsaKeyPair::from_pkcs8(curve, pkcs8.as_ref()).unwrap();
                let point = pair.public_key().as_ref();
                let (x, y) = (text(&point[1..33]), text(&point[33..]));
                let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "x": x, "y": y});
                (EncodingKey::from_ec_der(pkcs8.as_ref()), jwk)
            }
            _ => {
                let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
                let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
                let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref())});
                (EncodingKey::from_ed_der(pkcs8.as_ref()), jwk)
            }
        };
        jwk["kid"] = kid.into();
        Self { algorithm, key, jwk }
    }

    fn token(&self) -> String {
        let header = Header {
            kid: self.jwk["kid"].as_str().map(str::to_owned),
            ..Header::new(self.algorithm)
        };
        jsonwebtoken::encode(&header, &claims(), &self.key).unwrap()
    }
}

fn claims() -> Value {
    let exp = chrono::Utc::now().timestamp() + 600;
    json!({"iss": ISSUER, "aud": "live", "sub": "ana", "name": "Ana", "exp": exp, "roles": ["admin", "staff"]})
}

/// A little server that publishes keys.
struct KeyServer {
    url: String,
    keys: Arc<Mutex<Value>>,
}

impl KeyServer {
    async fn start(signers: &[Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            url: format!("http://{}/keys", listener.local_addr().unwrap()),
            keys: Arc::default(),
        };
        server.publish(signers);
        let keys = Arc::clone(&server.keys);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let _asked = socket.read(&mut [0; 2_048]).await;
                let body = keys.lock().unwrap().to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _told = socket.write_all((head + &body).as_bytes()).await;
            }
        });
        server
    }

    fn publish(&self, signers: &[Signer]) {
        let keys: Vec<_> = signers.iter().map(|signer| &signer.jwk).collect();
        *self.keys.lock().unwrap() = json!({"keys": keys});
    }

    /// A server of ours that takes this service's tokens.
    async fn believed(&self) -> TestServer {
        let issuer = IssuerConfig {
            issuer: ISSUER.into(),
            jwks_url: self.url.clone(),
            audience: "live".into(),
            id_prefix: "club:".into(),
            roles: [("staff".to_owned(), "moderator".to_owned())].into(),
            event_roles: false,
        };
        TestServer::start_with(|config| {
            config.auth.issuers = vec![issuer];
            config.auth.jwks_cooldown_seconds = 1;
        })
        .await
    }
}

#[tokio::test]
async fn tokens_of_another_service_are_taken_whatever_they_are_signed_with() {
    let signers = [
        (Algorithm::RS256, "r"),
        (Algorithm::ES256, "e"),
        (Algorithm::EdDSA, "d"),
    ]
    .map(|(algorithm, kid)| Signer::new(algorithm, kid));
    let server = KeyServer::start(&signers).await.believed().await;
    let event = server.host().starts_event("session").await;
    for signer in &signers {
        let ana = server.bearing(&signer.token());
        let me = ana.get("/v1/me").await.ok();
        assert_eq!(
            (&me["user"]["id"], &me["role"]),
            (&json!("club:ana"), &json!("moderator")),
            "{:?}",
            signer.algorithm
        );
        assert_eq!(ana.says(&event, "hi").await["author"]["id"], "club:ana");
        assert_eq!(
            ana.get("/v1/keys").await.refused(403),
            "forbidden",
            "they cannot make admins"
        );
        let stranger = Signer::new(signer.algorithm, signer.jwk["kid"].as_str().unwrap());
        assert_eq!(
            server.bearing(&stranger.token()).get("/v1/me").await.refused(401),
            "token-invalid"
        );
    }
}

#[tokio::test]
async fn a_public_key_used_as_a_shared_secret_signs_nothing() {
    let signer = Signer::new(Algorithm::RS256, "r");
    let modulus = signer.jwk["n"].as_str().unwrap().to_owned();
    let jwk = signer.jwk.to_string();
    let server = KeyServer::start(&[signer]).await.believed().await;
    let header = Header {
        kid: Some("r".into()),
        ..Header::new(Algorithm::HS256)
    };
    for secret in [modulus.as_str(), &jwk, ""] {
        let forged = jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(secret.as_bytes())).unwrap();
        assert_eq!(
            server.bearing(&forged).get("/v1/me").await.refused(401),
            "token-invalid"
        );
    }
    let unsigned = format!(
        "{}.{}.",
        crypto::encode(br#"{"alg":"none"}"#),
        crypto::encode(claims().to_string().as_bytes())
    );
    assert_eq!(
        server.bearing(&unsigned).get("/v1/me").await.refused(401),
        "token-invalid"
    );
}

#[tokio::test]
async fn a_new_key_is_found_and_a_withdrawn_one_forgotten() {
    let (old, new) = (
        Signer::new(Algorithm::EdDSA, "old"),
        Signer::new(Algorithm::ES256, "new"),
    );
    let (by_old, by_new) = (old.token(), new.token());
    let keys = KeyServer::start(&[old]).await;
    let server = keys.believed().await;
    server.bearing(&by_old).get("/v1/me").await.ok();
    keys.publish(&[new]);
    let rotated = async {
        while server.bearing(&by_new).get("/v1/me").await.status != 200 {
            tokio::task::yield_now().await;
        }
    };
    soon("the new key", rotated).await;
    assert_eq!(
        server.bearing(&by_old).get("/v1/me").await.refused(401),
        "token-invalid"
    );
}

//! The real server, in this process, on a free port, with a database of its own.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, sync::Arc};

use grandstand::{
    app::App,
    bus::{Bus, LocalBus},
    config::{Config, QuotaConfig, Secret, StoreConfig},
    crypto,
};
use jsonwebtoken::{EncodingKey, Header};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Actor, postgres, soon};

/// What the test servers sign with; long enough, and nobody's.
pub const SECRET: &str = "a secret of the tests, thirty-two bytes and more";

/// A running server; stopped when dropped.
pub struct TestServer {
    address: SocketAddr,
    url: String,
    stop: CancellationToken,
    running: Option<tokio::task::JoinHandle<()>>,
    dir: Arc<TempDir>,
    client: reqwest::Client,
}

fn off() -> QuotaConfig {
    QuotaConfig {
        quota: 0,
        window_seconds: 1,
    }
}

/// Where the data of that directory's server is.
pub fn store_config(dir: &Path) -> StoreConfig {
    StoreConfig {
        data_dir: dir.to_owned(),
        database_url: postgres::database_of(dir).map(Secret::new),
        ..StoreConfig::default()
    }
}

/// Settings for tests: a free port, no rate limits, short windows.
pub fn config(dir: &Path) -> Config {
    let mut config = Config::default();
    "127.0.0.1:0".clone_into(&mut config.serve.listen);
    config.store = store_config(dir);
    config.auth.secret = Some(Secret::new(SECRET));
    config.stream.drain_window_ms = 50;
    config.order.default_rules = false;
    // What a test counts is what it said itself.
    config.assistant.posts = false;
    let limits = &mut config.limits;
    for quota in [
        &mut limits.guest_sign_in,
        &mut limits.post,
        &mut limits.post_address,
        &mut limits.post_event,
        &mut limits.react,
        &mut limits.applaud,
        &mut limits.read,
        &mut limits.write,
        &mut limits.ingest,
        &mut limits.typing,
        &mut limits.cursors,
        &mut limits.receipt,
        &mut limits.ask,
        &mut limits.ask_event,
    ] {
        *quota = off();
    }
    config
}

impl TestServer {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts with changed settings.
    pub async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_on(Arc::new(TempDir::new().unwrap()), Arc::new(LocalBus::default()), change).await
    }

    /// Starts on a directory that may have been used before, with a bus that may have neighbours.
    pub async fn start_on(dir: Arc<TempDir>, bus: Arc<dyn Bus>, change: impl FnOnce(&mut Config)) -> Self {
        crypto::install();
        if postgres::is_asked_for() {
            postgres::lay_ground(dir.path()).await;
        }
        let mut config = config(dir.path());
        change(&mut config);
        // A test that names a Redis means it.
        let bus = config.bus.redis_url.is_none().then_some(bus);
        let app = Box::pin(App::build(config, bus))
            .await
            .unwrap_or_else(|error| panic!("the server starts: {error:?}"));
        let (address, url, stop) = (app.address(), app.url(), CancellationToken::new());
        let running = Some(TaskTracker::new().spawn(app.run(stop.clone())));
        let client = reqwest::Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .build()
            .unwrap();
        Self {
            address,
            url,
            stop,
            running,
            dir,
            client,
        }
    }

    /// Stops gracefully and starts again on the same directory (and another port).
    pub async fn restart(mut self) -> Self {
        let dir = Arc::clone(&self.dir);
        self.shut_down().await;
        Self::start_on(dir, Arc::new(LocalBus::default()), |_| {}).await
    }

    /// Stops gracefully and gives the directory, for somebody who looks into it.
    pub async fn leave(mut self) -> Arc<TempDir> {
        self.shut_down().await;
        Arc::clone(&self.dir)
    }

    /// Stops gracefully and waits for the end.
    pub async fn shut_down(&mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            soon("the server's end", running).await.expect("the server ends well");
        }
    }

    /// Begins to stop gracefully.
    pub fn is_told_to_stop(&self) {
        self.stop.cancel();
    }

    /// A connection to the database beside the server's own.
    pub async fn database(&self) -> sea_orm::DatabaseConnection {
        database(self.dir.path()).await
    }

    /// Whoever writes waits as long as the connection is open.
    pub async fn holds_up_writers(&self) -> sea_orm::DatabaseConnection {
        let lock = self.database().await;
        let sql = match lock.get_database_backend() {
            sea_orm::DbBackend::Postgres => "BEGIN; LOCK TABLE log_head IN EXCLUSIVE MODE",
            _ => "BEGIN IMMEDIATE",
        };
        lock.execute_unprepared(sql).await.unwrap();
        lock
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    pub fn dir(&self) -> Arc<TempDir> {
        Arc::clone(&self.dir)
    }

    pub fn client(&self) -> reqwest::Client {
        self.client.clone()
    }

    /// A signed-in user with these global roles.
    pub fn user(&self, name: &str, roles: &[&str]) -> Actor {
        self.user_with(name, &json!({"roles": roles}))
    }

    /// A signed-in user with more claims.
    pub fn user_with(&self, name: &str, claims: &Value) -> Actor {
        let token = token(name, claims);
        Actor::new(self, Some(("Authorization", format!("Bearer {token}"))), name)
    }

    pub fn host(&self) -> Actor {
        self.user("hanna", &["host"])
    }

    pub fn anybody(&self) -> Actor {
        Actor::new(self, None, "")
    }

    /// Somebody with that token, whatever it is worth.
    pub fn bearing(&self, token: &str) -> Actor {
        Actor::new(self, Some(("Authorization", format!("Bearer {token}"))), "")
    }

    /// Somebody who only gave a name.
    pub async fn guest(&self, name: &str) -> Actor {
        let made = self.anybody().post("/v1/auth/guest", &json!({"name": name})).await.ok();
        let token = made["token"].as_str().unwrap();
        Actor::new(
            self,
            Some(("Authorization", format!("Bearer {token}"))),
            made["user"]["id"].as_str().unwrap(),
        )
    }

    /// Somebody with an API key of these scopes.
    pub async fn machine(&self, scopes: &[&str]) -> Actor {
        let admin = self.user("root", &["admin"]);
        let made = admin
            .post("/v1/keys", &json!({"name": "test", "scopes": scopes}))
            .await
            .ok();
        let secret = made["secret"].as_str().unwrap().to_owned();
        Actor::new(self, Some(("X-API-Key", secret)), "")
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            running.abort();
        }
    }
}

/// A connection to the database of that directory, beside the server's own.
pub async fn database(dir: &Path) -> sea_orm::DatabaseConnection {
    if let Some(url) = postgres::database_of(dir) {
        return postgres::connect(&url).await;
    }
    let mut options = sea_orm::ConnectOptions::new(format!("sqlite://{}/grandstand.db", dir.display()));
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap()
}

/// A token as an outside service would make it with the shared secret.
pub fn token(user: &str, claims: &Value) -> String {
    token_signed(SECRET, user, claims)
}

/// The same, with any secret.
pub fn token_signed(secret: &str, user: &str, claims: &Value) -> String {
    let now = chrono::Utc::now().timestamp();
    let mut all: BTreeMap<String, Value> = BTreeMap::from([
        ("sub".into(), user.into()),
        ("name".into(), user.into()),
        ("iat".into(), now.into()),
        ("exp".into(), (now + 3_600).into()),
    ]);
    all.extend(claims.as_object().cloned().into_iter().flatten());
    jsonwebtoken::encode(&Header::default(), &all, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

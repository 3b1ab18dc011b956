//! The composition: from settings to a running server, and down again.
//!
//! [`App::build`] opens the database and binds the port, so an address is known before anything is served. [`App::run`]
//! serves until told to stop, then drains: no traffic, no new streams, open ones closed spread over a window, tracked
//! tasks finished, database closed; a grace period ends it.

pub mod purse;
mod rooms;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use poem::{EndpointExt, middleware::AddDataEndpoint};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    api::House,
    bus::{Bus, LocalBus, RedisBus},
    concourse::{Bounds, Concourse},
    config::{Config, Secret},
    demo,
    domain::user::Role,
    features::accounts::Guests,
    http::{
        Edge, Limits,
        auth::{Authenticator, Grant, secret_file},
        serve,
        tls::Tls,
    },
    llm::Llm,
    redis::Redis,
    store::Store,
    stream::Stream,
    telemetry::Metrics,
};
use purse::StorePurse;
use rooms::{Ground, Outside, Rooms};

/// Why the server could not start. One line each, for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the database cannot be used")]
    Store(#[from] crate::store::Error),
    #[error("cannot listen on {address}")]
    Listen {
        address: String,
        #[source]
        source: std::io::Error,
    },
    #[error("the setting `{setting}` cannot be used")]
    Setting {
        setting: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A server that has its port and its database but does not serve yet.
pub struct App {
    config: Config,
    listener: TcpListener,
    tls: Option<Tls>,
    address: SocketAddr,
    edge: Edge<DataEndpoint>,
    authenticator: Authenticator,
    store: Store,
    stream: Stream,
    rooms: Rooms,
    metrics: Arc<Metrics>,
    tasks: TaskTracker,
    /// Ends the background tasks, last.
    halt: CancellationToken,
    draining: Arc<AtomicBool>,
}

type DataEndpoint = AddDataEndpoint<AddDataEndpoint<House, Authenticator>, Limits>;

impl App {
    /// Opens the database, binds the port, puts the features together. Without a bus, the settings say which.
    pub async fn build(config: Config, bus: Option<Arc<dyn Bus>>) -> Result<Self, StartError> {
        let metrics = Arc::new(Metrics::default());
        let tls = Tls::load(&config.serve).await;
        let tls = tls.map_err(|source| setting("serve.tls_cert", source))?;
        let (listener, address) = listen(&config)?;
        let store = Store::open(&config.store, Arc::clone(&metrics)).await?;
        let secret = secret_of(&config, &store).await?;
        let (tasks, halt) = (TaskTracker::new(), CancellationToken::new());
        let redis = Redis::open(&config.bus, &tasks, &halt).map_err(|source| setting("bus", source))?;
        let concourse = concourse(&config, redis.as_ref(), &secret, &tasks, &halt);
        let bus = bus.unwrap_or_else(|| bus_of(redis.as_ref(), &secret, &metrics, &tasks, &halt));
        let stream = Stream::start(
            store.clone(),
            Arc::clone(&bus),
            concourse.places,
            config.stream.clone(),
            Arc::clone(&metrics),
            tasks.clone(),
            halt.clone(),
        );

        let llm = llm(&config, &store, &metrics, &tasks, &halt)?;
        let rooms = Rooms::new(Ground {
            config: &config,
            store: &store,
            stream: &stream,
            bus: bus.condition(),
            roll: concourse.roll,
            secret: &secret,
            tasks: &tasks,
            llm: &llm,
        });
        let authenticator = Authenticator::new(
            &config.auth,
            &secret,
            Arc::new(rooms.keys.clone()),
            concourse.shelf,
            tasks.clone(),
        );
        rooms.remind(&authenticator);
        let limits = Limits::new(&config.limits, concourse.rates, Arc::clone(&metrics));
        let draining = Arc::new(AtomicBool::new(false));
        let house = House::new(rooms.groups(Outside {
            authenticator: authenticator.clone(),
            limits: limits.clone(),
            guests: guests(&config, address),
            metrics: Arc::clone(&metrics),
            draining: Arc::clone(&draining),
        }));
        let allow = house.allow();
        let inside = house.data(authenticator.clone()).data(limits);
        let edge = Edge::new(inside, &config.serve, &config.cors, allow, Arc::clone(&metrics))
            .map_err(|source| setting("serve.trusted_proxies", source))?;
        Ok(Self {
            config,
            listener,
            tls,
            address,
            edge,
            authenticator,
            store,
            stream,
            rooms,
            metrics,
            tasks,
            halt,
            draining,
        })
    }

    /// Where the server listens; the port is the real one even if 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a link.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate in use, if TLS ends here; for whoever is told when to read it again.
    #[must_use]
    pub fn tls(&self) -> Option<Tls> {
        self.tls.clone()
    }

    /// Shows a match that is played again and again, once the server serves.
    pub fn show_demo(&self) {
        let authenticator = self.authenticator.clone();
        let mint: demo::MintHost = Arc::new(move |user| {
            let grant = Grant {
                user: user.clone(),
                roles: vec![Role::Host],
                events: std::collections::BTreeMap::new(),
                ttl_seconds: DEMO_TOKEN_SECONDS,
            };
            authenticator.issue(&grant).ok().map(|issued| issued.token)
        });
        self.tasks.spawn(demo::run(self.url(), mint, self.halt.clone()));
    }

    /// Serves until `stop`, then drains and closes.
    pub async fn run(self, stop: CancellationToken) {
        self.rooms.work(&self.tasks, &self.halt);
        let grace = Duration::from_millis(self.config.stream.grace_ms);
        let doors = CancellationToken::new();
        let serving = serve::run(
            self.listener,
            self.tls,
            self.edge,
            self.config.serve.clone(),
            Arc::clone(&self.metrics),
            doors.clone(),
            grace,
        );
        let closing = async {
            stop.cancelled().await;
            tracing::info!("shutting down: streams are told to leave");
            self.draining.store(true, Ordering::Release);
            self.stream.drain().await;
            doors.cancel();
        };
        tokio::join!(serving, closing);
        self.halt.cancel();
        self.tasks.close();
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_err() {
            tracing::warn!("some background tasks did not finish in time");
        }
        self.store.close().await;
        tracing::info!("closed");
    }
}

/// The demo's host needs a token for one round at a time.
const DEMO_TOKEN_SECONDS: u32 = 3 * 3_600;

fn setting(setting: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> StartError {
    StartError::Setting {
        setting,
        source: Box::new(source),
    }
}

/// What this house signs with. Whoever shares a database shares it.
async fn secret_of(config: &Config, store: &Store) -> Result<Secret, StartError> {
    if config.store.database_url.is_some() {
        return Ok(secret_file::load_shared(&config.auth, store).await?);
    }
    secret_file::load(&config.auth, &config.store.data_dir).map_err(|source| setting("auth.secret", source))
}

/// Over Redis if there is one; else this instance is alone.
fn bus_of(
    redis: Option<&Redis>,
    secret: &Secret,
    metrics: &Arc<Metrics>,
    tasks: &TaskTracker,
    halt: &CancellationToken,
) -> Arc<dyn Bus> {
    match redis {
        Some(redis) => {
            let secret = secret.expose().as_bytes();
            Arc::new(RedisBus::start(redis, secret, Arc::clone(metrics), tasks, halt))
        }
        None => Arc::new(LocalBus::default()),
    }
}

fn guests(config: &Config, address: SocketAddr) -> Guests {
    Guests {
        welcome: config.auth.guests.allows(address.ip()),
        ttl_seconds: config.auth.guest_ttl_seconds,
    }
}

fn cannot_listen(config: &Config, source: std::io::Error) -> StartError {
    StartError::Listen {
        address: config.serve.listen.clone(),
        source,
    }
}

/// What is shared with other instances, if there are any.
fn concourse(
    config: &Config,
    redis: Option<&Redis>,
    secret: &Secret,
    tasks: &TaskTracker,
    halt: &CancellationToken,
) -> Concourse {
    let bounds = Bounds {
        keys: config.limits.max_keys,
        tickets: config.auth.max_tickets,
    };
    match redis {
        None => Concourse::alone(bounds),
        Some(redis) => Concourse::shared(bounds, redis.clone(), secret, tasks, halt.clone()),
    }
}

/// The language model, if one is set up; its account of tokens is in the database.
fn llm(
    config: &Config,
    store: &Store,
    metrics: &Arc<Metrics>,
    tasks: &TaskTracker,
    halt: &CancellationToken,
) -> Result<Llm, StartError> {
    let purse = StorePurse::new(store.clone(), &config.llm, tasks.clone());
    let llm = Llm::open(&config.llm, metrics, Arc::new(purse.clone()));
    let llm = llm.map_err(|source| setting("llm.api_key", source))?;
    if llm.can_chat() || llm.can_moderate() {
        tracing::info!(
            provider = llm.provider(),
            answers = llm.can_chat(),
            judges = llm.can_moderate(),
            "a language model is set up"
        );
    }
    tasks.spawn(purse.tidy(halt.clone()));
    Ok(llm)
}

/// The bound port, and its real number even if 0 was asked for.
fn listen(config: &Config) -> Result<(TcpListener, SocketAddr), StartError> {
    let address: SocketAddr = config
        .serve
        .listen
        .parse()
        .map_err(|source| setting("serve.listen", source))?;
    let bound = serve::listen(address, &config.serve).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    bound.map_err(|source| cannot_listen(config, source))
}

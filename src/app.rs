//! The composition: from settings to a running server, and down again.
//!
//! [`App::build`] opens the database and binds the port, so an address is known before anything is served. [`App::run`]
//! serves until told to stop, then drains: no traffic, no new streams, open ones closed spread over a window, tracked
//! tasks finished, database closed; a grace period ends it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use poem::EndpointExt;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    api::{Groups, House},
    bus::Bus,
    config::Config,
    features::{
        accounts::api::AccountsApi,
        chat::{Chat, api::ChatApi},
        contest::{Contests, api::ContestApi},
        events::{Events, api::EventsApi},
        keys::{Keys, api::KeysApi},
        live::api::LiveApi,
        ops::OpsApi,
        presence::{Presence, api::PresenceApi},
        reactions::{Reactions, api::ReactionsApi},
    },
    http::{Edge, Limits, auth::Authenticator, gate::Gate, serve},
    store::Store,
    stream::{SeatListener, SnapshotPart, Stream},
    telemetry::Metrics,
};

/// Why the server could not start. One line each, for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the data directory cannot be used")]
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
    address: SocketAddr,
    house: House,
    authenticator: Authenticator,
    limits: Limits,
    store: Store,
    stream: Stream,
    reactions: Reactions,
    presence: Presence,
    metrics: Arc<Metrics>,
    tasks: TaskTracker,
    /// Ends the background tasks, last.
    halt: CancellationToken,
    draining: Arc<AtomicBool>,
}

impl App {
    /// Opens the database, binds the port, puts the features together.
    pub async fn build(config: Config, bus: Arc<dyn Bus>) -> Result<Self, StartError> {
        let metrics = Arc::new(Metrics::default());
        let (listener, address) = listen(&config)?;
        let store = Store::open(&config.store, Arc::clone(&metrics)).await?;
        let (tasks, halt) = (TaskTracker::new(), CancellationToken::new());
        let stream_config = config.stream.clone();
        let stream = Stream::start(store.clone(), bus, stream_config, Arc::clone(&metrics), tasks.clone(), halt.clone());
        todo!()
    }
}

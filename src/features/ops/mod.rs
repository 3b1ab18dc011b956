//! What operators ask the server: is it alive, is it ready, what does it measure.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use poem_openapi::{ApiResponse, Enum, Object, OpenApi, payload::PlainText};
use serde::Serialize;
use tokio::{sync::watch, time::timeout};

use crate::{
    bus::Condition,
    http::{Json, Tag},
    store::Store,
    telemetry::Metrics,
};

/// Balancers wait a second or two for an answer, and take silence for death. A database that takes longer is no use anyway.
const PING_PATIENCE: Duration = Duration::from_secs(1);

pub struct OpsApi {
    pub store: Store,
    /// How what other instances say arrives here.
    pub bus: watch::Receiver<Condition>,
    pub metrics: Arc<Metrics>,
    /// Set when the server begins to shut down: load balancers look elsewhere before the doors close.
    pub draining: Arc<AtomicBool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
enum Readiness {
    Ready,
    /// Serving, but something is not as it should be.
    Degraded,
    NotReady,
}

#[derive(Debug, Serialize, Object)]
struct LiveOut {
    /// Always `ok`; a process that cannot say so is dead.
    status: String,
}

#[derive(Debug, Serialize, Object)]
struct Checks {
    /// `ok` or what is wrong.
    database: String,
    /// `ok` or what is wrong. What other instances do arrives late meanwhile, but all of it.
    bus: String,
    /// `ok` or `draining`.
    shutdown: String,
}

#[derive(Debug, Serialize, Object)]
#[oai(rename = "ReadinessReport")]
struct ReadyOut {
    status: Readiness,
    checks: Checks,
}

#[derive(ApiResponse)]
enum ReadyResponse {
    /// Send traffic, also while `degraded`.
    #[oai(status = 200)]
    Ready(Json<ReadyOut>),
    /// Send none.
    #[oai(status = 503)]
    NotReady(Json<ReadyOut>),
}

#[OpenApi(tag = "Tag::Operations")]
impl OpsApi {
    /// Is the process alive?
    #[oai(path = "/health/live", method = "get", operation_id = "check_live")]
    #[expect(clippy::unused_async, reason = "endpoints are async")]
    async fn live(&self) -> Json<LiveOut> {
        Json(LiveOut {
            status: "ok".to_owned(),
        })
    }

    /// Should it get traffic?
    #[oai(path = "/health/ready", method = "get", operation_id = "check_ready")]
    async fn ready(&self) -> ReadyResponse {
        let draining = self.draining.load(Ordering::Acquire);
        let database = timeout(PING_PATIENCE, self.store.ping())
            .await
            .is_ok_and(|ping| ping.is_ok());
        let trouble = self.bus.borrow().trouble;
        let checks = Checks {
            database: if database { "ok" } else { "does not answer" }.to_owned(),
            bus: trouble.unwrap_or("ok").to_owned(),
            shutdown: if draining { "draining" } else { "ok" }.to_owned(),
        };
        if draining || !database {
            ReadyResponse::NotReady(Json(ReadyOut {
                status: Readiness::NotReady,
                checks,
            }))
        } else {
            let status = match trouble {
                None => Readiness::Ready,
                // People are served and nothing is lost; what others write comes a little later.
                Some(_) => Readiness::Degraded,
            };
            ReadyResponse::Ready(Json(ReadyOut { status, checks }))
        }
    }

    /// Metrics in the `OpenMetrics` text format
    #[oai(path = "/metrics", method = "get", operation_id = "read_metrics")]
    #[expect(clippy::unused_async, reason = "endpoints are async")]
    async fn metrics(&self) -> PlainText<String> {
        PlainText(self.metrics.render())
    }
}

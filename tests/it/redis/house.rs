//! A house of two instances: one PostgreSQL, one Redis.

use std::{sync::Arc, time::Duration};

use grandstand::{
    bus::LocalBus,
    config::{BusConfig, Config},
};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Actor, TestServer, postgres, soon};

/// Two servers that should act as one.
pub struct House {
    pub servers: [TestServer; 2],
}

impl House {
    /// Opens when both say that they are ready.
    pub async fn opens(bus: &BusConfig, change: impl Fn(&mut Config)) -> Self {
        let house = Self::is_built(bus, change).await;
        house.is("ready", "ok").await;
        house
    }

    pub async fn is_built(bus: &BusConfig, change: impl Fn(&mut Config)) -> Self {
        let dir = Arc::new(TempDir::new().unwrap());
        postgres::lay_ground(dir.path()).await;
        let server = async || {
            let bus = bus.clone();
            TestServer::start_on(Arc::clone(&dir), Arc::new(LocalBus::default()), |config| {
                config.bus = bus;
                change(config);
            })
            .await
        };
        let servers = [server().await, server().await];
        Self { servers }
    }

    pub fn hosts(&self) -> [Actor; 2] {
        [self.servers[0].host(), self.servers[1].host()]
    }

    pub async fn readiness(&self, instance: usize) -> (String, String) {
        let report = self.servers[instance].anybody().get("/health/ready").await;
        assert_eq!(report.status, 200, "{}", report.text);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&report.body["status"]), text(&report.body["checks"]["bus"]))
    }

    /// Waits until both say so.
    pub async fn is(&self, status: &str, bus: &str) {
        for instance in 0..2 {
            let mut last = Default::default();
            let said = async {
                loop {
                    last = self.readiness(instance).await;
                    if last.0 == status && (bus.is_empty() || last.1 == bus) {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            soon(&format!("{status}: {bus}"), said).await;
        }
    }

    /// A number of an instance's metrics.
    pub async fn metric(&self, instance: usize, name: &str) -> u64 {
        let text = self.servers[instance].anybody().get("/metrics").await.text;
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.map_or(0, |number| number.parse().unwrap())
    }
}

//! One file per question. Each starts its own server, so that none inherits another's memory or backlog.

use std::time::Duration;

use anyhow::Context as _;
use tokio::time::timeout;

use crate::{cli::Scenario, ground::Ground};
use deliveries::Load;

mod ceiling;
mod deliveries;
mod feed;
mod growth;
mod instances;
mod joins;
mod latency;
mod memory;
mod model;
mod opens;
mod posts;
mod reactions;
mod reconnect;
mod startup;

/// No scenario lasts longer, whatever the server does.
const LIMIT: Duration = Duration::from_mins(6);

pub(crate) async fn run(ground: &mut Ground, scenario: Scenario) -> anyhow::Result<()> {
    // Boxed, because the futures of whole scenarios are large.
    let play = match scenario {
        Scenario::Startup => timeout(LIMIT, Box::pin(startup::run(ground))).await,
        Scenario::Latency => timeout(LIMIT, Box::pin(latency::run(ground))).await,
        Scenario::Deliveries => timeout(LIMIT, Box::pin(deliveries::run(ground, Load::Posts))).await,
        Scenario::Fanout => timeout(LIMIT, Box::pin(deliveries::run(ground, Load::Feed))).await,
        Scenario::Memory => timeout(LIMIT, Box::pin(memory::run(ground))).await,
        Scenario::Opens => timeout(LIMIT, Box::pin(opens::run(ground))).await,
        Scenario::Posts => timeout(LIMIT, Box::pin(posts::run(ground))).await,
        Scenario::Reactions => timeout(LIMIT, Box::pin(reactions::run(ground))).await,
        Scenario::Growth => timeout(LIMIT, Box::pin(growth::run(ground))).await,
        Scenario::Reconnect => timeout(LIMIT, Box::pin(reconnect::run(ground))).await,
        Scenario::Instances => timeout(LIMIT, Box::pin(instances::run(ground))).await,
        Scenario::Joins => timeout(LIMIT, Box::pin(joins::run(ground))).await,
        Scenario::Model => timeout(LIMIT, Box::pin(model::run(ground))).await,
        Scenario::Ceiling => timeout(LIMIT, Box::pin(ceiling::run(ground))).await,
    };
    play.with_context(|| format!("{} took longer than {LIMIT:?}", scenario.name()))?
}

//! Two instances on one database: each turn is answered once.

use std::sync::Arc;

use grandstand::{bus::LocalBus, config::Config};
use tempfile::TempDir;

use super::{begins, hears_it, said, sheet};
use crate::support::{Model, TestServer, postgres};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_instances_one_answers_each_turn() {
    let model = Model::start().await;
    model.answering(|request| format!("{} turns", request.turns().len()));
    let dirs = [Arc::new(TempDir::new().unwrap()), Arc::new(TempDir::new().unwrap())];
    let database = postgres::lay_ground(dirs[0].path()).await;
    postgres::assign(dirs[1].path(), &database);
    let bus = LocalBus::default();
    let neighbour = bus.neighbour();
    let change = |config: &mut Config| model.set_up(config);
    let [first, second] = dirs;
    let one = Box::pin(TestServer::start_on(first, Arc::new(bus), change)).await;
    let two = Box::pin(TestServer::start_on(second, Arc::new(neighbour), change)).await;
    let persona = one.host().post("/v1/personas", &sheet()).await.ok();
    let (here, there) = (one.user("ana", &[]), two.user("ana", &[]));
    let id = begins(&here, &persona).await;
    let mut seat = there.resumes(&id, "1-0").await;
    hears_it(&mut seat, "ana").await;
    for turn in 1..=6 {
        let ana = if turn % 2 == 0 { &here } else { &there };
        ana.says(&id, &format!("turn {turn}")).await;
        hears_it(&mut seat, "ana").await;
    }
    let said = said(&here, &id).await;
    assert_eq!(said.len(), 13, "{said:?}");
    for (place, (by, _)) in said.iter().enumerate() {
        assert_eq!(by == "ana", place % 2 == 1, "{said:?}");
    }
    model.assert_no_complaints();
}

//! A Redis of our own. It keeps nothing, so each start finds it empty.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

use crate::kept::{Kept, Plan, Signal};

const READY_LIMIT: Duration = Duration::from_secs(20);
const STOP_LIMIT: Duration = Duration::from_secs(10);

pub(crate) struct Redis {
    log: PathBuf,
    address: SocketAddr,
    running: Option<Kept>,
}

impl Redis {
    pub(crate) async fn start(dir: &Path, address: SocketAddr) -> anyhow::Result<Self> {
        let mut redis = Self {
            log: dir.join("redis.log"),
            address,
            running: None,
        };
        redis.begin().await?;
        Ok(redis)
    }

    pub(crate) async fn begin(&mut self) -> anyhow::Result<()> {
        let port = self.address.port().to_string();
        let args = [
            "--bind",
            "127.0.0.1",
            "--port",
            &port,
            "--save",
            "",
            "--appendonly",
            "no",
        ];
        self.running = Some(
            Kept::start(Plan {
                program: Path::new("redis-server"),
                args: args.iter().map(Into::into).collect(),
                env: Vec::new(),
                owner: None,
                log: &self.log,
            })
            .await?,
        );
        let began = Instant::now();
        while TcpStream::connect(self.address).await.is_err() {
            anyhow::ensure!(began.elapsed() < READY_LIMIT, "Redis does not listen");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    pub(crate) async fn end(&mut self, signal: Signal) -> anyhow::Result<()> {
        if let Some(mut running) = self.running.take() {
            running.stop(signal, STOP_LIMIT).await?;
        }
        Ok(())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

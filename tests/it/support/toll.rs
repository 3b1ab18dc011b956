//! A place between an instance and its Redis where traffic can be held up: a network that has its own ideas.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Listens on a port of its own and passes on to another. Gone when dropped.
pub struct Toll {
    address: SocketAddr,
    road: Arc<Road>,
    stop: CancellationToken,
}

#[derive(Default)]
struct Road {
    /// Connections that listen get nothing any more; commands are answered as ever.
    is_deaf: std::sync::atomic::AtomicBool,
    /// Every answer takes so much longer.
    delay_ms: AtomicU64,
}

impl Drop for Toll {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Toll {
    pub async fn before(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, road, stop) = (
            listener.local_addr().unwrap(),
            Arc::<Road>::default(),
            CancellationToken::new(),
        );
        let (passing, ended, tasks) = (Arc::clone(&road), stop.clone(), TaskTracker::new());
        tasks.clone().spawn(async move {
            while let Some(Ok((near, _))) = ended.run_until_cancelled(listener.accept()).await {
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)).await else {
                    continue;
                };
                let (passing, ended) = (Arc::clone(&passing), ended.clone());
                tasks.spawn(async move { ended.run_until_cancelled(passing.pass(near, far)).await });
            }
        });
        Self { address, road, stop }
    }

    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Whether what is published is swallowed.
    pub fn is_deaf(&self, deaf: bool) {
        self.road.is_deaf.store(deaf, Ordering::Release);
    }

    pub fn delays(&self, delay: Duration) {
        self.road
            .delay_ms
            .store(u64::try_from(delay.as_millis()).unwrap(), Ordering::Release);
    }
}

impl Road {
    async fn pass(&self, mut near: TcpStream, mut far: TcpStream) {
        near.set_nodelay(true).unwrap();
        far.set_nodelay(true).unwrap();
        let ((mut from_near, mut to_near), (mut from_far, mut to_far)) = (near.split(), far.split());
        let listens = std::sync::atomic::AtomicBool::new(false);
        let there = async {
            let mut bytes = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = from_near.read(&mut bytes).await {
                if bytes[..count].windows(9).any(|word| word == b"SUBSCRIBE") {
                    listens.store(true, Ordering::Release);
                }
                if to_far.write_all(&bytes[..count]).await.is_err() {
                    return;
                }
            }
        };
        let back = async {
            let mut bytes = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = from_far.read(&mut bytes).await {
                tokio::time::sleep(Duration::from_millis(self.delay_ms.load(Ordering::Acquire))).await;
                let swallowed = self.is_deaf.load(Ordering::Acquire) && listens.load(Ordering::Acquire);
                if !swallowed && to_near.write_all(&bytes[..count]).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = there => {}
            () = back => {}
        }
    }
}

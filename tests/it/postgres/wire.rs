//! A wire to PostgreSQL that can be cut at the worst moment: around a COMMIT.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// When the wire breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    Never,
    /// The next COMMIT does not arrive.
    BeforeCommit,
    /// The next COMMIT arrives; its answer does not.
    AfterCommit,
}

/// Stands between a server and its database.
pub(super) struct Wire {
    address: SocketAddr,
    cut: Arc<AtomicU8>,
}

impl Wire {
    pub(super) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, cut) = (
            listener.local_addr().unwrap(),
            Arc::new(AtomicU8::new(Cut::Never as u8)),
        );
        let armed = Arc::clone(&cut);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&armed)));
            }
        });
        Self { address, cut }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Breaks once.
    pub(super) fn breaks(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::Release);
    }
}

async fn carry(mut client: TcpStream, mut server: TcpStream, cut: Arc<AtomicU8>) {
    let (mut asked, mut told) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(size @ 1..) = read else { return };
                let is_commit = asked[..size].windows(7).any(|bytes| bytes == b"COMMIT\0");
                if is_commit {
                    let when = cut.swap(Cut::Never as u8, Ordering::AcqRel);
                    if when == Cut::BeforeCommit as u8 {
                        return;
                    }
                    if when == Cut::AfterCommit as u8 {
                        server.write_all(&asked[..size]).await.unwrap();
                        // Its answer says that it is done; it goes nowhere.
                        drop(server.read(&mut told).await);
                        return;
                    }
                }
                if server.write_all(&asked[..size]).await.is_err() { return }
            }
            read = server.read(&mut told) => {
                let Ok(size @ 1..) = read else { return };
                if client.write_all(&told[..size]).await.is_err() { return }
            }
        }
    }
}

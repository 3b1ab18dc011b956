//! What stands between the instances and Redis, and can be deaf or slow on demand.
//!
//! Deaf: commands are answered, deliveries to subscribers are swallowed; connections stay. It is the failure that looks
//! healthy. Slow: every piece, either way, waits.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, tcp},
    sync::watch,
    task::JoinSet,
    time::sleep,
};

use super::resp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    Deaf,
    Slow(Duration),
}

pub(crate) struct Proxy {
    address: SocketAddr,
    mood: watch::Sender<Mood>,
    /// Ends all connections when it is dropped.
    _doors: JoinSet<()>,
}

impl Proxy {
    pub(crate) async fn start(address: SocketAddr, to: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let (mood, moods) = watch::channel(Mood::Well);
        let mut doors = JoinSet::new();
        doors.spawn(async move {
            let mut links = JoinSet::new();
            loop {
                tokio::select! {
                    taken = listener.accept() => if let Ok((client, _)) = taken {
                        links.spawn(join(client, to, moods.clone()));
                    },
                    Some(_) = links.join_next() => {}
                }
            }
        });
        Ok(Self {
            address,
            mood,
            _doors: doors,
        })
    }

    pub(crate) fn feel(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Either side's end is the end of both.
async fn join(client: TcpStream, to: SocketAddr, mood: watch::Receiver<Mood>) {
    let Ok(server) = TcpStream::connect(to).await else {
        return;
    };
    drop((client.set_nodelay(true), server.set_nodelay(true)));
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    tokio::select! {
        _ = commands(client_in, server_out, mood.clone()) => {}
        _ = replies(server_in, client_out, mood) => {}
    }
}

async fn dawdle(mood: &watch::Receiver<Mood>) {
    let mood = *mood.borrow();
    if let Mood::Slow(by) = mood {
        sleep(by).await;
    }
}

async fn commands(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    mood: watch::Receiver<Mood>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        if read == 0 {
            return Ok(());
        }
        dawdle(&mood).await;
        to.write_all(&buffer[..read]).await?;
    }
}

async fn replies(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    mood: watch::Receiver<Mood>,
) -> io::Result<()> {
    let mut kept = Vec::with_capacity(64 * 1024);
    loop {
        if from.read_buf(&mut kept).await? == 0 {
            return Ok(());
        }
        dawdle(&mood).await;
        let deaf = *mood.borrow() == Mood::Deaf;
        let mut passed = Vec::new();
        let mut done = 0;
        while let Some(length) = resp::whole(&kept[done..]) {
            let reply = &kept[done..done + length];
            if !(deaf && resp::is_delivery(reply)) {
                passed.extend_from_slice(reply);
            }
            done += length;
        }
        kept.drain(..done);
        to.write_all(&passed).await?;
    }
}

//! A server that only writes: frames made beforehand, to everybody, as fast as they are taken. With it the bench measures
//! itself, since no figure above its own ceiling can be believed.
//!
//! It is this same program, started anew as a process of its own, so that it has a core of its own like any server.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use anyhow::Context as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::target;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
/// More streams than any scenario opens.
const STREAMS_MAX: usize = 20_000;

/// Serves until it is ended. Each write carries `frames` frames.
pub(crate) async fn serve(port: u16, frames: u32) -> anyhow::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await;
    let listener = listener.context("listen")?;
    let chunk: Arc<[u8]> = chunk(frames).into();
    let mut streams = JoinSet::new();
    loop {
        let (socket, _) = listener.accept().await?;
        while streams.try_join_next().is_some() {}
        if streams.len() < STREAMS_MAX {
            streams.spawn(pour(socket, Arc::clone(&chunk)));
        }
    }
}

/// Until the reader leaves.
async fn pour(mut socket: TcpStream, chunk: Arc<[u8]>) -> std::io::Result<()> {
    let mut request = [0; 1024];
    let mut filled = 0;
    while !request[..filled].ends_with(b"\r\n\r\n") {
        let read = socket.read(&mut request[filled..]).await?;
        if read == 0 {
            return Ok(());
        }
        filled += read;
    }
    socket.write_all(HEAD).await?;
    loop {
        socket.write_all(&chunk).await?;
        tokio::task::yield_now().await;
    }
}

/// One chunk of a chunked body.
fn chunk(frames: u32) -> Vec<u8> {
    let mut data = Vec::new();
    for index in 0..u64::from(frames) {
        data.extend_from_slice(frame(index).as_bytes());
    }
    let mut chunk = format!("{:x}\r\n", data.len()).into_bytes();
    chunk.extend_from_slice(&data);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

/// A frame like the product's. They come again and again, so to the reader there is a hole after each round.
fn frame(index: u64) -> String {
    let entry = target::entry(&target::text(0, index));
    format!("id: 1-{index}\nevent: message.created\ndata: {entry}\n\n")
}

//! Connections on a port that speaks TLS: the handshake comes first, under the same patience as a request's head.
//!
//! The bound on unread bytes lies under TLS, where it sees what the socket takes, not what waits to be encrypted.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use poem::{Endpoint, Response, http::uri::Scheme};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::server::TlsStream;

use super::House;
use crate::http::{
    refuse,
    tls::{FIRST_BYTE, Tls},
    wire::{Protocol, Wire},
};

/// How long somebody we have no room for may take to shake hands.
const REFUSAL_PATIENCE: Duration = Duration::from_secs(1);

impl<E: Endpoint<Output = Response> + 'static> House<E> {
    /// As `attend`, behind a handshake.
    pub(super) async fn attend_securely(self: Arc<Self>, tls: Tls, socket: TcpStream, peer: SocketAddr) {
        let patience = Duration::from_millis(self.config.header_read_timeout_ms);
        let greeted = tokio::select! {
            // Nothing was asked yet, so nothing is left to finish.
            () = self.stop.cancelled() => return,
            greeted = timeout(patience, self.greet(&tls, socket)) => greeted.unwrap_or(Err(io::ErrorKind::TimedOut.into())),
        };
        match greeted {
            Ok(greeted) => {
                let Greeted {
                    stream,
                    protocol,
                    local,
                } = greeted;
                let connection = self.connection(peer, protocol, true);
                // No stream leaves: what is written to the socket is TLS's.
                self.speak(stream, connection, local, Scheme::HTTPS).await;
            }
            Err(error) => {
                self.metrics.handshakes_failed.inc();
                tracing::debug!(error = %error, "no TLS was agreed on");
            }
        }
    }

    /// Shakes hands; somebody who speaks plain HTTP is told so and gone.
    async fn greet(&self, tls: &Tls, socket: TcpStream) -> io::Result<Greeted> {
        let local = socket.local_addr()?;
        let mut first = [0];
        if socket.peek(&mut first).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if first != [FIRST_BYTE] {
            refuse::point_to_tls(socket).await;
            return Err(io::ErrorKind::InvalidData.into());
        }
        let (stream, protocol) = tls.greet(self.wire(socket)).await?;
        Ok(Greeted {
            stream,
            protocol,
            local,
        })
    }
}

struct Greeted {
    stream: TlsStream<Wire<TcpStream>>,
    protocol: Protocol,
    local: SocketAddr,
}

/// Tells somebody we have no room for, in the tongue of this port.
pub(super) async fn turn_away(tls: Option<Tls>, socket: TcpStream, peer: SocketAddr) {
    let Some(tls) = tls else {
        return refuse::turn_away(socket, peer).await;
    };
    if let Ok(Ok(stream)) = timeout(REFUSAL_PATIENCE, tls.greet_for_one_answer(socket)).await {
        refuse::turn_away(stream, peer).await;
    }
}

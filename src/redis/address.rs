//! Where Redis is and how to get in: read from the settings, with bounds and socket options on every connection.

use std::{path::PathBuf, time::Duration};

use ::redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisResult,
    TlsCertificates,
    cluster::{ClusterClient, ClusterClientBuilder},
    io::tcp::{TcpSettings, socket2::TcpKeepalive},
};

use crate::config::BusConfig;

/// A connection that is not made by then will not be made.
pub(super) const CONNECT: Duration = Duration::from_secs(1);
/// Silence after which the system asks whether the other end still exists.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Host and port.
pub(super) type Node = (String, u16);

/// Settings that lead to no Redis.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL itself is not shown: it may hold a password.
    #[error("`bus.redis_url` is no address of Redis")]
    Url,
    #[error("`bus.redis_ca` cannot be read: {path}")]
    Authority {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("`bus.redis_ca` holds no certificates that can be used")]
    Certificates,
}

/// One Redis, or the known nodes of a cluster.
pub(super) struct Address {
    nodes: Vec<ConnectionInfo>,
    authority: Option<Vec<u8>>,
}

impl Address {
    pub(super) fn read(config: &BusConfig) -> Result<Option<Self>, OpenError> {
        let Some(urls) = &config.redis_url else {
            return Ok(None);
        };
        let read = |url: &str| {
            let info = url.trim().into_connection_info().map_err(|_| OpenError::Url)?;
            Ok(dressed(info))
        };
        let nodes = urls.expose().split(',').map(read).collect::<Result<Vec<_>, _>>()?;
        let authority = config.redis_ca.as_ref().map(|path| {
            std::fs::read(path).map_err(|source| OpenError::Authority {
                path: path.clone(),
                source,
            })
        });
        let address = Self {
            nodes,
            authority: authority.transpose()?,
        };
        if address.is_cluster() {
            address.cluster().map_err(|_| OpenError::Certificates)?;
        } else {
            address.single().map_err(|_| OpenError::Certificates)?;
        }
        Ok(Some(address))
    }

    /// Several nodes were named.
    pub(super) fn is_cluster(&self) -> bool {
        self.nodes.len() > 1
    }

    pub(super) fn single(&self) -> RedisResult<Client> {
        self.client(self.nodes[0].clone())
    }

    /// The nodes that were named.
    pub(super) fn named(&self) -> Vec<Node> {
        let host_and_port = |info: &ConnectionInfo| match info.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => Some((host.clone(), *port)),
            _ => None,
        };
        self.nodes.iter().filter_map(host_and_port).collect()
    }

    /// A client of another node of the same cluster.
    pub(super) fn node(&self, (host, port): &Node) -> RedisResult<Client> {
        let like = &self.nodes[0];
        let addr = match like.addr() {
            ConnectionAddr::TcpTls { insecure, .. } => ConnectionAddr::TcpTls {
                host: host.clone(),
                port: *port,
                insecure: *insecure,
                tls_params: None,
            },
            _ => ConnectionAddr::Tcp(host.clone(), *port),
        };
        self.client(like.clone().set_addr(addr))
    }

    /// A client of one node, with the certificates that go with it.
    fn client(&self, node: ConnectionInfo) -> RedisResult<Client> {
        match (&self.authority, node.addr()) {
            (Some(authority), ConnectionAddr::TcpTls { .. }) => Client::build_with_tls(
                node,
                TlsCertificates {
                    client_tls: None,
                    root_cert: Some(authority.clone()),
                },
            ),
            _ => Client::open(node),
        }
    }

    pub(super) fn cluster(&self) -> RedisResult<ClusterClient> {
        let mut builder = ClusterClientBuilder::new(self.nodes.clone())
            .use_protocol(ProtocolVersion::RESP3)
            .tcp_settings(tcp())
            .connection_timeout(CONNECT)
            // For redirections; our own bound on a command's time ends it anyway.
            .retries(3)
            .min_retry_wait(10)
            .max_retry_wait(100);
        if let (Some(authority), ConnectionAddr::TcpTls { .. }) = (&self.authority, self.nodes[0].addr()) {
            builder = builder.certs(TlsCertificates {
                client_tls: None,
                root_cert: Some(authority.clone()),
            });
        }
        builder.build()
    }
}

/// The bounds of a connection to one node.
pub(super) fn bounds(response: Duration) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT))
        .set_response_timeout(Some(response))
}

fn dressed(info: ConnectionInfo) -> ConnectionInfo {
    // Naming the library takes a right that users who may do little do not have.
    let redis = info
        .redis_settings()
        .clone()
        .set_protocol(ProtocolVersion::RESP3)
        .set_skip_set_lib_name();
    info.set_redis_settings(redis).set_tcp_settings(tcp())
}

/// Without `NODELAY` a small command waits for the answer to the one before.
fn tcp() -> TcpSettings {
    let keep_alive = TcpKeepalive::new().with_time(KEEP_ALIVE).with_interval(KEEP_ALIVE / 3);
    TcpSettings::default().set_nodelay(true).set_keepalive(keep_alive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn read(url: &str) -> Result<Option<Address>, OpenError> {
        Address::read(&BusConfig {
            redis_url: Some(Secret::new(url)),
            ..BusConfig::default()
        })
    }

    #[test]
    fn one_address_is_one_redis_and_several_are_a_cluster() {
        let one = read("redis://ana:secret@127.0.0.1:6379").ok().flatten();
        assert!(one.is_some_and(|address| !address.is_cluster()));
        let several = read("redis://127.0.0.1:1, redis://127.0.0.1:2").ok().flatten();
        assert!(several.is_some_and(|address| address.is_cluster()));
        assert!(Address::read(&BusConfig::default()).is_ok_and(|none| none.is_none()));
    }

    #[test]
    fn a_wrong_address_is_not_repeated() {
        for url in ["redis://:secret@host:no-port", "redis://:secret@"] {
            if let Err(error) = read(url) {
                assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
            }
        }
        assert!(matches!(read("redis://:secret@host:no-port"), Err(OpenError::Url)));
    }
}

//! Where and how connections are taken: addresses, bounds and patience.
//!
//! Every bound exists because its absence lets one client take what belongs to all; change them knowing whom it hits.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeConfig {
    /// Address and port to listen on. Port 0 takes a free one.
    pub listen: String,
    /// TLS, with HTTP/2, on that address: a file with our certificate and those that lead to it (PEM). Read again on SIGHUP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM). One cannot be without the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key: Option<PathBuf>,
    /// Over TLS, tell browsers to use nothing else here for so long (`Strict-Transport-Security`). They won't forget: a
    /// site that may go back to plain HTTP keeps this at 0, which says nothing.
    pub hsts_seconds: u32,
    /// Open connections in all. Over this a client is told to come back, and the connection is closed.
    pub max_connections: usize,
    /// Open connections from one address. Trusted proxies are exempt: they speak for many.
    pub max_connections_per_address: usize,
    /// Proxies (addresses or networks such as `10.0.0.0/8`) whose `X-Forwarded-For` we believe. Empty: nobody.
    pub trusted_proxies: Vec<String>,
    /// How long a TLS handshake and a request head may take each, and how long a connection may idle between requests.
    pub header_read_timeout_ms: u64,
    /// How long a request body may take from its first byte to its last.
    pub body_read_timeout_ms: u64,
    /// How long a handler may take until it answers. Streams answer at once and then flow without this bound.
    pub handler_timeout_ms: u64,
    /// How long a client may take no bytes at all while we have some for it. This is what ends a reader that stopped.
    pub write_stall_timeout_ms: u64,
    /// Most bytes of a request body, unless the endpoint says otherwise.
    pub max_body_bytes: usize,
    /// HTTP/1: read buffer, and so the longest request head.
    pub http1_buffer_bytes: usize,
    /// HTTP/2: requests and streams open at once on one connection.
    pub http2_max_streams: u32,
    /// HTTP/2: the longest request head.
    pub http2_header_list_bytes: u32,
    /// HTTP/2: what a client may send us before we have read it. We take small bodies only.
    pub http2_window_bytes: u32,
    /// HTTP/2: what we hold per stream for a client that has not opened its window.
    pub http2_send_buffer_bytes: usize,
    /// HTTP/2: how often to ask whether the client is still there, and how long to wait for its answer.
    pub http2_ping_interval_ms: u64,
    /// Kernel send buffer per connection. With kernel defaults a stopped reader swallows megabytes before we notice.
    pub send_buffer_bytes: usize,
    /// How long sent bytes may stay without any sign from the client's machine before the kernel gives up.
    pub tcp_user_timeout_ms: u64,
    /// `Content-Security-Policy` for HTML answers. Empty: none.
    pub html_policy: String,
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            tls_cert: None,
            tls_key: None,
            hsts_seconds: 0,
            max_connections: 16_384,
            max_connections_per_address: 1_024,
            trusted_proxies: Vec::new(),
            header_read_timeout_ms: 10_000,
            body_read_timeout_ms: 10_000,
            handler_timeout_ms: 30_000,
            write_stall_timeout_ms: 30_000,
            max_body_bytes: 64 * 1_024,
            http1_buffer_bytes: 32 * 1_024,
            http2_max_streams: 128,
            http2_header_list_bytes: 16 * 1_024,
            http2_window_bytes: 64 * 1_024,
            http2_send_buffer_bytes: 64 * 1_024,
            http2_ping_interval_ms: 20_000,
            send_buffer_bytes: 128 * 1_024,
            tcp_user_timeout_ms: 30_000,
            html_policy: String::new(),
        }
    }
}

//! `grandstand health`: what a container engine or a script asks, without any other tool at hand.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{Context, bail};

use crate::config::ServeConfig;

/// Container engines give a check some seconds and say nothing of why it took longer.
const PATIENCE: Duration = Duration::from_secs(4);

/// Whether the server with these settings, on this machine, wants traffic.
pub(super) async fn run(config: &ServeConfig) -> anyhow::Result<String> {
    let address: SocketAddr = config.listen.parse().context("`serve.listen` is no address")?;
    let scheme = if config.tls_cert.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}", reachable(address));
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        // The certificate names the public host and not this machine's own address, which nobody else can hold.
        .tls_certs_only([])
        .tls_danger_accept_invalid_certs(true)
        .build()?;
    let answer = client.get(format!("{url}/health/ready")).send().await;
    let answer = answer.with_context(|| format!("the server at {url} does not answer"))?;
    let ready = answer.status().is_success();
    let report = answer.text().await.unwrap_or_default();
    if !ready {
        bail!("the server at {url} is not ready: {report}");
    }
    Ok(format!("The server at {url} is ready: {report}"))
}

/// Where a server that listens on every address can be met.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_means_the_nearest() {
        for (listen, met) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:1", "[::1]:1"),
            ("10.0.0.1:2", "10.0.0.1:2"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), met);
        }
    }
}

//! TLS at our own door: certificates, and the handshake that comes before HTTP.
//!
//! TLS 1.2 and 1.3 only; which HTTP is spoken is agreed in the handshake (ALPN), never guessed. The certificate can be
//! exchanged while the server runs: who shakes hands afterwards gets the new one, open connections stay as they are. A
//! handshake here has no deadline of its own; `serve.rs` gives it one.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{
    InconsistentKeys, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::wire::Protocol;
use crate::config::ServeConfig;

const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";
/// The first byte of every TLS connection: a handshake record.
pub(super) const FIRST_BYTE: u8 = 22;

/// Why there can be no TLS with these files. Says which file and never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("`serve.tls_cert` and `serve.tls_key` are given together or not at all")]
    Half,
    #[error("{path} cannot be read")]
    Unreadable {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("{path} holds no {what} in PEM form")]
    Empty { path: String, what: &'static str },
    #[error("the key in {key} is not the key of the certificate in {cert}")]
    Mismatch { cert: String, key: String },
    #[error("{path} cannot be used")]
    Unusable {
        path: String,
        #[source]
        source: rustls::Error,
    },
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// What it takes to shake hands. A cheap clone.
#[derive(Clone)]
pub struct Tls(Arc<Door>);

struct Door {
    cert: PathBuf,
    key: PathBuf,
    shown: Arc<Shown>,
    acceptor: TlsAcceptor,
    /// For those who will only be told to come back: the answer is HTTP/1.1.
    plain: TlsAcceptor,
}

/// The certificate that new connections are shown.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // Nothing is done under this lock that could leave it half done.
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Tls {
    /// Reads the files the settings name; `None` if they name none.
    pub async fn load(config: &ServeConfig) -> Result<Option<Self>, TlsError> {
        let (cert, key) = match (&config.tls_cert, &config.tls_key) {
            (None, None) => return Ok(None),
            (Some(cert), Some(key)) => (cert.clone(), key.clone()),
            _ => return Err(TlsError::Half),
        };
        let shown = Arc::new(Shown(RwLock::new(Arc::new(read(&cert, &key).await?))));
        let door = Door {
            acceptor: acceptor(&shown, &[HTTP2, HTTP1])?,
            plain: acceptor(&shown, &[HTTP1])?,
            cert,
            key,
            shown,
        };
        Ok(Some(Self(Arc::new(door))))
    }

    /// Reads the files again. If they are no good, the certificate stays what it is.
    pub async fn reload(&self) -> Result<(), TlsError> {
        let fresh = Arc::new(read(&self.0.cert, &self.0.key).await?);
        *self.0.shown.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Shakes hands, and says what will be spoken.
    pub(super) async fn greet<S>(&self, socket: S) -> io::Result<(TlsStream<S>, Protocol)>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = self.0.acceptor.accept(socket).await?;
        let protocol = match stream.get_ref().1.alpn_protocol() {
            Some(HTTP2) => Protocol::Http2,
            // A client that names nothing speaks what everybody does.
            _ => Protocol::Http1,
        };
        Ok((stream, protocol))
    }

    /// Shakes hands with somebody who gets an answer of HTTP/1.1 and nothing else.
    pub(super) async fn greet_for_one_answer<S>(&self, socket: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.0.plain.accept(socket).await
    }
}

fn provider() -> CryptoProvider {
    aws_lc_rs::default_provider()
}

fn acceptor(shown: &Arc<Shown>, protocols: &[&[u8]]) -> Result<TlsAcceptor, TlsError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(TlsError::Setup)?
        .with_no_client_auth()
        .with_cert_resolver(Arc::clone(shown) as Arc<dyn ResolvesServerCert>);
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    // Who comes back shortly after (a whole crowd does when streams are told to leave) needs no signature from us again.
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(TlsError::Setup)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn read(cert: &Path, key: &Path) -> Result<CertifiedKey, TlsError> {
    let name = |path: &Path| path.display().to_string();
    let pem = |path: PathBuf| async move {
        let read = tokio::fs::read(&path).await;
        read.map_err(|source| TlsError::Unreadable {
            path: path.display().to_string(),
            source,
        })
    };
    let (cert_pem, key_pem) = (pem(cert.to_owned()).await?, pem(key.to_owned()).await?);
    let empty = |path: &Path, what| TlsError::Empty { path: name(path), what };
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&cert_pem)
        .collect::<Result<_, _>>()
        .map_err(|_| empty(cert, "certificates"))?;
    if chain.is_empty() {
        return Err(empty(cert, "certificates"));
    }
    let secret = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|_| empty(key, "private key"))?;
    let provider = provider();
    let secret = provider.key_provider.load_private_key(secret);
    let unusable = |path: &Path, source| TlsError::Unusable {
        path: name(path),
        source,
    };
    let pair = CertifiedKey::new(chain, secret.map_err(|source| unusable(key, source))?);
    match pair.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(pair),
        Err(rustls::Error::InconsistentKeys(_)) => Err(TlsError::Mismatch {
            cert: name(cert),
            key: name(key),
        }),
        Err(source) => Err(unusable(cert, source)),
    }
}

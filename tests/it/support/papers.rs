//! Certificates of the tests' own, made by openssl as an operator would.

use std::path::{Path, PathBuf};

use grandstand::config::Config;
use tempfile::TempDir;
use tokio::process::Command;

use super::soon;

/// An authority nobody else knows, and a server's certificate by it for `localhost` and `127.0.0.1`.
pub struct Papers {
    dir: TempDir,
}

/// What the server's key is.
#[derive(Clone, Copy)]
pub enum KeyKind {
    Elliptic,
    Rsa,
}

impl Papers {
    pub async fn new() -> Self {
        Self::of(KeyKind::Elliptic).await
    }

    pub async fn of(kind: KeyKind) -> Self {
        let papers = Self {
            dir: TempDir::new().unwrap(),
        };
        let key = match kind {
            KeyKind::Elliptic => "ec -pkeyopt ec_paramgen_curve:prime256v1",
            KeyKind::Rsa => "rsa:2048",
        };
        let says = "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n";
        std::fs::write(papers.dir.path().join("says"), says).unwrap();
        for line in [
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=tests \
             -keyout authority.key -out authority.pem",
            &format!("req -new -newkey {key} -nodes -subj /CN=localhost -keyout key.pem -out request.pem"),
            "x509 -req -in request.pem -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile says \
             -out cert.pem",
        ] {
            papers.openssl(line).await;
        }
        papers
    }

    async fn openssl(&self, line: &str) {
        let mut command = Command::new("openssl");
        command
            .args(line.split_whitespace())
            .current_dir(self.dir.path())
            .kill_on_drop(true);
        let done = soon("openssl", command.output())
            .await
            .expect("openssl is installed; scripts/test sees to it");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    pub fn cert(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }

    pub fn key(&self) -> PathBuf {
        self.dir.path().join("key.pem")
    }

    pub fn authority(&self) -> PathBuf {
        self.dir.path().join("authority.pem")
    }

    /// Puts these in the place of others.
    pub fn replace(&self, others: &Self) {
        for (from, to) in [(self.cert(), others.cert()), (self.key(), others.key())] {
            std::fs::copy(from, to).unwrap();
        }
    }

    /// A server that shows them.
    pub fn show(&self, config: &mut Config) {
        config.serve.tls_cert = Some(self.cert());
        config.serve.tls_key = Some(self.key());
    }

    /// A client that believes them and nothing else.
    pub fn client(&self) -> reqwest::Client {
        self.client_with(|builder| builder)
    }

    pub fn client_with(
        &self,
        change: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
    ) -> reqwest::Client {
        grandstand::crypto::install();
        let authority = reqwest::Certificate::from_pem(&std::fs::read(self.authority()).unwrap()).unwrap();
        let builder = reqwest::Client::builder().tls_certs_only([authority]).no_proxy();
        change(builder).build().unwrap()
    }

    /// What it takes to shake hands by hand, offering these protocols.
    pub fn connector(&self, protocols: &[&str]) -> tokio_rustls::TlsConnector {
        grandstand::crypto::install();
        let mut roots = rustls::RootCertStore::empty();
        let authority = <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::from_pem_file(
            self.authority(),
        );
        roots.add(authority.unwrap()).unwrap();
        let mut config = rustls::ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        tokio_rustls::TlsConnector::from(std::sync::Arc::new(config))
    }
}

/// A path as an argument.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

//! Real proxies with the configuration that users get (`deploy/`): only addresses and places of files are changed.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
};

use tempfile::TempDir;
use tokio::{
    net::TcpStream,
    process::{Child, Command},
};

use super::{Papers, papers::text, ports, soon};

/// A running proxy; told to end when dropped.
pub struct Proxy {
    child: Child,
    _dir: TempDir,
    url: String,
}

/// What the shipped files say, and what a test puts there.
struct Changes(Vec<(String, String)>);

impl Changes {
    /// Each is there exactly once: a file that was reworded is noticed.
    fn apply(&self, name: &str, mut text: String) -> String {
        for (old, new) in &self.0 {
            assert_eq!(text.matches(old.as_str()).count(), 1, "{old:?} in {name}");
            text = text.replace(old.as_str(), new);
        }
        text
    }
}

fn shipped(name: &str) -> String {
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)).unwrap()
}

fn places(instances: [SocketAddr; 2]) -> Vec<(String, String)> {
    let place =
        |(index, address): (usize, &SocketAddr)| (format!("grandstand-{}:8080", index + 1), address.to_string());
    instances.iter().enumerate().map(place).collect()
}

impl Proxy {
    /// nginx as in `deploy/nginx`; with papers it also speaks TLS and HTTP/2, and that is where its link leads.
    pub async fn nginx(instances: [SocketAddr; 2], papers: Option<&Papers>) -> Self {
        let dir = TempDir::new().unwrap();
        let (plain, secure) = (ports::free(), ports::free());
        let mut changes = places(instances);
        changes.push(("listen 80;".to_owned(), format!("listen {plain};")));
        let conf = Changes(changes).apply("grandstand.conf", shipped("nginx/grandstand.conf"));
        std::fs::write(dir.path().join("grandstand.conf"), conf).unwrap();
        let main = shipped("nginx/nginx.conf")
            .replace("/tmp/", &format!("{}/", text(dir.path())))
            // More files than a test machine may give; and the proxy's own words belong to its directory.
            .replace("worker_rlimit_nofile 65536;", "worker_rlimit_nofile 1024;")
            .replace("worker_connections 32768;", "worker_connections 512;")
            .replace("/dev/stderr", &format!("{}/error.log", text(dir.path())));
        std::fs::write(dir.path().join("nginx.conf"), main).unwrap();
        if let Some(papers) = papers {
            let changes = Changes(vec![
                ("listen 443 ssl".to_owned(), format!("listen {secure} ssl")),
                (
                    "/etc/nginx/grandstand/tls/cert.pem".to_owned(),
                    text(&papers.cert()).to_owned(),
                ),
                (
                    "/etc/nginx/grandstand/tls/key.pem".to_owned(),
                    text(&papers.key()).to_owned(),
                ),
            ]);
            std::fs::create_dir(dir.path().join("tls")).unwrap();
            let tls = changes.apply("tls.conf.example", shipped("nginx/tls.conf.example"));
            std::fs::write(dir.path().join("tls/tls.conf"), tls).unwrap();
        }
        let mut command = Command::new(find("nginx"));
        command
            .arg("-p")
            .arg(dir.path())
            .arg("-c")
            .arg(dir.path().join("nginx.conf"));
        // Its workers would otherwise be somebody who may not enter the test's directory.
        let user = if is_root() { "user root;" } else { "" };
        command.args(["-g", &format!("daemon off; {user}")]);
        let url = papers.map_or_else(
            || format!("http://{plain}"),
            |_| format!("https://localhost:{}", secure.port()),
        );
        Self::start(command, dir, plain, url).await
    }

    /// `HAProxy` as in `deploy/haproxy.cfg`.
    pub async fn haproxy(instances: [SocketAddr; 2]) -> Self {
        let dir = TempDir::new().unwrap();
        let plain = ports::free();
        let mut changes = places(instances);
        changes.push(("bind :80".to_owned(), format!("bind {plain}")));
        changes.push(("maxconn 32768".to_owned(), "maxconn 512".to_owned()));
        let conf = Changes(changes).apply("haproxy.cfg", shipped("haproxy.cfg"));
        let path = dir.path().join("haproxy.cfg");
        std::fs::write(&path, conf).unwrap();
        let mut command = Command::new(find("haproxy"));
        command.args(["-db", "-q", "-f"]).arg(&path);
        Self::start(command, dir, plain, format!("http://{plain}")).await
    }

    async fn start(mut command: Command, dir: TempDir, address: SocketAddr, url: String) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the proxy starts");
        let mut proxy = Self { child, _dir: dir, url };
        let listens = async {
            while TcpStream::connect(address).await.is_err() {
                assert!(proxy.child.try_wait().unwrap().is_none(), "the proxy ended");
                tokio::task::yield_now().await;
            }
        };
        soon("the proxy", listens).await;
        proxy
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Asked, not killed: a killed nginx leaves its workers behind.
        if let Some(id) = self.child.id() {
            std::process::Command::new("kill").arg(id.to_string()).status().ok();
        }
    }
}

fn is_root() -> bool {
    let own = std::fs::metadata("/proc/self").unwrap();
    std::os::unix::fs::MetadataExt::uid(&own) == 0
}

/// Debian puts servers where not everybody looks.
fn find(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = std::env::split_paths(&path).chain([Path::new("/usr/sbin").to_owned()]);
    dirs.map(|dir| dir.join(name))
        .find(|file| file.exists())
        .unwrap_or_else(|| panic!("{name} is missing; scripts/test installs it"))
}

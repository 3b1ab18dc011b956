//! A real Redis of the test's own, which can die, stand still and come back.

use std::process::Stdio;

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
};

use crate::support::soon;

/// Ends when the test's process does, however that ends: its input is then closed.
const WRAPPER: &str = r#"redis-server "$@" > /dev/null & echo $!; cat > /dev/null; kill -KILL $!"#;

pub struct RedisServer {
    port: u16,
    dir: TempDir,
    running: Option<(Child, String)>,
}

impl RedisServer {
    pub async fn start() -> Self {
        let port = {
            let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            free.local_addr().unwrap().port()
        };
        let mut server = Self {
            port,
            dir: TempDir::new().unwrap(),
            running: None,
        };
        server.comes_back().await;
        server
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it on the same port, without memory.
    pub async fn comes_back(&mut self) {
        let port = self.port.to_string();
        let mut child = Command::new("sh")
            .args(["-c", WRAPPER, "redis", "--bind", "127.0.0.1", "--port", &port])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(self.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("`sh` and `redis-server` are installed");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let pid = soon("redis' pid", lines.next_line()).await.unwrap().unwrap();
        self.running = Some((child, pid));
        let answers = async {
            while self.ping().await.is_none() {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        soon("redis", answers).await;
    }

    async fn ping(&self) -> Option<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.ok()?;
        stream.write_all(b"PING\r\n").await.ok()?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.ok()?;
        (&answer == b"+PONG").then_some(())
    }

    /// As a power cut.
    pub async fn dies(&mut self) {
        let (mut child, _) = self.running.take().expect("it runs");
        drop(child.stdin.take());
        soon("redis' end", child.wait()).await.unwrap();
    }

    async fn signal(&self, signal: &str) {
        let (_, pid) = self.running.as_ref().expect("it runs");
        let sent = Command::new("kill").args([signal, pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Takes connections and commands, and does nothing.
    pub async fn stands_still(&self) {
        self.signal("-STOP").await;
    }

    pub async fn goes_on(&self) {
        self.signal("-CONT").await;
    }
}

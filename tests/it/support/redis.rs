//! A real Redis for tests: alone, with passwords, with TLS, or three nodes of a cluster; each on free loopback ports.
//!
//! Each process is kept by a shell that waits at the other end of a pipe. When this process ends, however it ends, the pipe
//! closes, and the shell kills the server and removes its files.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use grandstand::config::{BusConfig, Secret};
use redis::{ConnectionLike, FromRedisValue};
use tempfile::TempDir;

use super::{PATIENCE, ports};

/// Obeys a word a line and says `done` after each.
const KEEPER: &str = r#"
trap '' INT TERM HUP
dir=$1
shift
while read -r word; do
  case $word in
    start)
      redis-server "$@" --dir "$dir" >> "$dir/log" 2>&1 < /dev/null &
      pid=$! ;;
    die) { kill -KILL "$pid"; wait "$pid"; } 2> /dev/null ;;
    freeze) kill -STOP "$pid" ;;
    thaw) kill -CONT "$pid" ;;
  esac
  echo done
done
if [ -n "${pid:-}" ]; then
  kill -KILL "$pid"; wait "$pid"
fi 2> /dev/null
cd /; rm -rf "$dir"
"#;

/// What the passwords of the tests are.
pub const PASSWORD: &str = "only-for-tests";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Password,
    Tls,
    Node,
}

/// A running Redis. Gone when dropped.
pub struct Redis {
    port: u16,
    kind: Kind,
    dir: PathBuf,
    keeper: Mutex<Keeper>,
    starts: AtomicUsize,
}

struct Keeper {
    _child: Child,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
}

fn require(program: &str, package: &str) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|dir| dir.join(program).exists());
    assert!(
        found,
        "`{program}` is missing, which these tests need: install the package `{package}`"
    );
}

impl Redis {
    /// Without a password, as on a developer's machine.
    pub fn start() -> Self {
        Self::begin(Kind::Plain)
    }

    /// With a password, and a user who may do only what we say we need.
    pub fn start_locked() -> Self {
        Self::begin(Kind::Password)
    }

    /// Over TLS, with a certificate of an authority of its own.
    pub fn start_tls() -> Self {
        Self::begin(Kind::Tls)
    }

    fn begin(kind: Kind) -> Self {
        require("redis-server", "redis-server");
        grandstand::crypto::install();
        // Removed by the keeper, which outlives us.
        let dir = TempDir::with_prefix("grandstand-redis-").unwrap().keep();
        let port = ports::free().port();
        let mut child = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(&dir)
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(settings(kind, port, &dir))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let keeper = Keeper {
            words: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            _child: child,
        };
        let redis = Self {
            port,
            kind,
            dir,
            keeper: Mutex::new(keeper),
            starts: AtomicUsize::new(0),
        };
        redis.comes_back();
        redis
    }

    fn tell(&self, word: &str) {
        let mut keeper = self.keeper.lock().unwrap();
        writeln!(keeper.words, "{word}").unwrap();
        let mut answer = String::new();
        keeper.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer.trim(), "done", "Redis and `{word}`");
    }

    /// Ends it without a word to anybody. What it held is gone.
    pub fn dies(&self) {
        self.tell("die");
    }

    /// A new and empty one in the same place.
    pub fn comes_back(&self) {
        let starts = self.starts.fetch_add(1, Ordering::AcqRel) + 1;
        self.tell("start");
        let (begun, log) = (Instant::now(), self.dir.join("log"));
        let log = || std::fs::read_to_string(&log).unwrap_or_default();
        // Each start says so once.
        while log().matches("Ready to accept connections").count() < starts {
            assert!(begun.elapsed() < PATIENCE, "redis-server does not start: {}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Stops its clock: it neither answers nor hangs up.
    pub fn freezes(&self) {
        self.tell("freeze");
    }

    pub fn thaws(&self) {
        self.tell("thaw");
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn url(&self) -> String {
        let port = self.port;
        match self.kind {
            Kind::Plain | Kind::Node => format!("redis://127.0.0.1:{port}"),
            Kind::Password => format!("redis://house:{PASSWORD}@127.0.0.1:{port}"),
            Kind::Tls => format!("rediss://127.0.0.1:{port}"),
        }
    }

    /// The settings that lead an instance here.
    pub fn config(&self) -> BusConfig {
        BusConfig {
            redis_ca: (self.kind == Kind::Tls).then(|| self.dir.join("ca.pem")),
            ..config(&self.url())
        }
    }

    /// Asks it something, as an administrator would.
    pub fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let url = match self.kind {
            Kind::Password => format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port),
            _ => self.url(),
        };
        let client = match self.kind {
            Kind::Tls => {
                let root_cert = Some(std::fs::read(self.dir.join("ca.pem")).unwrap());
                let client_tls = None;
                redis::Client::build_with_tls(url, redis::TlsCertificates { client_tls, root_cert })
            }
            _ => redis::Client::open(url),
        };
        let mut connection = client.unwrap().get_connection().unwrap();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        let answer = connection.req_command(&command).and_then(redis::Value::extract_error);
        redis::from_redis_value(answer.unwrap()).unwrap()
    }

    /// Everybody who is connected is thrown out.
    pub fn hangs_up(&self) {
        let _gone: i64 = self.ask(&["CLIENT", "KILL", "TYPE", "pubsub"]);
        let _gone: i64 = self.ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    }
}

/// Settings for that address, and quick probes.
pub fn config(url: &str) -> BusConfig {
    BusConfig {
        redis_url: Some(Secret::new(url)),
        probe_ms: 200,
        ..BusConfig::default()
    }
}

fn settings(kind: Kind, port: u16, dir: &Path) -> Vec<String> {
    let port = port.to_string();
    let words: Vec<String> = match kind {
        Kind::Plain => vec!["--port".into(), port],
        Kind::Password => {
            let rules = format!(
                "house on >{PASSWORD} ~grandstand:* &grandstand:* -@all +ping +hello +publish +subscribe +unsubscribe \
                 +eval +evalsha +time +@read +@write -@dangerous"
            );
            let mut words: Vec<String> = vec!["--port".into(), port, "--requirepass".into(), PASSWORD.into()];
            words.push("--user".into());
            words.extend(rules.split_whitespace().map(str::to_owned));
            words
        }
        Kind::Tls => {
            certify(dir);
            let file = |name: &str| dir.join(name).display().to_string();
            let pairs = [
                ("--port", "0".to_owned()),
                ("--tls-port", port),
                ("--tls-cert-file", file("redis.pem")),
                ("--tls-key-file", file("redis.key")),
                ("--tls-ca-cert-file", file("ca.pem")),
                ("--tls-auth-clients", "no".to_owned()),
            ];
            pairs
                .into_iter()
                .flat_map(|(name, value)| [name.to_owned(), value])
                .collect()
        }
        Kind::Node => {
            let pairs = [
                ("--port", port),
                ("--cluster-enabled", "yes".to_owned()),
                ("--cluster-port", ports::free().port().to_string()),
                ("--cluster-node-timeout", "2000".to_owned()),
            ];
            pairs
                .into_iter()
                .flat_map(|(name, value)| [name.to_owned(), value])
                .collect()
        }
    };
    words
}

/// An authority, and a certificate of it for loopback.
fn certify(dir: &Path) {
    require("openssl", "openssl");
    let openssl = |arguments: &str| {
        let done = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(dir)
            .output()
            .unwrap();
        assert!(
            done.status.success(),
            "openssl: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!(
        "req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=tests"
    ));
    openssl(&format!("req {key} -keyout redis.key -out redis.csr -subj /CN=redis"));
    std::fs::write(
        dir.join("names"),
        "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    openssl("x509 -req -in redis.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out redis.pem");
}

/// Three nodes that share the slots.
pub struct Cluster {
    pub nodes: Vec<Redis>,
}

impl Cluster {
    pub fn start() -> Self {
        let nodes: Vec<_> = (0..3).map(|_| Redis::begin(Kind::Node)).collect();
        let cluster = Self { nodes };
        for (number, node) in cluster.nodes.iter().enumerate() {
            let (first, last) = (
                number * 5_461,
                if number == 2 { 16_383 } else { number * 5_461 + 5_460 },
            );
            let _: String = node.ask(&["CLUSTER", "ADDSLOTSRANGE", &first.to_string(), &last.to_string()]);
            let _: String = node.ask(&["CLUSTER", "SET-CONFIG-EPOCH", &(number + 1).to_string()]);
        }
        cluster.meet();
        cluster
    }

    fn meet(&self) {
        let first = &self.nodes[0];
        for node in &self.nodes[1..] {
            let bus: Vec<String> = node.ask(&["CONFIG", "GET", "cluster-port"]);
            let _: String = first.ask(&["CLUSTER", "MEET", "127.0.0.1", &node.port.to_string(), &bus[1]]);
        }
        self.is_whole();
    }

    /// Waits until every node says that the cluster is whole.
    pub fn is_whole(&self) {
        let begun = Instant::now();
        let whole = |node: &Redis| {
            let info: String = node.ask(&["CLUSTER", "INFO"]);
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        };
        while !self.nodes.iter().all(whole) {
            assert!(begun.elapsed() < PATIENCE, "the cluster does not come together");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Gives the slot of that name to another node.
    pub fn moves(&self, name: &str) {
        let slot: usize = self.nodes[0].ask(&["CLUSTER", "KEYSLOT", name]);
        let from = (slot / 5_461).min(2);
        let (from, to) = (&self.nodes[from], &self.nodes[(from + 1) % 3]);
        let id: String = to.ask(&["CLUSTER", "MYID"]);
        for node in [to, from].into_iter().chain(&self.nodes) {
            let _: String = node.ask(&["CLUSTER", "SETSLOT", &slot.to_string(), "NODE", &id]);
        }
    }

    pub fn url(&self) -> String {
        self.nodes.iter().map(Redis::url).collect::<Vec<_>>().join(",")
    }

    pub fn config(&self) -> BusConfig {
        config(&self.url())
    }
}

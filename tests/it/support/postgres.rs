//! A real PostgreSQL for tests: one cluster a test process, a database of its own for each server.
//!
//! The cluster is kept by a shell that waits at the other end of a pipe. When this process ends, however it ends, the pipe
//! closes, and the shell stops PostgreSQL and removes its files.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use grandstand::{
    config::{Secret, StoreConfig},
    store::Store,
};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::ports;

/// Obeys a word a line and says `done` after each. The settings are those of a careless administrator where that makes a
/// difference: what must hold all the same is ours to ask for.
const KEEPER: &str = r#"
trap '' INT TERM HUP
bin=$1 dir=$2 port=$3
if [ "$(id -u)" = 0 ]; then
  chown postgres "$dir" || exit 1
  as="setpriv --reuid=postgres --regid=postgres --clear-groups"
fi
all() { echo "$pid" $(cat "/proc/$pid/task/$pid/children" 2> /dev/null); }
cd "$dir"
$as "$bin/initdb" -D "$dir/data" -U postgres --auth=trust -E UTF8 --locale=C --no-sync > "$dir/initdb.log" 2>&1 \
  || { cat "$dir/initdb.log" >&2; echo failed; exit 1; }
while read -r word; do
  case $word in
    start)
      $as "$bin/postgres" -D "$dir/data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
        -c fsync=off -c full_page_writes=off -c wal_level=minimal -c max_wal_senders=0 -c max_connections=400 \
        -c synchronous_commit=off -c default_transaction_isolation=serializable >> "$dir/log" 2>&1 < /dev/null &
      pid=$!
      tries=0
      until "$bin/pg_isready" -q -h 127.0.0.1 -p "$port"; do
        tries=$((tries + 1))
        if ! kill -0 "$pid" || [ $tries = 400 ]; then cat "$dir/log" >&2; echo failed; break; fi
        sleep 0.05
      done ;;
    die) kill -QUIT "$pid"; wait "$pid" ;;
    freeze) kill -STOP $(all) ;;
    thaw) kill -CONT $(all) ;;
  esac
  echo done
done
if [ -n "${pid:-}" ]; then
  kill -CONT $(all); kill -QUIT "$pid"; wait "$pid"
fi 2> /dev/null
cd /; rm -rf "$dir"
"#;

/// A running PostgreSQL. Gone when dropped.
pub struct Cluster {
    dir: PathBuf,
    port: u16,
    keeper: Mutex<Keeper>,
}

struct Keeper {
    _child: Child,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Where PostgreSQL's programs are.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_whole = |dir: &PathBuf| {
        ["initdb", "postgres", "pg_isready"]
            .iter()
            .all(|name| dir.join(name).exists())
    };
    let in_path = std::env::split_paths(&path).find(is_whole);
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<_> = versions.map(|version| version.path().join("bin")).collect();
    installed.retain(is_whole);
    installed.sort();
    in_path
        .or_else(|| installed.pop())
        .expect("PostgreSQL is missing, which these tests need: install the package `postgresql`")
}

impl Cluster {
    pub fn start() -> Self {
        let port = ports::free().port();
        // Removed by the keeper, which outlives us.
        let dir = TempDir::with_prefix("grandstand-postgres-").unwrap().keep();
        let mut child = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .arg(programs())
            .arg(&dir)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let keeper = Keeper {
            words: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            _child: child,
        };
        let cluster = Self {
            dir,
            port,
            keeper: Mutex::new(keeper),
        };
        cluster.tell("start");
        cluster
    }

    fn tell(&self, word: &str) {
        let mut keeper = self.keeper.lock().unwrap();
        writeln!(keeper.words, "{word}").unwrap();
        let mut answer = String::new();
        keeper.answers.read_line(&mut answer).unwrap();
        assert_eq!(answer.trim(), "done", "PostgreSQL and `{word}`");
    }

    /// Ends it without a word to anybody, as a crash does.
    pub fn dies(&self) {
        self.tell("die");
    }

    pub fn comes_back(&self) {
        self.tell("start");
    }

    /// Stops its clocks: it neither answers nor hangs up.
    pub fn freezes(&self) {
        self.tell("freeze");
    }

    pub fn thaws(&self) {
        self.tell("thaw");
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    pub async fn connect(&self, database: &str) -> DatabaseConnection {
        connect(&self.url(database)).await
    }

    /// Makes an empty database, or a copy of another.
    pub async fn create(&self, database: &str, template: &str) {
        let admin = self.connect("postgres").await;
        let sql = format!("CREATE DATABASE {database} TEMPLATE {template}");
        admin.execute_unprepared(&sql).await.unwrap();
        admin.close().await.unwrap();
    }
}

pub async fn connect(url: &str) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap()
}

/// What the servers on this database sign with, when none was configured.
pub async fn secret_of(database: &DatabaseConnection) -> String {
    let sql = "SELECT value FROM house WHERE name = 'signing_secret'";
    let query = Statement::from_string(DbBackend::Postgres, sql);
    let row = database.query_one_raw(query).await.unwrap().unwrap();
    row.try_get("", "value").unwrap()
}

/// What the tests of this process share.
struct Shared {
    cluster: Arc<Cluster>,
    made: AtomicU32,
    /// Databases and the directories they belong to.
    used: Mutex<Vec<(PathBuf, String)>>,
}

static SHARED: OnceCell<Shared> = OnceCell::const_new();

async fn shared() -> &'static Shared {
    let make = || async {
        let cluster = Arc::new(Cluster::start());
        cluster.create("migrated", "template1").await;
        migrate(&cluster.url("migrated")).await;
        Shared {
            cluster,
            made: AtomicU32::new(0),
            used: Mutex::default(),
        }
    };
    SHARED.get_or_init(make).await
}

async fn migrate(url: &str) {
    let config = StoreConfig {
        database_url: Some(Secret::new(url)),
        ..StoreConfig::default()
    };
    Store::open_tool(&config).await.unwrap().close().await;
}

/// Stands in a directory and says which database belongs to it.
const FILE: &str = "database-url";

/// The PostgreSQL database that belongs to a directory, if one does.
pub fn database_of(dir: &Path) -> Option<String> {
    std::fs::read_to_string(dir.join(FILE)).ok()
}

/// Has servers on this directory use that database.
pub fn assign(dir: &Path, url: &str) {
    std::fs::write(dir.join(FILE), url).unwrap();
}

/// Gives the directory a migrated database of its own, if it has none.
pub async fn lay_ground(dir: &Path) -> String {
    if let Some(url) = database_of(dir) {
        return url;
    }
    let shared = shared().await;
    let name = format!("t{}", shared.made.fetch_add(1, Ordering::Relaxed));
    forget_unused(shared).await;
    shared.cluster.create(&name, "migrated").await;
    let url = shared.cluster.url(&name);
    assign(dir, &url);
    shared.used.lock().unwrap().push((dir.to_owned(), name));
    url
}

/// A migrated database that nobody uses yet. It is there as long as the cluster.
pub async fn fresh_database() -> String {
    let dir = TempDir::new_in(&shared().await.cluster.dir).unwrap().keep();
    lay_ground(&dir).await
}

/// Drops the databases whose directories are gone, or some hundred of them would fill the disk.
async fn forget_unused(shared: &Shared) {
    let (gone, used) = {
        let mut used = shared.used.lock().unwrap();
        std::mem::take(&mut *used)
            .into_iter()
            .partition::<Vec<_>, _>(|(dir, _)| !dir.exists())
    };
    shared.used.lock().unwrap().extend(used);
    if gone.is_empty() {
        return;
    }
    let admin = shared.cluster.connect("postgres").await;
    for (_, name) in gone {
        let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        admin.execute_unprepared(&sql).await.unwrap();
    }
    admin.close().await.unwrap();
}

/// Whether the whole suite runs on PostgreSQL, or on SQLite.
pub fn is_asked_for() -> bool {
    match std::env::var_os("GRANDSTAND_TEST_DATABASE") {
        None => false,
        Some(name) if name == "sqlite" => false,
        Some(name) if name == "postgres" => true,
        Some(name) => panic!(
            "GRANDSTAND_TEST_DATABASE is `sqlite` or `postgres`, not {}",
            name.display()
        ),
    }
}

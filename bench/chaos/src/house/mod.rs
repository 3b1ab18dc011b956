//! Everything that is started to be broken: instances, PostgreSQL, Redis and the proxy before it.

pub(crate) mod instance;
mod ports;
pub(crate) mod postgres;
pub(crate) mod proxy;
mod redis;
mod resp;

use std::{
    fs::{self, File, Permissions},
    io::Read as _,
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use tempfile::TempDir;

use self::{
    instance::{Instance, Recipe},
    postgres::Postgres,
    proxy::Proxy,
    redis::Redis,
};
use crate::{dice::Dice, kept::Signal};

pub(crate) struct HousePlan {
    pub(crate) binary: PathBuf,
    pub(crate) data_in: PathBuf,
    pub(crate) instances: usize,
    /// Without it, one instance on SQLite.
    pub(crate) postgres: bool,
    pub(crate) redis: bool,
}

pub(crate) struct House {
    pub(crate) instances: Vec<Instance>,
    pub(crate) postgres: Option<Postgres>,
    pub(crate) redis: Option<Redis>,
    pub(crate) proxy: Option<Proxy>,
    // Last: it is removed when everything that writes to it has ended.
    dir: TempDir,
}

/// A key nobody else knows. Not from the seed, which is printed.
fn secret() -> anyhow::Result<String> {
    let mut bytes = [0; 24];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

impl House {
    pub(crate) async fn start(plan: &HousePlan, dice: &mut Dice) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix("chaos-").tempdir_in(&plan.data_in)?;
        // PostgreSQL runs as somebody else, who has to get through to its own directory.
        fs::set_permissions(dir.path(), Permissions::from_mode(0o711))?;
        let mut ports = ports::free(dice, plan.instances + 3)?.into_iter();
        let mut port = || ports.next().context("a port for everybody");
        let mut house = Self {
            instances: Vec::new(),
            postgres: None,
            redis: None,
            proxy: None,
            dir,
        };
        let at = house.dir.path().to_owned();
        if plan.postgres {
            house.postgres = Some(Postgres::start(&at, port()?, secret()?).await?);
        }
        if plan.redis {
            let redis = Redis::start(&at, port()?).await.context("start redis-server")?;
            house.proxy = Some(Proxy::start(port()?, redis.address()).await?);
            house.redis = Some(redis);
        }
        let recipe = Recipe {
            binary: plan.binary.clone(),
            secret: secret()?,
            database_url: house.postgres.as_ref().map(Postgres::url),
            redis_url: house
                .proxy
                .as_ref()
                .map(|proxy| format!("redis://{}/", proxy.address())),
        };
        for number in 0..plan.instances {
            let mut instance = Instance::new(recipe.clone(), &at, number, port()?);
            // All at once: starting together on an empty database is a case of its own.
            instance.begin().await?;
            house.instances.push(instance);
        }
        Ok(house)
    }

    pub(crate) fn doors(&self) -> Vec<SocketAddr> {
        self.instances.iter().map(Instance::address).collect()
    }

    /// Ends everything, whatever of it still runs. Says what did not end well.
    pub(crate) async fn close(&mut self) -> Vec<String> {
        let mut trouble = Vec::new();
        for (number, instance) in self.instances.iter_mut().enumerate() {
            // One that is down already has nothing to stop.
            if let Ok(how) = instance.stop().await
                && how != "exit status: 0"
            {
                trouble.push(format!("instance {number} ended with {how}"));
            }
        }
        if let Some(redis) = &mut self.redis
            && let Err(error) = redis.end(Signal::Term).await
        {
            trouble.push(format!("redis: {error:#}"));
        }
        if let Some(postgres) = &mut self.postgres
            && let Err(error) = postgres.end(Signal::Int).await
        {
            trouble.push(format!("postgres: {error:#}"));
        }
        trouble
    }

    /// Copies the logs of all processes to a directory that stays.
    pub(crate) fn keep_logs(&self, to: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(self.dir.path())? {
            let path = entry?.path();
            if let (Some(name), Some("log")) = (path.file_name(), path.extension().and_then(|end| end.to_str())) {
                fs::copy(&path, to.join(name))?;
            }
        }
        Ok(())
    }
}

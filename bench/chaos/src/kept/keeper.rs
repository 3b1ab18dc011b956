//! The keeper itself: starts one process, says its id, and ends it when nobody holds our stdin any more.

use std::{
    ffi::OsString,
    io::{self, Read as _, Write as _},
    process::Stdio,
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use tokio::{
    process::{Child, Command},
    task::spawn_blocking,
    time::timeout,
};

use super::{Signal, tree};

/// A database told to end at once (`SIGQUIT`) lets go of its shared memory; killed, it would leave it behind.
const LAST_MOMENT: Duration = Duration::from_secs(3);

#[derive(Debug, Args)]
pub(crate) struct KeepArgs {
    /// Run it as this user and group id.
    #[arg(long, value_name = "USER:GROUP", value_parser = owner)]
    owner: Option<(u32, u32)>,
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

fn owner(text: &str) -> Result<(u32, u32), String> {
    let ids = text.split_once(':').map(|(user, group)| (user.parse(), group.parse()));
    match ids {
        Some((Ok(user), Ok(group))) => Ok((user, group)),
        _ => Err("expected two ids such as 104:110".to_owned()),
    }
}

pub(crate) async fn run(args: KeepArgs) -> anyhow::Result<()> {
    let (program, rest) = args.command.split_first().context("nothing to run")?;
    let mut command = Command::new(program);
    // Its output goes to our stderr, which is its log.
    let log = io::stderr();
    command
        .args(rest)
        .stdin(Stdio::null())
        .stdout(std::os::fd::AsFd::as_fd(&log).try_clone_to_owned()?)
        .current_dir("/");
    if let Some((user, group)) = args.owner {
        command.uid(user).gid(group);
    }
    let mut child = command
        .spawn()
        .with_context(|| format!("start {}", program.display()))?;
    let pid = child.id().context("it ended at once")?;
    say(&pid.to_string())?;
    tokio::select! {
        ended = child.wait() => say(&ended?.to_string())?,
        () = left_alone() => end(&mut child, pid).await?,
    }
    // A read of stdin may still be waiting, and a runtime waits for it.
    std::process::exit(0);
}

async fn left_alone() {
    let holding = || {
        let mut nothing = [0; 64];
        while !matches!(io::stdin().read(&mut nothing), Ok(0) | Err(_)) {}
    };
    drop(spawn_blocking(holding).await);
}

async fn end(child: &mut Child, pid: u32) -> anyhow::Result<()> {
    let all = tree::of(pid);
    tree::signal(&all, Signal::Cont).await?;
    tree::signal(&[pid], Signal::Quit).await?;
    if timeout(LAST_MOMENT, child.wait()).await.is_err() {
        tree::signal(&tree::of(pid), Signal::Kill).await?;
        child.wait().await?;
    }
    // Children that outlived their parent.
    tree::signal(&all[1..], Signal::Kill).await
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

//! curl, the way people who try things out use it.

use std::process::Stdio;

use futures_util::stream::{self, StreamExt};
use serde_json::json;
use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
};

use crate::support::{Papers, Seat, TestServer, papers::text, soon};

pub(super) struct Curl {
    arguments: Vec<String>,
    url: String,
}

impl Curl {
    pub(super) fn new(papers: &Papers, server: &TestServer, arguments: &[&str]) -> Self {
        let authority = papers.authority();
        let common = ["-q", "-sS", "-N", "--cacert", text(&authority)];
        Self {
            arguments: common.iter().chain(arguments).map(ToString::to_string).collect(),
            url: server.url(),
        }
    }

    fn command(&self, path: &str) -> Command {
        let mut command = Command::new("curl");
        command
            .args(&self.arguments)
            .arg(format!("{}{path}", self.url))
            .env_remove("https_proxy")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// The HTTP version and the status, or what curl complained about.
    pub(super) async fn gets(&self, path: &str) -> Result<String, String> {
        let mut command = self.command(path);
        command.args(["-o", "/dev/null", "-w", "%{http_version} %{http_code}"]);
        let done = soon("curl", command.output()).await.expect("curl is installed");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        if done.status.success() {
            Ok(text(done.stdout))
        } else {
            Err(text(done.stderr))
        }
    }

    /// Posts a message; gives the HTTP version it went with.
    pub(super) async fn says(&self, event: &str, token: &str, said: &str) -> String {
        let mut command = self.command(&format!("/v1/events/{event}/messages"));
        command
            .args(["-o", "/dev/null", "-w", "%{http_version}"])
            .args(["-H", &format!("Authorization: Bearer {token}")])
            .args(["--json", &json!({"text": said}).to_string()]);
        let done = soon("curl", command.output()).await.expect("curl is installed");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    /// Opens the event's stream and hands on what comes, as it comes. curl ends with the seat.
    pub(super) fn streams(&self, event: &str, token: &str) -> Seat {
        let mut command = self.command(&format!("/v1/events/{event}/stream"));
        command.args(["-H", &format!("Authorization: Bearer {token}")]);
        let child = command.spawn().expect("curl is installed");
        Seat::reading(
            stream::unfold(child, |mut child: Child| async move {
                let mut bytes = bytes::BytesMut::with_capacity(8_192);
                let read = child.stdout.as_mut()?.read_buf(&mut bytes).await;
                match read {
                    Ok(0) => None,
                    Ok(_) => Some((Ok(bytes.freeze()), child)),
                    Err(error) => Some((Err(error), child)),
                }
            })
            .boxed(),
        )
    }
}

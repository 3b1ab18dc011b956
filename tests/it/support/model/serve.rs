//! The scripted server on the wire: plain HTTP/1.1 by hand, so that it can hang, cut and see who hangs up.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use super::{
    AZURE_VERSION, Act, CHAT, KEY, Request, Script,
    act::{End, Kind, error},
    check::{self, Wrong},
    judge,
};

/// The client has gone, or is to be left.
struct Gone;

struct Head {
    method: String,
    target: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

pub(super) async fn run(listener: TcpListener, script: Arc<Script>, stop: CancellationToken) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((socket, _)) = accepted else { continue };
        let (script, stop) = (Arc::clone(&script), stop.clone());
        tokio::spawn(async move {
            let talking = Talk { socket, script }.go_on();
            tokio::select! {
                () = stop.cancelled() => {}
                () = talking => {}
            }
        });
    }
}

struct Talk {
    socket: TcpStream,
    script: Arc<Script>,
}

/// Counts requests that are under way.
struct UnderWay(Arc<Script>);

impl UnderWay {
    fn new(script: &Arc<Script>) -> Self {
        script.at_once.send_modify(|(now, most)| {
            *now += 1;
            *most = (*most).max(*now);
        });
        Self(Arc::clone(script))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.at_once.send_modify(|(now, _)| *now -= 1);
    }
}

impl Talk {
    async fn go_on(mut self) {
        while let Some(head) = self.reads().await {
            let _under_way = UnderWay::new(&self.script);
            if self.answers(head).await.is_err() {
                return;
            }
        }
    }

    async fn reads(&mut self) -> Option<Head> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            let mut piece = [0; 4_096];
            match self.socket.read(&mut piece).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => bytes.extend_from_slice(&piece[..count]),
            }
        };
        let text = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = text.lines();
        let mut first = lines.next().unwrap().split(' ');
        let (method, target) = (first.next().unwrap().to_owned(), first.next().unwrap().to_owned());
        let headers: BTreeMap<String, String> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        let length: usize = headers
            .get("content-length")
            .map_or(0, |length| length.parse().unwrap());
        let mut body = bytes[end..].to_vec();
        while body.len() < length {
            let mut piece = vec![0; length - body.len()];
            match self.socket.read(&mut piece).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => body.extend_from_slice(&piece[..count]),
            }
        }
        Some(Head {
            method,
            target,
            headers,
            body,
        })
    }

    async fn answers(&mut self, head: Head) -> Result<(), Gone> {
        let script = Arc::clone(&self.script);
        let (path, body) = match self.checked(&head) {
            Ok(checked) => checked,
            Err(wrong) => {
                let line = format!("{} {}: {} ({:?})", head.method, head.target, wrong.message, wrong.param);
                script.complaints.lock().unwrap().push(line);
                let body = error(wrong.status, &wrong.message, wrong.param.as_deref(), &json!(wrong.code));
                return self
                    .sends(wrong.status, "application/json", &[], body.to_string().as_bytes())
                    .await;
            }
        };
        let request = Request { path, body };
        if request.path.ends_with("/moderations") {
            let act = script.queued_judgements.lock().unwrap().pop_front();
            script.judged.send_modify(|judged| judged.push(request.clone()));
            return match act {
                Some(act) if !is_plain(&act) => self.performs(act, &request).await,
                act => {
                    self.waits(act.map_or(Duration::ZERO, |act| act.before)).await?;
                    let words = script.words.lock().unwrap().clone();
                    let body = judge::answer(&request.body["model"], &request.inputs(), &words);
                    self.sends(200, "application/json", &[], body.to_string().as_bytes())
                        .await
                }
            };
        }
        let queued = script.queued.lock().unwrap().pop_front();
        let act = queued.unwrap_or_else(|| {
            let decide = Arc::clone(&script.otherwise.lock().unwrap());
            decide(&request)
        });
        script.asked.send_modify(|asked| asked.push(request.clone()));
        self.performs(act, &request).await
    }

    /// The path and the body, if all is as documented.
    fn checked(&self, head: &Head) -> Result<(String, Value), Wrong> {
        let refuse = |status, code, message: String| Wrong {
            status,
            param: None,
            code,
            message,
        };
        let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
        let (base, wanted_query) = if self.script.azure {
            ("/openai/deployments/live", format!("api-version={AZURE_VERSION}"))
        } else {
            ("/v1", String::new())
        };
        let known = ["/chat/completions", "/moderations"];
        let tail = path.strip_prefix(base).filter(|tail| known.contains(tail));
        let Some(tail) = tail.filter(|_| query == wanted_query) else {
            return Err(refuse(
                404,
                None,
                format!("Invalid URL ({} {})", head.method, head.target),
            ));
        };
        if head.method != "POST" {
            return Err(refuse(405, None, "Not allowed to use this method.".to_owned()));
        }
        let header = |name: &str| head.headers.get(name).map_or("", String::as_str);
        let (shown, wanted) = if self.script.azure {
            (header("api-key"), KEY.to_owned())
        } else {
            (header("authorization"), format!("Bearer {KEY}"))
        };
        if self.script.wants_key && shown != wanted {
            return Err(refuse(
                401,
                Some("invalid_api_key"),
                "Incorrect API key provided.".to_owned(),
            ));
        }
        if !self.script.wants_key && !shown.is_empty() {
            return Err(refuse(
                400,
                None,
                "A key was sent to a server that wants none.".to_owned(),
            ));
        }
        if header("content-type") != "application/json" {
            return Err(refuse(
                400,
                None,
                "Expected 'Content-Type: application/json'.".to_owned(),
            ));
        }
        let Ok(body) = serde_json::from_slice(&head.body) else {
            return Err(refuse(
                400,
                None,
                "We could not parse the JSON body of your request.".to_owned(),
            ));
        };
        if tail == "/moderations" {
            check::moderation(&body)?;
        } else {
            check::chat(&body, CHAT)?;
        }
        Ok((path.to_owned(), body))
    }

    async fn performs(&mut self, act: Act, request: &Request) -> Result<(), Gone> {
        self.waits(act.before).await?;
        match &act.kind {
            Kind::Fail {
                status,
                retry_after,
                code,
            } => {
                // As the real one likes to: the error repeats what was sent.
                let words = format!("Failed on {}", request.body);
                let body = error(*status, &words, None, code).to_string();
                let headers: Vec<_> = retry_after
                    .iter()
                    .map(|after| ("Retry-After", after.as_str()))
                    .collect();
                self.sends(*status, "application/json", &headers, body.as_bytes()).await
            }
            Kind::Raw { content_type, body } => self.sends(200, content_type, &[], body).await,
            Kind::Pieces(pieces) if pieces.is_empty() && act.end == End::Hang => self.hangs().await,
            Kind::Pieces(pieces) if request.is_stream() => self.streams(&act, pieces, request).await,
            Kind::Pieces(pieces) => self.says(&act, &pieces.concat(), request).await,
        }
    }

    async fn says(&mut self, act: &Act, text: &str, request: &Request) -> Result<(), Gone> {
        let reason = match &act.end {
            End::Finish(reason) => reason.as_str(),
            End::Never => "length",
            End::Hang => return self.hangs().await,
            End::Cut => {
                let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{\"id\":";
                self.puts(head).await?;
                return Err(Gone);
            }
        };
        let text = if act.end == End::Never {
            text.repeat(5_000)
        } else {
            text.to_owned()
        };
        let content = if act.refusal.is_some() {
            Value::Null
        } else {
            json!(text)
        };
        let mut body = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1_781_204_400, "model": CHAT,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": content, "refusal": act.refusal, "annotations": []},
                "logprobs": null,
                "finish_reason": reason,
            }],
            "service_tier": "default", "system_fingerprint": "fp_1",
        });
        if act.counts {
            body["usage"] = usage(request, &text);
        }
        self.sends(200, "application/json", &[], body.to_string().as_bytes())
            .await
    }

    async fn streams(&mut self, act: &Act, pieces: &[String], request: &Request) -> Result<(), Gone> {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        self.puts(head).await?;
        self.tells(&chunk(
            &json!({"role": "assistant", "content": "", "refusal": null}),
            &Value::Null,
        ))
        .await?;
        if let Some(refusal) = &act.refusal {
            self.tells(&chunk(&json!({"refusal": refusal}), &Value::Null)).await?;
        }
        loop {
            for piece in pieces {
                self.waits(act.pause).await?;
                self.tells(&chunk(&json!({"content": piece}), &Value::Null)).await?;
            }
            if act.end != End::Never {
                break;
            }
        }
        match &act.end {
            End::Finish(reason) => self.tells(&chunk(&json!({}), &json!(reason))).await?,
            End::Hang => return self.hangs().await,
            End::Cut | End::Never => return Err(Gone),
        }
        if act.counts && request.body["stream_options"]["include_usage"] == true {
            let mut last = chunk(&json!({}), &Value::Null);
            last["choices"] = json!([]);
            last["usage"] = usage(request, &pieces.concat());
            self.tells(&last).await?;
        }
        self.puts_chunk(b"data: [DONE]\n\n").await?;
        self.puts(b"0\r\n\r\n").await
    }

    async fn tells(&mut self, piece: &Value) -> Result<(), Gone> {
        self.puts_chunk(format!("data: {piece}\n\n").as_bytes()).await
    }

    async fn puts_chunk(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.puts(&chunk).await
    }

    async fn sends(
        &mut self,
        status: u16,
        content_type: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<(), Gone> {
        let mut more = String::new();
        for (name, value) in headers {
            more.extend([name, ": ", value, "\r\n"]);
        }
        let head = format!(
            "HTTP/1.1 {status} Whatever\r\nContent-Type: {content_type}\r\n{more}Content-Length: {}\r\n\r\n",
            body.len()
        );
        self.puts(head.as_bytes()).await?;
        self.puts(body).await
    }

    async fn puts(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        match self.socket.write_all(bytes).await {
            Ok(()) => Ok(()),
            Err(_) => Err(self.is_left()),
        }
    }

    /// Waits, unless the client hangs up.
    async fn waits(&mut self, pause: Duration) -> Result<(), Gone> {
        if pause.is_zero() {
            return Ok(());
        }
        let mut byte = [0; 1];
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            _ = self.socket.read(&mut byte) => Err(self.is_left()),
        }
    }

    async fn hangs(&mut self) -> Result<(), Gone> {
        let mut byte = [0; 1];
        let _gone = self.socket.read(&mut byte).await;
        Err(self.is_left())
    }

    fn is_left(&self) -> Gone {
        self.script.left.send_modify(|left| *left += 1);
        Gone
    }
}

/// Judges as scripted, only later.
fn is_plain(act: &Act) -> bool {
    matches!(&act.kind, Kind::Pieces(_)) && matches!(act.end, End::Finish(_))
}

fn chunk(delta: &Value, reason: &Value) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_781_204_400, "model": CHAT,
        "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason}],
        "service_tier": "default", "system_fingerprint": "fp_1", "usage": null,
    })
}

/// Four bytes a token.
fn usage(request: &Request, text: &str) -> Value {
    let (asked, answered) = (
        request.body["messages"].to_string().len().div_ceil(4),
        text.len().div_ceil(4),
    );
    json!({"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered})
}

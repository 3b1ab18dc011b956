//! The scripted server itself: it refuses what the real API refuses, and says so at the end.

use serde_json::{Value, json};

use crate::support::{
    Model,
    model::{CHAT, KEY},
};

fn client() -> reqwest::Client {
    grandstand::crypto::install();
    reqwest::Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .build()
        .unwrap()
}

async fn posted(model: &Model, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}{path}", model.base_url());
    let request = client().post(url).bearer_auth(KEY).json(body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn requests_that_the_real_api_would_refuse_are_refused() {
    let user = json!([{"role": "user", "content": "hi"}]);
    let with = |more: Value| {
        let mut body = json!({"model": CHAT, "messages": user});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let form = |name: &str, schema: Value| {
        let inner = json!({"name": name, "strict": true, "schema": schema});
        with(json!({"response_format": {"type": "json_schema", "json_schema": inner}}))
    };
    let loose = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    let half = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": [], "additionalProperties": false});
    let deep = json!({"type": "object", "properties": {"a": {"type": "array", "items": loose}}, "required": ["a"], "additionalProperties": false});
    let wrong = [
        (json!({"messages": user}), 400),
        (json!({"model": "gpt-9", "messages": user}), 404),
        (json!({"model": CHAT}), 400),
        (with(json!({"messages": []})), 400),
        (with(json!({"messages": [{"role": "robot", "content": "hi"}]})), 400),
        (with(json!({"messages": [{"role": "user", "content": 5}]})), 400),
        (
            with(json!({"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]})),
            400,
        ),
        (with(json!({"prompt": "hi"})), 400),
        (with(json!({"temperature": 2.5})), 400),
        (with(json!({"max_tokens": 0})), 400),
        (with(json!({"max_tokens": 5, "max_completion_tokens": 5})), 400),
        (with(json!({"stream_options": {"include_usage": true}})), 400),
        (with(json!({"stream": "yes"})), 400),
        (with(json!({"response_format": {"type": "json_object"}})), 400),
        (with(json!({"response_format": {"type": "yaml"}})), 400),
        (form("two words", half.clone()), 400),
        (form("loose", loose), 400),
        (form("half", half), 400),
        (form("deep", deep), 400),
        (form("list", json!({"type": "array", "items": {"type": "string"}})), 400),
    ];
    let model = Model::start().await;
    for (count, (body, status)) in (1..).zip(wrong) {
        let (answered, error) = posted(&model, "/chat/completions", &body).await;
        assert_eq!(answered, status, "{body}");
        assert!(error["error"]["message"].is_string() && error["error"]["type"].is_string());
        assert_eq!(model.complaints().len(), count);
    }
    for body in [
        json!({}),
        json!({"input": []}),
        json!({"input": vec!["x"; 33]}),
        json!({"input": [""]}),
        json!({"input": "x", "model": CHAT}),
        json!({"input": "x", "stream": true}),
    ] {
        assert!(posted(&model, "/moderations", &body).await.0 >= 400, "{body}");
    }
    assert_eq!(posted(&model, "/responses", &json!({})).await.0, 404);
    let bare = client().post(format!("{}/chat/completions", model.base_url()));
    assert_eq!(bare.json(&with(json!({}))).send().await.unwrap().status(), 401);
    assert_eq!(
        (model.complaints().len(), model.asked_so_far(), model.judged_so_far()),
        (28, 0, 0)
    );
}

#[tokio::test]
async fn requests_that_are_fine_are_answered_as_documented() {
    let model = Model::start().await;
    let body = json!({"model": CHAT, "messages": [{"role": "user", "content": "hi"}]});
    let (status, answer) = posted(&model, "/chat/completions", &body).await;
    assert_eq!((status, &answer["object"]), (200, &json!("chat.completion")));
    assert_eq!(answer["choices"][0]["message"]["content"], "A scripted answer.");
    model.answering(|request| request.user_text().to_uppercase());
    let (_, answer) = posted(&model, "/chat/completions", &body).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "HI");
    let (status, answer) = posted(&model, "/moderations", &json!({"input": "hi"})).await;
    assert_eq!((status, &answer["results"][0]["flagged"]), (200, &json!(false)));
    model.assert_no_complaints();
}

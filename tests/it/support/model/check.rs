//! What the real API refuses: the documented shape of requests, to the field.

use serde_json::{Map, Value};

use super::judge;

/// What is wrong: the status, the field, and words.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) status: u16,
    pub(super) param: Option<String>,
    pub(super) code: Option<&'static str>,
    pub(super) message: String,
}

fn wrong(param: &str, message: impl Into<String>) -> Wrong {
    Wrong {
        status: 400,
        param: Some(param.to_owned()),
        code: None,
        message: message.into(),
    }
}

fn no_such_model(name: &str) -> Wrong {
    Wrong {
        status: 404,
        param: None,
        code: Some("model_not_found"),
        message: format!("The model `{name}` does not exist or you do not have access to it."),
    }
}

fn ensure(is_right: bool, param: &str, message: &str) -> Result<(), Wrong> {
    if is_right { Ok(()) } else { Err(wrong(param, message)) }
}

fn known(object: &Map<String, Value>, fields: &[&str], below: &str) -> Result<(), Wrong> {
    match object.keys().find(|name| !fields.contains(&name.as_str())) {
        Some(name) => Err(wrong(
            &format!("{below}{name}"),
            format!("Unrecognized request argument supplied: {name}"),
        )),
        None => Ok(()),
    }
}

const CHAT_FIELDS: &[&str] = &[
    "model",
    "messages",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "n",
    "stream",
    "stream_options",
    "stop",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "user",
    "seed",
    "response_format",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "metadata",
    "store",
    "service_tier",
    "reasoning_effort",
    "modalities",
    "prediction",
    "safety_identifier",
    "prompt_cache_key",
    "verbosity",
];

/// `POST /chat/completions`
pub(super) fn chat(body: &Value, model: &str) -> Result<(), Wrong> {
    let object = body
        .as_object()
        .ok_or_else(|| wrong("", "We could not parse the JSON body of your request."))?;
    known(object, CHAT_FIELDS, "")?;
    let named = body["model"]
        .as_str()
        .ok_or_else(|| wrong("model", "you must provide a model parameter"))?;
    if named != model {
        return Err(no_such_model(named));
    }
    messages(body)?;
    let counts = ["max_tokens", "max_completion_tokens"];
    ensure(
        counts.iter().filter(|name| object.contains_key(**name)).count() < 2,
        "max_tokens",
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
    )?;
    for name in counts {
        let is_right = object
            .get(name)
            .is_none_or(|most| most.as_u64().is_some_and(|most| (1..=128_000).contains(&most)));
        ensure(is_right, name, "Expected an integer >= 1 that the model supports.")?;
    }
    let warmth = object.get("temperature");
    let is_right = warmth.is_none_or(|warmth| warmth.as_f64().is_some_and(|warmth| (0.0..=2.0).contains(&warmth)));
    ensure(is_right, "temperature", "Expected a number between 0 and 2.")?;
    ensure(
        object.get("stream").is_none_or(Value::is_boolean),
        "stream",
        "Expected a boolean.",
    )?;
    if let Some(options) = object.get("stream_options").filter(|options| !options.is_null()) {
        ensure(
            body["stream"] == true,
            "stream_options",
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        )?;
        let options = options
            .as_object()
            .ok_or_else(|| wrong("stream_options", "Expected an object."))?;
        known(options, &["include_usage", "include_obfuscation"], "stream_options.")?;
        ensure(
            options.values().all(Value::is_boolean),
            "stream_options",
            "Expected booleans.",
        )?;
    }
    match object.get("response_format") {
        Some(format) => response_format(format, body),
        None => Ok(()),
    }
}

fn messages(body: &Value) -> Result<(), Wrong> {
    let messages = body["messages"]
        .as_array()
        .ok_or_else(|| wrong("messages", "Missing required parameter: 'messages'."))?;
    ensure(
        !messages.is_empty(),
        "messages",
        "Expected an array with minimum length 1.",
    )?;
    let mut characters = 0;
    for (place, message) in messages.iter().enumerate() {
        let at = format!("messages[{place}]");
        let object = message.as_object().ok_or_else(|| wrong(&at, "Expected an object."))?;
        known(object, &["role", "content", "name"], &format!("{at}."))?;
        let role = message["role"].as_str().unwrap_or_default();
        ensure(
            ["system", "developer", "user", "assistant"].contains(&role),
            &at,
            "Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.",
        )?;
        // The API takes them anywhere; templates of models that others serve do not.
        ensure(
            place == 0 || !matches!(role, "system" | "developer"),
            &at,
            "System message must be at the beginning.",
        )?;
        let content = message["content"]
            .as_str()
            .ok_or_else(|| wrong(&at, "Invalid value for 'content': expected a string."))?;
        ensure(!content.is_empty(), &at, "Content must not be empty.")?;
        characters += content.chars().count();
    }
    let last = messages.last().map(|message| &message["role"]);
    ensure(
        last.is_some_and(|role| role == "user"),
        "messages",
        "The last message must be the user's.",
    )?;
    ensure(
        characters < 400_000,
        "messages",
        "This model's maximum context length is 128000 tokens.",
    )
}

fn response_format(format: &Value, body: &Value) -> Result<(), Wrong> {
    let object = format
        .as_object()
        .ok_or_else(|| wrong("response_format", "Expected an object."))?;
    match format["type"].as_str() {
        Some("text") => known(object, &["type"], "response_format."),
        Some("json_object") => {
            known(object, &["type"], "response_format.")?;
            let says_json = body["messages"].to_string().to_lowercase().contains("json");
            ensure(
                says_json,
                "messages",
                "'messages' must contain the word 'json' in some form, to use 'json_object'.",
            )
        }
        Some("json_schema") => {
            known(object, &["type", "json_schema"], "response_format.")?;
            let at = "response_format.json_schema";
            let form = format["json_schema"]
                .as_object()
                .ok_or_else(|| wrong(at, "Missing required parameter."))?;
            known(
                form,
                &["name", "description", "strict", "schema"],
                "response_format.json_schema.",
            )?;
            let name = format["json_schema"]["name"].as_str().unwrap_or_default();
            let letters = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
            ensure(
                letters && (1..=64).contains(&name.len()),
                "response_format.json_schema.name",
                "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$', at most 64 long.",
            )?;
            ensure(format["json_schema"]["strict"] == true, at, "Ours are strict.")?;
            let schema = &format["json_schema"]["schema"];
            ensure(
                schema["type"] == "object",
                at,
                "schema must be a JSON Schema of 'type: \"object\"'.",
            )?;
            strict(schema, "schema", 0)
        }
        _ => Err(wrong(
            "response_format.type",
            "Supported values are: 'json_object', 'json_schema', and 'text'.",
        )),
    }
}

/// Keywords of schemas that strict mode documents as supported.
const KEYWORDS: &[&str] = &[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "anyOf",
    "$ref",
    "$defs",
    "description",
    "title",
    "pattern",
    "format",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "minItems",
    "maxItems",
];

fn strict(schema: &Value, at: &str, depth: usize) -> Result<(), Wrong> {
    let refused = |why: &str| {
        Err(wrong(
            "response_format",
            format!("Invalid schema for response_format: In context={at}, {why}"),
        ))
    };
    let Some(object) = schema.as_object() else {
        return refused("schema must be an object");
    };
    if depth > 10 {
        return refused("nested too deeply");
    }
    if let Some(name) = object.keys().find(|name| !KEYWORDS.contains(&name.as_str())) {
        return refused(&format!("'{name}' is not permitted"));
    }
    let is_object = schema["type"] == "object"
        || schema["type"]
            .as_array()
            .is_some_and(|types| types.contains(&"object".into()));
    if is_object || object.contains_key("properties") {
        if schema["additionalProperties"] != false {
            return refused("'additionalProperties' is required to be supplied and to be false");
        }
        let empty = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&empty);
        let required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if properties.len() != required.len() || !properties.keys().all(|name| required.contains(&name.as_str())) {
            return refused("'required' must be an array including every key in properties");
        }
        for (name, inner) in properties {
            strict(inner, &format!("{at}.{name}"), depth + 1)?;
        }
    } else if !object.contains_key("type")
        && !["enum", "const", "anyOf", "$ref"]
            .iter()
            .any(|name| object.contains_key(*name))
    {
        return refused("schema must have a 'type' key");
    }
    if schema["type"] == "array" && !object.contains_key("items") {
        return refused("array schema missing items");
    }
    for inner in object
        .get("items")
        .into_iter()
        .chain(schema["anyOf"].as_array().into_iter().flatten())
    {
        strict(inner, at, depth + 1)?;
    }
    for (name, inner) in schema["$defs"].as_object().into_iter().flatten() {
        strict(inner, &format!("{at}.$defs.{name}"), depth + 1)?;
    }
    Ok(())
}

/// `POST /moderations`
pub(super) fn moderation(body: &Value) -> Result<(), Wrong> {
    let object = body
        .as_object()
        .ok_or_else(|| wrong("", "We could not parse the JSON body of your request."))?;
    known(object, &["model", "input"], "")?;
    if let Some(model) = object.get("model") {
        let names = [
            "omni-moderation-latest",
            "omni-moderation-2024-09-26",
            "text-moderation-latest",
            "text-moderation-stable",
        ];
        let model = model.as_str().ok_or_else(|| wrong("model", "Expected a string."))?;
        if !names.contains(&model) {
            return Err(no_such_model(model));
        }
    }
    let texts: Vec<&Value> = match object.get("input") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(text) => vec![text],
        None => Vec::new(),
    };
    ensure(
        (1..=32).contains(&texts.len()),
        "input",
        "Expected a string, or an array of 1 to 32 strings.",
    )?;
    let is_text = |text: &&Value| text.as_str().is_some_and(|text| (1..=100_000).contains(&text.len()));
    ensure(
        texts.iter().all(is_text),
        "input",
        "Expected strings that are not empty.",
    )?;
    debug_assert_eq!(judge::CATEGORIES.len(), 13);
    Ok(())
}

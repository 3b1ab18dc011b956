//! The OpenAPI document: the committed one is the one of this code, and it says what it must.

use std::{collections::BTreeSet, fs, path::Path};

use grandstand::{
    api,
    domain::entry::{EntryKind, SignalKind},
    http::error,
};
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn document() -> Value {
    serde_json::from_str(&api::document()).unwrap()
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "asked for by the person who runs the test; no setting of the server"
)]
fn the_committed_document_is_the_one_of_this_code() {
    let path = Path::new(ROOT).join("openapi/grandstand.json");
    let current = api::document() + "\n";
    if std::env::var("UPDATE_SPEC").is_ok_and(|value| value == "1") {
        fs::write(&path, &current).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differs = committed
        .lines()
        .zip(current.lines())
        .position(|(one, other)| one != other);
    assert!(
        committed == current,
        "openapi/grandstand.json is not the document of this code (first difference in line {:?}): run scripts/spec",
        differs.map(|line| line + 1)
    );
}

#[test]
fn every_operation_has_a_name_a_summary_a_chapter_and_a_problem() {
    let document = document();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let place = format!("{method} {path}");
            let name = operation["operationId"].as_str().unwrap_or_default();
            assert!(
                !name.is_empty() && names.insert(name.to_owned()),
                "{place}: operationId"
            );
            assert!(
                operation["summary"].as_str().is_some_and(|text| !text.is_empty()),
                "{place}: summary"
            );
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{place}: tag");
            let problem = &operation["responses"]["default"]["content"][error::PROBLEM_JSON]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{place}: default");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(
                    parameter["description"].is_string(),
                    "{place}: what does {} mean?",
                    parameter["name"]
                );
            }
        }
    }
}

#[test]
fn the_stream_lists_every_kind_of_frame_and_the_log_every_entry() {
    let document = document();
    let kinds = |schema: &str| -> BTreeSet<String> {
        let schema = &document["components"]["schemas"][schema];
        let mapping = schema["discriminator"]["mapping"].as_object().unwrap();
        assert_eq!(
            schema["oneOf"].as_array().unwrap().len(),
            mapping.len(),
            "each kind has a schema"
        );
        mapping.keys().cloned().collect()
    };
    let entries: BTreeSet<String> = EntryKind::ALL.iter().map(|kind| kind.name().to_owned()).collect();
    let signals = SignalKind::ALL.iter().map(|kind| kind.name().to_owned());
    assert_eq!(kinds("StreamFrame"), entries.iter().cloned().chain(signals).collect());
    assert_eq!(kinds("Entry"), entries);
}

/// Who may ask without a name: reads of public things, guests on their way in and out, and applause.
#[test]
fn changes_take_a_credential() {
    let document = document();
    let mut open = Vec::new();
    for item in document["paths"].as_object().unwrap().values() {
        for (method, operation) in item.as_object().unwrap() {
            let security = operation["security"].as_array();
            let is_open = security.is_none_or(|ways| ways.iter().any(|way| way == &serde_json::json!({})));
            if method != "get" && is_open {
                open.push(operation["operationId"].as_str().unwrap().to_owned());
            }
        }
    }
    open.sort_unstable();
    assert_eq!(open, ["applaud", "create_guest", "end_session"]);
}

#[test]
fn every_code_is_explained() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/errors.md")).unwrap();
    let rows: BTreeSet<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
    let mut codes = 0;
    for (code, status, title) in error::codes() {
        let begin = format!("| `{code}` | {status} | {title}. ");
        assert!(
            rows.iter().any(|row| row.starts_with(&begin)),
            "docs/errors.md needs a row that begins with {begin:?}"
        );
        codes += 1;
    }
    assert_eq!(rows.len(), codes, "docs/errors.md explains codes that do not exist");
}

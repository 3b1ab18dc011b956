//! The moderation endpoint: scores by scripted words.

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(super) type Scores = BTreeMap<String, f64>;

/// As documented for `omni-moderation-latest`.
pub(super) const CATEGORIES: [&str; 13] = [
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

/// The documented answer.
pub(super) fn answer(model: &Value, inputs: &[String], words: &[(String, Scores)]) -> Value {
    let results: Vec<Value> = inputs.iter().map(|text| result(text, words)).collect();
    let model = if model == "omni-moderation-latest" {
        json!("omni-moderation-2024-09-26")
    } else {
        model.clone()
    };
    json!({"id": "modr-1", "model": model, "results": results})
}

fn result(text: &str, words: &[(String, Scores)]) -> Value {
    let text = text.to_lowercase();
    let mut scores: Scores = CATEGORIES.iter().map(|name| ((*name).to_owned(), 0.000_01)).collect();
    for (_, more) in words.iter().filter(|(word, _)| text.contains(word)) {
        scores.extend(more.iter().map(|(name, score)| (name.clone(), *score)));
    }
    let categories: BTreeMap<&String, bool> = scores.iter().map(|(name, score)| (name, *score >= 0.5)).collect();
    let applied: BTreeMap<&String, [&str; 1]> = scores.keys().map(|name| (name, ["text"])).collect();
    json!({
        "flagged": categories.values().any(|flagged| *flagged),
        "categories": categories,
        "category_scores": scores,
        "category_applied_input_types": applied,
    })
}

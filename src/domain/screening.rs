//! Having a model look at messages after the rules of the house: when, and what becomes of those it is late for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::moderation::ReportCategory;

/// When a model looks at a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum ScreeningMode {
    #[default]
    Off,
    /// It appears, and is taken away if the verdict says so.
    After,
    /// It waits for its verdict.
    Before,
}

/// What becomes of a message that waits when its verdict is late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum Late {
    /// It appears; a verdict that comes after all may still take it away.
    #[default]
    Release,
    /// It waits for a person.
    Keep,
}

/// How an event's messages are screened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, poem_openapi::Object)]
#[serde(default)]
pub struct Screening {
    pub mode: ScreeningMode,
    pub late: Late,
}

/// What a model thought of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct ModelVerdict {
    /// Where the model is, such as `api.openai.com`.
    pub provider: String,
    pub model: String,
    /// The highest first, at most 8.
    pub scores: Vec<CategoryScore>,
    /// The same text was judged a while ago.
    pub cached: bool,
}

/// How much of a category a model saw in a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, poem_openapi::Object)]
pub struct CategoryScore {
    /// As the model names it.
    pub category: String,
    /// From 0 to 1.
    pub score: f64,
}

// Scores are numbers between 0 and 1, never NaN.
impl Eq for ModelVerdict {}

/// Scores kept with a decision.
const KEPT: usize = 8;

impl ModelVerdict {
    #[must_use]
    pub fn new(provider: &str, model: &str, scores: &[(String, f64)]) -> Self {
        let mut scores: Vec<CategoryScore> = scores
            .iter()
            .filter(|(_, score)| (0.0..=1.0).contains(score))
            .map(|(category, score)| CategoryScore {
                category: category.clone(),
                // Three digits tell as much as a person needs.
                score: (score * 1_000.0).round() / 1_000.0,
            })
            .collect();
        scores.sort_by(|one, other| {
            let by_score = other.score.total_cmp(&one.score);
            by_score.then_with(|| one.category.cmp(&other.category))
        });
        scores.truncate(KEPT);
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            scores,
            cached: false,
        }
    }

    /// What stands against the message, by these thresholds: those of a category itself or of what we call it.
    #[must_use]
    pub fn held_against(&self, thresholds: &BTreeMap<String, f64>) -> Option<ReportCategory> {
        let over = |one: &CategoryScore| {
            let ours = label(&one.category);
            let own = one.category.replace(['/', '-'], "_");
            let threshold = thresholds.get(&own).or_else(|| thresholds.get(ours.name()))?;
            (one.score >= *threshold).then(|| (ours, one.score - threshold))
        };
        let worst = self
            .scores
            .iter()
            .filter_map(over)
            .max_by(|one, other| one.1.total_cmp(&other.1));
        worst.map(|(label, _)| label)
    }
}

/// What we call a category of a moderation model.
#[must_use]
pub fn label(category: &str) -> ReportCategory {
    match category.split('/').next().unwrap_or_default() {
        "hate" => ReportCategory::Hate,
        "harassment" | "abuse" => ReportCategory::Abuse,
        "sexual" => ReportCategory::Sexual,
        "violence" => ReportCategory::Violence,
        "self-harm" | "self_harm" => ReportCategory::SelfHarm,
        "spam" => ReportCategory::Spam,
        _ => ReportCategory::Other,
    }
}

/// Told to the author.
#[must_use]
pub const fn sentence(label: ReportCategory) -> &'static str {
    match label {
        ReportCategory::Spam => "It looks like spam.",
        ReportCategory::Abuse => "It looks like an attack on somebody.",
        ReportCategory::Hate => "It looks like hatred of a group of people.",
        ReportCategory::Sexual => "It looks sexual.",
        ReportCategory::Violence => "It looks violent.",
        ReportCategory::SelfHarm => "It looks like it is about hurting oneself.",
        ReportCategory::Personal => "It looks like somebody's personal data.",
        ReportCategory::Spoiler => "It looks like a spoiler.",
        ReportCategory::Other => "It looks like something that is not allowed here.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_furthest_over_its_threshold_counts() {
        let thresholds: BTreeMap<String, f64> =
            [("hate", 0.5), ("abuse", 0.6), ("sexual", 0.6), ("sexual_minors", 0.2)]
                .map(|(name, at)| (name.to_owned(), at))
                .into();
        for (scores, expected) in [
            (&[][..], None),
            (&[("harassment", 0.59), ("hate", 0.49)], None),
            (&[("harassment", 0.6)], Some(ReportCategory::Abuse)),
            (
                &[("harassment/threatening", 0.7), ("hate", 0.9)],
                Some(ReportCategory::Hate),
            ),
            (&[("sexual/minors", 0.3), ("sexual", 0.5)], Some(ReportCategory::Sexual)),
            (&[("violence", 0.99)], None),
            (&[("hate", f64::NAN), ("hate", 7.0)], None),
        ] {
            let scores: Vec<_> = scores
                .iter()
                .map(|(name, score)| ((*name).to_owned(), *score))
                .collect();
            let verdict = ModelVerdict::new("here", "m", &scores);
            assert_eq!(verdict.held_against(&thresholds), expected, "{scores:?}");
        }
    }

    #[test]
    fn the_highest_scores_are_kept_with_three_digits() {
        let scores: Vec<_> = (0..20)
            .map(|number| (format!("c{number}"), f64::from(number) / 30.0))
            .collect();
        let verdict = ModelVerdict::new("here", "m", &scores);
        assert_eq!(verdict.scores.len(), 8);
        assert_eq!(
            (verdict.scores[0].category.as_str(), verdict.scores[0].score),
            ("c19", 0.633)
        );
    }
}

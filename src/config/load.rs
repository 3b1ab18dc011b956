//! Where settings come from: defaults, a TOML file, variables, flags; the later wins. Read once, from what is handed in.
//!
//! Each source is first tried alone on top of the defaults, so that a wrong or unknown setting is one line that names
//! the file, the variable or the flag it came from.

use std::{collections::BTreeMap, path::PathBuf};

use config::{File, FileFormat, Source, Value, builder::DefaultState};

use super::Config;

type Builder = config::ConfigBuilder<DefaultState>;

/// All that settings are read from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A TOML file. Without it, `GRANDSTAND_CONFIG` names one, or there is none.
    pub file: Option<PathBuf>,
    /// The environment. Only names that start with `GRANDSTAND_` count.
    pub env: BTreeMap<String, String>,
    /// Settings given on the command line.
    pub flags: Vec<Flag>,
}

/// A flag and the setting it stands for.
#[derive(Debug, Clone)]
pub struct Flag {
    /// As typed, such as `--listen`.
    pub name: &'static str,
    /// The setting, such as `serve.listen`.
    pub key: &'static str,
    pub value: String,
}

/// Settings that cannot be used: one line, saying where and what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}: {what}")]
pub struct ConfigError {
    /// The file, variable or flag.
    pub origin: String,
    pub what: String,
}

const PREFIX: &str = "GRANDSTAND_";
/// Names the settings file; not a setting itself.
const FILE_VARIABLE: &str = "GRANDSTAND_CONFIG";
/// Ours, but read by a command (`replay`) and no setting.
const KEY_VARIABLE: &str = "GRANDSTAND_KEY";

impl Config {
    /// The settings of all sources together.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut layers = Vec::new();
        let named = sources.env.get(FILE_VARIABLE).map(PathBuf::from);
        if let Some(path) = sources.file.clone().or(named) {
            let origin = path.display().to_string();
            let text = std::fs::read_to_string(&path).map_err(|error| wrong(&origin, &error))?;
            layers.push((origin, Layer::Text(text)));
        }
        for (name, value) in sources.env.iter().filter(|(name, _)| is_ours(name)) {
            let key = name.trim_start_matches(PREFIX).to_lowercase().replace("__", ".");
            let value = read_value(value).map_err(|error| wrong(name, &error))?;
            layers.push((name.clone(), Layer::Setting(key, value)));
        }
        for Flag { name, key, value } in &sources.flags {
            layers.push((
                (*name).to_owned(),
                Layer::Setting((*key).to_owned(), value.clone().into()),
            ));
        }
        for (origin, layer) in &layers {
            let alone = layer.lay_on(defaults()?).map_err(|error| wrong(origin, &error))?;
            finish(origin, alone)?;
        }
        let all = layers.into_iter().try_fold(defaults()?, |builder, (origin, layer)| {
            layer.lay_on(builder).map_err(|error| wrong(&origin, &error))
        })?;
        finish("the settings together", all)
    }
}

enum Layer {
    Text(String),
    Setting(String, Value),
}

impl Layer {
    fn lay_on(&self, builder: Builder) -> Result<Builder, config::ConfigError> {
        match self {
            Self::Text(text) => Ok(builder.add_source(File::from_str(text, FileFormat::Toml))),
            // Overrides win over files whatever the order, which is the order we want.
            Self::Setting(key, value) => builder.set_override(key, value.clone()),
        }
    }
}

fn defaults() -> Result<Builder, ConfigError> {
    let defaults = config::Config::try_from(&Config::default()).map_err(|error| wrong("defaults", &error))?;
    Ok(config::Config::builder().add_source(defaults))
}

fn finish(origin: &str, builder: Builder) -> Result<Config, ConfigError> {
    let config: Config = builder
        .build()
        .and_then(config::Config::try_deserialize)
        .map_err(|error| wrong(origin, &error))?;
    config.check().map_err(|(key, what)| ConfigError {
        origin: origin.to_owned(),
        what: format!("`{key}` {what}"),
    })?;
    Ok(config)
}

/// Lists and tables are written as in TOML, everything else as it is.
fn read_value(text: &str) -> Result<Value, config::ConfigError> {
    if text.starts_with(['[', '{']) {
        let read = File::from_str(&format!("value = {text}"), FileFormat::Toml).collect()?;
        Ok(read.get("value").cloned().unwrap_or_else(|| text.into()))
    } else {
        Ok(text.into())
    }
}

/// Whether a variable means to be a setting. Orchestrators put addresses of a service called `grandstand` into variables
/// of their own (`GRANDSTAND_PORT_8080_TCP`, `GRANDSTAND_SERVICE_HOST`): those are not ours. Any other name must be right.
fn is_ours(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return false;
    };
    let foreign = !rest.contains("__") && (rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_"));
    ![FILE_VARIABLE, KEY_VARIABLE].contains(&name) && !foreign
}

/// One line, whatever the library says.
fn wrong(origin: &str, error: &dyn std::error::Error) -> ConfigError {
    let text = error.to_string();
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        // Drawings of the file's text: the position is in the first line already.
        .filter(|line| !line.is_empty() && !line.contains('|'))
        .collect();
    let mut what = lines.join(": ");
    // "enum Colour does not have variant constructor mauve for key `paint`" speaks of our code, not of the setting.
    if let Some((_, rest)) = what.split_once("does not have variant constructor ") {
        what = format!("not a possible value: {rest}");
    }
    ConfigError {
        origin: origin.to_owned(),
        what,
    }
}

#[cfg(test)]
mod tests;

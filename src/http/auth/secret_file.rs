//! The secret that signs tokens, when none is configured: made once, kept in the data directory for its owner only, or,
//! where several instances must agree on one, in their database.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use crate::{
    config::{AuthConfig, Secret},
    crypto,
    store::{self, Store},
};

const FILE: &str = "secret";
/// Under which name the database keeps it.
const NAME: &str = "signing_secret";

/// The configured secret, or the one that all instances on this database share.
pub async fn load_shared(config: &AuthConfig, store: &Store) -> Result<Secret, store::Error> {
    match &config.secret {
        Some(secret) => Ok(secret.clone()),
        None => Ok(Secret::new(store.keep(NAME, crypto::random_text).await?)),
    }
}

/// The configured secret, or the data directory's, which is made if it is not there.
pub fn load(config: &AuthConfig, data_dir: &Path) -> io::Result<Secret> {
    match &config.secret {
        Some(secret) => Ok(secret.clone()),
        None => read_or_make(data_dir),
    }
}

fn read_or_make(dir: &Path) -> io::Result<Secret> {
    let path = dir.join(FILE);
    match read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(dir, &path),
        outcome => outcome,
    }
}

fn read(path: &Path) -> io::Result<Secret> {
    let text = fs::read_to_string(path)?;
    warn_if_open(path)?;
    let text = text.trim();
    if text.len() < 32 {
        let what = format!(
            "{} does not hold a secret; remove it to have a new one made",
            path.display()
        );
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    Ok(Secret::new(text))
}

/// Written whole beside its place and then linked there, so that two who start together agree on one and nobody ever
/// reads half of it.
fn make(dir: &Path, path: &Path) -> io::Result<Secret> {
    let mut directory = fs::DirBuilder::new();
    directory.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
    directory.create(dir)?;

    let draft = dir.join(format!("{FILE}.{}.new", crypto::encode(&crypto::random::<9>())));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    writeln!(file, "{}", crypto::random_text())?;
    file.sync_all()?;
    let placed = match fs::hard_link(&draft, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Some file systems have no links. Renaming is whole as well, only two who start together may disagree.
        Err(_) => fs::rename(&draft, path),
    };
    if draft.exists() {
        fs::remove_file(&draft)?;
    }
    placed?;
    read(path)
}

#[cfg(unix)]
fn warn_if_open(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        tracing::warn!("the signing secret can be read by others on this machine; make it `chmod 600`");
    }
    Ok(())
}

#[cfg(not(unix))]
fn warn_if_open(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_made_once_and_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().join("data");
        let load = || load(&AuthConfig::default(), &dir).unwrap();
        let first = load();
        assert_eq!(first.expose().len(), 43);
        assert_eq!(load(), first);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 1, "no drafts stay behind");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&dir), mode(&dir.join(FILE))), (0o700, 0o600));
        }
        fs::write(dir.join(FILE), "short").unwrap();
        assert!(super::load(&AuthConfig::default(), &dir).is_err());
    }

    #[test]
    fn a_configured_secret_leaves_the_disk_alone() {
        let config = AuthConfig {
            secret: Some(Secret::new("0123456789abcdef0123456789abcdef")),
            ..AuthConfig::default()
        };
        assert!(load(&config, Path::new("/nowhere")).is_ok());
    }
}

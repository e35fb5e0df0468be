//! Where git looks for hooks.

use std::path::PathBuf;

use git2::ConfigLevel;

use super::Repository;

/// The directory of a working tree's hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// The directory, which need not exist.
    pub directory: PathBuf,
    /// Whether it is that of all repositories of the user or the machine.
    pub is_shared: bool,
}

impl Repository {
    /// Where git looks for the hooks of this working tree: `core.hooksPath`, else the repository's own directory, which
    /// linked working trees share.
    pub fn hooks(&self) -> Hooks {
        let configured = self.inner.config().ok().and_then(|mut config| {
            let config = config.snapshot().ok()?;
            let level = config.get_entry("core.hookspath").ok()?.level();
            // An empty value stands for none.
            let path = config.get_path("core.hookspath").ok().filter(|path| !path.as_os_str().is_empty())?;
            Some((path, level))
        });
        match configured {
            Some((path, level)) => Hooks {
                directory: self.top().join(path),
                is_shared: matches!(
                    level,
                    ConfigLevel::System | ConfigLevel::ProgramData | ConfigLevel::Global | ConfigLevel::XDG
                ),
            },
            None => Hooks { directory: self.inner.commondir().join("hooks"), is_shared: false },
        }
    }
}
